//! What the program says where it cannot do what it was asked for.

use super::{clip, printed, undertone};

fn said(arguments: &[&str]) -> String {
    let output = undertone(arguments);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn settings_of_this_process_are_refused_beside_a_server() {
    for flags in [["--set", "recognition.abstain_below=0.1"], ["--models-dir", "models"]] {
        let said = said(&[&["recognize", &clip(), "--server", "http://127.0.0.1:9"], &flags[..]].concat());
        assert!(
            said.contains(flags[0]) && said.contains("--server asks one with settings of its own"),
            "{said}"
        );
    }
}

#[test]
fn a_policy_that_leaves_out_every_version_is_named() {
    let said = said(&["recognize", &clip(), "--set", "models.policy=pinned 9.9.9"]);
    assert!(said.contains("models.policy and models.policies leave out every version in"), "{said}");
}

#[test]
fn keys_are_not_looked_for_where_nothing_is() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let said = said(&["keys", "list", "--data-dir", nowhere.to_str().unwrap()]);
    assert!(said.contains("there is no journal at") && said.contains("nowhere"), "{said}");
    assert!(!nowhere.exists(), "looking makes nothing");
}

#[test]
fn feedback_about_a_part_needs_its_stream() {
    let said = said(&["feedback", "--prediction", "a", "--from", "1s", "--label", "sad"]);
    assert!(said.contains("--stream"), "{said}");
}

#[test]
fn a_models_card_is_told_as_json_too() {
    let told: serde_json::Value =
        serde_json::from_str(&printed(&undertone(&["models", "cnn", "--format", "json"]))).unwrap();
    assert!(told["name"] == "cnn" && told["card"].as_str().unwrap().starts_with("# cnn "), "{told}");
}

#[test]
fn workers_that_were_set_go_before_those_that_recognize_would_have() {
    let said = said(&["recognize", &clip(), "--set", "engine.workers=none"]);
    assert!(said.contains("engine.workers"), "{said}");
}
