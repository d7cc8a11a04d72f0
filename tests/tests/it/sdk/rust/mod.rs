//! The Rust client, against real servers.

mod offline;

use super::succeed;
use std::path::Path;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use undertone_audio::AudioLimits;
use undertone_client::{
    Client, ClientError, Connection, Event, EventStream, Options, Recording, Retry, Source, StreamOptions,
    raw, v1,
};
use undertone_tests::{ServerProcess, TestServer, float_bytes, real_clip, repository, shipped_clip};

/// Voice detection that was tuned for a second only may see an edge some of its frames of 16 ms elsewhere.
const EDGE_SECONDS: f64 = 0.1;

async fn client(server: &TestServer) -> Client {
    Client::connect(Connection::new(server.url())).await.unwrap()
}

/// Real speech, 16 kHz mono.
fn speech() -> Vec<f32> {
    undertone_audio::read_all(&std::fs::read(real_clip()).unwrap(), None, AudioLimits::default()).unwrap()
}

/// The same four times, with a second and a half of silence between.
fn long_speech() -> Vec<f32> {
    [speech(), vec![0.0; 24_000]].concat().repeat(4)
}

fn finals(answer: &v1::RecognizeResponse) -> Vec<v1::Result> {
    answer.utterances.iter().filter_map(|own| own.result.clone()).collect()
}

fn assert_same(left: &[v1::Result], right: &[v1::Result], tolerance: f32) {
    assert_eq!(left.len(), right.len());
    for (one, other) in left.iter().zip(right) {
        assert_eq!(one.utterance, other.utterance);
        for (own, others) in one.probabilities.iter().zip(&other.probabilities) {
            assert_eq!(own.label, others.label);
            assert!((own.probability - others.probability).abs() <= tolerance, "{one:?} {other:?}");
        }
    }
}

fn seconds(at: Option<&prost_types::Duration>) -> f64 {
    at.map_or(f64::NAN, |at| at.seconds as f64 + f64::from(at.nanos) * 1e-9)
}

#[tokio::test]
async fn a_file_its_samples_and_a_stream_of_it_get_the_same_answer() {
    let server = TestServer::start(&[]).await.unwrap();
    let client = client(&server).await;
    let options = Options { model: "lstm".into(), ..Options::default() };
    let file = client.recognize(real_clip(), &options).await.unwrap();
    assert_eq!(file.model.as_ref().unwrap().name, "lstm");
    let samples = client.recognize(Recording::samples(&speech(), 16_000), &options).await.unwrap();
    let source = Source::recording(real_clip()).await.unwrap();
    let stream = client.stream(source, &options.into()).collect().await.unwrap();
    assert!(!finals(&file).is_empty());
    for other in [&samples, &stream] {
        assert_same(&finals(&file), &finals(other), 1e-4);
        assert_eq!(file.audio_duration, other.audio_duration);
    }
}

#[tokio::test]
async fn a_recording_too_large_for_one_message_is_streamed() {
    let server = TestServer::start(&[]).await.unwrap();
    let client = client(&server).await;
    // More than three MiB of float samples.
    let samples = long_speech().repeat(1 + (1 << 20) / long_speech().len());
    let answer = client.recognize(Recording::samples(&samples, 16_000), &Options::default()).await.unwrap();
    assert_eq!(seconds(answer.audio_duration.as_ref()), samples.len() as f64 / 16_000.0);
    assert!(answer.utterances.len() >= 4);
}

