//! The composition root: builds every part from the configuration, runs their tasks, and drains them.

mod parts;
mod reload;
mod start;

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use parts::{keeper_setup, signer};
pub use reload::Reload;

use crate::alerts::WebhookError;
use crate::api::{AdminToken, TokenError};
use crate::cache::AnswerCache;
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::keys::KeyfileError;
use crate::listen::DRAIN;
use crate::store::{DataLock, Store, StoreError};
use crate::telemetry::{LogFeeder, LogRing};

/// After the drain, tasks have this long to notice.
const LAST_MOMENTS: Duration = Duration::from_secs(1);
/// And the disk this long for the last rows.
const LAST_WRITE: Duration = Duration::from_secs(1);
/// Where the end of a run is kept, milliseconds since the Unix epoch.
const STOPPED: &str = "stopped_ms";

/// Why a miner cannot start. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The wallet.
    #[error(transparent)]
    Wallet(#[from] KeyfileError),
    /// The alerts' webhook.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The data file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The token file.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The data folder.
    #[error("cannot make the data folder {path}: {error}; choose another --data-dir")]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A port.
    #[error("cannot listen on {address} for {what}: {error}; is another miner running? choose another {flag}")]
    Listen {
        /// What would listen.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
        /// The flag that moves it.
        flag: &'static str,
    },
}

impl StartError {
    /// Whether it may pass by itself, as a disk that is full or fails: then it is worth another try.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_passing())
    }
}

/// A miner that listens. [`App::run`] answers.
pub struct App {
    tasks: Tasks,
    solves: TaskTracker,
    cache: Arc<AnswerCache>,
    store: Store,
    clock: Clock,
    stop: CancellationToken,
    /// Nobody else uses the data folder until the last row is written.
    _lock: DataLock,
    /// Where validators call.
    pub axon: SocketAddr,
    /// Where the operator calls.
    pub api: SocketAddr,
    /// Our hotkey, SS58.
    pub hotkey: String,
    /// What writes need.
    pub token: AdminToken,
}

/// Every task by name: when one ends by itself, the process does.
#[derive(Default)]
struct Tasks(JoinSet<&'static str>);

impl Tasks {
    fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(async move {
            task.await;
            name
        });
    }
}

/// What runs around the miner: passed in, so that tests can do without.
pub struct Surroundings {
    /// The wall clock.
    pub clock: Clock,
    /// The log that the dashboard shows.
    pub log: LogRing,
    /// What feeds it.
    pub feeder: Option<LogFeeder>,
    /// How the configuration is read again; absent when it never is.
    pub reload: Option<Reload>,
}

impl App {
    /// Answers until `stop` is ready, then drains within ten seconds. An error names the task that ended by itself.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), String> {
        let ended_early = tokio::select! {
            () = stop => None,
            ended = self.tasks.0.join_next() => Some(match ended {
                Some(Ok(name)) => name.to_owned(),
                Some(Err(error)) => error.to_string(),
                None => "every task".to_owned(),
            }),
        };
        self.stop.cancel();
        self.solves.close();
        let drained = timeout(DRAIN + LAST_MOMENTS, async {
            while self.tasks.0.join_next().await.is_some() {}
            self.solves.wait().await;
        });
        if drained.await.is_err() {
            tracing::warn!("some tasks did not end in time and are dropped");
        }
        // A durable write behind all rows: when it returns, they are on disk.
        let last = async {
            self.cache.flush(&self.store).await?;
            self.store.put(STOPPED, &self.clock.now_ms()).await
        };
        match timeout(LAST_WRITE, last).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("{error}: the last rows may be lost"),
            Err(_) => tracing::error!("the disk does not answer: the last rows may be lost"),
        }
        match ended_early {
            None => Ok(()),
            Some(name) => Err(format!("{name} ended although nobody asked it to; see the log above")),
        }
    }
}

/// Makes the data folder, for its owner alone.
pub fn make_data_dir(path: &Path) -> Result<(), StartError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| StartError::DataDir { path: path.into(), error })
}

/// Runs `work` on a thread of its own. It ends when what feeds it is gone; before that only by a panic, and then so does
/// this.
async fn run_thread(name: &'static str, work: impl FnOnce() + Send + 'static, stop: CancellationToken) {
    let (alive, ended) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().name(name.into()).spawn(move || {
        work();
        drop(alive);
    });
    if let Err(error) = thread {
        return tracing::error!("cannot start the thread `{name}`: {error}");
    }
    stop.run_until_cancelled(ended).await;
}

/// Cores of this machine that we may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// How many of the cores check signatures: in batches that takes less than half as long as the rest of a request.
pub fn checker_threads(cores: usize) -> usize {
    (cores / 3).max(1)
}
