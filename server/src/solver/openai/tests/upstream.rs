//! Model services, good ones and bad ones.

use std::sync::Arc;

use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A service that runs until it is dropped.
pub struct Upstream {
    pub base: String,
    asked: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
    _tasks: JoinSet<()>,
}

impl Upstream {
    /// Answers each request with what `answer` makes of its number, from 0.
    pub async fn start(answer: impl Fn(usize) -> Response + Clone + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let handler = move |headers: HeaderMap, Json(body): Json<Value>| async move {
            let count = {
                let mut seen = seen.lock();
                seen.push((headers, body));
                seen.len()
            };
            answer(count - 1)
        };
        let (listener, base) = listen().await;
        let app = axum::Router::new().route("/v1/chat/completions", post(handler));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { base, asked, _tasks: tasks }
    }

    /// Takes one connection, reads a request's head and leaves the rest to `talk`. Its body is never read, so that the
    /// connection is reset when `talk` ends.
    pub async fn raw<F>(talk: impl FnOnce(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (listener, base) = listen().await;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let (mut read, mut byte) = (Vec::new(), [0]);
            while !read.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).await.expect("a head");
                read.push(byte[0]);
            }
            talk(stream).await;
        });
        Self { base, asked: Arc::default(), _tasks: tasks }
    }

    /// The bodies it got.
    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().iter().map(|(_, body)| body.clone()).collect()
    }

    /// A header of its first request.
    pub fn header(&self, name: &str) -> Option<String> {
        let asked = self.asked.lock();
        asked[0].0.get(name).map(|value| value.to_str().expect("a text").to_owned())
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}/v1", listener.local_addr().expect("bound"));
    (listener, base)
}

/// Writes and goes on.
pub async fn write(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.expect("written");
    stream.flush().await.expect("flushed");
}

/// A completion with this text, of ten tokens read and a hundred written.
pub fn completion(text: &str) -> Response {
    finished(text, "stop")
}

pub fn finished(text: &str, finish_reason: &str) -> Response {
    Json(json!({
        "id": "x", "object": "chat.completion", "created": 1, "model": "m", "unheard_of": {"a": 1},
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 100, "total_tokens": 110},
    }))
    .into_response()
}

/// One event of a streamed completion.
pub fn piece(text: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}))
}
