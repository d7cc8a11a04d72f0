//! Batch normalisation (Ioffe and Szegedy 2015), with the rectifier behind it where there is one.

use crate::network::gradients::Gradients;
use crate::network::parallel::{Group, each, fill, groups, parts, sum, vectorised};
use crate::network::pass::Pass;
use crate::network::signal::Signal;
use crate::{Parameters, Role};

const EPSILON: f32 = 1e-5;

/// Normalises each channel over all steps and bins of a batch.
#[derive(Debug, Clone)]
pub(in crate::network) struct BatchNorm {
    pub(in crate::network) name: String,
    pub(in crate::network) channels: usize,
    /// Whether values below zero become zero afterwards.
    pub(in crate::network) rectified: bool,
}

/// What the backward call needs to know.
#[derive(Debug)]
pub(in crate::network) struct BatchNormTrace {
    input: Signal,
    mean: Vec<f32>,
    inverse: Vec<f32>,
}

impl BatchNorm {
    pub(in crate::network) fn declare(&self, parameters: &mut Parameters) {
        let shape = [self.channels];
        parameters.fill(format!("{}.gain", self.name), &shape, Role::Vector, 1.0);
        parameters.fill(format!("{}.offset", self.name), &shape, Role::Vector, 0.0);
        parameters.fill(format!("{}.mean", self.name), &shape, Role::Statistic, 0.0);
        parameters.fill(format!("{}.variance", self.name), &shape, Role::Statistic, 1.0);
    }

    /// With this batch's statistics while learning, with the running ones else.
    pub(in crate::network) fn forward(&self, pass: &mut Pass<'_>, input: Signal) -> (Signal, BatchNormTrace) {
        let (mean, variance) = if pass.learns() {
            let (mean, variance) = moments(&input);
            pass.note_statistic(&self.name, "mean", mean.clone());
            pass.note_statistic(&self.name, "variance", variance.clone());
            (mean, variance)
        } else {
            let read = |part| pass.parameter(&self.name, part).to_vec();
            (read("mean"), read("variance"))
        };
        let inverse: Vec<f32> = variance.iter().map(|variance| 1.0 / (variance + EPSILON).sqrt()).collect();
        let trace = BatchNormTrace { input, mean, inverse };
        let (scale, shift) = self.line(pass.parameters, &trace);
        let lowest = if self.rectified { 0.0 } else { f32::NEG_INFINITY };
        let mut output = Signal::zeros(trace.input.steps.clone(), trace.input.bins, self.channels);
        let width = output.width();
        fill(&mut output, |group, part| {
            let input = &trace.input.values[group.steps.start * width..group.steps.end * width];
            vectorised(|| {
                for (row, input) in part.chunks_exact_mut(scale.len()).zip(input.chunks_exact(scale.len())) {
                    for (((value, input), scale), shift) in row.iter_mut().zip(input).zip(&scale).zip(&shift)
                    {
                        let normal = input * scale + shift;
                        // Unlike `max`, this lets through what is not a number.
                        *value = if normal < lowest { lowest } else { normal };
                    }
                }
            });
        });
        (output, trace)
    }

    /// `slope` is changed in place into the slope by the input.
    pub(in crate::network) fn backward(
        &self,
        parameters: &Parameters,
        trace: &BatchNormTrace,
        mut slope: Signal,
        gradients: &mut Gradients,
    ) -> Signal {
        let channels = self.channels;
        let (scale, shift) = self.line(parameters, trace);
        let groups = groups(&slope.steps);
        let width = slope.width();
        let tasks = groups.iter().zip(parts(&mut slope.values, &groups, width)).collect();
        let totals = each(tasks, |(group, part): (_, &mut [f32])| {
            let input = &trace.input.values[group.steps.start * width..group.steps.end * width];
            let lowest = if self.rectified { 0.0 } else { f32::NEG_INFINITY };
            vectorised(|| totals_of_slopes(part, input, [&scale, &shift, &trace.mean], lowest))
        });
        let totals = sum(totals);
        let (plain, weighted) = totals.split_at(channels);
        let by_gain: Vec<f32> =
            weighted.iter().zip(&trace.inverse).map(|(total, inverse)| total * inverse).collect();
        let count = (trace.input.values.len() / channels) as f32;
        let pull: Vec<f32> = (0..channels).map(|c| by_gain[c] * trace.inverse[c] / count).collect();
        let push: Vec<f32> = (0..channels).map(|c| plain[c] / count - pull[c] * trace.mean[c]).collect();
        fill(&mut slope, |group, part| {
            let input = &trace.input.values[group.steps.start * width..group.steps.end * width];
            vectorised(|| {
                for (row, input) in part.chunks_exact_mut(channels).zip(input.chunks_exact(channels)) {
                    let terms = scale.iter().zip(&push).zip(&pull);
                    for ((value, input), ((scale, push), pull)) in row.iter_mut().zip(input).zip(terms) {
                        *value = scale * (*value - push - pull * input);
                    }
                }
            });
        });
        gradients.add(&self.name, "gain", by_gain);
        gradients.add(&self.name, "offset", plain.to_vec());
        slope
    }

