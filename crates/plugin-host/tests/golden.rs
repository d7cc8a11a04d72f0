//! A model is served only when it computes what was trained.

#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use support::{Site, Wanted, golden};
use undertone_bundle::Manifest;

#[test]
fn a_model_that_gives_its_golden_logits_is_loaded() {
    let change = |manifest: &mut Manifest| manifest.golden = golden([1.0, 0.0005]);
    Site::new().load(&Wanted { change, ..Wanted::default() }).expect("within the tolerance");
}

#[test]
fn a_model_that_gives_other_logits_is_refused_with_the_label_that_is_furthest_off() {
    let change = |manifest: &mut Manifest| manifest.golden = golden([1.01, -0.5]);
    let refusal = Site::new().refusal(&Wanted { change, ..Wanted::default() });
    for part in ["m/1.0.0", "faulty_classifier", "\"sad\"", "logit 0,", "expected -0.5", "within 0.001"] {
        assert!(refusal.contains(part), "{part} not in {refusal}");
    }
}

#[test]
fn a_model_that_fails_on_its_golden_frames_is_refused() {
    let change = |manifest: &mut Manifest| manifest.golden = golden([1.0, 0.0]);
    let wanted = Wanted { classifier_behaviour: "nan", change, ..Wanted::default() };
    let refusal = Site::new().refusal(&wanted);
    assert!(refusal.contains("a score is not finite"), "{refusal}");
}
