//! Every way in which the axon says no: status, text and the label under which it is counted.

use axum::http::StatusCode;

use super::btauth::AuthError;
use super::nonce::NonceError;
use super::wire::HeadError;
use crate::agent::AnswerError;
use crate::domain::PolicyRefusal;
use crate::keys::Ss58Error;

/// A request that gets no answer. The statuses are those of the Python axon 10.5, which validators know, and so are most
/// texts; none tells more than the sender knows.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No adapter of that name. Unlike Python's, the text does not list those that there are.
    #[error("Synapse name '{0}' not found.")]
    UnknownSynapse(String),
    /// A header that cannot be read.
    #[error("Internal Server Error: {0}")]
    Head(#[from] HeadError),
    /// Turned away by policy.
    #[error("Forbidden. Key is blacklisted: {0}.")]
    Policy(#[from] PolicyRefusal),
    /// No sender named.
    #[error("Not Verified with error: No SS58 formatted address or public key provided.")]
    NoHotkey,
    /// The sender's name is not an address.
    #[error("Not Verified with error: {0}")]
    Hotkey(#[from] Ss58Error),
    /// No nonce.
    #[error("Not Verified with error: Missing Nonce")]
    NoNonce,
    /// A nonce outside the window, or seen before.
    #[error("Not Verified with error: {0}")]
    Nonce(#[from] NonceError),
    /// No signature. Axons before 10.5 let such requests pass.
    #[error("Not Verified with error: Missing Signature")]
    NoSignature,
    /// A signature without `0x`.
    #[error("Not Verified with error: Invalid signature format. Expected hex string.")]
    SignatureFormat,
    /// Not 64 bytes in hexadecimal.
    #[error("Not Verified with error: Invalid SR25519 signature.")]
    SignatureText,
    /// Somebody else's signature, or another message's.
    #[error("Not Verified with error: Signature mismatch")]
    Signature,
    /// A `btauth/1` request that is malformed, for somebody else, or not of now.
    #[error("{0}")]
    Auth(#[from] AuthError),
    /// Too many requests from one network address.
    #[error("Too many requests from this address")]
    AddressRate,
    /// Too many requests signed by one hotkey.
    #[error("Too many requests signed by this hotkey")]
    HotkeyRate,
    /// As many requests in flight as are allowed, in all or of this hotkey.
    #[error("Service unavailable: too many requests in flight")]
    Overloaded,
    /// Larger than the limit.
    #[error("Request body is larger than {0} bytes")]
    BodyTooLarge(usize),
    /// The body ended early or the sender took too long.
    #[error("There was an error parsing the body")]
    BodyBroken,
    /// Not JSON.
    #[error("The body is not JSON")]
    NotJson,
    /// JSON, but not an object, or without the prompt that the adapter needs.
    #[error("Internal Server Error: {0}")]
    BadBody(String),
    /// The body is not the one that was signed.
    #[error("Internal Server Error: body hash mismatch")]
    BodyHash,
    /// Verified, but no answer came of it.
    #[error(transparent)]
    Unanswered(#[from] AnswerError),
}

impl Refusal {
    /// Every label that [`Refusal::label`] gives to a request that was turned away, and those of requests that were over
    /// before: `bad_path`, `disconnected`, `panicked`.
    pub const LABELS: [&str; 22] = [
        "address_rate",
        "bad_body",
        "bad_header",
        "bad_hotkey",
        "bad_path",
        "bad_signature",
        "body_hash",
        "body_too_large",
        "denied",
        "disconnected",
        "hotkey_rate",
        "low_stake",
        "no_nonce",
        "no_permit",
        "overloaded",
        "panicked",
        "replayed",
        "stale_metagraph",
        "stale_nonce",
        "unknown_synapse",
        "unregistered",
        "wrong_receiver",
    ];

    /// The HTTP status, which a dendrite copies.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::UnknownSynapse(_) => StatusCode::NOT_FOUND,
            Self::Policy(_) => StatusCode::FORBIDDEN,
            Self::NoHotkey
            | Self::Hotkey(_)
            | Self::NoNonce
            | Self::Nonce(_)
            | Self::NoSignature
            | Self::SignatureFormat
            | Self::SignatureText
            | Self::Signature
            | Self::Auth(_) => StatusCode::UNAUTHORIZED,
            Self::AddressRate | Self::HotkeyRate => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::NotJson => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Head(_) | Self::BadBody(_) | Self::BodyHash => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unanswered(AnswerError::Timeout) => StatusCode::REQUEST_TIMEOUT,
            Self::Unanswered(AnswerError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unanswered(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The label under which it is counted.
    pub fn label(&self) -> &'static str {
        match self {
            Self::UnknownSynapse(_) => "unknown_synapse",
            Self::Head(_) => "bad_header",
            Self::Policy(refusal) => refusal.label(),
            Self::NoHotkey | Self::Hotkey(_) => "bad_hotkey",
            Self::NoNonce => "no_nonce",
            Self::Nonce(NonceError::Replayed) => "replayed",
            Self::Nonce(_) => "stale_nonce",
            Self::NoSignature | Self::SignatureFormat | Self::SignatureText | Self::Signature => "bad_signature",
            Self::Auth(AuthError::Malformed(_)) => "bad_header",
            Self::Auth(AuthError::WrongReceiver(_)) => "wrong_receiver",
            Self::Auth(AuthError::Stale(_)) => "stale_nonce",
            Self::AddressRate => "address_rate",
            Self::HotkeyRate => "hotkey_rate",
            Self::Overloaded => "overloaded",
            Self::BodyTooLarge(_) => "body_too_large",
            Self::BodyBroken | Self::NotJson | Self::BadBody(_) => "bad_body",
            Self::BodyHash => "body_hash",
            Self::Unanswered(error) => error.label(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_listed() {
        let policy = [
            PolicyRefusal::Denied,
            PolicyRefusal::Unregistered,
            PolicyRefusal::NoPermit,
            PolicyRefusal::LowStake,
            PolicyRefusal::Stale,
        ];
        let refusals = [
            Refusal::UnknownSynapse(String::new()),
            Refusal::Head(HeadError::Nonce),
            Refusal::NoHotkey,
            Refusal::Hotkey(Ss58Error::Length),
            Refusal::NoNonce,
            Refusal::Nonce(NonceError::Replayed),
            Refusal::Nonce(NonceError::Future),
            Refusal::NoSignature,
            Refusal::SignatureFormat,
            Refusal::SignatureText,
            Refusal::Signature,
            Refusal::Auth(AuthError::Malformed("")),
            Refusal::Auth(AuthError::WrongReceiver("")),
            Refusal::Auth(AuthError::Stale("")),
            Refusal::AddressRate,
            Refusal::HotkeyRate,
            Refusal::Overloaded,
            Refusal::BodyTooLarge(1),
            Refusal::BodyBroken,
            Refusal::NotJson,
            Refusal::BadBody(String::new()),
            Refusal::BodyHash,
        ];
        for refusal in refusals.into_iter().chain(policy.map(Refusal::Policy)) {
            assert!(Refusal::LABELS.contains(&refusal.label()), "{refusal:?}");
        }
        let errors = [
            AnswerError::Timeout,
            AnswerError::Solver,
            AnswerError::Invalid,
            AnswerError::Abandoned,
            AnswerError::Busy,
        ];
        for error in errors {
            assert!(AnswerError::LABELS.contains(&error.label()), "{error:?}");
        }
    }
}
