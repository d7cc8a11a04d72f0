//! Brings a client's messages to the worker that owns the stream.

use super::{Ask, ReplySender, Tell};
use crate::grpc::{reply, status};
use std::time::Duration;
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
    /// The number that the next audio message should carry, once the client has begun to number them.
    pub(super) expected_sequence: Option<u64>,
    /// Cancelled when the stream is over, for whatever reason; nothing more is taken then.
    pub(super) over: CancellationToken,
}

/// Whether more messages are to be taken.
enum Flow {
    GoOn,
    Finish,
}

impl Intake {
    /// Ends when the client has finished, or stays silent for too long; with a status when it broke the protocol.
    pub(super) async fn run<S>(mut self, mut asks: S) -> Result<(), Status>
    where
        S: Stream<Item = Result<v1::StreamingRecognizeRequest, Status>> + Unpin,
    {
        let over = self.over.clone();
        loop {
            let next = tokio::select! {
                () = over.cancelled() => return Ok(()),
                next = tokio::time::timeout(self.idle, asks.next()) => next,
            };
            let Ok(next) = next else {
                // A stream that has ended by itself needs no ending.
                let _ = self.input.end(EndReason::TimedOut).await;
                return Ok(());
            };
            let flow = match next.transpose()? {
                Some(ask) => self.take(ask).await?,
                None => Flow::Finish,
            };
            if let Flow::Finish = flow {
                let _ = self.input.finish().await;
                return Ok(());
            }
        }
    }

    async fn take(&mut self, ask: v1::StreamingRecognizeRequest) -> Result<Flow, Status> {
        let taken = match ask.message {
            Some(Ask::Audio(audio)) => {
                self.watch_sequence(audio.sequence).await;
                self.input.audio(audio.data).await
            }
            Some(Ask::Control(v1::Control { action: Some(action) })) => match control(&action) {
                Asked::OfWorker(control) => self.input.control(control).await,
                Asked::ToStay => Ok(()),
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

    async fn watch_sequence(&mut self, sequence: u64) {
        if sequence == 0 {
            return;
        }
        if let Some(expected) = self.expected_sequence.filter(|&expected| expected != sequence) {
            let warning = reply::gap(expected, sequence);
            // Fails only when the client is gone.
            let _ = self.replies.send(Ok(reply::reply(Tell::Warning(warning)))).await;
        }
        self.expected_sequence = Some(sequence.wrapping_add(1));
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
