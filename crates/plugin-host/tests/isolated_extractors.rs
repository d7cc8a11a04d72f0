//! An extractor in a process of its own makes the frames that it would make in this one, and takes only its streams along.

#[path = "support/processes.rs"]
mod processes;
#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use processes::{Notes, site};
use std::sync::Arc;
use std::time::Duration;
use support::{Site, Wanted};
use undertone_core::{EndReason, Extractor, Frames, Model, PluginError};
use undertone_plugin_host::LoadedModel;
use undertone_plugin_host::isolation::Isolation;

/// Samples of a hop; a frame is the first of them and 1.
const HOP: usize = 160;
/// Asks for the fault.
const COMMAND: [f32; 1] = [0.99];

/// A host whose extractors run in processes, two streams in each, and whose classifiers do not.
fn extractors_apart(answer_within: Duration) -> (Site, Arc<Notes>) {
    site(|config| {
        config.default = Isolation::InProcess;
        config.exceptions = [("faulty_extractor".to_owned(), Isolation::Process)].into();
        config.process.answer_within = answer_within;
    })
}

fn that(behaviour: &str) -> Wanted<'_> {
    Wanted { extractor_behaviour: behaviour, ..Wanted::default() }
}

fn load(behaviour: &str) -> (Site, Arc<Notes>, Arc<LoadedModel>) {
    let (site, notes) = extractors_apart(Duration::from_secs(60));
    let model = site.load(&that(behaviour)).expect("good");
    (site, notes, model)
}

fn samples(count: usize) -> Vec<f32> {
    (0..count).map(|at| (at % 1000) as f32 * 0.0005).collect()
}

/// The same with one that wakes faults which a model does not show while it is loaded.
fn waking(count: usize) -> Vec<f32> {
    let mut samples = samples(count);
    samples[1] = COMMAND[0];
    samples
}

