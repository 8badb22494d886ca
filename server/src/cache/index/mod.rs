//! The vectors of one scope: which stored rows point where a query points.
//!
//! Rows that point about the same way share a *cell*, some hundred rows one after the other in memory. A cell that grows too
//! large splits in two and settles its border with its neighbours, one that empties joins the nearest, so the index is in
//! order after every insert and removal: there is nothing to train, to rebuild or to do in the background, and what was
//! removed is gone.
//!
//! A search of a small index goes through all cells: exact. A large one goes through those nearest to the query, up to a
//! fixed number of rows, which bounds its time.
//!
//! A graph (HNSW, as in usearch) was built first and measured beside this one: on a hundred thousand prompts that are much alike it
//! found 0.83 to 0.91 of the eight nearest where this finds 0.99, took 255 to 890 µs to take a row in where this takes 4, and
//! three times the memory; removed rows stayed in it until it was built anew.

mod cell;
mod dot;
mod near;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use cell::{Cell, Search};
pub use near::Near;
use near::{Best, cosine, inverse_length};
use pulp::Arch;

/// Bytes of rows a search goes through: up to 12,288 rows of the built-in embedding. Of a million varied prompts it finds 0.96
/// of the eight nearest there, 0.998 of prompts much alike.
const SCAN_BYTES: usize = 3 * 512 * 1024;
/// Rows a search goes through however wide they are.
const SCAN_ROWS_MIN: usize = 4_096;
/// Bytes of a cell's rows: 128 of the built-in embedding. Measured on a million rows: cells of twice the size
/// find less even in a third more rows.
const CELL_BYTES: usize = 16 * 1024;
/// Rows of a full cell at least: fewer would be more cells than a search can order.
const CELL_ROWS_MIN: usize = 64;

/// Centres whose products are taken at once: for all of them, memory would be asked of the system at every search.
const ORDERED: usize = 256;

/// Cells around a split one whose rows are looked at again. Measured on a million rows: with it half the rows do for the same
/// share of the nearest.
const NEIGHBOURS: usize = 32;

/// How far the best rows of a cell stand out from its middle toward a query, as a share of what they could. Measured: 0.3 to
/// 0.5 are alike, and without it a third of the near rows is missed in a large index.
const REACH: f32 = 0.4;

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
    arch: Arch,
    /// Rows of a full cell.
    cell_rows: usize,
    /// Rows a search goes through.
    scan_rows: usize,
    /// Some may be empty, for want of a use.
    cells: Vec<Cell>,
    /// The cells' centres one after the other.
    centres: Vec<i8>,
    /// The cells' rows' mean cosine with the centre.
    closeness: Vec<f32>,
    empty_cells: Vec<u32>,
    /// The cell of each row. A tree: a hash table would, now and then, take tens of milliseconds to grow.
    places: BTreeMap<u64, u32>,
}

impl Index {
    /// An empty index of rows of `dim` components, 1 to [`MAX_DIM`] (others are brought into that range).
    pub fn new(dim: usize) -> Self {
        let dim = dim.clamp(1, MAX_DIM);
        let cell_rows = (CELL_BYTES / dim).clamp(CELL_ROWS_MIN, 256);
        Self::with_limits(dim, cell_rows, (SCAN_BYTES / dim).max(SCAN_ROWS_MIN))
    }

