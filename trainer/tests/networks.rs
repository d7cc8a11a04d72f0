//! What holds for both networks: padding, seeds, the ONNX graph.

use prost::Message;
use std::collections::BTreeSet;
use undertone_core::FramesView;
use undertone_trainer::onnx::{Dimension, DimensionValue, GraphProto, ModelProto, TypeValue, ValueInfoProto};
use undertone_trainer::{
    Architecture, Body, CnnShape, Context, Ensemble, Interface, LstmShape, MIN_FRAMES, Network,
    Normalisation, Random,
};

const DIM: usize = 16;
const INTERFACE: Interface = Interface { dim: DIM, labels: 8 };

const RUNNING: Normalisation = Normalisation::Running { prior_frames: 20.0 };

fn bodies() -> [Body; 2] {
    [
        Body::Cnn(CnnShape { channels: [4, 4, 6, 8], attention: 8 }),
        Body::Lstm(LstmShape { channels: [4, 4, 6], projection: 12, hidden: 10, attention: 8 }),
    ]
}

/// Both bodies with full context, then both causal ones.
fn small() -> [Architecture; 4] {
    let [cnn, lstm] = bodies();
    let architecture =
        |context, body: &Body| Architecture { context, normalisation: RUNNING, body: body.clone() };
    let [full, causal] = [Context::Full, Context::Causal];
    [
        architecture(full, &cnn),
        architecture(full, &lstm),
        architecture(causal, &cnn),
        architecture(causal, &lstm),
    ]
}

/// A network whose statistics are not those it starts with.
fn network(architecture: Architecture, seed: u64) -> Network {
    let mut network = Network::new(architecture, INTERFACE, seed);
    let mut random = Random::new(seed, 1);
    for (name, parameter) in network.parameters_mut().iter_mut() {
        let about = if name.ends_with("variance") || name.ends_with("deviation") { 1.0 } else { 0.0 };
        if parameter.role != undertone_trainer::Role::Matrix {
            parameter.values.fill_with(|| about + random.between(-0.3, 0.3));
        }
    }
    network
}

fn ensemble(network: &Network) -> Ensemble {
    network.clone().into()
}

fn frames(lengths: &[usize]) -> Vec<Vec<f32>> {
    let mut random = Random::new(9, 9);
    lengths.iter().map(|length| (0..length * DIM).map(|_| random.normal() * 2.0 - 5.0).collect()).collect()
}

fn views(frames: &[Vec<f32>]) -> Vec<FramesView<'_>> {
    frames.iter().map(|values| FramesView { dim: DIM, values }).collect()
}

#[test]
fn an_ensemble_answers_with_the_mean_of_its_members_logits() {
    let frames = frames(&[40, 64]);
    for architecture in small() {
        let mut members = [3, 4].map(|seed| network(architecture.clone(), seed));
        members.iter_mut().for_each(|member| member.set_input_scale(&[-5.0; DIM], &[2.0; DIM]));
        let apart = members.each_ref().map(|member| ensemble(member).logits(&views(&frames)).expect("good"));
        let together = Ensemble::new(members.to_vec());
        assert_eq!(together.learnt(), 2 * members[0].parameters().learnt());
        for (index, mean) in together.logits(&views(&frames)).expect("good").iter().enumerate() {
            let expected =
                apart[0][index].iter().zip(&apart[1][index]).map(|(one, other)| (one + other) / 2.0);
            assert!(mean.iter().zip(expected).all(|(mean, expected)| (mean - expected).abs() < 1e-5));
        }
    }
}

#[test]
fn a_batch_gives_what_its_utterances_give_alone() {
    let frames = frames(&[61, MIN_FRAMES, 40, 17, 33, 18, 19]);
    for architecture in small() {
        let network = network(architecture, 3);
        let together = ensemble(&network).logits(&views(&frames)).expect("good utterances");
        for (view, together) in views(&frames).into_iter().zip(together) {
            let alone = ensemble(&network).logits(&[view]).expect("a good utterance");
            for (alone, together) in alone[0].iter().zip(&together) {
                assert!((alone - together).abs() < 1e-4, "{alone} and {together} for {} frames", view.len());
            }
        }
    }
}

