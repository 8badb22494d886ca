//! An HNSW graph of numbered rows: usearch, kept to what is safe beside searches.
//!
//! Rows are only ever added. usearch allows that while others search, as long as its room was set aside beforehand, so a
//! graph has a fixed capacity; what is removed is remembered by the [`Shelf`](super::shelf::Shelf) around it.

use std::sync::atomic::{AtomicUsize, Ordering};

use usearch::{IndexOptions, MetricKind, ScalarKind};

/// Neighbours of a row (twice as many on the ground level, 4 bytes each).
const CONNECTIVITY: usize = 16;
/// Candidates looked at for a new row's neighbours.
const EXPANSION_ADD: usize = 128;
/// Candidates kept during a search, and rows asked for: enough that the nearest survive a third of removed ones.
pub(super) const EXPANSION_SEARCH: usize = 96;
/// Searches and adds at once. Each has its own scratch space in usearch; one more is turned away and comes again.
const CONTEXTS: usize = 64;
/// How often a search comes again before it gives up. Each time the thread lets others run: a search takes well below 1 ms.
const TRIES: usize = 1_000;

/// The graph could not be built or fed: most likely memory ran out. The rows stay where they were, found by the slower scan.
#[derive(Debug, thiserror::Error)]
#[error("index graph: {0}")]
pub struct GraphError(String);

/// See the module.
pub(super) struct Graph {
    inner: usearch::Index,
    capacity: usize,
    /// The number of the next row. Claimed before the row is there, so a failed add leaves a gap.
    next: AtomicUsize,
}

impl Graph {
    /// An empty graph with room for `capacity` rows. Takes some 50 ns a row: not under a lock that searches wait for.
    pub(super) fn new(dim: usize, capacity: usize) -> Result<Self, GraphError> {
        let options = IndexOptions {
            dimensions: dim,
            metric: MetricKind::Cos,
            quantization: ScalarKind::I8,
            connectivity: CONNECTIVITY,
            expansion_add: EXPANSION_ADD,
            expansion_search: EXPANSION_SEARCH,
            multi: false,
        };
        let inner = usearch::Index::new(&options).map_err(told)?;
        inner.reserve_capacity_and_threads(capacity, CONTEXTS).map_err(told)?;
        Ok(Self { inner, capacity, next: AtomicUsize::new(0) })
    }

    /// Rows it has room for.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether another row has no room.
    pub(super) fn is_full(&self) -> bool {
        self.next.load(Ordering::Relaxed) >= self.capacity
    }

    /// Adds a row and says its number, or nothing when there is no room.
    pub(super) fn add(&self, row: &[i8]) -> Result<Option<u32>, GraphError> {
        if self.is_full() {
            return Ok(None);
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(number) = u32::try_from(number).ok().filter(|_| number < self.capacity) else { return Ok(None) };
        self.inner.add(u64::from(number), row).map_err(told)?;
        Ok(Some(number))
    }

    /// Reads a row back.
    pub(super) fn read(&self, number: u32, row: &mut [i8]) -> Result<(), GraphError> {
        match self.inner.get(u64::from(number), row).map_err(told)? {
            0 => Err(GraphError(format!("row {number} is gone"))),
            _ => Ok(()),
        }
    }

    /// The [`EXPANSION_SEARCH`] nearest rows or `k`, whichever is more, removed ones among them.
    pub(super) fn search(&self, query: &[i8], k: usize) -> Result<Vec<(u32, f32)>, GraphError> {
        let wanted = k.max(EXPANSION_SEARCH);
        self.try_often(|inner| inner.search(query, wanted))
    }

    /// The `k` nearest rows that `allow` lets pass. Slower than [`search`](Self::search), the more so the fewer pass.
    pub(super) fn search_where(
        &self,
        query: &[i8],
        k: usize,
        allow: impl Fn(u32) -> bool,
    ) -> Result<Vec<(u32, f32)>, GraphError> {
        self.try_often(|inner| inner.filtered_search(query, k, |key| u32::try_from(key).is_ok_and(&allow)))
    }

    fn try_often<E: std::fmt::Display>(
        &self,
        search: impl Fn(&usearch::Index) -> Result<usearch::ffi::Matches, E>,
    ) -> Result<Vec<(u32, f32)>, GraphError> {
        let mut tries = 0;
        loop {
            match search(&self.inner) {
                Ok(found) => {
                    let rows = found.keys.into_iter().zip(found.distances);
                    return Ok(rows.map(|(key, distance)| (key as u32, (1.0 - distance).clamp(-1.0, 1.0))).collect());
                }
                Err(_) if tries < TRIES => {
                    tries += 1;
                    std::thread::yield_now();
                }
                Err(error) => return Err(told(error)),
            }
        }
    }

    /// Bytes of rows, links and tables.
    pub(super) fn size_bytes(&self) -> usize {
        let stats = self.inner.memory_stats();
        // usearch does not count its tables: the row's vector, its node, and a hash of keys sized to a power of two.
        let tables = self.capacity * 16 + (self.capacity * 4 / 3).next_power_of_two() * 16;
        stats.graph_allocated + stats.vectors_allocated + tables
    }
}

/// usearch says what went wrong in words only.
fn told(error: impl std::fmt::Display) -> GraphError {
    GraphError(error.to_string())
}
