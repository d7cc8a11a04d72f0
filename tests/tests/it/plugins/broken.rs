//! Every plugin that breaks the contract fails the case that it was made for.

use super::{Report, example_bundle, write_changed};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use tempfile::TempDir;
use undertone_bundle::{
    Bundle, Dim, GOLDEN_FRAMES_FILE, GOLDEN_TOLERANCE, Golden, State, StreamGraph, Tensor,
};
use undertone_tests::{bad_plugin, example_plugins};

/// Libraries that are wrong as they are.
const LIBRARIES: [(&str, &str); 24] = [
    ("no_entry", "library-exports-entry"),
    ("two_symbols", "library-exports-one-symbol"),
    ("slow_load", "library-loads-fast"),
    ("wrong_abi", "library-major-version"),
    ("newer_abi", "library-minor-version"),
    ("short_table", "library-table-sizes"),
    ("reserved", "library-reserved-zero"),
    ("bad_name", "library-name"),
    ("no_version", "library-version"),
    ("no_kind", "library-kind"),
    ("null_function", "library-no-null-function"),
    ("any_extension", "library-unknown-extension"),
    ("moving_extension", "library-extension-constant"),
    ("takes_anything", "configuration-empty"),
    ("takes_anything", "configuration-cut-off"),
    ("takes_anything", "configuration-no-object"),
    ("takes_anything", "configuration-long"),
    ("takes_anything", "configuration-not-utf8"),
    ("takes_anything", "configuration-other-keys"),
    ("wordless", "configuration-words"),
    ("long_words", "configuration-small-buffer"),
    ("split_words", "configuration-small-buffer"),
    ("bad_name", "library-file-name"),
    ("newer_abi", "library-accepted"),
];

/// Libraries that are wrong once they are configured.
const CONFIGURED: [(&str, &str, &str); 9] = [
    ("old_hosts_only", "configuration-newer-host", "failed"),
    ("needs_log", "configuration-no-services", "crashed"),
    ("behind_description", "classifier-description-size", "failed"),
    ("behind_scores", "classifier-few-labels", "failed"),
    ("short_write", "classifier-finite", "failed"),
    ("moody", "classifier-description-constant", "failed"),
    ("behind_words", "classifier-item-small-buffer", "failed"),
    ("any_tensor", "state-unknown-tensor", "failed"),
    ("any_tensor", "state-description-size", "failed"),
];

/// Extractors whose functions are wrong, whatever their recipe.
const FRAMERS: [(&str, &str); 2] = [
    ("moody_frames", "extractor-description-constant"),
    ("behind_frame_description", "extractor-description-size"),
];

/// What the faulty extractor does when its recipe asks for it.
const EXTRACTORS: [(&str, &str, &str); 41] = [
    ("other-rate", "extractor-description", "failed"),
    ("no-fingerprint", "extractor-description-texts", "failed"),
    ("twin-columns", "extractor-description-texts", "failed"),
    ("activate-remembers", "extractor-activate-forgets", "failed"),
    ("remembers", "extractor-reset", "failed"),
    ("remembers", "extractor-reset-in-stream", "failed"),
    ("leak", "extractor-memory", "failed"),
    ("hoards", "extractor-long-stream", "failed"),
    ("first-is-missing", "extractor-frame-count", "failed"),
    ("one-too-many", "extractor-empty-stream", "failed"),
    ("late", "extractor-frames-in-time", "failed"),
    ("cut-dependent", "extractor-any-blocks", "failed"),
    ("cut-dependent", "extractor-single-samples", "failed"),
    ("small-push", "extractor-large-push", "failed"),
    ("needs-samples", "extractor-push-of-nothing", "failed"),
    ("needs-a-frame", "extractor-one-sample", "failed"),
    ("boundless", "extractor-promise", "failed"),
    ("broken-promise", "extractor-large-push", "failed"),
    ("random", "extractor-deterministic", "failed"),
    ("nan", "extractor-finite", "failed"),
    ("nan-in-silence", "extractor-silence", "failed"),
    ("poisoned", "extractor-not-a-number", "failed"),
    ("shared", "extractor-interleaved", "failed"),
    ("thread-bound", "extractor-other-threads", "failed"),
    ("activates-once", "extractor-life-cycle", "failed"),
    ("aborts-unactivated", "extractor-never-activated", "aborted"),
    ("aborts-in-stream", "extractor-ended-in-stream", "aborted"),
    ("few-instances", "extractor-many-instances", "failed"),
    ("needs-a-stream", "extractor-reset-twice", "failed"),
    ("ignores-reset", "extractor-extract", "failed"),
    ("pads", "extractor-short-streams", "failed"),
    ("clips", "extractor-full-scale", "failed"),
    ("divides-by-tiny", "extractor-tiny-samples", "failed"),
    ("nan-when-loud", "extractor-loud-samples", "failed"),
    ("one-at-a-time", "extractor-parallel", "failed"),
    ("makes-one-at-a-time", "extractor-made-in-parallel", "failed"),
    ("allocates", "extractor-allocation-free", "failed"),
    ("crash", "extractor-finite", "crashed"),
    ("abort", "extractor-finite", "aborted"),
    ("exit", "extractor-finite", "aborted"),
    ("hang", "extractor-finite", "hung"),
];

