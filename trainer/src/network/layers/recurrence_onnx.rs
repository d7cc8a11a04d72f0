//! The LSTM layer as ONNX nodes.

use super::recurrence::{GATES, Recurrence};
use crate::Parameters;
use crate::network::Context;
use crate::onnx::{Attribute, Constants, GraphBuilder};

impl Recurrence {
    /// `sequence` is `[batch, time, input]`; the output `[batch, time, direction * hidden]`.
    pub(in crate::network) fn export(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        sequence: &str,
    ) -> String {
        let weights =
            ["input", "state"].map(|part| graph.parameter(parameters, &format!("{}.{part}", self.name)));
        let bias = self.exported_bias(graph, parameters);
        let steps = graph.node("Transpose", &[sequence], &[Attribute::ints("perm", &[1, 0, 2])]);
        let direction = if self.context == Context::Full { "bidirectional" } else { "forward" };
        let attributes =
            [Attribute::text("direction", direction), Attribute::int("hidden_size", self.hidden as i64)];
        let hidden = graph.node("LSTM", &[&steps, &weights[0], &weights[1], &bias], &attributes);
        let hidden = graph.node("Transpose", &[&hidden], &[Attribute::ints("perm", &[2, 0, 1, 3])]);
        let shape = graph.ints(&format!("{}.shape", self.name), &[0, 0, self.outputs() as i64]);
        graph.node("Reshape", &[&hidden, &shape], &[])
    }

    /// The same for a sequence that goes on where the last call's ended; forward only.
    pub(in crate::network) fn export_stream(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
        sequence: &str,
    ) -> String {
        let weights =
            ["input", "state"].map(|part| graph.parameter(parameters, &format!("{}.{part}", self.name)));
        let bias = self.exported_bias(graph, parameters);
        let first = graph.ints("first_axis", &[0]);
        let parts = ["hidden", "cell"].map(|part| format!("{}.{part}", self.name));
        let before = parts.each_ref().map(|name| {
            let state = graph.state(name, &[self.hidden]);
            graph.node("Unsqueeze", &[&state, &first], &[])
        });
        let steps = graph.node("Transpose", &[sequence], &[Attribute::ints("perm", &[1, 0, 2])]);
        let inputs = [steps.as_str(), &weights[0], &weights[1], &bias, "", &before[0], &before[1]];
        let [output, hidden, cell] = graph.lstm(&inputs, self.hidden);
        for (name, after) in parts.iter().zip([hidden, cell]) {
            let after = graph.node("Squeeze", &[&after, &first], &[]);
            graph.carry(name, &after);
        }
        let direction = graph.ints("direction_axis", &[1]);
        let output = graph.node("Squeeze", &[&output, &direction], &[]);
        graph.node("Transpose", &[&output], &[Attribute::ints("perm", &[1, 0, 2])])
    }

    /// Takes the constants of a graph that the layer was exported to.
    pub(in crate::network) fn read_back(&self, constants: &Constants, parameters: &mut Parameters) {
        for name in ["input", "state"].map(|part| format!("{}.{part}", self.name)) {
            parameters.get_mut(&name).values.copy_from_slice(constants.get(&name));
        }
        let name = format!("{}.bias", self.name);
        let rows = GATES * self.hidden;
        let own = parameters.get_mut(&name).values.chunks_exact_mut(rows);
        for (own, both) in own.zip(constants.get(&name).chunks_exact(2 * rows)) {
            own.copy_from_slice(&both[..rows]);
        }
    }

    /// ONNX has one bias for the input and one for the state; ours is their sum.
    pub(in crate::network) fn exported_bias(
        &self,
        graph: &mut GraphBuilder,
        parameters: &Parameters,
    ) -> String {
        let name = format!("{}.bias", self.name);
        let rows = GATES * self.hidden;
        let mut both = Vec::new();
        for direction in parameters.get(&name).values.chunks_exact(rows) {
            both.extend_from_slice(direction);
            both.extend(std::iter::repeat_n(0.0, rows));
        }
        graph.floats(&name, &[self.directions(), 2 * rows], &both)
    }
}
