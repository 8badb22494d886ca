//! Inner products of a query with many rows, on the widest registers this machine has.
//!
//! The loops are plain; [`pulp`] compiles them once for AVX-512, once for AVX2 and once for the baseline and picks at run
//! time, so a binary built for any x86-64 uses what it finds, and none of it is `unsafe` here. Rows of the built-in
//! embedding's width on AVX-512 are the exception, in `wide`: three times as fast by hand.

#[cfg(target_arch = "x86_64")]
mod wide;

use pulp::{Arch, NullaryFnOnce};

/// Components of the built-in embedding.
const DIM: usize = 128;

/// The inner products of `query` with the rows of `rows`, `query.len()` bytes each, in `products`, which is emptied before.
pub(super) fn products(arch: Arch, query: &[i8], rows: &[i8], products: &mut Vec<i32>) {
    let dim = query.len().max(1);
    debug_assert_eq!(rows.len() % dim, 0, "whole rows");
    products.clear();
    products.reserve(rows.len() / dim);
    match (query.as_array(), arch) {
        #[cfg(target_arch = "x86_64")]
        (Some(query), Arch::V4(simd)) => wide::products(simd, query, rows, products),
        (Some(query), _) => arch.dispatch(Fixed { query, rows, products }),
        (None, _) => arch.dispatch(Any { query, rows, products }),
    }
}

/// The inner product of two rows of one length.
pub(super) fn product(left: &[i8], right: &[i8]) -> i32 {
    left.iter().zip(right).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

/// The built-in embedding's width, known to the compiler: the query stays in registers, the loop has no tail. It counts
/// instead of zipping: what iterators call is compiled for the baseline, and would be called for every row.
struct Fixed<'a> {
    query: &'a [i8; DIM],
    rows: &'a [i8],
    products: &'a mut Vec<i32>,
}

impl NullaryFnOnce for Fixed<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let query = self.query.map(i16::from);
        let (rows, _) = self.rows.as_chunks::<DIM>();
        for row in rows {
            let mut sum = 0i32;
            for component in 0..DIM {
                sum += i32::from(query[component]) * i32::from(row[component]);
            }
            self.products.push(sum);
        }
    }
}

/// Any other width.
struct Any<'a> {
    query: &'a [i8],
    rows: &'a [i8],
    products: &'a mut Vec<i32>,
}

impl NullaryFnOnce for Any<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for row in self.rows.chunks_exact(self.query.len().max(1)) {
            let mut sum = 0i32;
            for (a, b) in self.query.iter().zip(row) {
                sum += i32::from(*a) * i32::from(*b);
            }
            self.products.push(sum);
        }
    }
}
