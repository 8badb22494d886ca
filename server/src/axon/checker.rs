//! Checks signatures, off the async threads and together.
//!
//! Checking one costs 35 µs of curve arithmetic; thirty together cost half of that each. So requests leave their claims in
//! a queue, and a thread takes whatever waits there as one batch. It never waits for a batch to fill: an idle axon checks
//! each claim as it comes, and the busier it is the larger its batches get.
//!
//! A false claim fails its whole batch, which is then halved until the false one stands alone. So that nobody can make
//! this dear for others, claims queue by what is known of the address that they come from, and lanes never share a batch:
//! *proven* addresses (their last claim was true) first, then *unknown* ones, and *suspects* (their last claim was false)
//! one by one; now and then a later lane goes first. A lane whose batches fail gets smaller batches, until they succeed again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::keys::{Claim, verify, verify_all};

/// Claims that wait in one lane at most: some 20 ms of work, when no other lane has any.
const LANE_CLAIMS: usize = 1_024;
/// Larger batches save little more, and make the first of them wait.
pub const MAX_BATCH: usize = 64;
/// Each so many turns one of the later lanes goes first, by turns, so that no flood silences them for good.
const FAIR_TURN: u32 = 8;
/// Who waits longer is told to come again.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is known of the address that a claim comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// Its last claim was true.
    Proven,
    /// It made none so far.
    #[default]
    Unknown,
    /// Its last claim was false.
    Suspect,
}

/// The lane is full or does not move: signatures come faster than this machine checks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Takes claims.
pub struct Checker {
    queue: Arc<Queue>,
}

/// Checks them; runs on a thread of its own.
pub struct CheckerThread {
    queue: Arc<Queue>,
    max_batch: usize,
}

struct Queue {
    lanes: Mutex<Lanes>,
    work: Condvar,
}

#[derive(Default)]
struct Lanes {
    by_trust: [Lane; 3],
    turn: u32,
    is_closed: bool,
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<Pending>,
    /// How often its batch size is halved for now.
    halvings: u32,
}

struct Pending {
    claim: Claim,
    verdict: oneshot::Sender<bool>,
}

impl Checker {
    /// A queue, and `threads` that empty it, in batches of `max_batch` claims at most (1: one by one).
    pub fn new(threads: usize, max_batch: usize) -> (Self, Vec<CheckerThread>) {
        let queue = Arc::new(Queue { lanes: Mutex::default(), work: Condvar::new() });
        let threads = (0..threads.max(1))
            .map(|_| CheckerThread { queue: Arc::clone(&queue), max_batch: max_batch.clamp(1, MAX_BATCH) })
            .collect();
        (Self { queue }, threads)
    }

    /// Whether `claim` is true; false also when the threads have ended.
    pub async fn check(&self, claim: Claim, trust: Trust) -> Result<bool, Full> {
        let (verdict, checked) = oneshot::channel();
        {
            let mut lanes = self.queue.lanes.lock();
            let lane = &mut lanes.by_trust[trust as usize].waiting;
            if lane.len() >= LANE_CLAIMS {
                return Err(Full);
            }
            lane.push_back(Pending { claim, verdict });
        }
        self.queue.work.notify_one();
        let verdict = timeout(PATIENCE, checked).await.map_err(|_| Full)?;
        Ok(verdict.unwrap_or(false))
    }
}

impl Drop for Checker {
    fn drop(&mut self) {
        self.queue.lanes.lock().is_closed = true;
        self.queue.work.notify_all();
    }
}

impl CheckerThread {
    /// Checks until the [`Checker`] is gone.
    pub fn run(self) {
        while let Some((lane, batch)) = self.next_batch() {
            if let Some(is_clean) = settle(batch) {
                self.queue.lanes.lock().by_trust[lane].learn(is_clean);
            }
        }
    }

    fn next_batch(&self) -> Option<(usize, Vec<Pending>)> {
        let mut lanes = self.queue.lanes.lock();
        loop {
            if let Some(batch) = lanes.take(self.max_batch) {
                return Some(batch);
            }
            if lanes.is_closed {
                return None;
            }
            self.queue.work.wait(&mut lanes);
        }
    }
}

impl Lanes {
    fn take(&mut self, max_batch: usize) -> Option<(usize, Vec<Pending>)> {
        self.turn = self.turn.wrapping_add(1);
        let [proven, unknown, suspect] = [Trust::Proven as usize, Trust::Unknown as usize, Trust::Suspect as usize];
        let order = match (self.turn.is_multiple_of(FAIR_TURN), (self.turn / FAIR_TURN).is_multiple_of(2)) {
            (true, true) => [unknown, suspect, proven],
            (true, false) => [suspect, unknown, proven],
            (false, _) => [proven, unknown, suspect],
        };
        let lane = order.into_iter().find(|lane| !self.by_trust[*lane].waiting.is_empty())?;
        let size = if lane == Trust::Suspect as usize { 1 } else { self.by_trust[lane].batch(max_batch) };
        let waiting = &mut self.by_trust[lane].waiting;
        Some((lane, waiting.drain(..size.min(waiting.len())).collect()))
    }
}

impl Lane {
    fn batch(&self, max_batch: usize) -> usize {
        (max_batch >> self.halvings).max(1)
    }

    fn learn(&mut self, is_clean: bool) {
        self.halvings = if is_clean { self.halvings.saturating_sub(1) } else { (self.halvings + 1).min(6) };
    }
}

