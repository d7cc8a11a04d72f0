//! What flows between layers.

use std::ops::Range;

/// Sequences of steps, one behind another and without padding. A step holds `bins * channels` values; channels
/// vary fastest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Signal {
    /// `steps.iter().sum() * bins * channels` values.
    pub(crate) values: Vec<f32>,
    /// Steps of each sequence; at least 1 each.
    pub(crate) steps: Vec<usize>,
    /// Bins of a step; 1 behind the convolutions.
    pub(crate) bins: usize,
    /// Values per bin.
    pub(crate) channels: usize,
}

impl Signal {
    /// A signal of zeros.
    pub(crate) fn zeros(steps: Vec<usize>, bins: usize, channels: usize) -> Self {
        let values = vec![0.0; steps.iter().sum::<usize>() * bins * channels];
        Self { values, steps, bins, channels }
    }

    /// One step per row of `values`.
    pub(crate) fn rows(values: Vec<f32>, channels: usize) -> Self {
        let steps = vec![1; values.len() / channels];
        Self { values, steps, bins: 1, channels }
    }

    /// Other values with the same shape.
    pub(crate) fn like(&self, values: Vec<f32>) -> Self {
        debug_assert_eq!(values.len(), self.values.len());
        Self { values, steps: self.steps.clone(), bins: self.bins, channels: self.channels }
    }

    /// The same values with the bins of a step taken for channels.
    pub(crate) fn flat(self) -> Self {
        Self { channels: self.width(), bins: 1, ..self }
    }

    /// Values per step.
    pub(crate) fn width(&self) -> usize {
        self.bins * self.channels
    }

    /// Which steps each sequence has, counted over all sequences.
    pub(crate) fn ranges(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        let range = |&steps: &usize| {
            start += steps;
            start - steps..start
        };
        self.steps.iter().map(range).collect()
    }
}
