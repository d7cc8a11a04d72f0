//! What was known of subjects before an experiment.

use super::{ANSWER_ALWAYS, create, definition, json_report, recognize, step, subject};
use undertone_proto::v1;
use undertone_tests::{TestServer, crowd};
use v1::change_experiment_request::Step;

const SUBJECTS: usize = 16;

/// Lets every subject speak, and says that the answers to every other one are right.
async fn everybody_speaks(server: &TestServer) {
    let mut judgements = Vec::new();
    for number in 0..SUBJECTS {
        let answer = recognize(server, subject(&format!("person-{number}"))).await.unwrap();
        let results = answer.utterances.into_iter().filter_map(|own| own.result);
        judgements.extend(results.map(|result| v1::Judgement {
            verdict: Some(v1::judgement::Verdict::Correct(number % 4 < 2)),
            ..crowd::judgement(&result.prediction_id, "")
        }));
    }
    let channel = server.channel().await.unwrap();
    let request = v1::GiveFeedbackRequest { judgements };
    v1::feedback_client::FeedbackClient::new(channel).give_feedback(request).await.unwrap();
}

#[tokio::test]
async fn answers_before_the_experiment_tell_of_what_comes_and_its_own_do_not() {
    let server = TestServer::start(&[ANSWER_ALWAYS]).await.unwrap();
    everybody_speaks(&server).await;
    create(&server, &definition()).await.unwrap();
    step(&server, Step::Start(v1::StartStep {})).await.unwrap();
    everybody_speaks(&server).await;
    // Exposures are written behind the answers.
    let known = loop {
        let known = json_report(&server).await["known_before"].take();
        if known["comparisons"][0]["known_subjects"] == SUBJECTS {
            break known;
        }
    };
    assert_eq!(known["covariate"], "share of right answers");
    let saved = known["comparisons"][0]["variance_saved"].as_f64().unwrap();
    assert!(saved > 0.9, "what was right before is right again: {known}");

    let fresh = TestServer::start(&[ANSWER_ALWAYS]).await.unwrap();
    create(&fresh, &definition()).await.unwrap();
    step(&fresh, Step::Start(v1::StartStep {})).await.unwrap();
    everybody_speaks(&fresh).await;
    let report = loop {
        let report = json_report(&fresh).await;
        let units = &report["checks"]["exposed_units"];
        if units["cnn"].as_u64().unwrap() + units["lstm"].as_u64().unwrap() == SUBJECTS as u64 {
            break report;
        }
    };
    assert!(report["known_before"].is_null(), "the first answers of an experiment are no past: {report}");
}
