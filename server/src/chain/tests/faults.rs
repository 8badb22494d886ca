//! Endpoints that die, stall, lie and come back.

use std::sync::Arc;
use std::time::Duration;

use lode_shared::Serving;
use parking_lot::Mutex;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use super::scene::{START_MS, Time, keeper, keeper_of, node, round, runtime, seen, status, subnet, us};
use crate::chain::config::shown;
use crate::chain::{Keeper, SubtensorConfig};
use crate::devnet::node::{Fault, Node};
use crate::domain::ChainView;

#[tokio::test]
async fn an_endpoint_dead_at_the_start_is_tried_until_it_lives() {
    let (node, time) = (node("293_v15", 293).await, Time::new());
    node.fault(Some(Fault::Dead));
    let mut keeper = keeper(&[&node], &time, None);
    let pause_ms = round(&mut keeper, &[], &time).await;
    assert!((1_000..=2_000).contains(&pause_ms), "soon: {pause_ms}");
    assert_eq!(seen(&keeper), None);
    let failing = status(&keeper);
    assert_eq!(failing.failing_since_ms, Some(START_MS));
    assert_eq!((failing.failovers, failing.next_sync_ms), (0, Some(START_MS + pause_ms)));
    assert!(failing.error.expect("told").contains(&shown(&node.url())));
    node.fault(None);
    time.pass(pause_ms);
    round(&mut keeper, &[], &time).await;
    assert!(seen(&keeper).is_some(), "{:?}", status(&keeper));
    assert_eq!((status(&keeper).failing_since_ms, status(&keeper).error), (None, None));
    assert_eq!(status(&keeper).failovers, 0, "it is the only one");
}

