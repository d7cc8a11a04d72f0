//! A bundle's temperature and bounds come from all seeds of its evidence.

use std::path::{Path, PathBuf};
use undertone_bundle::{Bundle, discover};
use undertone_evaluation::{Evidence, Judged, Prediction, Protocol, Run, Summary, bounds_of};
use undertone_trainer::evaluation::DecisionRule;
use undertone_trainer::{Recalibration, TrainingRecipe, quantize};

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
    let summary = Summary::of(evidence);
    let recalibration = Recalibration { recipe: &recipe, decision, stream_temperature, summary: &summary };
    recalibration.write(&bundle, &dir).expect("writable");
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

/// The section of a bundle's card under a heading.
fn section(bundle: &Bundle, heading: &str) -> String {
    let card = bundle.read_card().expect("part of the bundle");
    let found = card.split("\n## ").find_map(|section| section.strip_prefix(heading));
    found.unwrap_or_else(|| panic!("no {heading} in {card}")).to_owned()
}

fn headings(bundle: &Bundle) -> Vec<String> {
    let card = bundle.read_card().expect("part of the bundle");
    card.lines().filter(|line| line.starts_with("## ")).map(str::to_owned).collect()
}

#[test]
fn a_card_quotes_the_figures_of_the_evidence_that_calibrates_it() {
    let evidence = Evidence::new(runs("cnn").into_iter().take(1).collect());
    let (_folder, before, after) = recalibrated(&evidence);
    let summary = Summary::of(&evidence);
    let own = summary.protocol(Protocol::Speaker5).expect("just taken");
    let narrowband = own.narrowband.as_ref().expect("it was asked over a telephone");
    let told = section(&after, "Quantitative analyses");
    for row in [
        format!("| `speaker5` | 1 | {:.3} (", own.accuracy.value),
        format!(
            "| `speaker5`, over a narrowband telephone line | 1 | {:.3} | {:.3} |",
            narrowband.whole.accuracy, narrowband.whole.uar
        ),
    ] {
        assert!(told.contains(&row), "{row} is missing in {told}");
    }
    let (training, before_training) = (&after.manifest().training, &before.manifest().training);
    assert!((training.accuracy - own.accuracy.value).abs() < 1e-4, "{training:?}");
    assert_ne!(training.accuracy, before_training.accuracy);
    assert_eq!(headings(&after), headings(&before));
    for kept in ["Model details", "Training data", "Ethical considerations", "Caveats and recommendations"] {
        assert_eq!(section(&after, kept), section(&before, kept));
    }
}

#[test]
fn a_card_says_what_training_imitates_of_all_that_matters() {
    let (_folder, _, after) = recalibrated(&Evidence::new(runs("cnn")));
    let told = section(&after, "Factors");
    for change in [
        "level (by up to 6 dB)",
        "steady noise (in 20 %)",
        "speed (90 to 110 %)",
        "pitch (from -200 to 200 cents)",
        "telephone line (narrowband, wideband; mu-law)",
    ] {
        assert!(told.contains(change), "{change} is missing in {told}");
    }
}

#[test]
fn a_bundle_is_written_again_under_its_own_name_only() {
    let (folder, bundle, _) = recalibrated(&Evidence::new(runs("cnn")));
    let out = folder.path().join("int8/1.2.0-int8");
    let refusal = quantize(&bundle, &out).expect_err("the folder of another model").to_string();
    assert!(refusal.contains("holds the model cnn") && refusal.contains("one of a model int8"), "{refusal}");
    assert!(!out.exists());
    let out = folder.path().join("cnn/1.2.0-int8");
    quantize(&bundle, &out).expect("its own folder");
    let (name, version) = (&bundle.manifest().name, "1.2.0-int8");
    let rounded = Bundle::open(&out).expect("just written");
    assert_eq!((&rounded.manifest().name, rounded.manifest().version.as_str()), (name, version));
    assert!(rounded.read_card().expect("part of the bundle").starts_with(&format!("# {name} {version}\n")));
}
