//! `undertone db` as an operator runs it.

use std::path::Path;
use std::process::{Command, Output};
use undertone_core::{Clock, PredictionId, Record, Recorder, StreamId, SystemClock};
use undertone_store::{Journal, JournalOptions, Shipper};
use undertone_tests::{PrivatePostgres, answer, closing, opening, stage};

fn db(data: &Path, store: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.arg("db").args(arguments).arg("--data-dir").arg(data).env("NO_COLOR", "1");
    if let Some(url) = store {
        command.env("UNDERTONE__STORE__URL", url);
    }
    command.output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

async fn record(journal: &Journal, subject: &str) {
    let stream = StreamId::generate();
    let mut opened = opening(stream);
    opened.subject_key = Some(subject.to_owned());
    opened.opened_at = SystemClock.now();
    journal.record(Record::StreamOpened(opened)).await.unwrap();
    for utterance in 1..=3 {
        let mut answer = answer(stream, utterance);
        answer.prediction_id = PredictionId::of_final(stream, utterance);
        answer.top = "a \"mixed\", odd label".to_owned();
        journal.record(Record::Utterance(answer)).await.unwrap();
    }
    journal.record(Record::StreamEnded(closing(stream, 3))).await.unwrap();
}

/// Exports, erases, and looks; the same with and without Postgres.
async fn operate(store: Option<&PrivatePostgres>) {
    let folder = tempfile::tempdir().unwrap();
    let url = store.map(PrivatePostgres::url);
    let url = url.as_deref();
    let journal = Journal::open(folder.path(), JournalOptions::default()).await.unwrap();
    record(&journal, &stored_key("ann")).await;
    record(&journal, &stored_key("ben")).await;
    if let Some(url) = url {
        let shipper = Shipper::start(&journal, url.parse().unwrap());
        journal.status().wait_for(|status| status.pending_rows == 0).await.unwrap();
        shipper.stop().await;
    }
    journal.close().await;

    let out = folder.path().join("all.csv");
    let export = ["export", "--out", out.to_str().unwrap()];
    assert!(printed(&db(folder.path(), url, &export)).contains("wrote 6 predictions"));
    let text = std::fs::read_to_string(&out).unwrap();
    assert_eq!(text.lines().count(), 7);
    assert!(text.contains("\"a \"\"mixed\"\", odd label\",0.7,false,calm;happy;sad,0.1;0.7;0.2"), "{text}");
    let again = db(folder.path(), url, &export);
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("is there already"));
    let none = folder.path().join("none.csv");
    let none = ["export", "--out", none.to_str().unwrap(), "--to", "2001-01-01T00:00:00Z"];
    assert!(printed(&db(folder.path(), url, &none)).contains("wrote 0 predictions"));

    let erased = printed(&db(folder.path(), url, &["erase", "--subject", "ann"]));
    assert!(erased.contains("journal: erased 1 streams, 3 predictions,"), "{erased}");
    assert_eq!(erased.contains("postgres: erased 1 streams, 3 predictions,"), store.is_some(), "{erased}");
    assert!(erased.contains("all.csv was exported before") && !erased.contains("none.csv"), "{erased}");
    assert!(!erased.contains("nothing is stored"), "{erased}");
    let salted = ["erase", "--subject", "ann", "--set", "recording.subject_salt=another"];
    for arguments in [&salted[..3], &salted] {
        let nothing = printed(&db(folder.path(), url, arguments));
        assert!(nothing.contains("nothing is stored of this subject"), "{nothing}");
    }
    let status = printed(&db(folder.path(), url, &["status"]));
    assert!(status.contains("journal: 1 streams (0 open), 3 predictions"), "{status}");
    assert_eq!(status.contains("postgres: predictions_default"), store.is_some(), "{status}");
    let pruned = db(folder.path(), url, &["prune", "--set", "store.retention=30d"]);
    assert_eq!(pruned.status.success(), store.is_some());
}

