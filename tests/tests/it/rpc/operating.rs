//! What an operator relies on: health, reflection, metrics, records, clear sentences at start, orderly ends.

use super::{finals, replies};
use std::time::Duration;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use undertone_proto::v1;
use undertone_store::{JournalReader, PostgresReader};
use undertone_tests::{
    CNN, PrivatePostgres, TestServer, ask, float_config, real_clip, server_settings, stream_of,
};
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

fn clip_bytes() -> Vec<u8> {
    std::fs::read(real_clip()).unwrap()
}

async fn start_error(flags: &[(&str, &str)], data_dir: &std::path::Path) -> String {
    let settings = server_settings(data_dir, flags).unwrap();
    let error = undertone::Server::start(&settings).await.err().expect("the server must not start");
    format!("{error:#}")
}

#[tokio::test]
async fn health_readiness_and_reflection_answer() {
    let server = TestServer::start(&[]).await.unwrap();
    assert!(server.get("/healthz").await.unwrap().0.contains("200"));
    let (status, body) = server.get("/readyz").await.unwrap();
    assert!(status.contains("200") && body.contains(CNN), "{status} {body}");

    let channel = server.channel().await.unwrap();
    let mut reflection =
        tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient::new(channel);
    let request = tonic_reflection::pb::v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            tonic_reflection::pb::v1::server_reflection_request::MessageRequest::ListServices(String::new()),
        ),
    };
    let mut answers =
        reflection.server_reflection_info(tokio_stream::iter([request])).await.unwrap().into_inner();
    let listed = match answers.message().await.unwrap().unwrap().message_response.unwrap() {
        MessageResponse::ListServicesResponse(listed) => listed.service,
        other => panic!("{other:?}"),
    };
    let about_itself = |name: &str| name.starts_with("grpc.");
    let own: Vec<_> = listed.into_iter().map(|own| own.name).filter(|name| !about_itself(name)).collect();
    assert!(own.len() > 6 && own.iter().any(|name| name == "undertone.v1.Recognizer"), "{own:?}");
    for service in own.iter().map(String::as_str).chain([""]) {
        assert_eq!(health_of(&server, service).await, ServingStatus::Serving, "{service}");
    }
}

#[tokio::test]
async fn every_final_result_is_in_the_journal_and_in_the_metrics() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let config = v1::RecognitionConfig {
        subject_key: "somebody".into(),
        labels: [("team".to_owned(), "blue".to_owned())].into(),
        ..v1::RecognitionConfig::default()
    };
    let request = v1::RecognizeRequest { config: Some(config), audio: clip_bytes().into() };
    let response = client.recognize(request).await.unwrap().into_inner();
    let ids: Vec<String> =
        response.utterances.iter().map(|utterance| utterance.result.clone().unwrap().prediction_id).collect();
    assert!(!ids.is_empty());

    let journal = JournalReader::open(server.data_dir()).await.unwrap();
    let mut stored: Vec<String> = journal
        .recent_predictions(10)
        .await
        .unwrap()
        .iter()
        .map(|row| row.prediction_id.to_string())
        .collect();
    stored.reverse();
    assert_eq!(stored, ids);
    let streams = journal.recent_streams(10).await.unwrap();
    let stream = &streams[0];
    assert_eq!(stream.opened.stream_id.to_string(), response.stream_id);
    assert_eq!(stream.opened.labels.get("team").map(String::as_str), Some("blue"));
    let subject = stream.opened.subject_key.as_deref().unwrap();
    assert!(subject.len() == 64 && subject != "somebody", "the subject key is stored hashed");
    assert!(stream.ended.is_some());

    let (_, metrics) = server.get("/metrics").await.unwrap();
    for line in [
        "undertone_rpc_finished_total{code=\"OK\",method=\"Recognize\"} 1",
        "undertone_records_total{kind=\"prediction\",outcome=\"durable\"}",
        &format!("undertone_streams_opened_total{{model=\"{CNN}\"}} 1"),
        "undertone_audio_seconds_total",
        &format!("undertone_results_total{{kind=\"final\",model=\"{CNN}\"}}"),
        "undertone_inference_seconds_bucket",
    ] {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
}

