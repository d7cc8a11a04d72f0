//! A plugin in a process of its own answers as it would in this one, and takes nobody down.

#[path = "support/processes.rs"]
mod processes;
#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use processes::site;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{Site, Wanted, children, golden};
use undertone_bundle::{Dim, Manifest, State, StreamGraph, Tensor};
use undertone_core::{Advance, Classifier, FramesView, Model, PluginError, StreamClassifier};
use undertone_plugin_host::LoadedModel;
use undertone_plugin_host::isolation::BackoffConfig;

const CALM: [f32; 4] = [0.25, 1.0, 0.5, 1.0];
/// Asks for the fault.
const COMMAND: [f32; 4] = [0.25, 1.0, 0.99, 1.0];
/// Frames that are too few.
const SHORT: [f32; 2] = [0.5, 1.0];

type Outcomes = Vec<Result<Vec<f32>, PluginError>>;

fn stateful(manifest: &mut Manifest) {
    let whole = &manifest.graph.whole;
    manifest.graph.stream = Some(StreamGraph {
        file: whole.file.clone(),
        input: whole.input.clone(),
        output: Tensor { name: "y".into(), dims: vec![Dim::Named("batch".into()), Dim::Fixed(2)] },
        step_frames: 2,
        temperature: None,
        states: vec![State { name_in: "sum".into(), name_out: "sum_after".into(), shape: vec![2] }],
    });
}

fn that(behaviour: &str) -> Wanted<'_> {
    Wanted { classifier_behaviour: behaviour, change: stateful, ..Wanted::default() }
}

fn classify(classifier: &mut dyn Classifier, batch: &[&[f32]]) -> Outcomes {
    let batch: Vec<_> = batch.iter().map(|values| FramesView { dim: 2, values }).collect();
    let mut outcomes = Vec::new();
    classifier.classify(&batch, &mut outcomes).expect("every item has its own outcome");
    outcomes
}

fn advance(classifier: &mut dyn StreamClassifier, items: &[&[f32]], states: &mut [Vec<f32>]) -> Outcomes {
    let frames = items.iter().map(|values| FramesView { dim: 2, values });
    let mut batch: Vec<_> = frames.zip(states).map(|(frames, state)| Advance { frames, state }).collect();
    let mut outcomes = Vec::new();
    classifier.advance(&mut batch, &mut outcomes).expect("every item has its own outcome");
    outcomes
}

/// Asks until there is an answer.
fn until_answered(classifier: &mut dyn Classifier) -> Vec<f32> {
    loop {
        match classify(classifier, &[&CALM]).remove(0) {
            Ok(scores) => return scores,
            Err(PluginError::Lost { .. }) => std::thread::yield_now(),
            Err(other) => panic!("{other}"),
        }
    }
}

fn assert_lost(outcome: &Result<Vec<f32>, PluginError>, words: &str) {
    match outcome {
        Err(error @ PluginError::Lost { .. }) => assert!(error.to_string().contains(words), "{error}"),
        other => panic!("{other:?}"),
    }
}

/// The plugin in this process and in another one.
fn both(wanted: &Wanted<'_>) -> [(Site, Arc<LoadedModel>); 2] {
    let (apart, _) = site(|_| {});
    [Site::new(), apart].map(|site| {
        let model = site.load(wanted).expect("good");
        (site, model)
    })
}

#[test]
fn utterances_get_the_same_answers_and_refusals_as_in_process() {
    let answers = both(&Wanted { change: |manifest| manifest.golden = golden([1.0, 0.0]), ..that("good") });
    let [here, apart] = answers.map(|(_site, model)| {
        assert_eq!(model.min_frames(), 2);
        classify(&mut *model.new_classifier().expect("good"), &[&CALM, &SHORT, &COMMAND, &CALM[..3]])
    });
    assert_eq!(here, apart);
    assert!(here[0].is_ok() && here[1].is_err());
}

#[test]
fn streams_go_on_from_their_states_as_in_process() {
    let [here, apart] = both(&that("good")).map(|(_site, model)| {
        let mut classifier = model.new_stream_classifier().expect("it carries state");
        let mut states = vec![vec![0.0; 2]; 3];
        let mut said = Vec::new();
        for _ in 0..3 {
            // The second has half a step and is refused; its state stays.
            said.push(advance(&mut *classifier, &[&CALM, &SHORT, &COMMAND], &mut states));
        }
        (said, states)
    });
    assert_eq!(here, apart);
    assert_eq!(apart.1[0], [0.75 * 3.0, 6.0]);
}

