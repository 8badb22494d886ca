//! Rows that point about the same way, one after the other in memory.

use pulp::Arch;

use super::dot;
use super::near::{Best, Near, cosine, inverse_length};

/// Rows a cell's memory grows by at most: doubling would leave a third of it empty.
const ROOM: usize = 32;
/// Rounds of moving two centres to the middle of what is nearest to them. More change little.
const ROUNDS: usize = 4;

/// A neighbourhood. A row's number in it changes when another is taken out: the last one moves into the gap.
#[derive(Default)]
pub(super) struct Cell {
    rows: Vec<i8>,
    ids: Vec<u64>,
    inverse_lengths: Vec<f32>,
}

impl Cell {
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// The row's number.
    pub(super) fn find(&self, id: u64) -> Option<usize> {
        self.ids.iter().position(|held| *held == id)
    }

    /// Adds a row of as many components as all others have, and one over its length.
    pub(super) fn push(&mut self, id: u64, row: &[i8], inverse: f32) {
        let len = self.ids.len();
        if len == self.ids.capacity() {
            self.rows.reserve_exact(room(len) * row.len());
            self.ids.reserve_exact(room(len));
            self.inverse_lengths.reserve_exact(room(len));
        }
        self.rows.extend_from_slice(row);
        self.ids.push(id);
        self.inverse_lengths.push(inverse);
    }

    /// Takes a row out.
    pub(super) fn take(&mut self, at: usize, dim: usize) {
        let last = self.ids.len() - 1;
        self.rows.copy_within(last * dim.., at * dim);
        self.rows.truncate(last * dim);
        self.ids.swap_remove(at);
        self.inverse_lengths.swap_remove(at);
        if self.ids.capacity() > last + 2 * room(last) {
            self.rows.shrink_to((last + room(last)) * dim);
            self.ids.shrink_to(last + room(last));
            self.inverse_lengths.shrink_to(last + room(last));
        }
    }

    /// Adds all rows of another cell.
    pub(super) fn absorb(&mut self, other: &Cell) {
        self.rows.extend_from_slice(&other.rows);
        self.ids.extend_from_slice(&other.ids);
        self.inverse_lengths.extend_from_slice(&other.inverse_lengths);
    }

    /// Offers every row that can still enter.
    pub(super) fn search(&self, arch: Arch, query: &[i8], inverse: f32, best: &mut Best<'_>) {
        dot::products(arch, query, &self.rows, |first, products| {
            let lengths = &self.inverse_lengths[first..first + products.len()];
            let mut cosines = [f32::NEG_INFINITY; dot::LANES];
            let mut highest = f32::NEG_INFINITY;
            for at in 0..products.len().min(dot::LANES) {
                cosines[at] = cosine(products[at], inverse, lengths[at]);
                highest = highest.max(cosines[at]);
            }
            if highest < best.floor() {
                return;
            }
            for (id, cosine) in self.ids[first..first + products.len()].iter().zip(cosines) {
                if cosine >= best.floor() {
                    best.offer(Near { id: *id, cosine });
                }
            }
        });
    }

    /// The direction in the middle of the rows, as long as an embedding.
    pub(super) fn centre(&self, dim: usize) -> Vec<i8> {
        centre(dim, self.rows.chunks_exact(dim))
    }

    /// The rows' mean cosine with the cell's centre.
    pub(super) fn closeness(&self, arch: Arch, centre: &[i8]) -> f32 {
        let inverse = inverse_length(dot::product(arch, centre, centre));
        let mut sum = 0.0;
        dot::products(arch, centre, &self.rows, |first, products| {
            for (product, length) in products.iter().zip(&self.inverse_lengths[first..]) {
                sum += cosine(*product, inverse, *length);
            }
        });
        sum / self.len().max(1) as f32
    }

    /// Moves the rows of one side into a new cell, the larger side stays. An eighth goes at least: were single outliers split
    /// off, a crowd of equal rows would be split again at every insert.
    pub(super) fn split(&mut self, arch: Arch, dim: usize) -> Cell {
        // The sign says which of two centres is nearer; the first two are rows far apart.
        let middle = self.centre(dim);
        let first = self.farthest(arch, &middle, dim);
        let second = self.farthest(arch, &first, dim);
        let mut centres = [first, second];
        let mut leaning = Vec::new();
        for _ in 0..ROUNDS {
            leaning = self.leaning(arch, &centres);
            let side = |positive: bool| {
                let rows = self.rows.chunks_exact(dim).zip(&leaning);
                centre(dim, rows.filter(|(_, lean)| (**lean > 0.0) == positive).map(|(row, _)| row))
            };
            centres = [side(true), side(false)];
        }
        let len = self.len();
        let mut order: Vec<usize> = (0..len).collect();
        order.sort_by(|a, b| leaning[*b].total_cmp(&leaning[*a]));
        let positive = leaning.iter().filter(|lean| **lean > 0.0).count().clamp(len / 8, len - len / 8);
        let leaving = if positive * 2 <= len { &order[..positive] } else { &order[positive..] };
        let mut leaves = vec![false; len];
        leaving.iter().for_each(|at| leaves[*at] = true);
        let (mut stays, mut goes) = (Cell::default(), Cell::default());
        for (at, row) in self.rows.chunks_exact(dim).enumerate() {
            let side = if leaves[at] { &mut goes } else { &mut stays };
            side.push(self.ids[at], row, self.inverse_lengths[at]);
        }
        *self = stays;
        goes
    }

    fn farthest(&self, arch: Arch, from: &[i8], dim: usize) -> Vec<i8> {
        let mut farthest = (f32::INFINITY, 0);
        dot::products(arch, from, &self.rows, |first, products| {
            for (at, product) in (first..).zip(products) {
                let nearness = *product as f32 * self.inverse_lengths[at];
                if nearness < farthest.0 {
                    farthest = (nearness, at);
                }
            }
        });
        self.rows[farthest.1 * dim..(farthest.1 + 1) * dim].to_vec()
    }

    /// How much nearer each row is to the first centre.
    fn leaning(&self, arch: Arch, centres: &[Vec<i8>; 2]) -> Vec<f32> {
        let mut leaning = vec![0.0; self.len()];
        for (centre, sign) in centres.iter().zip([1.0, -1.0]) {
            let inverse = inverse_length(dot::product(arch, centre, centre));
            dot::products(arch, centre, &self.rows, |first, products| {
                for (at, product) in (first..).zip(products) {
                    leaning[at] += sign * cosine(*product, inverse, self.inverse_lengths[at]);
                }
            });
        }
        leaning
    }

    #[cfg(test)]
    pub(super) fn size_bytes(&self) -> usize {
        self.rows.capacity() + self.ids.capacity() * 8 + self.inverse_lengths.capacity() * 4
    }
}

/// Rows that a cell of so many gets room for at once. Few where there are few: most scopes hold an answer or two, and there
/// may be as many scopes as answers.
fn room(rows: usize) -> usize {
    (rows / 2).clamp(1, ROOM)
}

fn centre<'a>(dim: usize, rows: impl Iterator<Item = &'a [i8]>) -> Vec<i8> {
    let mut sums = vec![0i32; dim];
    for row in rows {
        for (sum, component) in sums.iter_mut().zip(row) {
            *sum += i32::from(*component);
        }
    }
    let length = sums.iter().map(|sum| (*sum as f32).powi(2)).sum::<f32>().sqrt();
    let scale = if length > 0.0 { 127.0 / length } else { 0.0 };
    // A float becomes the nearest i8 there is: `as` saturates.
    sums.iter().map(|sum| (*sum as f32 * scale).round() as i8).collect()
}
