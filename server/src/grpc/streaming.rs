//! One `StreamingRecognize` call: a task that brings the client's messages to the worker, and one that brings the
//! worker's events to the client, recording results before they are sent.

use super::request::CheckedRequest;
use super::{reply, request, status};
use crate::recognition::{Heard, Recognition, StreamFacts};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;
use undertone_core::{EndReason, Model, SampleRate, StreamId};
use undertone_engine::{Answer, Control, Event, StreamEvents, StreamInput, Summary};
use undertone_plugin_host::LoadedModel;
use undertone_proto::v1;
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

/// Replies that may wait for the transport; then events wait in the engine, which drops updates.
const REPLY_QUEUE: usize = 8;

/// The replies of one call.
pub type ReplyStream = ReceiverStream<Result<v1::StreamingRecognizeResponse, Status>>;
type ReplySender = mpsc::Sender<Result<v1::StreamingRecognizeResponse, Status>>;

/// Answers one call.
pub(crate) async fn recognize<S>(recognition: Arc<Recognition>, mut asks: S) -> Result<ReplyStream, Status>
where
    S: Stream<Item = Result<v1::StreamingRecognizeRequest, Status>> + Send + Unpin + 'static,
{
    let request = first_config(&mut asks, &recognition).await?;
    let id = StreamId::generate();
    let (input, events) = open(&recognition, id, &request).await?;
    let (replies, receiver) = mpsc::channel(REPLY_QUEUE);
    let started = reply::started(id, &request, &recognition);
    // The queue is empty and its receiver is held here: this cannot fail.
    let _ = replies.send(Ok(reply::reply(Tell::Started(started)))).await;

    let (broken, input_broke) = oneshot::channel();
    let intake = Intake { input, replies: replies.clone(), idle: recognition.settings.idle_timeout };
    tokio::spawn(async move {
        if let Err(status) = intake.run(asks).await {
            let _ = broken.send(status);
        }
    });
    let outflow = Outflow { recognition, id, model: request.model, replies, heard: Heard::default() };
    tokio::spawn(outflow.run(events, input_broke));
    Ok(ReceiverStream::new(receiver))
}

/// Opens a checked stream in the engine and records that it was opened.
pub(crate) async fn open(
    recognition: &Recognition,
    id: StreamId,
    request: &CheckedRequest,
) -> Result<(StreamInput, StreamEvents), Status> {
    let model: Arc<dyn Model> = request.model.clone();
    let opened = recognition.engine.open(id, request.session.clone(), model).await;
    let streams = opened.map_err(|error| status::not_opened(&error))?;
    let facts = StreamFacts {
        id,
        model: request.model.reference().clone(),
        encoding: request.session.format.encoding.name(),
        sample_rate_hz: request.session.format.sample_rate.map_or(0, SampleRate::hz),
        subject_key: request.subject_key.clone(),
        labels: request.labels.clone(),
    };
    recognition.record_opened(&facts).await.map_err(|error| status::not_recorded(&error))?;
    Ok(streams)
}

async fn first_config<S>(asks: &mut S, recognition: &Recognition) -> Result<CheckedRequest, Status>
where
    S: Stream<Item = Result<v1::StreamingRecognizeRequest, Status>> + Unpin,
{
    let first = tokio::time::timeout(recognition.settings.idle_timeout, asks.next())
        .await
        .map_err(|_| Status::deadline_exceeded("no configuration came within the idle timeout"))?;
    match first.transpose()?.and_then(|ask| ask.message) {
        Some(Ask::Config(config)) => request::check(config, None, recognition),
        Some(Ask::Audio(_)) => Err(status::bad_field("message", "audio came before the configuration")),
        Some(Ask::Control(_)) => Err(status::bad_field("message", "a control came before the configuration")),
        None => Err(status::bad_field("message", "the first message must be a configuration")),
    }
}

/// Brings the client's messages to the worker.
struct Intake {
    input: StreamInput,
    replies: ReplySender,
    idle: std::time::Duration,
}

impl Intake {
    async fn run<S>(self, mut asks: S) -> Result<(), Status>
    where
        S: Stream<Item = Result<v1::StreamingRecognizeRequest, Status>> + Unpin,
    {
        let mut expected_sequence = None;
        loop {
            let Ok(next) = tokio::time::timeout(self.idle, asks.next()).await else {
                // A stream that has ended by itself needs no ending.
                let _ = self.input.end(EndReason::TimedOut).await;
                return Ok(());
            };
            let Some(ask) = next.transpose()? else {
                let _ = self.input.finish().await;
                return Ok(());
            };
            let taken = match ask.message {
                Some(Ask::Audio(audio)) => {
                    self.watch_sequence(audio.sequence, &mut expected_sequence).await;
                    self.input.audio(audio.data).await
                }
                Some(Ask::Control(v1::Control { action: Some(action) })) => match control(&action) {
                    Some(control) => self.input.control(control).await,
                    None if matches!(action, v1::control::Action::Finish(_)) => {
                        let _ = self.input.finish().await;
                        return Ok(());
                    }
                    None => Ok(()),
                },
                Some(Ask::Config(_)) => {
                    return Err(status::bad_field(
                        "message",
                        "a second configuration came; only the first message is one",
                    ));
                }
                Some(Ask::Control(_)) | None => {
                    return Err(status::bad_field("message", "the message is empty"));
                }
            };
            if taken.is_err() {
                // The stream has ended; its last event tells why.
                return Ok(());
            }
        }
    }