#[tokio::test]
async fn events_come_in_order_and_controls_are_heard() {
    let server = TestServer::start(&[]).await.unwrap();
    let client = client(&server).await;
    let (chunks, receiver) = mpsc::channel(8);
    let source = Source::new(raw(v1::AudioEncoding::Float32, 16_000), ReceiverStream::new(receiver));
    let mut events = client.stream(source, &StreamOptions::default());
    let controls = events.controls();
    assert!(matches!(events.next().await.unwrap().unwrap(), Event::Started(_)));
    // A second within an utterance, so that it does not end by itself.
    let endless = speech().repeat(2);
    chunks.send(Ok(float_bytes(&endless[..endless.len() / 2]).into())).await.unwrap();
    assert!(matches!(until(&mut events, |event| matches!(event, Event::Speech(_))).await, Event::Speech(_)));
    controls.flush().await;
    let flushed = until(&mut events, |event| matches!(event, Event::Interim(_) | Event::Final(_))).await;
    let trigger = |event: &Event| match event {
        Event::Interim(result) | Event::Final(result) => result.trigger(),
        other => panic!("{other:?}"),
    };
    assert!(matches!(trigger(&flushed), v1::ResultTrigger::Flush | v1::ResultTrigger::Silence));
    drop(chunks);
    let ended = until(&mut events, |event| matches!(event, Event::Ended(_))).await;
    let Event::Ended(ended) = ended else { panic!("{ended:?}") };
    assert_eq!(ended.reason(), v1::ended::Reason::Finished);
    assert!(events.next().await.is_none());
}

async fn until(events: &mut EventStream, is: impl Fn(&Event) -> bool) -> Event {
    loop {
        let event = events.next().await.expect("the stream goes on").unwrap();
        if is(&event) {
            return event;
        }
    }
}

/// The first part of the audio goes to one server; the rest waits until that one is gone and another one has its place.
async fn outlive(
    first: ServerProcess,
    data: &Path,
    end: impl FnOnce(ServerProcess),
) -> (Vec<v1::Result>, usize) {
    let address = first.address();
    let client = Client::connect(Connection::new(first.url())).await.unwrap();
    let mut second = None;
    let cut = async || {
        end(first);
        second = Some(ServerProcess::start(data, &[("grpc.listen", &address)]).await.unwrap());
    };
    cut_in_the_middle(&client, cut).await
}

/// Streams long speech, of which the rest comes once there was a final result and `cut` is over: all final results, and how often
/// the stream was taken up.
async fn cut_in_the_middle(client: &Client, cut: impl AsyncFnOnce()) -> (Vec<v1::Result>, usize) {
    let (chunks, receiver) = mpsc::channel(8);
    let source = Source::new(raw(v1::AudioEncoding::Float32, 16_000), ReceiverStream::new(receiver));
    let mut events = client.stream(source, &StreamOptions::default());
    let audio = long_speech();
    let (before, after) = audio.split_at(audio.len() * 6 / 10);
    chunks.send(Ok(float_bytes(before).into())).await.unwrap();
    let Event::Final(first) = until(&mut events, |event| matches!(event, Event::Final(_))).await else {
        panic!("a final result was waited for")
    };
    cut().await;
    chunks.send(Ok(float_bytes(after).into())).await.unwrap();
    drop(chunks);
    let (mut finals, mut resumed) = (vec![*first], 0);
    while let Some(event) = events.next().await {
        match event.unwrap() {
            Event::Final(result) => finals.push(*result),
            Event::Resumed(_) => resumed += 1,
            _ => {}
        }
    }
    (finals, resumed)
}

#[tokio::test]
async fn a_stream_outlives_a_server_that_is_killed() {
    let data = tempfile::tempdir().unwrap();
    let expected = {
        let server = TestServer::start(&[]).await.unwrap();
        let source = Source::samples(&long_speech(), 16_000);
        finals(&client(&server).await.stream(source, &StreamOptions::default()).collect().await.unwrap())
    };
    let data = data.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let server = ServerProcess::start(&data, &[]).await.unwrap();
    let (found, resumed) = outlive(server, &data, ServerProcess::kill).await;
    assert!(resumed >= 1);
    assert_eq!(found.len(), expected.len());
    for (one, other) in found.iter().zip(&expected) {
        assert_eq!((one.utterance, &one.top), (other.utterance, &other.top));
        assert!((seconds(one.end.as_ref()) - seconds(other.end.as_ref())).abs() < EDGE_SECONDS);
    }
}

/// A way to `server` whose first connection carries nothing more, and is not closed either, once that is asked for.
async fn way_that_goes_dead(server: String) -> (String, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (die, dead) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let open = async || {
            let (client, _) = listener.accept().await.unwrap();
            (client, TcpStream::connect(&server).await.unwrap())
        };
        let (mut client, mut upstream) = open().await;
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut client, &mut upstream) => {}
            _ = dead => {}
        }
        let _held = (client, upstream);
        loop {
            let (mut client, mut upstream) = open().await;
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut upstream).await });
        }
    });
    (address, die)
}

