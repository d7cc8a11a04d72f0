//! Models that listen along.

use super::{ANSWER_ALWAYS, definition, json_report, recognize, running, subject};
use crate::models::Speaker;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;
use undertone_bundle::{Bundle, discover};
use undertone_core::Role;
use undertone_proto::v1;
use undertone_store::JournalReader;
use undertone_tests::{CNN, CNN_VERSION, LSTM, TestServer, bad_plugin, copy_tree, crowd, link_files, stage};
use v1::feedback_client::FeedbackClient;
use v1::judgement::Verdict;

fn with_shadow(model: &str) -> Value {
    let mut definition = definition();
    definition["arms"] = json!([
        { "name": "cnn", "model": CNN, "weight": 100 },
        { "name": "listening", "model": model, "shadow": true },
    ]);
    definition
}

/// The probabilities of a recording's utterances.
fn probabilities(answer: &v1::RecognizeResponse) -> Vec<Vec<f32>> {
    let results = answer.utterances.iter().filter_map(|own| own.result.as_ref());
    results.map(|own| own.probabilities.iter().map(|label| label.probability).collect()).collect()
}

#[tokio::test]
async fn every_answer_gives_a_pair_with_what_the_listening_model_says() {
    let server = running(&with_shadow("lstm"), &[]).await;
    let lstm =
        recognize(&server, v1::RecognitionConfig { model: "lstm".into(), ..subject("bob") }).await.unwrap();
    let answer = recognize(&server, subject("ann")).await.unwrap();
    assert_eq!(answer.model.as_ref().unwrap().name, "cnn");
    let stream = answer.stream_id.clone();
    counted(&server, &["recorded"], answer.utterances.len()).await;
    let data = server.stop().await.unwrap();
    let rows = JournalReader::open(data.path()).await.unwrap().recent_predictions(100).await.unwrap();
    let own: Vec<_> = rows.iter().filter(|row| row.stream_id.to_string() == stream).collect();
    let count = answer.utterances.len();
    assert_eq!(own.iter().filter(|row| row.role == Role::Live).count(), count);
    let mut shadows: Vec<_> = own.iter().filter(|row| row.role == Role::Shadow).collect();
    shadows.sort_by_key(|row| row.utterance);
    assert_eq!(shadows.len(), count);
    for (shadow, expected) in shadows.iter().zip(probabilities(&lstm)) {
        assert_eq!((shadow.arm.as_deref(), shadow.model.name.as_str()), (Some("trial/listening"), "lstm"));
        for (a, b) in shadow.probabilities.iter().zip(expected) {
            assert!((a - b).abs() <= 1e-4, "{shadow:?}");
        }
    }
    let server = TestServer::start_in(data, &[]).await.unwrap();
    let report = json_report(&server).await;
    assert_eq!(report["paired"][0]["pairs"], count, "{report}");
}

/// Judgements of arms in the report: of the live one and of the one that listens along.
async fn judged(server: &TestServer) -> [u64; 2] {
    let report = json_report(server).await;
    [0, 1].map(|arm| report["arms"][arm]["judged"].as_u64().unwrap())
}

#[tokio::test]
async fn that_an_answer_is_wrong_does_not_judge_the_model_that_listens_along_and_the_right_label_does() {
    let server = running(&with_shadow("lstm"), &[ANSWER_ALWAYS]).await;
    let answer = recognize(&server, subject("ann")).await.unwrap();
    counted(&server, &["recorded"], answer.utterances.len()).await;
    let results = answer.utterances.iter().filter_map(|own| own.result.as_ref());
    let answers: Vec<_> = results.collect();
    let mut client = FeedbackClient::new(server.channel().await.unwrap());
    let mut give = async |verdict: &dyn Fn(&v1::Result) -> Verdict| {
        let said = |result: &&v1::Result| v1::Judgement {
            verdict: Some(verdict(result)),
            ..crowd::judgement(&result.prediction_id, "")
        };
        let judgements = answers.iter().map(said).collect();
        client.give_feedback(v1::GiveFeedbackRequest { judgements }).await.unwrap();
    };
    let count = answers.len() as u64;
    for right in [true, false] {
        give(&|_| Verdict::Correct(right)).await;
        assert_eq!(judged(&server).await, [count, 0]);
        let report = json_report(&server).await;
        assert!(report["warnings"].to_string().contains("Name the right label"), "{report}");
    }
    give(&|result| Verdict::Label(result.top.clone())).await;
    assert_eq!(judged(&server).await, [count, count]);
}

