//! Figures about what a real server recorded, over gRPC and HTTP.

use serde_json::Value;
use std::time::{Duration, SystemTime};
use tonic::Code;
use undertone_proto::v1;
use undertone_tests::{PrivatePostgres, TestServer, real_clip};
use v1::analytics_client::AnalyticsClient;

async fn recognize(server: &TestServer, model: &str, subject: &str) -> usize {
    let config = v1::RecognitionConfig {
        model: model.into(),
        subject_key: subject.into(),
        labels: [("team".to_owned(), "blue".to_owned())].into(),
        ..v1::RecognitionConfig::default()
    };
    let audio = std::fs::read(real_clip()).unwrap().into();
    let request = v1::RecognizeRequest { config: Some(config), audio };
    server.recognizer().await.unwrap().recognize(request).await.unwrap().into_inner().utterances.len()
}

async fn until_shipped(server: &TestServer) {
    let is_done = |line: &str| line == "undertone_postgres_pending_records 0";
    server.until_metrics(|page| page.lines().any(is_done).then_some(())).await;
}

async fn all_is_answered(server: &TestServer) {
    let cnn = recognize(server, "cnn", "ann").await + recognize(server, "cnn", "ben").await;
    let lstm = recognize(server, "lstm", "ann").await;
    assert!(cnn > 0 && lstm > 0);
    if server.get("/readyz").await.unwrap().1.contains("postgres") {
        until_shipped(server).await;
    }
    let mut client = AnalyticsClient::new(server.channel().await.unwrap());
    let group_by = vec![v1::GroupBy::Model.into()];
    let request =
        v1::QueryEmotionsRequest { group_by: group_by.clone(), ..v1::QueryEmotionsRequest::default() };
    let series = client.query_emotions(request).await.unwrap().into_inner().series;
    let counts: Vec<(String, u64)> = series
        .iter()
        .map(|own| (own.group.clone().unwrap().model, own.points.iter().map(|point| point.answers).sum()))
        .collect();
    assert_eq!(counts, [("cnn".to_owned(), cnn as u64), ("lstm".to_owned(), lstm as u64)]);
    for point in series.iter().flat_map(|own| &own.points) {
        let shares: f64 = point.shares.iter().map(|share| share.share).sum();
        assert!((shares - 1.0).abs() < 1e-9 && point.speech_seconds > 0.0, "{point:?}");
        assert!(point.mean_confidence > 0.0 && point.mean_confidence <= 1.0, "{point:?}");
    }

    let filter = Some(v1::AnalyticsFilter { subject_key: "ben".into(), ..v1::AnalyticsFilter::default() });
    let request = v1::QueryConfidenceRequest { filter, ..v1::QueryConfidenceRequest::default() };
    let histograms = client.query_confidence(request).await.unwrap().into_inner().histograms;
    assert_eq!(histograms.len(), 1);
    assert_eq!(histograms[0].bins.iter().sum::<u64>(), cnn as u64 / 2);

    let latency = client.query_latency(v1::QueryLatencyRequest::default()).await.unwrap().into_inner().series;
    let parts: Vec<&str> = latency.iter().map(|own| own.part.as_str()).collect();
    assert_eq!(parts, ["queue", "features", "inference"]);
    assert!(
        latency[2]
            .points
            .iter()
            .all(|point| point.p50_seconds > 0.0 && point.p99_seconds >= point.p50_seconds)
    );

    let within_a_day = prost_types::Timestamp::from(SystemTime::now() + Duration::from_secs(3_600));
    let reference = Some(v1::AnalyticsRange { end: Some(within_a_day), ..v1::AnalyticsRange::default() });
    let request = v1::QueryDriftRequest { reference, group_by, ..v1::QueryDriftRequest::default() };
    let drifts = client.query_drift(request).await.unwrap().into_inner().drifts;
    assert!(drifts.len() == 2 && drifts.iter().all(|drift| drift.emotions_divergence == 0.0), "{drifts:?}");

    let path = "/api/v1/analytics/emotions?group_by=model&label=team%3Dblue&step=day&model=lstm";
    let (status, body) = server.get(path).await.unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert!(status.contains("200"), "{status} {body}");
    assert_eq!(body["series"][0]["group"]["model"], "lstm");
    assert_eq!(body["series"][0]["points"][0]["answers"], lstm);
    let now = prost_types::Timestamp::from(SystemTime::now());
    let path = format!("/api/v1/analytics/emotions?model=lstm&step=hour&end={now}");
    let body: Value = serde_json::from_str(&server.get(&path).await.unwrap().1).unwrap();
    let answers = |point: &Value| point["answers"].as_u64().unwrap();
    let counted: u64 = body["series"][0]["points"].as_array().unwrap().iter().map(answers).sum();
    assert_eq!(counted, lstm as u64, "the hour in which the time ends is a part of it: {body}");
    for kind in ["confidence?", "latency?", "agreement?", "drift?reference_end=2030-01-01T00:00:00Z&"] {
        let (status, body) = server.get(&format!("/api/v1/analytics/{kind}step=minute")).await.unwrap();
        assert!(status.contains("200") && body.starts_with('{'), "{kind}: {status} {body}");
    }
}

