//! The plain format: one JSON object, as every bittensor-wallet writes it and as encrypted files hold it inside.

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::Signer;

/// What is needed of a key file. Its texts are wiped when dropped; other fields are not even copied.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyFile {
    /// A number since 4.1, absent before.
    crypto_type: Option<Value>,
    secret_phrase: Option<Zeroizing<String>>,
    secret_seed: Option<Zeroizing<String>>,
    private_key: Option<Zeroizing<String>>,
    ss58_address: Option<Zeroizing<String>>,
}

/// The signer of a plain key file's content. Pure: it reads no file, so that a fuzzer can drive it.
///
/// The secret is `secretPhrase`, else `secretSeed`, else `privateKey`, as in the SDK, and must give the address that
/// the file itself names. Errors are fixed sentences: they hold nothing of the content.
pub fn parse_keyfile(plain: &[u8]) -> Result<Signer, &'static str> {
    // Before serde looks at it: its error about a bare text would hold the text.
    if !plain.trim_ascii_start().starts_with(b"{") {
        return Err("it is not a JSON object");
    }
    let file: KeyFile = serde_json::from_slice(plain).map_err(|error| match error.is_data() {
        true => "one of its fields comes twice or is not a text",
        false => "it is not a JSON object",
    })?;
    if file.crypto_type.as_ref().is_some_and(|kind| kind.as_u64() != Some(1)) {
        return Err("its cryptoType is not 1 (sr25519)");
    }
    let signer = signer(&file)?;
    match given(&file.ss58_address) {
        Some(address) if address != signer.address() => Err("its ss58Address is not that of its secret"),
        _ => Ok(signer),
    }
}

/// From the first secret present, in the order in which the SDK looks.
fn signer(file: &KeyFile) -> Result<Signer, &'static str> {
    if let Some(phrase) = given(&file.secret_phrase) {
        return seed_of_phrase(phrase).map(|seed| Signer::from_seed(&seed));
    }
    if let Some(seed) = given(&file.secret_seed) {
        if is_seed_as_text(seed) {
            return Err("its secretSeed holds the bytes of the seed as text, a fault of btwallet after which the SDK \
                        cannot load it either; keep a copy, then take the field secretSeed out: privateKey is enough");
        }
        return unhex(seed).map(|seed| Signer::from_seed(&seed)).ok_or("its secretSeed is not 32 bytes in hexadecimal");
    }
    if let Some(private) = given(&file.private_key) {
        let private: Option<Zeroizing<[u8; 64]>> = unhex(private);
        return private
            .and_then(|private| Signer::from_secret(&private[..]).ok())
            .ok_or("its privateKey is not an sr25519 key of 64 bytes in hexadecimal");
    }
    Err("it holds no secret (secretPhrase, secretSeed or privateKey), so it cannot sign")
}

/// Substrate's way from a mnemonic to a seed: PBKDF2 over the *entropy*, not over the words as in BIP39 itself.
fn seed_of_phrase(phrase: &str) -> Result<Zeroizing<[u8; 32]>, &'static str> {
    let mnemonic = bip39::Mnemonic::parse_normalized(phrase).map_err(|_| "its secretPhrase is not a BIP39 mnemonic")?;
    let (entropy, length) = mnemonic.to_entropy_array();
    let entropy = Zeroizing::new(entropy);
    let mut seed = Zeroizing::new([0; 64]);
    pbkdf2::pbkdf2_hmac::<sha2::Sha512>(&entropy[..length], b"mnemonic", 2_048, &mut seed[..]);
    let mut first = Zeroizing::new([0; 32]);
    first.copy_from_slice(&seed[..32]);
    Ok(first)
}

/// btwallet stores a seed whose 32 bytes happen to be UTF-8 as that text instead of as hexadecimal.
fn is_seed_as_text(seed: &str) -> bool {
    without_0x(seed).len() == 32
}

fn given(field: &Option<Zeroizing<String>>) -> Option<&str> {
    field.as_ref().map(|text| text.as_str()).filter(|text| !text.is_empty())
}

fn unhex<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    hex::decode_to_slice(without_0x(text), &mut bytes[..]).ok()?;
    Some(bytes)
}

