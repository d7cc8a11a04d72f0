//! A convolution over steps and bins with its batch normalisation.

use super::batch_norm::{BatchNorm, BatchNormTrace};
use super::unfold::{Reach, Shape};
use crate::network::gradients::Gradients;
use crate::network::matrix::{Matrix, multiply};
use crate::network::parallel::{Group, each, fill, groups, parts, sum, with_scratch};
use crate::network::pass::Pass;
use crate::network::signal::Signal;
use crate::onnx::{Attribute, Constants, GraphBuilder};
use crate::{Parameters, Random};
use faer::Accum;
use std::sync::Arc;

/// A convolution without bias, then batch normalisation. The kernel is `[step * bin * input, output]`.
#[derive(Debug, Clone)]
pub(in crate::network) struct Convolution {
    name: String,
    inputs: usize,
    outputs: usize,
    reach: Reach,
    norm: BatchNorm,
}

/// What the backward call needs to know.
#[derive(Debug)]
pub(in crate::network) struct ConvolutionTrace {
    input: Arc<Signal>,
    norm: BatchNormTrace,
}

impl Convolution {
    pub(in crate::network) fn new(name: &str, [inputs, outputs]: [usize; 2], reach: Reach) -> Self {
        let norm = BatchNorm { name: format!("{name}.norm"), channels: outputs, rectified: false };
        Self { name: name.to_owned(), inputs, outputs, reach, norm }
    }

    /// With a rectifier behind it.
    pub(in crate::network) fn rectified(mut self) -> Self {
        self.norm.rectified = true;
        self
    }

    pub(in crate::network) fn reach(&self) -> Reach {
        self.reach
    }

    /// Multiplications and additions for a sequence of `steps` and `bins`.
    pub(in crate::network) fn macs(&self, steps: usize, bins: usize) -> usize {
        self.reach.steps(steps) * self.reach.bins(bins) * self.reach.patch(self.inputs) * self.outputs
    }

