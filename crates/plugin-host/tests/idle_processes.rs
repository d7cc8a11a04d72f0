//! A process that ends while nobody calls it is replaced before anybody misses it.

#[path = "support/processes.rs"]
mod processes;
#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use processes::{Notes, site};
use std::time::{Duration, Instant};
use support::{Wanted, children};
use undertone_core::{Classifier, FramesView, Model, PluginError};

const CALM: [f32; 4] = [0.25, 1.0, 0.5, 1.0];
/// Longer than anything here takes.
const WITHIN: Duration = Duration::from_secs(60);

fn classify(classifier: &mut dyn Classifier) -> Result<Vec<f32>, PluginError> {
    let mut outcomes = Vec::new();
    let batch = [FramesView { dim: 2, values: &CALM }];
    classifier.classify(&batch, &mut outcomes).expect("every item has its own outcome");
    outcomes.remove(0)
}

/// Ends the one process that there is; gives its number.
fn kill() -> i32 {
    let [child] = children()[..] else { panic!("one process") };
    let process = rustix::process::Pid::from_raw(child.id).expect("not zero");
    rustix::process::kill_process(process, rustix::process::Signal::KILL).expect("it is ours");
    child.id
}

fn wait_for(notes: &Notes, what: &str) {
    let until = Instant::now() + WITHIN;
    while notes.count(what) == 0 {
        assert!(Instant::now() < until, "{what} never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_process_that_ends_between_two_calls_costs_neither() {
    let (site, notes) = site(|_| {});
    let model = site.load(&Wanted::default()).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    let before = classify(&mut *classifier).expect("good");
    let killed = kill();
    wait_for(&notes, "restarted");
    assert_eq!(notes.count("killed"), 1);
    assert!(children().iter().all(|child| child.id != killed));
    // Between its start and its place in the seat lies a moment.
    let until = Instant::now() + WITHIN;
    let after = loop {
        match classify(&mut *classifier) {
            Err(PluginError::Lost { .. }) if Instant::now() < until => std::thread::yield_now(),
            other => break other,
        }
    };
    assert_eq!(after.expect("another one is there"), before);
    assert_eq!(notes.count("killed"), 1, "no call met the process that had ended");
}

#[test]
fn a_process_that_nobody_has_is_not_given_out_once_it_has_ended() {
    let (site, notes) = site(|_| {});
    let model = site.load(&Wanted::default()).expect("good");
    let killed = kill();
    let until = Instant::now() + WITHIN;
    while children().iter().any(|child| child.id == killed) {
        assert!(Instant::now() < until, "it never ends");
    }
    let mut classifier = model.new_classifier().expect("good");
    classify(&mut *classifier).expect("it has another process");
    assert_eq!((notes.count("killed"), notes.count("started")), (1, 2));
}
