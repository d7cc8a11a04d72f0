//! Builds a graph node by node.

use super::messages::{
    AttributeProto, Dimension, DimensionValue, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, TypeValue, ValueInfoProto,
};
use crate::Parameters;
use prost::Message;

const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;
const FLOAT: i32 = 1;
const INT64: i32 = 7;

/// A node's constant.
#[derive(Debug, Clone)]
pub(crate) struct Attribute(AttributeProto);

impl Attribute {
    pub(crate) fn float(name: &str, value: f32) -> Self {
        Self(AttributeProto { name: name.into(), f: value, r#type: 1, ..Default::default() })
    }

    pub(crate) fn int(name: &str, value: i64) -> Self {
        Self(AttributeProto { name: name.into(), i: value, r#type: 2, ..Default::default() })
    }

    pub(crate) fn text(name: &str, value: &str) -> Self {
        Self(AttributeProto { name: name.into(), s: value.into(), r#type: 3, ..Default::default() })
    }

    pub(crate) fn ints(name: &str, values: &[i64]) -> Self {
        Self(AttributeProto { name: name.into(), ints: values.to_vec(), r#type: 7, ..Default::default() })
    }
}

/// An axis of the graph's input or output.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Axis {
    /// Always this long.
    Fixed(usize),
    /// Any length.
    Named(&'static str),
}

/// A graph under construction. Values are called by name.
#[derive(Debug)]
pub(crate) struct GraphBuilder {
    graph: GraphProto,
    states: Vec<GraphState>,
    scope: String,
}

/// What a graph carries from one call to the next, for one stream; all zeros at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphState {
    /// Name of the input that takes it.
    pub name_in: String,
    /// Name of the output that gives it back.
    pub name_out: String,
    /// Lengths of its axes, without the batch, which comes first.
    pub shape: Vec<usize>,
}

impl GraphBuilder {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            graph: GraphProto { name: name.into(), ..Default::default() },
            states: Vec::new(),
            scope: String::new(),
        }
    }

    /// From now on the names of constants begin with this, so that networks with layers of the same name can share a
    /// graph.
    pub(crate) fn scope(&mut self, scope: &str) {
        scope.clone_into(&mut self.scope);
    }

    /// Adds an operation with one output and returns the output's name.
    pub(crate) fn node(&mut self, operator: &str, inputs: &[&str], attributes: &[Attribute]) -> String {
        let output = format!("{}_{}", operator.to_lowercase(), self.graph.node.len());
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![output.clone()],
            name: output.clone(),
            op_type: operator.into(),
            attribute: attributes.iter().map(|attribute| attribute.0.clone()).collect(),
        });
        output
    }

    /// Adds a forward LSTM and returns the names of its output, last hidden state and last cell.
    pub(crate) fn lstm(&mut self, inputs: &[&str], hidden: usize) -> [String; 3] {
        let attributes =
            [Attribute::text("direction", "forward"), Attribute::int("hidden_size", hidden as i64)];
        let output = self.node("LSTM", inputs, &attributes);
        let others = ["hidden", "cell"].map(|part| format!("{output}_{part}"));
        if let Some(node) = self.graph.node.last_mut() {
            node.output.extend(others.iter().cloned());
        }
        let [hidden, cell] = others;
        [output, hidden, cell]
    }

    /// Adds a constant array and returns its name; the same name again gives the one already there.
    pub(crate) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, shape, (FLOAT, raw_data))
    }

    /// Adds a constant row of integers and returns its name; the same name again gives the one already there.
    pub(crate) fn ints(&mut self, name: &str, values: &[i64]) -> String {
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, &[values.len()], (INT64, raw_data))
    }

    /// Adds a single integer and returns its name; the same name again gives the one already there.
    pub(crate) fn int(&mut self, name: &str, value: i64) -> String {
        self.constant(name, &[], (INT64, value.to_le_bytes().to_vec()))
    }

    /// Adds the parameter `name` as it is.
    pub(crate) fn parameter(&mut self, parameters: &Parameters, name: &str) -> String {
        let parameter = parameters.get(name);
        self.floats(name, &parameter.shape, &parameter.values)
    }

    /// Adds a state and returns the name of the input that takes it.
    pub(crate) fn state(&mut self, name: &str, shape: &[usize]) -> String {
        let (name_in, name_out) = (format!("{name}.before"), format!("{name}.after"));
        self.states.push(GraphState { name_in: name_in.clone(), name_out, shape: shape.to_vec() });
        name_in
    }

    /// Says which value a state becomes.
    pub(crate) fn carry(&mut self, name: &str, value: &str) {
        self.rename_output(value, &format!("{name}.after"));
    }

    /// The last `count` entries along `axis`.
    pub(crate) fn last(&mut self, value: &str, axis: i64, count: usize) -> String {
        let start = self.ints(&format!("last_{count}"), &[-(count as i64)]);
        let end = self.ints("end", &[i64::MAX]);
        let axis = self.ints(&format!("axis_{axis}"), &[axis]);
        self.node("Slice", &[value, &start, &end, &axis], &[])
    }

    /// The states so far.
    pub(crate) fn states(&self) -> &[GraphState] {
        &self.states
    }

    /// Gives a value its public name.
    pub(crate) fn rename_output(&mut self, value: &str, name: &str) {
        let values =
            self.graph.node.iter_mut().flat_map(|node| node.output.iter_mut().chain(&mut node.input));
        values.filter(|own| *own == value).for_each(|own| name.clone_into(own));
    }

    /// Encodes the model with its input and its output, both f32, and with its states.
    pub(crate) fn finish(mut self, input: (&str, &[Axis]), output: (&str, &[Axis])) -> Vec<u8> {
        self.graph.input = vec![value_info(input)];
        self.graph.output = vec![value_info(output)];
        for state in &self.states {
            let mut axes = vec![Axis::Named("batch")];
            axes.extend(state.shape.iter().map(|&length| Axis::Fixed(length)));
            self.graph.input.push(value_info((&state.name_in, &axes)));
            self.graph.output.push(value_info((&state.name_out, &axes)));
        }
        let model = ModelProto {
            ir_version: IR_VERSION,
            producer_name: "undertone-trainer".into(),
            graph: Some(self.graph),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        };
        model.encode_to_vec()
    }

    fn constant(&mut self, name: &str, shape: &[usize], (data_type, raw_data): (i32, Vec<u8>)) -> String {
        let name = format!("{}{name}", self.scope);
        if self.graph.initializer.iter().all(|known| known.name != name) {
            let dims = shape.iter().map(|&length| length as i64).collect();
            self.graph.initializer.push(TensorProto { dims, data_type, name: name.clone(), raw_data });
        }
        name
    }
}

fn value_info((name, axes): (&str, &[Axis])) -> ValueInfoProto {
    let dimension = |axis: &Axis| {
        let value = match *axis {
            Axis::Fixed(length) => DimensionValue::Length(length as i64),
            Axis::Named(name) => DimensionValue::Name(name.into()),
        };
        Dimension { value: Some(value) }
    };
    let shape = TensorShapeProto { dim: axes.iter().map(dimension).collect() };
    let tensor = TensorTypeProto { elem_type: FLOAT, shape: Some(shape) };
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { value: Some(TypeValue::Tensor(tensor)) }) }
}
