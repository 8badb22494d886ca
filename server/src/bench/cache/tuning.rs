//! A round of the tuner, with everything that it looks at. It runs on a task of its own, never on a request's path.

use std::hint::black_box;
use std::io::Write;

use anyhow::{Context, Result};
use lode_shared::{Mandate, Settings};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::table::{Bar, Row, Table};
use super::{ROUNDS, START_MS, Summary, Times};
use crate::cache::{HitLabel, Labelled, Learned, ScopeLabel};
use crate::domain::{Cause, Digest128, Evidence, LabelKind, Memory, Room, Round, Sample, Tier, Window, decide};

/// Requests that a round looks back on.
const WINDOW: u64 = 100;
/// Labels of each scope.
const LABELS: u64 = 100;

/// Rounds over a hundred requests and some labels, of one scope and of as many as are kept apart.
pub(super) fn measure(table: &mut Table<'_, impl Write>) -> Result<()> {
    for (scopes, bar) in [(1, Some(50.0)), (32, None)] {
        let (learned, window) = (taught(scopes), full());
        let round = |_| {
            let mut times = Times::new();
            (0..1_000).for_each(|_| times.take(|| drop(black_box(once(&learned, &window)))));
            times.summary()
        };
        let least = Summary::least((0..ROUNDS).map(round)).context("rounds")?;
        let row = Row::new(&format!("tuner, a round over {WINDOW} requests, {scopes} labelled scopes")).times(least);
        table.row(&bar.map_or(row.clone(), |bar| row.clone().bar(Bar::Mean(bar))))?;
    }
    Ok(())
}

fn once(learned: &Learned, window: &Window) -> crate::domain::Decided {
    let mandate = Mandate::default();
    let evidence = Evidence {
        observed: window.observed(),
        samples_seen: window.total(),
        labels: learned.labels(&mandate.limits.thresholds(), START_MS),
        room: Room::default(),
        hedges: true,
    };
    decide(&Round {
        mandate: &mandate,
        reward: None,
        evidence: &evidence,
        settings: Settings::DEFAULT,
        memory: &Memory::default(),
        min_samples: 10,
        cause: Cause::Due,
        now_ms: START_MS,
    })
}

fn taught(scopes: u64) -> Learned {
    let (learned, mut random) = (Learned::default(), SmallRng::seed_from_u64(1));
    for scope in 0..scopes {
        let label = ScopeLabel { synapse: "Task".into(), text: format!("[\"site {scope}\"]").into() };
        let digest = Digest128::of([&*label.text]);
        for _ in 0..LABELS {
            let chance = random.random_range(0.9..1.0);
            let of = Labelled { scope: digest, label: &label, right: true, stored_ms: START_MS };
            let (tier, said, kind) = (Tier::Semantic, Some(chance), LabelKind::Shadow);
            learned.candidate(digest, chance, START_MS);
            learned.hit(&HitLabel { of, tier, said, chance, kind, sampling_rate: 0.05 }, START_MS);
        }
    }
    learned
}

fn full() -> Window {
    let mut window = Window::new(WINDOW as usize);
    for request_id in 0..WINDOW {
        let hit = Some(request_id % 3 == 0);
        let cost_usd = Some(0.01);
        let similar = request_id % 6 == 0;
        window.push(Sample { request_id, response_ms: 2_000.0, success: true, hit, similar, cost_usd });
    }
    window
}