fn stored_key(key: &str) -> String {
    use undertone::settings::{Places, Sources, load};
    let settings = load(&Sources::default(), &Places::below("/")).unwrap();
    settings.recording.stored_subject_key(key).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn db_exports_and_erases_from_a_journal() {
    operate(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn db_exports_and_erases_from_postgres_and_journal() {
    operate(Some(&PrivatePostgres::start())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_replaces_nothing_and_leaves_nothing_where_it_fails() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), JournalOptions::default()).await.unwrap();
    record(&journal, &stored_key("ann")).await;
    journal.close().await;
    let files = tempfile::tempdir().unwrap();
    let file = |name: &str| files.path().join(name).to_string_lossy().into_owned();
    // A link to nothing is not there for who asks whether its file is.
    std::os::unix::fs::symlink("nowhere", file("link.csv")).unwrap();
    let refused = db(folder.path(), None, &["export", "--out", &file("link.csv")]);
    assert!(!refused.status.success());
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("link.csv cannot be written"), "{told}");
    std::fs::write(file("all.unfinished"), "somebody's").unwrap();
    assert!(printed(&db(folder.path(), None, &["export", "--out", &file("all.csv")])).contains("wrote 3"));
    assert_eq!(std::fs::read_to_string(file("all.unfinished")).unwrap(), "somebody's");

    let mut left: Vec<_> = files.path().read_dir().unwrap().map(|own| own.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["all.csv", "all.unfinished", "link.csv"]);
    for (flags, begin) in [(&[][..], "PAR1"), (&["--format", "csv"][..], "id,stream_id,")] {
        let out = file(&format!("{}.parquet", begin.len()));
        let export = [&["export", "--out", &out], flags].concat();
        assert!(printed(&db(folder.path(), None, &export)).contains("wrote 3"));
        assert!(
            std::fs::read(&out).unwrap().starts_with(begin.as_bytes()),
            "{flags:?}: the name says which format"
        );
    }
    let erased = printed(&db(folder.path(), None, &["erase", "--subject", "ann"]));
    assert!(erased.contains("all.csv was exported before") && !erased.contains("link.csv"), "{erased}");
}

#[tokio::test]
async fn reship_tells_what_is_sent_again_and_refuses_what_retention_dropped() {
    let (postgres, folder) = (PrivatePostgres::start(), tempfile::tempdir().unwrap());
    let url = postgres.url();
    let since = ["reship", "--since", "2026-09-01T00:00:00Z"];
    let empty = db(folder.path(), Some(&url), &since);
    assert!(String::from_utf8_lossy(&empty.stderr).contains("there is no journal"), "{empty:?}");

    let journal = Journal::open(folder.path(), JournalOptions::default()).await.unwrap();
    record(&journal, "ann").await;
    let shipper = Shipper::start(&journal, url.parse().unwrap());
    journal.status().wait_for(|status| status.pending_rows == 0).await.unwrap();
    shipper.stop().await;
    journal.close().await;
    let told = printed(&db(folder.path(), Some(&url), &since));
    assert!(told.contains("1 streams, 3 predictions, 0 exposures to experiments and 0 judgements"), "{told}");
    assert!(told.contains("the oldest answer in the journal is of 2026-09-"), "{told}");
    assert!(told.contains("ask for each once more"), "{told}");

    let alone = db(folder.path(), None, &since);
    assert!(String::from_utf8_lossy(&alone.stderr).contains("store.url"), "{alone:?}");
    let odd = db(folder.path(), Some(&url), &["reship", "--since", "yesterday"]);
    assert!(String::from_utf8_lossy(&odd.stderr).contains("give a time like"), "{odd:?}");
    let long_ago = ["reship", "--since", "2020-01-01T00:00:00Z", "--set", "store.retention=30d"];
    let refused = db(folder.path(), Some(&url), &long_ago);
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && words.contains("count them once more; give 2"), "{words}");
}
