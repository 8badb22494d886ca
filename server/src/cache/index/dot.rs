//! Inner products of a query with many rows, on the widest registers this machine has.
//!
//! The loops are plain; [`pulp`] compiles them once for AVX-512, once for AVX2 and once for the baseline and picks at run
//! time, so a binary built for any x86-64 uses what it finds, and none of it is `unsafe` here.

use pulp::{Arch, NullaryFnOnce};

/// Rows whose products are taken at once: enough independent sums to keep the multipliers busy, few enough for the stack.
pub(super) const LANES: usize = 16;

/// The inner products of `query` with the rows of `rows`, `query.len()` bytes each, handed to `sink` as the number of the
/// first row and the products from there on, at most [`LANES`] at a time.
pub(super) fn products(arch: Arch, query: &[i8], rows: &[i8], sink: impl FnMut(usize, &[i32])) {
    debug_assert_eq!(rows.len() % query.len().max(1), 0, "whole rows");
    match query.as_array::<128>() {
        Some(query) => arch.dispatch(Fixed { query, rows, sink }),
        None => arch.dispatch(Any { query, rows, sink }),
    }
}

/// The inner product of two rows of one length.
pub(super) fn product(arch: Arch, left: &[i8], right: &[i8]) -> i32 {
    let mut product = 0;
    products(arch, left, right, |_, found| product = found.first().copied().unwrap_or(0));
    product
}

/// The built-in embedding's width, known to the compiler: the query stays in registers, the loop has no tail. It counts
/// instead of zipping: what iterators call is compiled for the baseline, and would be called for every row.
struct Fixed<'a, const DIM: usize, S> {
    query: &'a [i8; DIM],
    rows: &'a [i8],
    sink: S,
}

impl<const DIM: usize, S: FnMut(usize, &[i32])> NullaryFnOnce for Fixed<'_, DIM, S> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        let query = self.query.map(i16::from);
        let (rows, _) = self.rows.as_chunks::<DIM>();
        let mut found = [0i32; LANES];
        for (group, rows) in rows.chunks(LANES).enumerate() {
            for at in 0..rows.len() {
                let mut sum = 0i32;
                for component in 0..DIM {
                    sum += i32::from(query[component]) * i32::from(rows[at][component]);
                }
                found[at % LANES] = sum;
            }
            (self.sink)(group * LANES, &found[..rows.len()]);
        }
    }
}

/// Any other width.
struct Any<'a, S> {
    query: &'a [i8],
    rows: &'a [i8],
    sink: S,
}

impl<S: FnMut(usize, &[i32])> NullaryFnOnce for Any<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        let dim = self.query.len().max(1);
        let mut found = [0i32; LANES];
        for (group, rows) in self.rows.chunks(dim * LANES).enumerate() {
            for (product, row) in found.iter_mut().zip(rows.chunks_exact(dim)) {
                let mut sum = 0i32;
                for (a, b) in self.query.iter().zip(row) {
                    sum += i32::from(*a) * i32::from(*b);
                }
                *product = sum;
            }
            (self.sink)(group * LANES, &found[..rows.len() / dim]);
        }
    }
}
