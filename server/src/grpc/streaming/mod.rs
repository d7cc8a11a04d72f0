//! One `StreamingRecognize` call: a task that brings the client's messages to the worker, and one that brings the
//! worker's events to the client, recording results before they are sent.

mod acknowledged;
mod intake;
mod outflow;

use super::deadline::Deadline;
use super::request::CheckedRequest;
use super::resumes::Acknowledging;
use super::{reply, request, spans, status};
use crate::access::{Caller, Passage};
use crate::recognition::{Heard, Recognition, StreamFacts};
use acknowledged::Acknowledged;
use intake::Intake;
use outflow::Outflow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_stream::adapters::Map;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use undertone_core::{EndReason, Model, SampleRate, StreamId, UnixMicros};
use undertone_engine::{StreamEvents, StreamInput};
use undertone_proto::v1;
use undertone_telemetry::CallSpan;
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

/// Replies that may wait for the transport; then events wait in the engine, which drops updates.
const REPLY_QUEUE: usize = 8;

/// A reply, or how the call ended. Boxed, since a queue holds room for dozens of them even while it is empty.
type Reply = Box<Result<v1::StreamingRecognizeResponse, Status>>;
type ReplySender = mpsc::Sender<Reply>;
/// The replies of one call.
pub type ReplyStream =
    Map<ReceiverStream<Reply>, fn(Reply) -> Result<v1::StreamingRecognizeResponse, Status>>;

/// Answers one call, until its deadline.
pub(crate) async fn recognize<S>(
    recognition: Arc<Recognition>,
    (caller, deadline): (Caller, Deadline),
    mut asks: S,
) -> Result<ReplyStream, Status>
where
    S: Stream<Item = Result<v1::StreamingRecognizeRequest, Status>> + Send + Unpin + 'static,
{
    let mut span = spans::begin(&recognition, "undertone.v1.Recognizer/StreamingRecognize", &caller);
    let begun = begin(&recognition, &caller, &mut asks, &mut span).await;
    let Begun { passage, request, streams: (input, events) } =
        begun.inspect_err(|status| spans::end(&mut span, Err(status)))?;
    let id = request.id;
    let acknowledging = Acknowledging::of(&recognition, id, &request);
    let (replies, receiver) = mpsc::channel(REPLY_QUEUE);
    let from = request.session.from;
    let live = recognition.live.enter(facts(&request), recognition.clock.now());
    let acknowledgement = acknowledging.as_ref().map(|own| own.acknowledgement(from));
    let started = v1::Started { acknowledgement, ..reply::started(&request, &recognition) };
    // The queue is empty and its receiver is held here: this cannot fail.
    let _ = replies.send(Box::new(Ok(reply::reply(Tell::Started(started))))).await;

    let (broken, input_broke) = oneshot::channel();
    let idle = recognition.settings.idle_timeout;
    let until = tokio::time::Instant::now() + time_left(&recognition, id);
    let stays = Arc::<Notify>::default();
    let over = CancellationToken::new();
    let intake = Intake {
        input,
        replies: replies.clone(),
        idle,
        until,
        stays: stays.clone(),
        expected_sequence: None,
        broken,
        over: over.clone(),
    };
    tokio::spawn(intake.run(asks));
    let outflow = Outflow {
        source: request.source(&recognition),
        recognition,
        replies,
        acknowledging: acknowledging.map(|own| Acknowledged::new(own, from)),
        stays,
        span,
        passage: passage.going_on(from.checkpoint.position),
        heard: Heard { samples: from.checkpoint.position, utterances: from.finals },
        patience: idle,
        suspended: false,
        deadline,
        live,
        _over: over.drop_guard(),
    };
    tokio::spawn(outflow.run(events, input_broke));
    Ok(ReceiverStream::new(receiver).map(|reply: Reply| *reply))
}