    async fn watch_sequence(&self, sequence: u64, expected: &mut Option<u64>) {
        if sequence == 0 {
            return;
        }
        if let Some(expected) = expected.filter(|&expected| expected != sequence) {
            let warning = reply::gap(expected, sequence);
            // Fails only when the client is gone.
            let _ = self.replies.send(Ok(reply::reply(Tell::Warning(warning)))).await;
        }
        *expected = Some(sequence.wrapping_add(1));
    }
}

/// What a control asks of the worker; nothing for those that only this task has to know.
fn control(action: &v1::control::Action) -> Option<Control> {
    use v1::control::Action;
    match action {
        Action::Flush(_) => Some(Control::Flush),
        Action::EndUtterance(_) => Some(Control::EndUtterance),
        Action::Keepalive(_) | Action::Finish(_) => None,
    }
}

/// Brings the worker's events to the client.
struct Outflow {
    recognition: Arc<Recognition>,
    id: StreamId,
    model: Arc<LoadedModel>,
    replies: ReplySender,
    heard: Heard,
}

impl Outflow {
    async fn run(mut self, mut events: StreamEvents, mut input_broke: oneshot::Receiver<Status>) {
        let mut updates_sent = 0;
        let status = loop {
            let event = tokio::select! {
                biased;
                Ok(status) = &mut input_broke => break Err(status),
                () = self.replies.closed() => break Err(Status::cancelled("the client went away")),
                event = events.next() => event,
            };
            match self.pass_on(event, &mut updates_sent).await {
                Ok(Some(summary)) => break Ok(summary),
                Ok(None) => {}
                Err(status) => break Err(status),
            }
        };
        self.close(status).await;
    }

    /// Sends one event. The stream is over with a summary or an error.
    async fn pass_on(&mut self, event: Option<Event>, updates: &mut u64) -> Result<Option<Summary>, Status> {
        match event {
            None => return Err(status::worker_lost()),
            Some(Event::Failed(failure)) => return Err(status::stream_failed(failure)),
            Some(Event::Speech(edge)) => self.send(Tell::SpeechEvent(reply::speech_event(edge))).await?,
            Some(Event::Warning(warning)) => self.send(Tell::Warning(reply::warning(warning))).await?,
            Some(Event::Answer(answer)) => {
                *updates += u64::from(!answer.trigger.is_final());
                let result = self.recorded(&answer).await?;
                self.send(Tell::Result(result)).await?;
            }
            Some(Event::Ended(summary)) => {
                self.send(Tell::Ended(reply::ended(&summary, *updates))).await?;
                return Ok(Some(summary));
            }
        }
        Ok(None)
    }

    async fn recorded(&mut self, answer: &Answer) -> Result<v1::Result, Status> {
        self.heard.samples = answer.audio_processed;
        self.heard.utterances += u32::from(answer.trigger.is_final());
        let recorded = self.recognition.record_answer(self.id, &self.model, answer).await;
        let prediction = recorded.map_err(|error| status::not_recorded(&error))?;
        let kind = if answer.trigger.is_final() { "final" } else { "update" };
        let model = self.model.reference().to_string();
        self.recognition.metrics.engine.results.with_label_values(&[&model, kind]).inc();
        Ok(reply::result(answer, self.model.labels(), prediction))
    }

    async fn send(&self, message: Tell) -> Result<(), Status> {
        let sent = self.replies.send(Ok(reply::reply(message))).await;
        sent.map_err(|_| Status::cancelled("the client went away"))
    }

    async fn close(self, status: Result<Summary, Status>) {
        let code = status.as_ref().map_or_else(|status| status.code(), |_| tonic::Code::Ok);
        self.recognition.count_call("StreamingRecognize", code);
        match status {
            Ok(summary) => {
                if let Err(error) = self.recognition.record_ended(self.id, &summary).await {
                    tracing::warn!(stream = %self.id, %error, "the end of a stream could not be recorded");
                }
            }
            Err(status) => {
                let cancelled = status.code() == tonic::Code::Cancelled;
                let reason = if cancelled { EndReason::Cancelled } else { EndReason::Failed };
                tracing::debug!(stream = %self.id, code = ?status.code(), message = status.message(), "a stream broke");
                // Fails only when the client is gone.
                let _ = self.replies.send(Err(status)).await;
                self.recognition.record_broken(self.id, reason, self.heard).await;
            }
        }
    }
}
