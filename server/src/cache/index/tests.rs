use std::collections::BTreeMap;

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
    /// All but every so many-th row: cells empty and join.
    Thin(u64),
}

fn row(dim: usize) -> impl Strategy<Value = Vec<i8>> {
    // Few values and ones far apart: ties, zero rows and extremes all come up.
    let component = prop_oneof![Just(0i8), Just(127), Just(-128), -3i8..3, any::<i8>()];
    prop_oneof![4 => proptest::collection::vec(component, dim), 1 => Just(vec![0; dim]), 1 => Just(vec![-128; dim])]
}

fn change(dim: usize) -> impl Strategy<Value = Change> {
    prop_oneof![
        40 => (0..300u64, row(dim)).prop_map(|(id, row)| Change::Insert(id, row)),
        12 => (0..300u64).prop_map(Change::Remove),
        1 => (2..20u64).prop_map(Change::Thin),
    ]
}

fn apply(index: &mut Index, naive: &mut Naive, change: Change) {
    match change {
        Change::Insert(id, row) => {
            index.insert(id, &row).unwrap();
            naive.0.insert(id, row);
        }
        Change::Remove(id) => assert_eq!(index.remove(id), naive.0.remove(&id).is_some()),
        Change::Thin(keep) => {
            let goes: Vec<u64> = naive.0.keys().copied().filter(|id| id % keep != 0).collect();
            goes.into_iter().for_each(|id| apply(index, naive, Change::Remove(id)));
        }
    }
}

/// Everything that must hold whichever cells a search goes through.
fn check(index: &Index, naive: &Naive, query: &[i8], k: usize) -> Vec<Near> {
    assert_eq!(index.len(), naive.0.len());
    assert_eq!(index.is_empty(), naive.0.is_empty());
    assert!(index.ids().eq(naive.0.keys().copied()));
    assert_eq!(index.cells.iter().map(Cell::len).sum::<usize>(), index.len());
    assert_eq!(index.cells.iter().filter(|cell| cell.len() == 0).count(), index.empty_cells.len());
    assert!(index.cells.iter().all(|cell| cell.len() < index.cell_rows));
    assert!(index.places.iter().all(|(id, cell)| index.cells[*cell as usize].find(*id).is_some()));
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
    fn an_index_finds_what_a_naive_scan_finds(
        (dim, changes, query) in (prop_oneof![Just(1usize), 2..70usize, Just(128), Just(257)])
            .prop_flat_map(|dim| (Just(dim), proptest::collection::vec(change(dim), 0..400), row(dim))),
        cell_rows in 8..80usize,
        k in 0..20usize,
    ) {
        let (mut index, mut naive) = (Index::with_limits(dim, cell_rows, 1_000), Naive::default());
        for (at, change) in changes.into_iter().enumerate() {
            apply(&mut index, &mut naive, change);
            if at % 32 == 0 {
                check(&index, &naive, &query, k);
            }
        }
        let found = check(&index, &naive, &query, k);
        let expected = if query.iter().all(|c| *c == 0) { Vec::new() } else { naive.nearest(&query, k) };
        prop_assert_eq!(found.len(), expected.len());
        for (near, cosine) in found.iter().zip(expected) {
            prop_assert!((f64::from(near.cosine) - cosine).abs() < 1e-5);
        }
    }

    #[test]
    fn an_index_too_large_to_go_through_stays_consistent(
        changes in proptest::collection::vec(change(16), 0..600),
        query in row(16),
        scan_rows in 1..100usize,
    ) {
        let (mut index, mut naive) = (Index::with_limits(16, 8, scan_rows), Naive::default());
        for (at, change) in changes.into_iter().enumerate() {
            apply(&mut index, &mut naive, change);
            if at % 16 == 0 {
                check(&index, &naive, &query, 8);
            }
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

#[test]
fn a_search_of_a_tenth_of_the_rows_finds_nearly_all_that_are_near() {
    let rows = clustered(6_000, 64, 1);
    let (mut index, mut naive) = (Index::with_limits(64, 64, 600), Naive::default());
    for (id, row) in rows.iter().enumerate() {
        apply(&mut index, &mut naive, Change::Insert(id as u64, row.clone()));
    }
    let queries: Vec<_> = rows.iter().step_by(29).cloned().collect();
    assert!(recall(&index, &naive, &queries) > 0.95);
    // Rows go, others come: nothing wears out.
    for (id, row) in clustered(6_000, 64, 2).into_iter().enumerate() {
        apply(&mut index, &mut naive, Change::Remove(id as u64));
        apply(&mut index, &mut naive, Change::Insert(id as u64 + 6_000, row));
    }
    let queries: Vec<_> = naive.0.values().step_by(29).cloned().collect();
    assert!(recall(&index, &naive, &queries) > 0.95);
}

#[test]
fn memory_is_given_back() {
    let mut index = Index::with_limits(128, 64, 600);
    for (id, row) in clustered(5_000, 128, 3).iter().enumerate() {
        index.insert(id as u64, row).unwrap();
    }
    let full = index.size_bytes();
    assert!((128 * 5_000..400 * 5_000).contains(&full), "{full}");
    assert!((0..4_900).all(|id| index.remove(id)));
    assert!(index.size_bytes() < full / 5, "{} of {full}", index.size_bytes());
}

#[test]
fn equal_rows_beyond_a_cell_are_all_found() {
    let mut index = Index::with_limits(3, 8, 1_000);
    for id in 0..100 {
        index.insert(id, &[1, 2, 3]).unwrap();
    }
    let mut found = Vec::new();
    index.nearest(&[1, 2, 3], 100, &mut found).unwrap();
    assert!(found.iter().map(|near| near.id).eq(0..100));
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

#[test]
fn a_few_rows_take_little_whether_they_came_first_or_are_left() {
    let mut index = Index::new(128);
    let rows = clustered(100, 128, 4);
    index.insert(0, &rows[0]).unwrap();
    let alone = index.size_bytes();
    assert!(alone < 1_024, "{alone}");
    (1..100).for_each(|id| index.insert(id as u64, &rows[id]).unwrap());
    assert!((1..100).all(|id| index.remove(id)));
    assert!(index.size_bytes() <= 2 * alone, "{} of {alone}", index.size_bytes());
}

/// What tests look at.
impl Index {
    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether there is a row of this id.
    pub fn contains(&self, id: u64) -> bool {
        self.places.contains_key(&id)
    }

    /// The ids, ascending.
    pub fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.places.keys().copied()
    }

    /// Memory set aside, estimated: rows and tables, bytes. Goes through all cells: some 10 µs at a million rows.
    pub fn size_bytes(&self) -> usize {
        /// A tree's entry with its share of half-empty nodes.
        const PLACE_BYTES: usize = 22;
        let cells: usize = self.cells.iter().map(Cell::size_bytes).sum();
        let tables =
            self.cells.capacity() * size_of::<Cell>() + self.centres.capacity() + self.empty_cells.capacity() * 4;
        size_of::<Self>() + cells + tables + self.places.len() * PLACE_BYTES
    }
}
