//! What people say about answers, and what becomes of it.

use super::{ANSWER_ALWAYS, definition, json_report, recognize, running, subject};
use prost_types::{Duration, Timestamp};
use tonic::Code;
use undertone_core::{Clock, SystemClock};
use undertone_proto::v1;
use undertone_tests::{TestServer, crowd};
use v1::feedback_client::FeedbackClient;
use v1::judgement::{About, Verdict};

async fn give(
    server: &TestServer,
    judgements: Vec<v1::Judgement>,
) -> Result<v1::GiveFeedbackResponse, tonic::Status> {
    let mut client = FeedbackClient::new(server.channel().await.unwrap());
    client.give_feedback(v1::GiveFeedbackRequest { judgements }).await.map(tonic::Response::into_inner)
}

/// A verdict that was said so many seconds after the others, and after all answers: by a clock that is an hour ahead.
fn said(about: About, verdict: Verdict, seconds: i64) -> v1::Judgement {
    let now = SystemClock.now().0 / 1_000_000;
    let said_at = Some(Timestamp { seconds: now + 3_600 + seconds, nanos: 0 });
    v1::Judgement {
        about: Some(about),
        verdict: Some(verdict),
        source: "customer".into(),
        said_at,
        ..Default::default()
    }
}

/// Right answers of all arms together, and judged ones.
async fn right_of_judged(server: &TestServer) -> (f64, f64) {
    let report = json_report(server).await;
    let arms = report["arms"].as_array().unwrap().iter();
    arms.fold((0.0, 0.0), |(right, judged), arm| {
        let own = arm["judged"].as_f64().unwrap();
        (right + own * arm["figures"]["accuracy"]["value"].as_f64().unwrap_or(0.0), judged + own)
    })
}

#[tokio::test]
async fn a_label_that_no_model_answers_with_is_kept_and_told() {
    let server = running(&definition(), &[]).await;
    let answer = recognize(&server, subject("ann")).await.unwrap();
    let id = answer.utterances[0].result.clone().unwrap().prediction_id;
    let heard = |label: &str, seconds| {
        said(About::PredictionId(id.clone()), Verdict::Label(label.to_owned()), seconds)
    };
    let told = give(&server, vec![heard("sad", 0), heard("hapy", 60), heard("bored", 120)]).await.unwrap();
    assert_eq!((told.accepted, told.unknown_labels), (3, vec!["bored".to_owned(), "hapy".to_owned()]));
    assert_eq!(right_of_judged(&server).await, (0.0, 1.0));
}

#[tokio::test]
async fn what_was_said_last_counts_and_the_same_again_changes_nothing() {
    let server = running(&definition(), &[]).await;
    let answer = recognize(&server, subject("ann")).await.unwrap();
    let result = answer.utterances[0].result.clone().unwrap();
    let about = || About::PredictionId(result.prediction_id.clone());
    let wrong = if result.top == "sad" { "happy" } else { "sad" };
    // The correction comes before what it corrects.
    let correction = said(about(), Verdict::Label(result.top.clone()), 60);
    assert_eq!(give(&server, vec![correction]).await.unwrap().accepted, 1);
    let id = "0190163d-8694-739b-aea5-966c26f8ad91".to_owned();
    let first = v1::Judgement { id, ..said(about(), Verdict::Label(wrong.into()), 0) };
    assert_eq!(give(&server, vec![first.clone()]).await.unwrap().accepted, 1);
    let again = give(&server, vec![first]).await.unwrap();
    assert_eq!((again.accepted, again.known), (0, 1));
    assert_eq!(right_of_judged(&server).await, (1.0, 1.0));
    give(&server, vec![said(about(), Verdict::Correct(false), 120)]).await.unwrap();
    assert_eq!(right_of_judged(&server).await, (0.0, 1.0));
}

#[tokio::test]
async fn an_answer_counts_as_judged_when_the_time_for_feedback_is_over_and_it_came_within() {
    for (within, judged) in [("1ms", 0.0), ("1000000h", 0.0), ("", 1.0)] {
        let mut definition = definition();
        definition["feedback_within"] = within.into();
        let server = running(&definition, &[]).await;
        let answer = recognize(&server, subject("ann")).await.unwrap();
        let result = answer.utterances[0].result.clone().unwrap();
        let about = About::PredictionId(result.prediction_id);
        give(&server, vec![said(about, Verdict::Label(result.top), 0)]).await.unwrap();
        assert_eq!(
            right_of_judged(&server).await,
            (judged, judged),
            "{within:?}: too late, too early, and at any time"
        );
    }
}

#[tokio::test]
async fn feedback_about_an_interval_reaches_what_was_said_there() {
    let server = running(&definition(), &[ANSWER_ALWAYS]).await;
    let answer = recognize(&server, subject("ann")).await.unwrap();
    let results: Vec<v1::Result> = answer.utterances.iter().map(|own| own.result.clone().unwrap()).collect();
    assert!(results.len() > 1);
    let interval = v1::StreamInterval {
        stream_id: answer.stream_id.clone(),
        start: results[0].start,
        end: results[0].end,
    };
    give(&server, vec![said(About::Interval(interval), Verdict::Label(results[0].top.clone()), 0)])
        .await
        .unwrap();
    assert_eq!(right_of_judged(&server).await, (1.0, 1.0));
    let all = v1::StreamInterval {
        stream_id: answer.stream_id,
        start: None,
        end: Some(Duration { seconds: 60, nanos: 0 }),
    };
    give(&server, vec![said(About::Interval(all), Verdict::Correct(true), 1)]).await.unwrap();
    let count = results.len() as f64;
    assert_eq!(right_of_judged(&server).await, (count, count));
}

#[tokio::test]
async fn one_wrong_judgement_refuses_all_and_every_mistake_is_named() {
    let server = running(&definition(), &[("feedback.max_items", "4")]).await;
    let id = "0190163d-8694-739b-aea5-966c26f8ad91";
    let good = crowd::judgement(id, "sad");
    let refused = give(
        &server,
        vec![
            good.clone(),
            crowd::judgement("nonsense", "sad"),
            v1::Judgement { verdict: None, ..good.clone() },
            v1::Judgement { source: String::new(), ..good.clone() },
        ],
    );
    let refused = refused.await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    for part in ["judgements[1].prediction_id", "judgements[2].verdict", "judgements[3].source"] {
        assert!(refused.message().contains(part), "{part} is missing in: {}", refused.message());
    }
    let many = give(&server, vec![good.clone(); 5]).await.unwrap_err();
    assert!(many.message().contains("at most 4"), "{}", many.message());
    assert_eq!(give(&server, vec![good]).await.unwrap().accepted, 1, "nothing of the refused call was kept");
}

#[tokio::test]
async fn a_judgement_of_an_impossible_time_is_refused() {
    let server = running(&definition(), &[]).await;
    let about = || About::PredictionId("0190163d-8694-739b-aea5-966c26f8ad91".to_owned());
    let tomorrow = SystemClock.now().0 / 1_000_000 + 2 * 86_400;
    for seconds in [-1, i64::MIN, i64::MAX, tomorrow] {
        let said_at = Some(Timestamp { seconds, nanos: 0 });
        let judgement = v1::Judgement { said_at, ..said(about(), Verdict::Correct(true), 0) };
        let refused = give(&server, vec![judgement]).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{seconds}");
        assert!(refused.message().contains("said_at"), "{refused}");
    }
}
