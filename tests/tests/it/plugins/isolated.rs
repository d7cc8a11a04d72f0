//! Models whose plugin runs in processes of its own, in a real server.

use crate::isolation_site::{FAULTY, IsolationSite};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use undertone_proto::{inference, v1};
use undertone_tests::{CNN, TestServer, float_bytes, float_config, shipped_clip, stage, stream_of};
use v1::streaming_recognize_response::Message as Tell;

/// A second of silence with a tenth of full scale in it, as one utterance: asks for the fault.
fn command() -> Vec<u8> {
    let mut samples = vec![0.0_f32; 16_000];
    samples[8000..9600].fill(1.0);
    float_bytes(&samples)
}

fn config(model: &str) -> v1::RecognitionConfig {
    let endpointing = v1::Endpointing { enabled: Some(false), ..v1::Endpointing::default() };
    v1::RecognitionConfig { endpointing: Some(endpointing), ..float_config(model) }
}

/// Sends `audio` to `model`; which version answered how many utterances.
async fn answered(server: &TestServer, model: &str, audio: &[u8]) -> Result<(String, usize), Status> {
    let asks = tokio_stream::iter(stream_of(config(model), audio, &[6400]));
    let mut replies = server.recognizer().await.unwrap().streaming_recognize(asks).await?.into_inner();
    let (mut version, mut finals) = (String::new(), 0);
    while let Some(reply) = replies.message().await? {
        match reply.message {
            Some(Tell::Started(started)) => version = started.model.unwrap().version,
            Some(Tell::Result(result)) => finals += usize::from(result.is_final),
            _ => {}
        }
    }
    Ok((version, finals))
}

fn assert_told_to_wait(status: &Status, words: &str) {
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert!(status.message().contains(words), "{status}");
    let delay = status.get_details_retry_info().and_then(|retry| retry.retry_delay);
    assert!(delay.is_some_and(|delay| delay > Duration::ZERO), "{status}");
}

#[tokio::test]
async fn the_shipped_models_answer_apart_as_they_do_in_the_server() {
    let here = TestServer::start(&[]).await.unwrap();
    let apart = TestServer::start(&[("plugins.isolation", "process")]).await.unwrap();
    for model in ["cnn", "lstm"] {
        let mut answers = Vec::new();
        for server in [&here, &apart] {
            let config = v1::RecognitionConfig { model: model.into(), ..v1::RecognitionConfig::default() };
            let audio = std::fs::read(shipped_clip()).unwrap().into();
            let request = v1::RecognizeRequest { config: Some(config), audio };
            let answer = server.recognizer().await.unwrap().recognize(request).await.unwrap();
            let utterances = answer.into_inner().utterances;
            assert!(!utterances.is_empty());
            let values =
                utterances.iter().flat_map(|utterance| &utterance.result.as_ref().unwrap().probabilities);
            answers.push(values.map(|own| own.probability).collect::<Vec<f32>>());
        }
        assert_eq!(answers[0], answers[1], "{model}");
    }
    let metrics = apart.get("/metrics").await.unwrap().1;
    assert!(
        metrics.contains(&format!(
            "undertone_plugin_processes_started_total{{model=\"{CNN}\",plugin=\"onnx\"}}"
        )),
        "{metrics}"
    );
    assert!(!here.get("/metrics").await.unwrap().1.contains("plugin_processes_started_total{"));
}

#[tokio::test]
async fn while_the_breaker_is_open_another_version_answers_or_the_client_is_told_to_wait() {
    let site = IsolationSite::new(&["good", "abort-on-command"]);
    let flags = [
        ("models.policies.faulty", "latest 2"),
        ("plugins.process.breaker_losses", "1"),
        ("plugins.process.breaker_open_for", "10m"),
    ];
    let server = site.start(&flags).await;
    let calm = vec![0; 64_000];
    assert_eq!(answered(&server, FAULTY, &calm).await.unwrap(), ("2.0.0".to_owned(), 1));
    let broken = answered(&server, FAULTY, &command()).await.expect_err("it aborts");
    assert_told_to_wait(&broken, "SIGABRT");

    assert_eq!(answered(&server, FAULTY, &calm).await.unwrap(), ("1.0.0".to_owned(), 1));
    let pinned = format!("{FAULTY}@2.0.0");
    let refused = answered(&server, &pinned, &calm).await.expect_err("it was named with its version");
    assert_told_to_wait(&refused, "the model faulty@2.0.0 takes no new streams");
    let metrics = server.get("/metrics").await.unwrap().1;
    assert!(
        metrics.contains(
            "undertone_plugin_breaker{model=\"faulty@2.0.0\",plugin=\"faulty_classifier\",state=\"open\"} 1"
        ),
        "{metrics}"
    );

    let counted = "undertone_plugin_counted_total{counter=\"opened\",plugin=\"faulty_classifier\"}";
    assert!(metrics.contains(counted), "what was counted in processes is shown: {metrics}");

    let mut inference = server.inference().await.unwrap();
    for (version, ready) in [("1.0.0", true), ("2.0.0", false)] {
        let request = inference::ModelReadyRequest { name: FAULTY.into(), version: version.into() };
        assert_eq!(inference.model_ready(request).await.unwrap().into_inner().ready, ready, "{version}");
    }
}

/// The processes whose parent is `parent`, as `/proc` tells it.
fn children_of(parent: u32) -> BTreeSet<u32> {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |&process: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        status
            .lines()
            .any(|line| line.strip_prefix("PPid:").is_some_and(|own| own.trim() == parent.to_string()))
    };
    numbers.filter(is_child).collect()
}

/// Whether the process runs: one that ended and that nobody has asked about yet does not.
fn runs(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z') && !line.contains('X'))
}

#[test]
fn processes_of_plugins_end_with_a_server_that_is_killed() {
    let (site, data) = (IsolationSite::new(&["good"]), tempfile::TempDir::new().unwrap());
    let ready = data.path().join("ready");
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(["serve", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--ready-file"]);
    command.arg(&ready).arg("--data-dir").arg(data.path());
    for (path, value) in site.flags(&[]) {
        command.arg("--set").arg(format!("{path}={value}"));
    }
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !ready.is_file() {
        assert!(server.try_wait().unwrap().is_none(), "the server starts");
        std::thread::yield_now();
    }
    let children = children_of(server.id());
    assert!(!children.is_empty(), "it has a process for its plugin");
    server.kill().unwrap();
    server.wait().unwrap();
    while children.iter().any(|&child| runs(child)) {
        std::thread::yield_now();
    }
}
