use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use proptest::prelude::*;

use super::*;

/// What an index should hold, searched the plain way.
#[derive(Default)]
struct Naive(BTreeMap<u64, Vec<i8>>);

impl Naive {
    fn cosine(left: &[i8], right: &[i8]) -> f64 {
        let product = |a: &[i8], b: &[i8]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        let lengths = (product(left, left) * product(right, right)).sqrt();
        if lengths > 0.0 { product(left, right) / lengths } else { 0.0 }
    }

    fn nearest(&self, query: &[i8], k: usize) -> Vec<f64> {
        let mut all: Vec<f64> = self.0.values().map(|row| Self::cosine(query, row)).collect();
        all.sort_by(|a, b| b.total_cmp(a));
        all.truncate(k);
        all
    }
}

#[derive(Debug, Clone)]
enum Change {
    Insert(u64, Vec<i8>),
    Remove(u64),
    /// A whole step.
    Settle(usize),
    /// A step during which the row is removed, or replaced.
    SettleBeside(usize, u64, Option<Vec<i8>>),
    /// A step that two workers do at once.
    SettleTwice(usize),
}

fn row(dim: usize) -> impl Strategy<Value = Vec<i8>> {
    // Few values and ones far apart: ties, zero rows and extremes all come up.
    let component = prop_oneof![Just(0i8), Just(127), Just(-128), -3i8..3, any::<i8>()];
    prop_oneof![4 => proptest::collection::vec(component, dim), 1 => Just(vec![0; dim]), 1 => Just(vec![-128; dim])]
}

fn change(dim: usize) -> impl Strategy<Value = Change> {
    prop_oneof![
        12 => (0..300u64, row(dim)).prop_map(|(id, row)| Change::Insert(id, row)),
        4 => (0..300u64).prop_map(Change::Remove),
        3 => (1..40usize).prop_map(Change::Settle),
        1 => (1..40usize, 0..300u64, proptest::option::of(row(dim))).prop_map(|(n, id, row)| Change::SettleBeside(n, id, row)),
        1 => (1..40usize).prop_map(Change::SettleTwice),
    ]
}

fn settle_fully(index: &mut Index) {
    let mut steps = 0;
    while let Some(step) = index.plan(16) {
        drop(index.commit(step.run().unwrap()));
        steps += 1;
        assert!(steps < 10_000, "settling does not end");
    }
}

fn apply(index: &mut Index, naive: &mut Naive, change: Change) {
    match change {
        Change::Insert(id, row) => {
            index.insert(id, &row).unwrap();
            naive.0.insert(id, row);
        }
        Change::Remove(id) => assert_eq!(index.remove(id), naive.0.remove(&id).is_some()),
        Change::Settle(rows) => {
            if let Some(step) = index.plan(rows) {
                drop(index.commit(step.run().unwrap()));
            }
        }
        Change::SettleBeside(rows, id, row) => {
            let settled = index.plan(rows).map(|step| step.run().unwrap());
            match row {
                Some(row) => apply(index, naive, Change::Insert(id, row)),
                None => apply(index, naive, Change::Remove(id)),
            }
            drop(settled.map(|settled| index.commit(settled)));
        }
        Change::SettleTwice(rows) => {
            let steps = [index.plan(rows), index.plan(rows)];
            let settled = steps.map(|step| step.map(|step| step.run().unwrap()));
            for settled in settled.into_iter().flatten() {
                drop(index.commit(settled));
            }
        }
    }
}

