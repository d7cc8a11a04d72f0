//! Dropout (Srivastava et al. 2014).

use crate::network::pass::Pass;
use crate::network::signal::Signal;

/// Which values were dropped, and how much the others were raised.
#[derive(Debug)]
pub(in crate::network) struct Dropped {
    factors: Option<Vec<f32>>,
}

impl Dropped {
    /// Drops each value of `signal` with `probability` while learning.
    pub(in crate::network) fn apply(pass: &mut Pass<'_>, signal: &mut Signal, probability: f32) -> Self {
        let dropped = Self { factors: pass.dropout(signal.values.len(), probability) };
        dropped.scale(signal);
        dropped
    }

    /// Changes the slope by the output into the slope by the input, which is the same factor.
    pub(in crate::network) fn scale(&self, slope: &mut Signal) {
        if let Some(factors) = &self.factors {
            slope.values.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
        }
    }
}