/// What the faulty classifier does when its graph asks for it.
const CLASSIFIERS: [(&str, &str, &str); 49] = [
    ("panic-at-open", "configuration-accepted", "failed"),
    ("opens-once", "configuration-again", "failed"),
    ("leaks-at-open", "configuration-memory", "failed"),
    ("no-labels", "classifier-description", "failed"),
    ("activates-once", "classifier-life-cycle", "failed"),
    ("aborts-unactivated", "classifier-never-activated", "aborted"),
    ("few-instances", "classifier-many-instances", "failed"),
    ("spoilt-by-reset", "classifier-reset", "failed"),
    ("one-at-a-time", "classifier-parallel", "failed"),
    ("allocates", "classifier-allocation-free", "noted"),
    ("panic-at-one-frame", "classifier-one-frame", "failed"),
    ("needs-much", "classifier-shortest", "failed"),
    ("short-of-breath", "classifier-long", "failed"),
    ("ordered", "classifier-batch-order", "failed"),
    ("needs-items", "classifier-empty-batch", "failed"),
    ("hoards", "classifier-memory", "failed"),
    ("extra-label", "classifier-description-told", "failed"),
    ("nan", "classifier-finite", "failed"),
    ("silent", "classifier-finite", "failed"),
    ("random", "classifier-deterministic", "failed"),
    ("neighbours", "classifier-batch", "failed"),
    ("small-batch", "classifier-large-batch", "failed"),
    ("remembers", "classifier-nothing-carried", "failed"),
    ("breaks-when-cancelled", "classifier-cancelled", "failed"),
    ("leak", "classifier-memory", "failed"),
    ("thread-bound", "classifier-other-threads", "failed"),
    ("any-width", "classifier-other-width", "failed"),
    ("fails-together", "classifier-no-frames", "failed"),
    ("fails-together", "classifier-other-width", "failed"),
    ("wordless-items", "classifier-item-words", "failed"),
    ("panic-at-nan", "classifier-not-a-number", "failed"),
    ("crash", "classifier-finite", "crashed"),
    ("hang", "classifier-finite", "hung"),
    ("leak-on-command", "classifier-finite", "aborted"),
    ("forgets-state", "state-any-pieces", "failed"),
    ("keeps-state", "state-zero-is-start", "failed"),
    ("keeps-state", "state-moves", "failed"),
    ("mixes-states", "state-batch", "failed"),
    ("any-steps", "state-no-frames", "failed"),
    ("any-steps", "state-half-step", "failed"),
    ("fails-together", "state-no-frames", "failed"),
    ("empty-state", "state-tensors", "failed"),
    ("twin-states", "state-names", "failed"),
    ("always-states", "state-not-configured", "failed"),
    ("nan-state", "state-finite", "failed"),
    ("spoilt-by-reset", "state-reset", "failed"),
    ("one-at-a-time", "state-parallel", "failed"),
    ("needs-items", "state-empty-batch", "failed"),
    ("panic-at-nan", "state-not-a-number", "failed"),
];

/// Cases that no plugin in this folder fails, and where else that is shown.
const ELSEWHERE: [(&str, &str); 2] = [
    ("library-loads", "a_file_that_is_no_library_fails_its_plugin_case"),
    ("classifier-bundle", "a_bundle_with_other_golden_logits_fails_its_plugin_case"),
];

/// Every case with something that fails it, or where that is shown.
fn shown() -> BTreeSet<&'static str> {
    let libraries = LIBRARIES.into_iter().chain(FRAMERS).map(|(_, case)| case);
    let told = CONFIGURED.into_iter().chain(EXTRACTORS).chain(CLASSIFIERS).map(|(_, case, _)| case);
    libraries.chain(told).chain(ELSEWHERE.map(|(case, _)| case)).collect()
}

#[test]
fn every_case_fails_for_somebody() {
    let cases: BTreeSet<_> = undertone_plugin_host::conformance::cases().map(|case| case.name).collect();
    let shown = shown();
    assert_eq!(cases.difference(&shown).copied().collect::<Vec<_>>(), [""; 0], "nobody fails these");
    assert_eq!(shown.difference(&cases).copied().collect::<Vec<_>>(), [""; 0], "there are no such cases");
}

/// Looks at one case and expects its outcome. A case that never ends is given up after a second, any other has a minute, and
/// each has less memory than one that never stops taking some would make the machine feel.
fn expect(library: &Path, case: &str, outcome: &str, more: &[&OsStr]) {
    let limit = if outcome == "hung" { "1" } else { "60" };
    let own: [&OsStr; 4] = ["--case".as_ref(), case.as_ref(), "--memory-limit".as_ref(), "512".as_ref()];
    let report = Report::within(limit, library, &[&own, more].concat());
    assert_eq!(report.success, outcome == "noted", "{}: {case}: {}", library.display(), report.object);
    assert_eq!(report.with(outcome), [case], "{}: {}", library.display(), report.object);
}

