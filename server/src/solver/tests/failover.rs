use lode_shared::Circuit;
use tokio::time::advance;

use super::*;

fn failover(failures: u32, members: &[&Arc<Meter>]) -> FailoverSolver {
    let config = FailoverConfig { failures, ..FailoverConfig::default() };
    FailoverSolver::new(&config, members.iter().map(|member| Arc::clone(member)).collect())
}

async fn pass(seconds: u64) {
    advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_member_that_is_down_is_passed_over_and_then_left_alone() {
    let limited = Fail(SolveError::Limited { message: "no room".into(), retry_after: None });
    for fault in [down(), limited, HANG] {
        let (a, seen) = always("a", &[fault]);
        let (b, _) = always("b", &[]);
        let failover = failover(3, &[&a, &b]);
        for call in 1..=5 {
            assert_eq!(ask(&failover, 1_000).await.by(), "b");
            assert_eq!(seen.calls(), call.min(3));
        }
        assert_eq!((a.view().circuit, a.view().failures), (Some(Circuit::Open), 3));
        assert_eq!(b.view().circuit, Some(Circuit::Closed));
    }
}

#[tokio::test(start_paused = true)]
async fn garbage_and_no_rule_go_on_to_the_next_but_leave_the_circuit_closed() {
    for fault in [SolveError::BadAnswer("garbage".into()), SolveError::NoRule] {
        let (a, seen) = always("a", &[Fail(fault)]);
        let (b, _) = always("b", &[]);
        let failover = failover(1, &[&a, &b]);
        for _ in 0..10 {
            assert_eq!(ask(&failover, 1_000).await.by(), "b");
        }
        assert_eq!((seen.calls(), a.view().circuit), (10, Some(Circuit::Closed)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_flapping_member_is_probed_by_one_call_at_a_time_until_it_is_well() {
    // Down twice, then down at the first probe, then well but slow.
    let (a, seen) = fake("a", |call| if call < 3 { vec![down()] } else { vec![Wait(100)] });
    let (b, _) = always("b", &[]);
    let failover = failover(2, &[&a, &b]);
    for _ in 0..4 {
        assert_eq!(ask(&failover, 1_000).await.by(), "b");
    }
    assert_eq!(seen.calls(), 2);
    pass(30).await;
    assert_eq!(a.view().circuit, Some(Circuit::HalfOpen));
    assert_eq!((ask(&failover, 1_000).await.by(), seen.calls()), ("b", 3));
    pass(59).await;
    assert_eq!((ask(&failover, 1_000).await.by(), seen.calls()), ("b", 3), "it is left alone for twice as long");
    pass(1).await;
    let calls: [_; 3] = std::array::from_fn(|_| ask(&failover, 1_000));
    let came = futures_util::future::join_all(calls).await;
    assert_eq!(came.iter().map(Came::by).collect::<Vec<_>>(), ["a", "b", "b"]);
    assert_eq!((seen.calls(), a.view().circuit), (4, Some(Circuit::Closed)));
    assert_eq!(ask(&failover, 1_000).await.by(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_member_leaves_the_next_ones_time_and_the_last_has_all_that_is_left() {
    let (a, seen) = always("a", &[HANG]);
    let (b, _) = always("b", &[HANG]);
    let (c, _) = always("c", &[Wait(1_500)]);
    let failover = failover(1, &[&a, &b, &c]);
    let came = ask(&failover, 10_000).await;
    assert_eq!((came.by(), came.took_ms), ("c", 6_000 + 2_400 + 1_500));
    assert!(seen.is_gone());
    assert_eq!((a.view().failures, b.view().failures), (1, 1), "late is a failure of theirs");
}

#[tokio::test(start_paused = true)]
async fn what_is_shared_is_the_time_for_which_the_answer_is_waited_for() {
    let (a, _) = always("a", &[HANG]);
    let (b, _) = always("b", &[Wait(1_000)]);
    let failover = failover(1, &[&a, &b]);
    let question = Question { synapse: "T".into(), prompt: "p".into(), scope: String::new() };
    let task = Task { question, fields: Map::new(), streams: None };
    let started = Instant::now();
    let (wanted, deadline) = (started + Duration::from_secs(5), started + Duration::from_secs(20));
    let solved = failover.solve(&task, SolveCall { wanted, ..SolveCall::alone(deadline) }).await;
    assert_eq!((solved.is_ok(), started.elapsed().as_millis()), (true, 3_000 + 1_000));
}

#[tokio::test(start_paused = true)]
async fn who_has_no_one_to_follow_it_has_all_the_time() {
    let garbage = || Fail(SolveError::BadAnswer("garbage".into()));
    let (a, _) = fake("a", move |call| if call == 0 { vec![garbage()] } else { vec![Wait(9_000)] });
    let (b, _) = always("b", &[down()]);
    let failover = failover(1, &[&a, &b]);
    assert_eq!(*ask(&failover, 10_000).await.error(), SolveError::Upstream("down".into()));
    let came = ask(&failover, 10_000).await;
    assert_eq!((came.by(), came.took_ms), ("a", 9_000), "the second is left alone by now");
}

#[tokio::test(start_paused = true)]
async fn no_call_outlives_its_deadline() {
    let (a, seen_a) = always("a", &[HANG]);
    let (b, seen_b) = always("b", &[Wait(3_000), down()]);
    let (c, seen_c) = always("c", &[HANG]);
    let failover = failover(5, &[&a, &b, &c]);
    for streams in [false, true] {
        let came = ask_with(&failover, streams, 5_000).await;
        assert_eq!((came.error(), came.took_ms), (&SolveError::Late, 5_000));
        assert!(seen_a.is_gone() && seen_b.is_gone() && seen_c.is_gone());
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_are_left_alone_it_says_until_when() {
    let asks_for_time = SolveError::Limited { message: "later".into(), retry_after: Some(Duration::from_secs(7)) };
    let (a, seen_a) = always("a", &[Fail(asks_for_time.clone())]);
    let (b, seen_b) = always("b", &[down()]);
    let failover = failover(1, &[&a, &b]);
    assert_eq!(*ask(&failover, 1_000).await.error(), SolveError::Upstream("down".into()));
    pass(2).await;
    let came = ask(&failover, 1_000).await;
    let SolveError::Limited { message, retry_after } = came.error() else { panic!("{came:?}") };
    assert_eq!(*retry_after, Some(Duration::from_secs(5)));
    assert!(message.contains("a, b"), "{message}");
    assert_eq!((seen_a.calls(), seen_b.calls(), came.took_ms), (1, 1, 0));
    pass(5).await;
    assert_eq!(*ask(&failover, 1_000).await.error(), asks_for_time, "the first is probed again");
}

#[tokio::test(start_paused = true)]
async fn after_text_went_out_there_is_no_other_and_its_fault_is_returned() {
    let (a, _) = always("a", &[Write("he"), Wait(10), down()]);
    let (b, seen) = always("b", &[Write("hello")]);
    let came = stream(&failover(5, &[&a, &b]), 1_000).await;
    assert_eq!((came.error(), came.text.as_str()), (&SolveError::Upstream("down".into()), "he"));
    assert_eq!(seen.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_fails_or_hangs_before_its_first_bit_leaves_the_text_to_the_next() {
    for fault in [down(), HANG] {
        let (a, _) = always("a", &[Write(""), fault, Write("never")]);
        let (b, _) = always("b", &[Write("hel"), Wait(10), Write("lo")]);
        let came = stream(&failover(5, &[&a, &b]), 1_000).await;
        assert_eq!((came.by(), came.text.as_str()), ("b", "hello"));
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_written_is_not_held_to_its_share() {
    let (a, _) = always("a", &[Wait(5_000), Write("hel"), Wait(4_000), Write("lo")]);
    let (b, _) = always("b", &[]);
    let failover = failover(5, &[&a, &b]);
    let came = stream(&failover, 10_000).await;
    assert_eq!((came.by(), came.text.as_str(), came.took_ms), ("a", "hello", 9_000));
    let came = stream(&failover, 8_000).await;
    assert_eq!((came.by(), came.text.as_str(), came.took_ms), ("b", "", 4_800), "it had not written by then");
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_on_after_the_caller_has_gone_and_a_probe_leaves_its_place() {
    let (a, seen) = fake("a", |call| if call == 0 { vec![down()] } else { vec![HANG] });
    let failover = failover(1, &[&a]);
    assert_eq!(*ask(&failover, 1_000).await.error(), SolveError::Upstream("down".into()));
    pass(30).await;
    for call in 2..5 {
        let gone = tokio::time::timeout(Duration::from_millis(100), ask(&failover, 10_000)).await;
        assert!(gone.is_err() && seen.is_gone());
        assert_eq!((seen.calls(), a.view().inflight), (call, 0));
        assert_eq!(a.view().circuit, Some(Circuit::HalfOpen));
    }
}
