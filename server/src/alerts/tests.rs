//! What is told, when, and how.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::routing::post;
use lode_shared::{Circuit, Serving, Snapshot};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::*;
use crate::store::Health;

const MINUTE_MS: u64 = 60_000;

fn healthy() -> Snapshot {
    let mut snapshot: Snapshot =
        serde_json::from_str(include_str!("../../../shared/src/snapshot.json")).expect("a snapshot");
    snapshot.traffic.last_request_ms = Some(snapshot.now_ms);
    snapshot.performance_tuning.observed.success_pct = None;
    snapshot.cache.false_hit_lower_pct = None;
    snapshot.chain.registered = Some(true);
    snapshot.chain.prune_margin = None;
    snapshot.chain.keeper.serving = Serving::Visible;
    snapshot.chain.keeper.failing_since_ms = None;
    for solver in &mut snapshot.solvers {
        solver.circuit = Some(Circuit::Closed);
    }
    snapshot
}

fn wrong(change: impl FnOnce(&mut Snapshot)) -> Vec<(Kind, String)> {
    let mut snapshot = healthy();
    change(&mut snapshot);
    let found = conditions(&snapshot, &Health::default(), &AlertsConfig::default());
    found.into_iter().map(|condition| (condition.kind, condition.text)).collect()
}

#[test]
fn a_healthy_miner_has_nothing_to_tell_and_what_is_unknown_is_not_wrong() {
    assert_eq!(wrong(|_| ()), []);
    assert_eq!(wrong(|snapshot| snapshot.chain = lode_shared::ChainStatus::default()), []);
}

#[test]
fn each_thing_that_goes_wrong_is_told_with_its_figures_and_what_to_do() {
    let one = |change: fn(&mut Snapshot)| {
        let found = wrong(change);
        let [(kind, text)] = found.as_slice() else { panic!("{found:?}") };
        format!("{}: {text}", kind.word())
    };
    let told = one(|snapshot| snapshot.chain.registered = Some(false));
    assert!(told.starts_with("deregistration: ") && told.contains("btcli subnet register"), "{told}");
    let told = one(|snapshot| {
        snapshot.chain.prune_margin = Some(2);
        snapshot.chain.free_uids = Some(0);
        snapshot.chain.immunity_blocks = Some(0);
        snapshot.chain.tempo_blocks = Some(360);
    });
    assert!(told.contains("2 neurons stand between us"), "{told}");
    let told = one(|snapshot| {
        snapshot.chain.keeper.serving = Serving::Hidden;
        snapshot.chain.served_axon = Some("9.9.9.9:1".into());
    });
    assert!(told.starts_with("served_address: ") && told.contains("9.9.9.9:1"), "{told}");
    let told = one(|snapshot| snapshot.chain.keeper.failing_since_ms = Some(1));
    assert!(told.starts_with("chain: "), "{told}");
    let told = one(|snapshot| {
        let tempo_ms = snapshot.chain.tempo_blocks.unwrap_or(360) * snapshot.chain.block_time_ms.unwrap_or(12_000);
        snapshot.traffic.last_request_ms = Some(snapshot.now_ms - tempo_ms.max(MINUTE_MS));
    });
    assert!(told.starts_with("validators_silent: ") && told.contains("lode check"), "{told}");
    let told = one(|snapshot| {
        snapshot.performance_tuning.observed.samples = 100;
        snapshot.performance_tuning.observed.success_pct = Some(12.0);
    });
    assert!(told.starts_with("success: 12.0 % of the last 100 requests"), "{told}");
    let told = one(|snapshot| snapshot.solvers[0].circuit = Some(Circuit::Open));
    assert!(told.starts_with("circuit: the solver "), "{told}");
    let told = one(|snapshot| {
        snapshot.cache.false_hit_pct = Some(20.0);
        snapshot.cache.false_hit_lower_pct = Some(11.0);
    });
    assert!(told.starts_with("budget: 20.0 %"), "{told}");
}

