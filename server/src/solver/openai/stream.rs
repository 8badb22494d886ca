//! A reply that comes in pieces, as server-sent events.

use axum::body::Bytes;
use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::stream::{Stream, StreamExt};

use super::reply::{Reply, ReplyError, malformed};
use crate::ports::Write;
use crate::solver::client::BodyError;

/// What comes after the last piece.
const DONE: &str = "[DONE]";

/// Reads the pieces, passing each on as it comes.
pub(super) async fn read(
    body: impl Stream<Item = Result<Bytes, BodyError>>,
    write: Write<'_>,
) -> Result<Reply, ReplyError> {
    let mut events = std::pin::pin!(body.eventsource());
    let mut reply = Reply::default();
    while let Some(event) = events.next().await {
        let event = event.map_err(|error| match error {
            EventStreamError::Transport(error) => error.into(),
            EventStreamError::Utf8(_) => ReplyError::Malformed("it sent no UTF-8".to_owned()),
            EventStreamError::Parser(_) => ReplyError::Malformed("it sent no server-sent events".to_owned()),
        })?;
        if event.data.trim() == DONE {
            return Ok(reply);
        }
        let piece = serde_json::from_str(&event.data).map_err(|error| malformed(&error))?;
        if let Some(text) = reply.add(piece)? {
            write(&text);
        }
    }
    if reply.finish_reason.is_some() {
        return Ok(reply);
    }
    Err(ReplyError::Broken("it ended in the middle of its answer".to_owned()))
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use parking_lot::Mutex;

    use super::*;

    /// The reply to these bytes, cut anywhere, and what was passed on.
    async fn read_all(chunks: Vec<Vec<u8>>) -> (Result<Reply, ReplyError>, Vec<String>) {
        let written = Mutex::new(Vec::new());
        let body = stream::iter(chunks.into_iter().map(|chunk| Ok(Bytes::from(chunk))));
        let reply = read(body, &|text| written.lock().push(text.to_owned())).await;
        (reply, written.into_inner())
    }

    fn piece(text: &str) -> String {
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
    }

    #[tokio::test]
    async fn pieces_are_the_same_however_the_bytes_are_cut() {
        let events = format!(
            ": comment\n\ndata: {{\"choices\":[{{\"delta\":{{\"role\":\"assistant\",\"content\":\"\"}}}}]}}\r\n\r\n{}{}{}{}",
            piece("né"),
            piece("😀!"),
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"x\":1}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
        );
        for size in [1, 2, 3, 7, 64, events.len()] {
            let (reply, written) = read_all(events.as_bytes().chunks(size).map(<[u8]>::to_vec).collect()).await;
            let reply = reply.expect("a whole stream");
            assert_eq!(written, ["né", "😀!"], "in chunks of {size}");
            assert_eq!((reply.text.as_str(), reply.finish_reason.as_deref()), ("né😀!", Some("stop")));
            assert_eq!(reply.usage.expect("told").completion_tokens, Some(2));
        }
    }

    #[tokio::test]
    async fn a_stream_that_says_that_it_is_finished_need_not_say_done() {
        let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";
        let (reply, _) = read_all(vec![piece("a").into(), end.into()]).await;
        assert_eq!(reply.expect("finished").text, "a");
    }

    #[tokio::test]
    async fn what_is_no_stream_of_pieces_is_a_fault() {
        for (bytes, word) in [
            (piece("a").into_bytes(), "in the middle"),
            (b"data: {\"choices\": [\n\n".to_vec(), "no completion"),
            (b"data: {\"object\": \"error\"}\n\ndata: [DONE]\n\n".to_vec(), "without `choices`"),
            (b"data: {\"error\": {\"message\": \"out of memory\"}}\n\n".to_vec(), "out of memory"),
            (b"data: \xff\xff\n\n".to_vec(), "UTF-8"),
            (b"<html>no events</html>".to_vec(), "in the middle"),
        ] {
            let (reply, _) = read_all(vec![bytes]).await;
            let error = reply.expect_err(word).to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
