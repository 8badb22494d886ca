//! Rows in a heap of blocks, searched one after the other.

use pulp::Arch;

use super::dot;
use super::near::{Best, Near, cosine, inverse_length};

/// A block's rows, bytes: growing past one adds another, so an insert never copies more than this (some 10 µs).
const BLOCK_BYTES: usize = 128 * 1024;

/// Rows without an order. A row's number changes when another is taken out: the last one moves into the gap.
pub(super) struct Flat {
    dim: usize,
    arch: Arch,
    blocks: Vec<Block>,
    len: usize,
}

#[derive(Default)]
struct Block {
    rows: Vec<i8>,
    ids: Vec<u64>,
    inverse_lengths: Vec<f32>,
}

impl Flat {
    pub(super) fn new(dim: usize) -> Self {
        Self { dim, arch: Arch::new(), blocks: Vec::new(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Rows of a block: whole rows, at least one however wide.
    fn block_rows(&self) -> usize {
        (BLOCK_BYTES / self.dim).max(1)
    }

    /// The row and its id.
    pub(super) fn row(&self, at: usize) -> Option<(u64, &[i8])> {
        let block = self.blocks.get(at / self.block_rows())?;
        let at = at % self.block_rows();
        Some((*block.ids.get(at)?, block.rows.get(at * self.dim..(at + 1) * self.dim)?))
    }

    /// Adds a row of the index's width and says its number.
    pub(super) fn push(&mut self, id: u64, row: &[i8]) -> usize {
        let room = self.block_rows();
        if self.len == self.blocks.len() * room {
            // The first block grows with its rows: most scopes hold a handful. Later ones come whole.
            let rows = if self.blocks.is_empty() { 0 } else { room };
            self.blocks.push(Block {
                rows: Vec::with_capacity(rows * self.dim),
                ids: Vec::with_capacity(rows),
                inverse_lengths: Vec::with_capacity(rows),
            });
        }
        let block = self.blocks.last_mut().expect("a block with room was pushed above");
        block.rows.extend_from_slice(row);
        block.ids.push(id);
        block.inverse_lengths.push(inverse_length(dot::product(self.arch, row, row)));
        self.len += 1;
        self.len - 1
    }

    /// Overwrites a row in its place.
    pub(super) fn replace(&mut self, at: usize, row: &[i8]) {
        let (room, dim) = (self.block_rows(), self.dim);
        let inverse = inverse_length(dot::product(self.arch, row, row));
        if let Some(block) = self.blocks.get_mut(at / room) {
            let at = at % room;
            block.rows[at * dim..(at + 1) * dim].copy_from_slice(row);
            block.inverse_lengths[at] = inverse;
        }
    }

    /// Takes a row out. The id of the row that now has its number, if another moved there.
    pub(super) fn take(&mut self, at: usize) -> Option<u64> {
        let room = self.block_rows();
        let last = self.blocks.last_mut()?;
        let id = last.ids.pop()?;
        let inverse = last.inverse_lengths.pop()?;
        let row = last.rows.split_off(last.rows.len() - self.dim);
        if last.ids.is_empty() {
            self.blocks.pop();
        }
        self.len -= 1;
        if at == self.len {
            return None;
        }
        let block = self.blocks.get_mut(at / room)?;
        let at = at % room;
        block.rows[at * self.dim..(at + 1) * self.dim].copy_from_slice(&row);
        block.ids[at] = id;
        block.inverse_lengths[at] = inverse;
        Some(id)
    }

    /// Offers every row that can still enter.
    pub(super) fn search(&self, query: &[i8], inverse: f32, best: &mut Best<'_>) {
        for block in &self.blocks {
            dot::products(self.arch, query, &block.rows, |first, products| {
                let lengths = &block.inverse_lengths[first..first + products.len()];
                let mut cosines = [f32::NEG_INFINITY; dot::LANES];
                for ((cosine_of, product), length) in cosines.iter_mut().zip(products).zip(lengths) {
                    *cosine_of = cosine(*product, inverse, *length);
                }
                let floor = best.floor();
                if cosines.iter().fold(f32::NEG_INFINITY, |high, cosine| high.max(*cosine)) < floor {
                    return;
                }
                for (id, cosine) in block.ids[first..first + products.len()].iter().zip(cosines) {
                    if cosine >= best.floor() {
                        best.offer(Near { id: *id, cosine });
                    }
                }
            });
        }
    }

    /// Bytes set aside for rows.
    pub(super) fn size_bytes(&self) -> usize {
        let blocks = self.blocks.iter();
        blocks.map(|b| b.rows.capacity() + b.ids.capacity() * 8 + b.inverse_lengths.capacity() * 4).sum()
    }
}
