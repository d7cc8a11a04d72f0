//! Who is exposed, and in which arm.

use super::serving::{exposures, opened};
use super::{assigned, definition, json_report, recognize, running, step, subject};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use undertone_proto::v1;
use undertone_tests::{crowd, float_config};
use v1::change_experiment_request::Step;

#[tokio::test]
async fn a_stream_of_which_nothing_was_scored_exposes_nobody() {
    let server = running(&definition(), &[("recording.subject_key", "plain")]).await;
    let config = v1::RecognitionConfig { subject_key: "ann".into(), ..float_config("") };
    let started = opened(&server, config).await;
    assert!(started.participation.is_some(), "it has an arm");
    recognize(&server, subject("ben")).await.unwrap();
    let data = server.stop().await.unwrap();
    let exposures = exposures(data.path()).await;
    assert_eq!(exposures.iter().map(|own| own.unit.as_str()).collect::<Vec<_>>(), ["ben"]);
}

#[tokio::test]
async fn where_streams_are_units_one_person_gets_several_arms_and_every_stream_is_exposed() {
    let mut definition = definition();
    definition["unit"] = json!("stream");
    let server = running(&definition, &[("recording.subject_key", "plain")]).await;
    let mut arms = HashMap::new();
    // All alike happens once in 32,768 times.
    for _ in 0..16 {
        let answer = recognize(&server, subject("ann")).await.unwrap();
        let arm = answer.participation.unwrap().arm;
        assert_eq!(
            assigned(&server, &answer.stream_id).await.arm,
            arm,
            "it follows from the stream's identifier"
        );
        arms.insert(answer.stream_id, arm);
    }
    assert_eq!(arms.values().collect::<HashSet<_>>().len(), 2, "{arms:?}");
    let data = server.stop().await.unwrap();
    let exposed: HashMap<String, String> =
        exposures(data.path()).await.into_iter().map(|own| (own.unit, own.arm)).collect();
    assert_eq!(exposed, arms);
}

#[tokio::test]
async fn who_is_held_out_gets_no_arm_and_what_others_get_without_a_model() {
    let mut definition = definition();
    definition["holdout"] = json!({ "name": "2026", "percent": 50 });
    let server = running(&definition, &[]).await;
    let mut held_out = 0;
    for number in 0..12 {
        let key = format!("person-{number}");
        let arm = assigned(&server, &key).await.arm;
        let answer = recognize(&server, subject(&key)).await.unwrap();
        assert_eq!(answer.participation.map(|own| own.arm).unwrap_or_default(), arm, "{key}");
        if arm.is_empty() {
            held_out += 1;
            assert_eq!(answer.model.unwrap().name, "cnn", "the default");
        }
    }
    assert!((1..12).contains(&held_out), "{held_out} of 12");
    let data = server.stop().await.unwrap();
    assert_eq!(exposures(data.path()).await.len(), 12 - held_out);
}

#[tokio::test]
async fn outside_of_its_window_an_experiment_assigns_nobody() {
    let windows =
        [("2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z"), ("2999-01-01T00:00:00Z", "2999-02-01T00:00:00Z")];
    for (start, end) in windows {
        let mut definition = definition();
        (definition["start"], definition["end"]) = (json!(start), json!(end));
        let server = running(&definition, &[]).await;
        let answer = recognize(&server, subject("ann")).await.unwrap();
        assert_eq!(answer.participation, None, "{start}");
        let named = v1::RecognitionConfig { experiment: "trial".into(), ..subject("ann") };
        let refused = recognize(&server, named).await.unwrap_err();
        assert!(refused.message().contains("assigns nobody now"), "{}", refused.message());
        let data = server.stop().await.unwrap();
        assert!(exposures(data.path()).await.is_empty(), "{start}");
    }
}

#[tokio::test]
async fn a_paused_experiment_exposes_nobody_and_goes_on_with_the_same_arms() {
    let server = running(&definition(), &[("recording.subject_key", "plain")]).await;
    let before = recognize(&server, subject("ann")).await.unwrap().participation.unwrap();
    step(&server, Step::Pause(v1::PauseStep {})).await.unwrap();
    for key in ["ann", "ben"] {
        assert_eq!(recognize(&server, subject(key)).await.unwrap().participation, None, "{key}");
    }
    step(&server, Step::Start(v1::StartStep {})).await.unwrap();
    assert_eq!(recognize(&server, subject("ann")).await.unwrap().participation, Some(before));
    let data = server.stop().await.unwrap();
    let exposures = exposures(data.path()).await;
    assert_eq!(exposures.iter().map(|own| own.unit.as_str()).collect::<Vec<_>>(), ["ann"]);
}

#[tokio::test]
async fn an_arm_that_is_ramped_to_nothing_stays_a_live_one_without_new_units() {
    let server = running(&definition(), &[]).await;
    for number in 0..8 {
        recognize(&server, subject(&format!("person-{number}"))).await.unwrap();
    }
    let weights = [("lstm".to_owned(), 0.0)].into();
    step(&server, Step::Ramp(v1::RampStep { weights })).await.unwrap();
    for number in 8..12 {
        let answer = recognize(&server, subject(&format!("person-{number}"))).await.unwrap();
        assert_eq!(answer.participation.unwrap().arm, "cnn");
    }
    // Exposures are written beside the answers.
    let report = loop {
        let report = json_report(&server).await;
        let units = &report["checks"]["exposed_units"];
        if units["cnn"].as_u64().unwrap() + units["lstm"].as_u64().unwrap() == 12 {
            break report;
        }
    };
    assert_eq!((&report["arms"][1]["shadow"], &report["arms"][1]["weight"]), (&json!(false), &json!(0.0)));
    assert_eq!(report["differences"][0]["arm"], "lstm", "it is compared on what it answered");
    assert_eq!(report["paired"], json!([]));
    let periods = report["checks"]["periods"].as_array().unwrap();
    let told: Vec<_> = periods
        .iter()
        .map(|own| {
            let arms = ["cnn", "lstm"].map(|arm| &own["arms"][arm]);
            let units: u64 = arms.iter().map(|arm| arm["units"].as_u64().unwrap()).sum();
            (arms.map(|arm| arm["weight"].as_f64().unwrap()), units)
        })
        .collect();
    assert_eq!(
        told,
        [([50.0, 50.0], 8), ([100.0, 0.0], 4)],
        "numbers are compared with the weights of their time"
    );
    assert_eq!(report["checks"]["ratio_mismatch"], false);
    let text = crowd::report(&server, "trial", v1::ReportFormat::Text).await.unwrap();
    assert!(text.contains("at 50 / 50 %: cnn") && text.contains("at 100 / 0 %: cnn 4, lstm 0"), "{text}");
    assert!(text.contains("lstm less cnn") && text.contains("(lstm, 0 %)"), "{text}");
}

#[tokio::test]
async fn answers_that_a_report_leaves_out_are_told_at_the_decision() {
    let server = running(&definition(), &[("experiments.report_answers", "3")]).await;
    for number in 0..5 {
        recognize(&server, subject(&format!("person-{number}"))).await.unwrap();
    }
    let report = json_report(&server).await;
    let left_out = report["checks"]["answers_left_out"].as_u64().unwrap();
    assert!(left_out >= 2, "{report}");
    let decision = report["decisions"][0].as_str().unwrap();
    assert!(decision.ends_with(&format!("(without the newest {left_out} answers)")), "{decision}");
    let warning = report["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with(&format!("THE NEWEST {left_out} ANSWERS ARE LEFT OUT")), "{warning}");
}
