//! The convolutional network.

use super::batch::TimeMask;
use super::batch_norm::BatchNorm;
use super::convolution::{Convolution, Reach};
use super::linear::Linear;
use super::pass::Pass;
use super::pooling::AttentivePooling;
use super::residual::ResidualBlock;
use crate::onnx::{Attribute, GraphBuilder};
use crate::{Parameters, Random};
use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

const DROPOUT: f32 = 0.3;

/// Widths of the convolutional network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CnnShape {
    /// Channels behind the first convolution and behind each of the three residual blocks.
    pub channels: [usize; 4],
    /// Hidden units of the attention.
    pub attention: usize,
}

impl Default for CnnShape {
    fn default() -> Self {
        Self { channels: [16, 24, 48, 96], attention: 64 }
    }
}

/// Residual blocks over bins and time, pooled over time.
#[derive(Debug, Clone)]
pub(super) struct Cnn {
    stem: Convolution,
    blocks: [(ResidualBlock, usize); 3],
    pooling: AttentivePooling,
    norm: BatchNorm,
    output: Linear,
}

impl Cnn {
    pub(super) fn new(shape: &CnnShape, labels: usize) -> Self {
        let [stem, first, second, third] = shape.channels;
        let block =
            |name, channels, time_stride| (ResidualBlock::new(name, channels, [2, time_stride]), time_stride);
        let pooling = AttentivePooling::new("attention", 2 * third, shape.attention);
        let pooled = pooling.outputs();
        Self {
            stem: Convolution::new("stem".into(), [1, stem], Reach { kernel: 5, stride: [2, 2] }),
            blocks: [
                block("block1", [stem, first], 1),
                block("block2", [first, second], 2),
                block("block3", [second, third], 2),
            ],
            norm: BatchNorm { name: "pooled".into(), channels: pooled },
            output: Linear { name: "output".into(), inputs: pooled, outputs: labels },
            pooling,
        }
    }

    pub(super) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        self.stem.declare(parameters, random);
        self.blocks.iter().for_each(|(block, _)| block.declare(parameters, random));
        self.pooling.declare(parameters, random);
        self.norm.declare(parameters);
        self.output.declare(parameters, random);
    }

    /// Normalised frames `[batch, time, dim]` to logits.
    pub(super) fn forward(&self, pass: &mut Pass, frames: Tensor<3>, mask: &TimeMask) -> Tensor<2> {
        let images = frames.swap_dims(1, 2).unsqueeze_dim::<4>(1);
        let mut mask = mask.strided(2);
        let stem = self.stem.forward(pass, images, &mask);
        let mut images = activation::relu(stem) * mask.for_images();
        for (block, time_stride) in &self.blocks {
            mask = mask.strided(*time_stride);
            images = block.forward(pass, images, &mask);
        }
        let mean = images.clone().mean_dim(2).squeeze_dim::<3>(2);
        let highest = images.max_dim(2).squeeze_dim::<3>(2);
        let sequence = Tensor::cat(vec![mean, highest], 1).swap_dims(1, 2);
        let pooled = self.pooling.forward(pass, sequence, &mask);
        self.classify(pass, pooled)
    }

    fn classify(&self, pass: &mut Pass, pooled: Tensor<2>) -> Tensor<2> {
        let [batch, width] = pooled.dims();
        let one_step = TimeMask::new(&vec![1; batch], pass.device());
        let normal = self.norm.forward(pass, pooled.reshape([batch, width, 1, 1]), &one_step);
        let kept = pass.dropout(normal.reshape([batch, width]), DROPOUT);
        self.output.forward(pass, kept)
    }

    /// Normalised frames `[batch, time, dim]`, without padding, to logits.
    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, frames: &str) -> String {
        let bins = graph.node("Transpose", &[frames], &[Attribute::ints("perm", &[0, 2, 1])]);
        let channel = graph.ints("channel_axis", &[1]);
        let images = graph.node("Unsqueeze", &[&bins, &channel], &[]);
        let stem = self.stem.export(graph, parameters, &images);
        let mut images = graph.node("Relu", &[&stem], &[]);
        for (block, _) in &self.blocks {
            images = block.export(graph, parameters, &images);
        }
        let over_bins = [Attribute::ints("axes", &[2]), Attribute::int("keepdims", 0)];
        let mean = graph.node("ReduceMean", &[&images], &over_bins);
        let highest = graph.node("ReduceMax", &[&images], &over_bins);
        let both = graph.node("Concat", &[&mean, &highest], &[Attribute::int("axis", 1)]);
        let sequence = graph.node("Transpose", &[&both], &[Attribute::ints("perm", &[0, 2, 1])]);
        let pooled = self.pooling.export(graph, parameters, &sequence);
        let (scale, shift) = self.norm.folded(parameters);
        self.output.export_behind(graph, parameters, (&scale, &shift), &pooled)
    }
}