/// How long the stream may still last, whoever took it up; its name tells when it began.
fn time_left(recognition: &Recognition, stream: StreamId) -> Duration {
    let now = recognition.clock.now().0;
    let age = stream.made_at().map_or(0, |UnixMicros(made)| now.saturating_sub(made));
    recognition.settings.max_duration.saturating_sub(Duration::from_micros(u64::try_from(age).unwrap_or(0)))
}

/// A call whose stream is open.
struct Begun {
    passage: Passage,
    request: CheckedRequest,
    streams: (StreamInput, StreamEvents),
}

/// Takes the configuration and opens the stream.
async fn begin<S>(
    recognition: &Arc<Recognition>,
    caller: &Caller,
    asks: &mut S,
    span: &mut CallSpan,
) -> Result<Begun, Status>
where
    S: Stream<Item = Result<v1::StreamingRecognizeRequest, Status>> + Unpin,
{
    let passage = caller.enter().map_err(|refusal| recognition.refused(&refusal))?;
    let request = first_config(asks, (recognition, caller)).await?;
    spans::note_stream(span, request.id, &request.model);
    let streams = open(recognition, &request).await?;
    Ok(Begun { passage, request, streams })
}

/// Opens a checked stream in the engine and records that it was opened.
pub(crate) async fn open(
    recognition: &Arc<Recognition>,
    request: &CheckedRequest,
) -> Result<(StreamInput, StreamEvents), Status> {
    let id = request.id;
    let model: Arc<dyn Model> = request.model.clone();
    // While a broken connection has not been noticed, the engine has its stream beside the one that goes on with it.
    let own = request.resumes.map_or(id, |_| StreamId::generate());
    let opened = recognition.engine.open(own, request.session.clone(), model).await;
    let streams = opened.map_err(|error| status::not_opened(&error))?;
    record_opened(recognition, facts(request)).await?;
    if request.resumes.is_some() {
        let model = request.model.reference().to_string();
        recognition.metrics.engine.streams_resumed.with_label_values(&[&model]).inc();
    }
    Ok(streams)
}

/// Records that a stream was opened. A caller who leaves meanwhile leaves none that stays open in the records.
async fn record_opened(recognition: &Arc<Recognition>, facts: StreamFacts) -> Result<(), Status> {
    let (told, recorded) = oneshot::channel();
    let recognition = recognition.clone();
    tokio::spawn(async move {
        let outcome = recognition.record_opened(&facts).await;
        if let Err(Ok(())) = told.send(outcome) {
            recognition.record_broken(facts.id, EndReason::Cancelled, Heard::default()).await;
        }
    });
    match recorded.await {
        Ok(outcome) => outcome.map_err(|error| status::not_recorded("the stream", &error)),
        Err(_) => Err(Status::internal("recording the stream broke off")),
    }
}

/// What the stream's records have in common.
fn facts(request: &CheckedRequest) -> StreamFacts {
    StreamFacts {
        id: request.id,
        tenant: request.caller.tenant().to_owned(),
        model: request.model.reference().clone(),
        encoding: request.session.format.encoding.name(),
        sample_rate_hz: request.session.format.sample_rate.map_or(0, SampleRate::hz),
        subject_key: request.subject_key.clone(),
        labels: request.labels.clone(),
    }
}

async fn first_config<S>(
    asks: &mut S,
    (recognition, caller): (&Recognition, &Caller),
) -> Result<CheckedRequest, Status>
where
    S: Stream<Item = Result<v1::StreamingRecognizeRequest, Status>> + Unpin,
{
    let first = tokio::time::timeout(recognition.settings.idle_timeout, asks.next())
        .await
        .map_err(|_| Status::deadline_exceeded("no configuration came within the idle timeout"))?;
    match first.transpose()?.and_then(|ask| ask.message) {
        Some(Ask::Config(config)) => request::check(config, None, (recognition, caller)),
        Some(Ask::Audio(_)) => Err(status::bad_field("message", "audio came before the configuration")),
        Some(Ask::Control(_)) => Err(status::bad_field("message", "a control came before the configuration")),
        None => Err(status::bad_field("message", "the first message must be a configuration")),
    }
}
