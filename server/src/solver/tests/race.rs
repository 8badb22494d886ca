use super::*;

fn race(members: &[&Arc<Meter>]) -> RaceSolver {
    RaceSolver::new(members.iter().map(|member| Arc::clone(member)).collect())
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_wins_and_the_others_are_dropped() {
    let (a, seen_a) = always("a", &[HANG]);
    let (b, seen_b) = always("b", &[Wait(50)]);
    let (c, seen_c) = always("c", &[Wait(10), down()]);
    let came = ask(&race(&[&a, &b, &c]), 1_000).await;
    assert_eq!((came.by(), came.took_ms), ("b", 50));
    assert!(seen_a.is_gone() && seen_b.is_gone() && seen_c.is_gone());
    assert_eq!([seen_a.calls(), seen_b.calls(), seen_c.calls()], [1; 3]);
    assert_eq!((a.view().inflight, a.view().failures), (0, 0), "to lose is no failure");
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_the_fault_is_that_of_the_first_named() {
    let (a, _) = always("a", &[Wait(30), Fail(SolveError::BadAnswer("garbage".into()))]);
    let (b, _) = always("b", &[down()]);
    let (c, _) = always("c", &[Wait(60), Fail(SolveError::NoRule)]);
    let came = ask(&race(&[&a, &b, &c]), 1_000).await;
    assert_eq!((came.error(), came.took_ms), (&SolveError::BadAnswer("garbage".into()), 60));
}

#[tokio::test(start_paused = true)]
async fn no_call_outlives_its_deadline_and_nothing_goes_on_after_the_caller_has_gone() {
    let (a, seen_a) = always("a", &[HANG]);
    let (b, seen_b) = always("b", &[HANG]);
    let race = race(&[&a, &b]);
    let came = ask(&race, 2_000).await;
    assert_eq!((came.error(), came.took_ms), (&SolveError::Late, 2_000));
    assert!(seen_a.is_gone() && seen_b.is_gone());
    let gone = tokio::time::timeout(Duration::from_millis(100), ask(&race, 2_000)).await;
    assert!(gone.is_err() && seen_a.is_gone() && seen_b.is_gone());
    assert_eq!([seen_a.calls(), seen_b.calls()], [2; 2]);
}

#[tokio::test(start_paused = true)]
async fn who_writes_first_is_the_only_one_from_then_on() {
    let (a, seen_a) = always("a", &[Wait(20), Write("aaa")]);
    let (b, _) = always("b", &[Wait(10), Write("hel"), Wait(1_000), Write("lo")]);
    let (c, seen_c) = always("c", &[Wait(15)]);
    let came = stream(&race(&[&a, &b, &c]), 2_000).await;
    assert_eq!((came.by(), came.text.as_str(), came.took_ms), ("b", "hello", 1_010));
    assert!(seen_a.is_gone() && seen_c.is_gone());
}

#[tokio::test(start_paused = true)]
async fn two_that_write_at_the_same_moment_are_not_mixed() {
    let (a, _) = always("a", &[Write("a1"), Write("a2"), Wait(10), Write("a3")]);
    let (b, _) = always("b", &[Write("b1"), Write("b2"), Wait(5), Write("b3")]);
    let came = stream(&race(&[&a, &b]), 1_000).await;
    assert_eq!((came.by(), came.text.as_str()), ("a", "a1a2a3"));
}

#[tokio::test(start_paused = true)]
async fn who_has_written_and_fails_is_not_replaced() {
    let (a, seen) = always("a", &[Wait(50)]);
    let (b, _) = always("b", &[Write("he"), Wait(10), down()]);
    let came = stream(&race(&[&a, &b]), 1_000).await;
    assert_eq!((came.error(), came.text.as_str()), (&SolveError::Upstream("down".into()), "he"));
    assert!(seen.is_gone());
}
