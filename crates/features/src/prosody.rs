//! Loudness and noisiness of a frame.

/// Lower magnitudes count as 0 when signs are compared, as in librosa's `zero_crossings`.
const ZERO_CROSSING_FLOOR: f32 = 1e-10;

/// Root of the mean square of `samples`, which are not empty.
pub(crate) fn rms(samples: &[f32]) -> f32 {
    let energy: f64 = samples.iter().map(|&sample| f64::from(sample) * f64::from(sample)).sum();
    (energy / samples.len() as f64).sqrt() as f32
}

/// Sign changes between neighbours within `samples`, divided by their number; zero counts as positive.
pub(crate) fn zero_crossing_rate(samples: &[f32]) -> f32 {
    let negative = |sample: f32| sample < -ZERO_CROSSING_FLOOR;
    let crossings = samples.windows(2).filter(|pair| negative(pair[0]) != negative(pair[1])).count();
    crossings as f32 / samples.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rms_of_a_constant_is_its_magnitude() {
        assert_eq!(rms(&[-0.5; 400]), 0.5);
    }

    #[test]
    fn an_alternating_signal_crosses_zero_between_all_neighbours() {
        assert_eq!(zero_crossing_rate(&[1.0, -1.0, 1.0, -1.0]), 0.75);
        assert_eq!(zero_crossing_rate(&[0.0, -1e-11, 0.0, 1.0]), 0.0);
    }
}