#[tokio::test]
async fn whatever_may_wait_for_its_acknowledgement_an_utterance_has_room() {
    let server = TestServer::start(&[]).await.unwrap();
    let client = client(&server).await;
    let heard = async |options: StreamOptions| {
        let source = Source::samples(&long_speech(), 16_000);
        finals(&client.stream(source, &options).collect().await.unwrap())
    };
    let expected = heard(StreamOptions::default()).await;
    assert!(!expected.is_empty());
    for resume in [true, false] {
        let found = heard(StreamOptions { replay_bytes: 0, resume, ..StreamOptions::default() }).await;
        assert_eq!(found.len(), expected.len());
    }
}

#[tokio::test]
async fn a_connection_that_goes_dead_without_a_word_is_found_and_its_stream_taken_up() {
    let server = TestServer::start(&[]).await.unwrap();
    let source = Source::samples(&long_speech(), 16_000);
    let expected =
        finals(&client(&server).await.stream(source, &StreamOptions::default()).collect().await.unwrap());
    let (address, die) = way_that_goes_dead(server.url().replace("http://", "")).await;
    let connection = Connection {
        keep_alive: Some(Duration::from_millis(100)),
        keep_alive_timeout: Duration::from_millis(500),
        ..Connection::new(address)
    };
    let client = Client::connect(connection).await.unwrap();
    let (found, resumed) = cut_in_the_middle(&client, async || die.send(()).unwrap()).await;
    assert!(resumed >= 1);
    let spoken =
        |all: &[v1::Result]| all.iter().map(|own| (own.utterance, own.top.clone())).collect::<Vec<_>>();
    assert_eq!(spoken(&found), spoken(&expected), "none is lost and none doubled");
}

#[tokio::test]
async fn a_stream_that_may_not_be_taken_up_is_told_broken() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let server = ServerProcess::start(&data, &[]).await.unwrap();
    let client = Client::connect(Connection::new(server.url())).await.unwrap();
    let (chunks, receiver) = mpsc::channel(8);
    let source = Source::new(raw(v1::AudioEncoding::Float32, 16_000), ReceiverStream::new(receiver));
    let options = StreamOptions { resume: false, ..StreamOptions::default() };
    let mut events = client.stream(source, &options);
    chunks.send(Ok(float_bytes(&speech()).into())).await.unwrap();
    until(&mut events, |event| matches!(event, Event::Started(_))).await;
    server.kill();
    let broken = loop {
        match events.next().await.expect("it ends with an error") {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(broken, ClientError::Broken { .. }), "{broken:?}");
}

