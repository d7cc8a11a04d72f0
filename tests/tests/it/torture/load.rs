//! A load of live streams on the CNN, from a process of its own.

use serde_json::Value;
use std::process::{Command, Stdio};
use undertone_tests::{TestServer, stage};

/// Puts a load on the server from another process; gives its figures.
pub(super) async fn load(server: &TestServer, streams: usize, seconds: usize, warm_up: usize) -> Value {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(["bench", "--json", "--model", "cnn", "--server", server.url()]);
    command.args(["--streams", &streams.to_string()]);
    command.args(["--duration", &format!("{seconds}s"), "--warm-up", &format!("{warm_up}s")]);
    command.stderr(Stdio::inherit());
    let done = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(done.status.success());
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let figures = report["loads"][0].clone();
    assert_eq!(figures["streams_failed"], 0, "{}", figures["failures"]);
    assert_eq!(figures["updates_dropped"], 0);
    figures
}

/// The 99th percentile of the latency of updates, in milliseconds.
pub(super) fn p99(figures: &Value) -> f64 {
    figures["update_latency_ms"]["p99"].as_f64().unwrap()
}
