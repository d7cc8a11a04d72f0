//! A fully connected layer.

use crate::network::gradients::Gradients;
use crate::network::matrix::{Matrix, multiply};
use crate::network::parallel::{Group, each, fill, groups, sum};
use crate::network::pass::Pass;
use crate::network::signal::Signal;
use crate::onnx::{Constants, GraphBuilder};
use crate::{Parameters, Random, Role};
use faer::Accum;

/// `x W + b` for each step.
#[derive(Debug, Clone)]
pub(in crate::network) struct Linear {
    pub(in crate::network) name: String,
    pub(in crate::network) inputs: usize,
    pub(in crate::network) outputs: usize,
}

impl Linear {
    pub(in crate::network) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        let deviation = (1.0 / self.inputs as f32).sqrt();
        parameters.draw(format!("{}.weight", self.name), &[self.inputs, self.outputs], deviation, random);
        parameters.fill(format!("{}.bias", self.name), &[self.outputs], Role::Vector, 0.0);
    }

    pub(in crate::network) fn forward(&self, pass: &Pass<'_>, input: &Signal) -> Signal {
        let weight = Matrix::new(pass.parameter(&self.name, "weight"), self.outputs);
        let bias = pass.parameter(&self.name, "bias");
        let mut output = Signal::zeros(input.steps.clone(), 1, self.outputs);
        fill(&mut output, |group, part| {
            part.chunks_exact_mut(self.outputs).for_each(|row| row.copy_from_slice(bias));
            multiply(part, Accum::Add, self.rows(input, group), weight);
        });
        output
    }

    /// `input` is the one that the forward call had.
    pub(in crate::network) fn backward(
        &self,
        parameters: &Parameters,
        input: &Signal,
        slope: &Signal,
        gradients: &mut Gradients,
    ) -> Signal {
        let slopes = |group: &Group| {
            let range = group.steps.start * self.outputs..group.steps.end * self.outputs;
            &slope.values[range]
        };
        let of_group = |group: Group| {
            let mut total = vec![0.0; (self.inputs + 1) * self.outputs];
            let (weight, bias) = total.split_at_mut(self.inputs * self.outputs);
            let slopes = slopes(&group);
            multiply(
                weight,
                Accum::Replace,
                self.rows(input, &group).turned(),
                Matrix::new(slopes, self.outputs),
            );
            for row in slopes.chunks_exact(self.outputs) {
                bias.iter_mut().zip(row).for_each(|(total, value)| *total += value);
            }
            total
        };
        let mut weight = sum(each(groups(&slope.steps), of_group));
        let bias = weight.split_off(self.inputs * self.outputs);
        gradients.add(&self.name, "weight", weight);
        gradients.add(&self.name, "bias", bias);
        let weight = &parameters.get(&format!("{}.weight", self.name)).values;
        let weight = Matrix::new(weight, self.outputs).turned();
        let mut result = Signal::zeros(input.steps.clone(), input.bins, input.channels);
        fill(&mut result, |group, part| {
            multiply(part, Accum::Replace, Matrix::new(slopes(group), self.outputs), weight);
        });
        result
    }

    fn rows<'i>(&self, input: &'i Signal, group: &Group) -> Matrix<'i> {
        let range = group.steps.start * self.inputs..group.steps.end * self.inputs;
        Matrix::new(&input.values[range], self.inputs)
    }

    pub(in crate::network) fn export(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        input: &str,
    ) -> String {
        let weight = graph.parameter(parameters, &format!("{}.weight", self.name));
        let bias = graph.parameter(parameters, &format!("{}.bias", self.name));
        let product = graph.node("MatMul", &[input, &weight], &[]);
        graph.node("Add", &[&product, &bias], &[])
    }

    /// The same with its input scaled and shifted first, as a folded batch normalisation does.
    pub(in crate::network) fn export_behind(
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

    /// Takes the weight and the bias of a graph that [`Self::export`] added them to.
    pub(in crate::network) fn read_back(&self, constants: &Constants, parameters: &mut Parameters) {
        for name in ["weight", "bias"].map(|part| format!("{}.{part}", self.name)) {
            parameters.get_mut(&name).values.copy_from_slice(constants.get(&name));
        }
    }

    /// The same of a graph that [`Self::export_behind`] added them to, with this scale and shift.
    pub(in crate::network) fn read_back_behind(
        &self,
        constants: &Constants,
        parameters: &mut Parameters,
        (scale, shift): (&[f32], &[f32]),
    ) {
        let [weight, bias] = ["weight", "bias"].map(|part| format!("{}.{part}", self.name));
        let mut rest = constants.get(&bias).to_vec();
        let rows = parameters.get_mut(&weight).values.chunks_exact_mut(self.outputs);
        let exported = constants.get(&weight).chunks_exact(self.outputs);
        for ((row, exported), (scale, shift)) in rows.zip(exported).zip(scale.iter().zip(shift)) {
            // An input that is scaled by 0 says nothing but its shift, whatever its weights are.
            if *scale != 0.0 {
                row.iter_mut().zip(exported).for_each(|(value, exported)| *value = exported / scale);
            }
            rest.iter_mut().zip(row).for_each(|(bias, value)| *bias -= *value * shift);
        }
        parameters.get_mut(&bias).values = rest;
    }
}