#[test]
fn a_batch_that_has_no_room_goes_in_several_calls() {
    let (site, _) = site(|config| config.process.shared_bytes = 1);
    let model = site.load(&that("good")).expect("good");
    let long = [0.5_f32, 1.0].repeat(100);
    let long = long.as_slice();
    let outcomes = classify(&mut *model.new_classifier().expect("good"), &[long; 40]);
    assert_eq!(outcomes, vec![Ok(vec![0.5, 0.0]); 40]);
}

#[test]
fn a_fault_costs_its_call_and_the_plugin_is_there_again() {
    let faults = [
        ("segfault-on-command", "SIGSEGV", "segfault"),
        ("abort-on-command", "SIGABRT", "abort"),
        ("exit-on-command", "exit code 7", "exit"),
        ("leak-on-command", "more memory than its limit", "memory"),
    ];
    for (behaviour, words, reason) in faults {
        let (site, notes) = site(|_| {});
        let model = site.load(&that(behaviour)).expect("good");
        let mut classifier = model.new_classifier().expect("good");
        let outcomes = classify(&mut *classifier, &[&CALM, &COMMAND, &SHORT]);
        assert_lost(&outcomes[0], words);
        assert_lost(&outcomes[1], words);
        assert!(matches!(outcomes[2], Err(PluginError::Refused { .. })), "{behaviour}: it was never shown");
        assert_eq!(until_answered(&mut *classifier), [0.375, 0.0]);
        let counts = [reason, "restarted", "closed"].map(|what| notes.count(what));
        assert_eq!(counts, [1, 1, 1], "{behaviour}: {:?}", notes.0);
        assert_eq!(model.instances_replaced(), 1);
    }
}

#[test]
fn a_call_that_never_returns_is_given_up() {
    let (site, notes) = site(|config| config.process.answer_within = Duration::from_millis(300));
    let model = site.load(&that("hang-on-command")).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    assert_lost(&classify(&mut *classifier, &[&COMMAND])[0], "did not answer within 0.3 s");
    until_answered(&mut *classifier);
    assert!(notes.count("hang") >= 1);
}

#[test]
fn a_panic_costs_its_call_and_not_the_process() {
    let (site, notes) = site(|_| {});
    let model = site.load(&that("panic-on-command")).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    for _ in 0..2 {
        let outcome = classify(&mut *classifier, &[&COMMAND]).remove(0).expect_err("it panicked");
        assert!(
            matches!(&outcome, PluginError::Failed { message, .. } if message.contains("asked to")),
            "{outcome}"
        );
        assert_eq!(classify(&mut *classifier, &[&CALM]), [Ok(vec![0.375, 0.0])]);
    }
    assert_eq!((notes.count("started"), notes.count("restarted")), (1, 0));
}

#[test]
fn the_state_of_a_stream_outlives_the_process() {
    let (site, _) = site(|_| {});
    let model = site.load(&that("segfault-on-command")).expect("good");
    let mut whole = model.new_classifier().expect("good");
    let mut stream = model.new_stream_classifier().expect("it carries state");
    let mut states = [vec![0.0; 2]];
    assert_eq!(advance(&mut *stream, &[&CALM], &mut states), [Ok(vec![0.375, 0.0])]);
    assert_lost(&classify(&mut *whole, &[&COMMAND])[0], "SIGSEGV");
    until_answered(&mut *whole);
    advance(&mut *stream, &[&CALM], &mut states);
    assert_eq!(states[0], [1.5, 4.0], "both graphs have one process, and it is another one now");
}

#[test]
fn both_graphs_of_a_worker_share_a_process_and_no_two_workers_do() {
    let (site, notes) = site(|_| {});
    let model = site.load(&that("segfault-on-command")).expect("good");
    // As for two workers, by one thread.
    let mut workers = [(); 2].map(|()| {
        let stream = model.new_stream_classifier().expect("it carries state");
        (stream, model.new_classifier().expect("good"))
    });
    assert_eq!(notes.count("started"), 2);
    assert_lost(&classify(&mut *workers[0].1, &[&COMMAND])[0], "SIGSEGV");
    let mut states = [vec![0.0; 2]];
    assert_eq!(advance(&mut *workers[1].0, &[&CALM], &mut states), [Ok(vec![0.375, 0.0])]);
    assert_eq!(classify(&mut *workers[1].1, &[&CALM]), [Ok(vec![0.375, 0.0])]);
}

