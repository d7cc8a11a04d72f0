//! Attentive statistics pooling (Okabe, Koshinaka and Shinoda 2018).

use super::linear::Linear;
use crate::network::activation::tanh;
use crate::network::gradients::Gradients;
use crate::network::parallel::vectorised;
use crate::network::pass::Pass;
use crate::network::signal::Signal;
use crate::onnx::{Attribute, Constants, GraphBuilder};
use crate::{Parameters, Random};
use std::ops::Range;

/// Added to a variance before its root is taken.
pub(in crate::network) const EPSILON: f32 = 1e-5;

/// Weighted mean and deviation over time; a small network gives the weights.
#[derive(Debug, Clone)]
pub(in crate::network) struct AttentivePooling {
    channels: usize,
    hidden: Linear,
    score: Linear,
}

/// What the backward call needs to know.
#[derive(Debug)]
pub(in crate::network) struct PoolingTrace {
    input: Signal,
    hidden: Signal,
    windows: Vec<Window>,
}

#[derive(Debug)]
struct Window {
    steps: Range<usize>,
    weights: Vec<f32>,
    /// Mean, then deviation.
    pooled: Vec<f32>,
}

impl AttentivePooling {
    pub(in crate::network) fn new(name: &str, channels: usize, hidden: usize) -> Self {
        Self {
            channels,
            hidden: Linear { name: format!("{name}.hidden"), inputs: channels, outputs: hidden },
            score: Linear { name: format!("{name}.score"), inputs: hidden, outputs: 1 },
        }
    }

