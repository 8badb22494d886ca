//! Epochs: what was solved at or before one may not be given any more, and what was asked before it may not be kept.

use std::collections::HashMap;

use parking_lot::RwLock;

use crate::domain::Digest128;

/// Scopes with an epoch of their own. Beyond these the oldest becomes everybody's: more is forgotten than was asked for, and
/// never less.
const MAX_SCOPES: usize = 65_536;

/// When each scope was last invalidated.
#[derive(Default)]
pub struct Epochs {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The epoch of every scope, milliseconds since the Unix epoch.
    all_ms: u64,
    scopes: HashMap<Digest128, u64>,
}

impl Epochs {
    /// Whether an answer of this moment may not be given.
    pub fn forbids(&self, scope: &Digest128, at_ms: u64) -> bool {
        let inner = self.inner.read();
        // At the very beginning of time nothing was invalidated.
        let own_ms = inner.scopes.get(scope).copied().unwrap_or_default();
        let epoch_ms = inner.all_ms.max(own_ms);
        epoch_ms > 0 && at_ms <= epoch_ms
    }

    /// Begins an epoch for one scope, or for all.
    pub fn begin(&self, scope: Option<Digest128>, at_ms: u64) {
        let mut inner = self.inner.write();
        match scope {
            None => {
                inner.all_ms = inner.all_ms.max(at_ms);
                let all_ms = inner.all_ms;
                inner.scopes.retain(|_, own_ms| *own_ms > all_ms);
            }
            Some(scope) => {
                let own_ms = inner.scopes.entry(scope).or_default();
                *own_ms = (*own_ms).max(at_ms);
                if inner.scopes.len() > MAX_SCOPES
                    && let Some((oldest, at_ms)) =
                        inner.scopes.iter().map(|(key, at)| (*key, *at)).min_by_key(|(_, at)| *at)
                {
                    inner.scopes.remove(&oldest);
                    inner.all_ms = inner.all_ms.max(at_ms);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(number: u8) -> Digest128 {
        Digest128::from_bytes([number; 16])
    }

    #[test]
    fn an_epoch_forbids_what_is_as_old_as_it_in_its_scope_alone() {
        let epochs = Epochs::default();
        assert!(!epochs.forbids(&scope(1), 0));
        epochs.begin(Some(scope(1)), 100);
        assert!(epochs.forbids(&scope(1), 100) && !epochs.forbids(&scope(1), 101));
        assert!(!epochs.forbids(&scope(2), 1));
    }

    #[test]
    fn epochs_never_go_back() {
        let epochs = Epochs::default();
        epochs.begin(Some(scope(1)), 100);
        epochs.begin(Some(scope(1)), 50);
        assert!(epochs.forbids(&scope(1), 100));
        epochs.begin(None, 200);
        epochs.begin(None, 10);
        assert!(epochs.forbids(&scope(1), 200) && epochs.forbids(&scope(2), 200));
    }

    #[test]
    fn beyond_their_number_the_oldest_becomes_everybodys() {
        let epochs = Epochs::default();
        let many = |number: u64| Digest128::from_bytes((u128::from(number)).to_le_bytes());
        for number in 0..=MAX_SCOPES as u64 {
            epochs.begin(Some(many(number)), 1_000 + number);
        }
        assert!(epochs.forbids(&many(0), 1_000), "as before");
        assert!(epochs.forbids(&scope(255), 1_000), "and everybody else");
        assert!(epochs.forbids(&many(5), 1_005));
    }
}
