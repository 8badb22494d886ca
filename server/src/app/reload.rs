//! SIGHUP: reads the configuration again, and puts into force what may change while the miner runs.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::parts::hedges;
use crate::cache::AnswerCache;
use crate::chain::SubtensorConfig;
use crate::config::{Change, Config, ConfigError, InForce, SolverConfig};
use crate::service::Service;
use crate::tuner::TunerControl;

/// How the configuration is read again.
pub struct Reload {
    /// Told when it is to be.
    pub asked: mpsc::Receiver<()>,
    /// Reads all of its layers.
    pub load: Box<dyn Fn() -> Result<Config, ConfigError> + Send>,
}

/// Keeps what is in force.
pub(super) struct Reloader {
    pub(super) in_force: InForce,
    /// The chain that is followed, whatever the file says by now.
    pub(super) subtensor: SubtensorConfig,
    /// Devnet's own solver, where the operator has set none.
    pub(super) upstream: Option<SolverConfig>,
    pub(super) service: watch::Sender<Arc<Service>>,
    pub(super) tuner: TunerControl,
    pub(super) cache: Arc<AnswerCache>,
}

impl Reloader {
    /// Reads it again whenever that is asked for, until `stop`. What is wrong with it is told, and nothing changes.
    pub(super) async fn run(mut self, mut reload: Reload, stop: CancellationToken) {
        while let Some(Some(())) = stop.run_until_cancelled(reload.asked.recv()).await {
            match (reload.load)() {
                Ok(config) => self.put_into_force(config).await,
                Err(error) => refused(&error),
            }
        }
        stop.cancelled().await;
    }

    async fn put_into_force(&mut self, config: Config) {
        let mut whole = config.clone();
        let max_age_s = config.subtensor.max_age_s;
        whole.subtensor = SubtensorConfig { max_age_s, ..self.subtensor.clone() };
        if let Some(upstream) = &self.upstream {
            whole.solver.entry("web".into()).or_insert_with(|| upstream.clone());
        }
        let before = Arc::clone(&self.service.borrow());
        // Always made anew: files that the configuration names may have changed although it has not.
        let service = match Service::new(&whole, &before.solvers) {
            Ok(service) => service,
            Err(error) => return refused(&error),
        };
        if let Err(error) = self.tuner.follow(config.tuner.configured(), hedges(&whole)).await {
            return refused(&error);
        }
        self.service.send_replace(Arc::new(service));
        let cache = Arc::clone(&self.cache);
        // A panic in it is logged.
        let forgotten = tokio::task::spawn_blocking(move || cache.forget_invalid()).await.unwrap_or_default();
        let changes = self.in_force.take_over(&config);
        for Change { key, old, new, is_live } in &changes {
            match is_live {
                true => tracing::info!("configuration: {key}: {old} → {new}"),
                false => tracing::warn!("configuration: {key}: {old} → {new} takes effect when Lode is started again"),
            }
        }
        let live = changes.iter().filter(|change| change.is_live).count();
        tracing::info!(
            "the configuration was read again: {live} changes in force, {} for the next start, {forgotten} remembered \
             answers forgotten that are no valid ones any more",
            changes.len() - live
        );
    }
}

fn refused(error: &dyn std::fmt::Display) {
    tracing::error!("the configuration was read again and is refused, so nothing has changed: {error}");
}
