//! Which model a stream gets, and what is recorded of it.

use super::{assigned, create, definition, json_report, recognize, running, step, subject};
use serde_json::json;
use std::path::Path;
use tonic::Code;
use undertone_proto::v1;
use undertone_store::{ExperimentKey, ExperimentStore, Exposure, JournalReader};
use undertone_tests::{CNN, TestServer, float_config, repository, stream_of};
use v1::change_experiment_request::Step;

/// The exposures that a stopped server left in its data folder.
pub(super) async fn exposures(folder: &Path) -> Vec<Exposure> {
    let store = ExperimentStore::open(folder, None).await.unwrap();
    let trial = ExperimentKey { tenant: "default", name: "trial" };
    let exposures = store.exposures(trial, 1000).await.unwrap();
    store.close().await;
    exposures
}

#[tokio::test]
async fn that_a_model_changed_under_an_arm_is_told_with_both_versions() {
    let older = repository().join("examples/experiments/models");
    let server = running(&definition(), &[("models.dir", older.to_str().unwrap())]).await;
    let people: Vec<String> = (0..6).map(|number| format!("person-{number}")).collect();
    for person in &people {
        recognize(&server, subject(person)).await.unwrap();
    }
    let report = json_report(&server).await;
    assert_eq!(report["arms"][0]["models"], json!(["cnn@1.0.0"]));
    assert!(!report["warnings"].to_string().contains("name the version"), "{report}");
    let data = server.stop().await.unwrap();
    let server = TestServer::start_in(data, &[]).await.unwrap();
    for person in &people {
        recognize(&server, subject(person)).await.unwrap();
    }
    let report = json_report(&server).await;
    assert_eq!(report["arms"][0]["models"], json!(["cnn@1.0.0", CNN]));
    assert!(report["warnings"].to_string().contains(&format!("cnn@1.0.0 and {CNN}")), "{report}");
}

#[tokio::test]
async fn a_subject_keeps_its_arm_and_its_exposure_is_recorded_once() {
    let server = running(&definition(), &[("recording.subject_key", "plain")]).await;
    for key in ["ann", "ben", "ann", "cem", "ann"] {
        let expected = assigned(&server, key).await;
        let answer = recognize(&server, subject(key)).await.unwrap();
        let part = answer.participation.unwrap();
        assert_eq!((part.experiment.as_str(), &part.arm, part.forced), ("trial", &expected.arm, false));
        assert_eq!(answer.model.unwrap().name, expected.model);
    }
    let data = server.stop().await.unwrap();
    let exposures = exposures(data.path()).await;
    let mut units: Vec<&str> = exposures.iter().map(|own| own.unit.as_str()).collect();
    units.sort_unstable();
    assert_eq!(units, ["ann", "ben", "cem"]);
    assert!(exposures.iter().all(|own| !own.forced && (own.share - 0.5).abs() < 1e-9));
    let rows = JournalReader::open(data.path()).await.unwrap().recent_predictions(100).await.unwrap();
    assert!(rows.iter().all(|row| row.arm.as_ref().is_some_and(|arm| arm.starts_with("trial/"))));
}

#[tokio::test]
async fn an_arm_that_a_tester_asks_for_is_marked_and_left_out() {
    let server = running(&definition(), &[]).await;
    for arm in ["cnn", "lstm"] {
        let config =
            v1::RecognitionConfig { experiment: "trial".into(), arm: arm.into(), ..subject("tester") };
        let answer = recognize(&server, config).await.unwrap();
        assert_eq!(answer.model.unwrap().name, arm);
        assert!(answer.participation.unwrap().forced);
    }
    let report = json_report(&server).await;
    assert_eq!(report["arms"][0]["answers"], 0);
    assert!(report["checks"]["forced_answers"].as_u64().unwrap() > 0, "{report}");
    let data = server.stop().await.unwrap();
    assert!(exposures(data.path()).await.iter().all(|own| own.forced));
}

