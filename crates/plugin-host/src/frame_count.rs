//! Whether an extractor gives the frames that its stream's samples are due.

use undertone_core::FrameLayout;

/// The samples and frames of a stream so far. Frames lie on a grid, so a missing or an additional one would shift all that come
/// later against what was said.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FrameCount {
    samples: u64,
    frames: u64,
}

impl FrameCount {
    /// Counts a push of so many samples, or with `None` the end of the stream, and the frames that it gave; what is wrong with
    /// that.
    pub(crate) fn add(
        &mut self,
        layout: &FrameLayout,
        samples: Option<usize>,
        frames: usize,
    ) -> Result<(), String> {
        self.samples = self.samples.saturating_add(samples.unwrap_or(0) as u64);
        self.frames = self.frames.saturating_add(frames as u64);
        let complete = layout.grid.complete_within(self.samples);
        // At the end nothing is left to wait for.
        let waiting = samples.map_or(0, |_| u64::from(layout.look_ahead_frames));
        let due = complete.saturating_sub(waiting);
        if (due..=complete).contains(&self.frames) {
            return Ok(());
        }
        let Self { samples, frames } = self;
        Err(format!("behind {samples} samples it has given {frames} frames; {due} to {complete} are due"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_core::FrameGrid;

    const WINDOW: usize = 400;

    fn layout() -> FrameLayout {
        let grid = FrameGrid { hop_samples: 160, window_samples: WINDOW as u32 };
        FrameLayout { dim: 1, grid, look_ahead_frames: 2, columns: vec!["v".to_owned()] }
    }

    #[test]
    fn frames_may_come_as_late_as_their_look_ahead_and_all_come_in_the_end() {
        let mut count = FrameCount::default();
        assert_eq!(count.add(&layout(), Some(WINDOW), 0), Ok(()), "it may wait for two more");
        assert_eq!(count.add(&layout(), Some(480), 4), Ok(()), "it may wait no longer than it must");
        assert_eq!(count.add(&layout(), None, 0), Ok(()));
    }

    #[test]
    fn a_frame_too_many_or_too_few_is_told() {
        let mut count = FrameCount::default();
        let early = count.add(&layout(), Some(WINDOW - 1), 1).expect_err("no window is complete");
        assert_eq!(early, "behind 399 samples it has given 1 frames; 0 to 0 are due");
        let mut count = FrameCount::default();
        assert!(
            count.add(&layout(), Some(2_000), 8).is_err(),
            "three of eleven may wait for their look-ahead, not more"
        );
        let mut count = FrameCount::default();
        assert_eq!(count.add(&layout(), Some(2_000), 9), Ok(()));
        assert!(count.add(&layout(), None, 1).is_err(), "there are two");
    }
}