#[test]
fn a_disk_is_told_when_it_is_nearly_full_and_when_it_cannot_be_written() {
    let told = |disk: Health| {
        let found = conditions(&healthy(), &disk, &AlertsConfig::default());
        found.into_iter().map(|condition| condition.text).collect::<Vec<_>>().join("; ")
    };
    let room = |free_bytes| Health { free_bytes: Some(free_bytes), disk_bytes: Some(100 << 20), ..Health::default() };
    assert_eq!(told(room(10 << 20)), "");
    assert!(told(room(4 << 20)).contains("4.0 % free, 4 MiB"));
    let failing = Health { failing_since_ms: Some(1), fault: Some("disk full".into()), ..Health::default() };
    assert!(told(failing).contains("disk full"));
}

fn circuit(name: &str) -> Condition {
    Condition { kind: Kind::Circuit, subject: Some(name.into()), text: format!("{name} fails"), is_certain: true }
}

fn on_trial(name: &str) -> Condition {
    Condition { is_certain: false, ..circuit(name) }
}

/// Rounds of ten seconds from `from_ms` until `to_ms`, all told: when, and what.
fn rounds(desk: &mut Desk, from_ms: u64, to_ms: u64, conditions: &[Condition]) -> Vec<(u64, String)> {
    let mut told = Vec::new();
    for now_ms in (from_ms..to_ms).step_by(10_000) {
        let notes = desk.round(now_ms, conditions.to_vec());
        if !notes.is_empty() {
            desk.told(&notes, now_ms);
        }
        told.extend(notes.into_iter().map(|note| (now_ms, note.text)));
    }
    told
}

#[test]
fn what_lasts_is_told_once_again_after_hours_and_when_it_is_over() {
    let hour_ms = 60 * MINUTE_MS;
    let mut desk = Desk::new(6 * hour_ms);
    let told = rounds(&mut desk, 0, 7 * hour_ms, &[circuit("web")]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], (MINUTE_MS, "web fails".into()));
    assert_eq!(told[1], (MINUTE_MS + 6 * hour_ms, "web fails; for 6 h 1 min by now".into()));
    let told = rounds(&mut desk, 7 * hour_ms, 8 * hour_ms, &[]);
    assert_eq!(told, [(7 * hour_ms + 110_000, "over after 6 h 59 min: web fails".into())]);
}

#[test]
fn what_has_lasted_is_active_until_its_end_is_told() {
    let mut desk = Desk::new(6 * 3_600_000);
    rounds(&mut desk, 0, MINUTE_MS, &[circuit("web")]);
    assert_eq!(desk.active(50_000), [], "it may pass");
    rounds(&mut desk, MINUTE_MS, 2 * MINUTE_MS, &[circuit("web")]);
    let active = desk.active(2 * MINUTE_MS);
    assert_eq!(active.len(), 1);
    assert_eq!((active[0].kind.as_str(), active[0].text.as_str(), active[0].since_ms), ("circuit", "web fails", 0));
    rounds(&mut desk, 2 * MINUTE_MS, 5 * MINUTE_MS, &[]);
    assert_eq!(desk.active(5 * MINUTE_MS), []);
}

#[test]
fn what_is_over_is_not_active_even_if_nobody_can_be_told() {
    let mut desk = Desk::new(6 * 3_600_000);
    rounds(&mut desk, 0, 2 * MINUTE_MS, &[circuit("web")]);
    for now_ms in (2 * MINUTE_MS..10 * MINUTE_MS).step_by(10_000) {
        let notes = desk.round(now_ms, Vec::new());
        desk.not_told(&notes, now_ms);
    }
    assert_eq!(desk.active(10 * MINUTE_MS), []);
}

#[test]
fn a_solver_on_trial_in_between_is_told_of_and_one_that_nobody_asks_any_more_is_not_for_ever() {
    let mut desk = Desk::new(6 * 3_600_000);
    let mut told = Vec::new();
    for now_ms in (0..3 * MINUTE_MS).step_by(10_000) {
        let now = if now_ms % 30_000 == 0 { circuit("web") } else { on_trial("web") };
        told.extend(rounds(&mut desk, now_ms, now_ms + 1, &[now]));
    }
    assert_eq!(told, [(MINUTE_MS, "web fails".into())]);
    assert_eq!(desk.active(3 * MINUTE_MS).len(), 1);
    let told = rounds(&mut desk, 3 * MINUTE_MS, 30 * MINUTE_MS, &[on_trial("web")]);
    assert_eq!(told.len(), 1, "its end, after ten minutes of doubt: {told:?}");
    assert_eq!(desk.active(30 * MINUTE_MS), []);
    assert_eq!(rounds(&mut desk, 30 * MINUTE_MS, 40 * MINUTE_MS, &[on_trial("other")]), [], "doubt begins nothing");
}

