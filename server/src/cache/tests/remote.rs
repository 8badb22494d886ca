//! Vectors from a service, over a real socket. It may take its time here: how long is an argument.

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

/// A service that answers the first `good` calls, always with the same vector, and fails from then on.
async fn service(good: usize, tasks: &mut JoinSet<()>) -> EmbedderConfig {
    let calls = Arc::new(AtomicUsize::new(0));
    let embed = move |Json(body): Json<Value>| {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!(body["model"], "m");
            match call < good {
                true => Ok(Json(json!({"data": [{"embedding": [0.6, 0.8, 0.0]}]}))),
                false => Err(StatusCode::INTERNAL_SERVER_ERROR),
            }
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/v1/embeddings", listener.local_addr().expect("bound"));
    let router = Router::new().route("/v1/embeddings", post(embed));
    tasks.spawn(async { axum::serve(listener, router).await.expect("serves until the test ends") });
    EmbedderConfig { url: url.parse().expect("a URL"), model: "m".into(), key_file: None, key_env: None }
}

#[tokio::test]
async fn a_service_may_make_the_vectors_and_when_it_fails_exact_repeats_are_still_answered() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut tasks = JoinSet::new();
    let config = service(2, &mut tasks).await;
    let remote = RemoteEmbedder::new(&config, Duration::from_secs(600)).expect("a client");
    let capacity = crate::config::CacheConfig::default().capacity(Duration::from_secs(1_800));
    let cache = AnswerCache::new(&capacity, Embedder::Remote(remote));
    let ask = async |prompt: &str| {
        let found = cache.recall(&question(prompt), next_look(SETTINGS, START_MS)).await.found;
        if found.is_none() {
            cache.remember(&question(prompt), answer("a"), START_MS);
        }
        found.map(|found| found.source)
    };
    assert_eq!(ask("Search for 'Dune'").await, None);
    assert_eq!(ask("Please search for 'Dune'").await, Some(Source::Semantic));
    assert_eq!(ask("Kindly search for 'Dune'").await, None, "the service is down");
    assert_eq!(ask("Kindly search for 'Dune'").await, Some(Source::Exact));
    assert_eq!(ask("Search for 'Dune'").await, Some(Source::Exact));
}

#[tokio::test]
async fn a_pattern_answers_although_the_service_hangs() {
    rustls::crypto::ring::default_provider().install_default().ok();
    // It accepts connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/v1/embeddings", listener.local_addr().expect("bound"));
    let config = EmbedderConfig { url: url.parse().expect("a URL"), model: "m".into(), key_file: None, key_env: None };
    let remote = RemoteEmbedder::new(&config, Duration::from_secs(600)).expect("a client");
    let capacity = crate::config::CacheConfig::default().capacity(Duration::from_secs(1_800));
    let cache = AnswerCache::new(&capacity, Embedder::Remote(remote));
    let ask = |name: &str| question(&format!("Type '{name}' into the name field"));
    for name in ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald"] {
        let plan = json!({"actions": [{"type": "TypeAction", "text": name, "selector": "#name"}]});
        cache.remember(&ask(name), answer_of(plan), START_MS);
    }
    let found = look(&cache, &ask("Tony"), START_MS + 10).found.expect("without waiting");
    assert_eq!((found.source, &found.answer.fields()["actions"][0]["text"]), (Source::Pattern, &json!("Tony")));
}
