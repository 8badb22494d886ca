//! A ledger on disk: most buckets of a scope's are empty and are left out.

use serde::{Deserialize, Serialize};

use super::{Ageing, BUCKETS, Bucket, HalfLife, Ledger, Recent, Seen};

/// As it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    half_life: HalfLife,
    ageing: Ageing,
    served: [f64; 3],
    /// Those that are not empty, each with its place.
    #[serde(default)]
    used: Vec<(usize, Bucket)>,
    /// All of them, as earlier versions wrote.
    #[serde(default, skip_serializing)]
    buckets: Vec<Bucket>,
    #[serde(default)]
    seen: Seen,
    #[serde(default)]
    recent: Recent,
}

impl From<Ledger> for Stored {
    fn from(ledger: Ledger) -> Self {
        let Ledger { half_life, ageing, served, buckets, seen, recent } = ledger;
        let used = buckets.into_iter().enumerate().filter(|(_, bucket)| *bucket != Bucket::default());
        let (used, buckets) = (used.collect(), Vec::new());
        Self { half_life, ageing, served, used, buckets, seen, recent }
    }
}

impl TryFrom<Stored> for Ledger {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        let Stored { half_life, ageing, served, used, mut buckets, seen, recent } = stored;
        let wrong = |what| format!("a ledger has {BUCKETS} buckets, not {what}: start with an empty one");
        if buckets.is_empty() {
            buckets = vec![Bucket::default(); BUCKETS];
        }
        if buckets.len() != BUCKETS {
            return Err(wrong(buckets.len()));
        }
        for (place, bucket) in used {
            *buckets.get_mut(place).ok_or_else(|| wrong(place + 1))? = bucket;
        }
        Ok(Self { half_life, ageing, served, buckets, seen, recent })
    }
}