#[test]
fn what_passes_at_once_is_not_told_and_neither_is_its_end() {
    let mut desk = Desk::new(6 * 3_600_000);
    assert_eq!(rounds(&mut desk, 0, 50_000, &[circuit("web")]), []);
    assert_eq!(rounds(&mut desk, 50_000, 3_600_000, &[]), []);
}

#[test]
fn what_comes_and_goes_within_two_minutes_stays_one_alert() {
    let mut desk = Desk::new(6 * 3_600_000);
    let mut told = rounds(&mut desk, 0, 2 * MINUTE_MS, &[circuit("web")]);
    for turn in 2..40 {
        let conditions = if turn % 2 == 1 { vec![circuit("web")] } else { Vec::new() };
        told.extend(rounds(&mut desk, turn * MINUTE_MS, (turn + 1) * MINUTE_MS, &conditions));
    }
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn there_is_one_message_a_minute_at_most_with_ten_notes_at_most() {
    let mut desk = Desk::new(6 * 3_600_000);
    let many: Vec<_> = (0..25).map(|index| circuit(&format!("solver {index}"))).collect();
    let told = rounds(&mut desk, 0, 10 * MINUTE_MS, &many);
    let mut times: Vec<_> = told.iter().map(|(at_ms, _)| *at_ms).collect();
    assert_eq!(times.len(), 25);
    times.dedup();
    assert_eq!(times, [MINUTE_MS, 2 * MINUTE_MS, 3 * MINUTE_MS]);
}

#[test]
fn what_could_not_be_told_is_tried_again_and_logged_once() {
    let mut desk = Desk::new(6 * 3_600_000);
    desk.round(0, vec![circuit("web")]);
    let notes = desk.round(MINUTE_MS, vec![circuit("web")]);
    assert!(desk.is_new(&notes[0]));
    desk.not_told(&notes, MINUTE_MS);
    assert_eq!(desk.round(MINUTE_MS + 50_000, vec![circuit("web")]), [], "a pause");
    let again = desk.round(2 * MINUTE_MS, vec![circuit("web")]);
    assert_eq!(again.len(), 1);
    assert!(!desk.is_new(&again[0]));
}

#[test]
fn a_clock_that_is_set_back_neither_silences_nor_repeats() {
    let (day_ms, mut desk) = (24 * 60 * MINUTE_MS, Desk::new(6 * 3_600_000));
    assert_eq!(rounds(&mut desk, day_ms, day_ms + 2 * MINUTE_MS, &[circuit("web")]).len(), 1);
    // By a day.
    let told = rounds(&mut desk, 0, 5 * MINUTE_MS, &[circuit("web"), circuit("other")]);
    assert_eq!(told, [(MINUTE_MS, "other fails".into())]);
    let told = rounds(&mut desk, 5 * MINUTE_MS, 9 * MINUTE_MS, &[]);
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn a_service_that_stays_away_is_asked_ever_less_often_until_it_is_back() {
    let mut desk = Desk::new(6 * 3_600_000);
    let mut asked = Vec::new();
    for minute in 0..40 {
        let notes = desk.round(minute * MINUTE_MS, vec![circuit("web")]);
        if !notes.is_empty() {
            asked.push(minute);
            desk.not_told(&notes, minute * MINUTE_MS);
        }
    }
    assert_eq!(asked, [1, 2, 4, 8, 16, 24, 32]);
    let notes = desk.round(40 * MINUTE_MS, vec![circuit("web")]);
    desk.told(&notes, 40 * MINUTE_MS);
    assert_eq!(rounds(&mut desk, 41 * MINUTE_MS, 44 * MINUTE_MS, &[circuit("web"), circuit("other")]).len(), 1);
}

#[test]
fn ten_long_notes_are_all_told() {
    let notes: Vec<_> = (0..10).map(|index| note(&format!("{index}{}", " long".repeat(100)))).collect();
    let sent = body(Format::Discord, &miner(), &notes);
    let text = sent["content"].as_str().expect("a text");
    assert!(text.chars().count() <= 2_000, "{}", text.len());
    for index in 0..10 {
        assert!(text.contains(&format!(": {index} long")), "{index}: {text}");
    }
    let sent = body(Format::Discord, &miner(), &notes[..1]);
    assert!(sent["content"].as_str().expect("a text").contains(&notes[0].text), "one alone has all the room");
}

fn note(text: &str) -> Note {
    Note { kind: Kind::Success, subject: None, state: State::Firing, text: text.into(), since_ms: 5 }
}

fn miner() -> Miner {
    Miner { hotkey: "5Abcdefgh".into(), network: "finney".into(), netuid: 36, version: "1".into() }
}

#[test]
fn discord_slack_and_others_are_told_in_their_own_words() {
    let notes = [note("<@everyone> & co")];
    let discord = body(Format::Discord, &miner(), &notes);
    assert_eq!(discord["content"], "Lode, subnet 36 of finney, 5Abcdefg…\n🔴 **success**: <@everyone> & co");
    assert_eq!(discord["allowed_mentions"], json!({"parse": []}));
    let slack = body(Format::Slack, &miner(), &notes);
    assert_eq!(slack["text"], "Lode, subnet 36 of finney, 5Abcdefg…\n🔴 *success*: &lt;@everyone&gt; &amp; co");
    let other = body(Format::Json, &miner(), &notes);
    assert_eq!(
        other["alerts"][0],
        json!({"kind": "success", "state": "firing", "text": "<@everyone> & co", "since_ms": 5})
    );
    assert_eq!(other["miner"]["netuid"], 36);
    let long = body(Format::Discord, &miner(), &[note(&"é".repeat(5_000))]);
    assert!(long["content"].as_str().is_some_and(|text| text.chars().count() <= 2_000));
}

#[tokio::test]
async fn a_service_gets_the_message_and_its_refusal_is_told_without_the_url() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let (got, mut seen) = mpsc::channel::<Value>(4);
    let take = async |Shared(got): Shared<mpsc::Sender<Value>>, Json(body): Json<Value>| {
        got.send(body).await.expect("somebody looks");
        StatusCode::NO_CONTENT
    };
    let router = axum::Router::new().route("/secret", post(take)).with_state(got);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await });
    let webhook = |path: &str| {
        let url = format!("http://{address}/{path}\n");
        Webhook::new(&AlertsConfig::default(), |_| Some(url.clone())).expect("a URL").expect("a webhook")
    };
    webhook("secret").tell(&miner(), &[note("too few")]).await.expect("taken");
    assert_eq!(seen.recv().await.expect("a message")["alerts"][0]["text"], "too few");
    let error = webhook("sekret").tell(&miner(), &[note("too few")]).await.expect_err("nobody there").to_string();
    assert!(error.contains("404") && !error.contains("sekret"), "{error}");
    tasks.shutdown().await;
    let error = webhook("secret").tell(&miner(), &[note("too few")]).await.expect_err("nobody listens").to_string();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn the_url_comes_from_its_file_or_the_environment_and_must_be_one() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let of = |text: &str| Webhook::new(&AlertsConfig::default(), |_| Some(text.to_owned()));
    assert!(Webhook::new(&AlertsConfig::default(), |_| None).expect("nothing").is_none());
    for (url, format) in [
        ("https://discord.com/api/webhooks/1/abc", Format::Discord),
        ("https://hooks.slack.com/services/T/B/x", Format::Slack),
        ("https://notslack.com/x", Format::Json),
    ] {
        assert_eq!(of(url).expect(url).expect(url).format(), format);
    }
    for text in ["", "hunter2", "file:///etc/passwd", "ftp://a.example/"] {
        let error = of(text).err().expect(text).to_string();
        assert!(error.contains("LODE_ALERTS_WEBHOOK") && !error.contains("hunter2"), "{error}");
    }
    let missing = AlertsConfig { webhook_file: Some("/nonexistent".into()), ..AlertsConfig::default() };
    assert!(Webhook::new(&missing, |_| None).err().expect("missing").to_string().contains("/nonexistent"));
}
