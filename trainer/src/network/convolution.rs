//! A convolution over bins and time with its batch normalisation.

use super::batch::TimeMask;
use super::batch_norm::BatchNorm;
use super::pass::Pass;
use crate::onnx::{Attribute, GraphBuilder};
use crate::{Parameters, Random};
use burn::tensor::{Tensor, module, ops::ConvOptions};

/// How a convolution moves over an image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Side of the square kernel; odd, so that padding by half of it keeps the size.
    pub(super) kernel: usize,
    /// Steps over bins and over time.
    pub(super) stride: [usize; 2],
}

/// Conv2d without bias, then batch normalisation.
#[derive(Debug, Clone)]
pub(super) struct Convolution {
    name: String,
    inputs: usize,
    outputs: usize,
    reach: Reach,
    norm: BatchNorm,
}

impl Convolution {
    pub(super) fn new(name: String, [inputs, outputs]: [usize; 2], reach: Reach) -> Self {
        let norm = BatchNorm { name: format!("{name}.norm"), channels: outputs };
        Self { name, inputs, outputs, reach, norm }
    }

    /// Kernels start with the deviation of He et al. 2015.
    pub(super) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        let Reach { kernel, .. } = self.reach;
        let deviation = (2.0 / (self.inputs * kernel * kernel) as f32).sqrt();
        let shape = [self.outputs, self.inputs, kernel, kernel];
        parameters.draw(format!("{}.kernel", self.name), &shape, deviation, random);
        self.norm.declare(parameters);
    }

    /// `mask` is the one of the output.
    pub(super) fn forward(&self, pass: &mut Pass, images: Tensor<4>, mask: &TimeMask) -> Tensor<4> {
        let half = self.reach.kernel / 2;
        let options = ConvOptions::new(self.reach.stride, [half, half], [1, 1], 1);
        let kernel = pass.parameter::<4>(&self.name, "kernel");
        let images = module::conv2d(images, kernel, None, options);
        self.norm.forward(pass, images, mask)
    }

    /// One `Conv` with the normalisation folded in.
    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, images: &str) -> String {
        let (scale, shift) = self.norm.folded(parameters);
        let kernel = parameters.get(&format!("{}.kernel", self.name));
        let per_output = kernel.values.len() / self.outputs;
        let scaled = kernel.values.chunks_exact(per_output).zip(&scale);
        let scaled: Vec<f32> =
            scaled.flat_map(|(values, scale)| values.iter().map(move |value| value * scale)).collect();
        let weight = graph.floats(&format!("{}.kernel", self.name), &kernel.shape, &scaled);
        let bias = graph.floats(&format!("{}.bias", self.name), &[self.outputs], &shift);
        let half = (self.reach.kernel / 2) as i64;
        let attributes = [
            Attribute::ints("pads", &[half; 4]),
            Attribute::ints("strides", &self.reach.stride.map(|stride| stride as i64)),
        ];
        graph.node("Conv", &[images, &weight, &bias], &attributes)
    }
}