    /// The layer in inference as a scale and a shift per channel, to be folded into its neighbour.
    pub(in crate::network) fn folded(&self, parameters: &Parameters) -> (Vec<f32>, Vec<f32>) {
        let read = |name: &str| &parameters.get(&format!("{}.{name}", self.name)).values;
        let inverse = read("variance").iter().map(|variance| 1.0 / (variance + EPSILON).sqrt()).collect();
        lines(read("gain"), read("offset"), read("mean"), inverse)
    }

    fn line(&self, parameters: &Parameters, trace: &BatchNormTrace) -> (Vec<f32>, Vec<f32>) {
        let read = |name: &str| &parameters.get(&format!("{}.{name}", self.name)).values;
        lines(read("gain"), read("offset"), &trace.mean, trace.inverse.clone())
    }
}

/// Scale and shift per channel.
fn lines(gain: &[f32], offset: &[f32], mean: &[f32], inverse: Vec<f32>) -> (Vec<f32>, Vec<f32>) {
    let scale: Vec<f32> = gain.iter().zip(inverse).map(|(gain, inverse)| gain * inverse).collect();
    let shift = offset.iter().zip(mean).zip(&scale).map(|((offset, mean), scale)| offset - mean * scale);
    let shift = shift.collect();
    (scale, shift)
}

/// Sets the slopes behind a closed rectifier to zero, and adds up the slopes of each channel, plain and times
/// the input's distance from its mean.
#[inline(always)]
fn totals_of_slopes(
    slopes: &mut [f32],
    input: &[f32],
    [scale, shift, mean]: [&[f32]; 3],
    lowest: f32,
) -> Vec<f32> {
    let channels = mean.len();
    let mut totals = vec![0.0; 2 * channels];
    let (plain, weighted) = totals.split_at_mut(channels);
    for (row, input) in slopes.chunks_exact_mut(channels).zip(input.chunks_exact(channels)) {
        let terms = scale.iter().zip(shift).zip(mean);
        let sums = plain.iter_mut().zip(weighted.iter_mut());
        for (((value, input), ((scale, shift), mean)), (plain, weighted)) in
            row.iter_mut().zip(input).zip(terms).zip(sums)
        {
            *value = if input * scale + shift > lowest { *value } else { 0.0 };
            *plain += *value;
            *weighted += *value * (input - mean);
        }
    }
    totals
}

/// Mean and variance of each channel. The variance is summed around the mean, so that large means do not eat
/// its digits.
fn moments(input: &Signal) -> (Vec<f32>, Vec<f32>) {
    let count = (input.values.len() / input.channels) as f32;
    let zero = vec![0.0; input.channels];
    let sums = totals(input, &zero, |total, value| *total += value);
    let mean: Vec<f32> = sums.iter().map(|total| total / count).collect();
    let squares = totals(input, &mean, |total, value| *total += value * value);
    (mean, squares.iter().map(|total| total / count).collect())
}

/// Adds up what `add` makes of every value's distance from its channel's `mean`.
fn totals(input: &Signal, mean: &[f32], add: impl Fn(&mut f32, f32) + Sync + Send) -> Vec<f32> {
    let width = input.width();
    let of_group = |group: Group| {
        let mut totals = vec![0.0; input.channels];
        let part = &input.values[group.steps.start * width..group.steps.end * width];
        vectorised(|| {
            for row in part.chunks_exact(input.channels) {
                for ((total, value), mean) in totals.iter_mut().zip(row).zip(mean) {
                    add(total, value - mean);
                }
            }
        });
        totals
    };
    sum(each(groups(&input.steps), of_group))
}
