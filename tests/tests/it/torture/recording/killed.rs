//! Servers and databases that are killed under load.

use super::super::{is_long, scaled};
use super::ledger::Ledger;
use super::random_below;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use undertone_audio::AudioLimits;
use undertone_proto::v1;
use undertone_tests::{PrivatePostgres, ServerProcess, float_bytes, outlive, shipped_clip};

/// Ten minutes, in the long form.
const AWAY: Duration = Duration::from_secs(600);

/// The shipped clip so many times, each with four utterances and followed by a second of silence.
pub(super) fn speech(times: usize) -> Vec<u8> {
    let bytes = std::fs::read(shipped_clip()).unwrap();
    let clip = undertone_audio::read_all(&bytes, None, AudioLimits::default()).unwrap();
    float_bytes(&[clip, vec![0.0; 16_000]].concat().repeat(times))
}

/// Clients that send `audio` and come back when their stream breaks off, until all was heard.
pub(super) fn clients(
    url: &str,
    count: usize,
    audio: &Arc<Vec<u8>>,
    ledger: &Arc<Ledger>,
) -> Vec<tokio::task::JoinHandle<()>> {
    let client = |_| {
        let (url, audio, ledger) = (url.to_owned(), audio.clone(), ledger.clone());
        tokio::spawn(async move {
            let receive = |id: &str, result: &v1::Result| {
                ledger.receive(id, result.utterance, &result.prediction_id);
            };
            outlive(&url, "cnn", audio.to_vec(), receive).await;
        })
    };
    (0..count).map(client).collect()
}

/// Waits until nothing in the server's journal waits for Postgres.
pub(super) async fn shipped(server: &ServerProcess) {
    loop {
        let (_, metrics) = server.get("/metrics").await.unwrap();
        let is = |line: &str| metrics.lines().any(|own| own == line);
        if is("undertone_postgres_pending_records 0") && is("undertone_postgres_connected 1") {
            return;
        }
        tokio::task::yield_now().await;
    }
}

pub(super) async fn start(data: &Path, postgres: &PrivatePostgres, address: Option<&str>) -> ServerProcess {
    let url = postgres.url();
    let mut settings =
        vec![("store.url", url.as_str()), ("store.longest_retry", "200ms"), ("store.batch_rows", "20")];
    settings.extend(address.map(|address| ("grpc.listen", address)));
    ServerProcess::start(data, &settings).await.unwrap()
}

/// Waits until clients have received so many utterances, or are done.
async fn received(ledger: &Ledger, aim: usize, clients: &[tokio::task::JoinHandle<()>]) {
    while ledger.received() < aim && !clients.iter().all(|client| client.is_finished()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_are_killed_under_load_lose_and_double_nothing() {
    let (count, kills, clips) = (scaled(4, 16), scaled(3, 20), scaled(3, 20));
    let postgres = PrivatePostgres::start();
    let data = tempfile::tempdir().unwrap();
    let (ledger, audio) = (Arc::new(Ledger::default()), Arc::new(speech(clips)));
    let mut server = start(&data.path().join("data"), &postgres, None).await;
    let address = server.address();
    let clients = clients(server.url(), count, &audio, &ledger);
    let step = (count * clips * 4 / (kills + 1)).max(1);
    for _ in 0..kills {
        received(&ledger, ledger.received() + 1 + random_below(step), &clients).await;
        server.kill();
        server = start(&data.path().join("data"), &postgres, Some(&address)).await;
    }
    for client in clients {
        client.await.unwrap();
    }
    shipped(&server).await;
    ledger.settle(&format!("{kills} kills of the server"), &postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_killed_under_load_loses_and_doubles_nothing() {
    let (count, kills, clips) = (scaled(4, 16), scaled(3, 20), scaled(3, 20));
    let postgres = PrivatePostgres::start();
    let data = tempfile::tempdir().unwrap();
    let (ledger, audio) = (Arc::new(Ledger::default()), Arc::new(speech(clips)));
    let server = start(&data.path().join("data"), &postgres, None).await;
    let clients = clients(server.url(), count, &audio, &ledger);
    let step = (count * clips * 4 / (kills + 1)).max(1);
    for _ in 0..kills {
        received(&ledger, ledger.received() + 1 + random_below(step), &clients).await;
        postgres.kill();
        postgres.start_again();
    }
    for client in clients {
        client.await.unwrap();
    }
    shipped(&server).await;
    ledger.settle(&format!("{kills} kills of Postgres"), &postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgres_is_away_everything_is_kept_and_arrives_later() {
    let postgres = PrivatePostgres::start();
    let data = tempfile::tempdir().unwrap();
    let (ledger, audio) = (Arc::new(Ledger::default()), Arc::new(speech(2)));
    let server = start(&data.path().join("data"), &postgres, None).await;
    shipped(&server).await;
    postgres.stop();
    let begun = Instant::now();
    loop {
        for client in clients(server.url(), 4, &audio, &ledger) {
            client.await.unwrap();
        }
        if !is_long() || begun.elapsed() > AWAY {
            break;
        }
    }
    postgres.restart();
    shipped(&server).await;
    ledger.settle(&format!("{:?} without Postgres", begun.elapsed()), &postgres).await;
}
