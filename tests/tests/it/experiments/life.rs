//! Definitions, and the steps of a life.

use super::{assigned, create, definition, step};
use serde_json::json;
use std::collections::HashMap;
use tonic::Code;
use undertone_proto::v1;
use undertone_tests::{TestServer, crowd};
use v1::change_experiment_request::Step;

fn start() -> Step {
    Step::Start(v1::StartStep {})
}

fn ramp(weights: &[(&str, f64)]) -> Step {
    let weights: HashMap<String, f64> = weights.iter().map(|(arm, own)| ((*arm).to_owned(), *own)).collect();
    Step::Ramp(v1::RampStep { weights })
}

#[tokio::test]
async fn a_bad_definition_is_refused_with_all_its_mistakes() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut bad = definition();
    bad["name"] = json!("a name/with all");
    bad["arms"][0]["model"] = json!("gpt");
    bad["arms"][1]["weight"] = json!(49.125);
    bad["control"] = json!("nobody");
    bad["metrics"] = json!([{ "metric": "luck" }]);
    bad["feedback_within"] = json!("a while");
    bad["eligible"] = json!([{ "label": "country" }]);
    bad["start"] = json!("tomorrow");
    bad["planned_units"] = json!(0);
    let refused = create(&server, &bad).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    for part in [
        "a name/with all",
        "there is no model \"gpt\"",
        "49.125 is no number from 0 to 100",
        "\"luck\" is no metric",
        "one_of or none_of",
        "\"a while\" is no duration",
        "\"nobody\" is no arm",
        "planned for 0 units",
        "\"tomorrow\" is no time",
    ] {
        assert!(refused.message().contains(part), "{part} is missing in: {}", refused.message());
    }
    assert!(
        !refused.message().contains("sum to"),
        "a weight that is no number has no sum: {}",
        refused.message()
    );
    let mut bad = definition();
    bad["arms"][1]["weight"] = json!(40);
    bad["control"] = json!("nobody");
    bad["planned_units"] = json!(0);
    let refused = create(&server, &bad).await.unwrap_err();
    for part in ["sum to 90 %", "\"nobody\" is no arm", "planned for 0 units"] {
        assert!(refused.message().contains(part), "{part} is missing in: {}", refused.message());
    }
    let unknown = create(&server, &json!({ "name": "x", "colour": "red" })).await.unwrap_err();
    assert!(unknown.message().contains("colour"), "{}", unknown.message());
}

#[tokio::test]
async fn persons_are_no_units_where_it_is_not_kept_who_was_heard() {
    let server = TestServer::start(&[("recording.subject_key", "drop")]).await.unwrap();
    let refused = create(&server, &definition()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("take unit = \"stream\""), "{}", refused.message());
    let mut of_streams = definition();
    of_streams["unit"] = json!("stream");
    create(&server, &of_streams).await.unwrap();
}

#[tokio::test]
async fn a_life_goes_forwards_only_and_every_step_is_kept_with_who_and_why() {
    let server = TestServer::start(&[]).await.unwrap();
    create(&server, &definition()).await.unwrap();
    assert_eq!(create(&server, &definition()).await.unwrap_err().code(), Code::AlreadyExists);
    let refused = step(&server, Step::Pause(v1::PauseStep {})).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(refused.message(), "an experiment that is draft cannot become paused");
    for (taken, state) in [
        (start(), "running"),
        (Step::Pause(v1::PauseStep {}), "paused"),
        (start(), "running"),
        (ramp(&[("lstm", 20.0)]), "running"),
        (Step::Stop(v1::StopStep {}), "decided"),
        (Step::Archive(v1::ArchiveStep {}), "archived"),
    ] {
        assert_eq!(step(&server, taken).await.unwrap().state, state);
    }
    assert_eq!(step(&server, start()).await.unwrap_err().code(), Code::FailedPrecondition);
    let mut client = crowd::experiments(&server).await.unwrap();
    let found = client.get_experiment(v1::GetExperimentRequest { name: "trial".into() }).await.unwrap();
    let changes = found.into_inner().changes;
    let told: Vec<&str> = changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(told, ["create", "start", "pause", "start", "ramp lstm=20", "stop", "archive"]);
    assert!(
        changes.iter().all(|change| change.who == "ann" && change.why == "to see" && change.at.is_some())
    );
    assert_eq!(changes.last().unwrap().revision, 7);
}

