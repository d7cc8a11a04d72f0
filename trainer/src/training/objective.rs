//! What training makes small.

use crate::network::Signal;

/// Share of every label for one utterance: `1 - smoothing` for its own, the rest for all alike (Szegedy et
/// al. 2016).
pub(super) fn smoothed(label: usize, labels: usize, smoothing: f32) -> Vec<f32> {
    let mut shares = vec![smoothing / labels as f32; labels];
    shares[label] += 1.0 - smoothing;
    shares
}

/// Probabilities of each row of logits.
pub(super) fn softmax(logits: &Signal) -> Vec<f32> {
    let mut probabilities = logits.values.clone();
    for row in probabilities.chunks_exact_mut(logits.channels) {
        let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        row.iter_mut().for_each(|value| *value = (*value - highest).exp());
        let total: f32 = row.iter().sum();
        row.iter_mut().for_each(|value| *value /= total);
    }
    probabilities
}

/// Mean cross-entropy of logits with label shares of the same shape, and its slope by the logits.
pub(super) fn cross_entropy(logits: &Signal, shares: &[f32]) -> (f32, Signal) {
    let rows = (logits.values.len() / logits.channels) as f32;
    let mut slope = softmax(logits);
    let surprise = |(&probability, share): (&f32, &f32)| {
        // Unlike `max`, this lets through what is not a number.
        let possible = if probability < f32::MIN_POSITIVE { f32::MIN_POSITIVE } else { probability };
        -share * possible.ln()
    };
    let loss = slope.iter().zip(shares).map(surprise).sum::<f32>() / rows;
    slope.iter_mut().zip(shares).for_each(|(value, share)| *value = (*value - share) / rows);
    (loss, logits.like(slope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_the_change_of_the_loss() {
        let logits = |values: &[f32]| Signal::rows(values.to_vec(), 3);
        let shares = [0.2, 0.7, 0.1, 1.0, 0.0, 0.0];
        let values = [0.3, -1.0, 2.0, 0.0, 0.5, -0.5];
        let (_, slope) = cross_entropy(&logits(&values), &shares);
        for index in 0..values.len() {
            let loss = |step: f32| {
                let mut moved = values;
                moved[index] += step;
                cross_entropy(&logits(&moved), &shares).0
            };
            let measured = (loss(1e-2) - loss(-1e-2)) / 2e-2;
            assert!((measured - slope.values[index]).abs() < 1e-3, "{index}: {measured}");
        }
    }
}
