//! Inner products with AVX-512, four rows at once.
//!
//! What the compiler makes of the plain loop adds up the sixteen lanes of every row's sum by itself, which takes longer than
//! the multiplications. Here the lanes of four rows are added up together, like a transposition; of more, they would not all
//! fit the registers.

use std::arch::x86_64::{__m256i, __m512i};

use pulp::x86::V4;
use pulp::{NullaryFnOnce, cast};

use super::DIM;

/// Rows whose products are taken at once.
const ROWS: usize = 4;

/// Components that are multiplied by one instruction.
const STEP: usize = 32;

/// As [`super::products`]; adds to `products`.
pub(super) fn products(simd: V4, query: &[i8; DIM], rows: &[i8], products: &mut Vec<i32>) {
    simd.vectorize(Wide { simd, query, rows, products });
}

struct Wide<'a> {
    simd: V4,
    query: &'a [i8; DIM],
    rows: &'a [i8],
    products: &'a mut Vec<i32>,
}

impl NullaryFnOnce for Wide<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (simd, from) = (self.simd, self.query);
        let query = [step(simd, from, 0), step(simd, from, 1), step(simd, from, 2), step(simd, from, 3)];
        let (rows, _) = self.rows.as_chunks::<DIM>();
        let (groups, rest) = rows.as_chunks::<ROWS>();
        for group in groups {
            self.products.extend_from_slice(&four(simd, &query, group));
        }
        if !rest.is_empty() {
            let mut last = [[0; DIM]; ROWS];
            last[..rest.len()].copy_from_slice(rest);
            self.products.extend_from_slice(&four(simd, &query, &last)[..rest.len()]);
        }
    }
}

// Functions that are always put in place, not closures: those would be compiled for the baseline, and called.

/// The products of four rows.
#[inline(always)]
fn four(simd: V4, query: &[__m512i; DIM / STEP], rows: &[[i8; DIM]; ROWS]) -> [i32; ROWS] {
    let f = simd.avx512f;
    let (a, b) = (lanes(simd, query, &rows[0]), lanes(simd, query, &rows[1]));
    let (c, d) = (lanes(simd, query, &rows[2]), lanes(simd, query, &rows[3]));
    let ab = f._mm512_add_epi32(f._mm512_unpacklo_epi32(a, b), f._mm512_unpackhi_epi32(a, b));
    let cd = f._mm512_add_epi32(f._mm512_unpacklo_epi32(c, d), f._mm512_unpackhi_epi32(c, d));
    // Each quarter of the register has a lane of every row.
    let quarters = f._mm512_add_epi32(f._mm512_unpacklo_epi64(ab, cd), f._mm512_unpackhi_epi64(ab, cd));
    let [low, high]: [__m256i; 2] = cast(quarters);
    let [first, second]: [[i32; ROWS]; 2] = cast(simd.avx2._mm256_add_epi32(low, high));
    [first[0] + second[0], first[1] + second[1], first[2] + second[2], first[3] + second[3]]
}

/// A row's product, as the sum of all lanes.
#[inline(always)]
fn lanes(simd: V4, query: &[__m512i; DIM / STEP], row: &[i8; DIM]) -> __m512i {
    let (f, bw) = (simd.avx512f, simd.avx512bw);
    let first = bw._mm512_madd_epi16(query[0], step(simd, row, 0));
    let second = bw._mm512_madd_epi16(query[1], step(simd, row, 1));
    let third = bw._mm512_madd_epi16(query[2], step(simd, row, 2));
    let fourth = bw._mm512_madd_epi16(query[3], step(simd, row, 3));
    f._mm512_add_epi32(f._mm512_add_epi32(first, second), f._mm512_add_epi32(third, fourth))
}

/// Components of a row, widened to be multiplied.
#[inline(always)]
fn step(simd: V4, row: &[i8; DIM], at: usize) -> __m512i {
    let steps: &[[i8; STEP]] = row.as_chunks().0;
    simd.avx512bw._mm512_cvtepi8_epi16(cast(steps[at]))
}
