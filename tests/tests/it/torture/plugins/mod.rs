//! A plugin that fails on command, in a process of its own: its streams break and go on, and no other stream notices.

mod client;

use super::load::{load, p99};
use super::{is_long, scaled};
use crate::isolation_site::{FAULTY, IsolationSite};
use client::{Audio, Broken, assert_same, command, go_through, metric};
use std::sync::Arc;
use std::time::Duration;
use tonic::Code;
use undertone_proto::v1;
use undertone_tests::{PersistentStream, TestServer, float_config};

/// In the long form the commands begin after so much of the load, and its latencies count.
const WARM_UP_SECONDS: usize = 5;
/// For so long they do.
const LOAD_SECONDS: usize = 30;

/// Which of the model's plugins fails.
#[derive(Clone, Copy)]
enum Part {
    Classifier,
    Extractor,
}

/// What a fault is called where processes are counted, and which behaviour does it.
struct Fault {
    part: Part,
    behaviour: &'static str,
    /// How the process is lost; none where only the call is.
    reason: Option<&'static str>,
}

/// Streams of the plugin; in the long form as many of the CNN bring a load besides.
fn streams() -> usize {
    scaled(4, 50)
}

/// Streams of the CNN whose answers are compared.
fn witnesses() -> usize {
    scaled(4, 50)
}

/// Commands to the plugin, one after another.
fn commands() -> usize {
    scaled(2, 8)
}

/// Time between two pieces of a stream's audio; the long form goes as people speak.
fn pace() -> Option<Duration> {
    is_long().then_some(Duration::from_millis(100))
}

/// In the long form streams begin one after the other, at no multiple of [`pace`]: streams that all speak at the same moments
/// wait for each other, and how long depends on where in these moments another stream happens to speak.
fn begins_after(place: usize) -> Duration {
    Duration::from_millis(if is_long() { 37 * place as u64 } else { 0 })
}

fn config(model: &str) -> v1::RecognitionConfig {
    v1::RecognitionConfig { interim_results: true, ..float_config(model) }
}

async fn alone(server: &TestServer, model: &str, audio: &Arc<Audio>) -> PersistentStream {
    let stream = PersistentStream::new(config(model));
    let (stream, broken) = go_through(server.url().to_owned(), audio.clone(), stream).await;
    assert!(broken.is_empty(), "{model}: {broken:?}");
    assert!(stream.finals.len() >= audio.clips, "{model}: {}", stream.finals.len());
    stream
}

async fn torture(fault: &Fault) {
    let site = match fault.part {
        Part::Classifier => IsolationSite::new(&[fault.behaviour]),
        Part::Extractor => IsolationSite::with_extractor(fault.behaviour),
    };
    let flags = [
        ("plugins.process.answer_within", "2s"),
        ("plugins.process.breaker_losses", "1000"),
        ("plugins.process.restart_after", "300ms"),
        ("plugins.process.restart_after_at_most", "300ms"),
    ];
    let server = site.start(&flags).await;
    let audio = Arc::new(Audio::of_clips(scaled(3, 8)));
    let calm = [alone(&server, "cnn", &audio).await, alone(&server, FAULTY, &audio).await];
    let calm_p99 = if is_long() { together(&server, &audio, &calm, 0).await.p99 } else { None };
    let crowd = together(&server, &audio, &calm, commands()).await;
    crowd.told.iter().for_each(|broken| assert_told(broken, fault));
    assert_counted(&server, fault, site.apart).await;
    let (streams, witnesses) = (streams(), witnesses());
    println!(
        "{}: {} commands; of {streams} other streams of the plugin {} broke and went on; {witnesses} streams of the CNN: none broke",
        fault.behaviour,
        commands(),
        crowd.fellows_broken,
    );
    if let Some((calm, crowded)) = calm_p99.zip(crowd.p99) {
        println!("{}", latencies(fault, calm, crowded));
    }
}

/// What the commands cost the updates of as many more streams of the CNN, for who keeps it.
fn latencies(fault: &Fault, calm: f64, crowded: f64) -> serde_json::Value {
    serde_json::json!({
        "torture": "plugins",
        "fault": fault.behaviour,
        "commands": commands(),
        "witnesses": witnesses(),
        "streams": streams(),
        "calm_p99_ms": calm,
        "p99_ms": crowded,
        "p99_ratio": crowded / calm,
    })
}

/// What came out when all spoke together.
struct Crowd {
    /// How the streams broke that gave commands.
    told: Vec<Broken>,
    fellows_broken: usize,
    /// Of updates of the CNN, in milliseconds; of the long form.
    p99: Option<f64>,
}

