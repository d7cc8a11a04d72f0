//! Logarithms of powers.

use crate::LogScale;

impl LogScale {
    /// Replaces every power by its logarithm.
    pub(crate) fn apply(self, powers: &mut [f32]) {
        match self {
            Self::Natural { floor } => {
                let floor = floor as f32;
                for power in powers {
                    *power = (*power + floor).ln();
                }
            }
            Self::Decibel { floor } => {
                let floor = floor as f32;
                for power in powers {
                    *power = 10.0 * power.max(floor).log10();
                }
            }
        }
    }
}
