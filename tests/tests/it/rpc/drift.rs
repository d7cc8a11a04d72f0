//! What a real server hears and answers, against what its models learnt from and what people said.

use super::replies;
use crate::variant::Variant;
use serde_json::Value;
use std::collections::BTreeMap;
use undertone_proto::v1;
use undertone_tests::{
    CNN, PrivatePostgres, TestServer, crowd, float_bytes, float_config, real_clip, stream_of,
};
use v1::analytics_client::AnalyticsClient;
use v1::feedback_client::FeedbackClient;

/// Lets `model` answer about the clip, made louder or quieter.
async fn hear(server: &TestServer, model: &str, gain: f32) -> Vec<v1::Result> {
    let clip = std::fs::read(real_clip()).unwrap();
    let clip = undertone_audio::read_all(&clip, None, undertone_audio::AudioLimits::default()).unwrap();
    let samples: Vec<f32> = clip.iter().map(|sample| sample * gain).collect();
    let asks = stream_of(float_config(model), &float_bytes(&samples), &[64_000]);
    let replies = replies(&mut server.recognizer().await.unwrap(), asks).await.unwrap();
    let finals = super::finals(&replies);
    assert!(!finals.is_empty());
    if server.get("/readyz").await.unwrap().1.contains("postgres") {
        crowd::shipped(server).await.unwrap();
    }
    finals
}

async fn training_drift(server: &TestServer) -> Vec<v1::TrainingDrift> {
    let mut client = AnalyticsClient::new(server.channel().await.unwrap());
    client.query_training_drift(v1::QueryTrainingDriftRequest::default()).await.unwrap().into_inner().models
}

fn divergences(model: &v1::TrainingDrift) -> BTreeMap<&str, f64> {
    model.measures.iter().map(|own| (own.measure.as_str(), own.divergence)).collect()
}

async fn quieter_speech_drifts(postgres: Option<&PrivatePostgres>) {
    let models = Variant::profiled();
    let url = postgres.map(PrivatePostgres::url);
    let mut flags = vec![("models.dir", models.dir()), ("drift.min_answers", "1"), ("drift.every", "50ms")];
    flags.extend(url.iter().map(|url| ("store.url", url.as_str())));
    let server = TestServer::start(&flags).await.unwrap();
    let heard = hear(&server, "cnn", 1.0).await.len() as u64;
    let usual = training_drift(&server).await;
    let [cnn] = usual.as_slice() else { panic!("{usual:?}") };
    let measures: Vec<&str> = cnn.measures.iter().map(|own| own.measure.as_str()).collect();
    assert_eq!(measures, ["level", "snr", "speech", "f0", "labels"], "{cnn:?}");
    assert!(cnn.unavailable.is_empty() && cnn.answers == heard, "{cnn:?}");
    assert!(cnn.measures.iter().all(|own| own.answers == heard || own.measure == "f0"), "{cnn:?}");

    // 40 dB below: as nobody spoke in the training.
    for _ in 0..9 {
        hear(&server, "cnn", 0.01).await;
    }
    let shifted = training_drift(&server).await;
    let (before, after) = (divergences(cnn), divergences(&shifted[0]));
    assert!(after["level"] > before["level"] && after["level"] > 0.8, "{before:?} {after:?}");
    let level = shifted[0].measures.iter().find(|own| own.measure == "level").unwrap();
    assert!(level.drifted && level.stability_index > 0.25, "{level:?}");

    let (status, body) = server.get("/api/v1/analytics/training-drift?model=cnn&step=minute").await.unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert!(status.contains("200") && body["models"].as_array().unwrap().len() == 1, "{status} {body}");
    assert_eq!(body["models"][0]["measures"][0]["measure"], "level");
    let told = format!("undertone_drift_divergence{{measure=\"level\",model=\"{CNN}\"}}");
    while !server.get("/metrics").await.unwrap().1.contains(&told) {}
}

#[tokio::test]
async fn a_bundle_without_a_profile_is_named_with_what_to_do() {
    let without = Variant::new(|manifest, _| manifest.profile = None);
    let server = TestServer::start(&[("models.dir", without.dir())]).await.unwrap();
    hear(&server, "cnn", 1.0).await;
    let models = training_drift(&server).await;
    let [cnn] = models.as_slice() else { panic!("{models:?}") };
    assert!(cnn.model == "cnn" && cnn.measures.is_empty(), "{cnn:?}");
    assert!(cnn.unavailable.contains("has no training profile"), "{cnn:?}");
}

#[tokio::test]
async fn quieter_speech_than_in_the_training_is_told_from_the_journal() {
    quieter_speech_drifts(None).await;
}

#[tokio::test]
async fn quieter_speech_than_in_the_training_is_told_from_postgres() {
    quieter_speech_drifts(Some(&PrivatePostgres::start())).await;
}

async fn judged_answers_are_counted(postgres: Option<&PrivatePostgres>) {
    let url = postgres.map(PrivatePostgres::url);
    let mut flags = vec![("experiments.refresh", "50ms")];
    flags.extend(url.iter().map(|url| ("store.url", url.as_str())));
    let server = TestServer::start(&flags).await.unwrap();
    let results = hear(&server, "cnn", 1.0).await;
    let first = &results[0];
    let wrong = if first.top == "sad" { "happy" } else { "sad" };
    let mut client = FeedbackClient::new(server.channel().await.unwrap());
    let judgements = vec![crowd::judgement(&first.prediction_id, wrong)];
    client.give_feedback(v1::GiveFeedbackRequest { judgements }).await.unwrap();
    let group_by = vec![v1::GroupBy::Model.into(), v1::GroupBy::Version.into()];
    let request = v1::QueryJudgementsRequest { group_by, ..Default::default() };
    let mut analytics = AnalyticsClient::new(server.channel().await.unwrap());
    let groups = loop {
        let groups = analytics.query_judgements(request.clone()).await.unwrap().into_inner().groups;
        if !groups.is_empty() {
            break groups;
        }
    };
    let [group] = groups.as_slice() else { panic!("{groups:?}") };
    assert_eq!(group.group.as_ref().unwrap().model, "cnn");
    assert_eq!((group.judged, group.right, group.without_truth), (1, 0, 0));
    let cell = &group.cells[0];
    assert_eq!((cell.truth.as_str(), &cell.answer, cell.answers), (wrong, &first.top, 1));
    let confidence = f64::from(first.confidence);
    assert!((group.expected_calibration_error - confidence).abs() < 1e-3, "{group:?}");
    // A correction, which is a verdict about this very answer.
    let mut correction = crowd::judgement(&first.prediction_id, "");
    correction.verdict = Some(v1::judgement::Verdict::Correct(true));
    client.give_feedback(v1::GiveFeedbackRequest { judgements: vec![correction] }).await.unwrap();
    let right = async |server: &TestServer| {
        let (_, body) = server.get("/api/v1/analytics/judgements?model=cnn").await.unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        (body["groups"][0]["right"].as_u64(), body["groups"][0]["cells"][0]["truth"].clone())
    };
    while right(&server).await != (Some(1), Value::from(first.top.clone())) {}
}

#[tokio::test]
async fn judged_answers_are_counted_in_the_journal() {
    judged_answers_are_counted(None).await;
}

#[tokio::test]
async fn judged_answers_are_counted_in_postgres() {
    judged_answers_are_counted(Some(&PrivatePostgres::start())).await;
}