fn assert_alike(answers: &[Vec<f32>], expected: &[Vec<f32>], behaviour: &str) {
    assert_eq!(answers.len(), expected.len(), "{behaviour}");
    for (a, b) in answers.iter().flatten().zip(expected.iter().flatten()) {
        assert!((a - b).abs() <= 1e-5, "{behaviour}: {a} {b}");
    }
}

/// Returns once so many utterances for models that listen along had one of `outcomes`.
async fn counted(server: &TestServer, outcomes: &[&str], utterances: usize) {
    let all = |page: &str| {
        let own = page.lines().filter(|line| line.starts_with("undertone_shadow_utterances_total"));
        let wanted =
            own.filter(|line| outcomes.iter().any(|own| line.contains(&format!("outcome=\"{own}\""))));
        let count: f64 = wanted.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum();
        (count >= utterances as f64).then_some(())
    };
    server.until_metrics(all).await;
}

/// The shipped plugins and models with a classifier that is at fault, as the model `broken`.
fn site(behaviour: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    link_files(&stage().unwrap().join("plugins"), &folder.path().join("plugins")).unwrap();
    copy_tree(&stage().unwrap().join("models"), &folder.path().join("models")).unwrap();
    link_files(&stage().unwrap().join("lib"), &folder.path().join("lib")).unwrap();
    let library = bad_plugin("faulty_classifier").unwrap();
    std::fs::copy(&library, folder.path().join("plugins").join(library.file_name().unwrap())).unwrap();
    let cnn = discover(&folder.path().join("models")).unwrap();
    let cnn = cnn.into_iter().find(|path| path.ends_with(Path::new("cnn").join(CNN_VERSION))).unwrap();
    let mut manifest = Bundle::open(&cnn).unwrap().manifest().clone();
    manifest.name = "broken".into();
    manifest.version = "1.0.0".into();
    manifest.plugin.classifier = "faulty_classifier".into();
    manifest.golden = None;
    manifest.graph.stream = None;
    let graph = manifest.graph.whole.file.clone();
    let files: [(&str, &[u8]); 2] = [(&graph, behaviour.as_bytes()), ("card.md", b"# Broken\n")];
    Bundle::write(&folder.path().join("models/broken/1.0.0"), manifest, &files).unwrap();
    folder
}

/// What the live model says to the shipped clip where nobody listens along.
async fn undisturbed() -> Vec<Vec<f32>> {
    let plain = TestServer::start(&[]).await.unwrap();
    let live = v1::RecognitionConfig { model: CNN.into(), ..subject("ann") };
    probabilities(&recognize(&plain, live).await.unwrap())
}

/// A server over `site` that runs an experiment in which `broken` listens along.
async fn running_at(site: &TempDir, more: &[(&str, &str)]) -> TestServer {
    let place = |part: &str| site.path().join(part).to_str().unwrap().to_owned();
    let (plugins, models) = (place("plugins"), place("models"));
    let own = [("plugins.dir", plugins.as_str()), ("models.dir", models.as_str())];
    running(&with_shadow("broken"), &[&own, more].concat()).await
}

/// What the live model says beside a model that listens along, once the server has room.
async fn answered(server: &TestServer) -> Vec<Vec<f32>> {
    loop {
        match recognize(server, subject("ann")).await {
            Ok(answer) => return probabilities(&answer),
            Err(refused) => assert_eq!(refused.code(), tonic::Code::ResourceExhausted, "{refused}"),
        }
    }
}

/// The lines of a server's metrics that begin so.
async fn metric(server: &TestServer, name: &str) -> String {
    let (_, metrics) = server.get("/metrics").await.unwrap();
    metrics.lines().filter(|line| line.starts_with(name)).collect::<Vec<&str>>().join("\n")
}

