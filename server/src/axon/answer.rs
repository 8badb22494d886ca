//! What a request gets: an answer, whole or as it is written, or a refusal; and that it is counted.

use std::convert::Infallible;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, request};
use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use lode_shared::Source;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::Axon;
use super::admit::{Admitted, Held};
use super::call::Call;
use super::refusal::Refusal;
use super::{btauth, respond};
use crate::agent::{Adapter, AnswerError, Ask, Asks, Reading, Streamed, Told};
use crate::keys::Hotkey;
use crate::recorder::Outcome;

/// Text from memory is streamed in pieces of this.
const PIECE_BYTES: usize = 1_024;

/// The form in which a protocol has its answers.
#[derive(Clone, Copy)]
enum Form<'a> {
    /// The synapse again, with `bt_header_…` headers.
    Synapse(&'a HeaderMap),
    /// The answer's fields as JSON.
    Json,
}

/// What became of an admitted request.
enum Reply {
    /// An answer: the request's fields, and those to set.
    Whole { fields: Map<String, Value>, set: Map<String, Value>, source: Source, held: Held },
    /// Text that is there already.
    Text(String, Source, Held),
    /// Text that is being written.
    Reading(Reading, Held),
}

impl Axon {
    /// Answers or refuses, and counts either. The call comes back unless its answer is still being written.
    pub(super) async fn respond(&self, head: &request::Parts, mut call: Call) -> (Response, Option<Call>) {
        let form = if btauth::is_auth(&head.headers) { Form::Json } else { Form::Synapse(&head.headers) };
        let reply = match self.reply(form, head, &mut call).await {
            Ok(reply) => reply,
            Err(Turned::Away(response)) => {
                call.end(Outcome::Refused("bad_path"));
                return (*response, Some(call));
            }
            Err(Turned::Down(refusal)) => {
                let reason = refusal.label();
                call.end(match (&refusal, call.cacheable) {
                    (Refusal::Unanswered(_), Some(cacheable)) => Outcome::Failed { reason, cacheable },
                    _ => Outcome::Refused(reason),
                });
                return (self.refuse(form, &refusal, call.started.elapsed()), Some(call));
            }
        };
        let took = call.started.elapsed();
        match reply {
            Reply::Whole { fields, set, source, held } => {
                call.end_answered(source);
                let (head, text) = self.whole(form, fields, set, took);
                (head.map(|()| Body::from(holding(text, held, &call))), Some(call))
            }
            Reply::Text(text, source, held) => {
                call.end_answered(source);
                let body =
                    Body::from_stream(stream::iter(pieces(holding(text.into(), held, &call)).map(Ok::<_, Infallible>)));
                (self.stream(form, body, took), Some(call))
            }
            Reply::Reading(reading, held) => (self.stream(form, written(reading, call, held), took), None),
        }
    }

    async fn reply(&self, form: Form<'_>, head: &request::Parts, call: &mut Call) -> Result<Reply, Turned> {
        let from = self.admit_address(head)?;
        let (adapter, admitted) = match form {
            Form::Synapse(_) => {
                let adapter = self.adapter(self.route(head).map_err(Turned::Away)?)?;
                let admitted = self.admit_dendrite(&adapter, head, from, call).await?;
                (adapter, admitted)
            }
            Form::Json => {
                let adapter = self.auth_route(head).map_err(Turned::Away)?;
                let admitted = self.admit_auth(&adapter, head, from, call).await?;
                (adapter, admitted)
            }
        };
        call.synapse = Some(Arc::clone(&adapter.name));
        call.verified = Some(call.started.elapsed());
        Ok(match &adapter.asks {
            None => {
                if let (Some(feedback), Some(hotkey)) = (&adapter.feedback, call.hotkey)
                    && let Some((key, right)) = feedback.read(hotkey.bytes(), &admitted.fields)
                {
                    self.agent.feedback(&key, right);
                }
                let Admitted { fields, held, .. } = admitted;
                Reply::Whole { fields, set: adapter.reply.clone(), source: Source::Static, held }
            }
            Some(asks) => self.solve(&adapter, asks, admitted, call).await?,
        })
    }

    async fn solve(
        &self,
        adapter: &Adapter,
        asks: &Arc<Asks>,
        admitted: Admitted,
        call: &mut Call,
    ) -> Result<Reply, Refusal> {
        let Admitted { fields, stake_rao, deadline, held } = admitted;
        let question = asks.question(&adapter.name, &fields).map_err(Refusal::BadBody)?;
        call.cacheable = Some(asks.cache);
        let settings = self.tuner.borrow().settings;
        let (request_id, hotkey) = (call.id, call.hotkey);
        let ask = Ask { request_id, hotkey, asks, question, body: &fields, settings, stake_rao, deadline };
        if !asks.stream {
            let Told { result, stages } = self.agent.answer(ask).await;
            call.stages = stages;
            let answered = result?;
            call.solver = Some(Arc::clone(&answered.answer.solver));
            let mut set = adapter.reply.clone();
            set.extend(answered.answer.fields());
            return Ok(Reply::Whole { fields, set, source: answered.source, held });
        }
        let Told { result, stages } = self.agent.stream(ask).await;
        call.stages = stages;
        Ok(match result? {
            Streamed::Reading(reading) => Reply::Reading(reading, held),
            Streamed::Whole(answered) => {
                call.solver = Some(Arc::clone(&answered.answer.solver));
                let given = answered.answer.fields();
                let text = asks.answer.first().and_then(|field| given.get(field)?.as_str());
                Reply::Text(text.ok_or(AnswerError::Invalid)?.to_owned(), answered.source, held)
            }
        })
    }