    /// `cell_rows` at least 8, so that halves and eighths are rows.
    fn with_limits(dim: usize, cell_rows: usize, scan_rows: usize) -> Self {
        Self {
            dim,
            arch: Arch::new(),
            cell_rows,
            scan_rows,
            // One is all that most scopes ever need: see `cell::room`.
            cells: Vec::with_capacity(1),
            centres: Vec::new(),
            closeness: Vec::new(),
            empty_cells: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    /// Adds a row, in place of the one that has this id. Only its direction counts, its length does not; a row of zeroes has
    /// none and a cosine of 0 with everything.
    pub fn insert(&mut self, id: u64, row: &[i8]) -> Result<(), WrongWidth> {
        self.check(row)?;
        self.remove(id);
        let inverse = inverse_length(dot::product(row, row));
        let cell = match self.nearest_cell(row, None) {
            Some(cell) => cell,
            None => self.add_cell(Cell::default(), row),
        };
        self.cells[cell as usize].push(id, row, inverse);
        self.move_closeness(cell, row, inverse);
        self.places.insert(id, cell);
        if self.cells[cell as usize].len() >= self.cell_rows {
            self.split(cell);
        }
        Ok(())
    }

    /// Takes the row out. `false` when there was none.
    pub fn remove(&mut self, id: u64) -> bool {
        let Some(number) = self.places.remove(&id) else { return false };
        let cell = &mut self.cells[number as usize];
        if let Some(at) = cell.find(id) {
            cell.take(at, self.dim);
        }
        match cell.len() {
            0 => self.empty_cells.push(number),
            rows if rows < self.cell_rows / 8 => self.join(number),
            _ => {}
        }
        true
    }

    /// The `k` rows of the highest cosine with the query, best first, in `found`, which is emptied before. Exact while
    /// all rows can be gone through ([`SCAN_BYTES`]), beyond that some may be missed. `k` is meant to be small: the list is kept
    /// sorted. A query of zeroes finds nothing.
    pub fn nearest(&self, query: &[i8], k: usize, found: &mut Vec<Near>) -> Result<(), WrongWidth> {
        self.check(query)?;
        let best = Best::new(k, self.len(), found);
        let inverse = inverse_length(dot::product(query, query));
        if k == 0 || inverse == 0.0 {
            return Ok(());
        }
        let products = Vec::with_capacity(self.cell_rows);
        let mut search = Search { arch: self.arch, query, inverse, best, products };
        if self.len() <= self.scan_rows {
            self.cells.iter().for_each(|cell| cell.search(&mut search));
            return Ok(());
        }
        let mut cells = self.cells_toward(query, inverse);
        let mut cells = cells.as_mut_slice();
        // About as many at a time as will do: the others need not be in order.
        let chunk = self.scan_rows * self.cells.len() / self.len() + 1;
        let mut left = self.scan_rows;
        while left > 0 && !cells.is_empty() {
            let (next, rest) = best_of(cells, chunk);
            for (_, number) in next {
                let cell = &self.cells[*number as usize];
                cell.search(&mut search);
                left = left.saturating_sub(cell.len());
                if left == 0 {
                    break;
                }
            }
            cells = rest;
        }
        Ok(())
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    fn check(&self, row: &[i8]) -> Result<(), WrongWidth> {
        if row.len() == self.dim { Ok(()) } else { Err(WrongWidth { expected: self.dim, got: row.len() }) }
    }

    /// The cell in use whose centre is nearest, but for one.
    fn nearest_cell(&self, row: &[i8], except: Option<u32>) -> Option<u32> {
        let mut products = Vec::new();
        dot::products(self.arch, row, &self.centres, &mut products);
        let mut nearest = (i32::MIN, None);
        for (number, product) in (0..).zip(products) {
            if product > nearest.0 && self.cells[number as usize].len() > 0 && Some(number) != except {
                nearest = (product, Some(number));
            }
        }
        nearest.1
    }

    /// The cells a search may go through, with the cosine to be hoped for there: as many of the best as hold the rows it
    /// looks at, and to spare.
    fn cells_toward(&self, query: &[i8], inverse: f32) -> Vec<Hope> {
        // Cells are an eighth full at least, and mostly more than half.
        let wanted = self.scan_rows / (self.cell_rows / 8).max(1) + 1;
        let mut cells: Vec<Hope> = Vec::with_capacity(2 * wanted);
        let (mut floor, mut products) = (f32::NEG_INFINITY, Vec::with_capacity(ORDERED));
        for (block, centres) in self.centres.chunks(ORDERED * self.dim).enumerate() {
            dot::products(self.arch, query, centres, &mut products);
            for (number, product) in (block * ORDERED..).zip(&products) {
                // A row is the centre's direction by its closeness, the rest points anywhere: in a wide cell some of it
                // toward the query.
                let (closeness, centre) = (self.closeness[number], cosine(*product, inverse, 1.0 / 127.0));
                let rest = (1.0 - closeness * closeness).max(0.0) * (1.0 - centre * centre);
                let hope = closeness * centre + REACH * rest.sqrt();
                if hope > floor {
                    cells.push((hope, number as u32));
                }
                if cells.len() == 2 * wanted {
                    floor = best_of(&mut cells, wanted).0[wanted - 1].0;
                    cells.truncate(wanted);
                }
            }
        }
        cells
    }

    fn add_cell(&mut self, cell: Cell, centre: &[i8]) -> u32 {
        let number = self.empty_cells.pop().unwrap_or_else(|| {
            self.cells.push(Cell::default());
            self.centres.resize(self.cells.len() * self.dim, 0);
            self.closeness.push(1.0);
            (self.cells.len() - 1) as u32
        });
        self.cells[number as usize] = cell;
        self.set_centre(number, centre);
        number
    }

    fn set_centre(&mut self, number: u32, centre: &[i8]) {
        let start = number as usize * self.dim;
        self.centres[start..start + self.dim].copy_from_slice(centre);
        self.closeness[number as usize] = self.cells[number as usize].closeness(self.arch, centre);
    }

    fn centre(&self, number: u32) -> &[i8] {
        let start = number as usize * self.dim;
        &self.centres[start..start + self.dim]
    }

    /// Counts a cell's newest row in. Rows that leave do not change the mean by much.
    fn move_closeness(&mut self, number: u32, row: &[i8], inverse: f32) {
        let new = cosine(dot::product(row, self.centre(number)), inverse, 1.0 / 127.0);
        let rows = self.cells[number as usize].len();
        let mean = &mut self.closeness[number as usize];
        *mean += (new - *mean) / rows.max(1) as f32;
    }

    fn split(&mut self, number: u32) {
        let cell = &mut self.cells[number as usize];
        let goes = cell.split(self.arch, self.dim);
        let (stays_centre, goes_centre) = (cell.centre(self.dim), goes.centre(self.dim));
        self.set_centre(number, &stays_centre);
        let new = self.add_cell(goes, &goes_centre);
        for id in self.cells[new as usize].ids() {
            self.places.insert(*id, new);
        }
        self.settle([number, new]);
    }

    /// Moves rows between two new cells and their neighbours to where the centre is nearest: rows of a cell that splits often
    /// are nearer to a third, and rows of others to one of the two.
    fn settle(&mut self, new: [u32; 2]) {
        let mut products = Vec::new();
        dot::products(self.arch, self.centre(new[0]), &self.centres, &mut products);
        let mut near: Vec<Hope> = products.iter().map(|product| *product as f32).zip(0..).collect();
        near.retain(|(_, number)| self.cells[*number as usize].len() > 0);
        let near: Vec<u32> = best_of(&mut near, NEIGHBOURS).0.iter().map(|(_, number)| *number).collect();
        let mut changed = Vec::new();
        for from in near.iter().copied() {
            let towards = if new.contains(&from) { &near[..] } else { &new[..] };
            for (id, to) in self.strays(from, towards) {
                if self.shift(id, from, to) {
                    changed.extend([from, to]);
                }
            }
        }
        changed.sort_unstable();
        changed.dedup();
        for number in changed {
            let centre = self.cells[number as usize].centre(self.dim);
            self.set_centre(number, &centre);
        }
    }

    /// The rows of a cell that are nearer to another's centre, with that cell.
    fn strays(&self, from: u32, towards: &[u32]) -> Vec<(u64, u32)> {
        let cell = &self.cells[from as usize];
        let mut products = Vec::new();
        cell.products(self.arch, self.centre(from), &mut products);
        let mut nearest: Vec<(i32, u32)> = products.iter().map(|product| (*product, from)).collect();
        for to in towards {
            cell.products(self.arch, self.centre(*to), &mut products);
            for (nearest, product) in nearest.iter_mut().zip(&products) {
                if *product > nearest.0 {
                    *nearest = (*product, *to);
                }
            }
        }
        let strays = cell.ids().iter().zip(nearest).filter(|(_, (_, to))| *to != from);
        strays.map(|(id, (_, to))| (*id, to)).collect()
    }

    /// Moves a row to another cell, unless that would leave less than an eighth of it empty, which the next inserts need, or
    /// less than an eighth of the one full.
    fn shift(&mut self, id: u64, from: u32, to: u32) -> bool {
        let (left, right) = (self.cells[from as usize].len(), self.cells[to as usize].len());
        if right >= self.cell_rows - self.cell_rows / 8 || left <= self.cell_rows / 8 {
            return false;
        }
        let cell = &mut self.cells[from as usize];
        let Some(at) = cell.find(id) else { return false };
        let (row, inverse) = cell.row(at, self.dim);
        cell.take(at, self.dim);
        self.cells[to as usize].push(id, &row, inverse);
        self.places.insert(id, to);
        true
    }

    /// Adds a cell's few rows to its nearest neighbour.
    fn join(&mut self, number: u32) {
        let Some(into) = self.nearest_cell(self.centre(number), Some(number)) else { return };
        let cell = std::mem::take(&mut self.cells[number as usize]);
        for id in cell.ids() {
            self.places.insert(*id, into);
        }
        self.cells[into as usize].absorb(&cell);
        self.empty_cells.push(number);
        let centre = self.cells[into as usize].centre(self.dim);
        self.set_centre(into, &centre);
        if self.cells[into as usize].len() >= self.cell_rows {
            self.split(into);
        }
    }
}

/// The cosine to be hoped for in a cell, and its number.
type Hope = (f32, u32);

/// The `count` cells of the highest hope, best first, and the rest.
fn best_of(cells: &mut [Hope], count: usize) -> (&mut [Hope], &mut [Hope]) {
    let order = |a: &Hope, b: &Hope| b.0.total_cmp(&a.0);
    if count < cells.len() {
        cells.select_nth_unstable_by(count, order);
    }
    let (best, rest) = cells.split_at_mut(count.min(cells.len()));
    best.sort_unstable_by(order);
    (best, rest)
}
