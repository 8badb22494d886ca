//! What the operator changes: checked, made durable with its trace, and then in force.

use lode_shared::{AuditRow, Change, FieldError, Mandate};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::config::Configured;
use crate::store::StoreError;

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Values out of their ranges.
    #[error("values out of range: {}", .0.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join(" "))]
    Faults(Vec<FieldError>),
    /// Somebody else changed something since.
    #[error("the tuner's settings were changed meanwhile: version {version} is in force")]
    Conflict {
        /// The version in force.
        version: u64,
    },
    /// It could not be made durable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is in force, and how often it was changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Versioned {
    /// Counts changes.
    pub version: u64,
    /// What is in force.
    pub mandate: Mandate,
    /// Whether the operator has changed the limits: until then those of the configuration are in force.
    #[serde(default)]
    pub limits_are_his: bool,
}

impl Versioned {
    /// Takes over what the configuration says now and did not say `before`.
    pub fn follow(&mut self, before: &Configured, now: &Configured) {
        if let Some(targets) = now.targets.filter(|_| now.targets != before.targets) {
            self.mandate.targets = targets;
        }
        self.limits_are_his &= now.limits == before.limits;
    }

    /// With `change`, and the row that tells of it.
    pub fn with(&self, asked: &Asked, at_ms: u64) -> Result<(Self, AuditRow), ChangeError> {
        let Asked { change, who, if_version } = asked;
        if if_version.is_some_and(|version| version != self.version) {
            return Err(ChangeError::Conflict { version: self.version });
        }
        let mandate = self.mandate.with(change).map_err(ChangeError::Faults)?;
        let version = self.version + 1;
        let row = AuditRow { at_ms, who: who.clone(), version, old: change.of(&self.mandate), new: *change };
        let limits_are_his = self.limits_are_his || matches!(change, Change::Limits(_));
        Ok((Self { version, mandate, limits_are_his }, row))
    }
}

/// A change that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Which.
    pub change: Change,
    /// By whom.
    pub who: String,
    /// Only if this version is in force.
    pub if_version: Option<u64>,
}

/// What a running tuner is told.
pub(super) enum Command {
    Change(Asked, oneshot::Sender<Result<Versioned, ChangeError>>),
    Capacity(u64, oneshot::Sender<Result<(), ChangeError>>),
    Follow(Configured, bool, oneshot::Sender<Result<(), ChangeError>>),
}

/// Tells a running tuner.
#[derive(Clone)]
pub struct TunerControl(pub(super) mpsc::Sender<Command>);

impl TunerControl {
    /// Makes a change; when this returns it is durable and in force.
    pub async fn change(&self, asked: Asked) -> Result<Versioned, ChangeError> {
        let (done, made) = oneshot::channel();
        self.0.send(Command::Change(asked, done)).await.map_err(|_| StoreError::Stopped)?;
        made.await.map_err(|_| StoreError::Stopped)?
    }

    /// Has the tuner follow what the configuration says now, as far as that is something else than before. `hedges`: whether
    /// some solver is one.
    pub async fn follow(&self, configured: Configured, hedges: bool) -> Result<(), ChangeError> {
        let (done, made) = oneshot::channel();
        self.0.send(Command::Follow(configured, hedges, done)).await.map_err(|_| StoreError::Stopped)?;
        made.await.map_err(|_| StoreError::Stopped)?
    }

    /// Has the cache hold so many answers, until the tuner sees reason for another number or the process ends. Not while it
    /// is pinned.
    pub async fn set_capacity(&self, entries: u64) -> Result<(), ChangeError> {
        let (done, made) = oneshot::channel();
        self.0.send(Command::Capacity(entries, done)).await.map_err(|_| StoreError::Stopped)?;
        made.await.map_err(|_| StoreError::Stopped)?
    }
}

#[cfg(test)]
mod tests {
    use lode_shared::{Mode, RawBudget, RawMode};

    use super::*;

    fn asked(change: Change, if_version: Option<u64>) -> Asked {
        Asked { change, who: "somebody".into(), if_version }
    }

    #[test]
    fn a_change_counts_the_version_up_and_leaves_a_trace() {
        let change = Change::Mode(RawMode { mode: Mode::Hold });
        let (next, row) = Versioned::default().with(&asked(change, Some(0)), 7).expect("in force");
        assert_eq!((next.version, next.mandate.mode), (1, Mode::Hold));
        assert_eq!((row.at_ms, row.version, row.old), (7, 1, Change::Mode(RawMode { mode: Mode::Auto })));
    }

    #[test]
    fn a_change_over_somebody_elses_is_refused() {
        let change = Change::Budget(RawBudget { false_hit_pct: 2.0 });
        let (next, _) = Versioned::default().with(&asked(change, None), 0).expect("whatever is in force");
        let late = next.with(&asked(change, Some(0)), 1);
        assert!(matches!(late, Err(ChangeError::Conflict { version: 1 })));
    }
}
