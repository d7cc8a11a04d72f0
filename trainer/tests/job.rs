//! From clips to a bundle.

mod corpus;
mod tiny;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use undertone_bundle::Bundle;
use undertone_core::Emotion;
use undertone_evaluation::{Evidence, Prediction, Protocol, RunId, Summary, Variant};
use undertone_trainer::dataset::{HeldOut, Part, Speaker};
use undertone_trainer::evaluation::{Decision, FoldEvidence, FoldShelf};
use undertone_trainer::protocol::FoldId;
use undertone_trainer::{
    Body, Checkpoints, CnnShape, DataSheet, Job, Origin, Outlook, Recalibration, Shipment, Side, SplitRule,
};

const EACH_EPOCH: Checkpoints = Checkpoints { every: 1, resume: false };

/// A job on few clips in a folder that lives as long as it is held; `None` without RAVDESS.
fn job() -> Option<(tempfile::TempDir, Job)> {
    let data = corpus::ravdess()?;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (clips, work_dir) = (folder.path().join("clips"), folder.path().join("work"));
    fs::create_dir_all(&clips).expect("writable");
    tiny::clips(&data, &clips);
    let held_out = HeldOut { validation: vec![Speaker::new("2")], test: vec![Speaker::new("3")] };
    let job = Job {
        data: clips,
        corpus: "any".into(),
        recipe: tiny::recipe(),
        split: SplitRule::Speakers(held_out),
        seed: 1,
        cache_dir: work_dir.join("frames"),
        work_dir,
    };
    Some((folder, job))
}

#[test]
fn a_job_ends_in_a_bundle_that_says_how_it_came_about() {
    let Some((folder, job)) = job() else { return };

    let mut epochs = Vec::new();
    let mut progress = |progress: undertone_trainer::Progress<'_>| {
        epochs.push((progress.side, progress.report.epoch));
    };
    let trained = job.train(EACH_EPOCH, &mut progress).expect("learns");
    assert_eq!(epochs, [(Side::Whole, 1), (Side::Whole, 2), (Side::Stream, 1), (Side::Stream, 2)]);
    let measured = trained.measure(&job.recipe.decision).expect("scores");
    assert_eq!((trained.material.examples(&[Part::Training]).len(), measured.judged.len()), (6, 6));

    let dir = folder.path().join("models/tiny/0.1.0");
    let decision = measured.whole;
    let sheet = DataSheet::ravdess();
    let origin = Origin::HeldOut(measured.clone());
    let stream_temperature = measured.stream.map(|own| own.temperature);
    let shipment = Shipment {
        recipe: &job.recipe,
        trained: &trained,
        decision,
        stream_temperature,
        origin,
        sheet: &sheet,
    };
    shipment.write(&dir).expect("a good bundle");

    let bundle = Bundle::open(&dir).expect("just written");
    let manifest = bundle.manifest();
    assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("tiny", "0.1.0"));
    assert_eq!(manifest.training.test_speakers, ["03"]);
    assert_eq!(manifest.training.train_speakers, ["01"]);
    assert!(manifest.calibration.temperature > 0.0 && manifest.calibration.conformal.is_some());
    assert!(manifest.golden.is_some());
    let card = fs::read_to_string(dir.join("card.md")).expect("part of the bundle");
    let sections = [
        "## Model details",
        "## Intended use",
        "## Factors",
        "## Metrics",
        "## Evaluation data",
        "## Training data",
        "## Quantitative analyses",
        "## Calibration",
        "## Ethical considerations",
        "## Caveats and recommendations",
    ];
    let facts = [
        "CC-BY-NC-SA-4.0",
        "forbids commercial use",
        "zenodo.1188976",
        "acted",
        "speakers 01",
        "speakers 03",
        "No clip is neutral or calm or fearful or disgust or surprised: the model never heard these",
    ];
    for said in sections.into_iter().chain(facts) {
        assert!(card.contains(said), "{said} is missing in {card}");
    }
    let again = job.trained().and_then(|trained| trained.measure(&job.recipe.decision)).expect("finished");
    assert_eq!(again.judged, measured.judged);
}