#[test]
fn frames_of_any_width_are_taken() {
    for (architecture, dim) in small().into_iter().flat_map(|kind| [1, 13, 39].map(|dim| (kind.clone(), dim)))
    {
        let network = Network::new(architecture, Interface { dim, labels: 3 }, 1);
        let values = vec![0.5; MIN_FRAMES * dim];
        let logits =
            ensemble(&network).logits(&[FramesView { dim, values: &values }]).expect("a good utterance");
        assert_eq!(logits[0].len(), 3);
    }
}

#[test]
fn loudness_does_not_change_the_logits_when_the_mean_of_the_utterance_is_taken_away() {
    let quiet = frames(&[40]);
    let loud: Vec<Vec<f32>> = vec![quiet[0].iter().map(|value| value + 3.0).collect()];
    for body in bodies() {
        let normalisation = Normalisation::Utterance;
        let network = network(Architecture { context: Context::Full, normalisation, body }, 3);
        let [quiet, loud] =
            [&quiet, &loud].map(|frames| ensemble(&network).logits(&views(frames)).expect("good")[0].clone());
        assert!(
            quiet.iter().zip(&loud).all(|(quiet, loud)| (quiet - loud).abs() < 1e-3),
            "{quiet:?} {loud:?}"
        );
    }
}

#[test]
fn one_seed_gives_one_network() {
    for architecture in small() {
        let new = |seed| Network::new(architecture.clone(), INTERFACE, seed).parameters().clone();
        assert_eq!(new(5), new(5));
        assert_ne!(new(5), new(6));
    }
}

#[test]
fn the_default_networks_have_the_widths_of_the_recipe() {
    let interface = Interface { dim: 64, labels: 8 };
    let learnt = |context, body| {
        let architecture = Architecture { context, normalisation: RUNNING, body };
        Network::new(architecture, interface, 1).parameters().learnt()
    };
    let (cnn, lstm) = (Body::Cnn(CnnShape::default()), Body::Lstm(LstmShape::default()));
    assert_eq!(learnt(Context::Full, cnn.clone()), 188_009);
    assert_eq!(learnt(Context::Causal, cnn), 188_009);
    assert_eq!(learnt(Context::Full, lstm.clone()), 770_729);
    assert_eq!(learnt(Context::Causal, lstm), 365_737);
}

#[test]
fn utterances_that_do_not_fit_are_refused() {
    let [architecture, ..] = small();
    let network = network(architecture, 3);
    let short = frames(&[MIN_FRAMES - 1]);
    assert!(ensemble(&network).logits(&views(&short)).is_err());
    assert!(ensemble(&network).logits(&[FramesView { dim: DIM / 2, values: &short[0] }]).is_err());
    assert!(ensemble(&network).logits(&[]).expect("nothing to score").is_empty());
}

#[test]
fn the_graph_is_of_opset_17_and_takes_any_batch_and_any_time() {
    for architecture in small() {
        let model = decoded(&network(architecture, 3));
        assert_eq!((model.ir_version, model.opset_import[0].version), (8, 17));
        let graph = model.graph.expect("a graph");
        assert_eq!(named(&graph.input[0]), ("frames", vec!["batch".into(), "time".into(), DIM.to_string()]));
        assert_eq!(named(&graph.output[0]), ("logits", vec!["batch".into(), "8".into()]));
    }
}

#[test]
fn every_value_of_the_graph_is_made_before_it_is_used_and_every_constant_is_used() {
    for architecture in small() {
        let graph = decoded(&network(architecture, 3)).graph.expect("a graph");
        let constants: BTreeSet<&str> =
            graph.initializer.iter().map(|constant| constant.name.as_str()).collect();
        assert_eq!(constants.len(), graph.initializer.len(), "a constant stands twice");
        let mut known = constants.clone();
        known.insert("frames");
        for node in &graph.node {
            assert!(node.input.iter().all(|input| known.contains(input.as_str())), "{}", node.name);
            assert!(node.output.iter().all(|output| known.insert(output)), "{} is made twice", node.name);
        }
        let used: BTreeSet<&str> =
            graph.node.iter().flat_map(|node| &node.input).map(String::as_str).collect();
        assert!(constants.is_subset(&used) && known.contains("logits"));
    }
}