/// Streams of the CNN and of the plugin at once, while the plugin gets so many commands. All end with the answers of `calm`.
async fn together(
    server: &TestServer,
    audio: &Arc<Audio>,
    calm: &[PersistentStream; 2],
    commands: usize,
) -> Crowd {
    let start = |place: usize, model: &'static str| {
        let (url, audio) = (server.url().to_owned(), audio.clone());
        let stream = PersistentStream { pace: pace(), ..PersistentStream::new(config(model)) };
        tokio::spawn(async move {
            tokio::time::sleep(begins_after(place)).await;
            go_through(url, audio, stream).await
        })
    };
    let witnesses: Vec<_> = (0..witnesses()).map(|place| start(place, "cnn")).collect();
    let fellows: Vec<_> = (0..streams()).map(|place| start(self::witnesses() + place, FAULTY)).collect();
    let commanding = async {
        if is_long() {
            tokio::time::sleep(Duration::from_secs(WARM_UP_SECONDS as u64)).await;
        }
        let mut told = Vec::new();
        for _ in 0..commands {
            told.push(command(server, audio, config(FAULTY)).await);
        }
        told
    };
    let loading = async {
        match is_long() {
            true => Some(p99(&load(server, streams(), LOAD_SECONDS, WARM_UP_SECONDS).await)),
            false => None,
        }
    };
    let (told, p99) = tokio::join!(commanding, loading);
    for witness in witnesses {
        let (stream, broken) = witness.await.unwrap();
        assert!(broken.is_empty(), "a stream of the CNN broke: {broken:?}");
        assert_same(&stream.finals, &calm[0].finals, 1e-4);
    }
    let mut fellows_broken = 0;
    for fellow in fellows {
        let (stream, broken) = fellow.await.unwrap();
        fellows_broken += usize::from(!broken.is_empty());
        broken.iter().for_each(assert_will_be_back);
        // Voice detection that begins anew may find an edge some frames elsewhere.
        assert_same(&stream.finals, &calm[1].finals, 0.02);
    }
    Crowd { told, fellows_broken, p99 }
}

/// Who gave the command hears how it went.
fn assert_told(broken: &Broken, fault: &Fault) {
    assert_eq!(broken.code, Code::Unavailable, "{broken:?}");
    assert_will_be_back(broken);
    let words = if fault.reason.is_some() { "was lost" } else { "panicked: asked to" };
    assert!(broken.message.contains(words), "{broken:?}");
}

/// A stream broke with its process, or was not let in while its worker waited for a process that hung.
fn assert_will_be_back(broken: &Broken) {
    let codes = [Code::Unavailable, Code::ResourceExhausted];
    assert!(codes.contains(&broken.code), "{broken:?}");
    assert!(broken.delay.is_some_and(|delay| delay < Duration::from_secs(60)), "{broken:?}");
}

async fn assert_counted(server: &TestServer, fault: &Fault, plugin: &str) {
    let model = format!("{FAULTY}@1.0.0");
    let own = format!("model=\"{model}\",plugin=\"{plugin}\"");
    let restarts = format!("undertone_plugin_process_restarts_total{{{own}}}");
    let Some(reason) = fault.reason else {
        assert_eq!(metric(server, &restarts).await, 0.0, "a panic costs no process");
        return;
    };
    let lost = format!("undertone_plugin_processes_lost_total{{{own},reason=\"{reason}\"}}");
    // A stream whose update finds the plugin gone that its final result has cost asks again.
    assert!(metric(server, &lost).await >= commands() as f64);
    // The last lost one may be on its way.
    assert!(metric(server, &restarts).await >= (commands() - 1) as f64);
}

#[test]
fn the_cost_of_commands_is_told_as_a_line_that_a_program_can_read() {
    let fault = Fault { part: Part::Classifier, behaviour: "segfault-on-command", reason: Some("segfault") };
    let line = latencies(&fault, 20.0, 25.0).to_string();
    assert!(line.lines().count() == 1 && line.contains("\"p99_ratio\":1.25"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segfault_in_a_process_breaks_only_its_own_streams() {
    torture(&Fault { part: Part::Classifier, behaviour: "segfault-on-command", reason: Some("segfault") })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abort_in_a_process_breaks_only_its_own_streams() {
    torture(&Fault { part: Part::Classifier, behaviour: "abort-on-command", reason: Some("abort") }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exit_of_a_process_breaks_only_its_own_streams() {
    torture(&Fault { part: Part::Classifier, behaviour: "exit-on-command", reason: Some("exit") }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hanging_process_breaks_only_its_own_streams() {
    torture(&Fault { part: Part::Classifier, behaviour: "hang-on-command", reason: Some("hang") }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leak_in_a_process_breaks_only_its_own_streams() {
    torture(&Fault { part: Part::Classifier, behaviour: "leak-on-command", reason: Some("memory") }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_a_process_breaks_only_its_own_streams() {
    torture(&Fault { part: Part::Classifier, behaviour: "panic-on-command", reason: None }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segfault_of_an_extractor_breaks_only_its_own_streams() {
    let part = Part::Extractor;
    torture(&Fault { part, behaviour: "segfault-on-command", reason: Some("segfault") }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hanging_extractor_breaks_only_its_own_streams() {
    let part = Part::Extractor;
    torture(&Fault { part, behaviour: "hang-on-command", reason: Some("hang") }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leak_of_an_extractor_breaks_only_its_own_streams() {
    let part = Part::Extractor;
    torture(&Fault { part, behaviour: "leak-on-command", reason: Some("memory") }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_of_an_extractor_breaks_only_its_own_streams() {
    let part = Part::Extractor;
    torture(&Fault { part, behaviour: "panic-on-command", reason: None }).await;
}
