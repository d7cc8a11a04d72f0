//! A residual block (He et al. 2016).

use super::batch::TimeMask;
use super::convolution::{Convolution, Reach};
use super::pass::Pass;
use crate::onnx::{Attribute, GraphBuilder};
use crate::{Parameters, Random};
use burn::tensor::{Tensor, activation, module, ops::AvgPoolOptions};

/// conv3x3 (stride), ReLU, conv3x3, plus a shortcut of average pooling and conv1x1; then ReLU.
#[derive(Debug, Clone)]
pub(super) struct ResidualBlock {
    stride: [usize; 2],
    first: Convolution,
    second: Convolution,
    shortcut: Convolution,
}

impl ResidualBlock {
    pub(super) fn new(name: &str, [inputs, outputs]: [usize; 2], stride: [usize; 2]) -> Self {
        let still = |kernel| Reach { kernel, stride: [1, 1] };
        let layer = |part, channels, reach| Convolution::new(format!("{name}.{part}"), channels, reach);
        Self {
            stride,
            first: layer("first", [inputs, outputs], Reach { kernel: 3, stride }),
            second: layer("second", [outputs, outputs], still(3)),
            shortcut: layer("shortcut", [inputs, outputs], still(1)),
        }
    }

    pub(super) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        for layer in [&self.first, &self.second, &self.shortcut] {
            layer.declare(parameters, random);
        }
    }

    /// Takes images whose padding is zero, with the mask of the output, and gives such images again.
    pub(super) fn forward(&self, pass: &mut Pass, images: Tensor<4>, mask: &TimeMask) -> Tensor<4> {
        let inside = mask.for_images();
        let direct = self.first.forward(pass, images.clone(), mask);
        let direct = activation::relu(direct) * inside.clone();
        let direct = self.second.forward(pass, direct, mask);
        let [_, _, bins, steps] = images.dims();
        let beside = module::avg_pool2d(images, self.pooling([bins, steps]));
        let beside = self.shortcut.forward(pass, beside, mask);
        activation::relu(direct + beside) * inside
    }

    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, images: &str) -> String {
        let direct = self.first.export(graph, parameters, images);
        let direct = graph.node("Relu", &[&direct], &[]);
        let direct = self.second.export(graph, parameters, &direct);
        let beside = graph.node("AveragePool", &[images], &self.pooling_attributes());
        let beside = self.shortcut.export(graph, parameters, &beside);
        let sum = graph.node("Add", &[&direct, &beside], &[]);
        graph.node("Relu", &[&sum], &[])
    }

    /// An odd last bin or step is averaged with a zero, as a step is inside a longer padded batch.
    fn pooling(&self, [bins, steps]: [usize; 2]) -> AvgPoolOptions<2> {
        let missing = |length: usize, stride: usize| (0, length.next_multiple_of(stride) - length);
        let mut options = AvgPoolOptions::new(self.stride);
        options.padding = [missing(bins, self.stride[0]), missing(steps, self.stride[1])];
        options
    }

    fn pooling_attributes(&self) -> [Attribute; 4] {
        let stride = self.stride.map(|stride| stride as i64);
        [
            Attribute::ints("kernel_shape", &stride),
            Attribute::ints("strides", &stride),
            Attribute::ints("pads", &[0, 0, stride[0] - 1, stride[1] - 1]),
            Attribute::int("count_include_pad", 1),
        ]
    }
}