/// A bundle that names `plugin`, whose graphs say `behaviour`.
fn bundle(folder: &TempDir, plugin: &str, behaviour: &str) -> OsString {
    let dir = folder.path().join(plugin).join(behaviour);
    write_changed(&dir, behaviour, |manifest| {
        plugin.clone_into(&mut manifest.plugin.classifier);
        let whole = &manifest.graph.whole;
        manifest.graph.stream = Some(StreamGraph {
            file: whole.file.clone(),
            input: whole.input.clone(),
            output: Tensor { name: "scores".into(), dims: vec![Dim::Named("batch".into()), Dim::Fixed(2)] },
            step_frames: 2,
            temperature: None,
            states: vec![State { name_in: "sum".into(), name_out: "sum_after".into(), shape: vec![2] }],
        });
    });
    dir.into()
}

#[test]
fn a_library_that_is_wrong_as_it_is_fails_its_plugin_case() {
    for (library, case) in LIBRARIES {
        expect(&bad_plugin(library).unwrap(), case, "failed", &[]);
    }
}

#[test]
fn a_file_that_is_no_library_fails_its_plugin_case() {
    let folder = TempDir::new().unwrap();
    let library = folder.path().join("libundertone_plugin_text.so");
    std::fs::write(&library, "text").unwrap();
    expect(&library, "library-loads", "failed", &[]);
}

#[test]
fn a_bundle_with_other_golden_logits_fails_its_plugin_case() {
    let folder = TempDir::new().unwrap();
    let bundle = folder.path().join("bundle");
    let mut manifest = Bundle::open(&example_bundle()).unwrap().manifest().clone();
    let weights = std::fs::read(example_bundle().join("weights.json")).unwrap();
    let frames = Golden::encode_frames(&[0.5; 4]);
    manifest.golden = Some(Golden {
        frames: GOLDEN_FRAMES_FILE.into(),
        time: 1,
        logits: vec![1_000.0; 2],
        stream_logits: None,
        tolerance: GOLDEN_TOLERANCE,
    });
    let files: [(&str, &[u8]); 3] =
        [("weights.json", &weights), ("card.md", b"# Changed\n"), (GOLDEN_FRAMES_FILE, &frames)];
    Bundle::write(&bundle, manifest, &files).unwrap();
    let library = example_plugins().unwrap().join("libundertone_plugin_linear.so");
    expect(&library, "classifier-bundle", "failed", &["--bundle".as_ref(), bundle.as_ref()]);
}

#[test]
fn a_library_that_is_wrong_once_configured_fails_its_plugin_case() {
    for (library, case, outcome) in CONFIGURED {
        let folder = TempDir::new().unwrap();
        let bundle = bundle(&folder, library, "good");
        expect(&bad_plugin(library).unwrap(), case, outcome, &["--bundle".as_ref(), &bundle]);
    }
}

#[test]
fn an_extractor_whose_functions_are_wrong_fails_its_plugin_case() {
    let good = "{\"recipe\":{\"behaviour\":\"good\"}}";
    for (library, case) in FRAMERS {
        let library = bad_plugin(library).unwrap();
        expect(&library, case, "failed", &["--configuration".as_ref(), good.as_ref()]);
    }
}

#[test]
fn an_extractor_that_breaks_the_contract_fails_its_plugin_case() {
    let library = bad_plugin("faulty_extractor").unwrap();
    for (behaviour, case, outcome) in EXTRACTORS {
        let configuration = format!("{{\"recipe\":{{\"behaviour\":\"{behaviour}\"}}}}");
        expect(&library, case, outcome, &["--configuration".as_ref(), configuration.as_ref()]);
    }
}

#[test]
fn a_classifier_that_breaks_the_contract_fails_its_plugin_case() {
    let (library, folder) = (bad_plugin("faulty_classifier").unwrap(), TempDir::new().unwrap());
    let mut bundles = std::collections::BTreeMap::new();
    for (behaviour, case, outcome) in CLASSIFIERS {
        let bundle =
            bundles.entry(behaviour).or_insert_with(|| bundle(&folder, "faulty_classifier", behaviour));
        expect(&library, case, outcome, &["--bundle".as_ref(), bundle]);
    }
}

#[test]
fn the_faulty_plugins_keep_the_contract_when_they_are_asked_to() {
    let folder = TempDir::new().unwrap();
    let good = "{\"recipe\":{\"behaviour\":\"good\"}}";
    let extractor = bad_plugin("faulty_extractor").unwrap();
    Report::of(&extractor, &["--configuration".as_ref(), good.as_ref()])
        .assert_kept(&["library", "configuration", "extractor"], &[]);
    let bundle = bundle(&folder, "faulty_classifier", "good");
    Report::of(&bad_plugin("faulty_classifier").unwrap(), &["--bundle".as_ref(), &bundle])
        .assert_kept(&["library", "configuration", "classifier", "state"], &["classifier-bundle"]);
}
