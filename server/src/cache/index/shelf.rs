//! A graph and what is known of its rows: whose they are and which still count.

use std::cell::Cell;
use std::sync::Arc;

use super::Place;
use super::graph::{Graph, GraphError};

/// Rows a search looks at, at most, while it hunts for living ones among removed ones: some 2 ms. It happens only where most
/// of a neighbourhood was removed and not yet rebuilt.
const HUNT_ROWS: usize = 8_192;

/// See the module.
pub(super) struct Shelf {
    /// Names the shelf among the few there are at a time.
    pub(super) serial: u16,
    pub(super) graph: Arc<Graph>,
    /// By row number. Rows the graph holds beyond the end are not ours yet.
    ids: Vec<u64>,
    /// One bit a row: not removed.
    alive: Vec<u64>,
    /// Rows whose place is here.
    len: usize,
    /// Rows before this one have another place by now.
    moved: usize,
}

impl Shelf {
    pub(super) fn new(serial: u16, graph: Arc<Graph>) -> Self {
        let capacity = graph.capacity();
        // Set aside whole: growing by copying would hold up the lock. Untouched pages cost nothing.
        let (ids, alive) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity.div_ceil(64)));
        Self { serial, graph, ids, alive, len: 0, moved: 0 }
    }

    /// Rows whose place is here.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Rows of the graph that no longer count.
    pub(super) fn dead(&self) -> usize {
        self.ids.len() - self.len
    }

    /// Takes over the row the graph holds under `number`. Numbers never come twice.
    pub(super) fn adopt(&mut self, number: u32, id: u64) {
        let number = number as usize;
        if number >= self.ids.len() {
            self.ids.resize(number + 1, 0);
            self.alive.resize((number + 1).div_ceil(64), 0);
        }
        self.ids[number] = id;
        self.alive[number / 64] |= 1 << (number % 64);
        self.len += 1;
    }

    /// The row is gone: searches pass over it.
    pub(super) fn bury(&mut self, number: u32) {
        let number = number as usize;
        if let Some(word) = self.alive.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
            self.len -= 1;
        }
    }

    /// The row has another place by now. It still guides searches, and its near rows are found there.
    pub(super) fn hand_over(&mut self) {
        self.len -= 1;
    }

    /// The next rows to move elsewhere, `most` at most, and what to tell [`moved_to`](Self::moved_to) once they have.
    pub(super) fn next_rows(&self, most: usize) -> (Vec<(u32, u64)>, usize) {
        let mut rows = Vec::new();
        let mut at = self.moved;
        while at < self.ids.len() && rows.len() < most {
            if self.is_alive(at) {
                rows.push((at as u32, self.ids[at]));
            }
            at += 1;
        }
        (rows, at)
    }

    /// All rows before `end` have moved. Should one have been adopted behind it meanwhile, the search starts over.
    pub(super) fn moved_to(&mut self, end: usize) {
        self.moved = if end >= self.ids.len() && self.len > 0 { 0 } else { self.moved.max(end) };
    }

    /// The place of its row of this number.
    pub(super) fn place(&self, number: u32) -> Place {
        Place::Shelf { serial: self.serial, number }
    }

    /// The ids and numbers of the rows nearest to the query, `k` at least if there are; some may have moved elsewhere.
    pub(super) fn search(&self, query: &[i8], k: usize) -> Result<Vec<(u64, u32, f32)>, GraphError> {
        let found = self.graph.search(query, k)?;
        let asked = found.len();
        let mut rows = self.living(found);
        // Short of rows although the graph gave all it was asked for: the removed ones stood in front.
        if rows.len() < k && asked > rows.len() && self.len > rows.len() {
            let seen = Cell::new(0usize);
            let allow = |number: u32| {
                seen.set(seen.get() + 1);
                // Past the bound all may pass: the search has its fill and ends.
                seen.get() > HUNT_ROWS || self.is_alive(number as usize)
            };
            rows = self.living(self.graph.search_where(query, k, allow)?);
        }
        Ok(rows)
    }

    fn living(&self, found: Vec<(u32, f32)>) -> Vec<(u64, u32, f32)> {
        let rows = found.into_iter().filter(|(number, _)| self.is_alive(*number as usize));
        rows.map(|(number, cosine)| (self.ids[number as usize], number, cosine)).collect()
    }

    fn is_alive(&self, number: usize) -> bool {
        self.alive.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Bytes of the graph and of what is known of its rows.
    pub(super) fn size_bytes(&self) -> usize {
        self.graph.size_bytes() + self.ids.capacity() * 8 + self.alive.capacity() * 8
    }
}
