//! The recurrent network.

use super::front::{Front, FrontTrace};
use super::gradients::Gradients;
use super::layers::{
    AttentivePooling, Dropped, LayerNorm, LayerNormTrace, Linear, PoolingTrace, Recurrence, RecurrenceTrace,
};
use super::pass::Pass;
use super::shape::{Context, LstmShape};
use super::signal::Signal;
use crate::onnx::{Attribute, Constants, GraphBuilder};
use crate::{Parameters, Random};
use std::ops::Range;
use std::sync::Arc;

const FRONT_DROPOUT: f32 = 0.15;
const DROPOUT: f32 = 0.3;

/// Residual blocks, two LSTM layers over their steps, pooled over time.
#[derive(Debug, Clone)]
pub(super) struct Lstm {
    front: Front,
    projection: Linear,
    projection_norm: LayerNorm,
    layers: [Recurrence; 2],
    pooling: AttentivePooling,
    norm: LayerNorm,
    output: Linear,
}

/// What the backward call needs to know.
#[derive(Debug)]
pub(super) struct LstmTrace {
    front: FrontTrace,
    images: (usize, usize),
    steps: Signal,
    projection_norm: LayerNormTrace,
    projected: Signal,
    dropped: [Dropped; 3],
    layers: [RecurrenceTrace; 2],
    pooling: PoolingTrace,
    norm: LayerNormTrace,
    kept: Signal,
}

impl Lstm {
    pub(super) fn new(shape: &LstmShape, context: Context, dim: usize, labels: usize) -> Self {
        let [stem, first, second] = shape.channels;
        let front = Front::new(stem, &[(first, 1), (second, 2)], context);
        let layer =
            |name: &str, inputs| Recurrence { name: name.into(), inputs, hidden: shape.hidden, context };
        let first = layer("lstm1", shape.projection);
        let layers = [first.clone(), layer("lstm2", first.outputs())];
        let pooling = AttentivePooling::new("attention", first.outputs(), shape.attention);
        let (pooled, inputs) = (pooling.outputs(), front.channels() * front.bins(dim));
        Self {
            front,
            projection: Linear { name: "projection".into(), inputs, outputs: shape.projection },
            projection_norm: LayerNorm { name: "projection_norm".into(), width: shape.projection },
            layers,
            norm: LayerNorm { name: "pooled".into(), width: pooled },
            output: Linear { name: "output".into(), inputs: pooled, outputs: labels },
            pooling,
        }
    }

    pub(super) fn front(&self) -> &Front {
        &self.front
    }