#[tokio::test]
async fn a_full_server_is_asked_again_after_the_delay_that_it_names() {
    let server = TestServer::start(&[("engine.max_streams", "1")]).await.unwrap();
    let client = client(&server).await;
    let (chunks, receiver) = mpsc::channel(8);
    let source = Source::new(raw(v1::AudioEncoding::Float32, 16_000), ReceiverStream::new(receiver));
    let mut held = client.stream(source, &StreamOptions::default());
    assert!(matches!(held.next().await.unwrap().unwrap(), Event::Started(_)));

    let impatient = Connection { retry: Retry::never(), ..Connection::new(server.url()) };
    let impatient = Client::connect(impatient).await.unwrap();
    let refused = impatient.recognize(real_clip(), &Options::default()).await.unwrap_err();
    let ClientError::Server(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let delay = refused.retry_after().expect("it names one");
    assert!(delay >= Duration::from_secs(1), "{delay:?}");

    let patient = tokio::spawn(async move { client.recognize(real_clip(), &Options::default()).await });
    let counted = "undertone_rpc_finished_total{code=\"RESOURCE_EXHAUSTED\",method=\"Recognize\"} 2";
    while !server.get("/metrics").await.unwrap().1.contains(counted) {
        tokio::task::yield_now().await;
    }
    drop(chunks);
    until(&mut held, |event| matches!(event, Event::Ended(_))).await;
    assert!(!patient.await.unwrap().unwrap().utterances.is_empty());
}

#[tokio::test]
async fn errors_say_what_is_wrong_and_where() {
    let server = TestServer::start(&[]).await.unwrap();
    let client = client(&server).await;
    let asked = |model: &str| Options { model: model.into(), hysteresis: 7.0, ..Options::default() };
    let error = client.recognize(real_clip(), &asked("")).await.unwrap_err();
    let ClientError::Server(error) = error else { panic!("{error:?}") };
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(error.violations()[0].field, "config.hysteresis");
    let error = client.get_model(v1::GetModelRequest { model: "oracle".into() }).await.unwrap_err();
    let ClientError::Server(error) = error else { panic!("{error:?}") };
    assert_eq!((error.code(), error.resource().as_deref()), (Code::NotFound, Some("oracle")));
    assert!(error.to_string().ends_with(" (NOT_FOUND)"), "{error}");

    let hurried = Connection { timeout: Some(Duration::from_micros(1)), ..Connection::new(server.url()) };
    let hurried = Client::connect(hurried).await.unwrap();
    for error in [
        hurried.recognize(real_clip(), &Options::default()).await.unwrap_err(),
        hurried
            .stream(Source::samples(&speech(), 16_000), &StreamOptions::default())
            .collect()
            .await
            .unwrap_err(),
    ] {
        let ClientError::Server(error) = error else { panic!("{error:?}") };
        assert!(matches!(error.code(), Code::DeadlineExceeded | Code::Cancelled), "{error:?}");
    }

    let address = server.url().to_owned();
    server.stop().await.unwrap();
    let absent = Client::connect(Connection::new(address)).await.unwrap_err();
    assert!(matches!(absent, ClientError::Unreachable { .. }), "{absent:?}");
    let wrong = Client::connect(Connection::new("not a URL")).await.unwrap_err();
    assert!(matches!(wrong, ClientError::Address { .. }), "{wrong:?}");
}

#[tokio::test]
async fn the_other_services_have_a_method_for_each_call() {
    let server = TestServer::start(&[]).await.unwrap();
    let client = client(&server).await;
    assert_eq!(client.list_models(v1::ListModelsRequest {}).await.unwrap().models.len(), 2);
    assert!(client.list_experiments(v1::ListExperimentsRequest {}).await.unwrap().experiments.is_empty());
    let answer = client.recognize(real_clip(), &Options::default()).await.unwrap();
    let judgement = v1::Judgement {
        about: Some(v1::judgement::About::PredictionId(finals(&answer)[0].prediction_id.clone())),
        verdict: Some(v1::judgement::Verdict::Label("calm".into())),
        source: "test".into(),
        ..v1::Judgement::default()
    };
    let given = client.give_feedback(v1::GiveFeedbackRequest { judgements: vec![judgement] }).await.unwrap();
    assert_eq!(given.accepted, 1);
    let emotions = client.query_emotions(v1::QueryEmotionsRequest::default()).await.unwrap();
    let answers: u64 = emotions.series.iter().flat_map(|own| &own.points).map(|point| point.answers).sum();
    assert_eq!(answers, finals(&answer).len() as u64);
}

/// Runs beside the server, which answers from the runtime's other threads.
#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_page_are_those_that_run_here() {
    let program = std::fs::read_to_string(repository().join("tests/src/bin/rust-sdk-page.rs")).unwrap();
    let page = std::fs::read_to_string(repository().join("docs/sdk-rust.md")).unwrap();
    let mut examples = page.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let without_indent: String =
        program.lines().map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned() + "\n").collect();
    assert!(examples.clone().count() > 5);
    let unknown = examples.find(|example| !without_indent.contains(example));
    assert_eq!(unknown, None, "it stands in docs/sdk-rust.md and not in tests/src/bin/rust-sdk-page.rs");

    let server = TestServer::start(&[]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(shipped_clip(), folder.path().join("talk.wav")).unwrap();
    let authority = rcgen::generate_simple_self_signed(vec!["speech.example".to_owned()]).unwrap();
    std::fs::write(folder.path().join("ca.pem"), authority.cert.pem()).unwrap();
    let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_rust-sdk-page"));
    run.arg(server.url()).current_dir(folder.path());
    tokio::task::spawn_blocking(move || succeed(&mut run)).await.unwrap();
}