#[tokio::test]
async fn who_names_a_model_or_is_not_eligible_is_in_no_experiment() {
    let mut definition = definition();
    definition["eligible"] = json!([{ "label": "country", "one_of": ["de"] }]);
    let server = running(&definition, &[]).await;
    let named = v1::RecognitionConfig { model: "lstm".into(), ..subject("ann") };
    let foreign =
        v1::RecognitionConfig { labels: [("country".into(), "fr".into())].into(), ..subject("ann") };
    for config in [named, foreign, subject("ann")] {
        assert_eq!(recognize(&server, config).await.unwrap().participation, None);
    }
    let eligible =
        v1::RecognitionConfig { labels: [("country".into(), "de".into())].into(), ..subject("ann") };
    assert!(recognize(&server, eligible).await.unwrap().participation.is_some());
}

#[tokio::test]
async fn wishes_that_cannot_be_are_refused_by_their_field() {
    let server = TestServer::start(&[]).await.unwrap();
    create(&server, &definition()).await.unwrap();
    let config = |experiment: &str, model: &str, arm: &str| v1::RecognitionConfig {
        experiment: experiment.into(),
        model: model.into(),
        arm: arm.into(),
        ..subject("ann")
    };
    for (config, part) in [
        (config("other", "", ""), "config.experiment: there is no experiment \"other\""),
        (config("trial", "", ""), "config.experiment: the experiment \"trial\" is draft"),
        (config("trial", "cnn", ""), "config.experiment: name an experiment or a model"),
        (config("", "", "lstm"), "config.arm: an arm belongs to an experiment"),
        (config("trial", "", "gru"), "config.arm: there is no arm \"gru\""),
    ] {
        let refused = recognize(&server, config).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(part), "{part} is not: {}", refused.message());
    }
}

#[tokio::test]
async fn after_a_promotion_everybody_gets_the_chosen_model_and_after_a_stop_the_default() {
    let server = running(&definition(), &[]).await;
    let keys: Vec<String> = (0..6).map(|number| format!("person-{number}")).collect();
    step(&server, Step::Promote(v1::PromoteStep { arm: "lstm".into() })).await.unwrap();
    for key in &keys {
        let answer = recognize(&server, subject(key)).await.unwrap();
        assert_eq!((answer.model.unwrap().name.as_str(), answer.participation), ("lstm", None));
    }
    step(&server, Step::Archive(v1::ArchiveStep {})).await.unwrap();
    let answer = recognize(&server, subject(&keys[0])).await.unwrap();
    assert_eq!(answer.model.unwrap().name, "cnn");
}

#[tokio::test]
async fn experiments_outlive_the_server() {
    let server = running(&definition(), &[]).await;
    let before = assigned(&server, "ann").await;
    let data = server.stop().await.unwrap();
    let server = TestServer::start_in(data, &[]).await.unwrap();
    let answer = recognize(&server, subject("ann")).await.unwrap();
    assert_eq!(answer.participation.unwrap().arm, before.arm);
}

/// Opens a stream without audio; gives its `Started`.
pub(super) async fn opened(server: &TestServer, config: v1::RecognitionConfig) -> v1::Started {
    let mut client = server.recognizer().await.unwrap();
    let asks = tokio_stream::iter(stream_of(config, &[], &[1]));
    let mut replies = client.streaming_recognize(asks).await.unwrap().into_inner();
    match replies.message().await.unwrap().unwrap().message.unwrap() {
        v1::streaming_recognize_response::Message::Started(started) => started,
        other => panic!("a stream begins with Started: {other:?}"),
    }
}

#[tokio::test]
async fn a_stream_that_is_taken_up_again_keeps_its_arm_though_weights_changed() {
    let server = running(&definition(), &[]).await;
    let config = v1::RecognitionConfig { subject_key: "ann".into(), resumable: true, ..float_config("") };
    let first = opened(&server, config).await;
    let arm = first.participation.clone().unwrap().arm;
    let other = if arm == "cnn" { "lstm" } else { "cnn" };
    let weights = [(other.to_owned(), 100.0), (arm.clone(), 0.0)].into();
    step(&server, Step::Ramp(v1::RampStep { weights })).await.unwrap();
    assert_eq!(assigned(&server, "ann").await.arm, other);
    let resume_token = first.acknowledgement.clone().unwrap().resume_token;
    let again = v1::RecognitionConfig { resume_token, ..first.effective_config.clone().unwrap() };
    let again = opened(&server, again).await;
    assert_eq!((&again.stream_id, &again.model), (&first.stream_id, &first.model));
    assert_eq!(again.participation.unwrap().arm, arm);
}
