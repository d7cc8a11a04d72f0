//! Average pooling over steps and bins.

use crate::network::parallel::fill;
use crate::network::signal::Signal;

/// Averages blocks of steps and bins. What a block lacks at the edges counts as zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Average {
    /// Steps and bins of a block.
    pub(super) block: [usize; 2],
    /// Steps of zeros in front of the first one.
    pub(super) lead: usize,
}

impl Average {
    pub(super) fn forward(&self, input: &Signal) -> Signal {
        let steps: Vec<usize> = input.steps.iter().map(|steps| steps.div_ceil(self.block[0])).collect();
        let mut output = Signal::zeros(steps, input.bins.div_ceil(self.block[1]), input.channels);
        let share = self.share();
        let (ranges, sources) = (output.ranges(), input.ranges());
        let (width, source_width, channels) = (output.width(), input.width(), input.channels);
        fill(&mut output, |group, part| {
            for sequence in group.sequences.clone() {
                let first = ranges[sequence].start - group.steps.start;
                self.visit(sources[sequence].len(), input.bins, |[step, bin], [from, from_bin]| {
                    let source = (sources[sequence].start + from) * source_width + from_bin * channels;
                    let target = (first + step) * width + bin * channels;
                    let values = &input.values[source..source + channels];
                    let target = part[target..target + channels].iter_mut();
                    target.zip(values).for_each(|(total, value)| *total += share * value);
                });
            }
        });
        output
    }

    /// Adds the slope by the input to `result`.
    pub(super) fn backward(&self, slope: &Signal, result: &mut Signal) {
        let share = self.share();
        let (ranges, targets) = (slope.ranges(), result.ranges());
        let (width, target_width, channels, bins) =
            (slope.width(), result.width(), result.channels, result.bins);
        fill(result, |group, part| {
            for sequence in group.sequences.clone() {
                let first = targets[sequence].start - group.steps.start;
                self.visit(targets[sequence].len(), bins, |[step, bin], [to, to_bin]| {
                    let source = (ranges[sequence].start + step) * width + bin * channels;
                    let target = (first + to) * target_width + to_bin * channels;
                    let values = &slope.values[source..source + channels];
                    let target = part[target..target + channels].iter_mut();
                    target.zip(values).for_each(|(total, value)| *total += share * value);
                });
            }
        });
    }

    fn share(&self) -> f32 {
        1.0 / (self.block[0] * self.block[1]) as f32
    }

    /// Calls `each` with every output's and every input's step and bin that belong together.
    fn visit(&self, steps: usize, bins: usize, mut each: impl FnMut([usize; 2], [usize; 2])) {
        for step in 0..steps {
            let block = (step + self.lead) / self.block[0];
            if block < steps.div_ceil(self.block[0]) {
                for bin in 0..bins {
                    each([block, bin / self.block[1]], [step, bin]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn averaged(lead: usize) -> Vec<f32> {
        let input =
            Signal { values: (1..=5).map(|n| n as f32).collect(), steps: vec![5], bins: 1, channels: 1 };
        Average { block: [2, 1], lead }.forward(&input).values
    }

    #[test]
    fn blocks_begin_with_the_first_step_or_end_with_it() {
        assert_eq!(averaged(0), [1.5, 3.5, 2.5]);
        assert_eq!(averaged(1), [0.5, 2.5, 4.5]);
    }
}
