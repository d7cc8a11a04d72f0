//! Brings a client's messages to the worker that owns the stream.

use super::{Ask, ReplySender, Tell};
use crate::grpc::{reply, status};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use undertone_core::EndReason;
use undertone_engine::{Control, StreamInput};
use undertone_proto::v1;

/// Brings the client's messages to the worker.
pub(super) struct Intake {
    pub(super) input: StreamInput,
    pub(super) replies: ReplySender,
    pub(super) idle: Duration,
    /// The stream ends then, whatever comes.
    pub(super) until: Instant,
    /// Told when the client says that it is still there.
    pub(super) stays: Arc<Notify>,
    /// The number that the next audio message should carry, once the client has begun to number them.
    pub(super) expected_sequence: Option<u64>,
    /// Takes the status of a client that broke the protocol.
    pub(super) broken: oneshot::Sender<Status>,
    /// Cancelled when the stream is over, for whatever reason; nothing more is taken then.
    pub(super) over: CancellationToken,
}

/// Whether more messages are to be taken.
enum Flow {
    GoOn,
    Finish,
}

impl Intake {
    /// Runs until the client has finished, stays silent for too long, or breaks the protocol, or the stream is over or as long as
    /// it may be.
    pub(super) async fn run<S>(mut self, mut asks: S)
    where
        S: Stream<Item = Result<v1::StreamingRecognizeRequest, Status>> + Unpin,
    {
        let over = self.over.clone();
        let taken = tokio::select! {
            () = over.cancelled() => return,
            taken = self.take_all(&mut asks) => taken,
        };
        match taken {
            // A stream that has ended by itself needs no ending: these fail then.
            Ok(EndReason::Finished) => drop(self.input.finish().await),
            Ok(reason) => drop(self.input.end(reason).await),
            // Before the input is dropped, which cancels the stream: the client is to learn of its mistake.
            Err(status) => drop(self.broken.send(status)),
        }
    }

    async fn take_all<S>(&mut self, asks: &mut S) -> Result<EndReason, Status>
    where
        S: Stream<Item = Result<v1::StreamingRecognizeRequest, Status>> + Unpin,
    {
        loop {
            let now = Instant::now();
            if now >= self.until {
                return Ok(EndReason::Longest);
            }
            let Ok(next) = timeout_at(self.until.min(now + self.idle), asks.next()).await else {
                let is_longest = Instant::now() >= self.until;
                return Ok(if is_longest { EndReason::Longest } else { EndReason::TimedOut });
            };
            let Some(ask) = next.transpose()? else { return Ok(EndReason::Finished) };
            let Ok(taken) = timeout_at(self.until, self.take(ask)).await else {
                return Ok(EndReason::Longest);
            };
            if let Flow::Finish = taken? {
                return Ok(EndReason::Finished);
            }
        }
    }

    async fn take(&mut self, ask: v1::StreamingRecognizeRequest) -> Result<Flow, Status> {
        let taken = match ask.message {
            Some(Ask::Audio(audio)) => {
                self.watch_sequence(audio.sequence).await?;
                self.input.audio(audio.data).await
            }
            Some(Ask::Control(v1::Control { action: Some(action) })) => match control(&action) {
                Asked::OfWorker(control) => self.input.control(control).await,
                Asked::ToStay => {
                    self.stays.notify_one();
                    Ok(())
                }
                Asked::ToFinish => return Ok(Flow::Finish),
            },
            Some(Ask::Config(_)) => {
                let sentence = "a second configuration came; only the first message is one";
                return Err(status::bad_field("message", sentence));
            }
            Some(Ask::Control(_)) | None => return Err(status::bad_field("message", "the message is empty")),
        };
        // A stream that takes no more has ended; its last event tells why.
        Ok(if taken.is_ok() { Flow::GoOn } else { Flow::Finish })
    }

    /// Warns of a gap. A client that does not read warnings is given up as one that does not read anything else.
    async fn watch_sequence(&mut self, sequence: u64) -> Result<(), Status> {
        if sequence == 0 {
            return Ok(());
        }
        if let Some(expected) = self.expected_sequence.filter(|&expected| expected != sequence) {
            let warning = Tell::Warning(reply::gap(expected, sequence));
            let sending = self.replies.send(Box::new(Ok(reply::reply(warning))));
            // It may fail because the client is gone, which the outflow sees too.
            drop(timeout(self.idle, sending).await.map_err(|_| status::not_reading(self.idle))?);
        }
        self.expected_sequence = Some(sequence.wrapping_add(1));
        Ok(())
    }
}

/// What a control asks for.
enum Asked {
    OfWorker(Control),
    ToStay,
    ToFinish,
}

fn control(action: &v1::control::Action) -> Asked {
    use v1::control::Action;
    match action {
        Action::Flush(_) => Asked::OfWorker(Control::Flush),
        Action::EndUtterance(_) => Asked::OfWorker(Control::EndUtterance),
        Action::Keepalive(_) => Asked::ToStay,
        Action::Finish(_) => Asked::ToFinish,
    }
}
