//! Batch normalisation that leaves padding out (Ioffe and Szegedy 2015).

use super::batch::TimeMask;
use super::pass::Pass;
use crate::{Parameters, Role};
use burn::tensor::Tensor;

const EPSILON: f32 = 1e-5;

/// Normalises each channel of images `[batch, channel, bin, time]`.
#[derive(Debug, Clone)]
pub(super) struct BatchNorm {
    pub(super) name: String,
    pub(super) channels: usize,
}

impl BatchNorm {
    pub(super) fn declare(&self, parameters: &mut Parameters) {
        let shape = [self.channels];
        parameters.fill(format!("{}.gain", self.name), &shape, Role::Vector, 1.0);
        parameters.fill(format!("{}.offset", self.name), &shape, Role::Vector, 0.0);
        parameters.fill(format!("{}.mean", self.name), &shape, Role::Statistic, 0.0);
        parameters.fill(format!("{}.variance", self.name), &shape, Role::Statistic, 1.0);
    }

    /// With this batch's statistics while learning, with the running ones else. What comes out in the padding
    /// has no meaning: whoever adds up over time masks it.
    pub(super) fn forward(&self, pass: &mut Pass, images: Tensor<4>, mask: &TimeMask) -> Tensor<4> {
        let gain = self.channel_parameter(pass, "gain");
        let offset = self.channel_parameter(pass, "offset");
        if !pass.learns() {
            let scale = gain / (self.channel_parameter(pass, "variance") + EPSILON).sqrt();
            let shift = offset - self.channel_parameter(pass, "mean") * scale.clone();
            return images * scale + shift;
        }
        let inside = mask.for_images();
        let count = (images.dims()[2] * mask.total()) as f32;
        let mean = sum_but_channels(images.clone() * inside.clone()) / count;
        let centred = (images - mean.clone()) * inside;
        let variance = sum_but_channels(centred.clone() * centred.clone()) / count;
        pass.note_statistic(&self.name, "mean", mean.reshape([self.channels]));
        pass.note_statistic(&self.name, "variance", variance.clone().reshape([self.channels]));
        centred * (gain / (variance + EPSILON).sqrt()) + offset
    }

    /// The layer in inference as a scale and a shift per channel, to be folded into its neighbour.
    pub(super) fn folded(&self, parameters: &Parameters) -> (Vec<f32>, Vec<f32>) {
        let read = |name: &str| &parameters.get(&format!("{}.{name}", self.name)).values;
        let scale: Vec<f32> = read("gain")
            .iter()
            .zip(read("variance"))
            .map(|(gain, variance)| gain / (variance + EPSILON).sqrt())
            .collect();
        let shift = read("offset")
            .iter()
            .zip(read("mean"))
            .zip(&scale)
            .map(|((offset, mean), scale)| offset - mean * scale);
        let shift = shift.collect();
        (scale, shift)
    }

    fn channel_parameter(&self, pass: &Pass, name: &str) -> Tensor<4> {
        pass.parameter::<1>(&self.name, name).reshape([1, self.channels, 1, 1])
    }
}

fn sum_but_channels(images: Tensor<4>) -> Tensor<4> {
    images.sum_dim(3).sum_dim(2).sum_dim(0)
}
