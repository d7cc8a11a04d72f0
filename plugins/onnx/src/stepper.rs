//! Streams that go on where their last call ended.

use crate::configuration::{Configuration, State};
use ort::session::{Session, SessionInputValue};
use ort::value::TensorRef;
use std::borrow::Cow;
use undertone_plugin_sdk::{Call, Failure, StreamItems};

/// Runs a graph with states: the streams that have equally many new frames go through it in one batch.
pub(crate) struct Stepper {
    input: String,
    output: String,
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
            input: configuration.input.clone(),
            output: configuration.output.clone(),
            dim: configuration.dim as usize,
            labels: configuration.labels.len(),
            step_frames: configuration.step_frames,
            states: configuration.states.clone(),
            order: Vec::new(),
            frames: Vec::new(),
            gathered: vec![Vec::new(); configuration.states.len()],
        }
    }

    pub(crate) fn advance(
        &mut self,
        session: &mut Session,
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
            if let Err(why) = self.run(session, batch, &mut items) {
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

    fn run(
        &mut self,
        session: &mut Session,
        batch: &[(usize, usize)],
        items: &mut StreamItems<'_>,
    ) -> ort::Result<()> {
        self.gather(batch, items);
        let frames = batch[0].0;
        let shape = [batch.len(), frames, self.dim];
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> =
            Vec::with_capacity(1 + self.states.len());
        let input = TensorRef::from_array_view((shape, self.frames.as_slice()))?;
        inputs.push((self.input.as_str().into(), input.into()));
        for (state, values) in self.states.iter().zip(&self.gathered) {
            let shape: Vec<usize> = [batch.len()].iter().chain(&state.shape).copied().collect();
            let value = TensorRef::from_array_view((shape, values.as_slice()))?;
            inputs.push((state.name_in.as_str().into(), value.into()));
        }
        let outputs = session.run(inputs)?;
        let (_, scores) = outputs[self.output.as_str()].try_extract_tensor::<f32>()?;
        for (tensor, state) in self.states.iter().enumerate() {
            let (_, values) = outputs[state.name_out.as_str()].try_extract_tensor::<f32>()?;
            for (values, &(_, index)) in values.chunks_exact(state.length()).zip(batch) {
                items.get_mut(index).1.get_mut(tensor).copy_from_slice(values);
            }
        }
        for (scores, &(_, index)) in scores.chunks_exact(self.labels).zip(batch) {
            items.get_mut(index).0.set_scores(scores);
        }
        Ok(())
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
