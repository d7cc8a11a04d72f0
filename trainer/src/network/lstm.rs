//! The recurrent network.

use super::batch::TimeMask;
use super::convolution::{Convolution, Reach};
use super::layer_norm::LayerNorm;
use super::linear::Linear;
use super::pass::Pass;
use super::pooling::AttentivePooling;
use super::recurrence::Recurrence;
use crate::onnx::{Attribute, GraphBuilder};
use crate::{Parameters, Random};
use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

const FRONT_DROPOUT: f32 = 0.15;
const DROPOUT: f32 = 0.3;

/// Widths of the recurrent network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LstmShape {
    /// Channels of the three convolutions in front.
    pub channels: [usize; 3],
    /// Width of what goes into the first LSTM layer.
    pub projection: usize,
    /// Hidden units of each direction of both LSTM layers.
    pub hidden: usize,
    /// Hidden units of the attention.
    pub attention: usize,
}

impl Default for LstmShape {
    fn default() -> Self {
        Self { channels: [24, 32, 48], projection: 128, hidden: 128, attention: 64 }
    }
}

/// Three convolutions, two bidirectional LSTM layers, pooled over time.
#[derive(Debug, Clone)]
pub(super) struct Lstm {
    front: [(Convolution, usize); 3],
    projection: Linear,
    projection_norm: LayerNorm,
    layers: [Recurrence; 2],
    pooling: AttentivePooling,
    norm: LayerNorm,
    output: Linear,
}

impl Lstm {
    pub(super) fn new(shape: &LstmShape, dim: usize, labels: usize) -> Self {
        let [first, second, third] = shape.channels;
        let layer = |name: &str, channels, kernel, time_stride| {
            (Convolution::new(name.into(), channels, Reach { kernel, stride: [2, time_stride] }), time_stride)
        };
        let recurrence = |name: &str, inputs| Recurrence { name: name.into(), inputs, hidden: shape.hidden };
        let pooling = AttentivePooling::new("attention", 2 * shape.hidden, shape.attention);
        let pooled = pooling.outputs();
        let bins = dim.div_ceil(2).div_ceil(2).div_ceil(2);
        Self {
            front: [
                layer("front1", [1, first], 5, 2),
                layer("front2", [first, second], 3, 2),
                layer("front3", [second, third], 3, 1),
            ],
            projection: Linear { name: "projection".into(), inputs: third * bins, outputs: shape.projection },
            projection_norm: LayerNorm { name: "projection_norm".into(), width: shape.projection },
            layers: [recurrence("lstm1", shape.projection), recurrence("lstm2", 2 * shape.hidden)],
            norm: LayerNorm { name: "pooled".into(), width: pooled },
            output: Linear { name: "output".into(), inputs: pooled, outputs: labels },
            pooling,
        }
    }

    pub(super) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        self.front.iter().for_each(|(layer, _)| layer.declare(parameters, random));
        self.projection.declare(parameters, random);
        self.projection_norm.declare(parameters);
        self.layers.iter().for_each(|layer| layer.declare(parameters, random));
        self.pooling.declare(parameters, random);
        self.norm.declare(parameters);
        self.output.declare(parameters, random);
    }

    /// Normalised frames `[batch, time, dim]` to logits.
    pub(super) fn forward(&self, pass: &mut Pass, frames: Tensor<3>, mask: &TimeMask) -> Tensor<2> {
        let mut images = frames.swap_dims(1, 2).unsqueeze_dim::<4>(1);
        let mut mask = mask.clone();
        for (layer, time_stride) in &self.front {
            mask = mask.strided(*time_stride);
            images = activation::relu(layer.forward(pass, images, &mask)) * mask.for_images();
        }
        let [batch, channels, bins, time] = images.dims();
        let sequence = images.permute([0, 3, 1, 2]).reshape([batch, time, channels * bins]);
        let sequence = self.projection_norm.forward(pass, self.projection.forward(pass, sequence));
        let sequence = pass.dropout(activation::relu(sequence), FRONT_DROPOUT);
        let sequence = self.layers[0].forward(pass, sequence, &mask);
        let sequence = pass.dropout(sequence, DROPOUT);
        let sequence = self.layers[1].forward(pass, sequence, &mask);
        let pooled = self.pooling.forward(pass, sequence, &mask);
        let pooled = self.norm.forward(pass, pooled);
        let kept = pass.dropout(pooled, DROPOUT);
        self.output.forward(pass, kept)
    }

    /// Normalised frames `[batch, time, dim]`, without padding, to logits.
    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, frames: &str) -> String {
        let bins = graph.node("Transpose", &[frames], &[Attribute::ints("perm", &[0, 2, 1])]);
        let channel = graph.ints("channel_axis", &[1]);
        let mut images = graph.node("Unsqueeze", &[&bins, &channel], &[]);
        for (layer, _) in &self.front {
            images = layer.export(graph, parameters, &images);
            images = graph.node("Relu", &[&images], &[]);
        }
        let steps = graph.node("Transpose", &[&images], &[Attribute::ints("perm", &[0, 3, 1, 2])]);
        let shape = graph.ints("step_shape", &[0, 0, self.projection.inputs as i64]);
        let sequence = graph.node("Reshape", &[&steps, &shape], &[]);
        let sequence = self.projection.export(graph, parameters, &sequence);
        let sequence = self.projection_norm.export(graph, parameters, &sequence);
        let mut sequence = graph.node("Relu", &[&sequence], &[]);
        for layer in &self.layers {
            sequence = layer.export(graph, parameters, &sequence);
        }
        let pooled = self.pooling.export(graph, parameters, &sequence);
        let pooled = self.norm.export(graph, parameters, &pooled);
        self.output.export(graph, parameters, &pooled)
    }
}
