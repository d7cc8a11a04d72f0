//! A model is served only when it works, and computes what was trained.

#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use support::{Site, Wanted, golden};
use undertone_bundle::{Manifest, State, StreamGraph};

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

#[test]
fn a_model_without_golden_frames_is_tried_on_a_made_up_signal() {
    let faults = [
        ("nan", "good", "a score is not finite"),
        ("silent", "good", "faulty_classifier"),
        ("good", "nan", "not finite"),
        ("good", "late", "0 frames"),
    ];
    for (classifier_behaviour, extractor_behaviour, words) in faults {
        let wanted = Wanted { classifier_behaviour, extractor_behaviour, ..Wanted::default() };
        let refusal = Site::new().refusal(&wanted);
        assert!(refusal.contains(words), "{words} is not in {refusal}");
    }
    let refusal = Site::new().refusal(&Wanted { classifier_behaviour: "nan", ..Wanted::default() });
    assert!(refusal.contains("m/1.0.0: it fails at a made-up signal of 1.0 s"), "{refusal}");
}

#[test]
fn a_model_is_tried_with_as_many_frames_as_it_takes() {
    let few = |manifest: &mut Manifest| (manifest.limits.min_frames, manifest.limits.max_frames) = (1, 3);
    Site::new().load(&Wanted { change: few, ..Wanted::default() }).expect("it is shown three");
    let many =
        |manifest: &mut Manifest| (manifest.limits.min_frames, manifest.limits.max_frames) = (700, 900);
    Site::new().load(&Wanted { change: many, ..Wanted::default() }).expect("it is shown 700");
}

#[test]
fn the_graph_that_goes_on_is_tried_too() {
    let change = |manifest: &mut Manifest| {
        let whole = &manifest.graph.whole;
        manifest.graph.stream = Some(StreamGraph {
            file: whole.file.clone(),
            input: whole.input.clone(),
            output: whole.output.clone(),
            step_frames: 2,
            temperature: None,
            states: vec![State { name_in: "sum".into(), name_out: "sum_after".into(), shape: vec![2] }],
        });
    };
    let with = |classifier_behaviour| Wanted { classifier_behaviour, change, ..Wanted::default() };
    Site::new().load(&with("good")).expect("good");
    let refusal = Site::new().refusal(&with("nan-state"));
    assert!(refusal.contains("made-up signal") && refusal.contains("not finite"), "{refusal}");
}