#[tokio::test]
async fn a_change_without_a_name_or_a_reason_is_refused() {
    let server = TestServer::start(&[]).await.unwrap();
    create(&server, &definition()).await.unwrap();
    let request =
        v1::ChangeExperimentRequest { name: "trial".into(), step: Some(start()), ..Default::default() };
    let mut client = crowd::experiments(&server).await.unwrap();
    let refused = client.change_experiment(request).await.unwrap_err();
    assert!(refused.message().contains("who is empty; why is empty"), "{}", refused.message());
}

#[tokio::test]
async fn a_ramp_moves_only_the_share_that_must_move() {
    let server = TestServer::start(&[]).await.unwrap();
    create(&server, &definition()).await.unwrap();
    let keys: Vec<String> = (0..400).map(|number| format!("person-{number}")).collect();
    let mut before = Vec::new();
    for key in &keys {
        before.push(assigned(&server, key).await.arm);
    }
    let ramped = step(&server, ramp(&[("lstm", 60.0)])).await.unwrap();
    assert_eq!(ramped.arms.iter().map(|arm| arm.weight).collect::<Vec<_>>(), [40.0, 60.0]);
    let mut moved = 0;
    for (key, arm) in keys.iter().zip(&before) {
        let after = assigned(&server, key).await.arm;
        moved += usize::from(after != *arm);
        assert!(after == *arm || after == "lstm", "{key} moved to the arm that shrank");
    }
    // 40 of 400 are expected, with a standard deviation of 6.
    assert!((10..=70).contains(&moved), "{moved}");
    for (wrong, part) in [(("lstm", 120.0), "no number"), (("other", 5.0), "no arm \"other\"")] {
        let refused = step(&server, ramp(&[wrong])).await.unwrap_err();
        assert!(refused.message().contains(part), "{}", refused.message());
    }
}

#[tokio::test]
async fn experiments_of_one_layer_do_not_overlap() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut first = definition();
    first["layer"] = json!({ "name": "models", "from": 0, "until": 50 });
    create(&server, &first).await.unwrap();
    let mut second = first.clone();
    second["name"] = json!("second");
    second["layer"]["until"] = json!(60);
    let refused = create(&server, &second).await.unwrap_err();
    assert!(refused.message().contains("overlaps that of experiment \"trial\""), "{}", refused.message());
    second["layer"] = json!({ "name": "models", "from": 50, "until": 100 });
    create(&server, &second).await.unwrap();
    for number in 0..50 {
        let key = format!("person-{number}");
        let mut arms = Vec::new();
        for name in ["trial", "second"] {
            let request = v1::AssignRequest { name: name.into(), key: key.clone(), ..Default::default() };
            arms.push(
                crowd::experiments(&server).await.unwrap().assign(request).await.unwrap().into_inner().arm,
            );
        }
        assert_eq!(arms.iter().filter(|arm| arm.is_empty()).count(), 1, "{key}: {arms:?}");
    }
}

#[tokio::test]
async fn a_definition_that_says_what_to_expect_is_answered_with_an_estimate() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut expecting = definition();
    expecting["expect"] = json!({ "control": 0.72, "difference": 0.03, "units_per_day": 1000 });
    expecting["planned_units"] = json!(7000);
    expecting["metrics"] = json!([{ "metric": "accuracy" }]);
    let mut impossible = expecting.clone();
    impossible["expect"] = json!({ "control": 1.7, "difference": 0.0, "power": 1.5, "correlation": 2, "units_per_day": -3, "answers_per_unit": 0 });
    let refused = create(&server, &impossible).await.unwrap_err();
    for field in [
        "control is 1.7",
        "difference is 0",
        "power is 1.5",
        "correlation is 2",
        "units_per_day is -3",
        "answers_per_unit is 0",
    ] {
        assert!(refused.message().contains(&format!("expect.{field}")), "{field}: {refused}");
    }
    let estimate = create(&server, &expecting).await.unwrap().estimate;
    assert!(estimate.contains("3.0 points from 72.0 %") && estimate.contains("6787"), "{estimate}");
}
