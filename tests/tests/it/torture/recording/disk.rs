//! A full disk under the journal.

use super::super::scaled;
use super::killed::{clients, shipped, speech};
use super::ledger::Ledger;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use undertone_proto::v1;
use undertone_proto::v1::recognizer_client::RecognizerClient;
use undertone_tests::{PrivatePostgres, ServerProcess, SmallDisk, float_config, stream_of};

async fn until_readyz(server: &ServerProcess, right: impl Fn(&str, &str) -> bool) {
    loop {
        let (status, body) = server.get("/readyz").await.unwrap();
        if right(&status, &body) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How a new stream is refused, if it is.
async fn refusal(server: &ServerProcess) -> Option<tonic::Status> {
    let mut client = RecognizerClient::connect(server.url().to_owned()).await.unwrap();
    let asks = tokio_stream::iter(stream_of(float_config("cnn"), &[], &[]));
    match client.streaming_recognize(asks).await {
        Ok(replies) => replies.into_inner().message().await.err(),
        Err(status) => Some(status),
    }
}

async fn start(data: &Path, postgres: &PrivatePostgres, on_failure: &str) -> ServerProcess {
    let url = postgres.url();
    let settings = [
        ("store.url", url.as_str()),
        ("store.longest_retry", "200ms"),
        ("recording.on_failure", on_failure),
        ("engine.max_streams", "100"),
    ];
    ServerProcess::start(data, &settings).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_ends_streams_with_the_reason_and_loses_nothing_that_was_received() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path()) else { return };
    let postgres = PrivatePostgres::start();
    let server = start(&disk.path().join("data"), &postgres, "end_streams").await;
    let (ledger, audio) = (Arc::new(Ledger::default()), Arc::new(speech(scaled(4, 12))));
    for _ in 0..scaled(1, 5) {
        let running = clients(server.url(), 4, &audio, &ledger);
        let before = ledger.received();
        while ledger.received() == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        disk.fill();
        until_readyz(&server, |status, body| status.contains("503") && body.contains("disk")).await;
        let status = refusal(&server).await.expect("a new stream is refused");
        let code = tonic::Code::ResourceExhausted;
        assert!(status.code() == code && status.message().contains("disk is full"), "{status}");
        disk.free();
        until_readyz(&server, |status, _| status.contains("200")).await;
        for client in running {
            client.await.unwrap();
        }
    }
    shipped(&server).await;
    ledger.settle("full disk, streams end", &postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_go_on_streams_are_told_and_what_they_heard_meanwhile_is_stored_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path()) else { return };
    let postgres = PrivatePostgres::start();
    let server = start(&disk.path().join("data"), &postgres, "go_on").await;
    let ledger = Ledger::default();
    let mut client = RecognizerClient::connect(server.url().to_owned()).await.unwrap();
    let (sender, asks) = tokio::sync::mpsc::channel(4);
    let asks = tokio_stream::wrappers::ReceiverStream::new(asks);
    // Eight utterances while the disk is full, four when it has room again.
    let [full, roomy] = [2, 1].map(|clips| stream_of(float_config("cnn"), &speech(clips), &[64_000]));
    let (room, has_room) = tokio::sync::oneshot::channel();
    let mut before = full.into_iter();
    sender.send(before.next().unwrap()).await.unwrap();
    let mut replies = client.streaming_recognize(asks).await.unwrap().into_inner();
    disk.fill();
    let sending = tokio::spawn(async move {
        for ask in before {
            sender.send(ask).await.unwrap();
        }
        has_room.await.unwrap();
        for ask in roomy.into_iter().skip(1) {
            sender.send(ask).await.unwrap();
        }
    });
    let mut room = Some(room);
    let (mut stream, mut warned) = (String::new(), Vec::new());
    while let Some(reply) = replies.message().await.unwrap() {
        use v1::streaming_recognize_response::Message as Tell;
        match reply.message {
            Some(Tell::Started(started)) => stream = started.stream_id,
            Some(Tell::Result(result)) if result.is_final => {
                ledger.receive(&stream, result.utterance, &result.prediction_id);
                if result.utterance == 8
                    && let Some(room) = room.take()
                {
                    disk.free();
                    until_readyz(&server, |status, _| status.contains("200")).await;
                    room.send(()).unwrap();
                }
            }
            Some(Tell::Warning(warning)) => warned.push(warning.kind()),
            _ => {}
        }
    }
    sending.await.unwrap();
    use v1::warning::Kind;
    let about: Vec<Kind> = warned
        .into_iter()
        .filter(|kind| [Kind::RecordingSuspended, Kind::RecordingResumed].contains(kind))
        .collect();
    assert_eq!(about, [Kind::RecordingSuspended, Kind::RecordingResumed]);
    shipped_all(&server).await;
    let balance = ledger.settle("full disk, streams go on", &postgres).await;
    assert_eq!(balance.received, 12);
}

/// Also what waited in memory.
async fn shipped_all(server: &ServerProcess) {
    loop {
        let (_, metrics) = server.get("/metrics").await.unwrap();
        if metrics.lines().any(|line| line == "undertone_waiting_records 0") {
            return shipped(server).await;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