    /// Kernels start with the deviation of He et al. 2015.
    pub(in crate::network) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        let patch = self.reach.patch(self.inputs);
        let deviation = (2.0 / patch as f32).sqrt();
        parameters.draw(format!("{}.kernel", self.name), &[patch, self.outputs], deviation, random);
        self.norm.declare(parameters);
    }

    pub(in crate::network) fn forward(
        &self,
        pass: &mut Pass<'_>,
        input: Arc<Signal>,
    ) -> (Signal, ConvolutionTrace) {
        let kernel = Matrix::new(pass.parameter(&self.name, "kernel"), self.outputs);
        let steps = input.steps.iter().map(|&steps| self.reach.steps(steps)).collect();
        let mut output = Signal::zeros(steps, self.reach.bins(input.bins), self.outputs);
        let (ranges, width) = (output.ranges(), output.width());
        fill(&mut output, |group, part| {
            self.for_each_patches(&input, group, |sequence, patches| {
                let range = &ranges[sequence];
                let start = (range.start - group.steps.start) * width;
                let part = &mut part[start..start + range.len() * width];
                multiply(part, Accum::Replace, patches, kernel);
            });
        });
        let (output, norm) = self.norm.forward(pass, output);
        (output, ConvolutionTrace { input, norm })
    }

    pub(in crate::network) fn backward(
        &self,
        parameters: &Parameters,
        trace: ConvolutionTrace,
        slope: Signal,
        gradients: &mut Gradients,
    ) -> Signal {
        let slope = self.norm.backward(parameters, &trace.norm, slope, gradients);
        drop(trace.norm);
        self.add_kernel_slope(&trace.input, &slope, gradients);
        self.input_slope(parameters, &trace.input, &slope)
    }

    /// The same for a first layer, whose input is not learnt.
    pub(in crate::network) fn backward_first(
        &self,
        parameters: &Parameters,
        trace: &ConvolutionTrace,
        slope: Signal,
        gradients: &mut Gradients,
    ) {
        let slope = self.norm.backward(parameters, &trace.norm, slope, gradients);
        self.add_kernel_slope(&trace.input, &slope, gradients);
    }

    fn add_kernel_slope(&self, input: &Signal, slope: &Signal, gradients: &mut Gradients) {
        let (ranges, width) = (slope.ranges(), slope.width());
        let of_group = |group: Group| {
            let mut total = vec![0.0; self.reach.patch(self.inputs) * self.outputs];
            self.for_each_patches(input, &group, |sequence, patches| {
                let range = &ranges[sequence];
                let slope = Matrix::new(&slope.values[range.start * width..range.end * width], self.outputs);
                multiply(&mut total, Accum::Add, patches.turned(), slope);
            });
            total
        };
        gradients.add(&self.name, "kernel", sum(each(groups(&slope.steps), of_group)));
    }

    fn input_slope(&self, parameters: &Parameters, input: &Signal, slope: &Signal) -> Signal {
        let kernel = &parameters.get(&format!("{}.kernel", self.name)).values;
        let kernel = Matrix::new(kernel, self.outputs).turned();
        let mut result = Signal::zeros(input.steps.clone(), input.bins, input.channels);
        let (ranges, width) = (slope.ranges(), slope.width());
        let (patch, sequence_width) = (self.reach.patch(self.inputs), result.width());
        let groups = groups(&input.steps);
        let tasks: Vec<_> = groups.iter().zip(parts(&mut result.values, &groups, sequence_width)).collect();
        each(tasks, |(group, mut part)| {
            for sequence in group.sequences.clone() {
                let range = &ranges[sequence];
                let slope = Matrix::new(&slope.values[range.start * width..range.end * width], self.outputs);
                let (own, rest) = part.split_at_mut(input.steps[sequence] * sequence_width);
                part = rest;
                if self.reach.is_pointwise() {
                    multiply(own, Accum::Replace, slope, kernel);
                    continue;
                }
                with_scratch(range.len() * width / self.outputs * patch, |patches| {
                    multiply(patches, Accum::Replace, slope, kernel);
                    self.reach.fold(shape(input, sequence), patches, own);
                });
            }
        });
        result
    }

    /// Calls `work` with the number and the patches of every sequence of `group`.
    fn for_each_patches(&self, input: &Signal, group: &Group, mut work: impl FnMut(usize, Matrix<'_>)) {
        let width = input.width();
        let before: usize = input.steps[..group.sequences.start].iter().sum();
        let mut start = before * width;
        let patch = self.reach.patch(self.inputs);
        for sequence in group.sequences.clone() {
            let shape = shape(input, sequence);
            let values = &input.values[start..start + shape.steps * width];
            start += values.len();
            if self.reach.is_pointwise() {
                work(sequence, Matrix::new(values, patch));
                continue;
            }
            with_scratch(self.reach.steps(shape.steps) * self.reach.bins(shape.bins) * patch, |scratch| {
                self.reach.unfold(shape, values, scratch);
                work(sequence, Matrix::new(scratch, patch));
            });
        }
    }

    /// One `Conv` over images `[batch, channel, bin, time]` with the normalisation folded in, and a `Relu`
    /// behind it if there is one. Where `padded` is false, the steps in front of the first one are part of
    /// `images` already.
    pub(in crate::network) fn export(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        images: &str,
        padded: bool,
    ) -> String {
        let (scale, shift) = self.norm.folded(parameters);
        let [steps, bins] = self.reach.kernel;
        let shape = [self.outputs, self.inputs, bins, steps];
        let kernel = self.exported_kernel(parameters, &scale);
        let weight = graph.floats(&format!("{}.kernel", self.name), &shape, &kernel);
        let bias = graph.floats(&format!("{}.bias", self.name), &[self.outputs], &shift);
        let half = (bins / 2) as i64;
        let [before, behind] =
            if padded { [self.reach.lead, steps - 1 - self.reach.lead].map(|n| n as i64) } else { [0, 0] };
        let attributes = [
            Attribute::ints("pads", &[half, before, half, behind]),
            Attribute::ints("strides", &[self.reach.stride[1] as i64, self.reach.stride[0] as i64]),
        ];
        let output = graph.node("Conv", &[images, &weight, &bias], &attributes);
        if self.norm.rectified { graph.node("Relu", &[&output], &[]) } else { output }
    }

    /// The same for images that go on where the last call's ended: `before` are the steps in front of them, one
    /// fewer than the kernel has. Their number is a multiple of the stride.
    pub(in crate::network) fn export_going_on(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        [before, images]: [&str; 2],
    ) -> String {
        let joined = graph.node("Concat", &[before, images], &[Attribute::int("axis", 3)]);
        self.export(graph, parameters, &joined, false)
    }

    /// Adds the state that holds the steps in front of the next call's images, which have so many `bins`; `images` are
    /// this call's. Returns the steps in front of them.
    pub(in crate::network) fn export_context(
        &self,
        graph: &mut GraphBuilder,
        images: &str,
        bins: usize,
    ) -> String {
        let steps = self.reach.kernel[0] - 1;
        let before = graph.state(&self.name, &[self.inputs, bins, steps]);
        let joined = graph.node("Concat", &[&before, images], &[Attribute::int("axis", 3)]);
        let after = graph.last(&joined, 3, steps);
        graph.carry(&self.name, &after);
        before
    }

    /// Takes the kernel of a graph that [`Self::export`] added it to.
    pub(in crate::network) fn read_back(&self, constants: &Constants, parameters: &mut Parameters) {
        let name = format!("{}.kernel", self.name);
        let (scale, _) = self.norm.folded(parameters);
        let kernel = &mut parameters.get_mut(&name).values;
        let mut exported = constants.get(&name).iter();
        for (output, scale) in scale.iter().enumerate() {
            // A channel that is scaled by 0 says nothing, whatever its kernel is.
            self.rows().zip(&mut exported).filter(|_| *scale != 0.0).for_each(|(row, value)| {
                kernel[row * self.outputs + output] = value / scale;
            });
        }
    }

    /// `[output, input, bin, step]`, each output times its scale.
    fn exported_kernel(&self, parameters: &Parameters, scale: &[f32]) -> Vec<f32> {
        let kernel = &parameters.get(&format!("{}.kernel", self.name)).values;
        let mut exported = Vec::with_capacity(kernel.len());
        for (output, scale) in scale.iter().enumerate() {
            exported.extend(self.rows().map(|row| kernel[row * self.outputs + output] * scale));
        }
        exported
    }

    /// The kernel's rows in the order of ONNX: by input, bin and step.
    fn rows(&self) -> impl Iterator<Item = usize> + use<> {
        let ([steps, bins], inputs) = (self.reach.kernel, self.inputs);
        (0..inputs * bins * steps).map(move |place| {
            let (input, bin, step) = (place / (bins * steps), place / steps % bins, place % steps);
            (step * bins + bin) * inputs + input
        })
    }
}

fn shape(input: &Signal, sequence: usize) -> Shape {
    Shape { steps: input.steps[sequence], bins: input.bins, channels: input.channels }
}
