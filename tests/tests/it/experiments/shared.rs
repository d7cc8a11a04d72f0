//! Servers that share one Postgres.

use super::{assigned, definition, json_report, recognize, step, subject};
use serde_json::json;
use std::sync::Arc;
use undertone_proto::v1;
use undertone_tests::{PrivatePostgres, TestServer, corpus, crowd};
use v1::change_experiment_request::Step;

async fn two(postgres: &PrivatePostgres) -> [TestServer; 2] {
    let url = postgres.url();
    let models = crowd::unseen_models();
    let flags = [
        ("store.url", url.as_str()),
        ("experiments.refresh", "50ms"),
        ("models.dir", models.to_str().unwrap()),
    ];
    [TestServer::start(&flags).await.unwrap(), TestServer::start(&flags).await.unwrap()]
}

#[tokio::test]
async fn two_servers_run_an_experiment_to_a_report_on_real_speech() {
    let Some(corpus) = corpus() else { return };
    let clips = Arc::new(crowd::clips(&corpus, &crowd::UNSEEN_ACTORS).unwrap());
    let postgres = PrivatePostgres::start();
    let servers = two(&postgres).await;
    crowd::start_experiment(&servers, &definition().to_string()).await.unwrap();
    let heard = crowd::crowd(&servers, &clips, (70, 2)).await.unwrap();
    let arms = crowd::arms(&heard).unwrap();
    assert_eq!(arms.len(), 70);
    for server in &servers {
        for (subject, arm) in &arms {
            assert_eq!(assigned(server, subject).await.arm, *arm, "{subject}");
        }
    }
    let told = crowd::tell_truth(&servers, &heard).await.unwrap() as u64;
    let report = loop {
        for server in &servers {
            crowd::shipped(server).await.unwrap();
        }
        let report = json_report(&servers[1]).await;
        if report["checks"]["judged_answers"].as_u64() == Some(told) {
            break report;
        }
    };
    assert_eq!(report["checks"]["ratio_mismatch"], false);
    let exposed = &report["checks"]["exposed_units"];
    assert_eq!(exposed["cnn"].as_u64().unwrap() + exposed["lstm"].as_u64().unwrap(), 70, "{exposed}");
    let accuracy = &report["differences"][0]["changes"]["accuracy"];
    let [low, high] = [0, 1].map(|place| accuracy["interval"][place].as_f64().unwrap());
    assert!(low < high && accuracy["value"].as_f64().unwrap().abs() < 0.5, "{accuracy}");
    let decision = report["decisions"][0].as_str().unwrap();
    assert!(decision.contains("interval") && decision.contains("stop: "), "{decision}");
    let segments = report["segments"]["rows"].as_array().unwrap();
    let judged =
        |value: &str| segments.iter().find(|own| own["value"] == value).unwrap()["judged"].as_u64().unwrap();
    assert_eq!(judged("F") + judged("M"), told, "{segments:?}");
    let work = &report["arms"][0]["figures"]["processor_share"];
    assert!(work["value"].as_f64().unwrap() > 0.0, "{work}");
    let text = crowd::report(&servers[0], "trial", v1::ReportFormat::Text).await.unwrap();
    assert!(text.contains(decision) && text.contains("recall of angry"), "{text}");
    let page = crowd::report(&servers[0], "trial", v1::ReportFormat::Html).await.unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("<svg"), "{page}");
    assert!(!page.contains("http://") && !page.contains("https://"), "the page needs nothing beside itself");
}

#[tokio::test]
async fn a_change_at_one_server_is_soon_in_force_at_the_other() {
    let postgres = PrivatePostgres::start();
    let servers = two(&postgres).await;
    crowd::start_experiment(&servers, &definition().to_string()).await.unwrap();
    let ramp = v1::RampStep { weights: [("lstm".to_owned(), 100.0)].into() };
    step(&servers[0], Step::Ramp(ramp)).await.unwrap();
    crowd::wait_for(&servers[1], "trial", |own| own.arms[1].weight == 100.0).await.unwrap();
    for number in 0..20 {
        assert_eq!(assigned(&servers[1], &format!("person-{number}")).await.arm, "lstm");
    }
}

#[tokio::test]
async fn without_postgres_the_last_known_experiments_go_on_and_changes_are_refused() {
    let postgres = PrivatePostgres::start();
    let servers = two(&postgres).await;
    let mut definition = definition();
    definition["arms"] = json!([
        { "name": "cnn", "model": "cnn", "weight": 0 },
        { "name": "lstm", "model": "lstm", "weight": 100 },
    ]);
    crowd::start_experiment(&servers, &definition.to_string()).await.unwrap();
    let [first, second] = servers;
    postgres.stop();
    assert_eq!(recognize(&first, subject("ann")).await.unwrap().model.unwrap().name, "lstm");
    let refused = step(&first, Step::Pause(v1::PauseStep {})).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unavailable, "{refused}");
    // Also one that starts meanwhile knows them, from its own copy.
    let data = second.stop().await.unwrap();
    let url = postgres.url();
    let second = TestServer::start_in(data, &[("store.url", &url)]).await.unwrap();
    assert_eq!(recognize(&second, subject("ben")).await.unwrap().model.unwrap().name, "lstm");
    // What was recorded meanwhile arrives.
    postgres.restart();
    crowd::wait_for(&first, "trial", |own| own.state == "running").await.unwrap();
    loop {
        let exposed = json_report_or_none(&first).await;
        if exposed == Some(2) {
            break;
        }
    }
}

/// Units exposed to `lstm`, as far as Postgres answers.
async fn json_report_or_none(server: &TestServer) -> Option<u64> {
    let report = crowd::report(server, "trial", v1::ReportFormat::Json).await.ok()?;
    let report: serde_json::Value = serde_json::from_str(&report).ok()?;
    report["checks"]["exposed_units"]["lstm"].as_u64()
}
