use super::*;

fn hedge(max_pct: u8, members: &[&Arc<Meter>]) -> HedgeSolver {
    let config = HedgeConfig { max_pct, ..HedgeConfig::default() };
    HedgeSolver::new(&config, members.iter().map(|member| Arc::clone(member)).collect())
}

#[tokio::test(start_paused = true)]
async fn without_experience_the_second_is_asked_after_the_longest_time_and_the_loser_is_dropped() {
    let (a, seen) = always("a", &[HANG]);
    let (b, _) = always("b", &[Wait(100)]);
    let came = ask(&hedge(100, &[&a, &b]), 20_000).await;
    assert_eq!((came.by(), came.took_ms), ("b", 5_100));
    assert!(seen.is_gone());
}

#[tokio::test(start_paused = true)]
async fn with_experience_the_second_is_asked_when_the_first_takes_longer_than_nearly_always() {
    // Nineteen of twenty take 200 ms at most.
    let (a, _) = fake("a", |call| vec![Wait(if call < 20 { 10 * (call as u64 + 1) } else { 10_000 })]);
    let (b, seen) = always("b", &[]);
    let hedge = hedge(100, &[&a, &b]);
    for _ in 0..20 {
        assert_eq!(ask(&hedge, 20_000).await.by(), "a");
    }
    assert_eq!(seen.calls(), 0);
    let came = ask(&hedge, 20_000).await;
    assert!(came.by() == "b" && (190..=195).contains(&came.took_ms), "{came:?}");
}

#[tokio::test(start_paused = true)]
async fn the_time_has_a_lower_end() {
    let (a, _) = fake("a", |call| vec![Wait(if call < 20 { 1 } else { 10_000 })]);
    let (b, _) = always("b", &[]);
    let hedge = hedge(100, &[&a, &b]);
    for _ in 0..20 {
        ask(&hedge, 20_000).await;
    }
    let came = ask(&hedge, 20_000).await;
    assert_eq!((came.by(), came.took_ms), ("b", 50));
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_has_become_slow_gets_no_more_than_the_share_on_top() {
    let (a, seen_a) = fake("a", |call| vec![Wait(if call < 20 { 10 } else { 1_000 })]);
    let config = HedgeConfig { after_max_ms: 100, ..HedgeConfig::default() };
    let hedge = HedgeSolver::new(&config, vec![a]);
    for _ in 0..20 {
        ask(&hedge, 20_000).await;
    }
    assert_eq!(seen_a.calls(), 20);
    for _ in 0..100 {
        ask(&hedge, 20_000).await;
    }
    assert_eq!(seen_a.calls() - 120, 12, "a tenth of all calls, although every one of the last hundred was slow");
}

#[tokio::test(start_paused = true)]
async fn calls_that_the_second_won_do_not_vanish_from_the_experience() {
    let (a, _) = fake("a", |call| if call < 19 { vec![Wait(100)] } else { vec![HANG] });
    let (b, _) = always("b", &[]);
    let hedge = hedge(100, &[&a, &b]);
    for _ in 0..19 {
        assert_eq!(ask(&hedge, 20_000).await.by(), "a");
    }
    assert_eq!(ask(&hedge, 20_000).await.took_ms, 5_000, "of nineteen nothing is said");
    let came = ask(&hedge, 20_000).await;
    assert!(came.by() == "b" && (100..=102).contains(&came.took_ms), "the slow one is the twentieth: {came:?}");
}

#[tokio::test(start_paused = true)]
async fn when_the_first_fails_the_second_is_asked_at_once_and_takes_nothing_of_the_share() {
    let (a, _) = always("a", &[Wait(10), down()]);
    let (b, _) = always("b", &[Wait(10)]);
    let hedge = hedge(1, &[&a, &b]);
    for _ in 0..5 {
        let came = ask(&hedge, 20_000).await;
        assert_eq!((came.by(), came.took_ms), ("b", 20));
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_its_own_second_is_asked_again_after_a_fault_within_the_share_only() {
    let (a, seen) = always("a", &[down()]);
    let hedge = hedge(10, &[&a]);
    for _ in 0..20 {
        assert_eq!(*ask(&hedge, 20_000).await.error(), SolveError::Upstream("down".into()));
    }
    assert_eq!(seen.calls(), 22);
}

#[tokio::test(start_paused = true)]
async fn when_the_second_fails_the_first_goes_on_and_when_both_do_the_fault_is_the_firsts() {
    let (b, _) = always("b", &[down()]);
    let (a, _) = always("a", &[Wait(6_000)]);
    let came = ask(&hedge(100, &[&a, &b]), 20_000).await;
    assert_eq!((came.by(), came.took_ms), ("a", 6_000));
    let (a, _) = always("a", &[Wait(6_000), Fail(SolveError::NoRule)]);
    let came = ask(&hedge(100, &[&a, &b]), 20_000).await;
    assert_eq!((came.error(), came.took_ms), (&SolveError::NoRule, 6_000));
}

#[tokio::test(start_paused = true)]
async fn no_call_outlives_its_deadline_and_nothing_goes_on_after_the_caller_has_gone() {
    let (a, seen_a) = always("a", &[HANG]);
    let (b, seen_b) = always("b", &[HANG]);
    let hedge = hedge(100, &[&a, &b]);
    let came = ask(&hedge, 8_000).await;
    assert_eq!((came.error(), came.took_ms), (&SolveError::Late, 8_000));
    assert!(seen_a.is_gone() && seen_b.is_gone());
    let gone = tokio::time::timeout(Duration::from_millis(7_000), ask(&hedge, 8_000)).await;
    assert!(gone.is_err() && seen_a.is_gone() && seen_b.is_gone());
    assert_eq!([seen_a.calls(), seen_b.calls()], [2; 2]);
}

#[tokio::test(start_paused = true)]
async fn who_writes_first_is_the_only_one_from_then_on() {
    let (b, seen) = always("b", &[Wait(500), Write("bbb")]);
    let (a, _) = always("a", &[Write("hel"), Wait(7_000), Write("lo")]);
    let came = stream(&hedge(100, &[&a, &b]), 20_000).await;
    assert_eq!((came.by(), came.text.as_str(), came.took_ms), ("a", "hello", 7_000));
    assert_eq!(seen.calls(), 0, "one that writes needs no second");

    let (a, _) = always("a", &[Wait(5_200), Write("hel"), Wait(1_000), Write("lo")]);
    let came = stream(&hedge(100, &[&a, &b]), 20_000).await;
    assert_eq!((came.by(), came.text.as_str(), came.took_ms), ("a", "hello", 6_200));
    assert!(seen.calls() == 1 && seen.is_gone());

    let (a, seen) = always("a", &[Wait(5_600), Write("hello")]);
    let came = stream(&hedge(100, &[&a, &b]), 20_000).await;
    assert_eq!((came.by(), came.text.as_str(), came.took_ms), ("b", "bbb", 5_500));
    assert!(seen.is_gone());
}

#[tokio::test(start_paused = true)]
async fn who_has_written_and_fails_is_not_replaced() {
    let (a, _) = always("a", &[Write("he"), Wait(10), down()]);
    let (b, seen) = always("b", &[Write("hello")]);
    let came = stream(&hedge(100, &[&a, &b]), 20_000).await;
    assert_eq!((came.error(), came.text.as_str()), (&SolveError::Upstream("down".into()), "he"));
    assert_eq!(seen.calls(), 0);
}
