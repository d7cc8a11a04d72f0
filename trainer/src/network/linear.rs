//! A fully connected layer.

use super::pass::Pass;
use crate::onnx::GraphBuilder;
use crate::{Parameters, Random, Role};
use burn::tensor::{Tensor, module};

/// `x W + b` over the last axis.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    pub(super) name: String,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

impl Linear {
    pub(super) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        let deviation = (1.0 / self.inputs as f32).sqrt();
        parameters.draw(format!("{}.weight", self.name), &[self.inputs, self.outputs], deviation, random);
        parameters.fill(format!("{}.bias", self.name), &[self.outputs], Role::Vector, 0.0);
    }

    pub(super) fn forward<const D: usize>(&self, pass: &Pass, input: Tensor<D>) -> Tensor<D> {
        let weight = pass.parameter::<2>(&self.name, "weight");
        module::linear(input, weight, Some(pass.parameter::<1>(&self.name, "bias")))
    }

    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, input: &str) -> String {
        let weight = graph.parameter(parameters, &format!("{}.weight", self.name));
        let bias = graph.parameter(parameters, &format!("{}.bias", self.name));
        let product = graph.node("MatMul", &[input, &weight], &[]);
        graph.node("Add", &[&product, &bias], &[])
    }

    /// The same with its input scaled and shifted first, as a folded batch normalisation does.
    pub(super) fn export_behind(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        (scale, shift): (&[f32], &[f32]),
        input: &str,
    ) -> String {
        let weight = parameters.get(&format!("{}.weight", self.name));
        let mut bias = parameters.get(&format!("{}.bias", self.name)).values.clone();
        let mut scaled = Vec::with_capacity(weight.values.len());
        for ((row, scale), shift) in weight.values.chunks_exact(self.outputs).zip(scale).zip(shift) {
            scaled.extend(row.iter().map(|value| value * scale));
            bias.iter_mut().zip(row).for_each(|(bias, value)| *bias += value * shift);
        }
        let weight = graph.floats(&format!("{}.weight", self.name), &weight.shape, &scaled);
        let bias = graph.floats(&format!("{}.bias", self.name), &[self.outputs], &bias);
        let product = graph.node("MatMul", &[input, &weight], &[]);
        graph.node("Add", &[&product, &bias], &[])
    }
}
