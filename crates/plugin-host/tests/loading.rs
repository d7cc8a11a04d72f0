//! What is loaded, and what is refused before it can do harm.

#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use support::{Site, Wanted};
use undertone_core::Model;
use undertone_plugin_host::{HostError, Registry};

#[test]
fn a_good_bundle_is_loaded_with_everything_it_says() {
    let site = Site::new();
    let model = site.load(&Wanted::default()).expect("good");
    assert_eq!(model.reference().to_string(), "m@1.0.0");
    assert_eq!(model.labels(), ["happy", "sad"]);
    assert_eq!(model.card(), "# Card");
    assert_eq!(model.manifest().limits.min_frames, 2);
    assert_eq!(site.host.counters()[0].name, "opened");
}

#[test]
fn another_major_version_is_refused_with_both_versions() {
    let refusal = Site::new().refusal(&Wanted { classifier: "wrong_abi", ..Wanted::default() });
    assert!(refusal.contains("built for version 2.0") && refusal.contains("host speaks 1.0"), "{refusal}");
}

#[test]
fn a_newer_minor_version_is_refused() {
    let refusal = Site::new().refusal(&Wanted { classifier: "newer_abi", ..Wanted::default() });
    assert!(refusal.contains("built for version 1.1"), "{refusal}");
}

#[test]
fn a_bundle_for_another_contract_is_refused_before_its_plugins_are_looked_for() {
    let change = |manifest: &mut undertone_bundle::Manifest| manifest.plugin.abi = "7.0".into();
    let refusal = Site::new().refusal(&Wanted { classifier: "absent", change, ..Wanted::default() });
    assert!(refusal.contains("built for version 7.0"), "{refusal}");
}

#[test]
fn a_null_function_is_refused_by_name() {
    let refusal = Site::new().refusal(&Wanted { classifier: "null_function", ..Wanted::default() });
    assert!(refusal.contains("function classify is null"), "{refusal}");
}

#[test]
fn a_table_that_is_too_short_is_refused() {
    let refusal = Site::new().refusal(&Wanted { classifier: "short_table", ..Wanted::default() });
    assert!(refusal.contains("the classifier table has 16 bytes"), "{refusal}");
}

#[test]
fn a_library_that_is_not_there_is_named_with_its_path() {
    let refusal = Site::new().refusal(&Wanted { classifier: "absent", ..Wanted::default() });
    assert!(
        refusal.contains("plugin absent") && refusal.contains("libundertone_plugin_absent.so"),
        "{refusal}"
    );
}

#[test]
fn a_file_that_is_no_library_is_refused() {
    let site = Site::new();
    std::fs::write(site.plugins_dir().join("libundertone_plugin_text.so"), b"text").expect("writable");
    let error = site.load(&Wanted { classifier: "text", ..Wanted::default() }).expect_err("no library");
    assert!(matches!(error, HostError::Open { .. }), "{error}");
    let shown = error.to_string();
    assert!(
        shown.matches("libundertone_plugin_text.so").count() > 1,
        "the linker's words are missing: {shown}"
    );
}

#[test]
fn a_library_under_another_name_is_refused() {
    let site = Site::new();
    let plugins = site.plugins_dir();
    let library = plugins.join("libundertone_plugin_faulty_classifier.so");
    std::fs::copy(library, plugins.join("libundertone_plugin_other.so")).expect("copied");
    let refusal = site.refusal(&Wanted { classifier: "other", ..Wanted::default() });
    assert!(refusal.contains("it calls itself \"faulty_classifier\""), "{refusal}");
}

#[test]
fn an_extractor_is_no_classifier() {
    let refusal = Site::new().refusal(&Wanted { classifier: "faulty_extractor", ..Wanted::default() });
    assert!(refusal.contains("of the kind classifier"), "{refusal}");
}

#[test]
fn features_other_than_those_trained_on_are_refused_with_both_fingerprints() {
    let change =
        |manifest: &mut undertone_bundle::Manifest| manifest.features.fingerprint = "trained-on".into();
    let refusal = Site::new().refusal(&Wanted { change, ..Wanted::default() });
    assert!(refusal.contains("trained-on in the manifest") && refusal.contains("says faulty"), "{refusal}");
}

#[test]
fn a_label_count_that_the_plugin_does_not_share_is_refused() {
    let refusal = Site::new().refusal(&Wanted { classifier_behaviour: "extra-label", ..Wanted::default() });
    assert!(
        refusal.contains("number of labels is 2 in the manifest") && refusal.contains("says 3"),
        "{refusal}"
    );
}

#[test]
fn another_sample_rate_is_refused() {
    let refusal = Site::new().refusal(&Wanted { extractor_behaviour: "other-rate", ..Wanted::default() });
    assert!(refusal.contains("wants 8000 Hz, there are 16000 Hz"), "{refusal}");
}

#[test]
fn a_panic_while_opening_is_a_refusal_with_its_text() {
    let refusal = Site::new().refusal(&Wanted { classifier_behaviour: "panic-at-open", ..Wanted::default() });
    assert!(refusal.contains("plugin faulty_classifier") && refusal.contains("asked to"), "{refusal}");
}

#[test]
fn a_configuration_that_the_plugin_refuses_is_refused_in_its_words() {
    let refusal = Site::new().refusal(&Wanted { extractor_behaviour: "unheard-of", ..Wanted::default() });
    assert!(refusal.contains("plugin faulty_extractor refused its configuration"), "{refusal}");
    assert!(refusal.contains("unheard-of"), "{refusal}");
}

#[test]
fn a_bad_bundle_does_not_stop_the_others() {
    let site = Site::new();
    site.write("1.0.0", &Wanted::default());
    let changed = site.write("2.0.0", &Wanted::default());
    site.write("10.0.0", &Wanted::default());
    site.write("11.0.0", &Wanted { classifier: "wrong_abi", ..Wanted::default() });
    std::fs::write(changed.join("whole.onnx"), b"changed").expect("writable");

    let report = site.host.load_all();
    let loaded: Vec<_> = report.models.iter().map(|model| model.reference().to_string()).collect();
    assert_eq!(loaded, ["m@1.0.0", "m@10.0.0"]);
    let refused: Vec<_> =
        report.refused.iter().map(|refusal| refusal.path.file_name().expect("named")).collect();
    assert_eq!(refused, ["2.0.0", "11.0.0"]);
    let registry = Registry::new(report.models);
    assert_eq!(registry.resolve("m").expect("loaded").reference().version, "10.0.0");
}

#[test]
fn a_second_folder_with_the_same_model_is_refused() {
    let site = Site::new();
    site.write("1.0.0", &Wanted::default());
    let copy = site.models_dir().join("copy/1.0.0");
    std::fs::create_dir_all(&copy).expect("writable");
    for file in ["bundle.toml", "card.md", "whole.onnx"] {
        std::fs::copy(site.models_dir().join("m/1.0.0").join(file), copy.join(file)).expect("copied");
    }
    let report = site.host.load_all();
    assert_eq!(report.models.len(), 1);
    assert!(matches!(report.refused[0].error, HostError::Duplicate { .. }), "{:?}", report.refused);
}

#[test]
fn a_folder_of_models_that_is_not_there_is_reported() {
    let site = Site::new();
    std::fs::remove_dir(site.models_dir()).expect("empty");
    let report = site.host.load_all();
    assert!(report.models.is_empty());
    assert_eq!(report.refused[0].path, site.models_dir());
}
