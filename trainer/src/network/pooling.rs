//! Attentive statistics pooling (Okabe, Koshinaka and Shinoda 2018).

use super::batch::TimeMask;
use super::linear::Linear;
use super::pass::Pass;
use crate::onnx::{Attribute, GraphBuilder};
use crate::{Parameters, Random};
use burn::tensor::{Tensor, activation};

const EPSILON: f32 = 1e-5;
/// Added to the scores of padding; its weight underflows to 0.
const PADDING_SCORE: f32 = 1e9;

/// Weighted mean and deviation over time; a small network gives the weights.
#[derive(Debug, Clone)]
pub(super) struct AttentivePooling {
    channels: usize,
    hidden: Linear,
    score: Linear,
}

impl AttentivePooling {
    pub(super) fn new(name: &str, channels: usize, hidden: usize) -> Self {
        Self {
            channels,
            hidden: Linear { name: format!("{name}.hidden"), inputs: channels, outputs: hidden },
            score: Linear { name: format!("{name}.score"), inputs: hidden, outputs: 1 },
        }
    }

    pub(super) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        self.hidden.declare(parameters, random);
        self.score.declare(parameters, random);
    }

    /// Values per utterance that come out.
    pub(super) fn outputs(&self) -> usize {
        2 * self.channels
    }

    /// `[batch, time, channel]` to `[batch, 2 * channel]`.
    pub(super) fn forward(&self, pass: &Pass, sequence: Tensor<3>, mask: &TimeMask) -> Tensor<2> {
        let inside = mask.for_sequences();
        let score = self.score.forward(pass, self.hidden.forward(pass, sequence.clone()).tanh());
        let weight = activation::softmax(score + (inside - 1.0) * PADDING_SCORE, 1);
        let mean = (sequence.clone() * weight.clone()).sum_dim(1);
        let centred = sequence - mean.clone();
        let variance = (centred.clone() * centred * weight).sum_dim(1);
        let deviation = (variance + EPSILON).sqrt();
        Tensor::cat(vec![mean, deviation], 2).reshape([-1, self.outputs() as i32])
    }

    /// The same for sequences without padding.
    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, sequence: &str) -> String {
        let hidden = self.hidden.export(graph, parameters, sequence);
        let hidden = graph.node("Tanh", &[&hidden], &[]);
        let score = self.score.export(graph, parameters, &hidden);
        let weight = graph.node("Softmax", &[&score], &[Attribute::int("axis", 1)]);
        let weighted = graph.node("Mul", &[sequence, &weight], &[]);
        let time = graph.ints("time_axis", &[1]);
        let mean = graph.node("ReduceSum", &[&weighted, &time], &[Attribute::int("keepdims", 1)]);
        let centred = graph.node("Sub", &[sequence, &mean], &[]);
        let squared = graph.node("Mul", &[&centred, &centred], &[]);
        let squared = graph.node("Mul", &[&squared, &weight], &[]);
        let variance = graph.node("ReduceSum", &[&squared, &time], &[Attribute::int("keepdims", 1)]);
        let epsilon = graph.floats("pooling_epsilon", &[1], &[EPSILON]);
        let variance = graph.node("Add", &[&variance, &epsilon], &[]);
        let deviation = graph.node("Sqrt", &[&variance], &[]);
        let both = graph.node("Concat", &[&mean, &deviation], &[Attribute::int("axis", 2)]);
        graph.node("Flatten", &[&both], &[Attribute::int("axis", 1)])
    }
}
