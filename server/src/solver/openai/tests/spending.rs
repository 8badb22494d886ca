use axum::http::StatusCode;
use axum::response::IntoResponse;
use futures_util::future::join_all;

use super::*;

/// Each answer has a hundred tokens at a thousandth of a dollar, which is all that it may have.
fn within(base: &str, budget_usd_per_hour: f64) -> OpenAiSolver {
    solver_at(base, |setup| {
        setup.prices = Some(Prices { input: 0.0, output: 1_000.0 });
        setup.form.max_tokens = Some(100);
        setup.budget_usd_per_hour = Some(budget_usd_per_hour);
    })
}

#[tokio::test]
async fn many_at_once_do_not_spend_more_than_the_budget() {
    let upstream = Upstream::start(|_| completion("A stone.")).await;
    let solver = within(&upstream.base, 0.35);
    let outcomes = join_all((0..20).map(|_| solve(&solver))).await;
    assert_eq!(upstream.asked().len(), 3);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    let limited = outcomes.iter().filter(|outcome| matches!(outcome, Err(SolveError::Limited { .. }))).count();
    assert_eq!(limited, 17);
}

#[tokio::test]
async fn a_spent_budget_is_there_again_an_hour_later() {
    let upstream = Upstream::start(|_| completion("A stone.")).await;
    let solver = within(&upstream.base, 0.1);
    solve(&solver).await.expect("the first is paid for");
    let error = solve(&solver).await.expect_err("spent");
    let SolveError::Limited { message, retry_after: Some(after) } = error else { panic!("{error:?}") };
    assert!(message.contains("budget_usd_per_hour"), "{message}");
    assert!((3_600..=3_660).contains(&after.as_secs()), "{after:?}");
    tokio::time::pause();
    tokio::time::advance(after + Duration::from_secs(1)).await;
    tokio::time::resume();
    solve(&solver).await.expect("paid for again");
}

#[tokio::test]
async fn a_refusal_costs_nothing_and_a_call_given_up_costs_what_it_may() {
    let upstream = Upstream::start(|count| match count {
        0..5 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => completion("A stone."),
    })
    .await;
    let solver = within(&upstream.base, 0.1);
    for _ in 0..5 {
        assert!(matches!(solve(&solver).await, Err(SolveError::Upstream(_))));
    }
    solve(&solver).await.expect("all of the budget is left");

    let hangs = Upstream::raw(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let solver = within(&hangs.base, 0.1);
    let call = SolveCall::alone(Instant::now() + Duration::from_millis(20));
    assert_eq!(solver.solve(&task("p"), call).await, Err(SolveError::Late));
    assert!(matches!(solve(&solver).await, Err(SolveError::Limited { .. })), "the service may charge for it");
}
