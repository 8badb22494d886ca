use futures_util::FutureExt;

use super::*;

#[tokio::test(start_paused = true)]
async fn calls_failures_and_times_are_counted_and_what_was_not_measured_is_absent() {
    let (a, _) = fake("a", |call| match call {
        0 => vec![Wait(100)],
        1 => vec![Wait(300)],
        2 => vec![down()],
        _ => vec![HANG],
    });
    let fresh = a.view();
    assert_eq!(
        (fresh.calls, fresh.p50_ms, fresh.cost_usd, fresh.circuit, fresh.last_error),
        (0, None, None, None, None)
    );
    assert_eq!(fresh.failures_by_kind.len(), 5, "every kind is there from the start: {:?}", fresh.failures_by_kind);
    for _ in 0..4 {
        ask(&*a, 1_000).await.outcome.ok();
    }
    let view = a.view();
    assert_eq!((view.calls, view.failures, view.inflight), (4, 2, 0));
    assert_eq!((view.failures_by_kind["upstream"], view.failures_by_kind["late"]), (1, 1));
    let (p50_ms, p95_ms) = (view.p50_ms.expect("two answers"), view.p95_ms.expect("two answers"));
    assert!((99.0..=101.0).contains(&p50_ms) && (297.0..=303.0).contains(&p95_ms), "{p50_ms} {p95_ms}");
    assert_eq!(view.last_error.as_deref(), Some("no answer before the deadline"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_given_up_is_no_failure_and_no_longer_under_way() {
    let (a, _) = always("a", &[HANG]);
    let mut call = Box::pin(ask(&*a, 10_000));
    assert!(call.as_mut().now_or_never().is_none());
    assert_eq!((a.view().calls, a.view().inflight), (1, 1));
    drop(call);
    assert_eq!((a.view().calls, a.view().inflight, a.view().failures), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn costs_add_up_and_a_long_error_is_cut() {
    struct Costly;
    impl Solver for Costly {
        fn solve<'a>(&'a self, task: &'a Task, _: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
            let solved = Solved { cost_usd: Some(0.25), ..Solved::default() };
            let fails = task.streams.is_some();
            let outcome = if fails { Err(SolveError::Upstream("é".repeat(1_000))) } else { Ok(solved) };
            Box::pin(std::future::ready(outcome))
        }
    }
    let meter = Meter::new("a", "fake", Costly);
    for _ in 0..3 {
        ask(&meter, 1_000).await;
    }
    stream(&meter, 1_000).await;
    assert_eq!(meter.view().cost_usd, Some(0.75));
    assert_eq!(meter.view().last_error.map(|error| error.chars().count()), Some(300));
}
