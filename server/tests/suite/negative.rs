//! Odd and hostile requests as a real Python axon 10.5.0 answered them: Lode answers alike, but for a table of
//! differences, each with its reason. It gets the same bytes at the same time.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use base64::Engine;
use lode::config::{Config, SolverConfig};
use lode::domain::Callers;
use serde_json::Value;

use crate::support::{Miner, Reply, exchange, interop_config, json_file, validator};

/// Recorded with an axon that answers nobody but the validator, and with one that answers everybody.
const ALLOW_LIST: &str = "vectors/requests_negative.json";
const OPEN: &str = "vectors/requests_negative_open_axon.json";
const CASES: [(&str, usize); 2] = [(ALLOW_LIST, 76), (OPEN, 9)];

/// The miner has been up for so long that every nonce but the absurd ones is from after its start.
const UP_NS: u64 = 600_000_000_000;

/// This much of a request is sent: more than Lode takes of a head, so however the network cuts a larger request, its
/// answer comes without the rest.
const SENT_BYTES: usize = 66_000;

/// The cases that Lode deliberately answers otherwise: id, status, what its text holds, and why.
#[rustfmt::skip]
const DIFFERENT: &[(&str, u16, &str, &str)] = &[
    // The text alone differs.
    ("sig_zero", 401, "Invalid SR25519", "schnorrkel knows by a bit that these bytes are no signature"),
    ("sig_not_hex", 401, "Invalid SR25519", "one text for whatever is not 64 bytes in hexadecimal"),
    ("open_hotkey_prefix0_unsigned_text", 401, "format 42", "one key, one text; refused before the signature"),
    ("json_malformed", 422, "not JSON", "said in `message`, as every refusal; where it broke is the sender's to find"),
    ("handler_run_exception", 500, "no answer", "validators learn nothing of what failed in the solver"),
    // Stricter.
    ("sig_bytes_wrapped", 401, "mismatch", "no dendrite sends it, and each try costs a verification"),
    ("open_hotkey_prefix0_signed", 401, "format 42", "one key, one text"),
    ("nonce_stale_timeout_nan", 500, "timeout", "an unsigned header must not disable the window"),
    ("nonce_stale_no_version", 401, "too old", "removing an unsigned header must not disable the window"),
    ("nonce_stale_old_version", 401, "too old", "an unsigned header must not disable the window"),
    ("nonce_future_1day", 401, "future", "it would stay replayable for a day"),
    ("nonce_huge", 500, "nonce", "no clock reads that"),
    ("nonce_negative_old_version", 500, "nonce", "no clock reads that"),
    ("timeout_nan", 500, "timeout", "nobody waits so long"),
    ("body_32MiB", 413, "larger than 1048576", "memory is bounded; refused before any of it is read"),
    ("header_70KiB", 431, "", "memory is bounded: some 64 KiB for a head"),
    ("header_200KiB", 431, "", "the status that exists for it; Python's limit is further out and says 400"),
    // Another status for what is refused by both.
    ("hotkey_missing", 401, "No SS58", "there is nobody to apply a policy to"),
    ("hotkey_bad_ss58", 401, "Length is bad", "there is nobody to apply a policy to"),
    ("all_bt_headers_missing", 401, "No SS58", "there is nobody to apply a policy to"),
    ("dendrite_headers_missing", 401, "No SS58", "there is nobody to apply a policy to"),
    ("json_empty_body", 422, "not JSON", "the sender's fault, not ours"),
    ("json_nan", 422, "not JSON", "the sender's fault, not ours: NaN is no JSON"),
    // Looser.
    ("nonce_older_than_last", 200, "Success", "concurrent requests overtake each other; each is good once"),
    ("content_type_text", 200, "Success", "any content type is read as JSON"),
    ("content_type_missing", 200, "Success", "any content type is read as JSON"),
    ("input_obj_missing", 200, "Success", "those headers repeat what the body says"),
    ("input_obj_bad_base64", 200, "Success", "those headers repeat what the body says"),
    // Not to be had by configuration.
    ("blacklist_always", 404, "not found", "policy is by sender: a synapse that nobody may call is left out"),
    ("priority_timeout", 200, "Success", "no code of the operator's decides on priority, so none can be late"),
];

/// The Python axons' synapses, as far as configuration can express them.
fn config() -> Config {
    let mut config = interop_config();
    // Nothing listens there.
    config.solver.insert("fails".into(), SolverConfig::http("http://127.0.0.1:1/".parse().unwrap()));
    let fails = "name = 'FailSynapse'\nprompt = 'kind'\nanswer = ['reply']\nsolver = 'fails'";
    config.synapse.push(toml::from_str(fails).unwrap());
    config
}

fn cases(file: &str) -> Vec<Value> {
    json_file(file)["cases"].as_array().unwrap().clone()
}

/// The bytes that were sent.
fn request(recorded: &Value) -> Vec<u8> {
    if let Some(raw) = recorded["request_b64"].as_str() {
        return base64::engine::general_purpose::STANDARD.decode(raw).unwrap();
    }
    let filler = "a".repeat(recorded["filler_bytes"].as_u64().unwrap_or(0) as usize);
    recorded["request"].as_str().unwrap().replace("{filler}", &filler).into_bytes()
}

