//! The same bundles on ONNX Runtime and on tract give the same logits for real speech.

use std::path::PathBuf;
use std::sync::Arc;
use undertone_audio::AudioLimits;
use undertone_core::{Advance, Frames, FramesView, Model};
use undertone_features::{FeatureExtractor, Recipe};
use undertone_plugin_host::{HostConfig, LoadedModel, PluginHost};
use undertone_proto::v1;
use undertone_tests::{TestServer, crowd, real_clip, repository, shipped_clip, stage};

const TOLERANCE: f32 = 1e-4;
/// Steps that go in at once, in turn, for each of five streams: their batches differ in size and length.
const CUTS: [&[usize]; 5] = [&[1], &[2, 1, 5], &[3], &[1, 1, 4], &[1]];

fn host(engine: &str) -> PluginHost {
    let stage = stage().unwrap();
    let host = PluginHost::new(HostConfig {
        plugins_dir: stage.join("plugins"),
        models_dir: stage.join("models"),
        onnxruntime: None,
    });
    host.with_substitutes([("onnx".to_owned(), engine.to_owned())].into())
}

/// The shipped bundles, those with weights in 8 bits and those of the experiment's demo, on both engines.
fn models() -> Vec<[Arc<LoadedModel>; 2]> {
    let models = repository().join("models");
    let folders = [models.join("cnn"), models.join("lstm"), models, crowd::unseen_models()];
    let dirs: Vec<PathBuf> =
        folders.iter().flat_map(|folder| undertone_bundle::discover(folder).unwrap()).collect();
    let hosts = ["onnx", "tract"].map(host);
    let load = |dir: &PathBuf| {
        let models = hosts.each_ref().map(|host| host.load_model(dir).unwrap());
        assert_eq!(models.each_ref().map(|model| model.classifier_plugin()), ["onnx", "tract"]);
        models
    };
    dirs.iter().map(load).collect()
}

/// Frames of a real clip, and of the one that comes with the repository.
fn clips() -> [Frames; 2] {
    [real_clip(), shipped_clip()].map(|path| {
        let clip = std::fs::read(path).unwrap();
        let clip = undertone_audio::read_all(&clip, None, AudioLimits::default()).unwrap();
        let mut extractor = FeatureExtractor::new(&Recipe::named("logmel64").unwrap()).unwrap();
        let mut frames = Frames::new(extractor.layout().dim);
        extractor.push(&clip, &mut frames);
        extractor.finish(&mut frames);
        frames
    })
}

fn assert_close(model: &LoadedModel, what: &str, logits: [&[f32]; 2]) {
    let [onnx, tract] = logits;
    assert_eq!(onnx.len(), tract.len());
    for (a, b) in onnx.iter().zip(tract) {
        assert!((a - b).abs() <= TOLERANCE, "{} {what}: {onnx:?} {tract:?}", model.reference());
    }
}

#[test]
fn whole_utterances_get_the_same_logits_on_both_engines() {
    let clips = clips();
    let batch: Vec<FramesView<'_>> = clips
        .iter()
        .flat_map(|frames| [16, 17, 40, 99, frames.len()].map(|length| frames.view(0..length)))
        .collect();
    for models in models() {
        let [onnx, tract] = models.each_ref().map(|model| {
            let mut logits = Vec::new();
            model.new_classifier().unwrap().classify(&batch, &mut logits).unwrap();
            logits.into_iter().map(Result::unwrap).collect::<Vec<_>>()
        });
        for (index, (onnx, tract)) in onnx.iter().zip(&tract).enumerate() {
            assert_close(&models[0], &format!("item {index}"), [onnx, tract]);
        }
    }
}

#[test]
fn streams_go_on_alike_on_both_engines() {
    let clips = clips();
    let mut compared = 0;
    for models in models() {
        let Some(streaming) = models[0].streaming() else { continue };
        assert_eq!(models[1].streaming(), Some(streaming));
        let [onnx, tract] = models.each_ref().map(|model| {
            let mut classifier = model.new_stream_classifier().unwrap();
            let mut states = CUTS.map(|_| vec![0.0; streaming.state_values]);
            let (mut heard, mut said) = (CUTS.map(|_| 0), Vec::new());
            for turn in 0..8 {
                let pieces = CUTS.map(|cuts| cuts[turn % cuts.len()] * streaming.step_frames);
                let mut batch: Vec<Advance<'_>> = (states.iter_mut().zip(heard).zip(pieces).enumerate())
                    .map(|(stream, ((state, start), piece))| Advance {
                        frames: clips[stream % 2].view(start..start + piece),
                        state,
                    })
                    .collect();
                classifier.advance(&mut batch, &mut said).unwrap();
                heard.iter_mut().zip(pieces).for_each(|(heard, piece)| *heard += piece);
            }
            said.into_iter().map(Result::unwrap).collect::<Vec<_>>()
        });
        for (index, (onnx, tract)) in onnx.iter().zip(&tract).enumerate() {
            assert_close(&models[0], &format!("answer {index}"), [onnx, tract]);
        }
        compared += onnx.len();
    }
    assert!(compared > 0, "there is a bundle with a stateful graph");
}

#[tokio::test]
async fn a_server_runs_a_model_on_the_engine_that_its_settings_name_and_needs_no_onnxruntime_then() {
    let flags = [("plugins.classifier_of.onnx", "tract"), ("onnxruntime.path", "/nowhere/libonnxruntime.so")];
    let server = TestServer::start(&flags).await.unwrap();
    let here = TestServer::start(&[]).await.unwrap();
    for model in ["cnn", "lstm"] {
        let mut answers = Vec::new();
        for server in [&server, &here] {
            let config = v1::RecognitionConfig { model: model.into(), ..v1::RecognitionConfig::default() };
            let audio = std::fs::read(shipped_clip()).unwrap().into();
            let request = v1::RecognizeRequest { config: Some(config), audio };
            let answer = server.recognizer().await.unwrap().recognize(request).await.unwrap();
            let utterances = answer.into_inner().utterances;
            let results = utterances.into_iter().filter_map(|own| own.result);
            answers.push(
                results.flat_map(|own| own.probabilities).map(|own| own.probability).collect::<Vec<f32>>(),
            );
        }
        assert!(!answers[0].is_empty());
        assert_eq!(answers[0].len(), answers[1].len());
        for (a, b) in answers[0].iter().zip(&answers[1]) {
            assert!((a - b).abs() <= TOLERANCE, "{model}: {answers:?}");
        }
    }
}
