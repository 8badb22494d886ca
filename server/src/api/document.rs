//! `GET /api/openapi.json`: the API described for programs, from what each handler says of itself.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

use super::Api;

const ABOUT: &str = "The operator's side of a Lode miner. Reads need no token; changes need the admin token (`lode token`). \
                     The Host must be loopback's or one of api.hosts. Within one minor version fields are only added.";

/// The document before any route is in it.
pub(super) fn empty() -> OpenApi {
    let info = InfoBuilder::new().title("Lode").version(env!("CARGO_PKG_VERSION")).description(Some(ABOUT)).build();
    let mut document = OpenApiBuilder::new().info(info).build();
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    document.components.get_or_insert_default().add_security_scheme("admin_token", token);
    document
}

/// Names each operation after its method and path: handlers of the same name would clash.
pub(super) fn name(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let words = path.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let words = words.collect::<Vec<_>>().join("_");
        for (method, operation) in [("get", &mut item.get), ("put", &mut item.put), ("post", &mut item.post)] {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{words}"));
            }
        }
    }
}

/// Serves it.
pub(super) fn route(document: &OpenApi) -> Router<Arc<Api>> {
    let json = Bytes::from(serde_json::to_vec(document).expect("a document is plain data"));
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")];
    Router::new().route("/api/openapi.json", get(async move || (headers, json)))
}
