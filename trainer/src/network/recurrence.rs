//! A bidirectional LSTM layer (Hochreiter and Schmidhuber 1997; Schuster and Paliwal 1997).

use super::batch::TimeMask;
use super::pass::Pass;
use crate::onnx::{Attribute, GraphBuilder};
use crate::{Parameters, Random, Role};
use burn::tensor::{Tensor, activation};

const GATES: usize = 4;
/// Gates in ONNX's order: input, output, forget, cell.
const FORGET_GATE: usize = 2;

/// Both directions of one layer. Weights are kept as the ONNX operator wants them.
#[derive(Debug, Clone)]
pub(super) struct Recurrence {
    pub(super) name: String,
    pub(super) inputs: usize,
    pub(super) hidden: usize,
}

impl Recurrence {
    /// Forget gates start open (Jozefowicz, Zaremba and Sutskever 2015).
    pub(super) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        let rows = GATES * self.hidden;
        let deviation = |inputs: usize| (1.0 / inputs as f32).sqrt();
        let shape = [2, rows, self.inputs];
        parameters.draw(format!("{}.input", self.name), &shape, deviation(self.inputs), random);
        let shape = [2, rows, self.hidden];
        parameters.draw(format!("{}.state", self.name), &shape, deviation(self.hidden), random);
        let bias = format!("{}.bias", self.name);
        parameters.fill(bias.as_str(), &[2, rows], Role::Vector, 0.0);
        for direction in parameters.get_mut(&bias).values.chunks_exact_mut(rows) {
            direction[FORGET_GATE * self.hidden..][..self.hidden].fill(1.0);
        }
    }

    /// `[batch, time, input]` to `[batch, time, 2 * hidden]`, forward direction first; zeros in the padding.
    pub(super) fn forward(&self, pass: &Pass, sequence: Tensor<3>, mask: &TimeMask) -> Tensor<3> {
        let gates = split_steps(self.input_gates(pass, sequence));
        let inside = split_steps(two_directions(mask.for_sequences()));
        let hidden = self.run(pass, gates, inside);
        let [forward, backward]: [Tensor<4>; 2] =
            Tensor::stack::<4>(hidden, 2).chunk(2, 0).try_into().expect("two chunks were asked for");
        let forward = forward.squeeze_dim::<3>(0);
        let backward = backward.squeeze_dim::<3>(0).flip([1]);
        Tensor::cat(vec![forward, backward], 2)
    }

    /// What the inputs add to the gates: `[direction, batch, time, gate * hidden]`, each direction in its own
    /// order.
    fn input_gates(&self, pass: &Pass, sequence: Tensor<3>) -> Tensor<4> {
        let [batch, time, _] = sequence.dims();
        let rows = GATES * self.hidden;
        let weight = pass.parameter::<3>(&self.name, "input").swap_dims(1, 2);
        let bias = pass.parameter::<2>(&self.name, "bias").reshape([2, 1, 1, rows]);
        let both = two_directions(sequence).reshape([2, batch * time, self.inputs]);
        both.matmul(weight).reshape([2, batch, time, rows]) + bias
    }

    /// The state stays zero in the padding, so a short utterance's backward direction starts at its own end.
    fn run(&self, pass: &Pass, gates: Vec<Tensor<3>>, inside: Vec<Tensor<3>>) -> Vec<Tensor<3>> {
        let weight = pass.parameter::<3>(&self.name, "state").swap_dims(1, 2);
        let batch = gates.first().map_or(0, |step| step.dims()[1]);
        let mut hidden = Tensor::<3>::zeros([2, batch, self.hidden], pass.device());
        let mut cell = hidden.clone();
        let step = |(gates, inside): (Tensor<3>, Tensor<3>)| {
            let gates = gates + hidden.clone().matmul(weight.clone());
            let open = activation::sigmoid(gates.clone().narrow(2, 0, 3 * self.hidden));
            let gate = |index: usize| open.clone().narrow(2, index * self.hidden, self.hidden);
            let candidate = gates.narrow(2, 3 * self.hidden, self.hidden).tanh();
            cell = (gate(FORGET_GATE) * cell.clone() + gate(0) * candidate) * inside.clone();
            hidden = gate(1) * cell.clone().tanh() * inside;
            hidden.clone()
        };
        gates.into_iter().zip(inside).map(step).collect()
    }

    /// `sequence` is `[batch, time, input]`; the output `[batch, time, 2 * hidden]`.
    pub(super) fn export(&self, graph: &mut GraphBuilder, parameters: &Parameters, sequence: &str) -> String {
        let weights =
            ["input", "state"].map(|part| graph.parameter(parameters, &format!("{}.{part}", self.name)));
        let bias = self.exported_bias(graph, parameters);
        let steps = graph.node("Transpose", &[sequence], &[Attribute::ints("perm", &[1, 0, 2])]);
        let attributes = [
            Attribute::text("direction", "bidirectional"),
            Attribute::int("hidden_size", self.hidden as i64),
        ];
        let hidden = graph.node("LSTM", &[&steps, &weights[0], &weights[1], &bias], &attributes);
        let hidden = graph.node("Transpose", &[&hidden], &[Attribute::ints("perm", &[2, 0, 1, 3])]);
        let shape = graph.ints(&format!("{}.shape", self.name), &[0, 0, 2 * self.hidden as i64]);
        graph.node("Reshape", &[&hidden, &shape], &[])
    }

    /// ONNX has one bias for the input and one for the state; ours is their sum.
    fn exported_bias(&self, graph: &mut GraphBuilder, parameters: &Parameters) -> String {
        let name = format!("{}.bias", self.name);
        let rows = GATES * self.hidden;
        let mut both = Vec::new();
        for direction in parameters.get(&name).values.chunks_exact(rows) {
            both.extend_from_slice(direction);
            both.extend(std::iter::repeat_n(0.0, rows));
        }
        graph.floats(&name, &[2, 2 * rows], &both)
    }
}

/// `[batch, time, x]` to `[direction, batch, time, x]`; the second direction runs backwards.
fn two_directions(sequence: Tensor<3>) -> Tensor<4> {
    Tensor::stack(vec![sequence.clone(), sequence.flip([1])], 0)
}

/// The time steps of `[direction, batch, time, x]`. Halving again and again keeps the gradient's cost at
/// `time * log(time)`: each slice's gradient is as large as what it was cut from.
fn split_steps(sequence: Tensor<4>) -> Vec<Tensor<3>> {
    let time = sequence.dims()[2];
    if time == 1 {
        return vec![sequence.squeeze_dim(2)];
    }
    let half = time / 2;
    let mut steps = split_steps(sequence.clone().narrow(2, 0, half));
    steps.extend(split_steps(sequence.narrow(2, half, time - half)));
    steps
}
