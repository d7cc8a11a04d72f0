//! The convolutions that both networks begin with.

use super::gradients::Gradients;
use super::layers::{Convolution, ConvolutionTrace, Reach, ResidualBlock, ResidualTrace};
use super::pass::Pass;
use super::shape::Context;
use super::signal::Signal;
use crate::onnx::{Attribute, Constants, GraphBuilder};
use crate::{Parameters, Random};
use std::sync::Arc;

const STEM_KERNEL: usize = 5;
const STEM_STRIDE: [usize; 2] = [2, 2];

/// A first convolution and residual blocks; all of them halve the bins.
#[derive(Debug, Clone)]
pub(super) struct Front {
    stem: Convolution,
    blocks: Vec<ResidualBlock>,
    channels: usize,
}

/// What the backward call needs to know.
#[derive(Debug)]
pub(super) struct FrontTrace {
    stem: ConvolutionTrace,
    blocks: Vec<ResidualTrace>,
}

impl Front {
    /// Channels behind the first convolution and behind each block, and how many steps each block makes one.
    pub(super) fn new(stem: usize, blocks: &[(usize, usize)], context: Context) -> Self {
        let lead = context.lead(STEM_KERNEL);
        let reach = Reach { kernel: [STEM_KERNEL; 2], stride: STEM_STRIDE, lead };
        let mut channels = stem;
        let block = |(index, &(outputs, steps)): (usize, &(usize, usize))| {
            let inputs = std::mem::replace(&mut channels, outputs);
            ResidualBlock::new(&format!("block{}", index + 1), [inputs, outputs], [steps, 2], context)
        };
        let blocks = blocks.iter().enumerate().map(block).collect();
        Self { stem: Convolution::new("stem", [1, stem], reach).rectified(), blocks, channels }
    }

    /// Channels that come out.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Bins that come out for frames of `dim` values.
    pub(super) fn bins(&self, dim: usize) -> usize {
        let behind = |bins: usize, block: &ResidualBlock| bins.div_ceil(block.stride()[1]);
        self.blocks.iter().fold(dim.div_ceil(STEM_STRIDE[1]), behind)
    }

    /// Frames that become one step.
    pub(super) fn frames_per_step(&self) -> usize {
        self.blocks.iter().map(|block| block.stride()[0]).product::<usize>() * STEM_STRIDE[0]
    }

    /// Multiplications and additions for `frames` frames of `dim` values.
    pub(super) fn macs(&self, frames: usize, dim: usize) -> usize {
        let mut macs = self.stem.macs(frames, dim);
        let (mut steps, mut bins) = (frames.div_ceil(STEM_STRIDE[0]), dim.div_ceil(STEM_STRIDE[1]));
        for block in &self.blocks {
            macs += block.macs(steps, bins);
            let [step_stride, bin_stride] = block.stride();
            (steps, bins) = (steps.div_ceil(step_stride), bins.div_ceil(bin_stride));
        }
        macs
    }

    pub(super) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        self.stem.declare(parameters, random);
        self.blocks.iter().for_each(|block| block.declare(parameters, random));
    }

    /// Takes the constants of a graph that the layers were exported to.
    pub(super) fn read_back(&self, constants: &Constants, parameters: &mut Parameters) {
        self.stem.read_back(constants, parameters);
        self.blocks.iter().for_each(|block| block.read_back(constants, parameters));
    }

    pub(super) fn forward(&self, pass: &mut Pass<'_>, frames: Signal) -> (Arc<Signal>, FrontTrace) {
        let (images, stem) = self.stem.forward(pass, Arc::new(frames));
        let mut images = Arc::new(images);
        let mut traces = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let (output, trace) = block.forward(pass, &images);
            images = output;
            traces.push(trace);
        }
        (images, FrontTrace { stem, blocks: traces })
    }

    /// The frames themselves are not learnt, so their slope is not computed.
    pub(super) fn backward(
        &self,
        parameters: &Parameters,
        trace: FrontTrace,
        mut slope: Signal,
        gradients: &mut Gradients,
    ) {
        for (block, trace) in self.blocks.iter().zip(trace.blocks).rev() {
            slope = block.backward(parameters, trace, slope, gradients);
        }
        self.stem.backward_first(parameters, &trace.stem, slope, gradients);
    }

    /// From normalised frames `[batch, time, dim]` to images `[batch, channel, bin, time]`.
    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, frames: &str) -> String {
        let bins = graph.node("Transpose", &[frames], &[Attribute::ints("perm", &[0, 2, 1])]);
        let channel = graph.ints("channel_axis", &[1]);
        let images = graph.node("Unsqueeze", &[&bins, &channel], &[]);
        let stem = self.stem.export(graph, parameters, &images, true);
        self.blocks.iter().fold(stem, |images, block| block.export(graph, parameters, &images))
    }

    /// The same for frames that go on where the last call's ended.
    pub(super) fn export_stream(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        frames: &str,
        dim: usize,
    ) -> String {
        let bins = graph.node("Transpose", &[frames], &[Attribute::ints("perm", &[0, 2, 1])]);
        let channel = graph.ints("channel_axis", &[1]);
        let images = graph.node("Unsqueeze", &[&bins, &channel], &[]);
        let before = self.stem.export_context(graph, &images, dim);
        let mut images = self.stem.export_going_on(graph, parameters, [&before, &images]);
        let mut bins = dim.div_ceil(STEM_STRIDE[1]);
        for block in &self.blocks {
            images = block.export_stream(graph, parameters, &images, bins);
            bins = bins.div_ceil(block.stride()[1]);
        }
        images
    }
}
