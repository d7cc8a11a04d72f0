//! Layer normalisation (Ba, Kiros and Hinton 2016).

use super::pass::Pass;
use crate::onnx::{Attribute, GraphBuilder};
use crate::{Parameters, Role};
use burn::tensor::{Tensor, module};

const EPSILON: f32 = 1e-5;

/// Normalises over the last axis.
#[derive(Debug, Clone)]
pub(super) struct LayerNorm {
    pub(super) name: String,
    pub(super) width: usize,
}

impl LayerNorm {
    pub(super) fn declare(&self, parameters: &mut Parameters) {
        parameters.fill(format!("{}.gain", self.name), &[self.width], Role::Vector, 1.0);
        parameters.fill(format!("{}.offset", self.name), &[self.width], Role::Vector, 0.0);
    }

    pub(super) fn forward<const D: usize>(&self, pass: &Pass, input: Tensor<D>) -> Tensor<D> {
        let gain = pass.parameter::<1>(&self.name, "gain");
        let offset = pass.parameter::<1>(&self.name, "offset");
        module::layer_norm(input, gain, Some(offset), f64::from(EPSILON))
    }

    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, input: &str) -> String {
        let gain = graph.parameter(parameters, &format!("{}.gain", self.name));
        let offset = graph.parameter(parameters, &format!("{}.offset", self.name));
        let attributes = [Attribute::int("axis", -1), Attribute::float("epsilon", EPSILON)];
        graph.node("LayerNormalization", &[input, &gain, &offset], &attributes)
    }
}
