//! The samples that frames still need.

/// How many hops fit behind the first frame. More mean that the samples are moved to the front less often.
const HOPS_AHEAD: usize = 8;

/// A fixed stretch of samples over which frames slide.
#[derive(Debug, Clone)]
pub(crate) struct SampleBuffer {
    values: Vec<f32>,
    filled: usize,
    /// Where the next frame starts.
    next: usize,
    history: usize,
    window: usize,
    hop: usize,
}

/// A frame's samples, and those before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameSamples<'a> {
    /// `history` samples, then the frame's own.
    with_history: &'a [f32],
    history: usize,
}

impl<'a> FrameSamples<'a> {
    /// The samples that the frame covers.
    pub(crate) fn window(self) -> &'a [f32] {
        &self.with_history[self.history..]
    }

    /// The last `samples` up to the frame's end; at most history and window together.
    pub(crate) fn last(self, samples: usize) -> &'a [f32] {
        &self.with_history[self.with_history.len() - samples..]
    }
}

impl SampleBuffer {
    /// For frames of `window` samples, every `hop` (at most `window`), that may look at `history` samples before them.
    pub(crate) fn new(window: usize, hop: usize, history: usize) -> Self {
        let values = vec![0.0; history + window + HOPS_AHEAD * hop];
        Self { values, filled: history, next: history, history, window, hop }
    }

    /// Takes what fits from the front of `samples` and returns the rest.
    /// Takes at least one sample when all complete frames were fetched.
    pub(crate) fn fill<'a>(&mut self, samples: &'a [f32]) -> &'a [f32] {
        if self.filled == self.values.len() {
            self.move_to_front();
        }
        let (taken, rest) = samples.split_at(samples.len().min(self.values.len() - self.filled));
        self.values[self.filled..self.filled + taken.len()].copy_from_slice(taken);
        self.filled += taken.len();
        rest
    }

    /// The next frame, once all its samples are there.
    pub(crate) fn next_frame(&mut self) -> Option<FrameSamples<'_>> {
        let start = self.next;
        let end = start + self.window;
        if end > self.filled {
            return None;
        }
        self.next += self.hop;
        Some(FrameSamples { with_history: &self.values[start - self.history..end], history: self.history })
    }

    /// Forgets all samples; those before the next one are 0 again.
    pub(crate) fn reset(&mut self) {
        self.values[..self.history].fill(0.0);
        self.filled = self.history;
        self.next = self.history;
    }

    fn move_to_front(&mut self) {
        let kept = self.next - self.history;
        self.values.copy_within(kept..self.filled, 0);
        self.filled -= kept;
        self.next = self.history;
    }
}
