use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::upstream::{finished, piece, write};
use super::*;

/// A task whose `reply` is read along.
fn streamed() -> Task {
    Task { streams: Some("reply".into()), ..task("What is it?") }
}

fn events(body: Body) -> Response {
    ([(CONTENT_TYPE, "text/event-stream; charset=utf-8")], body).into_response()
}

#[tokio::test]
async fn each_piece_is_passed_on_before_the_next_one_comes() {
    let read = Arc::new(Notify::new());
    let waits = Arc::clone(&read);
    let upstream = Upstream::start(move |_| {
        let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":100}}\n\n";
        let texts = [piece("A "), piece("sto"), piece("ne."), format!("{usage}{end}")];
        let pieces = stream::unfold((0, Arc::clone(&waits)), move |(at, waits)| {
            let text = texts.get(at).cloned();
            async move {
                if at > 0 && at < 4 {
                    waits.notified().await;
                }
                Some((Ok::<_, std::io::Error>(Bytes::from(text?)), (at + 1, waits)))
            }
        });
        events(Body::from_stream(pieces))
    })
    .await;
    let solver = solver_at(&upstream.base, |setup| setup.prices = Some(Prices { input: 1.0, output: 2.0 }));
    let written = Mutex::new(Vec::new());
    let on_text = |text: &str| {
        written.lock().push(text.to_owned());
        read.notify_one();
    };
    let solved = solver.solve(&streamed(), SolveCall { write: &on_text, ..alone() }).await.expect("an answer");
    assert_eq!(*written.lock(), ["A ", "sto", "ne."]);
    assert_eq!(Value::Object(solved.fields), json!({"reply": "A stone."}), "all of it, in the field that is streamed");
    assert!((solved.cost_usd.expect("prices") - 210e-6).abs() < 1e-12);
    assert_eq!(upstream.asked()[0]["stream"], true);
    assert_eq!(upstream.asked()[0]["stream_options"], json!({"include_usage": true}));
}

#[tokio::test]
async fn a_service_that_cannot_stream_answers_whole() {
    let upstream = Upstream::start(|_| completion("A stone.")).await;
    let written = Mutex::new(String::new());
    let on_text = |text: &str| written.lock().push_str(text);
    let call = SolveCall { write: &on_text, ..alone() };
    let solved = solver_at(&upstream.base, |_| ()).solve(&streamed(), call).await.expect("an answer");
    assert_eq!((solved.fields["reply"].as_str(), written.lock().as_str()), (Some("A stone."), "A stone."));
}

#[tokio::test]
async fn a_connection_that_is_reset_in_mid_stream_is_no_answer() {
    let read = Arc::new(Notify::new());
    let waits = Arc::clone(&read);
    let upstream = Upstream::raw(move |mut stream| async move {
        let text = piece("A ");
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        write(&mut stream, &format!("{head}{:x}\r\n{text}\r\n", text.len())).await;
        waits.notified().await;
    })
    .await;
    let on_text = |_: &str| read.notify_one();
    let call = SolveCall { write: &on_text, ..alone() };
    let error = solver_at(&upstream.base, |_| ()).solve(&streamed(), call).await.expect_err("cut off");
    assert!(matches!(&error, SolveError::Upstream(text) if text.contains("the connection failed")), "{error:?}");
}

#[tokio::test]
async fn a_stream_that_stops_or_reports_a_fault_is_no_answer() {
    for (bytes, is_upstream, word) in [
        (piece("A "), true, "in the middle"),
        ("data: {\"error\":{\"message\":\"out of memory\"}}\n\n".to_owned(), true, "out of memory"),
        ("data: {\"choices\": oops}\n\n".to_owned(), false, "no completion"),
    ] {
        let upstream = Upstream::start(move |_| events(Body::from(bytes.clone()))).await;
        let error = solver_at(&upstream.base, |_| ()).solve(&streamed(), alone()).await.expect_err(word);
        assert_eq!(matches!(error, SolveError::Upstream(_)), is_upstream, "{error:?}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_structured_answer_is_not_streamed() {
    let upstream = Upstream::start(|_| finished("{\"reply\": \"A stone.\"}", "stop")).await;
    let solver = solver_at(&upstream.base, |setup| {
        setup.form.shape = Some(Shape::new(json!({"type": "object"}), ResponseFormat::JsonSchema, true).expect("good"));
    });
    let on_text = |text: &str| panic!("nobody reads {text}");
    let solved = solver.solve(&streamed(), SolveCall { write: &on_text, ..alone() }).await.expect("an answer");
    assert_eq!(solved.fields["reply"], "A stone.");
    assert_eq!(upstream.asked()[0].get("stream"), None);
}