#[tokio::test]
async fn a_server_answers_from_its_journal() {
    all_is_answered(&TestServer::start(&[]).await.unwrap()).await;
}

#[tokio::test]
async fn a_server_with_postgres_answers_from_there() {
    let postgres = PrivatePostgres::start();
    all_is_answered(&TestServer::start(&[("store.url", &postgres.url())]).await.unwrap()).await;
}

#[tokio::test]
async fn wrong_questions_are_refused_with_every_mistake() {
    let server = TestServer::start(&[("analytics.max_buckets", "100"), ("recording.subject_key", "drop")])
        .await
        .unwrap();
    let mut client = AnalyticsClient::new(server.channel().await.unwrap());
    let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let range = v1::AnalyticsRange { start: time(0), end: time(86_400 * 30), step: v1::Step::Minute.into() };
    let filter = v1::AnalyticsFilter {
        models: vec!["m".repeat(2_000)],
        subject_key: "ann".into(),
        label_value: "blue".into(),
        role: 77,
        ..v1::AnalyticsFilter::default()
    };
    let request = v1::QueryEmotionsRequest { range: Some(range), filter: Some(filter), group_by: vec![0] };
    let status = client.query_emotions(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    for field in [
        "range: ",
        "max_buckets",
        "filter.models",
        "filter.subject_key",
        "filter.label_value",
        "filter.role",
        "group_by[0]",
    ] {
        assert!(status.message().contains(field), "{field} is missing in: {}", status.message());
    }
    let nothing = v1::AnalyticsRange::default();
    for (reference, told) in [
        (None, "reference: give the time to compare with"),
        (Some(nothing), "reference: give the time to compare with"),
        (Some(range), "reference: it holds more than 100 buckets"),
    ] {
        let request = v1::QueryDriftRequest { reference, ..v1::QueryDriftRequest::default() };
        let status = client.query_drift(request).await.unwrap_err();
        assert!(status.code() == Code::InvalidArgument && status.message().contains(told), "{status}");
    }
    for wrong in [
        "start=yesterday",
        "step=week",
        "start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z",
        "stepp=day",
        "label=x",
        "subject=",
        "step=hour&step=day",
        "label=a=b&label=a=c",
        "reference_end=2026-01-01T00:00:00Z",
    ]
    .map(|wrong| format!("emotions?{wrong}"))
    .into_iter()
    .chain(["agreement?model=cnn", "training-drift?group_by=version"].map(str::to_owned))
    {
        let (status, body) = server.get(&format!("/api/v1/analytics/{wrong}")).await.unwrap();
        assert!(status.contains("400") && body.contains("error"), "{wrong}: {status} {body}");
    }
}