    /// Head and body of an answer.
    fn whole(
        &self,
        form: Form<'_>,
        fields: Map<String, Value>,
        set: Map<String, Value>,
        took: Duration,
    ) -> (Response<()>, Vec<u8>) {
        match form {
            Form::Synapse(headers) => self.identity.success(headers, fields, set, took),
            Form::Json => (respond::json_head(StatusCode::OK), respond::json(&set)),
        }
    }

    fn stream(&self, form: Form<'_>, body: Body, took: Duration) -> Response {
        match form {
            Form::Synapse(headers) => self.identity.stream(headers, body, took),
            Form::Json => respond::text_stream(body),
        }
    }

    fn refuse(&self, form: Form<'_>, refusal: &Refusal, took: Duration) -> Response {
        match form {
            Form::Synapse(headers) => self.identity.refuse(headers, refusal, took),
            Form::Json => {
                let message = Map::from_iter([("message".to_owned(), json!(refusal.to_string()))]);
                respond::json_head(refusal.status()).map(|()| Body::from(respond::json(&message)))
            }
        }
    }
}

/// A request that gets no reply.
enum Turned {
    /// By the HTTP layer beneath the protocol.
    Away(Box<Response>),
    /// By us.
    Down(Refusal),
}

impl<E: Into<Refusal>> From<E> for Turned {
    fn from(refusal: E) -> Self {
        Self::Down(refusal.into())
    }
}

/// An answer's bytes with what its request holds: who does not read its answer keeps its place, and no other's. They are
/// dropped when they are written.
fn holding(bytes: Vec<u8>, held: Held, call: &Call) -> Bytes {
    struct Holding {
        bytes: Vec<u8>,
        axon: Arc<Axon>,
        hotkey: Option<Hotkey>,
        ready: Instant,
        _held: Held,
    }
    impl Drop for Holding {
        fn drop(&mut self) {
            if let Some(hotkey) = &self.hotkey {
                self.axon.margin.written(hotkey, self.ready.elapsed());
            }
        }
    }
    impl AsRef<[u8]> for Holding {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }
    Bytes::from_owner(Holding {
        bytes,
        axon: Arc::clone(&call.axon),
        hotkey: call.hotkey,
        ready: Instant::now(),
        _held: held,
    })
}

/// `text` in pieces, each of whole characters.
fn pieces(text: Bytes) -> impl Iterator<Item = Bytes> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = &text[from..];
        let mut length = rest.len().min(PIECE_BYTES);
        // What continues a character begins with the bits 10.
        while length < rest.len() && rest[length] & 0xc0 == 0x80 {
            length -= 1;
        }
        let piece = text.slice(from..from + length);
        from += length;
        (length > 0).then_some(piece)
    })
}

/// Text as it is written, piece by piece and so between characters. The call is counted when it ends, however it does; one
/// that breaks off breaks the connection off, which tells the client that this was not all.
fn written(mut reading: Reading, call: Call, held: Held) -> Body {
    let first = Bytes::from(mem::take(&mut reading.text));
    let rest = stream::unfold(Some((reading, call, held)), async |state| {
        let (mut reading, mut call, held) = state?;
        match reading.next().await {
            Some(Ok(text)) => Some((Ok(Bytes::from(text)), Some((reading, call, held)))),
            Some(Err(error)) => {
                call.end(Outcome::Failed { reason: error.label(), cacheable: call.cacheable.unwrap_or(false) });
                Some((Err(error), None))
            }
            None => {
                if let Some((solver, times)) = reading.written_by() {
                    (call.solver, call.stages.solve) = (Some(solver), Some(times));
                }
                call.end_answered(reading.source);
                None
            }
        }
    });
    Body::from_stream(stream::iter([Ok(first)]).chain(rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_are_whole_characters_and_together_the_text(text in "(a|\u{e9}|\u{20ac}|\u{1f600}){0,2000}") {
            let pieces: Vec<_> = pieces(Bytes::from(text.clone())).collect();
            prop_assert!(pieces.iter().all(|piece| std::str::from_utf8(piece).is_ok() && piece.len() <= PIECE_BYTES));
            prop_assert_eq!(pieces.concat(), text.into_bytes());
        }
    }
}
