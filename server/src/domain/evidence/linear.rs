//! The little linear algebra that calibration needs, at its one size.

/// Parameters of a calibration curve: an intercept and five slopes.
pub(super) const SIZE: usize = 6;
/// A parameter vector.
pub(super) type Vector = [f64; SIZE];
/// A symmetric matrix over the parameters.
pub(super) type Matrix = [[f64; SIZE]; SIZE];

/// The inner product.
pub(super) fn dot(a: &Vector, b: &Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A matrix times a vector.
pub(super) fn times(a: &Matrix, v: &Vector) -> Vector {
    a.map(|row| dot(&row, v))
}

/// `a + k b`.
pub(super) fn plus(a: &Matrix, k: f64, b: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| a[i][j] + k * b[i][j]))
}

/// The inverse of a positive definite matrix, by Gauss-Jordan elimination: such a one needs no pivoting.
pub(super) fn inverse(a: &Matrix) -> Matrix {
    let mut left = *a;
    let mut right = [[0.0; SIZE]; SIZE];
    for (i, row) in right.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    for column in 0..SIZE {
        let pivot = left[column][column];
        left[column] = left[column].map(|x| x / pivot);
        right[column] = right[column].map(|x| x / pivot);
        let (left_row, right_row) = (left[column], right[column]);
        for row in (0..SIZE).filter(|row| *row != column) {
            let factor = left[row][column];
            for j in 0..SIZE {
                left[row][j] -= factor * left_row[j];
                right[row][j] -= factor * right_row[j];
            }
        }
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_matrix_times_its_inverse_is_one(rows in prop::array::uniform6(prop::array::uniform6(-3.0..3.0f64)), v in prop::array::uniform6(-5.0..5.0f64)) {
            // B Bᵀ + I is positive definite.
            let a: Matrix = std::array::from_fn(|i| std::array::from_fn(|j| dot(&rows[i], &rows[j]) + f64::from(u8::from(i == j))));
            let back = times(&inverse(&a), &times(&a, &v));
            for (x, y) in back.iter().zip(v) {
                prop_assert!((x - y).abs() < 1e-6);
            }
        }
    }
}
