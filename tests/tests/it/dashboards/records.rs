//! Every panel over stored records, on a Postgres that a real server filled.

use serde_json::json;
use std::time::Duration;
use undertone_proto::v1;
use undertone_tests::{PrivatePostgres, TestServer, board, crowd, shipped_clip};

/// Two models on live streams, one of them listening along, answers, and what somebody said about them.
async fn fill(server: &TestServer) {
    let definition = json!({
        "name": "trial",
        "control": "cnn",
        "arms": [
            { "name": "cnn", "model": "cnn", "weight": 100 },
            { "name": "lstm", "model": "lstm", "shadow": true },
        ],
        "metrics": [{ "metric": "accuracy", "margin": 0.01 }],
        "planned_units": 100,
    });
    crowd::start_experiment(std::slice::from_ref(server), &definition.to_string()).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let mut judgements = Vec::new();
    for subject in ["ann", "ben", "eve"] {
        let config = v1::RecognitionConfig { subject_key: subject.into(), ..Default::default() };
        let audio = std::fs::read(shipped_clip()).unwrap().into();
        let request = v1::RecognizeRequest { config: Some(config), audio };
        let answer = client.recognize(request).await.unwrap().into_inner();
        let results = answer.utterances.into_iter().filter_map(|utterance| utterance.result);
        judgements.extend(results.map(|result| crowd::judgement(&result.prediction_id, "angry")));
    }
    let mut feedback = v1::feedback_client::FeedbackClient::new(server.channel().await.unwrap());
    feedback.give_feedback(v1::GiveFeedbackRequest { judgements }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_postgres_panel_shows_rows_that_a_server_wrote() {
    let postgres = PrivatePostgres::start();
    let server = TestServer::start(&[("store.url", &postgres.url())]).await.unwrap();
    fill(&server).await;
    let queries = board::queries().unwrap();
    let mut left: Vec<_> = queries.iter().filter(|query| query.source.contains("postgresql")).collect();
    assert!(left.len() > 20);
    // Records are shipped, and models that listen along answer, a moment later.
    let all = async {
        while !left.is_empty() {
            left.retain(|query| {
                postgres.query(&board::filled_in(&query.text, 3_600, "trial")).trim().is_empty()
            });
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), all).await;
    let places: Vec<_> = left.iter().map(|query| &query.place).collect();
    assert!(in_time.is_ok(), "these show nothing: {places:?}");
}