#[test]
fn while_another_process_is_on_its_way_calls_fail_at_once_with_the_time_to_wait() {
    let later = Duration::from_secs(600);
    let (site, _) = site(|config| config.process.backoff = BackoffConfig { first: later, longest: later });
    let model = site.load(&that("segfault-on-command")).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    for batch in [&COMMAND, &CALM, &CALM] {
        let error = classify(&mut *classifier, &[batch]).remove(0).expect_err("it is gone");
        let wait = error.retry_after().expect("it says when");
        assert!(wait > later / 3 && wait < 2 * later, "{wait:?}");
    }
    assert_eq!(model.unready(), None, "one loss opens no breaker");
}

#[test]
fn a_model_that_is_lost_again_and_again_takes_no_streams_until_an_answer() {
    let (site, notes) = site(|config| {
        config.process.breaker.losses = 2;
        config.process.breaker.open_for = Duration::from_millis(500);
    });
    let model = site.load(&that("segfault-on-command")).expect("good");
    let mut classifier = model.new_classifier().expect("good");
    classify(&mut *classifier, &[&COMMAND]);
    assert_eq!(model.unready(), None);
    until_answered(&mut *classifier);
    let lost = Instant::now();
    let error = classify(&mut *classifier, &[&COMMAND]).remove(0).expect_err("it is gone");
    let unready = model.unready();
    if lost.elapsed() < Duration::from_millis(500) {
        let unready = unready.expect("the breaker is open");
        assert!(
            unready.why.contains("m@1.0.0") && unready.why.contains("again and again"),
            "{}",
            unready.why
        );
        assert!(error.retry_after() > Some(Duration::ZERO));
    }
    assert_eq!((notes.count("open"), notes.count("closed")), (1, 1));
    until_answered(&mut *classifier);
    assert_eq!(model.unready(), None);
    assert_eq!(notes.count("closed"), 2, "an answer closed it");
}

#[test]
fn a_locked_in_process_reaches_nothing_around_it() {
    let escape = |site: &Site| {
        let model = site.load(&that("escape-on-command")).expect("good");
        let outcome = classify(&mut *model.new_classifier().expect("good"), &[&COMMAND]).remove(0);
        outcome.expect_err("it tells what it reached").to_string()
    };
    let here = Site::new();
    let model = here.load(&that("escape-on-command")).expect("good");
    let mut outcomes = Vec::new();
    let asked = model
        .new_classifier()
        .expect("good")
        .classify(&[FramesView { dim: 2, values: &COMMAND }], &mut outcomes);
    let free = asked.expect_err("it tells what it reached").to_string();
    let (site, _) = site(|_| {});
    let confined = escape(&site);
    let attempts = [
        "network: listen",
        "network: send",
        "network: pair",
        "programs: run",
        "memory: shared",
        "memory: as a stack",
        #[cfg(target_arch = "x86_64")]
        "calls: by other numbers",
        "memory: of the system",
        "processor: affinity",
        "processor: priority",
        "files: mode",
        "files: times",
        "life: without the server",
        "signals: by a file",
        "secrets: environment",
    ];
    for attempt in attempts {
        assert!(free.contains(attempt), "{attempt} can work: {free}");
        assert!(!confined.contains(attempt), "{confined}");
    }
    if has_landlock() {
        assert!(confined.ends_with("escaped: "), "{confined}");
    } else {
        println!("SKIPPED: this kernel has no Landlock; files are not kept from plugins");
    }
}

#[test]
fn a_process_stands_back_for_others_as_far_as_it_is_told() {
    let (site, _) = site(|config| config.process.nice = 13);
    let model = site.load(&Wanted::default()).expect("good");
    let _classifier = model.new_classifier().expect("good");
    let children = children();
    assert!(children.iter().any(|child| child.nice == 13), "{children:?}");
}

