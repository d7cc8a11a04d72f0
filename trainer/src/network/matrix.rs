//! Products of row-major matrices.

use super::parallel::vectorised;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// A matrix, row after row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix<'v> {
    values: &'v [f32],
    columns: usize,
    turned: bool,
}

impl<'v> Matrix<'v> {
    /// Rows of `columns` values.
    pub(super) fn new(values: &'v [f32], columns: usize) -> Self {
        Self { values, columns, turned: false }
    }

    /// Its transpose.
    pub(super) fn turned(self) -> Self {
        Self { turned: !self.turned, ..self }
    }

    fn view(&self) -> MatRef<'v, f32> {
        let view = MatRef::from_row_major_slice(self.values, self.values.len() / self.columns, self.columns);
        if self.turned { view.transpose() } else { view }
    }
}

/// `output = left * right`, or `output += left * right`.
pub(super) fn multiply(output: &mut [f32], how: Accum, left: Matrix<'_>, right: Matrix<'_>) {
    let (left, right) = (left.view(), right.view());
    let target = MatMut::from_row_major_slice_mut(output, left.nrows(), right.ncols());
    matmul(target, how, left, right, 1.0, Par::Seq);
    clean_registers(output);
}

/// The product's kernels leave the upper halves of the vector registers dirty, which slows down all narrower
/// code that runs afterwards, several times over. A function compiled for wide vectors cleans them when it
/// returns. Adding zero keeps it from being optimised away.
fn clean_registers(values: &mut [f32]) {
    let touched = values.len().min(16);
    vectorised(|| values[..touched].iter_mut().for_each(|value| *value += 0.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_row_major_and_can_be_turned() {
        let left = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let right = [1.0, 0.0, 2.0, 1.0, 0.0, 3.0];
        let mut output = [0.0; 4];
        multiply(&mut output, Accum::Replace, Matrix::new(&left, 3), Matrix::new(&right, 2));
        assert_eq!(output, [5.0, 11.0, 14.0, 23.0]);
        multiply(&mut output, Accum::Add, Matrix::new(&left, 3), Matrix::new(&right, 3).turned());
        assert_eq!(output, [5.0 + 7.0, 11.0 + 10.0, 14.0 + 16.0, 23.0 + 22.0]);
    }
}
