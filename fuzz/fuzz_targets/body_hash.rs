//! Any JSON value, hashed as a field of every kind of type: [`body_hash`].
//!
//! Held for every value and type:
//!
//! - the hash is 64 lower-case hexadecimal digits;
//! - the value written as text and read again has the same hash: numbers keep their digits, maps their order;
//! - so has the same value with spaces and line breaks between its tokens;
//! - the hash of a list of fields depends on each of them: one field more is another hash.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lode::axon::{EMPTY_BODY_HASH, PyType, body_hash};
use serde_json::Value;

static TYPES: LazyLock<Vec<PyType>> = LazyLock::new(|| {
    ["Any", "float", "int", "list[float]", "dict[str, int]", "Optional[list[list[float]]]", "dict[str,dict[str,int]]"]
        .iter()
        .map(|name| name.parse().expect("a known type"))
        .collect()
});

fuzz_target!(|json: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(json) else { return };
    let compact = read(&serde_json::to_string(&value).expect("a value is JSON"));
    let pretty = read(&serde_json::to_string_pretty(&value).expect("a value is JSON"));
    for kind in TYPES.iter() {
        let hash = body_hash([(&value, kind)]);
        assert_eq!(hash.len(), 64);
        assert!(hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{hash}");
        assert_eq!(hash, body_hash([(&compact, kind)]), "{kind:?}, written and read again: {compact}");
        assert_eq!(hash, body_hash([(&pretty, kind)]), "{kind:?}, written over several lines: {pretty}");
        assert_ne!(hash, EMPTY_BODY_HASH);
        assert_ne!(hash, body_hash([(&value, kind), (&value, kind)]));
    }
});

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("what serde_json writes it reads")
}