fn without_0x(text: &str) -> &str {
    text.strip_prefix("0x").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINER: &str = "5EHgWw2Af1pnoc7f1A8bfmM97W3DAYW8xr82RfhLL9oAabAe";
    const FROM_SEED: &str = "5FnoWRL4FYzd29q8zXoY3JWio9PtBPgrAFu2RcgQazRQsiCs";

    fn vector(name: &str) -> Vec<u8> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
        std::fs::read(path).expect("the wallet is in the repository")
    }

    #[test]
    fn every_plain_hotkey_that_the_sdk_loads_gives_its_address() {
        for (name, address) in [
            ("wallets/miner/hotkeys/default", MINER),
            ("wallets/miner/hotkeys/alice", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"),
            ("wallets/miner/hotkeys/seed", "5DcjVUSFQsUSFDCMFNSFYRwBYgya7BEcoA47F5pkphi8NXnu"),
            ("wallets/validator/hotkeys/default", "5Hq3Cveh6yM1Do6ijhATJ8y9rzk6sSkuuuUwQF5k5ChLqodv"),
            ("wallets/outsider/hotkeys/default", "5E2HaKzLUKBquWd1GrEkX759VDV5Vyfm7G3TTeMr5kT244bA"),
            ("wallets/bw_4_0_1/miner/hotkeys/default", MINER),
        ] {
            assert_eq!(parse_keyfile(&vector(name)).expect(name).address(), address, "{name}");
        }
    }

    #[test]
    fn phrase_seed_and_private_key_of_one_file_are_the_same_hotkey() {
        let file: Value = serde_json::from_slice(&vector("wallets/miner/hotkeys/default")).expect("JSON");
        for field in ["secretPhrase", "secretSeed", "privateKey"] {
            let alone = serde_json::json!({ field: file[field] }).to_string();
            assert_eq!(parse_keyfile(alone.as_bytes()).expect(field).address(), MINER, "{field}");
            let without_0x = alone.replace("0x", "");
            assert_eq!(parse_keyfile(without_0x.as_bytes()).expect(field).address(), MINER, "{field} without 0x");
        }
    }

    #[test]
    fn a_public_file_cannot_sign() {
        let what = parse_keyfile(&vector("wallets/miner/hotkeys/defaultpub.txt")).expect_err("public");
        assert!(what.contains("no secret"), "{what}");
    }

    #[test]
    fn a_seed_that_btwallet_spoiled_is_refused_and_the_advice_works() {
        let spoiled = vector("wallets/miner/hotkeys/fromseed");
        let what = parse_keyfile(&spoiled).expect_err("the seed as text");
        assert!(what.contains("btwallet") && what.contains("take the field secretSeed out"), "{what}");
        let mut file: Value = serde_json::from_slice(&spoiled).expect("JSON");
        file.as_object_mut().expect("an object").remove("secretSeed");
        let mended = parse_keyfile(file.to_string().as_bytes()).expect("as advised");
        assert_eq!(mended.address(), FROM_SEED);
        assert_eq!(
            Signer::from_seed(b"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB").address(),
            FROM_SEED,
            "it was the seed's bytes"
        );
    }

    #[test]
    fn what_newer_wallets_may_add_is_passed_over() {
        let file = format!(
            r#" {{"note":{{"a":[1,"\u00e9"]}},"secretPhrase":null,"secretSeed":"0x{}","cryptoType":null}}
            "#,
            "11".repeat(32)
        );
        parse_keyfile(file.as_bytes()).expect("unknown fields, nulls and space around it");
    }

    #[test]
    fn a_key_of_another_kind_or_address_is_refused() {
        let seed = "11".repeat(32);
        for (json, word) in [
            (r#"{"cryptoType":0,"secretSeed":"0x00"}"#, "cryptoType"),
            (r#"{"cryptoType":"1","secretSeed":"0x00"}"#, "cryptoType"),
            (r#"{"secretSeed":"0x01","ss58Address":"5x"}"#, "32 bytes"),
            (r#"{"secretSeed":"0x01","secretSeed":"0x01"}"#, "twice"),
            (r#"{"secretSeed":7}"#, "not a text"),
            (r#"{"secretPhrase":"legal winner legal"}"#, "BIP39"),
            (r#"{"privateKey":"0x01"}"#, "64 bytes"),
            (&format!(r#"{{"privateKey":"0x{}"}}"#, "ff".repeat(64)), "sr25519"),
            (r#"{"ss58Address":"5EHgWw2Af1pnoc7f1A8bfmM97W3DAYW8xr82RfhLL9oAabAe"}"#, "no secret"),
            (r#"{"publicKey":"0x00"}"#, "no secret"),
            (&format!(r#"{{"secretSeed":"{seed}","ss58Address":"{MINER}"}}"#), "ss58Address"),
            (&format!(r#"{{"secretSeed":"{seed}"}} {{}}"#), "JSON object"),
            ("[]", "JSON object"),
            ("\"legal winner\"", "JSON object"),
            ("", "JSON object"),
        ] {
            let what = parse_keyfile(json.as_bytes()).expect_err(json);
            assert!(what.contains(word), "{json}: {what}");
        }
        let empty = format!(r#"{{"secretSeed":"{seed}","ss58Address":""}}"#);
        assert!(parse_keyfile(empty.as_bytes()).is_ok(), "an empty address is as good as none");
    }

    proptest! {
        #[test]
        fn no_content_makes_the_parser_panic(content: Vec<u8>, seed: String) {
            let _ = parse_keyfile(&content);
            let _ = parse_keyfile(serde_json::json!({ "secretSeed": seed, "privateKey": seed }).to_string().as_bytes());
            let _ = parse_keyfile(serde_json::json!({ "secretPhrase": seed }).to_string().as_bytes());
        }
    }
}
