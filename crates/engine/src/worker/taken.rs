//! What one turn of a worker works on.

use super::owned_stream::Heard;
use crate::step::Step;
use std::time::Duration;
use undertone_core::StreamId;

/// A step of a stream, to be answered in this turn.
pub(super) struct Pending {
    pub(super) stream: StreamId,
    pub(super) step: Step,
}

impl Pending {
    /// How many frames it asks about, if it asks for a final result.
    pub(super) fn final_frames(&self) -> Option<usize> {
        match &self.step {
            Step::Score(request) if request.trigger.is_final() => Some(request.rows.len()),
            Step::Score(_) | Step::Tell(_) | Step::Acknowledge(_) => None,
        }
    }
}

/// What one turn works on.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) streams: Vec<StreamId>,
    /// How many of them have a part of it: not those that wait for what is done beside.
    pub(super) parts: usize,
    /// Pieces of input.
    pub(super) inputs: usize,
    /// Those of the parts that are for somebody who speaks.
    pub(super) live: usize,
    pub(super) pending: Vec<Pending>,
    /// What was heard from these.
    pub(super) live_samples: u64,
    /// Answers that they ask for.
    pub(super) asked: usize,
    /// How long input of a live stream has waited for other streams, at most.
    pub(super) waited: Duration,
    /// Room for the steps of one stream.
    pub(super) steps: Vec<Step>,
}

impl Taken {
    /// Takes what a stream's piece of input led to.
    pub(super) fn take_steps(&mut self, stream: StreamId, mut steps: Vec<Step>) {
        self.inputs += 1;
        self.asked += steps.iter().filter(|step| matches!(step, Step::Score(_))).count();
        self.pending.extend(steps.drain(..).map(|step| Pending { stream, step }));
        self.steps = steps;
    }

    /// A stream has its part of the turn.
    pub(super) fn take_part(&mut self, stream: StreamId, is_live: bool) {
        self.streams.push(stream);
        self.parts += 1;
        self.live += usize::from(is_live);
    }

    /// Takes what was heard from a stream.
    pub(super) fn take_heard(&mut self, heard: Heard) {
        self.live_samples += heard.live_samples;
        self.waited = self.waited.max(heard.waited);
    }

    /// The share of the work that was done for streams that somebody speaks into.
    pub(super) fn live_share(&self) -> f64 {
        self.live as f64 / self.parts.max(1) as f64
    }
}
