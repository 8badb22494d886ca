//! Any text as an address: [`Hotkey`] from text and back.
//!
//! One key must have one text, because the text is part of what is signed. Held for every input:
//!
//! - a text that is an address is what its key prints as;
//! - the first 32 bytes of the input, as a key, print as an address that is read as the same key;
//! - that address with anything before or after it is none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode::keys::Hotkey;

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(hotkey) = text.parse::<Hotkey>()
    {
        assert_eq!(hotkey.to_string(), text);
    }

    let (head, rest) = input.split_at(input.len().min(32));
    let mut public = [0; 32];
    public[..head.len()].copy_from_slice(head);
    let hotkey = Hotkey::new(public);
    let address = hotkey.to_string();
    assert_eq!(address.parse(), Ok(hotkey));
    if let Ok(more) = std::str::from_utf8(rest)
        && !more.is_empty()
    {
        assert!(format!("{address}{more}").parse::<Hotkey>().is_err(), "{address} and {more:?} after it");
        assert!(format!("{more}{address}").parse::<Hotkey>().is_err(), "{address} and {more:?} before it");
    }
});
