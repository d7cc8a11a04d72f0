//! What a server tells whose journal stops taking records.

use super::bed::{folder, open};
use super::broken_disk::{Immutable, files_of};
use sqlx::{Connection, SqliteConnection};
use std::os::unix::fs::FileExt;
use std::path::Path;
use tonic::Status;
use undertone_core::{Record, Recorder, StreamId};
use undertone_tests::{TestServer, float_config, opening, stream_of};

/// How a new stream is refused, if it is.
async fn refusal(server: &TestServer) -> Option<Status> {
    let asks = tokio_stream::iter(stream_of(float_config("cnn"), &[], &[]));
    match server.recognizer().await.unwrap().streaming_recognize(asks).await {
        Ok(replies) => replies.into_inner().message().await.err(),
        Err(status) => Some(status),
    }
}

/// New streams are refused with `reason`, and probes and metrics tell of the state `name`.
async fn assert_told(server: &TestServer, name: &str, reason: &str) {
    let refused = refusal(server).await.expect("a new stream is refused");
    assert_eq!(refused.code(), tonic::Code::Unavailable, "{refused}");
    assert!(refused.message().contains(reason), "{refused}");
    let (status, body) = server.get("/readyz").await.unwrap();
    assert!(status.contains("503") && body.contains(name) && body.contains(reason), "{status}: {body}");
    assert!(server.get("/healthz").await.unwrap().0.contains("200"), "it lives");
    let line = format!("undertone_journal_state{{state=\"{name}\"}} 1");
    assert!(server.get("/metrics").await.unwrap().1.contains(&line));
}

#[tokio::test]
async fn a_server_whose_disk_turns_read_only_refuses_new_streams_until_it_is_not() {
    let server = TestServer::start(&[]).await.unwrap();
    assert!(refusal(&server).await.is_none());
    let Some(disk) = Immutable::make(&files_of(server.data_dir())) else { return };
    assert_told(&server, "read_only", "cannot be written").await;
    drop(disk);
    while !server.get("/readyz").await.unwrap().0.contains("200") {}
    assert!(refusal(&server).await.is_none());
}

/// Spoils everything behind the first page, of which SQLite looks at no more than it has to.
async fn damage(data_dir: &Path) {
    let path = data_dir.join("journal.db");
    // After another program has written, the server reads the file again.
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::query("insert into erased_ids values ('nobody')").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    let length = file.metadata().unwrap().len();
    file.write_all_at(&vec![0xa5; (length - 4_096) as usize], 4_096).unwrap();
}

#[tokio::test]
async fn a_server_whose_journal_is_damaged_refuses_new_streams_and_says_which_file_to_move_away() {
    let data = folder();
    let journal = open(data.path()).await;
    journal.record(Record::StreamOpened(opening(StreamId::generate()))).await.unwrap();
    journal.close().await;
    let server = TestServer::start_in(data, &[]).await.unwrap();
    damage(server.data_dir()).await;
    assert_told(&server, "damaged", "move it away").await;
}