    pub(in crate::network) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        self.hidden.declare(parameters, random);
        self.score.declare(parameters, random);
    }

    /// Takes the constants of a graph that the layer was exported to.
    pub(in crate::network) fn read_back(&self, constants: &Constants, parameters: &mut Parameters) {
        self.hidden.read_back(constants, parameters);
        self.score.read_back(constants, parameters);
    }

    /// Values per window that come out.
    pub(in crate::network) fn outputs(&self) -> usize {
        2 * self.channels
    }

    /// Multiplications and additions per step.
    pub(in crate::network) fn macs(&self) -> usize {
        self.channels * (self.hidden.outputs + 2) + self.hidden.outputs
    }

    /// One row per window; windows are ranges of steps counted over all sequences.
    pub(in crate::network) fn forward(
        &self,
        pass: &Pass<'_>,
        input: Signal,
        windows: &[Range<usize>],
    ) -> (Signal, PoolingTrace) {
        let mut hidden = self.hidden.forward(pass, &input);
        vectorised(|| hidden.values.iter_mut().for_each(|value| *value = tanh(*value)));
        let scores = self.score.forward(pass, &hidden);
        let pool = |steps: &Range<usize>| self.pool(&input, &scores.values, steps.clone());
        let windows: Vec<Window> = windows.iter().map(pool).collect();
        let pooled = windows.iter().flat_map(|window| window.pooled.iter().copied()).collect();
        (Signal::rows(pooled, self.outputs()), PoolingTrace { input, hidden, windows })
    }

    fn pool(&self, input: &Signal, scores: &[f32], steps: Range<usize>) -> Window {
        let scores = &scores[steps.clone()];
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut weights: Vec<f32> = scores.iter().map(|score| (score - highest).exp()).collect();
        let total: f32 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
        let mut pooled = vec![0.0; self.outputs()];
        let (mean, deviation) = pooled.split_at_mut(self.channels);
        let rows =
            input.values[steps.start * self.channels..steps.end * self.channels].chunks_exact(self.channels);
        for (row, weight) in rows.clone().zip(&weights) {
            mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += weight * value);
        }
        for (row, weight) in rows.zip(&weights) {
            for ((deviation, value), mean) in deviation.iter_mut().zip(row).zip(&*mean) {
                *deviation += weight * (value - mean).powi(2);
            }
        }
        deviation.iter_mut().for_each(|value| *value = (*value + EPSILON).sqrt());
        Window { steps, weights, pooled }
    }

    pub(in crate::network) fn backward(
        &self,
        parameters: &Parameters,
        trace: &PoolingTrace,
        slope: &Signal,
        gradients: &mut Gradients,
    ) -> Signal {
        let mut result = Signal::zeros(trace.input.steps.clone(), 1, self.channels);
        let mut scores = Signal::zeros(trace.input.steps.clone(), 1, 1);
        for (window, slope) in trace.windows.iter().zip(slope.values.chunks_exact(self.outputs())) {
            self.spread(trace, window, slope, (&mut result, &mut scores));
        }
        let mut hidden = self.score.backward(parameters, &trace.hidden, &scores, gradients);
        for (slope, value) in hidden.values.iter_mut().zip(&trace.hidden.values) {
            *slope *= 1.0 - value * value;
        }
        let through = self.hidden.backward(parameters, &trace.input, &hidden, gradients);
        result.values.iter_mut().zip(&through.values).for_each(|(total, value)| *total += value);
        result
    }

    /// Adds one window's slopes by the values and by the scores.
    fn spread(
        &self,
        trace: &PoolingTrace,
        window: &Window,
        slope: &[f32],
        (values, scores): (&mut Signal, &mut Signal),
    ) {
        let channels = self.channels;
        let (mean, deviation) = window.pooled.split_at(channels);
        let (by_mean, by_deviation) = slope.split_at(channels);
        let by_variance: Vec<f32> =
            by_deviation.iter().zip(deviation).map(|(slope, deviation)| 0.5 * slope / deviation).collect();
        let mut by_weight = Vec::with_capacity(window.weights.len());
        for (step, weight) in window.steps.clone().zip(&window.weights) {
            let row = &trace.input.values[step * channels..(step + 1) * channels];
            let target = &mut values.values[step * channels..(step + 1) * channels];
            let mut total = 0.0;
            for channel in 0..channels {
                let centred = row[channel] - mean[channel];
                target[channel] += weight * (by_mean[channel] + 2.0 * centred * by_variance[channel]);
                total += row[channel] * by_mean[channel] + centred * centred * by_variance[channel];
            }
            by_weight.push(total);
        }
        let balance: f32 = by_weight.iter().zip(&window.weights).map(|(slope, weight)| slope * weight).sum();
        for ((step, weight), slope) in window.steps.clone().zip(&window.weights).zip(by_weight) {
            scores.values[step] += weight * (slope - balance);
        }
    }

    /// The scores of a sequence `[batch, time, channel]`: `[batch, time, 1]`.
    pub(in crate::network) fn export_scores(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        sequence: &str,
    ) -> String {
        let hidden = self.hidden.export(graph, parameters, sequence);
        let hidden = graph.node("Tanh", &[&hidden], &[]);
        self.score.export(graph, parameters, &hidden)
    }

    /// Pools everything since the start of the stream: `[batch, 2 * channel]`. Carried are the highest score, the sum
    /// of the weights relative to it, the weighted mean, and the weighted sum of squares around that; two parts are
    /// joined as by Chan, Golub and LeVeque 1979.
    pub(in crate::network) fn export_stream(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        sequence: &str,
    ) -> String {
        let score = self.export_scores(graph, parameters, sequence);
        let along = [Attribute::ints("axes", &[1]), Attribute::int("keepdims", 1)];
        let kept = [Attribute::int("keepdims", 1)];
        let time = graph.ints("time_axis", &[1]);
        let own_peak = graph.node("ReduceMax", &[&score], &along);
        let weight = graph.node("Sub", &[&score, &own_peak], &[]);
        let weight = graph.node("Exp", &[&weight], &[]);
        let own_total = graph.node("ReduceSum", &[&weight, &time], &kept);
        let weighted = graph.node("Mul", &[sequence, &weight], &[]);
        let own_mean = graph.node("ReduceSum", &[&weighted, &time], &kept);
        let own_mean = graph.node("Div", &[&own_mean, &own_total], &[]);
        let centred = graph.node("Sub", &[sequence, &own_mean], &[]);
        let squares = graph.node("Mul", &[&centred, &centred], &[]);
        let squares = graph.node("Mul", &[&squares, &weight], &[]);
        let own_squares = graph.node("ReduceSum", &[&squares, &time], &kept);

        let [peak, total, mean, squares] =
            [("peak", 1), ("total", 1), ("mean", self.channels), ("squares", self.channels)]
                .map(|(part, width)| graph.state(&format!("pooling.{part}"), &[1, width]));
        // At the start of a stream nothing was weighed, and the zero in the state is no score.
        let nothing = graph.floats("nothing", &[1], &[0.0]);
        let started = graph.node("Greater", &[&total, &nothing], &[]);
        let earlier_peak = graph.node("Where", &[&started, &peak, &own_peak], &[]);
        let peak = graph.node("Max", &[&own_peak, &earlier_peak], &[]);
        let [fall, own_fall] = [&earlier_peak, &own_peak].map(|before| {
            let fall = graph.node("Sub", &[before, &peak], &[]);
            graph.node("Exp", &[&fall], &[])
        });
        let total = graph.node("Mul", &[&total, &fall], &[]);
        let squares = graph.node("Mul", &[&squares, &fall], &[]);
        let own_total = graph.node("Mul", &[&own_total, &own_fall], &[]);
        let own_squares = graph.node("Mul", &[&own_squares, &own_fall], &[]);
        let joined_total = graph.node("Add", &[&total, &own_total], &[]);
        let share = graph.node("Div", &[&own_total, &joined_total], &[]);
        let distance = graph.node("Sub", &[&own_mean, &mean], &[]);
        let moved = graph.node("Mul", &[&distance, &share], &[]);
        let joined_mean = graph.node("Add", &[&mean, &moved], &[]);
        let between = graph.node("Mul", &[&distance, &moved], &[]);
        let between = graph.node("Mul", &[&between, &total], &[]);
        let joined_squares = graph.node("Sum", &[&squares, &own_squares, &between], &[]);
        let variance = graph.node("Div", &[&joined_squares, &joined_total], &[]);
        let epsilon = graph.floats("pooling_epsilon", &[1], &[EPSILON]);
        let variance = graph.node("Add", &[&variance, &epsilon], &[]);
        let deviation = graph.node("Sqrt", &[&variance], &[]);
        let both = graph.node("Concat", &[&joined_mean, &deviation], &[Attribute::int("axis", 2)]);
        for (part, value) in
            [("peak", &peak), ("total", &joined_total), ("mean", &joined_mean), ("squares", &joined_squares)]
        {
            graph.carry(&format!("pooling.{part}"), value);
        }
        graph.node("Flatten", &[&both], &[Attribute::int("axis", 1)])
    }

    /// Pools whole sequences: `[batch, 2 * channel]`.
    pub(in crate::network) fn export(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        sequence: &str,
    ) -> String {
        let score = self.export_scores(graph, parameters, sequence);
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
