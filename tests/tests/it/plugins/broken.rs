//! Every plugin that breaks the contract fails the case that it was made for.

use super::{Report, write_changed};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use tempfile::TempDir;
use undertone_bundle::{Dim, State, StreamGraph, Tensor};
use undertone_tests::bad_plugin;

/// Libraries that are wrong as they are.
const LIBRARIES: [(&str, &str); 21] = [
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
    ("takes_anything", "configuration-empty"),
    ("takes_anything", "configuration-cut-off"),
    ("takes_anything", "configuration-not-utf8"),
    ("takes_anything", "configuration-other-keys"),
    ("wordless", "configuration-words"),
    ("long_words", "configuration-small-buffer"),
    ("split_words", "configuration-small-buffer"),
    ("bad_name", "library-file-name"),
    ("newer_abi", "library-accepted"),
];

/// Libraries that are wrong once they are configured.
const CONFIGURED: [(&str, &str, &str); 5] = [
    ("old_hosts_only", "configuration-newer-host", "failed"),
    ("needs_log", "configuration-no-services", "crashed"),
    ("behind_description", "classifier-description-size", "failed"),
    ("behind_scores", "classifier-few-labels", "failed"),
    ("short_write", "classifier-finite", "failed"),
];

/// What the faulty extractor does when its recipe asks for it.
const EXTRACTORS: [(&str, &str, &str); 28] = [
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
    ("crash", "extractor-finite", "crashed"),
    ("abort", "extractor-finite", "aborted"),
    ("exit", "extractor-finite", "aborted"),
    ("hang", "extractor-finite", "hung"),
];

/// What the faulty classifier does when its graph asks for it.
const CLASSIFIERS: [(&str, &str, &str); 26] = [
    ("panic-at-open", "configuration-accepted", "failed"),
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
];

/// Looks at one case and expects its outcome. A case that never ends is given up after a second, any other has a minute, and
/// each has less memory than one that never stops taking some would make the machine feel.
fn expect(library: &Path, case: &str, outcome: &str, more: &[&OsStr]) {
    let limit: &OsStr = if outcome == "hung" { "1".as_ref() } else { "60".as_ref() };
    let own: [&OsStr; 6] = [
        "--case".as_ref(),
        case.as_ref(),
        "--time-limit".as_ref(),
        limit,
        "--memory-limit".as_ref(),
        "512".as_ref(),
    ];
    let arguments = [&own, more].concat();
    let report = Report::of(library, &arguments);
    assert!(!report.success, "{}: {case} passed: {}", library.display(), report.object);
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
fn a_library_that_is_wrong_once_configured_fails_its_plugin_case() {
    let folder = TempDir::new().unwrap();
    for (library, case, outcome) in CONFIGURED {
        let bundle = bundle(&folder, library, "good");
        expect(&bad_plugin(library).unwrap(), case, outcome, &["--bundle".as_ref(), &bundle]);
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
