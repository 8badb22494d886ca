//! Moving rows between the tail and the shelves, off the request path.
//!
//! One worker repeats three calls, of which only the slow one is made without a lock:
//!
//! ```ignore
//! while let Some(step) = scope.read().index.plan(128) {
//!     let settled = step.run()?;                          // milliseconds; inserts, removals and searches go on
//!     let leftover = scope.write().index.commit(settled); // well below 1 ms
//!     drop(leftover);                                     // an emptied graph: freeing it takes milliseconds
//! }
//! ```
//!
//! A row that was removed or replaced between plan and commit is left as it then is. Two workers at once do double work, but
//! no harm.

use std::sync::Arc;

use super::graph::{Graph, GraphError};
use super::shelf::Shelf;
use super::{Index, Place};

/// Rows to move and where to. Holds copies and shared handles, not the index.
pub struct Step {
    dim: usize,
    target: Target,
    rows: Vec<Row>,
    /// The rows' vectors one after the other; those from a shelf are read when the step runs.
    vectors: Vec<i8>,
    /// The shelf that is being emptied.
    source: Option<Source>,
}

enum Target {
    Tail,
    Shelf {
        serial: u16,
        graph: Arc<Graph>,
    },
    /// A shelf yet to be begun, with room for so many rows.
    NewShelf {
        capacity: usize,
    },
}

struct Row {
    id: u64,
    /// Where it was when the step was planned.
    place: Place,
}

struct Source {
    serial: u16,
    graph: Arc<Graph>,
    /// Its rows before this number have moved once the step is done.
    end: usize,
}

/// A step that ran.
pub struct Settled {
    step: Step,
    /// The new numbers of the rows, from the front: not of all when the graph filled up.
    numbers: Vec<u32>,
    begun: Option<Graph>,
}

/// Emptied shelves. Drop it after the lock: freeing a large graph takes milliseconds.
#[must_use = "drop it after releasing the lock on the index"]
pub struct Leftover {
    _shelves: Vec<Shelf>,
}

impl Index {
    /// The next step toward order, moving `max_rows` rows at most, or `None` when there is nothing to do. With 128 rows it
    /// takes microseconds, and its commit some 100.
    pub fn plan(&self, max_rows: usize) -> Option<Step> {
        let max_rows = max_rows.max(1);
        let Some(shelf) = self.shelves.last() else {
            return (self.len() > self.flat_rows).then(|| self.begin_shelf());
        };
        if self.len() <= self.flat_rows / 2 {
            return Some(self.empty_oldest(self.step(Target::Tail), max_rows));
        }
        if shelf.graph.is_full() || (self.shelves.len() == 1 && self.is_worn(shelf)) {
            return Some(self.begin_shelf());
        }
        let mut step = self.step(Target::Shelf { serial: shelf.serial, graph: Arc::clone(&shelf.graph) });
        // From the end: the cheapest to take out.
        for (id, row) in (0..self.tail.len()).rev().take(max_rows).filter_map(|at| self.tail.row(at)) {
            step.vectors.extend_from_slice(row);
            step.rows.push(Row { id, place: Place::Tail(0) });
        }
        if self.shelves.len() > 1 {
            return Some(self.empty_oldest(step, max_rows));
        }
        (!step.rows.is_empty()).then_some(step)
    }

    /// Puts the rows where the step moved them.
    pub fn commit(&mut self, settled: Settled) -> Leftover {
        let Settled { step, numbers, begun } = settled;
        if let Some(graph) = begun {
            self.shelves.push(Shelf::new(self.next_serial, Arc::new(graph)));
            self.next_serial = self.next_serial.wrapping_add(1);
        }
        let mut numbers = numbers.into_iter();
        let mut end = step.source.as_ref().map(|source| source.end);
        for (row, vector) in step.rows.iter().zip(step.vectors.chunks_exact(step.dim)) {
            match step.target {
                Target::Tail => self.return_to_tail(row, vector),
                Target::Shelf { serial, .. } => match numbers.next() {
                    Some(number) => self.move_to_shelf(row, vector, serial, number),
                    // No room was left for this row and those after it.
                    None => {
                        if let Place::Shelf { number, .. } = row.place {
                            end = end.map(|end| end.min(number as usize));
                        }
                    }
                },
                Target::NewShelf { .. } => {}
            }
        }
        if let (Some(source), Some(end)) = (step.source, end)
            && let Some(shelf) = self.shelf_mut(source.serial)
        {
            shelf.moved_to(end);
        }
        let last = self.shelves.last().map(|shelf| shelf.serial);
        let flat = self.len() <= self.flat_rows / 2;
        let emptied = self.shelves.extract_if(.., |s| s.len() == 0 && (flat || Some(s.serial) != last));
        Leftover { _shelves: emptied.collect() }
    }

