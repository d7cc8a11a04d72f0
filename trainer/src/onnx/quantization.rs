//! Weights in 8 bits.

use super::messages::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};

const FLOAT: i32 = 1;
const INT8: i32 = 3;
/// Smaller arrays stay as they are: they cost little and may matter much.
const FEWEST_VALUES: usize = 1024;
const LARGEST: f32 = 127.0;

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
    let values: Vec<f32> =
        tensor.raw_data.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let channels = tensor.dims[axis] as usize;
    let behind: usize = tensor.dims[axis + 1..].iter().map(|&length| length as usize).product();
    let channel = |index: usize| index / behind % channels;
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
        op_type: "DequantizeLinear".into(),
        attribute: vec![AttributeProto {
            name: "axis".into(),
            i: axis as i64,
            r#type: 2,
            ..Default::default()
        }],
    });
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
        let steps: Vec<f32> = constant("weight.step")
            .raw_data
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect();
        for (index, (value, rounded)) in values.iter().zip(rounded).enumerate() {
            let step = steps[index % 2];
            assert!((value - f32::from(*rounded as i8) * step).abs() <= 0.5001 * step, "value {index}");
        }
        assert!((steps[0] / steps[1] - 100.0).abs() < 1.0, "{steps:?}");
    }
}
