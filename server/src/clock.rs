//! The wall clock as a value, so that tests can freeze it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time since the Unix epoch.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place where the wall clock enters")]
    pub fn system() -> Self {
        Self(Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)))
    }

    /// A clock that tells what `now_ns` tells.
    pub fn from_fn(now_ns: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ns))
    }

    /// The same clock, `speed` times as fast from now on.
    pub fn faster(self, speed: u32) -> Self {
        let since_ns = self.now_ns();
        Self::from_fn(move || since_ns + self.now_ns().saturating_sub(since_ns).saturating_mul(speed.into()))
    }

    /// Nanoseconds since the Unix epoch.
    pub fn now_ns(&self) -> u64 {
        (self.0)()
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> u64 {
        self.now_ns() / 1_000_000
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn a_faster_clock_goes_on_from_where_it_is() {
        let told = Arc::new(AtomicU64::new(1_000));
        let read = Arc::clone(&told);
        let clock = Clock::from_fn(move || read.load(Ordering::Relaxed)).faster(72);
        assert_eq!(clock.now_ns(), 1_000);
        told.store(1_010, Ordering::Relaxed);
        assert_eq!(clock.now_ns(), 1_720);
    }
}
