//! Spans as a collector gets them, over real OTLP.

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use std::sync::{Arc, Mutex};
use tonic::{Request, Response, Status};
use undertone_proto::v1;
use undertone_tests::{LSTM, TestServer, float_config, shipped_clip, stream_of};

/// Keeps what it is sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let scopes =
            request.into_inner().resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        self.0.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// A collector and its URL.
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = TraceServiceServer::new(collector.clone());
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
        (collector, url)
    }

    /// Every span that a server has sent when it has stopped.
    async fn spans_of(self, server: TestServer) -> Vec<Span> {
        server.stop().await.unwrap();
        self.0.lock().unwrap().clone()
    }
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn traced<T>(message: T, sampled: bool) -> Request<T> {
    let mut request = Request::new(message);
    let header = format!("00-{TRACE}-{PARENT}-0{}", u8::from(sampled));
    request.metadata_mut().insert("traceparent", header.parse().unwrap());
    request
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn note(span: &Span, name: &str) -> Option<String> {
    let value = span.attributes.iter().find(|note| note.key == name)?.value.clone()?.value?;
    match value {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{other:?}"),
    }
}

fn recording(model: &str) -> v1::RecognizeRequest {
    let config = v1::RecognitionConfig { model: model.into(), ..Default::default() };
    v1::RecognizeRequest { config: Some(config), audio: std::fs::read(shipped_clip()).unwrap().into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_and_its_answers_are_spans_in_the_callers_trace() {
    let (collector, url) = Collector::start().await;
    let server = TestServer::start(&[("tracing.endpoint", &url)]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let answer = client.recognize(traced(recording("cnn"), true)).await.unwrap().into_inner();
    let silence = stream_of(float_config("lstm"), &[0; 64_000], &[16_000]);
    let mut replies =
        client.streaming_recognize(traced(tokio_stream::iter(silence), true)).await.unwrap().into_inner();
    while replies.message().await.unwrap().is_some() {}

    let spans = collector.spans_of(server).await;
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:?}");
    let named = |name: &str| spans.iter().filter(|span| span.name.ends_with(name)).collect::<Vec<_>>();
    let [call] = named("/Recognize")[..] else { panic!("{spans:?}") };
    assert_eq!(hex(&call.parent_span_id), PARENT);
    assert_eq!(note(call, "rpc.service").unwrap(), "undertone.v1.Recognizer");
    assert_eq!(note(call, "rpc.response.status_code").unwrap(), "OK");
    assert_eq!(note(call, "undertone.stream_id").unwrap(), answer.stream_id);
    let answers = named("answer");
    assert_eq!(answers.len(), answer.utterances.len());
    for step in answers.into_iter().chain(named("record")) {
        assert_eq!(step.parent_span_id, call.span_id);
        assert!(step.end_time_unix_nano >= step.start_time_unix_nano);
    }
    let [stream] = named("/StreamingRecognize")[..] else { panic!("{spans:?}") };
    assert_eq!(hex(&stream.parent_span_id), PARENT);
    assert_eq!(note(stream, "undertone.model").unwrap(), LSTM);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_is_a_span_with_its_code_and_no_error_of_the_servers() {
    let (collector, url) = Collector::start().await;
    let server = TestServer::start(&[("tracing.endpoint", &url)]).await.unwrap();
    server.recognizer().await.unwrap().recognize(recording("nobody")).await.unwrap_err();
    let spans = collector.spans_of(server).await;
    let [call] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(note(call, "rpc.response.status_code").unwrap(), "NOT_FOUND");
    assert_ne!(call.status.clone().unwrap_or_default().code(), StatusCode::Error);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_decides_whether_its_call_is_traced_and_else_the_setting_does() {
    let (collector, url) = Collector::start().await;
    let flags = [("tracing.endpoint", url.as_str()), ("tracing.sample", "0")];
    let server = TestServer::start(&flags).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    client.recognize(recording("cnn")).await.unwrap();
    client.recognize(traced(recording("cnn"), false)).await.unwrap();
    client.recognize(traced(recording("lstm"), true)).await.unwrap();
    let spans = collector.spans_of(server).await;
    let calls: Vec<_> = spans.iter().filter(|span| span.name.ends_with("/Recognize")).collect();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(note(calls[0], "undertone.model").unwrap(), LSTM);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_costs_spans_and_nothing_else() {
    let server = TestServer::start(&[("tracing.endpoint", "http://127.0.0.1:9")]).await.unwrap();
    let answer = server.recognizer().await.unwrap().recognize(recording("cnn")).await.unwrap();
    assert!(!answer.into_inner().utterances.is_empty());
    server.stop().await.unwrap();
}
