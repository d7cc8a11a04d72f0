//! The pages of experiments, on one that real models answered.

use super::browser::Script;
use serde_json::json;
use std::sync::Arc;
use undertone_tests::{TestServer, corpus, crowd};

const PEOPLE: usize = 110;

#[tokio::test(flavor = "multi_thread")]
async fn what_an_experiment_says_is_seen() {
    let Some(corpus) = corpus() else { return };
    let models = crowd::unseen_models();
    let servers = [TestServer::start(&[("models.dir", models.to_str().unwrap())]).await.unwrap()];
    let definition = json!({
        "name": "cnn-vs-lstm",
        "hypothesis": "The two models are not equally often right",
        "control": "cnn",
        "arms": [
            { "name": "cnn", "model": "cnn", "weight": 50 },
            { "name": "lstm", "model": "lstm", "weight": 50 },
            { "name": "lstm-listening", "model": "lstm", "shadow": true },
        ],
        "metrics": [{ "metric": "accuracy", "margin": 0.01 }],
        "guardrails": [{ "metric": "accuracy", "tolerated": 0.15 }],
        "planned_units": 200,
    });
    crowd::start_experiment(&servers, &definition.to_string()).await.unwrap();
    let clips = Arc::new(crowd::clips(&corpus, &crowd::UNSEEN_ACTORS).unwrap());
    let heard = crowd::crowd(&servers, &clips, (PEOPLE, 2)).await.unwrap();
    assert!(crowd::tell_truth(&servers, &heard).await.unwrap() > 0);
    if let Some(script) = Script::new("experiments", &servers[0]).await {
        script.with("UNDERTONE_PEOPLE", PEOPLE.to_string()).passes().await;
    }
}
