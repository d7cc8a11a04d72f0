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

/// A ramp from 5 % to half of the units, with as many units of either time.
const RAMP: &str = r#"
insert into experiments (tenant, name, revision, state, unit, definition, progress, updated_at) values
    ('default', 'ramped', 3, 'running', 'subject', '{}', '{"started_at_micros": 2000000}', now());
insert into experiment_changes (tenant, experiment, revision, at, who, what, why, state, definition, progress)
    select 'default', 'ramped', revision, to_timestamp(at), 'ann', 'ramp', 'to see', 'running',
    jsonb_build_object('arms', jsonb_build_array(
        jsonb_build_object('name', 'cnn', 'weight', 100 - weight), jsonb_build_object('name', 'lstm', 'weight', weight),
        jsonb_build_object('name', 'listening', 'shadow', true))), '{}'
    from (values (1, 1, 20), (2, 2, 5), (3, 500, 50)) as changes (revision, at, weight);
insert into exposures (tenant, experiment, unit, origin, arm, share, stream_id, at)
    select 'default', 'ramped', unit::text, 'drawn', case when unit % 100 < weight then 'lstm' else 'cnn' end,
    (case when unit % 100 < weight then weight else 100 - weight end) / 100.0, gen_random_uuid(), to_timestamp(300 + unit)
    from (select unit, case when unit < 200 then 5 else 50 end as weight from generate_series(0, 399) as unit) units;
"#;

#[tokio::test(flavor = "multi_thread")]
async fn panels_compare_numbers_of_units_at_the_same_weights_alone() {
    let postgres = PrivatePostgres::start();
    let server = TestServer::start(&[("store.url", &postgres.url())]).await.unwrap();
    crowd::experiments(&server).await.unwrap().list_experiments(v1::ListExperimentsRequest {}).await.unwrap();
    postgres.query(RAMP);
    let queries = board::queries().unwrap();
    let panel = queries.iter().find(|query| query.place.contains("Units by arm")).unwrap();
    let told = postgres.query(&board::filled_in(&panel.text, 3_600, "ramped"));
    let told: Vec<&str> = told.trim().lines().collect();
    let early = "cnn 95 / lstm 5";
    let late = "cnn 50 / lstm 50";
    let expected = [
        format!("{early}|cnn|190|0.95|0.9500"),
        format!("{early}|lstm|10|0.05|0.0500"),
        format!("{late}|cnn|100|0.5|0.5000"),
        format!("{late}|lstm|100|0.5|0.5000"),
    ];
    assert_eq!(told, expected);
}
