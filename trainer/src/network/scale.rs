//! The first layer: each utterance's own mean is taken away, and the training set's deviation divided out.

use super::batch::TimeMask;
use super::pass::Pass;
use crate::onnx::{Attribute, GraphBuilder};
use crate::{Parameters, Role};
use burn::tensor::Tensor;

/// `(x - mean over the utterance) / deviation of the training set`, per column.
#[derive(Debug, Clone)]
pub(super) struct InputScale {
    pub(super) dim: usize,
}

impl InputScale {
    const NAME: &'static str = "input";

    /// Name of the array that holds the training set's deviation per column.
    pub(super) const DEVIATION: &'static str = "input.deviation";

    pub(super) fn declare(&self, parameters: &mut Parameters) {
        parameters.fill(Self::DEVIATION, &[self.dim], Role::Statistic, 1.0);
    }

    /// `[batch, time, dim]` to the same; padding comes out as zeros.
    pub(super) fn forward(&self, pass: &Pass, frames: Tensor<3>, mask: &TimeMask) -> Tensor<3> {
        let deviation = pass.parameter::<1>(Self::NAME, "deviation").reshape([1, 1, self.dim]);
        let inside = mask.for_sequences();
        let mean = (frames.clone() * inside.clone()).sum_dim(1) / mask.counts();
        (frames - mean) * inside / deviation
    }

    /// The same for one utterance.
    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, frames: &str) -> String {
        let axes = [Attribute::ints("axes", &[1]), Attribute::int("keepdims", 1)];
        let mean = graph.node("ReduceMean", &[frames], &axes);
        let centred = graph.node("Sub", &[frames, &mean], &[]);
        let deviation = graph.parameter(parameters, Self::DEVIATION);
        graph.node("Div", &[&centred, &deviation], &[])
    }
}