#[test]
fn constants_hold_as_many_values_as_their_shape_says() {
    for architecture in small() {
        let graph = decoded(&network(architecture, 3)).graph.expect("a graph");
        for constant in &graph.initializer {
            let count: i64 = constant.dims.iter().product();
            let bytes = if constant.data_type == 7 { 8 } else { 4 };
            assert_eq!(constant.raw_data.len() as i64, count * bytes, "{}", constant.name);
        }
    }
}

#[test]
fn normalisation_over_batches_is_folded_away() {
    for architecture in small() {
        let graph = decoded(&network(architecture, 3)).graph.expect("a graph");
        assert!(operators(&graph).iter().all(|operator| *operator != "BatchNormalization"));
    }
}

#[test]
fn the_recurrent_graph_has_weights_in_the_order_of_the_standard() {
    let [_, architecture, ..] = small();
    let network = network(architecture, 3);
    let graph = decoded(&network).graph.expect("a graph");
    let constant =
        |name: &str| graph.initializer.iter().find(|constant| constant.name == name).expect("there");
    let node = graph.node.iter().find(|node| node.op_type == "LSTM").expect("an LSTM");
    assert_eq!(&node.input[1..], ["lstm1.input", "lstm1.state", "lstm1.bias"]);
    let shapes = ["lstm1.input", "lstm1.state", "lstm1.bias"].map(|name| constant(name).dims.clone());
    assert_eq!(shapes, [vec![2, 40, 12], vec![2, 40, 10], vec![2, 80]]);
    let bias = &network.parameters().get("lstm1.bias").values;
    let of_input: Vec<u8> = bias[..40].iter().flat_map(|value| value.to_le_bytes()).collect();
    let written = &constant("lstm1.bias").raw_data;
    assert_eq!(written[..160], of_input);
    assert!(written[160..320].iter().all(|byte| *byte == 0), "the bias of the state is zero");
}

fn decoded(network: &Network) -> ModelProto {
    ModelProto::decode(ensemble(network).to_onnx().as_slice()).expect("our own encoding")
}

fn operators(graph: &GraphProto) -> Vec<&str> {
    graph.node.iter().map(|node| node.op_type.as_str()).collect()
}

fn named(value: &ValueInfoProto) -> (&str, Vec<String>) {
    let Some(TypeValue::Tensor(tensor)) = value.r#type.as_ref().and_then(|kind| kind.value.as_ref()) else {
        panic!("{} is no tensor", value.name)
    };
    let axis = |dimension: &Dimension| match &dimension.value {
        Some(DimensionValue::Length(length)) => length.to_string(),
        Some(DimensionValue::Name(name)) => name.clone(),
        None => panic!("an axis has neither name nor length"),
    };
    (&value.name, tensor.shape.as_ref().expect("a shape").dim.iter().map(axis).collect())
}

#[test]
fn a_network_in_8_bits_is_the_one_whose_graph_is_rounded() {
    let wide = [
        Body::Cnn(CnnShape { channels: [8, 8, 16, 24], attention: 32 }),
        Body::Lstm(LstmShape { channels: [8, 8, 16], projection: 32, hidden: 128, attention: 16 }),
    ];
    let frames = frames(&[40, 64]);
    for (body, context) in
        wide.iter().flat_map(|body| [Context::Full, Context::Causal].map(|own| (body, own)))
    {
        let architecture = Architecture { context, normalisation: RUNNING, body: body.clone() };
        let mut members = [3, 4].map(|seed| network(architecture.clone(), seed));
        members.iter_mut().for_each(|member| member.set_input_scale(&[-5.0; DIM], &[2.0; DIM]));
        for floats in [members[0].clone().into(), Ensemble::new(members.to_vec())] {
            let rounded = floats.in_8_bits();
            let [expected, found] =
                [&floats, &rounded].map(|own| own.logits(&views(&frames)).expect("good").concat());
            let largest = expected.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(largest > 1e-6 && largest < 0.1, "{context:?} {body:?}: {largest}");
            // What was rounded already stays as it is.
            let again = rounded.in_8_bits().logits(&views(&frames)).expect("good").concat();
            assert!(found.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-6), "{context:?} {body:?}");
        }
    }
}
