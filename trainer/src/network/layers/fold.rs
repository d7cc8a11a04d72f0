//! Mean and maximum over the bins of a step.

use crate::network::parallel::fill;
use crate::network::signal::Signal;

/// What the backward call needs to know.
#[derive(Debug)]
pub(in crate::network) struct FoldTrace {
    bins: usize,
    /// Which bin holds each channel's maximum.
    highest: Vec<u32>,
}

/// Each channel's mean over the bins, then each channel's maximum.
pub(in crate::network) fn fold_bins(input: &Signal) -> (Signal, FoldTrace) {
    let channels = input.channels;
    let mut output = Signal::zeros(input.steps.clone(), 1, 2 * channels);
    let width = input.width();
    fill(&mut output, |group, part| {
        let input = &input.values[group.steps.start * width..group.steps.end * width];
        for (row, step) in part.chunks_exact_mut(2 * channels).zip(input.chunks_exact(width)) {
            let (mean, highest) = row.split_at_mut(channels);
            highest.fill(f32::NEG_INFINITY);
            for bin in step.chunks_exact(channels) {
                for ((mean, highest), value) in mean.iter_mut().zip(highest.iter_mut()).zip(bin) {
                    *mean += value / input_bins(width, channels);
                    *highest = highest.max(*value);
                }
            }
        }
    });
    let highest = highest(input, &output);
    (output, FoldTrace { bins: input.bins, highest })
}

/// The slope by the input.
pub(in crate::network) fn unfold_slope(trace: &FoldTrace, slope: &Signal) -> Signal {
    let channels = slope.channels / 2;
    let mut result = Signal::zeros(slope.steps.clone(), trace.bins, channels);
    let width = result.width();
    fill(&mut result, |group, part| {
        let slopes = &slope.values[group.steps.start * 2 * channels..group.steps.end * 2 * channels];
        let highest = &trace.highest[group.steps.start * channels..group.steps.end * channels];
        let rows = part.chunks_exact_mut(width).zip(slopes.chunks_exact(2 * channels));
        for ((step, slope), highest) in rows.zip(highest.chunks_exact(channels)) {
            for bin in step.chunks_exact_mut(channels) {
                for (value, slope) in bin.iter_mut().zip(slope) {
                    *value = slope / input_bins(width, channels);
                }
            }
            for (channel, bin) in highest.iter().enumerate() {
                step[*bin as usize * channels + channel] += slope[channels + channel];
            }
        }
    });
    result
}

fn highest(input: &Signal, output: &Signal) -> Vec<u32> {
    let channels = input.channels;
    let steps = input.values.chunks_exact(input.width()).zip(output.values.chunks_exact(2 * channels));
    let of_step = |(step, row): (&[f32], &[f32])| {
        let first = |channel: usize| {
            step.chunks_exact(channels).position(|bin| bin[channel] == row[channels + channel])
        };
        (0..channels).map(|channel| first(channel).unwrap_or(0) as u32).collect::<Vec<_>>()
    };
    steps.flat_map(of_step).collect()
}

fn input_bins(width: usize, channels: usize) -> f32 {
    (width / channels) as f32
}
