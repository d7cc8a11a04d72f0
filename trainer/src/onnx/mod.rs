//! Writes ONNX models.

mod constants;
mod graph;
mod messages;
mod quantization;

pub(crate) use constants::Constants;
pub use graph::GraphState;
pub(crate) use graph::{Attribute, Axis, GraphBuilder};
pub use messages::{
    AttributeProto, Dimension, DimensionValue, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, TypeValue, ValueInfoProto,
};