#[test]
fn where_confinement_is_required_a_plugin_runs_in_all_of_it_or_not_at_all() {
    let (site, _) = site(|config| config.process.require_confinement = true);
    match site.load(&that("good")) {
        Ok(model) => {
            assert!(has_landlock(), "without Landlock there is no whole confinement");
            assert_eq!(
                classify(&mut *model.new_classifier().expect("good"), &[&CALM]),
                [Ok(vec![0.375, 0.0])]
            );
        }
        Err(refusal) => {
            assert!(!has_all_of_landlock(), "nothing is missing here: {refusal}");
            let words = "plugins.process.require_confinement is set, and this system lacks files are read only (Landlock)";
            assert!(refusal.to_string().contains(words), "{refusal}");
        }
    }
}

fn has_all_of_landlock() -> bool {
    use landlock::{ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, Scope};
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    let files = ruleset.handle_access(AccessFs::from_all(ABI::V5));
    let network = files.and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(ABI::V4)));
    let scoped = network.and_then(|ruleset| ruleset.scope(Scope::from_all(ABI::V6)));
    scoped.and_then(Ruleset::create).is_ok()
}

fn has_landlock() -> bool {
    use landlock::{ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr};
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    ruleset.handle_access(AccessFs::from_all(ABI::V3)).and_then(Ruleset::create).is_ok()
}

#[test]
fn a_process_that_takes_anothers_place_runs_what_was_admitted_or_nothing() {
    for put_another in [another_bundle as PutAnother, another_library] {
        let (site, notes) = site(|config| {
            config.process.breaker.losses = 3;
            config.process.breaker.open_for = Duration::from_millis(20);
        });
        let model = site.load(&that("segfault-on-command")).expect("good");
        let mut classifier = model.new_classifier().expect("good");
        assert_eq!(classify(&mut *classifier, &[&CALM]), [Ok(vec![0.375, 0.0])]);
        let put_back = put_another(&site);
        assert_lost(&classify(&mut *classifier, &[&COMMAND])[0], "SIGSEGV");
        while notes.count("open") == 0 {
            let asked = classify(&mut *classifier, &[&CALM]).remove(0);
            assert!(matches!(asked, Err(PluginError::Lost { .. })), "{asked:?}");
            std::thread::yield_now();
        }
        assert_eq!(notes.count("restarted"), 0, "{:?}", notes.0);
        put_back();
        assert_eq!(until_answered(&mut *classifier), [0.375, 0.0], "what was admitted is there again");
    }
}

/// Puts something else in the place of what was admitted; gives what undoes that.
type PutAnother = fn(&Site) -> Box<dyn FnOnce()>;

/// Ships another bundle under the same version; gives what undoes that.
fn another_bundle(site: &Site) -> Box<dyn FnOnce()> {
    let dir = site.models_dir().join("m/1.0.0");
    let aside = site.models_dir().join("aside");
    std::fs::rename(&dir, &aside).expect("writable");
    site.write("1.0.0", &that("good"));
    Box::new(move || {
        std::fs::remove_dir_all(&dir).expect("writable");
        std::fs::rename(&aside, &dir).expect("writable");
    })
}

/// Puts a library with another end in the place of the classifier's; gives what undoes that.
fn another_library(site: &Site) -> Box<dyn FnOnce()> {
    let link = site.plugins_dir().join("libundertone_plugin_faulty_classifier.so");
    let real = link.canonicalize().expect("staged");
    let mut other = std::fs::read(&real).expect("readable");
    other.push(0);
    std::fs::remove_file(&link).expect("writable");
    std::fs::write(&link, other).expect("writable");
    Box::new(move || {
        std::fs::remove_file(&link).expect("writable");
        std::os::unix::fs::symlink(real, link).expect("linkable");
    })
}

#[test]
fn what_cannot_run_apart_is_refused_with_its_reason() {
    let (no_program, _) = site(|config| config.process.program = "/nowhere/undertone-plugin-host".into());
    let sentence = no_program.refusal(&that("good"));
    assert!(sentence.contains("/nowhere/undertone-plugin-host cannot be started"), "{sentence}");
    let (apart, _) = site(|_| {});
    let sentence = apart.refusal(&Wanted { classifier: "wrong_abi", ..that("good") });
    assert!(
        sentence.contains("was built for version") && sentence.contains("process of its own"),
        "{sentence}"
    );
    let (apart, _) = site(|_| {});
    let sentence = apart.refusal(&that("extra-label"));
    assert!(sentence.contains("the number of labels"), "{sentence}");
}
