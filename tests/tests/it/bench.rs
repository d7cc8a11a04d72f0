//! The load generator, against a real server.

mod tensors;

use serde_json::Value;
use std::process::{Command, Output};
use undertone_tests::{CNN, TestServer, stage};

/// A load of `undertone bench` on `server`; audio goes four times faster than it is spoken.
fn load(server: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(["bench", "--server", server, "--speed", "4", "--warm-up", "500ms", "--duration", "1500ms"]);
    command.args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn object(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn sentence(output: &Output) -> String {
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

struct Bed {
    // Dropped before the runtime that it runs on.
    server: TestServer,
    _runtime: tokio::runtime::Runtime,
}

impl Bed {
    fn new(flags: &[(&str, &str)]) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let server = runtime.block_on(TestServer::start(flags)).unwrap();
        Self { server, _runtime: runtime }
    }

    fn load(&self, arguments: &[&str]) -> Output {
        load(self.server.url(), arguments)
    }
}

#[test]
fn a_load_counts_what_it_sent_and_got_back() {
    let bed = Bed::new(&[]);
    let report = object(&bed.load(&["--streams", "3", "--json", "--model", "lstm"]));
    assert_eq!((&report["protocol"], &report["model"]["name"]), (&"undertone.v1".into(), &"lstm".into()));
    assert_eq!(report["pace"]["speed"], 4.0);
    let load = &report["loads"][0];
    assert_eq!((&load["streams"], &load["streams_ended"]), (&3.into(), &3.into()));
    assert_eq!((&load["streams_refused"], &load["streams_failed"]), (&0.into(), &0.into()));
    let sent = load["audio_seconds_sent"].as_f64().unwrap();
    assert!((load["messages_sent"].as_f64().unwrap() * 0.1 - sent).abs() < 1e-6);
    assert!((load["audio_seconds_heard"].as_f64().unwrap() - sent).abs() < 1e-3, "{load}");
    assert!(load["updates"].as_u64() > Some(0) && load["finals"].as_u64() > Some(0), "{load}");
    let latency = &load["update_latency_ms"];
    assert!(latency["count"].as_u64() > Some(0));
    assert!(latency["p50"].as_f64() <= latency["p99"].as_f64());
    for stage in ["queue", "features", "inference"] {
        assert!(load["server_ms"][stage]["p99"].as_f64() >= Some(0.0), "{stage}: {load}");
    }
}

#[test]
fn a_load_without_a_clock_tells_throughput_and_no_latency() {
    let bed = Bed::new(&[]);
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(["bench", "--server", bed.server.url(), "--as-fast-as-accepted", "--json"]);
    let report = object(&command.args(["--streams", "2", "--duration", "10s"]).output().unwrap());
    let load = &report["loads"][0];
    assert_eq!(load["audio_seconds_heard"], 20.0);
    assert_eq!((&load["update_latency_ms"], &report["pace"]["speed"]), (&Value::Null, &Value::Null));
    assert!(load["audio_seconds_per_second"].as_f64() > Some(0.0));
}

#[test]
fn refused_streams_are_counted_as_refused_and_not_as_failures() {
    let bed = Bed::new(&[("engine.max_streams", "2")]);
    let report = object(&bed.load(&["--streams", "5", "--json", "--p99-below", "5m"]));
    let load = &report["loads"][0];
    assert_eq!((&load["streams_refused"], &load["streams_failed"]), (&3.into(), &0.into()), "{load}");
    assert_eq!((&load["streams_ended"], &load["within_bound"]), (&2.into(), &false.into()));
    assert_eq!(report["largest_streams"], Value::Null);
}

#[test]
fn a_search_ends_at_the_most_streams_that_are_taken() {
    let bed = Bed::new(&[("engine.max_streams", "3")]);
    let report = object(&bed.load(&["--search", "--streams", "2", "--json", "--p99-below", "5m"]));
    assert_eq!(report["largest_streams"], 3, "{report}");
    let tried: Vec<_> = report["loads"].as_array().unwrap().iter().map(|load| &load["streams"]).collect();
    assert_eq!(tried, [2, 3, 4]);
}

#[test]
fn a_ramp_is_shown_as_a_table_a_chart_and_a_picture() {
    let bed = Bed::new(&[]);
    let folder = tempfile::TempDir::new().unwrap();
    let picture = folder.path().join("latency.svg");
    let output = bed.load(&["--streams", "2", "--ramp", "2", "--out", picture.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("cnn") && text.contains("1 streams:") && text.contains("2 streams:"), "{text}");
    assert!(text.contains('█') && !text.contains('\x1b'), "{text}");
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("p99"));
}

#[test]
fn what_cannot_be_measured_is_told_in_one_sentence() {
    let nobody = sentence(&load("http://127.0.0.1:1", &[]));
    assert!(nobody.contains("no server answers at http://127.0.0.1:1"), "{nobody}");
    let folder = tempfile::TempDir::new().unwrap();
    let empty = sentence(&load("http://127.0.0.1:1", &[folder.path().to_str().unwrap()]));
    assert!(empty.contains("there is no recording"), "{empty}");
    let unwritable = sentence(&load("http://127.0.0.1:1", &["--out", "/nowhere/latency.svg"]));
    assert!(unwritable.contains("/nowhere/latency.svg cannot be written"), "{unwritable}");
    let bed = Bed::new(&[]);
    let unknown = sentence(&bed.load(&["--model", "nobody"]));
    assert!(unknown.contains("nobody") && unknown.contains(CNN), "{unknown}");
}

#[test]
fn a_load_that_nobody_answers_has_measured_nothing() {
    let bed = Bed::new(&[]);
    let output = bed.load(&["--hop", "10ms"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("8 streams: no update came") && said.contains("nothing was answered"), "{said}");
}