/// The frames of `samples` in pieces of these lengths, again and again, and those at the end.
fn frames(extractor: &mut dyn Extractor, samples: &[f32], pieces: &[usize]) -> Result<Vec<f32>, PluginError> {
    let (mut frames, mut rest) = (Frames::new(2), samples);
    for &length in pieces.iter().cycle() {
        let (piece, later) = rest.split_at(length.min(rest.len()));
        extractor.push(piece, &mut frames)?;
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    extractor.finish(&mut frames)?;
    Ok(frames.values().to_vec())
}

/// What a stream gives that nothing happens to.
fn whole(extractor: &mut dyn Extractor) -> Vec<f32> {
    frames(extractor, &samples(HOP * 3), &[HOP]).expect("nothing happens to it")
}

fn fault(extractor: &mut dyn Extractor) -> PluginError {
    extractor.push(&COMMAND, &mut Frames::new(2)).expect_err("it was asked for a fault")
}

/// Starts streams until one gets its frames.
fn until_made(extractor: &mut dyn Extractor) -> Vec<f32> {
    loop {
        extractor.reset(EndReason::Failed).expect("a stream can always be forgotten");
        match frames(extractor, &samples(HOP * 3), &[HOP]) {
            Ok(made) => return made,
            Err(PluginError::Lost { .. }) => std::thread::yield_now(),
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn frames_are_those_of_the_extractor_in_process_however_the_samples_are_cut() {
    let (here, (_site, notes, apart)) = (Site::new(), load("good"));
    let here = here.load(&that("good")).expect("good");
    assert_eq!(here.layout(), apart.layout());
    assert!(apart.is_apart() && !here.is_apart());
    let samples = samples(5000);
    let expected = frames(&mut *here.new_extractor().expect("good"), &samples, &[5000]).expect("good");
    assert_eq!(expected.len(), 2 * (5000 / HOP));
    let mut extractor = apart.new_extractor().expect("good");
    for pieces in [&[5000][..], &[1], &[0, 7, 333], &[1024], &[2048, 1]] {
        assert_eq!(frames(&mut *extractor, &samples, pieces), Ok(expected.clone()), "{pieces:?}");
        extractor.reset(EndReason::Finished).expect("good");
    }
    assert_eq!((notes.count("started"), notes.count("restarted")), (1, 0));
}

#[test]
fn a_fault_ends_the_streams_of_its_process_and_no_others() {
    let faults = [
        ("segfault-on-command", "SIGSEGV", "segfault"),
        ("leak-on-command", "more memory than its limit", "memory"),
    ];
    for (behaviour, words, reason) in faults {
        let (_site, notes, model) = load(behaviour);
        let mut streams = [(); 3].map(|()| model.new_extractor().expect("good"));
        assert_eq!(notes.count("started"), 2, "two streams have their extractors in a process");
        let (mut begun, half) = (Frames::new(2), samples(HOP * 3));
        for stream in &mut streams {
            begun.clear();
            stream.push(&half, &mut begun).expect("good");
        }
        let lost = fault(&mut *streams[0]);
        assert!(matches!(lost, PluginError::Lost { .. }) && lost.to_string().contains(words), "{lost}");
        let neighbour = streams[1].push(&half, &mut begun).expect_err("its process is gone");
        assert!(matches!(neighbour, PluginError::Lost { .. }), "{neighbour}");
        streams[2].push(&half, &mut begun).expect("it has another process");
        assert_eq!(begun.len(), 6, "{behaviour}");
        assert_eq!(until_made(&mut *streams[0]).len(), 6, "another process took its place");
        assert_eq!([reason, "restarted"].map(|what| notes.count(what)), [1, 1], "{:?}", notes.0);
    }
}

#[test]
fn an_instance_that_waited_for_its_next_stream_finds_the_process_that_took_the_lost_ones_place() {
    let (_site, notes, model) = load("segfault-on-command");
    let mut idle = model.new_extractor().expect("good");
    let made = whole(&mut *idle);
    idle.reset(EndReason::Finished).expect("good");
    let mut other = model.new_extractor().expect("good");
    fault(&mut *other);
    until_made(&mut *other);
    assert_eq!(whole(&mut *idle), made, "its stream began after the loss");
    assert_eq!(notes.count("restarted"), 1);
}

#[test]
fn frames_that_the_samples_are_not_due_cost_the_stream() {
    let odd = [
        ("late-when-asked", "behind 480 samples it has given 0 frames; 3 to 3 are due"),
        ("first-is-missing-when-asked", "2 frames; 3 to 3"),
        ("one-too-many-when-asked", "4 frames; 3 to 3"),
    ];
    for (behaviour, words) in odd {
        let (site, _) = extractors_apart(Duration::from_secs(60));
        for site in [Site::new(), site] {
            let model = site.load(&that(behaviour)).expect("good");
            let mut extractor = model.new_extractor().expect("good");
            let failed =
                frames(&mut *extractor, &waking(HOP * 3), &[HOP * 3]).expect_err("their places are wrong");
            assert!(failed.to_string().contains(words), "{failed}");
            let mut later = Frames::new(2);
            assert!(
                extractor.push(&samples(HOP), &mut later).is_err() && later.is_empty(),
                "the stream is lost"
            );
            extractor.reset(EndReason::Failed).expect("another stream may come");
            assert_eq!(model.instances_replaced(), 1, "{behaviour}");
        }
    }
}

#[test]
fn a_stream_that_would_wait_too_long_for_a_process_is_told_to_come_again() {
    let (site, _) = site(|config| {
        config.exceptions = [("faulty_classifier".to_owned(), Isolation::InProcess)].into();
        (config.process.streams, config.process.wait_for_start) = (1, Duration::ZERO);
    });
    let model = site.load(&that("good")).expect("good");
    let _first = model.new_extractor().expect("its process is there");
    let mut second = loop {
        match model.new_extractor() {
            Ok(extractor) => break extractor,
            Err(lost @ PluginError::Lost { .. }) => {
                assert!(lost.to_string().contains("another one is being started"), "{lost}");
                std::thread::yield_now();
            }
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(whole(&mut *second).len(), 6);
}

#[test]
fn an_extractor_that_never_returns_is_given_up() {
    let (site, notes) = extractors_apart(Duration::from_millis(300));
    let model = site.load(&that("hang-on-command")).expect("good");
    let mut extractor = model.new_extractor().expect("good");
    let lost = fault(&mut *extractor).to_string();
    assert!(lost.contains("did not answer within 0.3 s"), "{lost}");
    until_made(&mut *extractor);
    assert!(notes.count("hang") >= 1);
}

#[test]
fn a_panic_costs_its_stream_and_not_the_process() {
    let (_site, notes, model) = load("panic-on-command");
    let mut streams = [(); 2].map(|()| model.new_extractor().expect("good"));
    let failed = fault(&mut *streams[0]);
    assert!(
        matches!(&failed, PluginError::Failed { message, .. } if message.contains("asked to")),
        "{failed}"
    );
    assert_eq!(whole(&mut *streams[1]).len(), 6, "its neighbour goes on");
    streams[0].reset(EndReason::Failed).expect("it gets another instance");
    assert_eq!(whole(&mut *streams[0]).len(), 6);
    assert_eq!(notes.count("restarted"), 0);
    assert_eq!(model.instances_replaced(), 1);
}

#[test]
fn frames_that_are_not_finite_fail_as_they_do_in_process() {
    let (_site, _, model) = load("nan-when-asked");
    let mut extractor = model.new_extractor().expect("good");
    let failed = frames(&mut *extractor, &waking(HOP), &[HOP]).expect_err("it gives no numbers");
    assert!(failed.to_string().contains("not finite"), "{failed}");
}

#[test]
fn other_features_are_refused_with_both_fingerprints() {
    let (site, _) = extractors_apart(Duration::from_secs(60));
    let change =
        |manifest: &mut undertone_bundle::Manifest| manifest.features.fingerprint = "trained-on".into();
    let refusal = site.refusal(&Wanted { change, ..that("good") });
    assert!(refusal.contains("trained-on in the manifest") && refusal.contains("says faulty"), "{refusal}");
}

#[test]
fn what_plugins_count_in_their_processes_is_known_and_outlives_them() {
    let (site, _) = site(|_| {});
    let counted = |site: &Site| {
        let counters = site.host.counters();
        counters.iter().find(|own| own.plugin == "faulty_classifier").map(|own| (own.name.clone(), own.value))
    };
    assert_eq!(counted(&site), None);
    let bundle = site.write("1.0.0", &Wanted::default());
    for loads in 1..=2 {
        let model = site.host.load_model(&bundle).expect("good");
        let frames = undertone_core::FramesView { dim: 2, values: &[0.25, 1.0, 0.5, 1.0] };
        model.new_classifier().expect("good").classify(&[frames], &mut Vec::new()).expect("good");
        drop(model);
        assert_eq!(counted(&site), Some(("opened".to_owned(), loads)));
    }
}
