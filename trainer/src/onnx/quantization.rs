//! Weights in 8 bits.

use super::messages::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};

const FLOAT: i32 = 1;
const INT8: i32 = 3;
/// Smaller arrays stay as they are: they cost little and may matter much.
const FEWEST_VALUES: usize = 1024;
const LARGEST: f32 = 127.0;
/// The operation that gives floats back.
pub(super) const DEQUANTIZE: &str = "DequantizeLinear";

impl ModelProto {
    /// Rounds every large weight to 8 bits, symmetrically about zero, with one step size per output channel; the
    /// graph multiplies them out again (`DequantizeLinear`) and computes with floats, as before.
    pub fn quantize_weights(&mut self) {
        let Some(graph) = &mut self.graph else { return };
        let mut nodes = Vec::new();
        for tensor in std::mem::take(&mut graph.initializer) {
            match output_axis(&tensor) {
                Some(axis) => quantize(&tensor, axis, graph, &mut nodes),
                None => graph.initializer.push(tensor),
            }
        }
        nodes.append(&mut graph.node);
        graph.node = nodes;
    }
}

impl TensorProto {
    /// The values of an array of floats.
    pub(super) fn floats(&self) -> Vec<f32> {
        self.raw_data.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }
}

/// The axis over which a large weight's output channels lie: the first of a convolution's kernel, the second of a
/// matrix, and of an LSTM's weights, whose first axis is the direction.
fn output_axis(tensor: &TensorProto) -> Option<usize> {
    let large = tensor.data_type == FLOAT && tensor.raw_data.len() / size_of::<f32>() >= FEWEST_VALUES;
    match tensor.dims.len() {
        4 if large => Some(0),
        2 | 3 if large => Some(1),
        _ => None,
    }
}

fn quantize(tensor: &TensorProto, axis: usize, graph: &mut GraphProto, nodes: &mut Vec<NodeProto>) {
    let values = tensor.floats();
    let channels = tensor.dims[axis] as usize;
    let channel = channel_of(tensor, axis);
    let mut steps = vec![f32::MIN_POSITIVE; channels];
    for (index, value) in values.iter().enumerate() {
        let step = &mut steps[channel(index)];
        *step = step.max(value.abs() / LARGEST);
    }
    let rounded = values
        .iter()
        .enumerate()
        .map(|(index, value)| (value / steps[channel(index)]).round().clamp(-LARGEST, LARGEST) as i8 as u8);
    let [whole, step] = ["rounded", "step"].map(|part| format!("{}.{part}", tensor.name));
    graph.initializer.push(TensorProto {
        dims: tensor.dims.clone(),
        data_type: INT8,
        name: whole.clone(),
        raw_data: rounded.collect(),
    });
    graph.initializer.push(TensorProto {
        dims: vec![channels as i64],
        data_type: FLOAT,
        name: step.clone(),
        raw_data: steps.iter().flat_map(|step| step.to_le_bytes()).collect(),
    });
    nodes.push(NodeProto {
        input: vec![whole, step],
        output: vec![tensor.name.clone()],
        name: format!("{}.dequantized", tensor.name),
        op_type: DEQUANTIZE.into(),
        attribute: vec![AttributeProto {
            name: "axis".into(),
            i: axis as i64,
            r#type: 2,
            ..Default::default()
        }],
    });
}

/// The floats that a node of [`quantize`] gives; `None` for another node.
pub(super) fn multiplied_out(node: &NodeProto, graph: &GraphProto) -> Option<Vec<f32>> {
    let [whole, step] = node.input.as_slice() else { return None };
    let constant = |name: &str| graph.initializer.iter().find(|tensor| tensor.name == name);
    let (whole, steps) = (constant(whole)?, constant(step)?.floats());
    let axis = node.attribute.first().and_then(|attribute| usize::try_from(attribute.i).ok())?;
    let channel = channel_of(whole, axis);
    let value = |(index, byte): (usize, &u8)| f32::from(*byte as i8) * steps[channel(index)];
    Some(whole.raw_data.iter().enumerate().map(value).collect())
}

/// Says to which of the channels along `axis` the value at an index belongs.
fn channel_of(tensor: &TensorProto, axis: usize) -> impl Fn(usize) -> usize + use<> {
    let length = |dimensions: &[i64]| dimensions.iter().map(|&length| length as usize).product::<usize>();
    let (channels, behind) = (tensor.dims[axis] as usize, length(&tensor.dims[axis + 1..]));
    move |index| index / behind % channels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        TensorProto { dims: dims.to_vec(), data_type: FLOAT, name: name.into(), raw_data }
    }

    #[test]
    fn large_weights_are_rounded_to_half_a_step_of_their_channel_and_small_ones_stay() {
        // Two output channels of different size along the second axis.
        let values: Vec<f32> =
            (0..2048).map(|n| (n as f32).sin() * if n % 2 == 0 { 1.0 } else { 0.01 }).collect();
        let small = tensor("bias", &[2], &[0.5, -0.5]);
        let graph = GraphProto {
            initializer: vec![tensor("weight", &[1024, 2], &values), small.clone()],
            ..Default::default()
        };
        let mut model = ModelProto { graph: Some(graph), ..Default::default() };
        model.quantize_weights();
        let graph = model.graph.expect("it is still there");
        assert_eq!(graph.node[0].output, ["weight"]);
        assert_eq!(graph.node[0].input, ["weight.rounded", "weight.step"]);
        let constant =
            |name: &str| graph.initializer.iter().find(|own| own.name == name).expect("a constant");
        assert_eq!(constant("bias"), &small);
        let rounded = &constant("weight.rounded").raw_data;
        assert_eq!(rounded.len(), values.len());
        let steps = constant("weight.step").floats();
        for (index, (value, rounded)) in values.iter().zip(rounded).enumerate() {
            let step = steps[index % 2];
            assert!((value - f32::from(*rounded as i8) * step).abs() <= 0.5001 * step, "value {index}");
        }
        assert!((steps[0] / steps[1] - 100.0).abs() < 1.0, "{steps:?}");
        let back = multiplied_out(&graph.node[0], &graph).expect("it gives floats back");
        assert!(back.iter().zip(&values).all(|(back, value)| (back - value).abs() <= 0.5001 * steps[0]));
    }
}