    /// Whether so many rows were removed that the shelf should be built anew: a third, which searches still bear.
    fn is_worn(&self, shelf: &Shelf) -> bool {
        shelf.dead() > shelf.len() / 2 && shelf.dead() > self.flat_rows / 2
    }

    fn step(&self, target: Target) -> Step {
        Step { dim: self.dim, target, rows: Vec::new(), vectors: Vec::new(), source: None }
    }

    /// Room for half as many rows again as there are: a growing index moves each row about three times in all.
    fn begin_shelf(&self) -> Step {
        let capacity = (self.len() + self.len() / 2).max(self.flat_rows * 2).clamp(64, u32::MAX as usize);
        self.step(Target::NewShelf { capacity })
    }

    /// Fills the step up with rows of the oldest shelf.
    fn empty_oldest(&self, mut step: Step, max_rows: usize) -> Step {
        if let Some(shelf) = self.shelves.first() {
            let (rows, end) = shelf.next_rows(max_rows.saturating_sub(step.rows.len()));
            let rows = rows.into_iter().map(|(number, id)| Row { id, place: shelf.place(number) });
            step.rows.extend(rows.filter(|row| self.places.get(&row.id) == Some(&row.place)));
            step.source = Some(Source { serial: shelf.serial, graph: Arc::clone(&shelf.graph), end });
        }
        step
    }

    fn return_to_tail(&mut self, row: &Row, vector: &[i8]) {
        if self.places.get(&row.id) == Some(&row.place) {
            self.remove(row.id);
            self.put_in_tail(row.id, vector);
        }
    }

    fn move_to_shelf(&mut self, row: &Row, vector: &[i8], serial: u16, number: u32) {
        match (row.place, self.places.get(&row.id).copied()) {
            // A row of the same id and components is as good as the one that was there.
            (Place::Tail(_), Some(Place::Tail(at))) if self.tail.row(at as usize) == Some((row.id, vector)) => {
                self.take_from_tail(at);
            }
            (Place::Shelf { serial, .. }, now) if now == Some(row.place) => {
                if let Some(shelf) = self.shelf_mut(serial) {
                    shelf.hand_over();
                }
            }
            _ => return,
        }
        if let Some(shelf) = self.shelf_mut(serial) {
            shelf.adopt(number, row.id);
            self.places.insert(row.id, Place::Shelf { serial, number });
        }
    }

    fn shelf_mut(&mut self, serial: u16) -> Option<&mut Shelf> {
        self.shelves.iter_mut().find(|shelf| shelf.serial == serial)
    }
}

impl Step {
    /// Does the slow part: some 200 µs for a row that enters a graph of a million. On an error nothing has moved, and the
    /// same can be tried again.
    pub fn run(mut self) -> Result<Settled, GraphError> {
        if let Some(source) = &self.source {
            let mut vector = vec![0; self.dim];
            for row in &self.rows {
                if let Place::Shelf { number, .. } = row.place {
                    source.graph.read(number, &mut vector)?;
                    self.vectors.extend_from_slice(&vector);
                }
            }
        }
        let mut numbers = Vec::new();
        let mut begun = None;
        match &self.target {
            Target::Tail => {}
            Target::NewShelf { capacity } => begun = Some(Graph::new(self.dim, *capacity)?),
            Target::Shelf { graph, .. } => {
                for vector in self.vectors.chunks_exact(self.dim) {
                    let Some(number) = graph.add(vector)? else { break };
                    numbers.push(number);
                }
            }
        }
        Ok(Settled { step: self, numbers, begun })
    }
}