/// Tells each its verdict, and whether all were true; nothing if nobody waited any more.
fn settle(mut batch: Vec<Pending>) -> Option<bool> {
    // Who hung up is not worth the work. Claims of one key stand together: the curve's arithmetic is shared among neighbours.
    batch.retain(|pending| !pending.verdict.is_closed());
    batch.sort_unstable_by_key(|pending| pending.claim.public.to_bytes());
    if batch.is_empty() {
        return None;
    }
    let claims: Vec<_> = batch.iter().map(|pending| &pending.claim).collect();
    let verdicts = verdicts(&claims);
    let is_clean = verdicts.iter().all(|verdict| *verdict);
    for (pending, verdict) in batch.into_iter().zip(verdicts) {
        let _ = pending.verdict.send(verdict);
    }
    Some(is_clean)
}

/// The verdict on each of `claims`: together, then by halves.
fn verdicts(claims: &[&Claim]) -> Vec<bool> {
    match claims {
        [] => Vec::new(),
        [claim] => vec![verify(claim)],
        _ if verify_all(claims) => vec![true; claims.len()],
        _ => {
            let (left, right) = claims.split_at(claims.len() / 2);
            [verdicts(left), verdicts(right)].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use schnorrkel::{PublicKey, Signature};

    use super::*;
    use crate::keys::Signer;

    /// A claim of one of four signers, true or not.
    fn claim(index: usize, is_true: bool) -> Claim {
        let signer = Signer::from_seed(&[index as u8 % 4; 32]);
        let message = format!("message {index}");
        let signed = if is_true { message.clone() } else { format!("{message}!") };
        Claim {
            public: PublicKey::from_bytes(signer.hotkey().bytes()).expect("a key"),
            signature: Signature::from_bytes(&signer.sign(signed.as_bytes())).expect("a signature"),
            message,
        }
    }

    fn pending(index: usize) -> Pending {
        Pending { claim: claim(index, true), verdict: oneshot::channel().0 }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn every_claim_gets_its_own_verdict_whatever_its_neighbours_are(truth in prop::collection::vec(any::<bool>(), 0..20)) {
            let claims: Vec<_> = truth.iter().enumerate().map(|(index, is_true)| claim(index, *is_true)).collect();
            prop_assert_eq!(verdicts(&claims.iter().collect::<Vec<_>>()), truth);
        }
    }

    #[tokio::test]
    async fn claims_are_checked_on_the_thread_and_it_ends_with_the_queue() {
        let (checker, threads) = Checker::new(2, MAX_BATCH);
        let threads: Vec<_> = threads.into_iter().map(|thread| std::thread::spawn(|| thread.run())).collect();
        let checks = (0..40).map(|index| checker.check(claim(index, index % 7 != 3), Trust::Unknown));
        let verdicts = futures_util::future::join_all(checks).await;
        for (index, verdict) in verdicts.into_iter().enumerate() {
            assert_eq!(verdict, Ok(index % 7 != 3), "{index}");
        }
        drop(checker);
        for thread in threads {
            thread.join().expect("no panic");
        }
    }

    #[test]
    fn the_proven_go_first_then_the_unknown_then_suspects_one_by_one() {
        let mut lanes = Lanes::default();
        for index in 0..12 {
            for lane in &mut lanes.by_trust {
                lane.waiting.push_back(pending(index));
            }
        }
        let turns: Vec<_> =
            std::iter::from_fn(|| lanes.take(4)).map(|(lane, batch)| (lane, batch.len())).take(7).collect();
        assert_eq!(turns, [(0, 4), (0, 4), (0, 4), (1, 4), (1, 4), (1, 4), (2, 1)]);
    }

    #[test]
    fn no_lane_waits_for_ever_while_all_of_them_are_busy() {
        let mut lanes = Lanes::default();
        let mut served = [0; 3];
        for index in 0..32 {
            for lane in &mut lanes.by_trust {
                while lane.waiting.len() < 4 {
                    lane.waiting.push_back(pending(index));
                }
            }
            let (lane, _) = lanes.take(4).expect("all are busy");
            served[lane] += 1;
        }
        assert_eq!(served, [28, 2, 2]);
    }

    #[test]
    fn a_lane_whose_batches_fail_gets_smaller_ones_until_they_succeed() {
        let mut lane = Lane::default();
        let sizes: Vec<_> = [false, false, false, false, false, false, false, true, true]
            .map(|is_clean| {
                lane.learn(is_clean);
                lane.batch(MAX_BATCH)
            })
            .into();
        assert_eq!(sizes, [32, 16, 8, 4, 2, 1, 1, 2, 4]);
    }

    #[tokio::test]
    async fn a_full_lane_refuses_at_once_and_leaves_the_others_open() {
        let (checker, _idle) = Checker::new(1, MAX_BATCH);
        checker.queue.lanes.lock().by_trust[1].waiting.extend((0..LANE_CLAIMS).map(pending_cheap));
        assert_eq!(checker.check(claim(1, true), Trust::Unknown).await, Err(Full));
        checker.queue.lanes.lock().is_closed = true;
        let proven = checker.check(claim(1, true), Trust::Proven);
        tokio::pin!(proven);
        assert!(futures_util::poll!(proven.as_mut()).is_pending(), "it waits for the thread");
    }

    fn pending_cheap(_: usize) -> Pending {
        static CLAIM: std::sync::LazyLock<Claim> = std::sync::LazyLock::new(|| claim(0, true));
        Pending { claim: CLAIM.clone(), verdict: oneshot::channel().0 }
    }
}
