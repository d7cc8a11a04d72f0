//! Utterances that go through a network together.

use super::signal::Signal;
use std::ops::Range;

/// Normalised frames of several utterances, and where each is to be answered.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// The frames: a column is a bin.
    pub(crate) frames: Signal,
    /// For each utterance the numbers of frames after which there is an answer.
    pub(crate) prefixes: Vec<Vec<usize>>,
}

impl Batch {
    /// Utterances of `dim` values per frame, each answered once, at its end.
    pub(crate) fn whole(utterances: &[Vec<f32>], dim: usize) -> Self {
        let steps: Vec<usize> = utterances.iter().map(|values| values.len() / dim).collect();
        let prefixes = steps.iter().map(|&steps| vec![steps]).collect();
        let frames = Signal { values: utterances.concat(), steps, bins: dim, channels: 1 };
        Self { frames, prefixes }
    }

    /// The windows to pool over, one per answer, when `frames_per_step` frames become a step.
    pub(super) fn windows(&self, frames_per_step: usize) -> Vec<Range<usize>> {
        let mut start = 0;
        let mut windows = Vec::new();
        for (frames, prefixes) in self.frames.steps.iter().zip(&self.prefixes) {
            let window = |&prefix: &usize| start..start + prefix.div_ceil(frames_per_step);
            windows.extend(prefixes.iter().map(window));
            start += frames.div_ceil(frames_per_step);
        }
        windows
    }
}
