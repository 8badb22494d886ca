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

use super::Axon;
use super::admit::{Admitted, Held};
use super::call::Call;
use super::refusal::Refusal;
use super::{btauth, respond};
use crate::agent::{Adapter, AnswerError, Ask, Asks, Reading, Streamed};
use crate::recorder::Outcome;

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
    Whole(Map<String, Value>, Map<String, Value>, Source),
    /// Text that is there already.
    Text(String, Source),
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
            Reply::Whole(fields, set, source) => {
                call.end_answered(source);
                (self.whole(form, fields, set, took), Some(call))
            }
            Reply::Text(text, source) => {
                call.end_answered(source);
                let words: Vec<_> = text.split_inclusive(' ').map(|word| Bytes::from(word.to_owned())).collect();
                let body = Body::from_stream(stream::iter(words.into_iter().map(Ok::<_, Infallible>)));
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
                (adapter, self.admit_dendrite(adapter, head, from, call).await?)
            }
            Form::Json => {
                let adapter = self.auth_route(head).map_err(Turned::Away)?;
                (adapter, self.admit_auth(adapter, head, from, call).await?)
            }
        };
        Ok(match &adapter.asks {
            None => Reply::Whole(admitted.fields, adapter.reply.clone(), Source::Static),
            Some(asks) => self.solve(adapter, asks, admitted, call).await?,
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
        let ask = Ask { asks, question, body: &fields, settings, stake_rao, deadline };
        if !asks.stream {
            let answered = self.agent.answer(ask).await?;
            let mut set = adapter.reply.clone();
            set.extend(answered.answer.fields.iter().map(|(name, value)| (name.clone(), value.clone())));
            return Ok(Reply::Whole(fields, set, answered.source));
        }
        Ok(match self.agent.stream(ask).await? {
            Streamed::Reading(reading) => Reply::Reading(reading, held),
            Streamed::Whole(answered) => {
                let given = &answered.answer.fields;
                let text = asks.answer.first().and_then(|field| given.get(field)?.as_str());
                Reply::Text(text.ok_or(AnswerError::Invalid)?.to_owned(), answered.source)
            }
        })
    }

    fn whole(&self, form: Form<'_>, fields: Map<String, Value>, set: Map<String, Value>, took: Duration) -> Response {
        match form {
            Form::Synapse(headers) => self.identity.success(headers, fields, set, took),
            Form::Json => respond::json_answer(StatusCode::OK, &set),
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
                respond::json_answer(refusal.status(), &message)
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
                call.end_answered(reading.source);
                None
            }
        }
    });
    Body::from_stream(stream::iter([Ok(first)]).chain(rest))
}