#[tokio::test]
async fn with_postgres_every_result_arrives_there_too() {
    let postgres = PrivatePostgres::start();
    let server = TestServer::start(&[("store.url", &postgres.url())]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let request = v1::RecognizeRequest { config: None, audio: clip_bytes().into() };
    let response = client.recognize(request).await.unwrap().into_inner();
    // Stopping flushes what is still on its way.
    server.stop().await.unwrap();
    let mut reader = PostgresReader::connect(&postgres.url().parse().unwrap()).await.unwrap();
    let stored = reader.recent_predictions(10).await.unwrap();
    assert_eq!(stored.len(), response.utterances.len());
    let result = response.utterances[0].result.as_ref().unwrap();
    assert!(stored.iter().any(|row| row.prediction_id.to_string() == result.prediction_id));
}

#[tokio::test]
async fn a_postgres_that_cannot_be_reached_is_a_clear_sentence_and_stops_nothing() {
    let url = "postgres://undertone:hunter2@127.0.0.1:1/undertone";
    let server = TestServer::start(&[("store.url", url), ("shutdown.grace", "1s")]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let request = v1::RecognizeRequest { config: None, audio: clip_bytes().into() };
    assert!(client.recognize(request).await.is_ok());
    let (status, body) = server.get("/readyz").await.unwrap();
    assert!(status.contains("200"), "the journal keeps the records: {status}");
    assert!(body.contains("postgres: ") && !body.contains("hunter2"), "{body}");
}

#[tokio::test]
async fn a_port_in_use_is_named_with_its_setting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = tempfile::TempDir::new().unwrap();
    let sentence = start_error(&[("grpc.listen", &address)], data.path()).await;
    assert!(sentence.contains("grpc.listen") && sentence.contains(&address), "{sentence}");
    assert!(sentence.contains("in use"), "{sentence}");
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let below_a_file = file.path().join("data");
    let sentence = start_error(&[], &below_a_file).await;
    assert!(sentence.contains("data.dir") && sentence.contains(below_a_file.to_str().unwrap()), "{sentence}");
}

#[tokio::test]
async fn without_models_the_server_lives_and_is_not_ready() {
    let empty = tempfile::TempDir::new().unwrap();
    let server = TestServer::start(&[("models.dir", empty.path().to_str().unwrap())]).await.unwrap();
    assert!(server.get("/healthz").await.unwrap().0.contains("200"));
    assert!(server.get("/readyz").await.unwrap().0.contains("503"));
    assert_eq!(health_of(&server, "").await, ServingStatus::NotServing);
}

#[tokio::test]
async fn a_journal_that_takes_no_new_streams_is_seen_over_http_and_grpc() {
    let server = TestServer::start(&[("data.journal_limit_bytes", "65536")]).await.unwrap();
    // The journal looks at its size in a task of its own.
    while !server.get("/readyz").await.unwrap().1.contains("at_limit") {}
    assert!(server.get("/readyz").await.unwrap().0.contains("503"));
    for service in ["", "undertone.v1.Recognizer", "cnn", CNN] {
        while health_of(&server, service).await != ServingStatus::NotServing {}
    }
    let request = v1::RecognizeRequest { config: None, audio: clip_bytes().into() };
    let refused = server.recognizer().await.unwrap().recognize(request).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted, "{refused}");
}

async fn health_of(server: &TestServer, service: &str) -> ServingStatus {
    let mut health = tonic_health::pb::health_client::HealthClient::new(server.channel().await.unwrap());
    let request = tonic_health::pb::HealthCheckRequest { service: service.into() };
    health.check(request).await.unwrap().into_inner().status()
}

#[tokio::test]
async fn stopping_answers_open_streams_and_tells_them_why() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let clip =
        undertone_audio::read_all(&clip_bytes(), None, undertone_audio::AudioLimits::default()).unwrap();
    let speech = &clip[..clip.len() * 2 / 3];
    let (asks, receiver) = tokio::sync::mpsc::channel(64);
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let updates = v1::RecognitionConfig { interim_results: true, ..float_config("cnn") };
    for message in stream_of(updates, &undertone_tests::float_bytes(speech), &[64_000]) {
        asks.send(message).await.unwrap();
    }
    let mut stream = client.streaming_recognize(stream).await.unwrap().into_inner();
    let mut all = Vec::new();
    // Once an update has come, an utterance is open.
    while !matches!(all.last(), Some(Tell::Result(_))) {
        all.extend(stream.message().await.unwrap().expect("the stream is open").message);
    }
    let stopped = tokio::spawn(server.stop());
    while let Some(reply) = stream.message().await.unwrap() {
        all.extend(reply.message);
    }
    assert!(!finals(&all).is_empty(), "what was heard is answered");
    let Some(Tell::Ended(ended)) = all.last() else { panic!("{all:?}") };
    assert_eq!(ended.reason(), v1::ended::Reason::Drained);
    drop((asks, stream, client));
    let data = tokio::time::timeout(Duration::from_secs(20), stopped).await.unwrap().unwrap().unwrap();
    let journal = JournalReader::open(data.path()).await.unwrap();
    assert_eq!(journal.counts().await.unwrap().open_streams, 0);
}

#[tokio::test]
async fn a_client_that_goes_away_frees_its_stream_and_its_end_is_recorded() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let (asks, receiver) = tokio::sync::mpsc::channel(4);
    asks.send(ask(Ask::Config(float_config("cnn")))).await.unwrap();
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut stream = client.streaming_recognize(stream).await.unwrap().into_inner();
    stream.message().await.unwrap().expect("Started");
    drop((stream, asks));
    // A second stream on one worker answers after the first one's end was noticed or not: both are in order. The
    // server's stop waits for every task, and then the end is recorded.
    let asks = stream_of(float_config("cnn"), &[], &[]);
    replies(&mut client, asks).await.ok();
    drop(client);
    let data = server.stop().await.unwrap();
    let journal = JournalReader::open(data.path()).await.unwrap();
    assert_eq!(journal.counts().await.unwrap().open_streams, 0);
}

#[tokio::test]
async fn with_async_durability_everything_is_in_the_journal_when_the_server_has_stopped() {
    let server = TestServer::start(&[("recording.durability", "async")]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let request = v1::RecognizeRequest { config: None, audio: clip_bytes().into() };
        let response = client.recognize(request).await.unwrap().into_inner();
        ids.extend(response.utterances.iter().map(|own| own.result.clone().unwrap().prediction_id));
    }
    drop(client);
    let data = server.stop().await.unwrap();
    let journal = JournalReader::open(data.path()).await.unwrap();
    let stored: Vec<String> = journal
        .recent_predictions(100)
        .await
        .unwrap()
        .iter()
        .map(|row| row.prediction_id.to_string())
        .collect();
    assert!(!ids.is_empty() && stored.len() == ids.len());
    assert!(ids.iter().all(|id| stored.contains(id)));
    assert_eq!(journal.counts().await.unwrap().open_streams, 0);
}
