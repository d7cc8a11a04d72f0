//! Loads of the Open Inference Protocol.

use super::{Bed, object, sentence};
use serde_json::Value;
use std::process::{Command, Output};
use undertone_tests::{CNN, LSTM, LSTM_VERSION, stage};

/// A load of requests on `server`.
fn ask(server: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(["bench", "--protocol", "open-inference", "--server", server]);
    command.args(["--warm-up", "200ms", "--duration", "800ms", "--p99-below", "5m"]);
    command.args(arguments).env("NO_COLOR", "1").output().unwrap()
}

#[test]
fn a_load_takes_its_tensor_from_the_models_metadata_and_counts_what_it_sent_and_got_back() {
    let bed = Bed::new(&[]);
    let report = object(&ask(bed.server.url(), &["--model", LSTM, "--rate", "10", "--json"]));
    assert_eq!(report["protocol"], "inference.v2");
    assert_eq!(report["model"], serde_json::json!({ "name": "lstm", "version": LSTM_VERSION }));
    let request = serde_json::json!({ "input": "features", "shape": [1, 300, 64], "contents": "raw" });
    assert_eq!(report["request"], request);
    let load = &report["loads"][0];
    assert_eq!((&load["rate"], &load["requests_sent"]), (&10.into(), &10.into()), "{load}");
    assert_eq!((&load["answers"], &load["latency_ms"]["count"]), (&10.into(), &8.into()), "{load}");
    assert_eq!((&load["requests_refused"], &load["requests_failed"]), (&0.into(), &0.into()));
    assert!(load["latency_ms"]["p50"].as_f64() <= load["latency_ms"]["p99"].as_f64());
    assert_eq!(report["largest_rate"], 10);
}

#[test]
fn flags_say_which_tensor_is_sent_and_how() {
    let bed = Bed::new(&[]);
    let flags = ["--model", "cnn", "--input", "features", "--shape", "2,20,64", "--typed", "--json"];
    let report = object(&ask(bed.server.url(), &flags));
    let request = serde_json::json!({ "input": "features", "shape": [2, 20, 64], "contents": "typed" });
    assert_eq!(report["request"], request);
    assert!(report["loads"][0]["answers"].as_u64() > Some(0), "{report}");
}

#[test]
fn a_request_that_the_server_does_not_take_is_a_failure_and_told_with_its_code() {
    let bed = Bed::new(&[]);
    let flags = ["--model", "cnn", "--input", "frames", "--shape", "1,20,64", "--rate", "5", "--json"];
    let output = ask(bed.server.url(), &flags);
    assert!(!output.status.success(), "nothing was measured");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let load = &report["loads"][0];
    assert_eq!((&load["answers"], &load["within_bound"]), (&0.into(), &false.into()), "{load}");
    assert_eq!(load["failures"]["INVALID_ARGUMENT"]["requests"], 5);
    assert_eq!((&load["latency_ms"], &report["largest_rate"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_ramp_of_rates_is_shown_as_a_table_a_chart_and_a_picture() {
    let bed = Bed::new(&[]);
    let folder = tempfile::TempDir::new().unwrap();
    let picture = folder.path().join("latency.svg");
    let flags = ["--model", "cnn", "--rate", "10", "--ramp", "2", "--out", picture.to_str().unwrap()];
    let output = ask(bed.server.url(), &flags);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("cnn · features [1, 300, 64], raw") && text.contains('█'), "{text}");
    assert!(text.contains("Most requests per second"), "{text}");
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.contains("requests per second") && svg.contains("p99"));
}

#[test]
fn what_cannot_be_asked_is_told_in_one_sentence() {
    let bed = Bed::new(&[]);
    let url = bed.server.url();
    assert!(sentence(&ask(url, &[])).contains("--model"));
    let unknown = sentence(&ask(url, &["--model", "oracle"]));
    assert!(unknown.contains("oracle") && unknown.contains(CNN), "{unknown}");
    let input = sentence(&ask(url, &["--model", "cnn", "--input", "audio"]));
    assert!(input.contains("no FP32 input audio") && input.contains("audio BYTES"), "{input}");
    let empty = sentence(&ask(url, &["--model", "cnn", "--shape", "1,0,64"]));
    assert!(empty.contains("--shape"), "{empty}");
    let clip = undertone_tests::shipped_clip();
    let clips = sentence(&ask(url, &["--model", "cnn", clip.to_str().unwrap()]));
    assert!(clips.contains("recordings"), "{clips}");
}
