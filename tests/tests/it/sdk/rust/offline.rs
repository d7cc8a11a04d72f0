//! Which arm a unit gets, without asking.

use super::client;
use crate::sdk::assignment;
use undertone_client::assignment::{Allocation, ArmIndex, Assignment, Holdout, OfflineExperiment, Run, Slot};
use undertone_client::v1;
use undertone_tests::TestServer;

#[test]
fn units_get_the_arms_that_the_server_gives_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(assignment::written(folder.path())).unwrap();
    let asked: serde_json::Value = serde_json::from_str(&text).unwrap();
    let number = |value: &serde_json::Value| u16::try_from(value.as_u64().unwrap()).unwrap();
    let run = |run: &serde_json::Value| Run { until: number(&run[0]), arm: ArmIndex(number(&run[1]).into()) };
    let runs = asked["runs"].as_array().unwrap().iter().map(run).collect();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let (slot, holdout) = (&asked["slot"], &asked["holdout"]);
    let experiment = OfflineExperiment {
        salt: text(&asked["salt"]),
        allocation: Allocation::from_runs(runs).unwrap(),
        slot: Some(Slot {
            layer: text(&slot["layer"]),
            from: number(&slot["from"]),
            until: number(&slot["until"]),
        }),
        holdout: Some(Holdout { salt: text(&holdout["salt"]), buckets: number(&holdout["buckets"]) }),
    };
    let keys = asked["keys"].as_array().unwrap();
    assert_eq!(keys.len(), assignment::KEYS);
    for (key, expected) in keys.iter().zip(asked["outcomes"].as_array().unwrap()) {
        let found = match experiment.assign(key.as_str().unwrap()) {
            Assignment::Arm { arm, .. } => serde_json::json!(arm.0),
            Assignment::HeldOut => "held_out".into(),
            Assignment::Elsewhere => "elsewhere".into(),
        };
        assert_eq!(found, *expected, "{key}");
    }
}

#[tokio::test]
async fn what_a_server_tells_of_an_experiment_is_enough_to_know_its_arms_without_asking() {
    let server = TestServer::start(&[]).await.unwrap();
    let client = client(&server).await;
    let definition = serde_json::json!({
        "name": "trial",
        "salt": "pepper",
        "control": "cnn",
        "arms": [
            { "name": "listening", "model": "lstm", "shadow": true },
            { "name": "cnn", "model": "cnn", "weight": 70 },
            { "name": "lstm", "model": "lstm", "weight": 20 },
            { "name": "other", "model": "lstm", "weight": 10 },
        ],
        "metrics": [{ "metric": "accuracy" }],
        "planned_units": 100,
        "layer": { "name": "models", "from": 10, "until": 90 },
        "holdout": { "name": "2026", "percent": 5 },
    });
    let (who, why) = ("ann".to_owned(), "to see".to_owned());
    let definition = definition.to_string();
    let asked = v1::CreateExperimentRequest { definition, who: who.clone(), why: why.clone() };
    client.create_experiment(asked).await.unwrap();
    let weights = [("lstm".to_owned(), 45.0), ("other".to_owned(), 5.0)].into();
    let steps = [
        v1::change_experiment_request::Step::Start(v1::StartStep {}),
        v1::change_experiment_request::Step::Ramp(v1::RampStep { weights }),
    ];
    for step in steps {
        let (name, step) = ("trial".to_owned(), Some(step));
        let asked = v1::ChangeExperimentRequest { name, who: who.clone(), why: why.clone(), step };
        client.change_experiment(asked).await.unwrap();
    }
    let asked = v1::GetExperimentRequest { name: "trial".to_owned() };
    let told = client.get_experiment(asked).await.unwrap().experiment.unwrap();
    let offline = OfflineExperiment::of(&told).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..300 {
        let key = format!("person-{number}");
        let asked =
            v1::AssignRequest { name: "trial".to_owned(), key: key.clone(), ..v1::AssignRequest::default() };
        let server_says = client.assign(asked).await.unwrap().arm;
        let own = match offline.assign(&key) {
            Assignment::Arm { arm, .. } => told.arms[arm.0].name.clone(),
            Assignment::HeldOut | Assignment::Elsewhere => String::new(),
        };
        assert_eq!(own, server_says, "{key}");
        seen.insert(own);
    }
    assert_eq!(seen.len(), 4, "all three arms, and none: {seen:?}");
}

#[test]
fn an_allotment_that_cannot_be_is_told_with_what_and_where() {
    let arm = |name: &str| v1::ExperimentArm { name: name.to_owned(), ..v1::ExperimentArm::default() };
    let run = |until: u32, arm: &str| v1::BucketRun { until, arm: arm.to_owned() };
    let told = |runs: Vec<v1::BucketRun>| v1::Experiment {
        name: "trial".to_owned(),
        arms: vec![arm("old"), arm("new")],
        allotment: Some(v1::Allotment { salt: "pepper".to_owned(), runs, ..v1::Allotment::default() }),
        ..v1::Experiment::default()
    };
    assert!(OfflineExperiment::of(&told(vec![run(5000, "old"), run(10_000, "new")])).is_ok());
    let missing = v1::Experiment { allotment: None, ..told(Vec::new()) };
    let wrong = [
        (
            told(vec![run(5000, "old"), run(10_000, "oracle")]),
            r#"allotment.runs[1] names the arm "oracle"; there are "old", "new""#,
        ),
        (told(vec![run(70_000, "old")]), "there is no bucket 70000 among 10000"),
        (told(vec![run(5000, "old")]), "the runs of buckets do not lead from the first bucket to the last"),
        (missing, "the server does not tell what arms follow from; it is too old"),
    ];
    for (told, what) in wrong {
        let error = OfflineExperiment::of(&told).unwrap_err();
        assert_eq!(error.to_string(), format!(r#"experiment "trial": {what}"#));
    }
}
