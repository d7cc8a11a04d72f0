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
}

impl GraphBuilder {
    pub(crate) fn new(name: &str) -> Self {
        Self { graph: GraphProto { name: name.into(), ..Default::default() } }
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

    /// Adds the parameter `name` as it is.
    pub(crate) fn parameter(&mut self, parameters: &Parameters, name: &str) -> String {
        let parameter = parameters.get(name);
        self.floats(name, &parameter.shape, &parameter.values)
    }

    /// Gives the last value its public name.
    pub(crate) fn rename_output(&mut self, value: &str, name: &str) {
        for output in self.graph.node.iter_mut().flat_map(|node| &mut node.output) {
            if output == value {
                name.clone_into(output);
            }
        }
    }

    /// Encodes the model with its one input and its one output, both f32.
    pub(crate) fn finish(mut self, input: (&str, &[Axis]), output: (&str, &[Axis])) -> Vec<u8> {
        self.graph.input = vec![value_info(input)];
        self.graph.output = vec![value_info(output)];
        let model = ModelProto {
            ir_version: IR_VERSION,
            producer_name: "undertone-train".into(),
            graph: Some(self.graph),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        };
        model.encode_to_vec()
    }

    fn constant(&mut self, name: &str, shape: &[usize], (data_type, raw_data): (i32, Vec<u8>)) -> String {
        if self.graph.initializer.iter().all(|known| known.name != name) {
            let dims = shape.iter().map(|&length| length as i64).collect();
            self.graph.initializer.push(TensorProto { dims, data_type, name: name.into(), raw_data });
        }
        name.to_owned()
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
