//! Guardrails act by themselves.

use super::{ANSWER_ALWAYS, create, definition, json_report, recognize, running, step, subject};
use crate::variant::Variant;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use undertone_bundle::{Bundle, discover};
use undertone_proto::v1;
use undertone_tests::{CNN, LSTM_VERSION, TestServer, corpus, crowd};
use v1::change_experiment_request::Step;

/// The shipped models, and an `lstm` 2.0.0 whose temperature is wrong by far: its probabilities say next to nothing.
fn degraded() -> Variant {
    let variant = Variant::new(|_, _| {});
    let found = discover(Path::new(variant.dir())).unwrap();
    let lstm =
        Bundle::open(found.iter().find(|path| path.ends_with(Path::new("lstm").join(LSTM_VERSION))).unwrap())
            .unwrap();
    let mut manifest = lstm.manifest().clone();
    manifest.version = "2.0.0".into();
    manifest.calibration.temperature *= 40.0;
    let files: Vec<(String, Vec<u8>)> = manifest
        .files
        .keys()
        .map(|path| (path.clone(), std::fs::read(lstm.path_of(path)).unwrap()))
        .collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, own)| (path.as_str(), own.as_slice())).collect();
    Bundle::write(&lstm.dir().with_file_name("2.0.0"), manifest, &files).unwrap();
    variant
}

#[tokio::test]
async fn a_degraded_version_that_is_ramped_to_half_of_the_traffic_is_stopped_by_itself() {
    let Some(corpus) = corpus() else { return };
    let clips = Arc::new(crowd::clips(&corpus, &crowd::UNSEEN_ACTORS).unwrap());
    let variant = degraded();
    let flags = [("models.dir", variant.dir()), ("experiments.guardrails_every", "200ms")];
    let servers = [TestServer::start(&flags).await.unwrap()];
    let mut definition = definition();
    definition["arms"][0]["weight"] = json!(95);
    definition["arms"][1] = json!({ "name": "lstm", "model": "lstm@2.0.0", "weight": 5 });
    definition["guardrails"] = json!([{ "metric": "brier", "tolerated": 0.05 }]);
    create(&servers[0], &definition).await.unwrap();
    step(&servers[0], Step::Start(v1::StartStep {})).await.unwrap();
    let ramp = v1::RampStep { weights: [("lstm".to_owned(), 50.0)].into() };
    step(&servers[0], Step::Ramp(ramp)).await.unwrap();

    let heard = crowd::crowd(&servers, &clips, (150, 1)).await.unwrap();
    crowd::tell_truth(&servers, &heard).await.unwrap();
    let stopped = crowd::wait_for(&servers[0], "trial", |own| !own.arms[1].stopped.is_empty()).await.unwrap();
    assert_eq!(stopped.arms.iter().map(|arm| arm.weight).collect::<Vec<_>>(), [100.0, 0.0]);
    assert!(stopped.arms[1].stopped.contains("Brier score is worse"), "{}", stopped.arms[1].stopped);
    assert_eq!(stopped.state, "running");

    let after = crowd::crowd(&servers, &clips, (20, 1)).await.unwrap();
    assert!(after.iter().all(|own| own.model == CNN), "its traffic goes to the control");
    let mut client = crowd::experiments(&servers[0]).await.unwrap();
    let found = client.get_experiment(v1::GetExperimentRequest { name: "trial".into() }).await.unwrap();
    let last = found.into_inner().changes.pop().unwrap();
    assert_eq!((last.who.as_str(), last.what.as_str()), ("guardrail", "stop arm lstm"));
    assert!(last.why.contains("tolerated"), "{}", last.why);
    let (_, metrics) = servers[0].get("/metrics").await.unwrap();
    let counted =
        "undertone_experiment_arms_stopped_total{arm=\"lstm\",experiment=\"trial\",tenant=\"default\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    let report = json_report(&servers[0]).await;
    assert!(report["stopped"][0]["reason"].as_str().unwrap().contains("Brier"), "{report}");
    assert!(report["differences"][0]["changes"]["brier"]["value"].as_f64().unwrap() > 0.0, "{report}");
}

/// Lets so many new people speak, and says whose answers are right.
async fn speak_and_judge(server: &TestServer, people: std::ops::Range<usize>, right: impl Fn(&str) -> bool) {
    let mut judgements = Vec::new();
    for number in people {
        let answer = recognize(server, subject(&format!("person-{number}"))).await.unwrap();
        let is_right = right(&answer.participation.as_ref().unwrap().arm);
        let results = answer.utterances.into_iter().filter_map(|own| own.result);
        judgements.extend(results.map(|result| v1::Judgement {
            verdict: Some(v1::judgement::Verdict::Correct(is_right)),
            ..crowd::judgement(&result.prediction_id, "")
        }));
    }
    let channel = server.channel().await.unwrap();
    let request = v1::GiveFeedbackRequest { judgements };
    v1::feedback_client::FeedbackClient::new(channel).give_feedback(request).await.unwrap();
}

#[tokio::test]
async fn an_arm_that_breaks_behind_the_answers_that_are_read_at_a_time_is_stopped_by_a_block_of_its_own() {
    let more =
        [ANSWER_ALWAYS, ("experiments.guardrails_every", "100ms"), ("experiments.report_answers", "600")];
    let mut definition = definition();
    definition["guardrails"] = json!([{ "metric": "accuracy", "tolerated": 0.3 }]);
    let server = running(&definition, &more).await;
    let each = recognize(&server, subject("person-0")).await.unwrap().utterances.len();
    let block = 300 / each + 1;
    speak_and_judge(&server, 1..block + 1, |_| true).await;
    crowd::wait_for(&server, "trial", |own| own.revision == 3).await.unwrap();
    let report = json_report(&server).await;
    assert_eq!(report["checks"]["guardrail_block"], 1, "{report}");
    assert_eq!(report["differences"][0]["guardrails"][0]["verdict"], "clear", "{report}");

    speak_and_judge(&server, 1000..1000 + block * 4 / 5, |arm| arm == "cnn").await;
    let stopped = crowd::wait_for(&server, "trial", |own| !own.arms[1].stopped.is_empty()).await.unwrap();
    assert!(stopped.arms[1].stopped.contains("accuracy is worse"), "{}", stopped.arms[1].stopped);
    let mut client = crowd::experiments(&server).await.unwrap();
    let found = client.get_experiment(v1::GetExperimentRequest { name: "trial".into() }).await.unwrap();
    let what: Vec<String> = found.into_inner().changes.into_iter().map(|change| change.what).collect();
    assert_eq!(what, ["create", "start", "look anew", "stop arm lstm"]);
    let text = crowd::report(&server, "trial", v1::ReportFormat::Text).await.unwrap();
    assert!(text.contains("guardrails look at 300 answers at a time: this is block 2"), "{text}");
}
