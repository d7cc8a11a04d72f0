//! `undertone listen`, with a program in the microphone's place.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use undertone_tests::{CNN, TestServer, shipped_clip, stage};

/// Bytes in front of the samples of a plain WAV file.
const HEADER_BYTES: usize = 44;

fn listen(arguments: &[&str]) -> Command {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.arg("listen").args(arguments);
    command.env("NO_COLOR", "1").env("ORT_DISABLE_TELEMETRY", "1");
    command
}

/// The samples of the shipped clip, as a recorder gives them.
fn samples(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("clip.raw");
    std::fs::write(&path, &std::fs::read(shipped_clip()).unwrap()[HEADER_BYTES..]).unwrap();
    path
}

/// The final results that were printed: where, and which emotion.
fn finals(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(!text.contains('\x1b') && text.contains("so far"), "{text}");
    text.lines().filter(|line| line.ends_with("final")).map(str::to_owned).collect()
}

/// What `recognize` says of the clip's utterances.
fn known() -> Vec<serde_json::Value> {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    let output = command.arg("recognize").arg(shipped_clip()).args(["--format", "json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report["utterances"].as_array().unwrap().clone()
}

#[test]
fn what_a_recorder_plays_is_answered_line_by_line_as_recognize_does() {
    let folder = TempDir::new().unwrap();
    let play = format!("cat {}", samples(&folder).display());
    let found = finals(&listen(&["--command", &play]).output().unwrap());
    let known = known();
    assert_eq!(found.len(), known.len());
    for (line, utterance) in found.iter().zip(&known) {
        let end = format!("{:.2} s", utterance["end_s"].as_f64().unwrap());
        let said = if utterance["abstained"] == true { "unsure" } else { utterance["top"].as_str().unwrap() };
        assert!(line.contains(&end) && line.contains(said), "{line} {utterance}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_on_standard_input_are_answered_by_a_server() {
    let server = TestServer::start(&[]).await.unwrap();
    let folder = TempDir::new().unwrap();
    let clip = std::fs::File::open(samples(&folder)).unwrap();
    let mut command = listen(&["--stdin", "--server", server.url()]);
    let output = tokio::task::spawn_blocking(move || command.stdin(clip).output().unwrap()).await.unwrap();
    assert_eq!(finals(&output).len(), known().len());
    assert!(
        server
            .get("/metrics")
            .await
            .unwrap()
            .1
            .contains(&format!("undertone_streams_opened_total{{model=\"{CNN}\"}} 1"))
    );
}

#[test]
fn a_recorder_that_fails_or_is_missing_is_told() {
    let failed = listen(&["--command", "exit 3"]).output().unwrap();
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(!failed.status.success() && said.contains("exit status: 3"), "{said}");
    let missing = listen(&[]).env("PATH", "/nowhere").output().unwrap();
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(!missing.status.success() && said.contains("arecord") && said.contains("--command"), "{said}");
}

#[test]
fn an_interrupt_ends_the_recording_and_what_was_said_is_answered() {
    let folder = TempDir::new().unwrap();
    // It plays the clip and then stays silent for as long as it lives.
    let play = format!("cat {}; exec sleep 600", samples(&folder).display());
    let mut command = listen(&["--command", &play]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    lines
        .find(|line| line.as_ref().unwrap().ends_with("final"))
        .expect("the first utterance is answered")
        .unwrap();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(child.wait().unwrap().success(), "{rest:?}");
}
