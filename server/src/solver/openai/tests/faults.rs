use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use super::upstream::{finished, write};
use super::*;

/// What comes of a service that answers so.
async fn fault_of(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> SolveError {
    let upstream = Upstream::start(move |_| answer()).await;
    let error = solve(&solver_at(&upstream.base, |setup| setup.key = ApiKey::new(KEY))).await.expect_err("a fault");
    assert_eq!(upstream.asked().len(), 1, "nothing is asked twice");
    error
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": {"message": message, "type": "t"}}))).into_response()
}

#[tokio::test]
async fn no_room_now_says_when_there_will_be() {
    for status in [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE] {
        let error = fault_of(move || ([(RETRY_AFTER, "7")], refused(status, "slow down")).into_response()).await;
        let SolveError::Limited { message, retry_after } = error else { panic!("{error:?}") };
        assert_eq!(retry_after, Some(Duration::from_secs(7)));
        assert!(message.contains("slow down"), "{message}");
    }
    let error = fault_of(|| refused(StatusCode::TOO_MANY_REQUESTS, "slow down")).await;
    assert!(matches!(error, SolveError::Limited { retry_after: None, .. }), "{error:?}");
}

#[tokio::test]
async fn every_refusal_says_what_to_do() {
    for (status, words) in [
        (StatusCode::UNAUTHORIZED, ["refused the key", "key_file"]),
        (StatusCode::FORBIDDEN, ["refused the key", "key_file"]),
        (StatusCode::NOT_FOUND, ["no model `m`", "url"]),
        (StatusCode::INTERNAL_SERVER_ERROR, ["500 Internal", "what it said"]),
        (StatusCode::SERVICE_UNAVAILABLE, ["503 Service", "what it said"]),
    ] {
        let error = fault_of(move || refused(status, "what it said")).await;
        assert!(
            matches!(&error, SolveError::Upstream(text) if words.iter().all(|word| text.contains(word))),
            "{error:?}"
        );
    }
    for status in [StatusCode::BAD_REQUEST, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY] {
        let error = fault_of(move || refused(status, "what it said")).await;
        let SolveError::BadAnswer(text) = &error else { panic!("the service is well: {error:?}") };
        assert!(text.contains(status.as_str()) && text.contains("what it said"), "{text}");
    }
    let upstream = Upstream::start(|_| refused(StatusCode::UNAUTHORIZED, "")).await;
    let error = solve(&solver_at(&upstream.base, |_| ())).await.expect_err("no key").to_string();
    assert!(error.contains("wants a key"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let error =
        fault_of(|| (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, "http://127.0.0.1:1/")]).into_response()).await;
    assert!(error.to_string().contains("307 Temporary"), "{error}");
}

#[tokio::test]
async fn neither_key_nor_prompt_stand_in_an_error() {
    let echo = format!("Bad key {KEY} for prompt What is it? in {KEY}");
    for status in [StatusCode::UNAUTHORIZED, StatusCode::BAD_REQUEST, StatusCode::TOO_MANY_REQUESTS, StatusCode::OK] {
        let echo = echo.clone();
        let error = fault_of(move || refused(status, &echo)).await.to_string();
        assert!(!error.contains(KEY) && !error.contains("What is it?") && error.len() < 300, "{error}");
    }
}

#[tokio::test]
async fn what_is_no_completion_is_a_bad_answer() {
    for (body, word) in [
        ("{\"choices\": [", "no completion"),
        ("<html>", "no completion"),
        ("{}", "without `choices`"),
        ("{\"choices\": []}", "empty"),
        ("{\"choices\": [{\"message\": {\"content\": null}}]}", "empty"),
        ("{\"choices\": [{\"message\": {\"content\": null, \"refusal\": \"No.\"}}]}", "declined"),
        ("{\"choices\": [{\"message\": {\"content\": \"\"}, \"finish_reason\": \"content_filter\"}]}", "filter"),
    ] {
        let error = fault_of(move || ([(CONTENT_TYPE, "application/json")], body).into_response()).await;
        assert!(matches!(&error, SolveError::BadAnswer(text) if text.contains(word)), "{body}: {error:?}");
    }
    let error = fault_of(|| finished("", "length")).await.to_string();
    assert!(error.contains("raise max_tokens"), "{error}");
    let error = fault_of(|| refused(StatusCode::OK, "no room in memory")).await;
    assert!(matches!(&error, SolveError::Upstream(text) if text.contains("no room in memory")), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_the_end() {
    let error = fault_of(|| vec![b' '; 17 * 1024 * 1024].into_response()).await;
    assert!(matches!(&error, SolveError::BadAnswer(text) if text.contains("16 MiB")), "{error:?}");
}

#[tokio::test]
async fn a_service_that_hangs_is_left_at_the_deadline() {
    let upstream = Upstream::raw(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let call = SolveCall::alone(Instant::now() + Duration::from_millis(50));
    let outcome = solver_at(&upstream.base, |_| ()).solve(&task("What is it?"), call).await;
    assert_eq!(outcome, Err(SolveError::Late));
}

#[tokio::test]
async fn a_service_that_hangs_up_or_is_not_there_is_named() {
    let reset = Upstream::raw(|stream| async move { drop(stream) }).await;
    let half = Upstream::raw(|mut stream| async move {
        write(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"choices\"").await;
    })
    .await;
    for base in [&reset.base, &half.base, "http://127.0.0.1:1/v1"] {
        let error = solve(&solver_at(base, |setup| setup.key = ApiKey::new(KEY))).await.expect_err("nobody");
        assert!(
            matches!(&error, SolveError::Upstream(text) if text.contains("http://127.0.0.1:") && !text.contains(KEY)),
            "{error:?}"
        );
    }
}
