//! Whom the miner answers, and how: what may change while it runs. It is replaced whole or not at all, so a request meets
//! either the old or the new, and one that is under way keeps what it began with.

use std::sync::Arc;

use tokio::sync::watch;

use crate::agent::{Adapter, Asks};
use crate::axon::Adapters;
use crate::config::{Config, ConfigError, build_adapters};
use crate::domain::{Answer, Comparison, Policy};
use crate::solver::Meters;

/// The one in force.
pub type ServiceWatch = watch::Receiver<Arc<Service>>;

/// Whom the miner answers, and how.
#[derive(Default)]
pub struct Service {
    /// Who may call.
    pub policy: Policy,
    /// Adapters by synapse name and by route.
    pub adapters: Adapters,
    /// Every solver by its name.
    pub solvers: Meters,
    /// The synapse that reads direct tasks, and its question; absent when none is named for it.
    pub tasks: Option<DirectSynapse>,
    /// The same for direct chats.
    pub chat: Option<DirectSynapse>,
}

/// A synapse that may be asked without the chain.
#[derive(Clone)]
pub struct DirectSynapse {
    /// Its name.
    pub name: Arc<str>,
    /// Its question.
    pub asks: Arc<Asks>,
}

impl Service {
    /// As configured. Solvers go on counting where those of `before` have got to.
    ///
    /// # Errors
    ///
    /// The first synapse, solver or hotkey that cannot be made.
    pub fn new(config: &Config, before: &Meters) -> Result<Self, ConfigError> {
        let policy = config.policy()?;
        let (adapters, solvers) = build_adapters(config, before)?;
        let asked = |name: &Option<String>| DirectSynapse::of(adapters.by_name.get(name.as_ref()?)?);
        let (tasks, chat) = (asked(&config.api.solve_synapse), asked(&config.api.chat_synapse));
        Ok(Self { policy, adapters, solvers, tasks, chat })
    }

    /// How two answers of a synapse are compared; as JSON when it is not known.
    pub fn comparison(&self, synapse: &str) -> Comparison {
        self.asks(synapse).map(|asks| asks.compare).unwrap_or_default()
    }

    /// Whether a remembered answer is one that the synapse may still give; whatever it is when it has no schema.
    pub fn is_valid(&self, synapse: &str, answer: &Answer) -> bool {
        self.asks(synapse).is_none_or(|asks| asks.schema.is_none() || asks.check(&answer.fields()).is_ok())
    }

    fn asks(&self, synapse: &str) -> Option<&Arc<Asks>> {
        self.adapters.by_name.get(synapse)?.asks.as_ref()
    }
}

impl DirectSynapse {
    fn of(adapter: &Arc<Adapter>) -> Option<Self> {
        Some(Self { name: Arc::clone(&adapter.name), asks: Arc::clone(adapter.asks.as_ref()?) })
    }
}
