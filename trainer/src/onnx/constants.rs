//! The numbers that a graph holds.

use super::messages::{GraphProto, ModelProto};
use super::quantization::{DEQUANTIZE, multiplied_out};
use std::collections::BTreeMap;

const FLOAT: i32 = 1;

/// A graph's float constants by name, those with 8 bits as the graph multiplies them out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Constants {
    by_name: BTreeMap<String, Vec<f32>>,
    scope: String,
}

impl Constants {
    /// Reads the constants of `model`.
    pub(crate) fn of(model: &ModelProto) -> Self {
        let by_name = model.graph.as_ref().map(read).unwrap_or_default();
        Self { by_name, scope: String::new() }
    }

    /// Those whose names begin with `scope`, without it.
    pub(crate) fn scoped(&self, scope: &str) -> Self {
        Self { by_name: self.by_name.clone(), scope: scope.to_owned() }
    }

    /// The constant `name`.
    ///
    /// # Panics
    /// When the graph has none of that name.
    pub(crate) fn get(&self, name: &str) -> &[f32] {
        let name = format!("{}{name}", self.scope);
        self.by_name.get(&name).unwrap_or_else(|| panic!("the graph has no constant `{name}`"))
    }
}

fn read(graph: &GraphProto) -> BTreeMap<String, Vec<f32>> {
    let floats = graph.initializer.iter().filter(|tensor| tensor.data_type == FLOAT);
    let mut by_name: BTreeMap<String, Vec<f32>> =
        floats.map(|tensor| (tensor.name.clone(), tensor.floats())).collect();
    for node in graph.node.iter().filter(|node| node.op_type == DEQUANTIZE) {
        if let (Some(values), [output]) = (multiplied_out(node, graph), node.output.as_slice()) {
            by_name.insert(output.clone(), values);
        }
    }
    by_name
}