#[tokio::test]
async fn a_shadow_that_never_comes_back_takes_no_live_stream_with_it_and_is_stopped() {
    let expected = undisturbed().await;
    let site = site("hang-when-long");
    let more = [
        ("engine.workers", "1"),
        ("engine.stuck_after", "1500ms"),
        ("experiments.guardrails_every", "100ms"),
    ];
    let server = running_at(&site, &more).await;
    let speaker = Speaker::open(&server, CNN).await;
    let stopped = loop {
        assert_alike(&answered(&server).await, &expected, "while it hangs");
        let mut client = crowd::experiments(&server).await.unwrap();
        let found = client.get_experiment(v1::GetExperimentRequest { name: "trial".into() }).await.unwrap();
        let found = found.into_inner();
        if !found.experiment.as_ref().unwrap().arms[1].stopped.is_empty() {
            break found;
        }
    };
    let reason = &stopped.experiment.as_ref().unwrap().arms[1].stopped;
    assert!(reason.starts_with("broken@1.0.0 broke at "), "{reason}");
    let last = stopped.changes.last().unwrap();
    assert_eq!((last.who.as_str(), last.what.as_str()), ("shadow guard", "stop arm listening"));
    assert!(metric(&server, "undertone_experiment_arms_stopped_total").await.contains("arm=\"listening\""));
    assert_eq!(json_report(&server).await["stopped"][0]["arm"], "listening");
    let stuck = metric(&server, "undertone_workers_stuck_total").await;

    assert!(!speaker.finish().await.is_empty(), "the stream beside it goes on");
    assert_alike(&answered(&server).await, &expected, "once it is stopped");
    assert_eq!(metric(&server, "undertone_workers_stuck_total").await, stuck, "nobody asks it any more");
}

#[tokio::test]
async fn a_shadow_whose_process_crashes_takes_no_live_stream_with_it() {
    let expected = undisturbed().await;
    let site = site("crash-when-long");
    let more = [("plugins.isolation_of.broken", "process"), ("engine.workers", "1")];
    let server = running_at(&site, &more).await;
    let speaker = Speaker::open(&server, CNN).await;
    for _ in 0..3 {
        assert_alike(&answered(&server).await, &expected, "while it crashes");
    }
    counted(&server, &["failed"], 1).await;
    let lost = metric(&server, "undertone_plugin_processes_lost_total").await;
    assert!(lost.contains("model=\"broken@1.0.0\"") && lost.contains("segfault"), "{lost}");
    assert!(!speaker.finish().await.is_empty(), "the stream beside it goes on");
}

#[tokio::test]
async fn a_broken_shadow_never_changes_a_live_answer() {
    let expected = undisturbed().await;
    for behaviour in ["nan-when-long", "silent-when-long", "panic-when-long"] {
        let site = site(behaviour);
        let server = running_at(&site, &[]).await;
        let answer = recognize(&server, subject("ann")).await.unwrap();
        assert!(answer.participation.is_some());
        assert_alike(&probabilities(&answer), &expected, behaviour);
        // The one that panics does so at some utterances, and scores others.
        counted(&server, &["failed", "recorded", "dropped"], expected.len()).await;
        let again = recognize(&server, subject("ann")).await.unwrap();
        assert_alike(&probabilities(&again), &expected, behaviour);
    }
}

#[tokio::test]
async fn utterances_that_find_no_place_are_dropped_and_counted_and_the_report_says_so() {
    let server = running(&with_shadow("lstm"), &[("experiments.shadow_queue", "0")]).await;
    let answer = recognize(&server, subject("ann")).await.unwrap();
    let (_, metrics) = server.get("/metrics").await.unwrap();
    let dropped = format!(
        "undertone_shadow_utterances_total{{model=\"{LSTM}\",outcome=\"dropped\"}} {}",
        answer.utterances.len()
    );
    assert!(metrics.contains(&dropped), "{dropped} is not in {metrics}");
    let report = json_report(&server).await;
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("answers about 0 % of what cnn answered"), "{warnings}");
}
