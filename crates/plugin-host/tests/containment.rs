//! A plugin that fails costs what it was asked for, and nothing else.

#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use support::{Site, Wanted};
use undertone_core::{Classifier, EndReason, Extractor, Frames, FramesView, Model, PluginError};

const CALM: [f32; 4] = [0.0, 1.0, 0.0, 1.0];
/// Wakes faults that a model does not show while it is loaded.
const MARKED: [f32; 4] = [2.0, 1.0, 4.0, 1.0];
/// A sample that does.
const LOUD: f32 = 0.95;

type Outcomes = Vec<Result<Vec<f32>, PluginError>>;

fn classify(classifier: &mut dyn Classifier, batch: &[&[f32]]) -> Result<Outcomes, PluginError> {
    let batch: Vec<_> = batch.iter().map(|values| FramesView { dim: 2, values }).collect();
    let mut outcomes = Vec::new();
    classifier.classify(&batch, &mut outcomes).map(|()| outcomes)
}

fn classifier_that(behaviour: &str) -> Wanted<'_> {
    Wanted { classifier_behaviour: behaviour, ..Wanted::default() }
}

#[test]
fn every_item_gets_its_own_scores() {
    let model = Site::new().load(&Wanted::default()).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    let outcomes = classify(&mut *classifier, &[&CALM, &MARKED]).expect("good");
    assert_eq!(outcomes, [Ok(vec![0.0, 0.0]), Ok(vec![3.0, 0.0])]);
}

#[test]
fn an_item_that_is_refused_does_not_fail_its_neighbours() {
    let model = Site::new().load(&classifier_that("refuse-item-when-asked")).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    let outcomes = classify(&mut *classifier, &[&MARKED, &CALM]).expect("the call is good");
    assert!(matches!(&outcomes[0], Err(PluginError::Refused { message, .. }) if message == "asked to"));
    assert_eq!(outcomes[1], Ok(vec![0.0, 0.0]));
    assert_eq!(model.instances_replaced(), 0);
}

#[test]
fn items_of_a_wrong_length_or_width_never_reach_the_plugin() {
    let model = Site::new().load(&Wanted::default()).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    let long = [0.0; 202];
    let wide = [0.0; 6];
    let batch = [
        FramesView { dim: 2, values: &CALM[..2] },
        FramesView { dim: 2, values: &MARKED },
        FramesView { dim: 2, values: &long },
        FramesView { dim: 3, values: &wide },
    ];
    let mut outcomes = Vec::new();
    classifier.classify(&batch, &mut outcomes).expect("the call is good");
    let refused = |outcome: &Result<_, _>| matches!(outcome, Err(PluginError::Refused { .. }));
    assert_eq!(outcomes.iter().map(refused).collect::<Vec<_>>(), [true, false, true, true]);
    assert_eq!(outcomes[1], Ok(vec![3.0, 0.0]));
}

#[test]
fn a_panic_is_reported_once_and_the_next_call_has_a_new_instance() {
    let model = Site::new().load(&classifier_that("panic-when-asked")).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    let error = classify(&mut *classifier, &[&CALM, &MARKED]).expect_err("panicked");
    assert!(matches!(&error, PluginError::Failed { message, .. } if message.contains("asked to")), "{error}");
    assert_eq!(classify(&mut *classifier, &[&CALM]).expect("replaced"), [Ok(vec![0.0, 0.0])]);
    assert_eq!(model.instances_replaced(), 1);
}

#[test]
fn a_failure_of_the_whole_call_replaces_the_instance() {
    let model = Site::new().load(&classifier_that("fail-when-asked")).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    for round in 1..=3 {
        assert!(classify(&mut *classifier, &[&MARKED]).is_err());
        assert!(classify(&mut *classifier, &[&CALM]).is_ok());
        assert_eq!(model.instances_replaced(), round);
    }
}

#[test]
fn scores_that_are_not_numbers_fail_their_item() {
    let model = Site::new().load(&classifier_that("nan-when-asked")).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    let outcomes = classify(&mut *classifier, &[&MARKED]).expect("the call is good");
    assert!(
        matches!(&outcomes[0], Err(PluginError::Failed { message, .. }) if message.contains("not finite"))
    );
}

#[test]
fn scores_that_were_not_written_fail_their_item() {
    let model = Site::new().load(&Wanted { classifier: "short_write", ..Wanted::default() }).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    let outcomes = classify(&mut *classifier, &[&MARKED, &MARKED]).expect("the call is good");
    assert!(
        outcomes.iter().all(|outcome| matches!(outcome, Err(PluginError::Failed { .. }))),
        "{outcomes:?}"
    );
}

