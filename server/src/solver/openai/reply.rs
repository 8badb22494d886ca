//! What comes back, whole or in pieces.

use axum::body::Bytes;
use futures_util::stream::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::Value;

use crate::solver::client::BodyError;

/// A reply of the model.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reply {
    pub text: String,
    /// Why it does not want to answer.
    pub refusal: Option<String>,
    /// Why it ended.
    pub finish_reason: Option<String>,
    pub usage: Option<Usage>,
}

/// Tokens read and written, as far as that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Usage {
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReplyError {
    /// The connection failed, or the service stopped in the middle.
    #[error("{0}")]
    Broken(String),
    /// It is no reply.
    #[error("{0}")]
    Malformed(String),
}

/// A completion, or a piece of one. Fields that nobody here needs may be missing, and others may be there.
#[derive(Deserialize)]
pub(super) struct Completion {
    pub choices: Option<Vec<Choice>>,
    pub usage: Option<Usage>,
    pub error: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    index: u32,
    /// The whole of it.
    message: Option<Said>,
    /// A piece of it. There are services that send both.
    delta: Option<Said>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
    refusal: Option<String>,
}

impl Reply {
    /// Takes in a piece; what it adds to the text.
    pub(super) fn add(&mut self, piece: Completion) -> Result<Option<String>, ReplyError> {
        if let Some(error) = piece.error {
            let said = said(&error).unwrap_or_default();
            return Err(ReplyError::Broken(format!("it reported a fault: {said}")));
        }
        let Some(choices) = piece.choices else {
            return Err(ReplyError::Malformed("it sent JSON without `choices`".to_owned()));
        };
        self.usage = piece.usage.or(self.usage);
        let Some(choice) = choices.into_iter().find(|choice| choice.index == 0) else { return Ok(None) };
        self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        let Some(Said { content, refusal }) = choice.delta else { return Ok(None) };
        if let Some(refusal) = refusal {
            self.refusal.get_or_insert_default().push_str(&refusal);
        }
        let content = content.filter(|content| !content.is_empty());
        self.text.push_str(content.as_deref().unwrap_or_default());
        Ok(content)
    }
}

/// Reads a reply that comes whole.
pub(super) async fn read(body: impl Stream<Item = Result<Bytes, BodyError>>) -> Result<Reply, ReplyError> {
    let mut body = std::pin::pin!(body);
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    let mut completion: Completion = serde_json::from_slice(&bytes).map_err(|error| malformed(&error))?;
    if completion.error.is_none() && completion.choices.as_ref().is_some_and(Vec::is_empty) {
        return Err(ReplyError::Malformed("its list of choices is empty".to_owned()));
    }
    for choice in completion.choices.iter_mut().flatten() {
        choice.delta = choice.message.take();
    }
    let mut reply = Reply::default();
    reply.add(completion)?;
    Ok(reply)
}

/// What a service says is wrong, in the forms that there are.
pub(super) fn said(body: &Value) -> Option<&str> {
    let error = body.get("error").unwrap_or(body);
    [Some(error), error.get("message"), error.get("detail")].into_iter().flatten().find_map(Value::as_str)
}

pub(super) fn malformed(error: &serde_json::Error) -> ReplyError {
    ReplyError::Malformed(format!("it sent no completion: {error}"))
}

impl From<BodyError> for ReplyError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Connection(_) => Self::Broken(format!("{:#}", anyhow::Error::from(error))),
            BodyError::TooLarge => Self::Malformed(format!("its answer is refused: {error}")),
        }
    }
}