#[test]
fn a_recalibrated_bundle_says_so_in_manifest_and_card_and_another_models_is_refused() {
    let Some((folder, job)) = job() else { return };
    let trained = job.train(EACH_EPOCH, &mut |_| {}).expect("learns");
    let measured = trained.measure(&job.recipe.decision).expect("scores");
    let decision = Decision { temperature: 0.625, ..measured.whole.expect("there are validation clips") };
    let sheet = DataSheet::ravdess();
    let shipment = Shipment {
        recipe: &job.recipe,
        trained: &trained,
        decision: None,
        stream_temperature: None,
        origin: Origin::HeldOut(measured),
        sheet: &sheet,
    };
    let calibrate = |name: &str| {
        let dir = folder.path().join("models").join(name).join("0.1.0");
        shipment.write(&dir).expect("a good bundle");
        let summary = Summary::of(&Evidence::new(Vec::new()));
        let recalibration =
            Recalibration { recipe: &job.recipe, decision, stream_temperature: Some(0.5), summary: &summary };
        let again = folder.path().join("models").join(name).join("0.2.0");
        recalibration.write(&Bundle::open(&dir).expect("just written"), &again).map(|()| again)
    };
    let name = job.recipe.name.clone();
    let bundle = Bundle::open(&calibrate(&name).expect("the recipe's own")).expect("just written");
    let manifest = bundle.manifest();
    assert_eq!((manifest.calibration.temperature, manifest.version.as_str()), (0.625, "0.2.0"));
    assert_eq!(manifest.graph.stream.as_ref().and_then(|stream| stream.temperature), Some(0.5));
    let card = bundle.read_card().expect("part of the bundle");
    assert!(card.starts_with(&format!("# {name} 0.2.0\n")) && card.contains("divided by 0.625"), "{card}");
    assert!(card.contains("test clips of held-out speakers: accuracy"), "its own figures are gone: {card}");
    assert!(card.contains("## Intended use") && card.matches("## Calibration").count() == 1, "{card}");
    let refusal = calibrate("other").expect_err("another model").to_string();
    assert!(refusal.contains("holds the model other"), "{refusal}");
}

#[test]
fn the_first_of_an_ensemble_does_without_the_validation_clips_and_sets_the_temperature() {
    let Some((_folder, mut job)) = job() else { return };
    let alone = job.train_whole(EACH_EPOCH, &mut |_| {}).expect("learns");
    let alone = alone.measure(&job.recipe.decision).expect("scores");
    job.recipe.ensemble = 2;
    let resumed = Checkpoints { resume: true, ..EACH_EPOCH };
    let mut seen = Vec::new();
    let mut progress = |progress: undertone_trainer::Progress<'_>| {
        seen.push((progress.member, progress.members, progress.report.validation_accuracy.is_some()));
    };
    let both = job.train_whole(resumed, &mut progress).expect("the first one is there already");
    assert_eq!(seen, [(2, 2, false), (2, 2, false)], "the second one has heard the validation clips");
    let measured = both.measure(&job.recipe.decision).expect("scores");
    assert_eq!(measured.whole, alone.whole);
    assert_ne!(measured.judged, alone.judged);
    assert_eq!(both.ensemble().learnt(), 2 * both.whole[0].averaged().parameters().learnt());
}

#[test]
fn a_job_does_not_overwrite_another_ones_checkpoint() {
    let Some((_folder, mut job)) = job() else { return };
    job.train_whole(EACH_EPOCH, &mut |_| {}).expect("learns");
    let refusal = job.train_whole(EACH_EPOCH, &mut |_| {}).expect_err("there is one already").to_string();
    assert!(refusal.contains("resume"), "{refusal}");
    job.seed = 2;
    let resumed = Checkpoints { resume: true, ..EACH_EPOCH };
    let refusal = job.train_whole(resumed, &mut |_| {}).expect_err("another plan").to_string();
    assert!(refusal.contains("other settings"), "{refusal}");
}

#[test]
fn held_out_clips_are_heard_as_recorded_and_others_in_every_way() {
    let Some((_folder, mut job)) = job() else { return };
    (job.recipe.speeds_percent, job.recipe.pitches_cents) = (vec![90, 100], vec![200]);
    let trained = job.train_whole(EACH_EPOCH, &mut |_| {}).expect("learns");
    let material = &trained.material;
    assert!(material.examples(&[Part::Training]).iter().all(|example| example.utterances.len() >= 3));
    for part in [Part::Validation, Part::Test] {
        let (_, trials) = material.trials(part);
        assert!(trials.iter().all(|trial| trial.utterances.len() == 1), "{part:?}");
    }
}

#[test]
fn a_checkpoint_whose_values_were_damaged_is_refused() {
    let Some((_folder, job)) = job() else { return };
    job.train_whole(EACH_EPOCH, &mut |_| {}).expect("learns");
    let path = job.work_dir.join("whole.safetensors");
    let mut bytes = fs::read(&path).expect("just written");
    let one_of_its_values = bytes.len() - 10;
    bytes[one_of_its_values] ^= 1;
    fs::write(&path, bytes).expect("writable");
    let refusal = job.trained().expect_err("damaged").to_string();
    assert!(refusal.contains("its values are damaged"), "{refusal}");
}

#[test]
fn a_checkpoint_that_learnt_from_other_clips_is_not_taken_up() {
    let Some((_folder, mut job)) = job() else { return };
    job.train_whole(EACH_EPOCH, &mut |_| {}).expect("learns");
    let held_out = HeldOut { validation: vec![Speaker::new("2")], test: vec![Speaker::new("1")] };
    job.split = SplitRule::Speakers(held_out);
    let refusal = job.trained().expect_err("its test speaker was learnt from").to_string();
    assert!(refusal.contains("other clips"), "{refusal}");
}

