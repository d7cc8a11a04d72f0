//! One stream of the bare loop.

use super::script::Asked;
use undertone_core::{Advance, Extractor, FrameGrid, Frames, FramesView, Model, PluginError};

/// Frames of one stream, with what a model remembers of it.
pub(super) struct Lane {
    extractor: Box<dyn Extractor>,
    grid: FrameGrid,
    frames: Frames,
    /// Number of the first kept frame, from the stream's start.
    first_frame: u64,
    /// Utterance that the state is about, and the frame behind the last one that it has seen.
    state_of: u32,
    seen: u64,
    state: Vec<f32>,
    step_frames: u64,
}

impl Lane {
    pub(super) fn new(model: &dyn Model) -> Result<Self, PluginError> {
        let streaming = model.streaming();
        Ok(Self {
            extractor: model.new_extractor()?,
            grid: model.layout().grid,
            frames: Frames::new(model.layout().dim),
            first_frame: 0,
            state_of: 0,
            seen: 0,
            state: vec![0.0; streaming.map_or(0, |own| own.state_values)],
            step_frames: streaming.map_or(1, |own| own.step_frames as u64),
        })
    }

    pub(super) fn hear(&mut self, samples: &[f32]) -> Result<(), PluginError> {
        self.extractor.push(samples, &mut self.frames)
    }

    /// All frames that `request` is about.
    pub(super) fn utterance(&self, request: &Asked) -> FramesView<'_> {
        let (first, end) = self.bounds(request);
        self.view(first, end)
    }

    /// The whole steps of frames that are new since the last request, with the state; `None` when there are none.
    pub(super) fn news(&mut self, request: &Asked) -> Option<Advance<'_>> {
        let (first, end) = self.bounds(request);
        if self.state_of != request.utterance {
            self.state_of = request.utterance;
            self.seen = first;
            self.state.fill(0.0);
        }
        let seen = self.seen;
        self.seen += end.saturating_sub(seen) / self.step_frames * self.step_frames;
        if self.seen == seen {
            return None;
        }
        let rows = (seen - self.first_frame) as usize..(self.seen - self.first_frame) as usize;
        Some(Advance { frames: self.frames.view(rows), state: &mut self.state })
    }

    /// Drops the frames of a finished utterance.
    pub(super) fn forget(&mut self, request: &Asked) {
        let (_, end) = self.bounds(request);
        self.frames.drop_front((end - self.first_frame) as usize);
        self.first_frame = end;
    }

    fn bounds(&self, request: &Asked) -> (u64, u64) {
        let frames = self.grid.frames_centred_in(request.interval);
        let first = frames.start.max(self.first_frame);
        let available =
            self.grid.complete_within(request.heard).min(self.first_frame + self.frames.len() as u64);
        (first, frames.end.min(available).max(first))
    }

    fn view(&self, first: u64, end: u64) -> FramesView<'_> {
        self.frames.view((first - self.first_frame) as usize..(end - self.first_frame) as usize)
    }
}
