//! The operator's side: the cached figures, the live stream, the targets, and the page itself.
//!
//! | route | what |
//! |---|---|
//! | `GET /api/dashboard` | the whole snapshot, at most 2 s old |
//! | `GET /api/v1/live` | the same as server-sent events, one a second |
//! | `GET /api/v1/log?limit=500` | the last log lines, oldest first, at most 1,000 |
//! | `GET /api/v1/history?range=15m` | samples, decisions and starts of the miner over `15m`, `1h`, `24h` or `7d` |
//! | `GET /api/v1/chain/history?range=24h` | our place on the subnet, sync by sync |
//! | `POST /api/v1/chain/sync` | reads the chain now (admin token) |
//! | `GET /api/v1/tuner` | what the tuner is told and has set; its `ETag` is for `If-Match` |
//! | `PUT /api/v1/tuner/targets` | new targets (admin token; with `If-Match` only if nobody else changed anything since) |
//! | `PUT /api/v1/tuner/budget` | `{false_hit_pct}`: which share of the answers from memory may be wrong (the same) |
//! | `PUT /api/v1/tuner/limits` | what the tuner may not cross (the same) |
//! | `PUT /api/v1/tuner/mode` | `{mode}`: `auto`, `hold` or `exact_only` (the same) |
//! | `PUT /api/v1/tuner/pins` | settings that the operator holds; what is left out is the tuner's (the same) |
//! | `POST /api/v1/tuner/preview` | what such a change, `{"budget": {…}}`, would have done over the last day |
//! | `GET /api/v1/tuner/audit?limit=50` | who changed what, and when |
//! | `GET /api/v1/requests?limit=50&before=…` | requests, newest first; `hotkey`, `synapse`, `source`, `outcome` (`answered`, `failed`) and `right` choose among them |
//! | `GET /api/v1/requests/{id}/explain` | why that request was answered from memory, or was not |
//! | `POST /api/v1/requests/{id}/verdict` | `{right}`: whether its answer was right (admin token) |
//! | `GET /api/v1/cache/entries?search=&sort=used&offset=0&limit=50` | what is remembered |
//! | `GET /api/v1/cache/patterns?scope=…` | the patterns of a scope |
//! | `GET /api/v1/cache/what-if` | hits and wrong hits at other thresholds |
//! | `GET /api/v1/cache/reliability` | how right answers were, by the chance that they were given |
//! | `POST /api/v1/cache/clear` | forgets everything (admin token) |
//! | `POST /api/v1/cache/invalidate` | forgets `{scope}`, `{older_than_s}` or `{entry}` (admin token) |
//! | `PUT /api/v1/cache/capacity` | `{entries}`: how many answers are kept (admin token) |
//! | `POST /api/v1/feedback` | `{request_id, right}`: the same for any request (admin token) |
//! | `POST /solve_task` | `{id, prompt, url}` to actions, without the chain (admin token from afar) |
//! | `POST /step`, `POST /act` | one step of a task to its action (admin token from afar) |
//! | `POST /v1/chat/completions` | as OpenAI's (admin token from afar) |
//! | `GET /metrics` | Prometheus text |
//! | `GET /api/openapi.json` | all of this for programs (OpenAPI 3.1) |
//! | `GET /healthz`, `GET /readyz` | the process lives; it can answer validators |
//! | everything else | the dashboard |

mod assets;
mod auth;
mod cache;
mod chain;
mod chat;
mod dashboard;
mod direct;
mod document;
mod error;
mod health;
mod history;
mod live;
mod log;
mod metrics;
mod requests;
mod step;
mod tuner;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use auth::{AdminToken, HostRules, TokenError};
pub use dashboard::Dashboard;
pub use live::LiveFeed;
pub use step::Plans;

use crate::agent::Agent;
use crate::cache::AnswerCache;
use crate::figures::Figures;
use crate::store::Store;
use crate::tuner::TunerControl;

/// No request of ours is larger.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// A task or a chat.
const MAX_ASKED_BYTES: usize = 4 * 1024 * 1024;

/// What the handlers share.
pub struct Api {
    /// Takes snapshots.
    pub figures: Arc<Figures>,
    /// Caches them.
    pub dashboard: Dashboard,
    /// Publishes them.
    pub live: Arc<LiveFeed>,
    /// Changes targets.
    pub tuner: TunerControl,
    /// What is remembered.
    pub cache: Arc<AnswerCache>,
    /// Keeps history.
    pub store: Store,
    /// Answers what is asked without the chain.
    pub agent: Arc<Agent>,
    /// Plans that are given out action by action.
    pub plans: Plans,
    /// Asks for a sync of the chain.
    pub sync_chain: Arc<Notify>,
    /// The admin token.
    pub token: AdminToken,
    /// Which `Host` and `Origin` are ours.
    pub hosts: HostRules,
    /// Whether the page is served.
    pub headless: bool,
    /// Ends streams when the process stops.
    pub stop: CancellationToken,
}

/// All routes, and the document that describes them.
pub fn router(api: Arc<Api>) -> Router {
    let (routes, mut document) = routes(&api).split_for_parts();
    document::name(&mut document);
    let header = |name, value| {
        SetResponseHeaderLayer::overriding(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    routes
        .merge(document::route(&document))
        .fallback(assets::get)
        // Together, the outermost first: one by one each would box every request and its answer.
        .layer((
            CatchPanicLayer::new(),
            DefaultBodyLimit::max(MAX_BODY_BYTES),
            header("referrer-policy", "no-referrer"),
            header("x-content-type-options", "nosniff"),
            middleware::from_fn_with_state(Arc::clone(&api), auth::check_host),
        ))
        .with_state(api)
}

/// What is asked of the miner itself; each handler says its own method and path.
fn routes(api: &Arc<Api>) -> OpenApiRouter<Arc<Api>> {
    let writes = tuner::writes()
        .routes(routes!(requests::verdict))
        .routes(routes!(cache::clear))
        .routes(routes!(cache::invalidate))
        .routes(routes!(cache::capacity))
        .routes(routes!(chain::sync))
        .routes(routes!(requests::feedback))
        .layer(middleware::from_fn_with_state(Arc::clone(api), auth::require_token));
    let asks = OpenApiRouter::new()
        .routes(routes!(direct::solve_task))
        .routes(routes!(step::act))
        .routes(routes!(step::step))
        .routes(routes!(chat::complete))
        .layer(DefaultBodyLimit::max(MAX_ASKED_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(api), auth::require_token_from_afar));
    OpenApiRouter::with_openapi(document::empty())
        .merge(writes)
        .merge(asks)
        .routes(routes!(dashboard::get))
        .routes(routes!(live::get))
        .routes(routes!(history::get))
        .routes(routes!(chain::history))
        .routes(routes!(log::get))
        .routes(routes!(requests::list))
        .routes(routes!(requests::explain))
        .routes(routes!(tuner::get))
        .routes(routes!(tuner::audit))
        .routes(routes!(tuner::what_would_be))
        .routes(routes!(cache::entries))
        .routes(routes!(cache::patterns))
        .routes(routes!(cache::what_if))
        .routes(routes!(cache::reliability))
        .routes(routes!(metrics::get))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
}

/// How old a served snapshot may be.
pub const SNAPSHOT_TTL: Duration = Duration::from_secs(2);
