//! A request's head: what a dendrite says in its headers.

use axum::http::{HeaderMap, HeaderName};

/// The headers of the protocol that matter to an axon; parsed names are found faster than texts.
pub const NAME: HeaderName = HeaderName::from_static("name");
/// How long the dendrite waits, seconds.
pub const TIMEOUT: HeaderName = HeaderName::from_static("timeout");
/// The sender's address.
pub const HOTKEY: HeaderName = HeaderName::from_static("bt_header_dendrite_hotkey");
/// The sender's clock.
pub const NONCE: HeaderName = HeaderName::from_static("bt_header_dendrite_nonce");
/// The sender's instance.
pub const UUID: HeaderName = HeaderName::from_static("bt_header_dendrite_uuid");
/// The signature.
pub const SIGNATURE: HeaderName = HeaderName::from_static("bt_header_dendrite_signature");
/// The body's hash, as signed.
pub const BODY_HASH: HeaderName = HeaderName::from_static("computed_body_hash");

/// The headers of one synapse, as text where the text itself is signed. None of it is verified yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Head<'a> {
    /// The sender's address, verbatim.
    pub hotkey: Option<&'a str>,
    /// The sender's clock, nanoseconds since the Unix epoch.
    pub nonce_ns: Option<u64>,
    /// One per dendrite instance, verbatim; Python writes `None` into the message when it is missing.
    pub uuid: &'a str,
    /// The signature, `0x` and 128 hexadecimal digits.
    pub signature: Option<&'a str>,
    /// The body hash that was signed, verbatim.
    pub body_hash: &'a str,
    /// How long the dendrite waits, seconds, finite. Without it the nonce window is the SDK's bare four seconds.
    pub timeout_s: Option<f64>,
}

/// Why a head cannot be read. The Python axon answers 500 to each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Not a whole number of nanoseconds.
    #[error("bt_header_dendrite_nonce is not a whole number of nanoseconds")]
    Nonce,
    /// Not a finite number of seconds.
    #[error("timeout is not a finite number of seconds")]
    Timeout,
}

impl<'a> Head<'a> {
    /// Reads the headers that matter; all others are ignored.
    pub fn parse(headers: &'a HeaderMap) -> Result<Self, HeadError> {
        let text = |name: HeaderName| headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
        let finite = |text: &str| text.trim().parse().ok().filter(|seconds: &f64| seconds.is_finite());
        let timeout_s = text(TIMEOUT).map(|text| finite(text).ok_or(HeadError::Timeout)).transpose()?;
        // Written again as decimal digits when the message is built, as Python does: leading zeros and `+` vanish.
        let nonce_ns = text(NONCE).map(|text| text.trim().parse().map_err(|_| HeadError::Nonce)).transpose()?;
        Ok(Self {
            hotkey: text(HOTKEY),
            nonce_ns,
            uuid: text(UUID).unwrap_or("None"),
            signature: text(SIGNATURE).filter(|signature| !signature.is_empty()),
            body_hash: text(BODY_HASH).unwrap_or("None"),
            timeout_s,
        })
    }

    /// The text that a dendrite signs for the axon with address `axon_hotkey`.
    pub fn message(&self, nonce_ns: u64, hotkey: &str, axon_hotkey: &str) -> String {
        format!("{nonce_ns}.{hotkey}.{axon_hotkey}.{}.{}", self.uuid, self.body_hash)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value")))
            .collect()
    }

    #[test]
    fn a_number_that_is_none_is_named() {
        for (pairs, error) in [
            ([("timeout", "nan")], HeadError::Timeout),
            ([("timeout", "inf")], HeadError::Timeout),
            ([("timeout", "soon")], HeadError::Timeout),
            ([("bt_header_dendrite_nonce", "-1")], HeadError::Nonce),
            ([("bt_header_dendrite_nonce", "1.5")], HeadError::Nonce),
            ([("bt_header_dendrite_nonce", "1180591620717411303424")], HeadError::Nonce),
        ] {
            assert_eq!(Head::parse(&headers(&pairs)), Err(error), "{pairs:?}");
        }
    }

    #[test]
    fn the_message_holds_the_nonce_as_a_number_and_the_rest_verbatim() {
        let headers = headers(&[("bt_header_dendrite_nonce", "+007"), ("bt_header_dendrite_uuid", "u")]);
        let head = Head::parse(&headers).expect("readable");
        assert_eq!(head.message(head.nonce_ns.expect("a nonce"), "5Sender", "5Us"), "7.5Sender.5Us.u.None");
    }

    proptest! {
        #[test]
        fn no_header_values_make_the_parser_panic(nonce in "\\PC*", timeout in "\\PC*", uuid: Vec<u8>) {
            let mut headers = HeaderMap::new();
            for (name, value) in
                [("bt_header_dendrite_nonce", nonce.as_bytes()), ("timeout", timeout.as_bytes()), ("bt_header_dendrite_uuid", &uuid)]
            {
                if let Ok(value) = HeaderValue::from_bytes(value) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
            let _ = Head::parse(&headers);
        }
    }
}