/// What a reply says, wherever it says it.
fn said(reply: &Reply) -> String {
    if let Some(location) = reply.header("location") {
        return location.to_owned();
    }
    if reply.status == 200 {
        return reply.header("bt_header_axon_status_message").unwrap_or_default().to_owned();
    }
    let body = reply.json();
    let text = body.get("message").or_else(|| body.get("detail")).and_then(Value::as_str);
    text.map_or_else(|| reply.text(), str::to_owned)
}

/// What stays of a text without its details: an error's number, a reason, an age, a host, the names of other synapses.
fn class(said: &str) -> &str {
    if let Some(location) = said.strip_prefix("http://") {
        return location.find('/').map_or("", |path| &location[path..]);
    }
    let starts =
        ["Internal Server Error", "Forbidden. Key is blacklisted: ", "Not Verified with error: Signature mismatch"];
    if let Some(start) = starts.into_iter().find(|start| said.starts_with(start)) {
        return start;
    }
    let details = [" Available synapses ", " but request was "];
    details.into_iter().find_map(|detail| said.split_once(detail)).map_or(said, |(start, _)| start)
}

/// Sends a file's requests in order, for what came before matters to nonces, and compares every answer.
async fn assert_answered_alike(file: &str, config: Config) {
    let cases = cases(file);
    let folder = tempfile::tempdir().unwrap();
    let first_ns = cases[0]["exchanges"][0]["sent_at_ns"].as_u64().unwrap();
    let miner = Miner::start(config, folder.path(), first_ns - UP_NS).await;
    assert_eq!(json_file(file)["meta"]["miner_hotkey"], miner.hotkey.as_str(), "they were signed for this hotkey");
    let mut wrong = Vec::new();
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let different = DIFFERENT.iter().find(|row| row.0 == id);
        let exchanges = case["exchanges"].as_array().unwrap();
        for (index, recorded) in exchanges.iter().enumerate() {
            miner.now_ns.store(recorded["sent_at_ns"].as_u64().unwrap(), Ordering::SeqCst);
            let mut raw = request(recorded);
            raw.truncate(SENT_BYTES);
            let reply = exchange(miner.axon, &raw).await;
            let header = reply.header("bt_header_axon_status_code");
            assert!(header.is_none_or(|status| status == reply.status.to_string()), "{id}: {}", reply.head);
            let (says, python_said) = (said(&reply), recorded["said"].as_str().unwrap());
            let is_alike = recorded["status"] == reply.status && class(&says) == class(python_said);
            let is_row = different.is_some_and(|(_, status, text, _)| reply.status == *status && says.contains(text));
            // A case's last request is what it is about.
            let is_last = index + 1 == exchanges.len();
            let is_right = match different {
                None => is_alike,
                Some(_) if is_last => is_row && !is_alike,
                Some(_) => is_row || is_alike,
            };
            if !is_right {
                let python = &recorded["status"];
                wrong.push(format!("{id}: {} `{says}`, and Python {python} `{python_said:.100}`", reply.status));
            }
        }
    }
    miner.stop().await;
    assert!(wrong.is_empty(), "{file}: not as Python, or not as the table of differences says\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_an_axon_with_an_allow_list_was_sent_is_answered_alike_but_for_the_table() {
    let mut config = config();
    config.axon.callers = Callers::Permitted;
    config.axon.allow = vec![validator().address().to_owned()];
    assert_answered_alike(ALLOW_LIST, config).await;
}

#[tokio::test]
async fn what_an_open_axon_was_sent_is_answered_alike_but_for_the_table() {
    let mut config = config();
    config.axon.callers = Callers::Anyone;
    assert_answered_alike(OPEN, config).await;
}

#[test]
fn every_recorded_case_is_there_and_every_difference_is_of_one() {
    let mut ids = BTreeSet::new();
    for (file, count) in CASES {
        let cases = cases(file);
        assert_eq!(cases.len(), count, "{file} is whole");
        for case in &cases {
            assert!(ids.insert(case["id"].as_str().unwrap().to_owned()), "{} is there twice", case["id"]);
            assert!(!case["exchanges"].as_array().unwrap().is_empty(), "{} sends something", case["id"]);
        }
    }
    let mut rows = BTreeSet::new();
    for (id, _, _, why) in DIFFERENT {
        assert!(ids.contains(*id), "{id} is no recorded case");
        assert!(rows.insert(id), "{id} is in the table twice");
        assert!(!why.is_empty(), "{id} has a reason");
    }
}

#[test]
fn a_text_is_compared_without_its_details() {
    for (said, expected) in [
        ("Success", "Success"),
        ("Internal Server Error #074d6838", "Internal Server Error"),
        ("http://127.0.0.1:8099/EchoSynapse", "/EchoSynapse"),
        ("Synapse name 'x' not found. Available synapses ['y']", "Synapse name 'x' not found."),
        ("Forbidden. Key is blacklisted: why", "Forbidden. Key is blacklisted: "),
        ("acceptable delta is 16.00 seconds but request was 60.01 seconds old", "acceptable delta is 16.00 seconds"),
    ] {
        assert_eq!(class(said), expected);
    }
}
