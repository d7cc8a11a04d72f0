//! Experiments and feedback from the command line.

use super::{recognize, subject};
use std::process::{Command, Output};
use tempfile::TempDir;
use undertone_tests::{TestServer, repository, stage};

/// The program's answer, which tests need beside a running server: it is waited for on a thread of its own.
async fn undertone(server: &TestServer, arguments: &[&str]) -> Output {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(arguments).args(["--server", server.url()]).env("NO_COLOR", "1");
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

/// What a command that goes well prints.
async fn said(server: &TestServer, arguments: &[&str]) -> String {
    let output = undertone(server, arguments).await;
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_example_goes_through_its_life() {
    let server = TestServer::start(&[]).await.unwrap();
    let example = repository().join("examples/experiments/cnn-vs-lstm.toml");
    let planned = said(&server, &["experiments", "plan", example.to_str().unwrap()]).await;
    assert!(planned.contains("<- expected") && planned.lines().count() > 6, "{planned}");
    let created =
        said(&server, &["experiments", "create", example.to_str().unwrap(), "--why", "which one?"]).await;
    assert!(created.contains("cnn-vs-lstm · draft · revision 1") && created.contains("units"), "{created}");
    said(&server, &["experiments", "start", "cnn-vs-lstm", "--why", "go"]).await;
    let twice =
        undertone(&server, &["experiments", "ramp", "cnn-vs-lstm", "lstm=20", "lstm=30", "--why", "x"]).await;
    assert!(String::from_utf8_lossy(&twice.stderr).contains("an arm stands twice"));
    let ramped = said(&server, &["experiments", "ramp", "cnn-vs-lstm", "lstm=20", "--why", "slowly"]).await;
    assert!(ramped.contains("80 %, control"), "{ramped}");
    let assigned = said(&server, &["experiments", "assign", "cnn-vs-lstm", "ann"]).await;
    let answer = recognize(&server, subject("ann")).await.unwrap();
    let arm = answer.participation.unwrap().arm;
    assert!(assigned.starts_with(&format!("ann: {arm} ")), "{assigned}");

    let result = answer.utterances[0].result.clone().unwrap();
    let id = &result.prediction_id;
    let kept =
        said(&server, &["feedback", "--prediction", id, "--label", &result.top, "--source", "me"]).await;
    assert!(kept.contains("judgements: 1 kept"), "{kept}");
    let folder = TempDir::new().unwrap();
    let table = folder.path().join("labels.csv");
    std::fs::write(&table, format!("prediction_id,correct\n{id},true\n")).unwrap();
    for expected in ["judgements: 1 kept, 0 were", "judgements: 0 kept, 1 were"] {
        let kept = said(&server, &["feedback", "--import", table.to_str().unwrap()]).await;
        assert!(kept.contains(expected), "{kept}");
    }
    std::fs::write(&table, format!("prediction_id,label\n{id},hapy\n{id},{}\n", result.top)).unwrap();
    let given = undertone(&server, &["feedback", "--import", table.to_str().unwrap()]).await;
    let doubt = String::from_utf8_lossy(&given.stderr).into_owned();
    assert!(
        given.status.success() && doubt.contains("answers with hapy: were they spelled right?"),
        "{doubt}"
    );
    let endless = "a".repeat(10_000);
    std::fs::write(&table, format!("prediction_id,label\n{id},happy\n\n{id},{endless}\n")).unwrap();
    let refused = undertone(&server, &["feedback", "--import", table.to_str().unwrap()]).await;
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && error.contains("line 4, "), "{error}");
    let report = said(&server, &["experiments", "report", "cnn-vs-lstm"]).await;
    assert!(report.contains("numbers of units passes") && report.contains("stop: no"), "{report}");
    let page = folder.path().join("report.html");
    let page = page.to_str().unwrap();
    said(&server, &["experiments", "report", "cnn-vs-lstm", "--format", "html", "-o", page]).await;
    assert!(std::fs::read_to_string(page).unwrap().contains("Experiment cnn-vs-lstm"));
    said(&server, &["experiments", "promote", "cnn-vs-lstm", "cnn", "--why", "enough"]).await;
    let shown = said(&server, &["experiments", "show", "cnn-vs-lstm"]).await;
    assert!(shown.contains("promote cnn (enough)"), "{shown}");
    let refused = undertone(&server, &["experiments", "start", "cnn-vs-lstm", "--why", "again"]).await;
    let error = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && error.contains("FAILED_PRECONDITION"), "{error}");
}
