//! Feature frames and where they lie in the stream.

use crate::SampleRange;
use std::ops::Range;

/// Where frames lie: frame `i` covers samples `[i * hop, i * hop + window)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameGrid {
    /// Samples from one frame's start to the next; never 0.
    pub hop_samples: u32,
    /// Samples that one frame covers; at least 1.
    pub window_samples: u32,
}

impl FrameGrid {
    /// Frames whose centre lies in `range`. The rule that turns an utterance into model input.
    pub fn frames_centred_in(self, range: SampleRange) -> Range<u64> {
        self.first_centred_at_or_after(range.start)..self.first_centred_at_or_after(range.end)
    }

    /// Number of frames that lie entirely within the first `samples` samples.
    pub fn complete_within(self, samples: u64) -> u64 {
        let window = u64::from(self.window_samples);
        if samples < window { 0 } else { (samples - window) / u64::from(self.hop_samples) + 1 }
    }

    fn first_centred_at_or_after(self, position: u64) -> u64 {
        let to_centre = u64::from(self.window_samples / 2);
        position.saturating_sub(to_centre).div_ceil(u64::from(self.hop_samples))
    }
}

/// What an extractor's frames look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameLayout {
    /// Values per frame; never 0.
    pub dim: usize,
    /// Where frames lie.
    pub grid: FrameGrid,
    /// How many later frames the extractor must see before it hands one out (deltas need some).
    pub look_ahead_frames: u32,
    /// Names of the values, one per column.
    pub columns: Vec<String>,
}

/// Row-major frames `[time, dim]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Frames {
    dim: usize,
    values: Vec<f32>,
}

impl Frames {
    /// No frames yet, of `dim` values each.
    ///
    /// # Panics
    /// When `dim` is 0, which no [`FrameLayout`] allows.
    pub fn new(dim: usize) -> Self {
        assert!(dim > 0, "a frame has at least one value");
        Self { dim, values: Vec::new() }
    }

    /// Values per frame.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.values.len() / self.dim
    }

    /// Whether there is no frame.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Frame `index`.
    ///
    /// # Panics
    /// When `index` is not below [`Self::len`].
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.dim..(index + 1) * self.dim]
    }

    /// Appends one frame.
    ///
    /// # Panics
    /// When `row` does not hold exactly `dim` values.
    pub fn push_row(&mut self, row: &[f32]) {
        assert_eq!(row.len(), self.dim, "a row holds dim values");
        self.values.extend_from_slice(row);
    }

    /// Appends `rows` zeroed frames and hands them out to be filled.
    pub fn grow(&mut self, rows: usize) -> &mut [f32] {
        let old = self.values.len();
        self.values.resize(old + rows * self.dim, 0.0);
        &mut self.values[old..]
    }

    /// Keeps the first `rows` frames.
    pub fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows * self.dim);
    }

    /// Drops the first `rows` frames.
    pub fn drop_front(&mut self, rows: usize) {
        self.values.drain(..(rows * self.dim).min(self.values.len()));
    }

    /// Gives memory back, down to room for `rows` frames, where there is room for more than twice as many and no more than
    /// `rows` are held.
    pub fn shrink_to(&mut self, rows: usize) {
        let kept = rows * self.dim;
        if self.values.len() <= kept && self.values.capacity() > 2 * kept {
            self.values.shrink_to(kept);
        }
    }

    /// Drops all frames, keeping the memory.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// Borrows the frames `rows`.
    ///
    /// # Panics
    /// When `rows` reaches behind the last frame.
    pub fn view(&self, rows: Range<usize>) -> FramesView<'_> {
        FramesView { dim: self.dim, values: &self.values[rows.start * self.dim..rows.end * self.dim] }
    }
}

/// Borrowed row-major frames `[time, dim]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FramesView<'a> {
    /// Values per frame.
    pub dim: usize,
    /// All values, row by row; a multiple of `dim`.
    pub values: &'a [f32],
}

impl FramesView<'_> {
    /// A copy of them.
    pub fn to_frames(&self) -> Frames {
        Frames { dim: self.dim, values: self.values.to_vec() }
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.values.len() / self.dim
    }

    /// Whether there is no frame.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: FrameGrid = FrameGrid { hop_samples: 160, window_samples: 400 };

    #[test]
    fn a_frame_belongs_to_the_range_that_holds_its_centre() {
        // Centres lie at 200, 360, 520, ...
        assert_eq!(GRID.frames_centred_in(SampleRange { start: 0, end: 200 }), 0..0);
        assert_eq!(GRID.frames_centred_in(SampleRange { start: 0, end: 201 }), 0..1);
        assert_eq!(GRID.frames_centred_in(SampleRange { start: 201, end: 521 }), 1..3);
    }

    #[test]
    fn neighbouring_ranges_share_no_frame_and_lose_none() {
        for cut in 0..2_000 {
            let left = GRID.frames_centred_in(SampleRange { start: 0, end: cut });
            let right = GRID.frames_centred_in(SampleRange { start: cut, end: 4_000 });
            assert_eq!(left.end, right.start);
        }
    }

    #[test]
    fn memory_is_given_back_only_where_much_of_it_is_left() {
        let mut frames = Frames::new(4);
        (0..100).for_each(|_| frames.push_row(&[1.0; 4]));
        frames.shrink_to(10);
        assert!(frames.values.capacity() >= 400, "they are held");
        frames.drop_front(95);
        frames.shrink_to(10);
        assert!((40..400).contains(&frames.values.capacity()), "{}", frames.values.capacity());
        let kept = frames.values.capacity();
        frames.clear();
        frames.shrink_to(10);
        assert_eq!(frames.values.capacity(), kept, "it is not much");
    }

    #[test]
    fn only_whole_windows_count_as_complete() {
        assert_eq!(GRID.complete_within(399), 0);
        assert_eq!(GRID.complete_within(400), 1);
        assert_eq!(GRID.complete_within(560), 2);
    }
}
