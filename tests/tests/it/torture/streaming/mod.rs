//! Streams under faults: clients that vanish or do not read, servers that are replaced, more load than there is room for.

mod overload;

use super::scaled;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;
use undertone_audio::AudioLimits;
use undertone_proto::v1;
use undertone_proto::v1::recognizer_client::RecognizerClient;
use undertone_store::JournalReader;
use undertone_tests::{
    CNN, TestServer, float_bytes, float_config, outlive, real_clip, shipped_clip, stage, stream_of,
};

/// A real clip so many times, with a second of silence between.
fn speech(times: usize) -> Vec<u8> {
    let bytes = std::fs::read(real_clip()).unwrap();
    let clip = undertone_audio::read_all(&bytes, None, AudioLimits::default()).unwrap();
    float_bytes(&[clip, vec![0.0; 16_000]].concat().repeat(times))
}

async fn metric(server: &TestServer, line: &str) -> f64 {
    let (_, metrics) = server.get("/metrics").await.unwrap();
    let value = metrics.lines().find_map(|own| own.strip_prefix(line)?.trim().parse().ok());
    value.unwrap_or(0.0)
}

/// Waits until a metric has a value that is right.
async fn until(server: &TestServer, line: &str, right: impl Fn(f64) -> bool) {
    while !right(metric(server, line).await) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_are_replaced_under_load_lose_and_double_no_utterance() {
    let (clients, replacements, clips) = (scaled(8, 48), scaled(3, 12), scaled(6, 20));
    let audio: Arc<Vec<u8>> = Arc::new(speech(clips));
    let mut server = TestServer::start(&[]).await.unwrap();
    let alone = outlive(server.url(), "cnn", audio.to_vec(), |_, _| {}).await;
    let expected: Vec<u32> = alone.finals.iter().map(|own| own.utterance).collect();
    assert!(expected.len() >= clips);

    let url = server.url().to_owned();
    let stream = |number: usize| {
        let (url, audio) = (url.clone(), audio.clone());
        tokio::spawn(async move {
            let model = if number.is_multiple_of(2) { "cnn" } else { "lstm" };
            outlive(&url, model, audio.to_vec(), |_, _| {}).await
        })
    };
    let streams: Vec<_> = (0..clients).map(stream).collect();
    let address = url.trim_start_matches("http://").to_owned();
    for replacement in 1..=replacements {
        // Some way into the work that is left.
        let heard = "undertone_audio_seconds_total";
        let before = metric(&server, heard).await;
        let all = (audio.len() / 64_000 * clients) as f64;
        let aim = (all - before).max(0.0) * 0.15 / replacement as f64;
        while metric(&server, heard).await < before + aim && !streams.iter().all(|own| own.is_finished()) {
            tokio::task::yield_now().await;
        }
        let data = server.stop().await.unwrap();
        server = TestServer::start_in(data, &[("grpc.listen", &address)]).await.unwrap();
    }
    let mut expected_rows = expected.len();
    let mut calls = 0;
    for stream in streams {
        let stream = stream.await.unwrap();
        let numbers: Vec<u32> = stream.finals.iter().map(|own| own.utterance).collect();
        assert_eq!(numbers, expected, "stream {}, opened {} times", stream.id, stream.calls);
        expected_rows += expected.len();
        calls += stream.calls;
    }
    assert!(calls > clients, "somebody was interrupted");
    let data = server.stop().await.unwrap();
    let journal = JournalReader::open(data.path()).await.unwrap();
    let rows = journal.recent_predictions(expected_rows as u32 * 2).await.unwrap();
    let mut times: BTreeMap<_, usize> = BTreeMap::new();
    rows.iter().for_each(|row| *times.entry((row.stream_id, row.utterance)).or_default() += 1);
    assert!(times.values().all(|&times| times == 1), "every utterance is stored once");
    assert_eq!(times.len(), expected_rows);
}

#[tokio::test]
async fn clients_that_are_killed_free_their_streams() {
    let server = TestServer::start(&[]).await.unwrap();
    let clip = shipped_clip();
    let mut clients: Vec<_> = (0..scaled(3, 30))
        .map(|_| {
            let mut command = Command::new(stage().unwrap().join("bin/undertone"));
            command.args(["recognize", "--stream", "--server", server.url()]).arg(&clip);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let open = &format!("undertone_streams_open{{model=\"{CNN}\"}}");
    let all = clients.len() as f64;
    until(&server, open, |streams| streams == all).await;
    clients.iter_mut().for_each(|client| client.kill().unwrap());
    until(&server, open, |streams| streams == 0.0).await;
    for client in &mut clients {
        assert!(!client.wait().unwrap().success());
    }
    let cancelled = &format!("undertone_streams_closed_total{{model=\"{CNN}\",reason=\"cancelled\"}}");
    until(&server, cancelled, |streams| streams == all).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_costs_updates_and_is_given_up_and_others_go_on() {
    let patience = format!("{}s", scaled(2, 60));
    let server = TestServer::start(&[("recognition.idle_timeout", &patience)]).await.unwrap();
    let hop = Some(prost_types::Duration { seconds: 0, nanos: 100_000_000 });
    let config = v1::RecognitionConfig { interim_results: true, interim_hop: hop, ..float_config("cnn") };
    // More replies than windows and queues hold.
    let asks = tokio_stream::iter(stream_of(config, &speech(60), &[64_000]));
    let endpoint = tonic::transport::Channel::from_shared(server.url().to_owned()).unwrap();
    let window = Some(65_535);
    let endpoint = endpoint.initial_stream_window_size(window).initial_connection_window_size(window);
    let mut client = RecognizerClient::new(endpoint.connect().await.unwrap());
    let deaf = client.streaming_recognize(asks).await.unwrap();
    // The call is answered before its stream is opened.
    let open = &format!("undertone_streams_open{{model=\"{CNN}\"}}");
    until(&server, open, |streams| streams == 1.0).await;
    let hears = outlive(server.url(), "cnn", speech(2), |_, _| {}).await;
    assert!(hears.finals.len() >= 2);
    until(&server, open, |streams| streams == 0.0).await;
    assert!(metric(&server, &format!("undertone_updates_dropped_total{{model=\"{CNN}\"}}")).await > 0.0);
    let closed = "undertone_rpc_finished_total{code=\"DEADLINE_EXCEEDED\",method=\"StreamingRecognize\"}";
    until(&server, closed, |calls| calls == 1.0).await;
    drop(deaf);
}
