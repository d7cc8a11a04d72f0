//! Recipes: the committed ones, and bad ones.

use std::fs;
use std::path::{Path, PathBuf};
use undertone_core::Emotion;
use undertone_trainer::{Context, DataSheet, Interface, Network, Timing, TrainingRecipe};

const MOST_LEARNT: usize = 2_000_000;
const MOST_LEARNT_CAUSAL: usize = 1_000_000;

fn committed() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes");
    let files = fs::read_dir(folder).expect("part of the repository");
    files.map(|file| file.expect("readable").path()).collect()
}

fn refusal(change: impl Fn(String) -> String) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("spoilt.toml");
    let good = fs::read_to_string(&committed()[0]).expect("readable");
    fs::write(&file, change(good)).expect("writable");
    let refusal = TrainingRecipe::read(&file).expect_err("spoilt").to_string();
    assert!(refusal.contains("spoilt.toml"), "{refusal}");
    refusal
}

#[test]
fn the_committed_recipes_make_small_networks_of_which_one_is_causal() {
    assert_eq!(committed().len(), 2);
    for path in committed() {
        let recipe = TrainingRecipe::read(&path).expect("a good recipe");
        assert_eq!(path.file_stem().and_then(|stem| stem.to_str()), Some(recipe.name.as_str()));
        assert_eq!((recipe.whole.context, recipe.stream.context), (Context::Full, Context::Causal));
        let interface = Interface { dim: recipe.dim(), labels: Emotion::ALL.len() };
        let learnt = |architecture: &undertone_trainer::Architecture| {
            Network::new(architecture.clone(), interface, 0).parameters().learnt()
        };
        assert!(learnt(&recipe.whole) <= MOST_LEARNT && learnt(&recipe.stream) <= MOST_LEARNT_CAUSAL);
    }
}

#[test]
fn a_word_that_no_recipe_has_is_named_with_its_line() {
    let refusal = refusal(|text| text.replace("features =", "featurs ="));
    assert!(refusal.contains("featurs") && refusal.contains("line"), "{refusal}");
}

#[test]
fn all_impossible_settings_are_named_at_once() {
    let refusal = refusal(|text| {
        text.replace(
            "speeds_percent = [90, 95, 100, 105, 110]",
            "speeds_percent = [90, 900]\npitches_cents = [0, 50, 50]\nlines = [\"wideband\", \"wideband\"]",
        )
        .replace("features = \"logmel64\"", "features = \"nothing\"")
        .replacen("epochs = 100", "epochs = 0", 1)
        .replacen("name = \"", "name = \"../", 1)
    });
    for wrong in [
        "speeds_percent: 100",
        "900",
        "pitches_cents: 0",
        "pitches_cents: one",
        "lines: one",
        "nothing",
        "whole_plan.epochs",
        "name: \"../",
    ] {
        assert!(refusal.contains(wrong), "{wrong} is missing: {refusal}");
    }
}

#[test]
fn changes_that_make_sense_for_mel_powers_only_are_refused_for_other_features() {
    let refusal = refusal(|text| text.replace("features = \"logmel64\"", "features = \"mfcc13\""));
    for plan in ["whole_plan", "stream_plan"] {
        for change in ["noise", "gain_db", "equaliser_db"] {
            assert!(refusal.contains(&format!("{plan}.augmentation.{change}: changes")), "{refusal}");
        }
    }
    assert!(refusal.contains("which mfcc13 has not: set it to 0") && !refusal.contains("warp"), "{refusal}");
}

#[test]
fn a_pupil_whose_frames_are_normalised_otherwise_than_its_teachers_is_refused() {
    let second = "context = \"causal\"\nnormalisation = { running = { prior_frames = 50.0 } }";
    let refusal = refusal(|text| text.replace(second, "context = \"causal\"\nnormalisation = \"utterance\""));
    assert!(refusal.contains("stream.normalisation"), "{refusal}");
}

#[test]
fn a_stream_network_that_needs_frames_to_come_is_refused() {
    let refusal = refusal(|text| text.replace("context = \"causal\"", "context = \"full\""));
    assert!(refusal.contains("stream.context"), "{refusal}");
}

#[test]
fn times_that_were_measured_otherwise_reach_the_graph_that_they_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(Timing::read(folder.path()).expect("there is none"), None);
    let milliseconds = [("final results, 8 bits".to_owned(), 2.25)].into();
    let timing = Timing { how: "With ONNX Runtime.".into(), milliseconds };
    timing.write(folder.path()).expect("writable");
    let read = Timing::read(folder.path()).expect("just written");
    assert_eq!(read.as_ref(), Some(&timing));
    let recipe = TrainingRecipe::read(&committed()[0]).expect("a good recipe");
    let facts = recipe.facts(&DataSheet::ravdess(), read.as_ref());
    let times: Vec<_> =
        facts.graphs.iter().map(|own| (own.name.as_str(), own.milliseconds_per_clip)).collect();
    let expected = [
        ("final results", None),
        ("interim updates", None),
        ("final results, 8 bits", Some(2.25)),
        ("interim updates, 8 bits", None),
    ];
    assert_eq!(
        (times.as_slice(), facts.timing.as_deref()),
        (expected.as_slice(), Some("With ONNX Runtime."))
    );
    fs::write(folder.path().join("timing.json"), "{}").expect("writable");
    let refusal = Timing::read(folder.path()).expect_err("nothing in it").to_string();
    assert!(refusal.contains("timing.json holds no times"), "{refusal}");
}
