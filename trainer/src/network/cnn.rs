//! The convolutional network.

use super::front::{Front, FrontTrace};
use super::gradients::Gradients;
use super::layers::{
    AttentivePooling, BatchNorm, BatchNormTrace, Dropped, FoldTrace, Linear, PoolingTrace, fold_bins,
    unfold_slope,
};
use super::pass::Pass;
use super::shape::{CnnShape, Context};
use super::signal::Signal;
use crate::onnx::{Attribute, Constants, GraphBuilder};
use crate::{Parameters, Random};
use std::ops::Range;

const DROPOUT: f32 = 0.3;

/// Residual blocks over bins and time, pooled over time.
#[derive(Debug, Clone)]
pub(super) struct Cnn {
    front: Front,
    pooling: AttentivePooling,
    norm: BatchNorm,
    output: Linear,
}

/// What the backward call needs to know.
#[derive(Debug)]
pub(super) struct CnnTrace {
    front: FrontTrace,
    fold: FoldTrace,
    pooling: PoolingTrace,
    norm: BatchNormTrace,
    dropped: Dropped,
    kept: Signal,
}

impl Cnn {
    pub(super) fn new(shape: &CnnShape, context: Context, labels: usize) -> Self {
        let [stem, first, second, third] = shape.channels;
        let front = Front::new(stem, &[(first, 1), (second, 2), (third, 2)], context);
        let pooling = AttentivePooling::new("attention", 2 * third, shape.attention);
        let pooled = pooling.outputs();
        Self {
            front,
            norm: BatchNorm { name: "pooled".into(), channels: pooled, rectified: false },
            output: Linear { name: "output".into(), inputs: pooled, outputs: labels },
            pooling,
        }
    }

    pub(super) fn front(&self) -> &Front {
        &self.front
    }

    pub(super) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        self.front.declare(parameters, random);
        self.pooling.declare(parameters, random);
        self.norm.declare(parameters);
        self.output.declare(parameters, random);
    }

    /// Multiplications and additions for `frames` frames of `dim` values.
    pub(super) fn macs(&self, frames: usize, dim: usize) -> usize {
        let steps = frames.div_ceil(self.front.frames_per_step());
        self.front.macs(frames, dim) + steps * self.pooling.macs() + self.output.inputs * self.output.outputs
    }

    /// Normalised frames to one row of logits per window.
    pub(super) fn forward(
        &self,
        pass: &mut Pass<'_>,
        frames: Signal,
        windows: &[Range<usize>],
    ) -> (Signal, CnnTrace) {
        let (images, front) = self.front.forward(pass, frames);
        let (sequence, fold) = fold_bins(&images);
        drop(images);
        let (pooled, pooling) = self.pooling.forward(pass, sequence, windows);
        let (mut kept, norm) = self.norm.forward(pass, pooled);
        let dropped = Dropped::apply(pass, &mut kept, DROPOUT);
        let logits = self.output.forward(pass, &kept);
        (logits, CnnTrace { front, fold, pooling, norm, dropped, kept })
    }

    pub(super) fn backward(
        &self,
        parameters: &Parameters,
        trace: CnnTrace,
        logits: &Signal,
        gradients: &mut Gradients,
    ) {
        let mut slope = self.output.backward(parameters, &trace.kept, logits, gradients);
        trace.dropped.scale(&mut slope);
        let slope = self.norm.backward(parameters, &trace.norm, slope, gradients);
        let slope = self.pooling.backward(parameters, &trace.pooling, &slope, gradients);
        let slope = unfold_slope(&trace.fold, &slope);
        self.front.backward(parameters, trace.front, slope, gradients);
    }

    /// Normalised frames `[batch, time, dim]`, without padding, to logits.
    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, frames: &str) -> String {
        let images = self.front.export(graph, parameters, frames);
        let sequence = export_fold(graph, &images);
        let pooled = self.pooling.export(graph, parameters, &sequence);
        self.export_output(graph, parameters, &pooled)
    }

    /// The same for frames that go on where the last call's ended.
    pub(super) fn export_stream(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        (frames, dim): (&str, usize),
    ) -> String {
        let images = self.front.export_stream(graph, parameters, frames, dim);
        let sequence = export_fold(graph, &images);
        let pooled = self.pooling.export_stream(graph, parameters, &sequence);
        self.export_output(graph, parameters, &pooled)
    }

    /// Takes the constants of a graph that the network was exported to.
    pub(super) fn read_back(&self, constants: &Constants, parameters: &mut Parameters) {
        self.front.read_back(constants, parameters);
        self.pooling.read_back(constants, parameters);
        let (scale, shift) = self.norm.folded(parameters);
        self.output.read_back_behind(constants, parameters, (&scale, &shift));
    }

    fn export_output(&self, graph: &mut GraphBuilder, parameters: &Parameters, pooled: &str) -> String {
        let (scale, shift) = self.norm.folded(parameters);
        self.output.export_behind(graph, parameters, (&scale, &shift), pooled)
    }
}

/// Images `[batch, channel, bin, time]` to mean and maximum over the bins `[batch, time, 2 * channel]`.
fn export_fold(graph: &mut GraphBuilder, images: &str) -> String {
    let over_bins = [Attribute::ints("axes", &[2]), Attribute::int("keepdims", 0)];
    let mean = graph.node("ReduceMean", &[images], &over_bins);
    let highest = graph.node("ReduceMax", &[images], &over_bins);
    let both = graph.node("Concat", &[&mean, &highest], &[Attribute::int("axis", 1)]);
    graph.node("Transpose", &[&both], &[Attribute::ints("perm", &[0, 2, 1])])
}
