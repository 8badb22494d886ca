//! What a search gives back, and the short list it keeps meanwhile.

use std::cmp::Ordering;

/// A row close to the query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// The id the row was inserted under.
    pub id: u64,
    /// Cosine of the angle between row and query, −1 to 1; 0 for a row without direction (all zeroes).
    pub cosine: f32,
}

impl Near {
    /// Best first; of equals the lower id, so that one index always answers in one order.
    fn order(&self, other: &Self) -> Ordering {
        other.cosine.total_cmp(&self.cosine).then(self.id.cmp(&other.id))
    }
}

/// The `k` best rows seen so far, sorted, in the caller's vector. Shifting a handful of rows is quicker than a heap.
pub(super) struct Best<'a> {
    k: usize,
    rows: &'a mut Vec<Near>,
}

impl<'a> Best<'a> {
    /// Starts over in `rows`, which is emptied. `most` rows exist at all: nothing is set aside for more.
    pub(super) fn new(k: usize, most: usize, rows: &'a mut Vec<Near>) -> Self {
        let k = k.min(most);
        rows.clear();
        rows.reserve(k);
        Self { k, rows }
    }

    /// A row below this cannot enter.
    pub(super) fn floor(&self) -> f32 {
        if self.rows.len() < self.k {
            f32::NEG_INFINITY
        } else {
            self.rows.last().map_or(f32::INFINITY, |row| row.cosine)
        }
    }

    /// Takes the row in if it is among the best.
    pub(super) fn offer(&mut self, row: Near) {
        let at = self.rows.partition_point(|held| held.order(&row).is_lt());
        if at >= self.k {
            return;
        }
        if self.rows.len() == self.k {
            self.rows.pop();
        }
        self.rows.insert(at, row);
    }
}

/// One over the row's length; 0 for a row without direction, which makes every cosine with it 0.
pub(super) fn inverse_length(squared: i32) -> f32 {
    if squared > 0 { 1.0 / (squared as f32).sqrt() } else { 0.0 }
}

/// The cosine from an inner product and both inverse lengths. Rounding may carry a perfect match past 1.
#[inline(always)]
pub(super) fn cosine(product: i32, left: f32, right: f32) -> f32 {
    (product as f32 * (left * right)).clamp(-1.0, 1.0)
}
