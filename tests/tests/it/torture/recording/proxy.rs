//! A network that breaks off in the middle of a batch.

use super::super::scaled;
use super::ledger::Ledger;
use super::random_below;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use undertone_core::{Record, Recorder, StreamId};
use undertone_store::{Journal, JournalOptions, PostgresUrl, Shipper, ShipperOptions};
use undertone_tests::{PrivatePostgres, answer, opening};

/// What goes to Postgres before a connection is cut is at most so much.
const LONGEST_BYTES: usize = 400_000;

/// Passes bytes on, and cuts the connections whose number is below `cuts` somewhere on their way.
async fn proxy(socket: PathBuf, cuts: usize, cut: Arc<AtomicUsize>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let limit = (cut.load(Ordering::Relaxed) < cuts).then(|| 1 + random_below(LONGEST_BYTES));
            let (socket, cut) = (socket.clone(), cut.clone());
            tokio::spawn(async move {
                // Both sides see the end when the streams are dropped here.
                if pass_on(client, socket, limit).await.is_ok_and(|was_cut| was_cut) {
                    cut.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    address
}

/// True when it was cut.
async fn pass_on(mut client: TcpStream, socket: PathBuf, limit: Option<usize>) -> std::io::Result<bool> {
    let mut server = UnixStream::connect(socket).await?;
    let Some(mut left) = limit else {
        tokio::io::copy_bidirectional(&mut client, &mut server).await?;
        return Ok(false);
    };
    let (mut there, mut back) = (vec![0; 4096], vec![0; 4096]);
    loop {
        tokio::select! {
            read = client.read(&mut there) => {
                let bytes = read?;
                server.write_all(&there[..bytes.min(left)]).await?;
                left -= bytes.min(left);
                if bytes == 0 || left == 0 {
                    return Ok(left == 0);
                }
            }
            read = server.read(&mut back) => {
                let bytes = read?;
                client.write_all(&back[..bytes]).await?;
                if bytes == 0 {
                    return Ok(false);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_amid_copy_lose_and_double_nothing() {
    let (rows, cuts) = (scaled(8_000, 200_000) as u32, scaled(20, 300));
    let postgres = PrivatePostgres::start();
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), JournalOptions::default()).await.unwrap();
    let ledger = Ledger::default();
    let stream = StreamId::generate();
    journal.record(Record::StreamOpened(opening(stream))).await.unwrap();
    let answers = (1..=rows).map(|utterance| answer(stream, utterance));
    let mut waiting = Vec::new();
    for answer in answers {
        ledger.receive(&stream.to_string(), answer.utterance, &answer.prediction_id.to_string());
        waiting.push(journal.record(Record::Utterance(answer)));
        if waiting.len() == 1_000 {
            for record in waiting.drain(..) {
                record.await.unwrap();
            }
        }
    }
    let cut = Arc::new(AtomicUsize::new(0));
    let address = proxy(postgres.socket(), cuts, cut.clone()).await;
    let url: PostgresUrl = format!("postgres://undertone@{address}/postgres").parse().unwrap();
    let options = ShipperOptions {
        batch_rows: 700,
        first_retry: Duration::from_millis(1),
        longest_retry: Duration::from_millis(5),
        ..ShipperOptions::default()
    };
    let shipper = Shipper::start_with(&journal, url, options);
    journal.status().wait_for(|status| status.pending_rows == 0).await.unwrap();
    shipper.stop().await;
    let cut = cut.load(Ordering::Relaxed);
    assert!(cut > 0, "somebody was interrupted");
    ledger.settle(&format!("{cut} connections cut"), &postgres).await;
}