#[test]
fn a_fold_comes_back_from_the_shelf_as_it_was_put_there_and_only_for_its_own_recipe() {
    let Some((folder, mut job)) = job() else { return };
    let trained = job.train(EACH_EPOCH, &mut |_| {}).expect("learns");
    let evidence = trained.evidence(2, &job.recipe.decision).expect("scores");
    let id = FoldId::new(RunId { protocol: Protocol::Speaker5, seed: 1 }, 2);
    let shelf = FoldShelf::new(&folder.path().join("folds"));
    assert!(shelf.take(id, &job.recipe).expect("an empty shelf").is_none());
    shelf.put(id, &job.recipe, &evidence).expect("writable");
    let back = shelf.take(id, &job.recipe).expect("just written").expect("just written");
    let labels = |own: &FoldEvidence| -> BTreeMap<String, Option<Emotion>> {
        let label = |own: &Prediction| (own.clip.clone(), own.answer.map(|answer| answer.label()));
        own.predictions.iter().map(label).collect()
    };
    assert_eq!(labels(&back), labels(&evidence));
    assert_eq!((back.curve.len(), back.interim.len()), (evidence.curve.len(), evidence.interim.len()));
    assert!(
        back.int8 == Variant::NOT_ASKED && back.narrowband == Variant::NOT_ASKED,
        "nobody asked for them"
    );
    job.recipe.whole_plan.epochs += 1;
    let refusal = shelf.take(id, &job.recipe).expect_err("another recipe").to_string();
    assert!(refusal.contains("speaker5-seed1-fold2 was trained by another recipe"), "{refusal}");
}

#[test]
fn weights_in_8_bits_and_a_telephone_are_asked_about_the_same_clips_without_another_training() {
    let Some((folder, mut job)) = job() else { return };
    // Wide enough for weights that are rounded.
    for architecture in [&mut job.recipe.whole, &mut job.recipe.stream] {
        architecture.body = Body::Cnn(CnnShape { channels: [8, 8, 16, 16], attention: 32 });
    }
    let evidence = job.train(EACH_EPOCH, &mut |_| {}).expect("learns").evidence(2, &job.recipe.decision);
    let id = FoldId::new(RunId { protocol: Protocol::Speaker5, seed: 1 }, 2);
    let shelf = FoldShelf::new(&folder.path().join("folds"));
    shelf.put(id, &job.recipe, &evidence.expect("scores")).expect("writable");

    let mut evidence = shelf.take(id, &job.recipe).expect("just written").expect("just written");
    let trained = job.trained().expect("finished");
    trained.check_answers(&evidence).expect("the same networks");
    trained.add_int8(&mut evidence).expect("scores");
    let names =
        |rows: &[Prediction]| -> BTreeSet<String> { rows.iter().map(|own| own.clip.clone()).collect() };
    assert_eq!(names(&evidence.int8.whole), names(&evidence.predictions));
    assert_eq!(evidence.int8.interim.len(), evidence.interim.len());
    let probabilities = |rows: &[Prediction]| -> BTreeMap<String, Option<[f32; 8]>> {
        let of = |own: &Prediction| (own.clip.clone(), own.answer.map(|answer| *answer.probabilities()));
        rows.iter().map(of).collect()
    };
    assert_ne!(probabilities(&evidence.int8.whole), probabilities(&evidence.predictions), "rounding is felt");
    trained.add_narrowband(&mut evidence).expect("scores");
    assert_eq!(names(&evidence.narrowband.whole), names(&evidence.predictions));
    assert_ne!(
        probabilities(&evidence.narrowband.whole),
        probabilities(&evidence.predictions),
        "so is a line"
    );
    assert!(!evidence.narrowband.interim.is_empty());

    shelf.put(id, &job.recipe, &evidence).expect("writable");
    let back = shelf.take(id, &job.recipe).expect("just written").expect("just written");
    assert_eq!((back.int8.whole.len(), back.int8.interim.len()), (6, evidence.interim.len()));
    let mut other = back;
    other.predictions.iter_mut().for_each(|own| own.answer = None);
    let refusal = trained.check_answers(&other).expect_err("other networks said that").to_string();
    assert!(refusal.contains("fold 2"), "{refusal}");
}

#[test]
fn what_is_left_to_train_counts_all_networks_but_not_what_is_done() {
    let Some((_folder, mut job)) = job() else { return };
    job.recipe.ensemble = 3;
    assert_eq!(job.outlook(true).expect("nothing there"), Outlook { whole: 6, stream: 2 });
    job.recipe.ensemble = 1;
    job.train_whole(EACH_EPOCH, &mut |_| {}).expect("learns");
    job.recipe.ensemble = 3;
    assert_eq!(job.outlook(true).expect("one there"), Outlook { whole: 4, stream: 2 });
    assert_eq!(job.outlook(false).expect("one there"), Outlook { whole: 4, stream: 0 });
}
