//! What training makes small.

use burn::tensor::{Tensor, TensorData, activation};

/// Share of every label for one utterance: `1 - smoothing` for its own, the rest for all alike (Szegedy et
/// al. 2016).
pub(super) fn smoothed(label: usize, labels: usize, smoothing: f32) -> Vec<f32> {
    let mut shares = vec![smoothing / labels as f32; labels];
    shares[label] += 1.0 - smoothing;
    shares
}

/// Mean cross-entropy of logits `[batch, label]` with label shares of the same shape.
pub(super) fn cross_entropy(logits: Tensor<2>, shares: Vec<f32>) -> Tensor<1> {
    let shape = logits.dims();
    let shares = Tensor::from_data(TensorData::new(shares, shape), &logits.device());
    (activation::log_softmax(logits, 1) * shares).sum() / -(shape[0] as f32)
}
