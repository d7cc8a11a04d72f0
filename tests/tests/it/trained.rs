//! Graphs give what the trainer's own networks gave for real clips, which `undertone-trainer forward` wrote down
//! in `models/NAME/forward`.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use std::collections::HashMap;
use std::path::Path;
use undertone_core::{Advance, FramesView, Model};
use undertone_features::Recipe;
use undertone_plugin_host::{HostConfig, LoadedModel, PluginHost};
use undertone_tests::{CNN, corpus, repository, stage};
use undertone_trainer::Side;
use undertone_trainer::dataset::{Clip, Line, Playing, Preparation, Prepared, prepare, read_clips};
use undertone_trainer::forward::{Sample, from_csv};

/// Steps that go into a stateful graph at once, in turn.
const CUTS: [usize; 5] = [1, 7, 2, 13, 4];

/// What the trainer said about clips, for each model version that has a file of it.
fn written() -> Vec<(String, Vec<Sample>)> {
    let mut found = Vec::new();
    for model in ["cnn", "lstm"] {
        let folder = repository().join("models").join(model).join("forward");
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let version = path.file_stem().unwrap().to_string_lossy().into_owned();
            let samples = from_csv(&std::fs::read_to_string(&path).unwrap()).unwrap();
            found.push((format!("{model}/{version}"), samples));
        }
    }
    found
}

fn load(bundle: &str) -> std::sync::Arc<LoadedModel> {
    let stage = stage().unwrap();
    let models_dir = repository().join("models");
    let host = PluginHost::new(HostConfig {
        plugins_dir: stage.join("plugins"),
        models_dir: models_dir.clone(),
        onnxruntime: None,
    });
    host.load_model(&models_dir.join(bundle)).unwrap()
}

/// The clips that `samples` name.
fn named(data: &Path, samples: &[Sample]) -> Vec<Clip> {
    let mut clips = read_clips(data, "ravdess").unwrap();
    clips.retain(|clip| samples.iter().any(|sample| sample.clip == clip.name()));
    clips
}

/// The frames of clips that are played so.
fn played(clips: &[Clip], playing: Playing) -> Prepared {
    let preparation = Preparation {
        recipe: Recipe::named("logmel64").unwrap(),
        endpointing: Default::default(),
        playings: vec![playing],
    };
    prepare(clips, &preparation).unwrap()
}

/// The frames of the clips that `samples` name.
fn heard(data: &Path, samples: &[Sample]) -> (HashMap<String, usize>, Prepared) {
    let clips = named(data, samples);
    let names = clips.iter().enumerate().map(|(index, clip)| (clip.name(), index)).collect();
    (names, played(&clips, Playing::AS_RECORDED))
}

/// What the served graph says, a stateful one in uneven pieces.
fn served(model: &LoadedModel, graph: Side, frames: FramesView<'_>) -> Vec<f32> {
    if graph == Side::Stream {
        return served_in_pieces(model, frames, &CUTS);
    }
    let mut scored = Vec::new();
    model.new_classifier().unwrap().classify(&[frames], &mut scored).unwrap();
    scored.remove(0).unwrap()
}

/// What the stateful graph says behind the last of pieces of so many steps, in turn.
fn served_in_pieces(model: &LoadedModel, frames: FramesView<'_>, cuts: &[usize]) -> Vec<f32> {
    let mut scored = Vec::new();
    let streaming = model.streaming().expect("the bundle has a stateful graph");
    let mut classifier = model.new_stream_classifier().unwrap();
    let mut state = vec![0.0; streaming.state_values];
    let mut start = 0;
    for cut in cuts.iter().cycle() {
        let end = (start + cut * streaming.step_frames).min(frames.len());
        let piece =
            FramesView { dim: frames.dim, values: &frames.values[start * frames.dim..end * frames.dim] };
        scored.clear();
        classifier.advance(&mut [Advance { frames: piece, state: &mut state }], &mut scored).unwrap();
        start = end;
        if start == frames.len() {
            break;
        }
    }
    scored.remove(0).unwrap()
}

#[test]
fn graphs_give_the_trainers_answers_for_real_clips() {
    let Some(data) = corpus() else { return };
    let written = written();
    assert!(!written.is_empty(), "there are answers to hold graphs to");
    for (bundle, samples) in written {
        let model = load(&bundle);
        let (names, prepared) = heard(&data, &samples);
        let mut widest = 0.0_f32;
        for sample in &samples {
            let clip = names[&sample.clip];
            let utterance = prepared.utterances.iter().find(|utterance| utterance.clip == clip).unwrap();
            let frames = utterance.frames.view(0..sample.frames);
            for (a, b) in sample.logits.iter().zip(served(&model, sample.graph, frames)) {
                widest = widest.max((a - b).abs());
                assert!((a - b).abs() <= 1e-4, "{bundle}, {sample:?}: {b}");
            }
        }
        println!("{bundle}: {} answers, widest difference {widest:e}", samples.len());
    }
}

/// How many of `clips`, each with the first of its utterances, are named right when they are played so.
fn named_right(model: &LoadedModel, clips: &[Clip], playing: Playing) -> usize {
    let prepared = played(clips, playing);
    let is_right = |(index, clip): &(usize, &Clip)| {
        let utterance = prepared.utterances.iter().find(|utterance| utterance.clip == *index);
        let logits = utterance.map(|utterance| served(model, Side::Whole, utterance.view()));
        let best = logits.and_then(|own| (0..own.len()).max_by(|&a, &b| own[a].total_cmp(&own[b])));
        best == Some(clip.emotion.index())
    };
    clips.iter().enumerate().filter(is_right).count()
}

#[test]
fn the_cnn_names_clips_that_it_learnt_from_over_a_telephone_too() {
    let Some(data) = corpus() else { return };
    let bundle = CNN.replace('@', "/");
    let (_, samples) = written().into_iter().find(|(name, _)| *name == bundle).expect("it has a file");
    let (model, clips) = (load(&bundle), named(&data, &samples));
    let recorded = named_right(&model, &clips, Playing::AS_RECORDED);
    for line in [Line::Narrowband, Line::Wideband] {
        let right = named_right(&model, &clips, Playing::Line(line));
        println!("{line:?}: {right} of {} clips, {recorded} as recorded", clips.len());
        assert!(
            right * 10 >= recorded * 9,
            "{line:?}: {right} of {} clips, {recorded} as recorded",
            clips.len()
        );
    }
}

#[test]
fn a_stateful_graph_gives_the_causal_networks_answer_however_a_clip_is_cut() {
    let Some(data) = corpus() else { return };
    for (bundle, mut samples) in written() {
        let model = load(&bundle);
        samples.retain(|sample| sample.graph == Side::Stream);
        let (names, prepared) = heard(&data, &samples);
        let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
        let cuttings = (any::<Index>(), vec(1_usize..40, 1..20));
        let held = TestRunner::new(config).run(&cuttings, |(index, cuts)| {
            let sample = index.get(&samples);
            let clip = names[&sample.clip];
            let utterance = prepared.utterances.iter().find(|utterance| utterance.clip == clip).unwrap();
            let frames = utterance.frames.view(0..sample.frames);
            for (a, b) in sample.logits.iter().zip(served_in_pieces(&model, frames, &cuts)) {
                prop_assert!((a - b).abs() <= 1e-4, "{}: {} and {}", sample.clip, a, b);
            }
            Ok(())
        });
        held.unwrap_or_else(|failure| panic!("{bundle}: {failure}"));
    }
}