#[test]
fn items_without_an_answer_fail() {
    let model = Site::new().load(&classifier_that("silent-when-asked")).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    let outcomes = classify(&mut *classifier, &[&MARKED]).expect("the call is good");
    assert!(matches!(&outcomes[0], Err(PluginError::Failed { .. })), "{outcomes:?}");
}

#[test]
fn cancelled_runs_end_without_costing_the_instance() {
    let site = Site::new();
    let model = site.load(&Wanted::default()).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    site.host.cancel_runs();
    let error = classify(&mut *classifier, &[&CALM]).expect_err("cancelled");
    assert!(error.to_string().contains("cancelled"), "{error}");
    assert_eq!(model.instances_replaced(), 0);
}

fn extractor_that(behaviour: &str) -> Wanted<'_> {
    Wanted { extractor_behaviour: behaviour, ..Wanted::default() }
}

fn push(extractor: &mut dyn Extractor, samples: &[f32]) -> Result<Frames, PluginError> {
    let mut frames = Frames::new(2);
    extractor.push(samples, &mut frames).map(|()| frames)
}

#[test]
fn frames_are_appended_behind_those_that_were_there() {
    let model = Site::new().load(&Wanted::default()).expect("good");
    let mut extractor = model.new_extractor().expect("good");
    let mut frames = Frames::new(2);
    frames.push_row(&[9.0, 9.0]);
    extractor.push(&[0.25; 200], &mut frames).expect("good");
    extractor.push(&[0.125; 200], &mut frames).expect("good");
    extractor.finish(&mut frames).expect("good");
    assert_eq!(frames.values(), [9.0, 9.0, 0.25, 1.0, 0.25, 1.0]);
}

#[test]
fn a_stream_whose_extractor_panicked_is_lost_until_it_is_reset() {
    let model = Site::new().load(&extractor_that("panic")).expect("good");
    let mut extractor = model.new_extractor().expect("good");
    assert_eq!(push(&mut *extractor, &[0.25; 160]).expect("good").len(), 1);
    let error = push(&mut *extractor, &[0.5; 160]).expect_err("panicked");
    assert!(error.to_string().contains("asked to"), "{error}");
    // A fresh instance in the middle of a stream would place its frames wrongly.
    assert!(push(&mut *extractor, &[0.25; 160]).is_err());
    extractor.reset(EndReason::Failed).expect("replaced");
    assert_eq!(push(&mut *extractor, &[0.25; 160]).expect("good").len(), 1);
    assert_eq!(model.instances_replaced(), 1);
}

#[test]
fn frames_that_are_not_numbers_are_a_failure_and_leave_no_frame() {
    let model = Site::new().load(&extractor_that("nan-when-asked")).expect("good");
    let mut extractor = model.new_extractor().expect("good");
    let mut frames = Frames::new(2);
    assert!(extractor.push(&[LOUD; 400], &mut frames).is_err());
    assert!(frames.is_empty());
}

#[test]
fn more_frames_than_promised_are_a_failure() {
    let model = Site::new().load(&extractor_that("broken-promise-when-asked")).expect("good");
    let mut extractor = model.new_extractor().expect("good");
    push(&mut *extractor, &[LOUD; 160]).expect("what it promised");
    let error = push(&mut *extractor, &[0.25; 400]).expect_err("too many");
    assert!(error.to_string().contains("more frames than max_frames_for promised"), "{error}");
}

#[test]
fn a_promise_without_bounds_is_a_failure() {
    let model = Site::new().load(&extractor_that("boundless-when-asked")).expect("good");
    let mut extractor = model.new_extractor().expect("good");
    push(&mut *extractor, &[LOUD; 160]).expect("what it promised");
    let error = push(&mut *extractor, &[0.25; 400]).expect_err("too many");
    assert!(error.to_string().contains("too many"), "{error}");
}

#[test]
fn samples_that_are_no_audio_are_refused_and_cost_nothing() {
    let model = Site::new().load(&Wanted::default()).expect("good");
    let mut extractor = model.new_extractor().expect("good");
    for wrong in [f32::NAN, f32::INFINITY, 1e30] {
        assert!(matches!(push(&mut *extractor, &[wrong]), Err(PluginError::Refused { .. })));
    }
    assert_eq!(push(&mut *extractor, &[0.25; 160]).expect("still good").len(), 1);
}
