//! The plugins of this repository keep the contract.

use super::{Report, example_bundle, undertone};
use crate::parity::write_stateful_bundle;
use std::path::Path;
use tempfile::TempDir;
use undertone_tests::{CNN, LSTM, compile_energy, example_plugins, shipped_bundle, stage};

#[test]
fn logmel_keeps_the_contract_with_every_kind_of_frames() {
    let library = stage().unwrap().join("plugins/libundertone_plugin_logmel.so");
    for recipe in ["logmel64", "mfcc13-deltas", "prosody"] {
        let configuration = format!("{{\"recipe\":\"{recipe}\"}}");
        let report = Report::of(&library, &["--configuration".as_ref(), configuration.as_ref()]);
        report.assert_kept(&["library", "configuration", "extractor"], &[]);
    }
}

#[test]
fn logmel_keeps_the_contract_with_the_recipe_of_a_bundle() {
    let stage = stage().unwrap();
    let library = stage.join("plugins/libundertone_plugin_logmel.so");
    let report = Report::of(&library, &["--bundle".as_ref(), shipped_bundle(CNN).unwrap().as_ref()]);
    report.assert_kept(&["library", "configuration", "extractor"], &[]);
}

#[test]
fn onnx_keeps_the_contract_with_the_shipped_models() {
    let stage = stage().unwrap();
    for model in [CNN, LSTM] {
        let bundle = shipped_bundle(model).unwrap();
        let library = stage.join("plugins/libundertone_plugin_onnx.so");
        let report = Report::of(&library, &["--bundle".as_ref(), bundle.as_ref()]);
        report.assert_kept(&["library", "configuration", "classifier"], &[]);
    }
}

#[test]
fn onnx_keeps_the_contract_with_a_graph_that_carries_state() {
    let folder = TempDir::new().unwrap();
    let bundle = folder.path().join("parity/1.0.0");
    write_stateful_bundle(&bundle);
    let library = stage().unwrap().join("plugins/libundertone_plugin_onnx.so");
    let report = Report::of(&library, &["--bundle".as_ref(), bundle.as_ref()]);
    report.assert_kept(&["library", "configuration", "classifier", "state"], &[]);
}

/// The check of `tract` in the place of the plugin that a bundle names.
fn tract_with(bundle: &Path) -> Report {
    let library = stage().unwrap().join("plugins/libundertone_plugin_tract.so");
    Report::of(&library, &["--bundle".as_ref(), bundle.as_ref(), "--instead-of".as_ref(), "onnx".as_ref()])
}

#[test]
fn tract_keeps_the_contract_with_the_shipped_models() {
    for model in [CNN, LSTM] {
        let report = tract_with(&shipped_bundle(model).unwrap());
        report.assert_kept(&["library", "configuration", "classifier"], &[]);
    }
}

#[test]
fn tract_keeps_the_contract_with_a_graph_that_carries_state() {
    let folder = TempDir::new().unwrap();
    let bundle = folder.path().join("parity/1.0.0");
    write_stateful_bundle(&bundle);
    tract_with(&bundle).assert_kept(&["library", "configuration", "classifier", "state"], &[]);
}

#[test]
fn the_example_in_c_keeps_the_contract() {
    let folder = TempDir::new().unwrap();
    let report = Report::of(&compile_energy(folder.path(), |source| source).unwrap(), &[]);
    report.assert_kept(&["library", "configuration", "extractor"], &[]);
}

#[test]
fn the_example_in_rust_keeps_the_contract() {
    let library = example_plugins().unwrap().join("libundertone_plugin_linear.so");
    let report = Report::of(&library, &["--bundle".as_ref(), example_bundle().as_ref()]);
    report.assert_kept(&["library", "configuration", "classifier"], &[]);
}

#[test]
fn without_a_bundle_a_classifiers_cases_are_shown_as_skipped_with_what_is_missing() {
    let library = example_plugins().unwrap().join("libundertone_plugin_linear.so");
    let report = Report::of(&library, &[]);
    assert!(report.success);
    assert!(report.with("skipped").contains(&"classifier-finite"));
    let table = undertone(&["plugin".as_ref(), "check".as_ref(), library.as_ref()]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.contains("skipped") && table.contains("--bundle DIR"), "{table}");
}

#[test]
fn every_case_is_listed_with_its_rule() {
    let listed = undertone(&["plugin".as_ref(), "check".as_ref(), "--list".as_ref()]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.lines().count() >= 40, "{listed}");
    assert!(listed.lines().all(|line| line.contains(' ') && line.ends_with('.')), "{listed}");
    let json = undertone(&["plugin".as_ref(), "check".as_ref(), "--list".as_ref(), "--json".as_ref()]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let cases = json["cases"].as_array().unwrap();
    assert_eq!(cases.len(), listed.lines().count());
    assert!(cases.iter().all(|case| listed.contains(case["rule"].as_str().unwrap())), "{json}");
}
