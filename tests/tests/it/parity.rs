//! The graph that the server runs gives what the trainer's network gives.

use std::path::Path;
use undertone_audio::AudioLimits;
use undertone_bundle::Bundle;
use undertone_core::{Advance, Frames, FramesView, Model};
use undertone_features::{FeatureExtractor, Recipe};
use undertone_plugin_host::{HostConfig, PluginHost};
use undertone_tests::{real_clip, stage};
use undertone_trainer::{
    Architecture, Body, CnnShape, Context, Ensemble, Interface, LstmShape, MIN_FRAMES, Network,
    Normalisation, Random, Role, Untrained,
};

const INTERFACE: Interface = Interface { dim: 64, labels: 8 };

fn host() -> PluginHost {
    let stage = stage().unwrap();
    PluginHost::new(HostConfig {
        plugins_dir: stage.join("plugins"),
        models_dir: stage.join("models"),
        onnxruntime: None,
    })
}

fn real_frames() -> Frames {
    let clip = undertone_audio::read_all(&std::fs::read(real_clip()).unwrap(), None, AudioLimits::default())
        .unwrap();
    let mut extractor = FeatureExtractor::new(&Recipe::named("logmel64").unwrap()).unwrap();
    let mut frames = Frames::new(extractor.layout().dim);
    extractor.push(&clip, &mut frames);
    extractor.finish(&mut frames);
    frames
}

fn write_bundle(dir: &Path, networks: &Ensemble, causal: Option<&Network>) {
    let features = &Recipe::named("logmel64").unwrap();
    let (name, version) = ("parity", "1.0.0");
    Untrained { name, version, features, whole: networks, stream: causal }.write(dir).unwrap();
}

/// Moves biases and statistics away from where they start: with all biases zero, layer normalisation would blow the
/// rounding errors of silent frames up.
fn unsettle(network: &mut Network) {
    let mut random = Random::new(7, 1);
    for (name, parameter) in network.parameters_mut().iter_mut().filter(|own| own.1.role != Role::Matrix) {
        let about = if name.ends_with("variance") { 1.0 } else { 0.0 };
        parameter.values.fill_with(|| about + random.between(-0.3, 0.3));
    }
}

fn network(architecture: Architecture, seed: u64) -> Network {
    let mut network = Network::new(architecture, INTERFACE, seed);
    unsettle(&mut network);
    let mean: Vec<f32> = (0..64).map(|bin| -12.0 + bin as f32 / 16.0).collect();
    let deviation: Vec<f32> = (0..64).map(|bin| 1.0 + bin as f32 / 32.0).collect();
    network.set_input_scale(&mean, &deviation);
    network
}

/// A bundle whose graphs were never trained, one of them with state.
pub(crate) fn write_stateful_bundle(dir: &Path) {
    let normalisation = Normalisation::Running { prior_frames: 50.0 };
    let body = Body::Cnn(CnnShape::default());
    let of = |context| network(Architecture { context, normalisation, body: body.clone() }, 7);
    write_bundle(dir, &of(Context::Full).into(), Some(&of(Context::Causal)));
}

/// Networks of every kind with random weights and an input scale unlike 0 and 1, alone and two together.
fn ensembles() -> Vec<Ensemble> {
    let bodies = [Body::Cnn(CnnShape::default()), Body::Lstm(LstmShape::default())];
    let normalisations = [Normalisation::Utterance, Normalisation::Running { prior_frames: 50.0 }];
    let mut ensembles = Vec::new();
    for body in bodies {
        for normalisation in normalisations {
            for context in [Context::Full, Context::Causal] {
                let architecture = Architecture { context, normalisation, body: body.clone() };
                let members = [7, 8].map(|seed| network(architecture.clone(), seed));
                ensembles.push(members[0].clone().into());
                ensembles.push(Ensemble::new(members.to_vec()));
            }
        }
    }
    ensembles
}

#[test]
fn onnx_runtime_gives_the_logits_of_the_trainers_network() {
    let host = host();
    let frames = real_frames();
    for networks in ensembles() {
        let folder = tempfile::TempDir::new().unwrap();
        let dir = folder.path().join("parity/1.0.0");
        write_bundle(&dir, &networks, None);
        let model = host.load_model(&dir).unwrap();
        let lengths = [MIN_FRAMES, 17, 40, 99, 150, frames.len()];
        let batch: Vec<FramesView<'_>> = lengths.iter().map(|&length| frames.view(0..length)).collect();
        let expected = networks.logits(&batch).unwrap();
        let mut scored = Vec::new();
        model.new_classifier().unwrap().classify(&batch, &mut scored).unwrap();
        for ((expected, scored), length) in expected.iter().zip(scored).zip(lengths) {
            let scored = scored.unwrap();
            assert_eq!(scored.len(), expected.len());
            for (a, b) in expected.iter().zip(&scored) {
                assert!(
                    (a - b).abs() <= 1e-4,
                    "{:?}, {length} frames: {expected:?} {scored:?}",
                    networks.members()[0].architecture()
                );
            }
        }
    }
}