#[tokio::test]
async fn the_next_endpoint_is_asked_and_the_preferred_one_again_when_its_pause_is_over() {
    let (first, second, time) = (node("293_v15", 293).await, node("293_v15", 293).await, Time::new());
    let mut keeper = keeper(&[&first, &second], &time, None);
    let asked = |keeper: &_| status(keeper).endpoint.expect("one was asked");
    round(&mut keeper, &[], &time).await;
    assert_eq!(asked(&keeper), shown(&first.url()));
    assert_eq!((status(&keeper).failovers, status(&keeper).next_sync_ms), (0, Some(START_MS + 120_000)));
    for (fault, failovers) in [(Fault::Dead, 1), (Fault::Garbage, 2)] {
        first.fault(Some(fault));
        round(&mut keeper, &[], &time).await;
        assert_eq!((asked(&keeper), status(&keeper).failovers), (shown(&second.url()), failovers));
        first.fault(None);
        time.pass(120_000);
        for node in [&first, &second] {
            node.make_block(time.now_ms());
        }
        round(&mut keeper, &[], &time).await;
        assert_eq!(asked(&keeper), shown(&first.url()), "back at the preferred one");
        assert_eq!(status(&keeper).failovers, failovers, "and the other one had not failed");
        assert_eq!(status(&keeper).next_sync_ms, Some(time.now_ms() + 120_000));
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_takes_calls_and_never_answers_costs_no_more_than_its_time() {
    let (first, second, time) = (node("293_v15", 293).await, node("293_v15", 293).await, Time::new());
    first.fault(Some(Fault::Stalled));
    let config = SubtensorConfig { call_timeout_s: 20, ..SubtensorConfig::default() };
    let mut keeper = keeper_of(vec![first.url(), second.url()], &time, None, config);
    let before = tokio::time::Instant::now();
    round_past(&mut keeper, &first, Duration::from_secs(20)).await;
    assert_eq!(status(&keeper).endpoint.expect("the second"), shown(&second.url()));
    assert!(before.elapsed() < Duration::from_secs(45), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_answers_every_call_late_does_not_hold_up_the_next_one() {
    let (first, second, time) = (node("293_v15", 293).await, node("293_v15", 293).await, Time::new());
    let late = Duration::from_secs(15);
    first.fault(Some(Fault::Slow(late)));
    let config = SubtensorConfig { call_timeout_s: 20, ..SubtensorConfig::default() };
    let mut keeper = keeper_of(vec![first.url(), second.url()], &time, None, config);
    let before = tokio::time::Instant::now();
    round_past(&mut keeper, &first, late).await;
    assert_eq!(status(&keeper).endpoint.expect("the second"), shown(&second.url()));
    assert!(before.elapsed() < Duration::from_secs(130), "{:?}", before.elapsed());
}

/// A round in which so much time passes whenever `node` was called.
async fn round_past(keeper: &mut Keeper, node: &Node, passes: Duration) {
    let waits = async {
        loop {
            // A loop that never rests keeps tokio from letting time pass by itself while sockets are waited for.
            let calls = node.calls();
            tokio::task::yield_now().await;
            if node.calls() > calls {
                tokio::time::advance(passes).await;
            }
        }
    };
    tokio::select! {
        _ = keeper.round() => {}
        () = waits => unreachable!("it waits for ever"),
    }
}

#[tokio::test]
async fn an_idle_connection_that_was_cut_is_no_failure() {
    let (node, time) = (node("293_v15", 293).await, Time::new());
    let mut keeper = keeper(&[&node], &time, None);
    round(&mut keeper, &[], &time).await;
    assert_eq!(node.connections(), 1, "it is kept");
    node.fault(Some(Fault::Dead));
    while node.connections() > 0 {
        tokio::task::yield_now().await;
    }
    node.fault(None);
    let pause_ms = round(&mut keeper, &[], &time).await;
    assert_eq!((pause_ms, status(&keeper).error), (120_000, None));
    assert_eq!(node.connections(), 1, "one at a time");
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_refused() {
    let time = Time::new();
    let (ours, theirs) = (node("293_v15", 293).await, of_genesis([0x66; 32]).await);
    let mut keeper = keeper(&[&ours, &theirs], &time, None);
    round(&mut keeper, &[], &time).await;
    ours.fault(Some(Fault::Dead));
    round(&mut keeper, &[], &time).await;
    let error = status(&keeper).error.expect("told");
    assert!(error.contains("another chain") && error.contains("0x6666"), "{error}");
    assert_eq!(seen(&keeper).expect("kept").genesis, Some(super::scene::GENESIS));
}

#[tokio::test]
async fn a_configured_first_block_is_checked_before_anything_is_read() {
    let (time, theirs) = (Time::new(), of_genesis([0x66; 32]).await);
    let config = SubtensorConfig { genesis: Some("45".repeat(32)), ..SubtensorConfig::default() };
    let mut keeper = keeper_of(vec![theirs.url()], &time, None, config);
    round(&mut keeper, &[], &time).await;
    assert_eq!(seen(&keeper), None);
    assert!(status(&keeper).error.expect("told").contains("another chain"));
}

async fn of_genesis(genesis: [u8; 32]) -> Node {
    let view = ChainView { genesis: Some(genesis), ..subnet() };
    Node::start(runtime("293_v15", 293), view).await.expect("a port")
}

#[tokio::test]
async fn an_endpoint_that_lags_is_believed_only_when_nobody_knows_better() {
    let (first, second, time) = (node("293_v15", 293).await, node("293_v15", 293).await, Time::new());
    let mut keeper = keeper(&[&first, &second], &time, None);
    time.pass(600_000);
    second.make_block(time.now_ms());
    round(&mut keeper, &[], &time).await;
    assert_eq!(status(&keeper).endpoint.expect("the second"), shown(&second.url()));
    assert_eq!(status(&keeper).error, None);
    time.pass(600_000);
    round(&mut keeper, &[], &time).await;
    let lagging = status(&keeper);
    assert!(lagging.error.expect("told").contains("600 s old"), "{:?}", status(&keeper));
    assert_eq!(seen(&keeper).expect("read").synced_ms, time.now_ms(), "better than nothing");
}

#[tokio::test]
async fn a_chain_that_goes_back_is_not_believed_for_an_hour() {
    let time = Time::new();
    let (ahead, behind) = (node("293_v15", 293).await, node("293_v15", 293).await);
    for _ in 0..30 {
        ahead.make_block(time.now_ms());
    }
    let mut keeper = keeper(&[&ahead, &behind], &time, None);
    round(&mut keeper, &[], &time).await;
    let known = seen(&keeper).expect("read").block;
    ahead.fault(Some(Fault::Dead));
    time.pass(120_000);
    behind.make_block(time.now_ms());
    round(&mut keeper, &[], &time).await;
    assert_eq!(seen(&keeper).expect("kept").block, known);
    assert!(status(&keeper).error.expect("told").contains("was seen before"));
    time.pass(3_600_000);
    behind.make_block(time.now_ms());
    round(&mut keeper, &[], &time).await;
    assert_eq!(seen(&keeper).expect("set back").block, behind.view().block);
}

#[tokio::test]
async fn an_endpoint_ahead_of_its_time_is_dropped_as_soon_as_another_answers() {
    let (honest, time) = (node("293_v15", 293).await, Time::new());
    let ahead = ChainView { block: 1_000_000_000, block_ms: Some(START_MS + 86_400_000), ..subnet() };
    let liar = Node::start(runtime("293_v15", 293), ahead).await.expect("a port");
    let mut keeper = keeper(&[&honest, &liar], &time, None);
    honest.fault(Some(Fault::Dead));
    round(&mut keeper, &[], &time).await;
    assert!(status(&keeper).error.expect("told").contains("ahead of the time"));
    honest.fault(None);
    time.pass(120_000);
    honest.make_block(time.now_ms());
    round(&mut keeper, &[], &time).await;
    assert_eq!((seen(&keeper).expect("read").block, status(&keeper).error), (1_001, None));
    honest.fault(Some(Fault::Dead));
    time.pass(120_000);
    round(&mut keeper, &[], &time).await;
    assert!(status(&keeper).error.expect("told").contains("ahead of the time"));
}

#[tokio::test]
async fn a_runtime_upgraded_while_a_registration_waits_is_served_at_the_next_attempt() {
    let (node, time) = (node("293_v15", 293).await, Time::new());
    let mut keeper = keeper(&[&node], &time, Some(("8.8.8.8", 8_091)));
    let upgrade = async {
        while node.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        node.upgrade(runtime("head_like_v15", 425));
        node.make_block(time.now_ms());
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = keeper.round() => {}
        () = upgrade => unreachable!("it is pending"),
    }
    let before = status(&keeper);
    assert_ne!(before.serving, Serving::Visible, "signed for a runtime that is gone");
    time.pass(120_000);
    node.make_block(time.now_ms());
    round(&mut keeper, &[&node], &time).await;
    assert_eq!(status(&keeper).serving, Serving::Visible, "{before:?} {:?}", status(&keeper));
}

#[tokio::test]
async fn a_runtime_upgraded_between_two_syncs_is_read_and_served_without_a_restart() {
    let (node, time) = (node("293_v15", 293).await, Time::new());
    let mut keeper = keeper(&[&node], &time, Some(("8.8.8.8", 8_091)));
    round(&mut keeper, &[&node], &time).await;
    assert_eq!(seen(&keeper).expect("read").spec_version, Some(293));
    node.upgrade(runtime("head_like_v15", 425));
    node.change(|view| {
        let neurons = view.metagraph.neurons().iter().cloned();
        view.metagraph =
            neurons.map(|neuron| crate::domain::Neuron { axon: None, ..neuron }).collect::<Vec<_>>().into();
    });
    node.make_block(time.now_ms());
    round(&mut keeper, &[&node], &time).await;
    assert_eq!(seen(&keeper).expect("read").spec_version, Some(425));
    assert_eq!(status(&keeper).serving, Serving::Visible, "{:?}", status(&keeper));
    let on_chain = node.view().metagraph.find(&us().hotkey()).and_then(|(_, us)| us.axon);
    assert!(on_chain.is_some(), "with the extension that only the new runtime wants");
}

#[tokio::test]
async fn an_hour_without_any_endpoint_keeps_what_was_known_and_ends_by_itself() {
    let (first, second, time) = (node("293_v15", 293).await, node("293_v15", 293).await, Time::new());
    let mut keeper = keeper(&[&first, &second], &time, None);
    round(&mut keeper, &[], &time).await;
    let known = seen(&keeper).expect("read");
    first.fault(Some(Fault::Dead));
    second.fault(Some(Fault::Garbage));
    let lines = Lines::default();
    let logged = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.clone()));
    let mut rounds = 0;
    while time.now_ms() < START_MS + 3_600_000 {
        let pause_ms = round(&mut keeper, &[], &time).await;
        time.pass(pause_ms);
        rounds += 1;
        assert_eq!(seen(&keeper).expect("kept").synced_ms, known.synced_ms, "its age is told by when it was read");
    }
    assert!((30..200).contains(&rounds), "{rounds} rounds in an hour");
    assert_eq!(status(&keeper).failing_since_ms, Some(START_MS));
    for node in [&first, &second] {
        node.fault(None);
        node.make_block(time.now_ms());
    }
    round(&mut keeper, &[], &time).await;
    assert_eq!(seen(&keeper).expect("read").synced_ms, time.now_ms());
    assert_eq!(status(&keeper).error, None);
    drop(logged);
    let lines = lines.0.lock();
    assert!((2..=12).contains(&lines.len()), "once in ten minutes, and its end: {lines:#?}");
}

/// What would be in the log, of every crate.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() <= tracing::Level::INFO {
            self.0.lock().push(format!("{event:?}"));
        }
    }
}
