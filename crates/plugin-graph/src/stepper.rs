//! Streams that go on where their last call ended.

use crate::configuration::{Configuration, State};
use crate::runner::{Inputs, Runner};
use undertone_plugin_sdk::{Call, Failure, StreamItems};

/// Runs a graph with states: the streams that have equally many new frames go through it in one batch.
#[derive(Debug)]
pub(crate) struct Stepper {
    dim: usize,
    labels: usize,
    step_frames: usize,
    states: Vec<State>,
    /// Streams of the call, those with equally many frames next to each other.
    order: Vec<(usize, usize)>,
    frames: Vec<f32>,
    /// For each tensor the values of all streams of a batch.
    gathered: Vec<Vec<f32>>,
}

impl Stepper {
    pub(crate) fn new(configuration: &Configuration) -> Self {
        Self {
            dim: configuration.dim as usize,
            labels: configuration.labels.len(),
            step_frames: configuration.step_frames,
            states: configuration.states.clone(),
            order: Vec::new(),
            frames: Vec::new(),
            gathered: vec![Vec::new(); configuration.states.len()],
        }
    }

    pub(crate) fn advance<R: Runner>(
        &mut self,
        runner: &mut R,
        call: Call<'_>,
        mut items: StreamItems<'_>,
    ) -> Result<(), Failure> {
        if self.states.is_empty() {
            return Err(Failure::refused("the graph has no states"));
        }
        self.sort(&mut items);
        let order = std::mem::take(&mut self.order);
        let mut done = Ok(());
        for batch in order.chunk_by(|one, other| one.0 == other.0) {
            if call.is_cancelled() {
                done = Err(Failure::Cancelled);
                break;
            }
            if let Err(why) = self.run(runner, batch, &mut items) {
                let why = Failure::failed(&why);
                batch.iter().for_each(|&(_, index)| items.get_mut(index).0.fail(&why));
            }
        }
        self.order = order;
        done
    }

    /// Puts the items in order by their number of frames; those that the graph cannot take fail here.
    fn sort(&mut self, items: &mut StreamItems<'_>) {
        self.order.clear();
        for (index, (item, _)) in items.iter_mut().enumerate() {
            let frames = item.frame_count();
            if item.dim() == self.dim && frames > 0 && frames.is_multiple_of(self.step_frames) {
                self.order.push((frames, index));
            } else {
                let (dim, step) = (item.dim(), self.step_frames);
                let expected = self.dim;
                item.fail(&Failure::Refused(format!(
                    "it has {frames} frames of {dim} values; multiples of {step} frames of {expected} are possible"
                )));
            }
        }
        self.order.sort_unstable();
    }

    fn run<R: Runner>(
        &mut self,
        runner: &mut R,
        batch: &[(usize, usize)],
        items: &mut StreamItems<'_>,
    ) -> Result<(), R::Error> {
        self.gather(batch, items);
        let inputs =
            Inputs { batch: batch.len(), time: batch[0].0, frames: &self.frames, states: &self.gathered };
        runner.run(inputs, |outputs| {
            for (tensor, (state, values)) in self.states.iter().zip(outputs.states).enumerate() {
                for (values, &(_, index)) in values.chunks_exact(state.length()).zip(batch) {
                    items.get_mut(index).1.get_mut(tensor).copy_from_slice(values);
                }
            }
            for (scores, &(_, index)) in outputs.scores.chunks_exact(self.labels).zip(batch) {
                items.get_mut(index).0.set_scores(scores);
            }
        })
    }

    /// Copies the frames and the states of a batch's streams one behind another.
    fn gather(&mut self, batch: &[(usize, usize)], items: &mut StreamItems<'_>) {
        self.frames.clear();
        self.gathered.iter_mut().for_each(Vec::clear);
        for &(_, index) in batch {
            let (item, states) = items.get_mut(index);
            self.frames.extend_from_slice(item.frames());
            for (tensor, values) in self.gathered.iter_mut().enumerate() {
                values.extend_from_slice(states.get(tensor));
            }
        }
    }
}
