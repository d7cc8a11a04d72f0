//! Utterances of different lengths in one padded tensor.

use burn::tensor::{Device, Tensor, TensorData};
use undertone_core::FramesView;

/// Utterances padded with zeros to the longest one.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// `[batch, time, dim]`.
    pub(crate) frames: Vec<f32>,
    /// Frames of each utterance.
    pub(crate) lengths: Vec<usize>,
    /// Values per frame.
    pub(crate) dim: usize,
}

impl Batch {
    /// Pads `utterances`, which have the same `dim`, to the longest one.
    ///
    /// # Panics
    /// When there is no utterance.
    pub(crate) fn new(utterances: &[FramesView<'_>]) -> Self {
        let dim = utterances.first().expect("a batch has at least one utterance").dim;
        let lengths: Vec<usize> = utterances.iter().map(FramesView::len).collect();
        let padded = lengths.iter().copied().max().unwrap_or(0);
        let mut frames = vec![0.0; utterances.len() * padded * dim];
        for (row, utterance) in frames.chunks_exact_mut(padded * dim).zip(utterances) {
            row[..utterance.values.len()].copy_from_slice(utterance.values);
        }
        Self { frames, lengths, dim }
    }

    /// `[batch, time, dim]` on `device`.
    pub(super) fn tensor(&self, device: &Device) -> Tensor<3> {
        let batch = self.lengths.len();
        let shape = [batch, self.frames.len() / (batch * self.dim), self.dim];
        Tensor::from_data(TensorData::new(self.frames.clone(), shape), device)
    }
}

/// Which time steps of a padded batch belong to an utterance.
#[derive(Debug, Clone)]
pub(super) struct TimeMask {
    lengths: Vec<usize>,
    padded: usize,
    device: Device,
}

impl TimeMask {
    /// The mask of `lengths` time steps, padded to the longest.
    pub(super) fn new(lengths: &[usize], device: &Device) -> Self {
        let padded = lengths.iter().copied().max().unwrap_or(0);
        Self { lengths: lengths.to_vec(), padded, device: device.clone() }
    }

    /// The mask behind a layer that halves the time axis, rounding up.
    pub(super) fn strided(&self, stride: usize) -> Self {
        let lengths = self.lengths.iter().map(|length| length.div_ceil(stride)).collect();
        Self { lengths, padded: self.padded.div_ceil(stride), device: self.device.clone() }
    }

    /// Time steps of all utterances together.
    pub(super) fn total(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// 1 inside an utterance, 0 behind it: `[batch, time]`.
    pub(super) fn inside(&self) -> Tensor<2> {
        let mut values = vec![0.0; self.lengths.len() * self.padded];
        for (row, &length) in values.chunks_exact_mut(self.padded).zip(&self.lengths) {
            row[..length].fill(1.0);
        }
        Tensor::from_data(TensorData::new(values, [self.lengths.len(), self.padded]), &self.device)
    }

    /// The mask for images `[batch, channel, bin, time]`: `[batch, 1, 1, time]`.
    pub(super) fn for_images(&self) -> Tensor<4> {
        self.inside().reshape([self.lengths.len(), 1, 1, self.padded])
    }

    /// The mask for sequences `[batch, time, channel]`: `[batch, time, 1]`.
    pub(super) fn for_sequences(&self) -> Tensor<3> {
        self.inside().reshape([self.lengths.len(), self.padded, 1])
    }

    /// Utterance lengths as `[batch, 1, 1]`.
    pub(super) fn counts(&self) -> Tensor<3> {
        let counts: Vec<f32> = self.lengths.iter().map(|&length| length as f32).collect();
        Tensor::from_data(TensorData::new(counts, [self.lengths.len(), 1, 1]), &self.device)
    }
}
