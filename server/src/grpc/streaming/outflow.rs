//! Brings the worker's events to the client; final results are recorded first.

use super::acknowledged::Acknowledged;
use super::{ReplySender, Tell};
use crate::access::Passage;
use crate::grpc::deadline::Deadline;
use crate::grpc::{recorded, reply, spans, status};
use crate::live::LiveStream;
use crate::recognition::{Heard, Recognition, Source};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::DropGuard;
use tonic::{Code, Status};
use undertone_core::{EndReason, Model};
use undertone_engine::{Answer, Event, ResumePoint, StreamEvents, Summary};
use undertone_proto::v1;
use undertone_telemetry::CallSpan;

/// Brings the worker's events to the client.
pub(super) struct Outflow {
    pub(super) recognition: Arc<Recognition>,
    pub(super) source: Source,
    pub(super) replies: ReplySender,
    /// Tells the client what it may forget, if it comes back when the stream breaks off.
    pub(super) acknowledging: Option<Acknowledged>,
    /// Told when the client says that it is still there.
    pub(super) stays: Arc<Notify>,
    /// What the stream uses of its caller's quota.
    pub(super) passage: Passage,
    pub(super) span: CallSpan,
    /// What the stream has heard, for its record should it break.
    pub(super) heard: Heard,
    /// A client that reads nothing for so long is given up.
    pub(super) patience: Duration,
    /// Whether the client was told that recording is suspended.
    pub(super) suspended: bool,
    /// Beyond it the client wants no answer.
    pub(super) deadline: Deadline,
    /// Shows the stream among those that are open.
    pub(super) live: LiveStream,
    /// Tells the intake when this task ends, for whatever reason.
    pub(super) _over: DropGuard,
}

impl Outflow {
    pub(super) async fn run(mut self, mut events: StreamEvents, input_broke: oneshot::Receiver<Status>) {
        let mut updates_sent = 0;
        let input_broke = async {
            match input_broke.await {
                Ok(status) => status,
                // The input ended in order.
                Err(_) => std::future::pending().await,
            }
        };
        let late = self.deadline.passed();
        tokio::pin!(input_broke, late);
        let status = loop {
            let event = tokio::select! {
                biased;
                status = &mut input_broke => break Err(status),
                status = &mut late => break Err(status),
                () = self.replies.closed() => break Err(Status::cancelled("the client went away")),
                () = self.stays.notified() => {
                    match self.acknowledge_again().await {
                        Ok(()) => continue,
                        Err(status) => break Err(status),
                    }
                }
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
        if let Some(event) = &event {
            self.live.note(event, self.source.model.labels());
        }
        match event {
            None => return Err(status::worker_lost()),
            Some(Event::Failed(failure)) => return Err(status::stream_failed(failure)),
            Some(Event::Speech(edge)) => self.send(Tell::SpeechEvent(reply::speech_event(edge))).await?,
            Some(Event::Warning(warning)) => self.send(Tell::Warning(reply::warning(warning))).await?,
            Some(Event::Acknowledged(point)) => {
                self.pay(point.checkpoint.position)?;
                if let Some(acknowledgement) = self.acknowledgement(Some(point)) {
                    self.send(Tell::Acknowledgement(acknowledgement)).await?;
                }
            }
            Some(Event::Answer(mut answer)) => {
                *updates += u64::from(!answer.trigger.is_final());
                let result = self.recorded(&mut answer).await?;
                self.tell_suspension().await?;
                self.send(Tell::Result(result)).await?;
            }
            Some(Event::Ended(summary)) => {
                // It has ended anyway; what is owed keeps the next one out.
                let _ = self.pay(summary.samples);
                let acknowledgement = self.acknowledgement(summary.resume);
                let ended = v1::Ended { acknowledgement, ..reply::ended(&summary, *updates) };
                self.send(Tell::Ended(ended)).await?;
                return Ok(Some(summary));
            }
        }
        Ok(None)
    }

    async fn recorded(&mut self, answer: &mut Answer) -> Result<v1::Result, Status> {
        self.heard.samples = answer.audio_processed;
        let result = recorded::result(&self.recognition, &self.source, &self.span, answer).await?;
        self.heard.utterances += u32::from(answer.trigger.is_final());
        self.pay(answer.audio_processed)?;
        Ok(v1::Result { acknowledgement: self.acknowledgement(answer.resume), ..result })
    }

    /// In front of the first result that is not durable, and of the first that is again.
    async fn tell_suspension(&mut self) -> Result<(), Status> {
        let reason = self.recognition.recording_suspended();
        if reason.is_some() == self.suspended {
            return Ok(());
        }
        self.suspended = reason.is_some();
        self.send(Tell::Warning(reply::recording(reason.as_deref()))).await
    }

    /// Pays for the audio up to `samples` from the stream's start.
    fn pay(&mut self, samples: u64) -> Result<(), Status> {
        self.passage.pay(samples, Instant::now()).map_err(|refusal| self.recognition.refused(&refusal))
    }

    fn acknowledgement(&mut self, point: Option<ResumePoint>) -> Option<v1::Acknowledgement> {
        Some(self.acknowledging.as_mut()?.at(point?))
    }

    /// A client that sends no audio for a while can still come back.
    async fn acknowledge_again(&mut self) -> Result<(), Status> {
        let again = self.acknowledging.as_mut().and_then(Acknowledged::again);
        match again {
            Some(acknowledgement) => self.send(Tell::Acknowledgement(acknowledgement)).await,
            None => Ok(()),
        }
    }

    async fn send(&self, message: Tell) -> Result<(), Status> {
        let sending = self.replies.send(Box::new(Ok(reply::reply(message))));
        match tokio::time::timeout(self.patience, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Status::cancelled("the client went away")),
            Err(_) => Err(status::not_reading(self.patience)),
        }
    }

    async fn close(mut self, status: Result<Summary, Status>) {
        let code = status.as_ref().map_or_else(|status| status.code(), |_| Code::Ok);
        self.recognition.count_call("StreamingRecognize", code);
        spans::end(&mut self.span, status.as_ref().map(drop));
        match status {
            Ok(summary) => {
                if let Err(error) = self.recognition.record_ended(self.source.id, &summary).await {
                    tracing::warn!(stream = %self.source.id, %error, "the end of a stream could not be recorded");
                }
            }
            Err(status) => {
                let late = status.code() == Code::DeadlineExceeded && self.deadline.is_over();
                let reason = if late || status.code() == Code::Cancelled {
                    EndReason::Cancelled
                } else {
                    EndReason::Failed
                };
                tracing::debug!(stream = %self.source.id, code = ?status.code(), message = status.message(), "a stream broke");
                // Fails when the client is gone, or still does not read; then nobody is there to be told.
                let _ = tokio::time::timeout(self.patience, self.replies.send(Box::new(Err(status)))).await;
                self.recognition.record_broken(self.source.id, reason, self.heard).await;
            }
        }
    }
}
