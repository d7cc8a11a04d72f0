//! Layer normalisation (Ba, Kiros and Hinton 2016).

use crate::network::gradients::Gradients;
use crate::network::pass::Pass;
use crate::network::signal::Signal;
use crate::onnx::{Attribute, GraphBuilder};
use crate::{Parameters, Role};

const EPSILON: f32 = 1e-5;

/// Normalises over the channels of each step.
#[derive(Debug, Clone)]
pub(in crate::network) struct LayerNorm {
    pub(in crate::network) name: String,
    pub(in crate::network) width: usize,
}

/// What the backward call needs to know.
#[derive(Debug)]
pub(in crate::network) struct LayerNormTrace {
    /// The output before gain and offset.
    normal: Vec<f32>,
    inverse: Vec<f32>,
}

impl LayerNorm {
    pub(in crate::network) fn declare(&self, parameters: &mut Parameters) {
        parameters.fill(format!("{}.gain", self.name), &[self.width], Role::Vector, 1.0);
        parameters.fill(format!("{}.offset", self.name), &[self.width], Role::Vector, 0.0);
    }

    pub(in crate::network) fn forward(&self, pass: &Pass<'_>, input: &Signal) -> (Signal, LayerNormTrace) {
        let gain = pass.parameter(&self.name, "gain");
        let offset = pass.parameter(&self.name, "offset");
        let (mut normal, mut inverse) = (input.values.clone(), Vec::new());
        for row in normal.chunks_exact_mut(self.width) {
            let mean = row.iter().sum::<f32>() / self.width as f32;
            row.iter_mut().for_each(|value| *value -= mean);
            let variance = row.iter().map(|value| value * value).sum::<f32>() / self.width as f32;
            let factor = 1.0 / (variance + EPSILON).sqrt();
            row.iter_mut().for_each(|value| *value *= factor);
            inverse.push(factor);
        }
        let mut output = normal.clone();
        for row in output.chunks_exact_mut(self.width) {
            let terms = gain.iter().zip(offset);
            row.iter_mut().zip(terms).for_each(|(value, (gain, offset))| *value = *value * gain + offset);
        }
        (input.like(output), LayerNormTrace { normal, inverse })
    }

    pub(in crate::network) fn backward(
        &self,
        parameters: &Parameters,
        trace: &LayerNormTrace,
        mut slope: Signal,
        gradients: &mut Gradients,
    ) -> Signal {
        let gain = &parameters.get(&format!("{}.gain", self.name)).values;
        let (mut by_gain, mut by_offset) = (vec![0.0; self.width], vec![0.0; self.width]);
        let rows = slope.values.chunks_exact_mut(self.width).zip(trace.normal.chunks_exact(self.width));
        for ((slope, normal), inverse) in rows.zip(&trace.inverse) {
            let (mut plain, mut weighted) = (0.0, 0.0);
            for channel in 0..self.width {
                by_gain[channel] += slope[channel] * normal[channel];
                by_offset[channel] += slope[channel];
                slope[channel] *= gain[channel];
                plain += slope[channel] / self.width as f32;
                weighted += slope[channel] * normal[channel] / self.width as f32;
            }
            for (slope, normal) in slope.iter_mut().zip(normal) {
                *slope = inverse * (*slope - plain - normal * weighted);
            }
        }
        gradients.add(&self.name, "gain", by_gain);
        gradients.add(&self.name, "offset", by_offset);
        slope
    }

    pub(in crate::network) fn export(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        input: &str,
    ) -> String {
        let gain = graph.parameter(parameters, &format!("{}.gain", self.name));
        let offset = graph.parameter(parameters, &format!("{}.offset", self.name));
        let attributes = [Attribute::int("axis", -1), Attribute::float("epsilon", EPSILON)];
        graph.node("LayerNormalization", &[input, &gain, &offset], &attributes)
    }
}
