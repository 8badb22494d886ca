//! The table of rows: one of 128 int8 a word piece, with one scale a row.

use std::sync::LazyLock;

use pulp::{Arch, NullaryFnOnce};

/// Components of a vector.
pub const DIMENSIONS: usize = 128;

/// Word pieces in the vocabulary, and so rows in the table.
pub const PIECES: usize = 30_522;

/// One piece's row as it lies in the file: int8, still typed as bytes (`as i8` costs nothing).
pub(in crate::matching) type Row = [u8; DIMENSIONS];

static ROWS: &[u8] = include_bytes!("../../../embedding/table_i8.npy");
static SCALES: &[u8] = include_bytes!("../../../embedding/scale_f32.npy");

/// The rows, their scales and their lengths.
pub(super) struct Table {
    rows: &'static [Row],
    scales: Vec<f32>,
    /// Length of each row in its own int8 units.
    norms: Vec<f32>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::load);

/// The table, read at first use (about a millisecond).
pub(super) fn table() -> &'static Table {
    &TABLE
}

impl Table {
    fn load() -> Self {
        let (rows, rest) = npy_values(ROWS, "'|i1'", "(30522, 128)").as_chunks::<DIMENSIONS>();
        let (scales, odd) = npy_values(SCALES, "'<f4'", "(30522,)").as_chunks::<4>();
        assert!(
            rest.is_empty() && odd.is_empty() && rows.len() == PIECES && scales.len() == PIECES,
            "the table is whole"
        );
        Self {
            rows,
            scales: scales.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            norms: rows.iter().map(|row| (dot(row, row) as f32).sqrt()).collect(),
        }
    }

    /// Adds a piece's row, scaled, to `sum`.
    pub(super) fn add(&self, piece: u16, sum: &mut [f32; DIMENSIONS]) {
        let scale = self.scales[usize::from(piece)];
        for (value, byte) in sum.iter_mut().zip(&self.rows[usize::from(piece)]) {
            *value += scale * f32::from(*byte as i8);
        }
    }

    /// A piece's row and its length, both in the row's own int8 units.
    pub(super) fn row(&self, piece: u16) -> (&'static Row, f32) {
        (&self.rows[usize::from(piece)], self.norms[usize::from(piece)])
    }

    /// What a unit of a piece's row is worth.
    pub(super) fn scale(&self, piece: u16) -> f32 {
        self.scales[usize::from(piece)]
    }
}

/// Sum of products of two rows: at most 128 × 128², which an i32 holds.
pub(in crate::matching) fn dot(a: &Row, b: &Row) -> i32 {
    let (a, _) = a.as_chunks::<16>();
    let (b, _) = b.as_chunks::<16>();
    let mut sums = [0_i32; 16];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..16 {
            // A product of two int8 fits an i16, of which a machine multiplies eight at once.
            sums[lane] += i32::from(i16::from(a[lane] as i8) * i16::from(b[lane] as i8));
        }
    }
    sums.iter().sum()
}

/// Products of one row with each of `others`, on the widest registers this machine has; as many as there is room for.
pub(in crate::matching) fn dots(one: &Row, others: &[&Row], products: &mut [i32]) {
    static ARCH: LazyLock<Arch> = LazyLock::new(Arch::new);
    ARCH.dispatch(Dots { one, others, products });
}

struct Dots<'a> {
    one: &'a Row,
    others: &'a [&'a Row],
    products: &'a mut [i32],
}

impl NullaryFnOnce for Dots<'_> {
    type Output = ();

    /// Counts instead of zipping: what iterators call is compiled for the baseline.
    #[inline(always)]
    fn call(self) {
        let one = self.one.map(|byte| i16::from(byte as i8));
        for number in 0..self.others.len().min(self.products.len()) {
            let other = self.others[number];
            let mut sum = 0_i32;
            for at in 0..DIMENSIONS {
                sum += i32::from(one[at]) * i32::from(other[at] as i8);
            }
            self.products[number] = sum;
        }
    }
}

/// The values of an `.npy` file of the expected type and shape, in C order.
///
/// Format: magic, two bytes of version, two bytes of header length, the header (a Python literal), the values.
fn npy_values(file: &'static [u8], dtype: &str, shape: &str) -> &'static [u8] {
    assert_eq!(&file[..8], b"\x93NUMPY\x01\x00", "an .npy file of version 1.0");
    let end = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    let header = std::str::from_utf8(&file[10..end]).expect("an .npy header is ASCII");
    for part in [dtype, shape, "'fortran_order': False"] {
        assert!(header.contains(part), "the .npy header has {part}: {header}");
    }
    &file[end..]
}