    pub(super) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        self.front.declare(parameters, random);
        self.projection.declare(parameters, random);
        self.projection_norm.declare(parameters);
        self.layers.iter().for_each(|layer| layer.declare(parameters, random));
        self.pooling.declare(parameters, random);
        self.norm.declare(parameters);
        self.output.declare(parameters, random);
    }

    /// Multiplications and additions for `frames` frames of `dim` values.
    pub(super) fn macs(&self, frames: usize, dim: usize) -> usize {
        let steps = frames.div_ceil(self.front.frames_per_step());
        let recurrent: usize = self.layers.iter().map(Recurrence::macs).sum();
        let per_step = self.projection.inputs * self.projection.outputs + recurrent + self.pooling.macs();
        self.front.macs(frames, dim) + steps * per_step + self.output.inputs * self.output.outputs
    }

    /// Normalised frames to one row of logits per window.
    pub(super) fn forward(
        &self,
        pass: &mut Pass<'_>,
        frames: Signal,
        windows: &[Range<usize>],
    ) -> (Signal, LstmTrace) {
        let (images, front) = self.front.forward(pass, frames);
        let shape = (images.bins, images.channels);
        let steps = Arc::unwrap_or_clone(images).flat();
        let projected = self.projection.forward(pass, &steps);
        let (mut projected, projection_norm) = self.projection_norm.forward(pass, &projected);
        projected.values.iter_mut().for_each(|value| *value = if *value < 0.0 { 0.0 } else { *value });
        let mut sequence = projected.clone();
        let front_dropped = Dropped::apply(pass, &mut sequence, FRONT_DROPOUT);
        let (mut sequence, first) = self.layers[0].forward(pass, sequence);
        let between = Dropped::apply(pass, &mut sequence, DROPOUT);
        let (sequence, second) = self.layers[1].forward(pass, sequence);
        let (pooled, pooling) = self.pooling.forward(pass, sequence, windows);
        let (mut kept, norm) = self.norm.forward(pass, &pooled);
        let behind = Dropped::apply(pass, &mut kept, DROPOUT);
        let logits = self.output.forward(pass, &kept);
        let trace = LstmTrace {
            front,
            images: shape,
            steps,
            projection_norm,
            projected,
            dropped: [front_dropped, between, behind],
            layers: [first, second],
            pooling,
            norm,
            kept,
        };
        (logits, trace)
    }

    pub(super) fn backward(
        &self,
        parameters: &Parameters,
        trace: LstmTrace,
        logits: &Signal,
        gradients: &mut Gradients,
    ) {
        let [front_dropped, between, behind] = trace.dropped;
        let [first, second] = trace.layers;
        let mut slope = self.output.backward(parameters, &trace.kept, logits, gradients);
        behind.scale(&mut slope);
        let slope = self.norm.backward(parameters, &trace.norm, slope, gradients);
        let slope = self.pooling.backward(parameters, &trace.pooling, &slope, gradients);
        let mut slope = self.layers[1].backward(parameters, second, &slope, gradients);
        between.scale(&mut slope);
        let mut slope = self.layers[0].backward(parameters, first, &slope, gradients);
        front_dropped.scale(&mut slope);
        for (slope, value) in slope.values.iter_mut().zip(&trace.projected.values) {
            *slope = if *value > 0.0 { *slope } else { 0.0 };
        }
        let slope = self.projection_norm.backward(parameters, &trace.projection_norm, slope, gradients);
        let mut slope = self.projection.backward(parameters, &trace.steps, &slope, gradients);
        (slope.bins, slope.channels) = trace.images;
        self.front.backward(parameters, trace.front, slope, gradients);
    }

    /// Normalised frames `[batch, time, dim]`, without padding, to logits.
    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, frames: &str) -> String {
        let images = self.front.export(graph, parameters, frames);
        let mut sequence = self.export_projection(graph, parameters, &images);
        for layer in &self.layers {
            sequence = layer.export(graph, parameters, &sequence);
        }
        let pooled = self.pooling.export(graph, parameters, &sequence);
        let pooled = self.norm.export(graph, parameters, &pooled);
        self.output.export(graph, parameters, &pooled)
    }

    /// The same for frames that go on where the last call's ended.
    pub(super) fn export_stream(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        (frames, dim): (&str, usize),
    ) -> String {
        let images = self.front.export_stream(graph, parameters, frames, dim);
        let mut sequence = self.export_projection(graph, parameters, &images);
        for layer in &self.layers {
            sequence = layer.export_stream(graph, parameters, &sequence);
        }
        let pooled = self.pooling.export_stream(graph, parameters, &sequence);
        let pooled = self.norm.export(graph, parameters, &pooled);
        self.output.export(graph, parameters, &pooled)
    }

    /// Takes the constants of a graph that the network was exported to.
    pub(super) fn read_back(&self, constants: &Constants, parameters: &mut Parameters) {
        self.front.read_back(constants, parameters);
        self.projection.read_back(constants, parameters);
        self.layers.iter().for_each(|layer| layer.read_back(constants, parameters));
        self.pooling.read_back(constants, parameters);
        self.output.read_back(constants, parameters);
    }

    /// Images to what goes into the first LSTM layer.
    fn export_projection(&self, graph: &mut GraphBuilder, parameters: &Parameters, images: &str) -> String {
        let steps = graph.node("Transpose", &[images], &[Attribute::ints("perm", &[0, 3, 2, 1])]);
        let shape = graph.ints("step_shape", &[0, 0, self.projection.inputs as i64]);
        let sequence = graph.node("Reshape", &[&steps, &shape], &[]);
        let sequence = self.projection.export(graph, parameters, &sequence);
        let sequence = self.projection_norm.export(graph, parameters, &sequence);
        graph.node("Relu", &[&sequence], &[])
    }
}
