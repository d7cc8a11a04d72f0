//! Whether two computations gave the same.

use crate::conformance::outcome::{Outcome, must};

/// Values are the same to the last bit; `what` says what was compared, `dim` how many make a row.
pub(crate) fn same_bits(found: &[f32], expected: &[f32], dim: usize, what: &str) -> Outcome {
    compare(found, expected, (dim, what), |found, expected| found.to_bits() == expected.to_bits())
}

/// Values are the same but for rounding that a `-0` or another sum may bring: frames of one stream.
pub(crate) fn same(found: &[f32], expected: &[f32], dim: usize, what: &str) -> Outcome {
    compare(found, expected, (dim, what), |found, expected| {
        (found - expected).abs() <= 1e-5 * expected.abs().max(1.0)
    })
}

/// Values are close enough to give the same probabilities.
pub(crate) fn close(found: &[f32], expected: &[f32], what: &str) -> Outcome {
    compare(found, expected, (expected.len().max(1), what), |found, expected| {
        (found - expected).abs() <= 1e-3 * expected.abs().max(1.0)
    })
}

fn compare(
    found: &[f32],
    expected: &[f32],
    (dim, what): (usize, &str),
    equal: impl Fn(f32, f32) -> bool,
) -> Outcome {
    must(found.len() == expected.len(), || {
        format!("{what}: {} rows instead of {}", found.len() / dim, expected.len() / dim)
    })?;
    let different = found.iter().zip(expected).position(|(&found, &expected)| !equal(found, expected));
    match different {
        None => Ok(()),
        Some(at) => must(false, || {
            let (row, column) = (at / dim, at % dim);
            format!("{what}: row {row}, value {column} is {} instead of {}", found[at], expected[at])
        }),
    }
}
