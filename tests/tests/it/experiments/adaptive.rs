//! Weights that follow the evidence.

use super::{create, definition, json_report, step};
use serde_json::json;
use std::sync::Arc;
use undertone_proto::v1;
use undertone_tests::{TestServer, corpus, crowd};
use v1::change_experiment_request::Step;

#[tokio::test]
async fn a_definition_whose_weights_cannot_follow_the_evidence_is_refused() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut wrong = definition();
    wrong["adaptive"] = json!({ "floor": 60, "every": "soon" });
    wrong["unit"] = json!("stream");
    wrong["metrics"] = json!([{ "metric": "brier" }]);
    let refused = create(&server, &wrong).await.unwrap_err();
    for part in
        ["adaptive.floor", "adaptive.every", "accuracy has to be the first", "the unit has to be the subject"]
    {
        assert!(refused.message().contains(part), "{part} is missing in: {}", refused.message());
    }
}

#[tokio::test]
async fn weights_follow_the_evidence_down_to_the_floor_and_the_estimate_weighs_every_subject_by_its_share() {
    let Some(corpus) = corpus() else { return };
    let clips = Arc::new(crowd::clips(&corpus, &crowd::UNSEEN_ACTORS).unwrap());
    let flags = [("experiments.guardrails_every", "50ms")];
    let servers = [TestServer::start(&flags).await.unwrap()];
    let mut definition = definition();
    definition["adaptive"] = json!({ "floor": 10, "every": "1ms" });
    create(&servers[0], &definition).await.unwrap();
    step(&servers[0], Step::Start(v1::StartStep {})).await.unwrap();
    let heard = crowd::crowd(&servers, &clips, (80, 1)).await.unwrap();
    // The first arm is told that it was right, the second that it was wrong, whatever they said.
    let judged = heard.iter().flat_map(|own| {
        let right = own.model.starts_with("cnn");
        own.results.iter().map(move |result| v1::Judgement {
            verdict: Some(v1::judgement::Verdict::Correct(right)),
            ..crowd::judgement(&result.prediction_id, "")
        })
    });
    let request = v1::GiveFeedbackRequest { judgements: judged.collect() };
    let channel = servers[0].channel().await.unwrap();
    v1::feedback_client::FeedbackClient::new(channel).give_feedback(request).await.unwrap();

    let at_the_floor = |own: &v1::Experiment| own.arms[1].weight < 10.5;
    let shifted = crowd::wait_for(&servers[0], "trial", at_the_floor).await.unwrap();
    assert!(shifted.arms[1].weight >= 10.0, "{shifted:?}");
    let mut client = crowd::experiments(&servers[0]).await.unwrap();
    let found = client.get_experiment(v1::GetExperimentRequest { name: "trial".into() }).await.unwrap();
    let change = found.into_inner().changes.into_iter().find(|own| own.who == "thompson sampling").unwrap();
    assert!(change.what.starts_with("allocate cnn="), "{}", change.what);
    assert!(change.why.contains("every subject counting once: cnn "), "{}", change.why);

    // Exposures are written behind the answers.
    let report = loop {
        let report = json_report(&servers[0]).await;
        if report["weighted"][0]["subjects"] == 80 {
            break report;
        }
    };
    let weighted = &report["weighted"][0];
    assert_eq!(weighted["arm"], "lstm");
    let subjects = |arm: usize| report["arms"][arm]["subjects"].as_f64().unwrap();
    assert_eq!(subjects(0) + subjects(1), 80.0);
    assert!(weighted["interval"][1].as_f64().unwrap() < 0.0, "{weighted}");
    let decision = report["decisions"][0].as_str().unwrap();
    assert!(
        decision.contains("cnn is right on") && decision.contains("weighted by how likely"),
        "{decision}"
    );
}
