//! Convolutions as matrix products: the patches under the kernel, row by row.

use std::ops::Range;

/// How a kernel moves over steps and bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::network) struct Reach {
    /// Steps and bins under the kernel. The number of bins is odd, and half of them are padded on both sides.
    pub(in crate::network) kernel: [usize; 2],
    /// Steps and bins from one output to the next.
    pub(in crate::network) stride: [usize; 2],
    /// Steps of zeros in front of the first one. Behind the last one there are as many as it takes to have
    /// an output for each `stride` steps that were begun.
    pub(in crate::network) lead: usize,
}

/// A sequence's shape: steps, bins, channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) steps: usize,
    pub(super) bins: usize,
    pub(super) channels: usize,
}

impl Reach {
    pub(super) fn steps(&self, steps: usize) -> usize {
        steps.div_ceil(self.stride[0])
    }

    pub(super) fn bins(&self, bins: usize) -> usize {
        bins.div_ceil(self.stride[1])
    }

    /// Values of a patch.
    pub(super) fn patch(&self, channels: usize) -> usize {
        self.kernel[0] * self.kernel[1] * channels
    }

    /// Whether a patch is one value per channel, so that the patches are the sequence itself.
    pub(super) fn is_pointwise(&self) -> bool {
        self.kernel == [1, 1] && self.stride == [1, 1] && self.lead == 0
    }

    /// Writes the patch under each output, zeros outside of the sequence, into `patches`.
    pub(super) fn unfold(&self, shape: Shape, sequence: &[f32], patches: &mut [f32]) {
        let row = self.kernel[1] * shape.channels;
        let mut rows = patches.chunks_exact_mut(row);
        self.visit(shape, |source, target| {
            let Some(patch) = rows.next() else { return };
            match source {
                Some(source) => {
                    patch[..target.start].fill(0.0);
                    patch[target.clone()].copy_from_slice(&sequence[source]);
                    patch[target.end..].fill(0.0);
                }
                None => patch.fill(0.0),
            }
        });
    }

    /// Adds the slopes by the patches to the slopes by the sequence.
    pub(super) fn fold(&self, shape: Shape, patches: &[f32], sequence: &mut [f32]) {
        let row = self.kernel[1] * shape.channels;
        let mut rows = patches.chunks_exact(row);
        self.visit(shape, |source, target| {
            let patch = rows.next();
            if let (Some(source), Some(patch)) = (source, patch) {
                let slopes = sequence[source].iter_mut().zip(&patch[target]);
                slopes.for_each(|(slope, value)| *slope += value);
            }
        });
    }

    /// Calls `each` for every kernel row of every output: the values of the sequence that lie under it, if
    /// any, and their place in the row.
    fn visit(&self, shape: Shape, mut each: impl FnMut(Option<Range<usize>>, Range<usize>)) {
        let half = self.kernel[1] / 2;
        let width = shape.bins * shape.channels;
        for step in 0..self.steps(shape.steps) {
            for bin in 0..self.bins(shape.bins) {
                let centre = bin * self.stride[1];
                let skipped = half.saturating_sub(centre);
                let first = (centre + skipped) - half.min(centre + skipped);
                let last = (centre + self.kernel[1] - half).min(shape.bins);
                let target = skipped * shape.channels..(skipped + last - first) * shape.channels;
                for kernel_step in 0..self.kernel[0] {
                    let position = step * self.stride[0] + kernel_step;
                    let inside = position >= self.lead && position - self.lead < shape.steps;
                    let source = inside.then(|| {
                        let start = (position - self.lead) * width;
                        start + first * shape.channels..start + last * shape.channels
                    });
                    each(source, target.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { steps: 3, bins: 4, channels: 1 };

    fn unfolded(reach: Reach) -> Vec<Vec<f32>> {
        let sequence: Vec<f32> = (1..=12).map(|value| value as f32).collect();
        let patch = reach.patch(SHAPE.channels);
        let mut patches = vec![9.0; reach.steps(SHAPE.steps) * reach.bins(SHAPE.bins) * patch];
        reach.unfold(SHAPE, &sequence, &mut patches);
        patches.chunks_exact(patch).map(<[f32]>::to_vec).collect()
    }

    #[test]
    fn a_centred_kernel_sees_both_sides() {
        let patches = unfolded(Reach { kernel: [3, 3], stride: [2, 2], lead: 1 });
        assert_eq!(patches.len(), 4);
        assert_eq!(patches[0], [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 5.0, 6.0]);
        assert_eq!(patches[3], [6.0, 7.0, 8.0, 10.0, 11.0, 12.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_causal_kernel_sees_nothing_that_comes_later() {
        let patches = unfolded(Reach { kernel: [3, 1], stride: [1, 1], lead: 2 });
        assert_eq!(patches[0], [0.0, 0.0, 1.0]);
        assert_eq!(patches[11], [4.0, 8.0, 12.0]);
    }

    #[test]
    fn folding_adds_up_what_unfolding_copied() {
        for stride in [[1, 1], [2, 2]] {
            let reach = Reach { kernel: [3, 3], stride, lead: 1 };
            let ones = vec![1.0; reach.steps(3) * reach.bins(4) * reach.patch(1)];
            let mut counts = vec![0.0; 12];
            reach.fold(SHAPE, &ones, &mut counts);
            let copies = unfolded(reach).into_iter().flatten();
            let mut expected = vec![0.0; 12];
            copies.filter(|value| *value > 0.0).for_each(|value| expected[value as usize - 1] += 1.0);
            assert_eq!(counts, expected);
        }
    }
}
