//! The vectors of one scope: which stored rows point where a query points.
//!
//! Up to a bound all rows are in the *tail*, a plain array that is searched whole: exact, and quicker than anything cleverer.
//! Beyond it rows stand on *shelves*, HNSW graphs, and the tail only takes what is new, because adding to a large graph
//! takes several hundred microseconds that a request must not pay. Moving rows from the tail to a shelf is left to a worker
//! ([`Index::plan`], [`Step::run`], [`Index::commit`]), which does the slow part without any lock on the index.
//!
//! A graph never forgets a row and never grows. Removed rows are passed over; when they become many, or the graph is full,
//! the next shelf is begun and the worker moves the living rows there, oldest shelf first, while all are searched. When an
//! index shrinks below half of the bound its rows return to the tail.

mod dot;
mod flat;
mod graph;
mod near;
mod settle;
mod shelf;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use flat::Flat;
pub use graph::GraphError;
pub use near::Near;
use near::{Best, inverse_length};
pub use settle::{Leftover, Settled, Step};
use shelf::Shelf;

/// Rows up to which the tail alone is searched: 2 MiB of the built-in embedding, some 60 µs.
pub const FLAT_ROWS: usize = 16_384;

/// Widths an index takes: the built-in embedding has 128, remote ones up to 3,072.
pub const MAX_DIM: usize = 8_192;

/// A vector of another width than the index's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the vector has {got} components, the index's rows have {expected}; was the embedder changed?")]
pub struct WrongWidth {
    /// Components of a row.
    pub expected: usize,
    /// Components of the vector.
    pub got: usize,
}

/// Rows of one width, by the caller's ids. See the module.
pub struct Index {
    dim: usize,
    flat_rows: usize,
    tail: Flat,
    /// The last one takes rows in, those before it are being emptied.
    shelves: Vec<Shelf>,
    next_serial: u16,
    /// A tree: a hash table would, now and then, take tens of milliseconds to grow under the caller's lock.
    places: BTreeMap<u64, Place>,
}

/// Where a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Tail(u32),
    Shelf { serial: u16, number: u32 },
}

impl Index {
    /// An empty index of rows of `dim` components, 1 to [`MAX_DIM`] (others are brought into that range).
    pub fn new(dim: usize) -> Self {
        Self::with_flat_rows(dim, FLAT_ROWS)
    }

    /// The same with another bound than [`FLAT_ROWS`] for the tail alone.
    pub fn with_flat_rows(dim: usize, flat_rows: usize) -> Self {
        let dim = dim.clamp(1, MAX_DIM);
        let tail = Flat::new(dim);
        Self { dim, flat_rows, tail, shelves: Vec::new(), next_serial: 0, places: BTreeMap::new() }
    }

    /// Components of a row.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Adds a row, in place of the one that has this id. Only its direction counts, its length does not; a row of zeroes has
    /// none and a cosine of 0 with everything.
    pub fn insert(&mut self, id: u64, row: &[i8]) -> Result<(), WrongWidth> {
        self.check(row)?;
        match self.places.get(&id) {
            Some(Place::Tail(at)) => self.tail.replace(*at as usize, row),
            _ => {
                self.remove(id);
                self.put_in_tail(id, row);
            }
        }
        Ok(())
    }

    /// Takes the row out. `false` when there was none.
    pub fn remove(&mut self, id: u64) -> bool {
        match self.places.remove(&id) {
            None => return false,
            Some(Place::Tail(at)) => self.take_from_tail(at),
            Some(Place::Shelf { serial, number }) => {
                if let Some(shelf) = self.shelves.iter_mut().find(|shelf| shelf.serial == serial) {
                    shelf.bury(number);
                }
            }
        }
        true
    }

    /// The `k` rows of the highest cosine with the query, best first, in `found`, which is emptied before. Exact for rows in
    /// the tail; on a shelf some may be missed. `k` is meant to be small: the list is kept sorted. A query of zeroes finds
    /// nothing, and a graph that cannot be searched finds less: the cache misses, which costs an answer and nothing else.
    pub fn nearest(&self, query: &[i8], k: usize, found: &mut Vec<Near>) -> Result<(), WrongWidth> {
        self.check(query)?;
        let mut best = Best::new(k, self.len(), found);
        let inverse = inverse_length(query.iter().map(|c| i32::from(*c) * i32::from(*c)).sum());
        if k == 0 || inverse == 0.0 {
            return Ok(());
        }
        self.tail.search(query, inverse, &mut best);
        for shelf in self.shelves.iter().filter(|shelf| shelf.len() > 0) {
            for (id, number, cosine) in shelf.search(query, k.min(shelf.len())).unwrap_or_default() {
                if self.places.get(&id) == Some(&shelf.place(number)) {
                    best.offer(Near { id, cosine });
                }
            }
        }
        Ok(())
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Rows that are searched one by one. Above [`FLAT_ROWS`] in all, those wait for the worker.
    pub fn tail_len(&self) -> usize {
        self.tail.len()
    }

    /// Whether there is a row of this id.
    pub fn contains(&self, id: u64) -> bool {
        self.places.contains_key(&id)
    }

    /// The ids, ascending.
    pub fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.places.keys().copied()
    }

    /// Memory set aside, estimated: rows, graphs and tables, bytes.
    pub fn size_bytes(&self) -> usize {
        /// A tree's entry with its share of half-empty nodes.
        const PLACE_BYTES: usize = 26;
        let shelves: usize = self.shelves.iter().map(Shelf::size_bytes).sum();
        size_of::<Self>() + self.tail.size_bytes() + shelves + self.places.len() * PLACE_BYTES
    }

    fn check(&self, row: &[i8]) -> Result<(), WrongWidth> {
        if row.len() == self.dim { Ok(()) } else { Err(WrongWidth { expected: self.dim, got: row.len() }) }
    }

    fn put_in_tail(&mut self, id: u64, row: &[i8]) {
        let at = self.tail.push(id, row);
        self.places.insert(id, Place::Tail(at as u32));
    }

    /// Closes the gap a row leaves in the tail.
    fn take_from_tail(&mut self, at: u32) {
        if let Some(moved) = self.tail.take(at as usize) {
            self.places.insert(moved, Place::Tail(at));
        }
    }
}
