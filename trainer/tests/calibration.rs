//! A bundle's temperature and bounds come from all seeds of its evidence.

use std::path::{Path, PathBuf};
use undertone_bundle::{Bundle, discover};
use undertone_evaluation::{Evidence, Judged, Prediction, Protocol, Run, bounds_of};
use undertone_trainer::evaluation::DecisionRule;
use undertone_trainer::{Recalibration, TrainingRecipe};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The runs by speaker of the committed evidence; at least two seeds.
fn runs(model: &str) -> Vec<Run> {
    let evidence = Evidence::open(&repository().join("models").join(model).join("evaluation"));
    let runs: Vec<Run> = evidence.expect("committed").of(Protocol::Speaker5).into_iter().cloned().collect();
    assert!(runs.len() >= 2, "one seed only");
    runs
}

#[test]
fn every_seed_has_a_say_in_temperature_and_bounds() {
    let rule = DecisionRule::default();
    for model in ["cnn", "lstm"] {
        let runs = runs(model);
        let decision = rule.fit_to_evidence(&Evidence::new(runs.clone())).expect("folds with temperatures");
        let logs: Vec<f64> =
            runs.iter().flat_map(|run| &run.folds).filter_map(|fold| Some(fold.temperature?.ln())).collect();
        let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
        assert!((f64::from(decision.temperature) - mean).abs() < 1e-6, "{model}: {decision:?}");
        let judged: Vec<Judged> =
            runs.iter().flat_map(|run| &run.predictions).map(Prediction::judged).collect();
        let bounds = bounds_of(&judged, rule.coverage, rule.abstain_error);
        assert_eq!((decision.conformal_threshold, decision.abstain_below), bounds, "{model}");
        for run in runs {
            let alone = rule.fit_to_evidence(&Evidence::new(vec![run])).expect("folds with temperatures");
            assert_ne!(alone, decision, "{model}: one seed has all the say");
        }
    }
}

/// The shipped bundle of the CNN, and how `evidence` calibrates it, in a folder that lives as long as it is held.
fn recalibrated(evidence: &Evidence) -> (tempfile::TempDir, Bundle, Bundle) {
    let recipe = TrainingRecipe::read(&repository().join("trainer/recipes/cnn.toml")).expect("committed");
    let decision = recipe.decision.fit_to_evidence(evidence).expect("folds with temperatures");
    let shipped = discover(&repository().join("models")).expect("committed");
    let cnn = shipped.iter().find(|path| path.parent().is_some_and(|model| model.ends_with("cnn")));
    let bundle = Bundle::open(cnn.expect("it is shipped")).expect("committed");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = folder.path().join("cnn/1.1.1");
    let stream_temperature = DecisionRule::stream_temperature(evidence);
    Recalibration { recipe: &recipe, decision, stream_temperature }.write(&bundle, &dir).expect("writable");
    (folder, bundle, Bundle::open(&dir).expect("just written"))
}

fn stream_temperature(bundle: &Bundle) -> Option<f32> {
    bundle.manifest().graph.stream.as_ref().and_then(|stream| stream.temperature)
}

#[test]
fn a_shipped_bundle_can_be_calibrated_by_all_seeds_without_a_training() {
    let evidence = Evidence::new(runs("cnn"));
    let (_folder, before, after) = recalibrated(&evidence);
    let rule = DecisionRule::default();
    let decision = rule.fit_to_evidence(&evidence).expect("folds with temperatures");
    assert_eq!(after.manifest().calibration, decision.calibration(&rule));
    assert_eq!(stream_temperature(&after), DecisionRule::stream_temperature(&evidence));
    for graph in ["whole.onnx", "stream.onnx"] {
        assert_eq!(after.manifest().files[graph], before.manifest().files[graph], "{graph}");
    }
}

#[test]
fn evidence_that_says_nothing_of_the_causal_network_leaves_its_temperature() {
    let mut runs = runs("cnn");
    runs.iter_mut().flat_map(|run| &mut run.folds).for_each(|fold| fold.stream_temperature = None);
    let (_folder, before, after) = recalibrated(&Evidence::new(runs));
    assert!(stream_temperature(&before).is_some());
    assert_eq!(stream_temperature(&after), stream_temperature(&before));
}
