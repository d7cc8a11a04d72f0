//! A residual block (He et al. 2016).

use super::average::Average;
use super::convolution::{Convolution, ConvolutionTrace};
use super::unfold::Reach;
use crate::network::gradients::Gradients;
use crate::network::parallel::vectorised;
use crate::network::pass::Pass;
use crate::network::shape::Context;
use crate::network::signal::Signal;
use crate::onnx::{Attribute, Constants, GraphBuilder};
use crate::{Parameters, Random};
use std::sync::Arc;

/// conv3x3 (stride), ReLU, conv3x3, plus a shortcut of average pooling and conv1x1; then ReLU.
#[derive(Debug, Clone)]
pub(in crate::network) struct ResidualBlock {
    average: Average,
    first: Convolution,
    second: Convolution,
    shortcut: Convolution,
}

/// What the backward call needs to know.
#[derive(Debug)]
pub(in crate::network) struct ResidualTrace {
    first: ConvolutionTrace,
    second: ConvolutionTrace,
    shortcut: ConvolutionTrace,
    output: Arc<Signal>,
}

impl ResidualBlock {
    /// `stride` counts steps and bins.
    pub(in crate::network) fn new(
        name: &str,
        [inputs, outputs]: [usize; 2],
        stride: [usize; 2],
        context: Context,
    ) -> Self {
        let layer = |part, channels, kernel: usize, stride| {
            let reach = Reach { kernel: [kernel, kernel], stride, lead: context.lead(kernel) };
            Convolution::new(&format!("{name}.{part}"), channels, reach)
        };
        let lead = if context == Context::Causal { stride[0] - 1 } else { 0 };
        Self {
            average: Average { block: stride, lead },
            first: layer("first", [inputs, outputs], 3, stride).rectified(),
            second: layer("second", [outputs, outputs], 3, [1, 1]),
            shortcut: layer("shortcut", [inputs, outputs], 1, [1, 1]),
        }
    }

    /// Steps and bins that become one.
    pub(in crate::network) fn stride(&self) -> [usize; 2] {
        self.average.block
    }

    pub(in crate::network) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        for layer in [&self.first, &self.second, &self.shortcut] {
            layer.declare(parameters, random);
        }
    }

    /// Takes the constants of a graph that the block was exported to.
    pub(in crate::network) fn read_back(&self, constants: &Constants, parameters: &mut Parameters) {
        for layer in [&self.first, &self.second, &self.shortcut] {
            layer.read_back(constants, parameters);
        }
    }

    /// Multiplications and additions for a sequence of `steps` and `bins`.
    pub(in crate::network) fn macs(&self, steps: usize, bins: usize) -> usize {
        let [behind_steps, behind_bins] = [self.first.reach().steps(steps), self.first.reach().bins(bins)];
        self.first.macs(steps, bins)
            + self.second.macs(behind_steps, behind_bins)
            + self.shortcut.macs(behind_steps, behind_bins)
    }

    pub(in crate::network) fn forward(
        &self,
        pass: &mut Pass<'_>,
        input: &Arc<Signal>,
    ) -> (Arc<Signal>, ResidualTrace) {
        let (direct, first) = self.first.forward(pass, Arc::clone(input));
        let (mut output, second) = self.second.forward(pass, Arc::new(direct));
        let beside = Arc::new(self.average.forward(input));
        let (beside, shortcut) = self.shortcut.forward(pass, beside);
        vectorised(|| {
            let sums = output.values.iter_mut().zip(&beside.values);
            sums.for_each(|(value, beside)| {
                let sum = *value + beside;
                // Unlike `max`, this lets through what is not a number.
                *value = if sum < 0.0 { 0.0 } else { sum };
            });
        });
        let output = Arc::new(output);
        (Arc::clone(&output), ResidualTrace { first, second, shortcut, output })
    }

    pub(in crate::network) fn backward(
        &self,
        parameters: &Parameters,
        trace: ResidualTrace,
        mut slope: Signal,
        gradients: &mut Gradients,
    ) -> Signal {
        vectorised(|| {
            for (slope, value) in slope.values.iter_mut().zip(&trace.output.values) {
                *slope = if *value > 0.0 { *slope } else { 0.0 };
            }
        });
        let beside = self.shortcut.backward(parameters, trace.shortcut, slope.clone(), gradients);
        let direct = self.second.backward(parameters, trace.second, slope, gradients);
        let mut result = self.first.backward(parameters, trace.first, direct, gradients);
        self.average.backward(&beside, &mut result);
        result
    }

    /// Over images `[batch, channel, bin, time]`.
    pub(in crate::network) fn export(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        images: &str,
    ) -> String {
        let direct = self.first.export(graph, parameters, images, true);
        let direct = self.second.export(graph, parameters, &direct, true);
        let beside = graph.node("AveragePool", &[images], &self.average_attributes());
        let beside = self.shortcut.export(graph, parameters, &beside, true);
        let sum = graph.node("Add", &[&direct, &beside], &[]);
        graph.node("Relu", &[&sum], &[])
    }

    /// Over images that go on where the last call's ended, which have so many `bins`.
    pub(in crate::network) fn export_stream(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        images: &str,
        bins: usize,
    ) -> String {
        let before = self.first.export_context(graph, images, bins);
        let direct = self.first.export_going_on(graph, parameters, [&before, images]);
        let between = self.second.export_context(graph, &direct, self.first.reach().bins(bins));
        let direct = self.second.export_going_on(graph, parameters, [&between, &direct]);
        let beside = self.export_average(graph, [&before, images]);
        let beside = self.shortcut.export(graph, parameters, &beside, true);
        let sum = graph.node("Add", &[&direct, &beside], &[]);
        graph.node("Relu", &[&sum], &[])
    }

    fn export_average(&self, graph: &mut GraphBuilder, [before, images]: [&str; 2]) -> String {
        let [steps, bins] = self.average.block.map(|length| length as i64);
        let joined = match self.average.lead {
            0 => images.to_owned(),
            lead => {
                let before = graph.last(before, 3, lead);
                graph.node("Concat", &[&before, images], &[Attribute::int("axis", 3)])
            }
        };
        let attributes = [
            Attribute::ints("kernel_shape", &[bins, steps]),
            Attribute::ints("strides", &[bins, steps]),
            Attribute::ints("pads", &[0, 0, bins - 1, 0]),
            Attribute::int("count_include_pad", 1),
        ];
        graph.node("AveragePool", &[&joined], &attributes)
    }

    /// Behind an odd last step or bin a zero is counted; without `lead`, that is.
    fn average_attributes(&self) -> [Attribute; 4] {
        let [steps, bins] = self.average.block.map(|length| length as i64);
        let lead = self.average.lead as i64;
        [
            Attribute::ints("kernel_shape", &[bins, steps]),
            Attribute::ints("strides", &[bins, steps]),
            Attribute::ints("pads", &[0, lead, bins - 1, steps - 1 - lead]),
            Attribute::int("count_include_pad", 1),
        ]
    }
}
