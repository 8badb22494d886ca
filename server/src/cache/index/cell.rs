//! Rows that point about the same way, one after the other in memory.

use pulp::Arch;

use super::dot;
use super::near::{Best, Near, cosine, inverse_length};

/// Rows a cell's memory grows by at most: doubling would leave a third of it empty.
const ROOM: usize = 32;
/// Rounds of moving two centres to the middle of what is nearest to them. More change little.
const ROUNDS: usize = 4;

/// Rows that are ruled out together.
const GROUP: usize = 16;

/// A search on its way through the cells.
pub(super) struct Search<'a> {
    pub arch: Arch,
    pub query: &'a [i8],
    /// One over the query's length.
    pub inverse: f32,
    pub best: Best<'a>,
    /// Of the cell at hand, here only to be set aside once.
    pub products: Vec<i32>,
}

impl Search<'_> {
    /// A row of a lower product cannot enter where no length's inverse is above `shortest`.
    fn least_product(&self, shortest: f32) -> i32 {
        let floor = self.best.floor();
        // Rounding must not keep anything out.
        if floor > 0.0 { (floor / (self.inverse * shortest) * 0.999_99) as i32 } else { i32::MIN }
    }
}

/// A neighbourhood. A row's number in it changes when another is taken out: the last one moves into the gap.
#[derive(Default)]
pub(super) struct Cell {
    rows: Vec<i8>,
    ids: Vec<u64>,
    inverse_lengths: Vec<f32>,
    /// No row's inverse length is above this.
    shortest: f32,
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
        self.shortest = self.shortest.max(inverse);
    }

    /// A row and its inverse length.
    pub(super) fn row(&self, at: usize, dim: usize) -> (Vec<i8>, f32) {
        (self.rows[at * dim..(at + 1) * dim].to_vec(), self.inverse_lengths[at])
    }

    /// The rows' inner products with a direction.
    pub(super) fn products(&self, arch: Arch, direction: &[i8], products: &mut Vec<i32>) {
        dot::products(arch, direction, &self.rows, products);
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
        self.shortest = self.shortest.max(other.shortest);
    }

    /// Offers every row that can still enter.
    pub(super) fn search(&self, search: &mut Search<'_>) {
        dot::products(search.arch, search.query, &self.rows, &mut search.products);
        for (group, products) in search.products.chunks(GROUP).enumerate() {
            let least = search.least_product(self.shortest);
            // Without a branch for each row: hardly any can enter, and neither lengths nor ids need be fetched.
            if !products.iter().fold(false, |any, product| any | (*product >= least)) {
                continue;
            }
            for (at, product) in (group * GROUP..).zip(products) {
                let cosine = cosine(*product, search.inverse, self.inverse_lengths[at]);
                if cosine >= search.best.floor() {
                    search.best.offer(Near { id: self.ids[at], cosine });
                }
            }
        }
    }

    /// The direction in the middle of the rows, as long as an embedding.
    pub(super) fn centre(&self, dim: usize) -> Vec<i8> {
        centre(dim, self.rows.chunks_exact(dim))
    }

    /// The rows' mean cosine with the cell's centre.
    pub(super) fn closeness(&self, arch: Arch, centre: &[i8]) -> f32 {
        self.cosines(arch, centre).sum::<f32>() / self.len().max(1) as f32
    }

    /// The rows' cosines with a direction.
    fn cosines(&self, arch: Arch, direction: &[i8]) -> impl Iterator<Item = f32> {
        let inverse = inverse_length(dot::product(direction, direction));
        let mut products = Vec::new();
        dot::products(arch, direction, &self.rows, &mut products);
        products.into_iter().zip(&self.inverse_lengths).map(move |(product, length)| cosine(product, inverse, *length))
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
        let least = |a: &(usize, f32), b: &(usize, f32)| a.1.total_cmp(&b.1);
        let (at, _) = self.cosines(arch, from).enumerate().min_by(least).unwrap_or_default();
        self.rows[at * dim..(at + 1) * dim].to_vec()
    }

    /// How much nearer each row is to the first centre.
    fn leaning(&self, arch: Arch, [first, second]: &[Vec<i8>; 2]) -> Vec<f32> {
        self.cosines(arch, first).zip(self.cosines(arch, second)).map(|(first, second)| first - second).collect()
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
