//! What happens to frames before the first layer.

use super::shape::Normalisation;
use crate::onnx::{Attribute, GraphBuilder};
use crate::{Parameters, Role};

/// `(x - mean) / deviation of the training set`, per column; what the mean is taken over is said by the
/// [`Normalisation`].
#[derive(Debug, Clone)]
pub(super) struct InputScale {
    pub(super) dim: usize,
    pub(super) normalisation: Normalisation,
}

impl InputScale {
    /// Name of the array that holds the training set's mean per column.
    pub(super) const MEAN: &'static str = "input.mean";
    /// Name of the array that holds the training set's deviation per column.
    pub(super) const DEVIATION: &'static str = "input.deviation";

    pub(super) fn declare(&self, parameters: &mut Parameters) {
        parameters.fill(Self::MEAN, &[self.dim], Role::Statistic, 0.0);
        parameters.fill(Self::DEVIATION, &[self.dim], Role::Statistic, 1.0);
    }

    /// Changes one utterance's frames in place.
    pub(super) fn apply(&self, parameters: &Parameters, frames: &mut [f32]) {
        match self.normalisation {
            Normalisation::Utterance => self.centre(frames),
            Normalisation::Running { prior_frames } => {
                self.follow(&parameters.get(Self::MEAN).values, prior_frames, frames);
            }
        }
        let deviation = &parameters.get(Self::DEVIATION).values;
        for row in frames.chunks_exact_mut(self.dim) {
            row.iter_mut().zip(deviation).for_each(|(value, deviation)| *value /= deviation);
        }
    }

    fn centre(&self, frames: &mut [f32]) {
        let count = (frames.len() / self.dim) as f32;
        let mut mean = vec![0.0; self.dim];
        for row in frames.chunks_exact(self.dim) {
            mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value / count);
        }
        for row in frames.chunks_exact_mut(self.dim) {
            row.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean);
        }
    }

    fn follow(&self, mean: &[f32], prior_frames: f32, frames: &mut [f32]) {
        let mut total: Vec<f32> = mean.iter().map(|mean| prior_frames * mean).collect();
        let mut count = prior_frames;
        for row in frames.chunks_exact_mut(self.dim) {
            count += 1.0;
            for (value, total) in row.iter_mut().zip(&mut total) {
                *total += *value;
                *value -= *total / count;
            }
        }
    }

    /// The same for `frames` `[batch, time, dim]`.
    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, frames: &str) -> String {
        let mean = match self.normalisation {
            Normalisation::Utterance => {
                let axes = [Attribute::ints("axes", &[1]), Attribute::int("keepdims", 1)];
                graph.node("ReduceMean", &[frames], &axes)
            }
            Normalisation::Running { prior_frames } => {
                self.export_mean_so_far(graph, parameters, frames, (prior_frames, None))
            }
        };
        let centred = graph.node("Sub", &[frames, &mean], &[]);
        let deviation = graph.parameter(parameters, Self::DEVIATION);
        graph.node("Div", &[&centred, &deviation], &[])
    }

    /// The same for frames that go on where the last call's ended. `None` when the mean of the whole utterance is
    /// needed, which nobody knows yet.
    pub(super) fn export_stream(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        frames: &str,
    ) -> Option<String> {
        let Normalisation::Running { prior_frames } = self.normalisation else { return None };
        let total = graph.state("input.total", &[1, self.dim]);
        let count = graph.state("input.count", &[1, 1]);
        let mean = self.export_mean_so_far(graph, parameters, frames, (prior_frames, Some([total, count])));
        let centred = graph.node("Sub", &[frames, &mean], &[]);
        let deviation = graph.parameter(parameters, Self::DEVIATION);
        Some(graph.node("Div", &[&centred, &deviation], &[]))
    }

    /// `before` are the sum and the number of the frames of earlier calls, which are carried on.
    fn export_mean_so_far(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        frames: &str,
        (prior_frames, before): (f32, Option<[String; 2]>),
    ) -> String {
        let time = graph.int("cumulation_axis", 1);
        let mut total = graph.node("CumSum", &[frames, &time], &[]);
        let (zero, one, last) =
            (graph.ints("first", &[0]), graph.ints("second", &[1]), graph.ints("last_axis", &[2]));
        let column = graph.node("Slice", &[frames, &zero, &one, &last], &[]);
        let nothing = graph.floats("nothing", &[1], &[0.0]);
        let each = graph.floats("each_frame", &[1], &[1.0]);
        let ones = graph.node("Mul", &[&column, &nothing], &[]);
        let ones = graph.node("Add", &[&ones, &each], &[]);
        let mut count = graph.node("CumSum", &[&ones, &time], &[]);
        if let Some([total_before, count_before]) = before {
            total = graph.node("Add", &[&total, &total_before], &[]);
            count = graph.node("Add", &[&count, &count_before], &[]);
            for (name, value) in [("input.total", &total), ("input.count", &count)] {
                let last = graph.last(value, 1, 1);
                graph.carry(name, &last);
            }
        }
        let prior = graph.floats("prior_frames", &[1], &[prior_frames]);
        let count = graph.node("Add", &[&count, &prior], &[]);
        let mean = &parameters.get(Self::MEAN).values;
        let prior: Vec<f32> = mean.iter().map(|mean| prior_frames * mean).collect();
        let prior = graph.floats("input.prior", &[self.dim], &prior);
        let total = graph.node("Add", &[&total, &prior], &[]);
        graph.node("Div", &[&total, &count], &[])
    }
}
