//! Activations whose loops compile to wide vectors.

use std::f32::consts::LOG2_E;

/// Adding this to a small number rounds it to an integer, which then stands in the lowest bits.
const ROUNDING: f32 = 12_582_912.0;
/// The natural logarithm of 2 in two parts, so that few digits are lost.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
const LARGEST: f32 = 88.0;

/// `1 / (1 + exp(-x))`, to about 1e-7.
#[inline(always)]
pub(super) fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + exp(-value))
}

/// The hyperbolic tangent, to about 1e-7 (absolute).
#[inline(always)]
pub(super) fn tanh(value: f32) -> f32 {
    1.0 - 2.0 / (1.0 + exp(2.0 * value))
}

/// The exponential function: a power of two times a Taylor polynomial on half a binary order around 0. Beyond
/// ±88 it stays where it is there.
#[inline(always)]
pub(super) fn exp(value: f32) -> f32 {
    let value = value.clamp(-LARGEST, LARGEST);
    let shifted = value * LOG2_E + ROUNDING;
    let whole = shifted - ROUNDING;
    let rest = value - whole * LN_2[0] - whole * LN_2[1];
    let mut series = 1.0 / 720.0;
    for divisor in [120.0, 24.0, 6.0, 2.0, 1.0, 1.0] {
        series = series * rest + 1.0 / divisor;
    }
    let exponent = shifted.to_bits().wrapping_sub(ROUNDING.to_bits()).wrapping_add(127) << 23;
    series * f32::from_bits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_with_the_standard_library() {
        for index in -8_600..=8_600 {
            let value = index as f32 * 0.01;
            let exact = f64::from(value).exp();
            assert!((f64::from(exp(value)) / exact - 1.0).abs() < 1e-6, "exp({value})");
            assert!((tanh(value) - value.tanh()).abs() < 5e-7, "tanh({value})");
            assert!((f64::from(sigmoid(value)) - 1.0 / (1.0 + 1.0 / exact)).abs() < 5e-7, "sigmoid({value})");
        }
        assert!(sigmoid(1e30) == 1.0 && tanh(-1e30) == -1.0 && sigmoid(f32::MIN) < 1e-30);
    }
}
