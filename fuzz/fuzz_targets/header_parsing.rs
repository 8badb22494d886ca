//! Headers of any names and values: [`Head::parse`] and [`Head::message`], and the same of [`Auth`].
//!
//! The input is a header block as on the wire, one `name: value` a line; what HTTP itself refuses is left out, as hyper
//! would. Held for every block:
//!
//! - parsing it twice gives the same head, or the same error;
//! - headers that the axon does not know change nothing;
//! - a head's nonce, written again as decimal digits, gives the same head, and so the same signed message;
//! - the timeout is finite, a signature is not empty;
//! - the message is nonce, hotkey, our address, uuid and body hash, with dots between.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use lode::axon::Head;
use lode::axon::btauth::Auth;

const NONCE: &str = "bt_header_dendrite_nonce";
const KNOWN: [&str; 6] = [
    "bt_header_dendrite_hotkey",
    NONCE,
    "bt_header_dendrite_uuid",
    "bt_header_dendrite_signature",
    "computed_body_hash",
    "timeout",
];
const OUR_ADDRESS: &str = "5EHgWw2Af1pnoc7f1A8bfmM97W3DAYW8xr82RfhLL9oAabAe";

fuzz_target!(|block: &[u8]| {
    let headers = headers(block);
    let auth = Auth::parse(&headers);
    assert_eq!(auth, Auth::parse(&headers), "parsed twice");
    if let Ok(auth) = auth {
        assert_eq!(auth.message("post", "/path?query", block).lines().count(), 8);
        let _ = auth.check(OUR_ADDRESS, true, auth.nonce_ns);
    }
    let parsed = Head::parse(&headers);
    assert_eq!(parsed, Head::parse(&headers), "parsed twice");

    let known: HeaderMap = headers
        .iter()
        .filter(|(name, _)| KNOWN.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    assert_eq!(parsed, Head::parse(&known), "without the headers that do not matter");

    let Ok(head) = parsed else { return };
    assert!(head.timeout_s.is_none_or(f64::is_finite));
    assert_ne!(head.signature, Some(""));
    let (Some(nonce_ns), hotkey) = (head.nonce_ns, head.hotkey.unwrap_or_default()) else { return };
    let message = head.message(nonce_ns, hotkey, OUR_ADDRESS);
    assert_eq!(message, [&nonce_ns.to_string(), hotkey, OUR_ADDRESS, head.uuid, head.body_hash].join("."));

    let mut again = headers.clone();
    again.insert(NONCE, HeaderValue::from(nonce_ns));
    let again = Head::parse(&again).expect("a nonce of decimal digits is a nonce");
    assert_eq!(again, head, "with the nonce written again");
    assert_eq!(again.message(nonce_ns, hotkey, OUR_ADDRESS), message);
});

/// One header per line, as far as HTTP permits it.
fn headers(block: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in block.split(|&byte| byte == b'\n') {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    headers
}
