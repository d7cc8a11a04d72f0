//! Somebody who took part in an experiment is forgotten, at running servers.

use super::{definition, recognize, subject};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use undertone_proto::v1;
use undertone_proto::v1::feedback_client::FeedbackClient;
use undertone_tests::{Columns, PrivatePostgres, TestServer, crowd, stage};

async fn judge(server: &TestServer, prediction: &str) -> u32 {
    let mut client = FeedbackClient::new(server.channel().await.unwrap());
    let judgements = vec![crowd::judgement(prediction, "sad")];
    let given = client.give_feedback(v1::GiveFeedbackRequest { judgements }).await.unwrap();
    given.into_inner().accepted
}

/// The identifiers by which a call is found, and its first answer.
async fn take_part(server: &TestServer, key: &str) -> (Vec<String>, String) {
    let answer = recognize(server, subject(key)).await.unwrap();
    let ids = answer.utterances.iter().map(|own| own.result.clone().unwrap().prediction_id);
    let ids: Vec<String> = ids.chain([answer.stream_id.clone()]).collect();
    let first = ids[0].clone();
    assert_eq!(judge(server, &first).await, 1);
    (ids, first)
}

fn erase(data_dir: &Path, key: &str, url: Option<&str>) -> String {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(["db", "erase", "--subject", key, "--data-dir"]).arg(data_dir).env("NO_COLOR", "1");
    if let Some(url) = url {
        command.env("UNDERTONE__STORE__URL", url);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn holding(
    server: &TestServer,
    postgres: Option<&PrivatePostgres>,
    texts: &[String],
) -> BTreeSet<String> {
    let mut holding = Columns::of_journal(server.data_dir(), texts).await.unwrap().holding;
    if let Some(postgres) = postgres {
        let there = Columns::of_postgres(postgres, texts).await.unwrap().holding;
        holding.extend(there.into_iter().map(|column| format!("postgres {column}")));
    }
    holding
}

async fn forget_ann(postgres: Option<&PrivatePostgres>) {
    let url = postgres.map(PrivatePostgres::url);
    let flags: Vec<(&str, &str)> = url.iter().map(|url| ("store.url", url.as_str())).collect();
    let servers = [TestServer::start(&flags).await.unwrap()];
    let server = &servers[0];
    crowd::start_experiment(&servers, &definition().to_string()).await.unwrap();
    let (ids, first) = take_part(server, "ann").await;
    let (others, _) = take_part(server, "ben").await;
    let mut wanted = vec!["exposures.stream_id", "feedback.prediction_id", "predictions.id", "streams.id"];
    if postgres.is_some() {
        wanted.extend([
            "postgres exposures.stream_id",
            "postgres feedback.prediction_id",
            "postgres predictions.id",
        ]);
    }
    let all_there = |holding: BTreeSet<String>| wanted.iter().all(|column| holding.contains(*column));
    for texts in [&ids, &others] {
        while !all_there(holding(server, postgres, texts).await) {}
    }

    let told = erase(server.data_dir(), "ann", url.as_deref());
    let places = if postgres.is_some() { vec!["postgres", "journal"] } else { vec!["journal"] };
    for place in places {
        let line = format!(
            "{place}: erased 1 streams, {} predictions, 1 exposures to experiments and 1 judgements",
            ids.len() - 1
        );
        assert!(told.contains(&line), "{told}");
    }
    let left = holding(server, postgres, &ids).await;
    assert!(left.iter().all(|column| column.ends_with("erased_ids.id")), "{left:?}");
    assert!(all_there(holding(server, postgres, &others).await), "others stay");
    assert_eq!(judge(server, &first).await, 0, "what is said later about an erased answer is not kept");
    take_part(server, "ann").await;
}

#[tokio::test]
async fn a_subject_of_an_experiment_is_forgotten_by_the_journal() {
    forget_ann(None).await;
}

#[tokio::test]
async fn a_subject_of_an_experiment_is_forgotten_by_postgres_and_journal() {
    forget_ann(Some(&PrivatePostgres::start())).await;
}
