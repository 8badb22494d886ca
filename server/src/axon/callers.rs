//! Callers by their network address: how often each may come, and how far its claims are trusted.
//!
//! An address proves nothing, so it only ever decides about time: a flood from one is refused before anything else is
//! looked at, and an address whose last signature was false waits behind the others.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::checker::Trust;
use super::refusal::Refusal;
use crate::domain::{Bucket, Rate};
use crate::listen::network;

/// Addresses remembered; those not seen for longest make room.
const MAX_ADDRESSES: u64 = 16_384;
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);
/// Bodies whose sender is not proven yet, of one address at a time: as many as a validator sends at once.
const UNPROVEN_BODIES: usize = 32;
/// A false signature makes a suspect for this long.
const SUSPECT_FOR: Duration = Duration::from_secs(60);

/// What is known of addresses.
pub struct CallersByAddress {
    rate: Rate,
    standings: Cache<IpAddr, Arc<Mutex<Standing>>>,
}

struct Standing {
    bucket: Bucket,
    is_proven: bool,
    failed: Option<Duration>,
    unproven_bodies: Arc<Semaphore>,
}

impl CallersByAddress {
    /// Nobody known yet; each may come at `rate`.
    pub fn new(rate: Rate) -> Self {
        let standings = Cache::builder()
            .max_capacity(MAX_ADDRESSES)
            .time_to_idle(FORGOTTEN_AFTER)
            // The newest is always let in: one that was not would have a full bucket each time.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { rate, standings }
    }

    /// Lets a request from `address` in, and says how far its claims are trusted. `uptime` never goes back.
    pub fn admit(&self, address: IpAddr, uptime: Duration) -> Result<Trust, Refusal> {
        let standing = self.standing(address, uptime);
        let mut standing = standing.lock();
        if !standing.bucket.take(self.rate, uptime) {
            return Err(Refusal::AddressRate);
        }
        Ok(match standing.failed {
            Some(failed) if uptime < failed + SUSPECT_FOR => Trust::Suspect,
            _ if standing.is_proven => Trust::Proven,
            _ => Trust::Unknown,
        })
    }

    /// Remembers whether its signature was true.
    pub fn judge(&self, address: IpAddr, is_true: bool, uptime: Duration) {
        let standing = self.standing(address, uptime);
        let mut standing = standing.lock();
        standing.is_proven = is_true;
        standing.failed = if is_true { None } else { Some(uptime) };
    }

    /// Lets it send a body before its signature is checked.
    pub fn unproven_body(&self, address: IpAddr, uptime: Duration) -> Option<OwnedSemaphorePermit> {
        let bodies = Arc::clone(&self.standing(address, uptime).lock().unproven_bodies);
        bodies.try_acquire_owned().ok()
    }

    fn standing(&self, address: IpAddr, uptime: Duration) -> Arc<Mutex<Standing>> {
        self.standings.get_with(network(address), || {
            let bucket = Bucket::new(self.rate, uptime);
            let unproven_bodies = Arc::new(Semaphore::new(UNPROVEN_BODIES));
            Arc::new(Mutex::new(Standing { bucket, is_proven: false, failed: None, unproven_bodies }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_s: 1.0, burst: 5.0 };

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn one_address_cannot_use_up_anothers_share() {
        let callers = CallersByAddress::new(RATE);
        let passed = (0..10).filter(|_| callers.admit(ip("10.0.0.1"), at(0)).is_ok()).count();
        assert_eq!(passed, 5);
        assert!(matches!(callers.admit(ip("10.0.0.1"), at(0)), Err(Refusal::AddressRate)));
        assert!(callers.admit(ip("10.0.0.2"), at(0)).is_ok());
        assert!(callers.admit(ip("10.0.0.1"), at(1)).is_ok(), "a second later");
    }

    #[test]
    fn an_address_is_trusted_by_its_last_signature() {
        let callers = CallersByAddress::new(RATE);
        let trust = |seconds| callers.admit(ip("10.0.0.1"), at(seconds)).expect("in its rate");
        assert_eq!(trust(0), Trust::Unknown);
        callers.judge(ip("10.0.0.1"), true, at(1));
        assert_eq!(trust(10), Trust::Proven);
        callers.judge(ip("10.0.0.1"), false, at(11));
        assert_eq!(trust(70), Trust::Suspect);
        assert_eq!(trust(71), Trust::Unknown, "a minute later");
        callers.judge(ip("10.0.0.1"), true, at(72));
        assert_eq!(trust(73), Trust::Proven);
    }

    #[test]
    fn an_address_may_send_few_unproven_bodies_at_a_time() {
        let callers = CallersByAddress::new(RATE);
        let bodies: Vec<_> = (0..40).map(|_| callers.unproven_body(ip("10.0.0.1"), at(0))).collect();
        assert_eq!(bodies.iter().flatten().count(), UNPROVEN_BODIES);
        assert!(callers.unproven_body(ip("10.0.0.2"), at(0)).is_some(), "another");
        drop(bodies);
        assert!(callers.unproven_body(ip("10.0.0.1"), at(0)).is_some(), "when they are over");
    }
}