#[test]
fn a_bundle_with_weights_in_8_bits_is_small_and_gives_nearly_the_same_logits() {
    let host = host();
    let frames = real_frames();
    for body in [Body::Cnn(CnnShape::default()), Body::Lstm(LstmShape::default())] {
        let normalisation = Normalisation::Running { prior_frames: 50.0 };
        let network = network(Architecture { context: Context::Full, normalisation, body }, 7);
        let folder = tempfile::TempDir::new().unwrap();
        let [dir, rounded] = ["parity/1.0.0", "parity/1.0.0-int8"].map(|dir| folder.path().join(dir));
        let networks = Ensemble::from(network);
        write_bundle(&dir, &networks, None);
        undertone_trainer::quantize(&Bundle::open(&dir).unwrap(), &rounded).unwrap();
        let bytes = |dir: &Path| std::fs::metadata(dir.join("whole.onnx")).unwrap().len();
        assert!(3 * bytes(&rounded) < bytes(&dir), "{} and {} bytes", bytes(&rounded), bytes(&dir));
        let logits = [&dir, &rounded].map(|dir| {
            let mut scored = Vec::new();
            let model = host.load_model(dir).unwrap();
            model.new_classifier().unwrap().classify(&[frames.view(0..frames.len())], &mut scored).unwrap();
            scored.remove(0).unwrap()
        });
        let largest = logits[0].iter().fold(0.0_f32, |largest, logit| largest.max(logit.abs()));
        for (exact, rounded) in logits[0].iter().zip(&logits[1]) {
            assert!((exact - rounded).abs() < 0.05 * largest, "{logits:?}");
        }
        assert_ne!(logits[0], logits[1]);
        let whole = frames.view(0..frames.len());
        let expected = networks.in_8_bits().logits(&[whole]).unwrap().remove(0);
        for (expected, rounded) in expected.iter().zip(&logits[1]) {
            assert!((expected - rounded).abs() <= 1e-4, "{expected} {rounded}");
        }
    }
}

/// How many steps go in at once, in turn, for each of three streams.
const CUTS: [&[usize]; 3] = [&[1], &[2, 1, 5], &[3]];

#[test]
fn a_stateful_graph_gives_what_the_trainers_network_gives_for_all_frames_so_far() {
    let host = host();
    let frames = real_frames();
    for body in [Body::Cnn(CnnShape::default()), Body::Lstm(LstmShape::default())] {
        let normalisation = Normalisation::Running { prior_frames: 50.0 };
        let network = network(Architecture { context: Context::Causal, normalisation, body }, 7);
        let folder = tempfile::TempDir::new().unwrap();
        let dir = folder.path().join("parity/1.0.0");
        let causal = Ensemble::from(network.clone());
        write_bundle(&dir, &causal, Some(&network));
        let model = host.load_model(&dir).unwrap();
        let streaming = model.streaming().unwrap();
        let step = streaming.step_frames;
        assert_eq!(step, network.frames_per_step());
        let mut classifier = model.new_stream_classifier().unwrap();
        let mut states = CUTS.map(|_| vec![0.0; streaming.state_values]);
        let mut heard = CUTS.map(|_| 0);
        for turn in 0..12 {
            let pieces = CUTS.map(|cuts| cuts[turn % cuts.len()] * step);
            let mut batch: Vec<Advance<'_>> = (states.iter_mut().zip(heard).zip(pieces))
                .map(|((state, start), piece)| Advance { frames: frames.view(start..start + piece), state })
                .collect();
            let mut scored = Vec::new();
            classifier.advance(&mut batch, &mut scored).unwrap();
            for ((heard, piece), scored) in heard.iter_mut().zip(pieces).zip(scored) {
                *heard += piece;
                if *heard < MIN_FRAMES {
                    continue;
                }
                let (expected, scored) =
                    (&causal.logits(&[frames.view(0..*heard)]).unwrap()[0], scored.unwrap());
                for (a, b) in expected.iter().zip(&scored) {
                    assert!((a - b).abs() <= 1e-4, "{heard} frames: {expected:?} {scored:?}");
                }
            }
        }
    }
}

#[test]
fn a_batch_gives_what_its_items_give_alone() {
    let host = host();
    let frames = real_frames();
    for model in host.load_all().models {
        let mut classifier = model.new_classifier().unwrap();
        let batch: Vec<FramesView<'_>> = (1..6).map(|part| frames.view(0..part * 30)).collect();
        let mut together = Vec::new();
        classifier.classify(&batch, &mut together).unwrap();
        for (item, together) in batch.iter().zip(together) {
            let mut alone = Vec::new();
            classifier.classify(&[*item], &mut alone).unwrap();
            assert_eq!(alone.pop().unwrap().unwrap(), together.unwrap(), "{}", model.reference());
        }
    }
}

#[test]
fn the_plugins_frames_are_those_of_the_features_crate() {
    let model = host().load_all().models.into_iter().next().expect("a shipped model");
    let clip = undertone_audio::read_all(&std::fs::read(real_clip()).unwrap(), None, AudioLimits::default())
        .unwrap();
    let mut extractor = model.new_extractor().unwrap();
    let mut frames = Frames::new(extractor.layout().dim);
    for piece in clip.chunks(777) {
        extractor.push(piece, &mut frames).unwrap();
    }
    extractor.finish(&mut frames).unwrap();
    assert_eq!(frames, real_frames());
}