/// Everything that must hold however good the graph is.
fn check(index: &Index, naive: &Naive, query: &[i8], k: usize) -> Vec<Near> {
    assert_eq!(index.len(), naive.0.len());
    assert_eq!(index.is_empty(), naive.0.is_empty());
    assert!(index.ids().eq(naive.0.keys().copied()));
    let mut found = vec![Near { id: 9, cosine: 9.0 }];
    index.nearest(query, k, &mut found).unwrap();
    assert!(found.len() <= k.min(naive.0.len()));
    assert!(found.is_sorted_by(|a, b| a.cosine > b.cosine || a.cosine == b.cosine && a.id < b.id));
    for near in &found {
        let row = naive.0.get(&near.id).expect("a removed row was found");
        assert!((f64::from(near.cosine) - Naive::cosine(query, row)).abs() < 1e-4, "{near:?}");
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_flat_index_finds_what_a_naive_scan_finds(
        (dim, changes, query) in (prop_oneof![Just(1usize), 2..70usize, Just(128), Just(257)])
            .prop_flat_map(|dim| (Just(dim), proptest::collection::vec(change(dim), 0..200), row(dim))),
        k in 0..20usize,
    ) {
        let (mut index, mut naive) = (Index::new(dim), Naive::default());
        for change in changes {
            apply(&mut index, &mut naive, change);
        }
        let found = check(&index, &naive, &query, k);
        let expected = if query.iter().all(|c| *c == 0) { Vec::new() } else { naive.nearest(&query, k) };
        prop_assert_eq!(found.len(), expected.len());
        for (near, cosine) in found.iter().zip(expected) {
            prop_assert!((f64::from(near.cosine) - cosine).abs() < 1e-5);
        }
    }

    #[test]
    fn an_index_with_graphs_stays_consistent(
        changes in proptest::collection::vec(change(16), 0..600),
        query in row(16),
        flat_rows in 1..60usize,
    ) {
        let (mut index, mut naive) = (Index::with_flat_rows(16, flat_rows), Naive::default());
        for (at, change) in changes.into_iter().enumerate() {
            apply(&mut index, &mut naive, change);
            if at % 16 == 0 {
                check(&index, &naive, &query, 8);
            }
        }
        check(&index, &naive, &query, 8);
        settle_fully(&mut index);
        check(&index, &naive, &query, 8);
        prop_assert!(index.shelves.len() <= 1);
        if index.len() <= flat_rows / 2 {
            prop_assert!(index.shelves.is_empty());
        }
        if index.len() > flat_rows {
            prop_assert_eq!(index.tail_len(), 0);
        }
    }
}

/// Rows that look like embeddings of prompts: clusters, and near-duplicates within.
fn clustered(rows: usize, dim: usize, seed: u64) -> Vec<Vec<i8>> {
    let mut state = seed | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let centres: Vec<Vec<f32>> = (0..rows.div_ceil(20)).map(|_| (0..dim).map(|_| next()).collect()).collect();
    (0..rows)
        .map(|at| {
            let vector: Vec<f32> = centres[at % centres.len()].iter().map(|c| c + 0.3 * next()).collect();
            let length = vector.iter().map(|c| c * c).sum::<f32>().sqrt();
            vector.iter().map(|c| (c / length * 127.0).round() as i8).collect()
        })
        .collect()
}

fn recall(index: &Index, naive: &Naive, queries: &[Vec<i8>]) -> f64 {
    let mut good = 0;
    for query in queries {
        let eighth = naive.nearest(query, 8)[7] - 1e-4;
        good += check(index, naive, query, 8).iter().filter(|near| f64::from(near.cosine) >= eighth).count();
    }
    good as f64 / (queries.len() * 8) as f64
}

fn filled(rows: &[Vec<i8>], flat_rows: usize) -> (Index, Naive) {
    let (mut index, mut naive) = (Index::with_flat_rows(rows[0].len(), flat_rows), Naive::default());
    for (id, row) in rows.iter().enumerate() {
        apply(&mut index, &mut naive, Change::Insert(id as u64, row.clone()));
    }
    (index, naive)
}

#[test]
fn rows_are_found_at_once_and_again_when_they_stand_on_a_shelf() {
    let rows = clustered(3_000, 64, 1);
    let (mut index, naive) = filled(&rows, 500);
    assert_eq!(index.tail_len(), 3_000);
    assert!(recall(&index, &naive, &rows[..100]) > 0.999);
    settle_fully(&mut index);
    assert_eq!(index.tail_len(), 0);
    assert!(recall(&index, &naive, &rows[..100]) > 0.95);
}

#[test]
fn a_worn_shelf_is_rebuilt_and_finds_all_meanwhile() {
    let rows = clustered(3_000, 64, 2);
    let (mut index, mut naive) = filled(&rows, 500);
    settle_fully(&mut index);
    let first = index.shelves[0].serial;
    // Whole clusters go, and four fifths of all rows.
    for id in (0..3_000).filter(|id| id % 5 != 0) {
        apply(&mut index, &mut naive, Change::Remove(id));
    }
    let queries: Vec<_> = rows.iter().step_by(29).cloned().collect();
    assert!(recall(&index, &naive, &queries) > 0.95);
    let mut steps = 0;
    while let Some(step) = index.plan(50) {
        drop(index.commit(step.run().unwrap()));
        steps += 1;
        if steps % 4 == 0 {
            assert!(recall(&index, &naive, &queries) > 0.95, "step {steps}");
        }
    }
    assert!(index.shelves.len() == 1 && index.shelves[0].serial != first);
    assert!(index.shelves[0].dead() == 0);
}

#[test]
fn a_full_graph_is_followed_by_a_larger_one() {
    let rows = clustered(4_000, 32, 3);
    let (mut index, mut naive) = filled(&rows[..1_000], 500);
    settle_fully(&mut index);
    for (id, row) in rows.iter().enumerate().skip(1_000) {
        apply(&mut index, &mut naive, Change::Insert(id as u64, row.clone()));
        if id % 50 == 0 {
            apply(&mut index, &mut naive, Change::Settle(64));
        }
    }
    settle_fully(&mut index);
    assert!(index.shelves.len() == 1 && index.tail_len() == 0);
    assert!(recall(&index, &naive, &rows[..100]) > 0.95);
}

#[test]
fn an_index_that_shrank_far_enough_is_flat_again() {
    let rows = clustered(1_000, 32, 4);
    let (mut index, mut naive) = filled(&rows, 500);
    settle_fully(&mut index);
    for id in 0..745 {
        apply(&mut index, &mut naive, Change::Remove(id));
    }
    settle_fully(&mut index);
    assert_eq!(index.tail_len(), 0, "above half of the bound it keeps its graph");
    for id in 745..760 {
        apply(&mut index, &mut naive, Change::Remove(id));
    }
    settle_fully(&mut index);
    assert!(index.shelves.is_empty() && index.tail_len() == 240);
    assert!(recall(&index, &naive, &rows[760..800]) > 0.999);
}

#[test]
fn searches_and_inserts_go_on_while_a_worker_settles() {
    let rows = Arc::new(clustered(6_000, 32, 5));
    let index = Arc::new(RwLock::new(Index::with_flat_rows(32, 500)));
    let done = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) || index.read().plan(64).is_some() {
                let step = index.read().plan(64);
                if let Some(step) = step {
                    let settled = step.run().unwrap();
                    let leftover = index.write().commit(settled);
                    drop(leftover);
                }
            }
        });
        scope.spawn(|| {
            for (id, row) in rows.iter().enumerate() {
                index.write().insert(id as u64, row).unwrap();
                if id >= 4_000 {
                    assert!(index.write().remove(id as u64 - 4_000));
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        scope.spawn(|| {
            let mut found = Vec::new();
            for row in rows.iter().cycle() {
                index.read().nearest(row, 8, &mut found).unwrap();
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
    });
    let index = index.read();
    assert_eq!((index.len(), index.tail_len()), (4_000, 0));
    let naive = Naive(rows.iter().enumerate().skip(2_000).map(|(id, row)| (id as u64, row.clone())).collect());
    assert!(recall(&index, &naive, &rows[2_000..2_100]) > 0.95);
}

#[test]
fn a_vector_of_another_width_is_refused() {
    let mut index = Index::new(4);
    let wrong = WrongWidth { expected: 4, got: 3 };
    assert_eq!(index.insert(1, &[1, 2, 3]), Err(wrong));
    assert_eq!(index.nearest(&[1, 2, 3], 1, &mut Vec::new()), Err(wrong));
    assert!(index.is_empty());
}

#[test]
fn a_row_without_direction_is_near_to_nothing() {
    let mut index = Index::new(2);
    index.insert(1, &[0, 0]).unwrap();
    index.insert(2, &[-1, 0]).unwrap();
    let mut found = Vec::new();
    index.nearest(&[127, 0], usize::MAX, &mut found).unwrap();
    assert_eq!(found, [Near { id: 1, cosine: 0.0 }, Near { id: 2, cosine: -1.0 }]);
    index.nearest(&[0, 0], 2, &mut found).unwrap();
    assert!(found.is_empty());
}
