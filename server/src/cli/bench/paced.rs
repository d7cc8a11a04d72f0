//! The requests of a stream, each when its time has come.

use super::schedule::{Cursor, Due};
use super::tally::Sent;
use super::track::Track;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_stream::Stream;
use undertone_proto::v1;
use v1::streaming_recognize_request::Message;

/// What a stream sends: a track, from a piece of it on.
#[derive(Debug, Clone)]
pub(super) struct Speech {
    pub(super) track: Track,
    pub(super) first_piece: u64,
}

/// A configuration, then audio by the clock. The transport asks for the next request as soon as it can take one; while it
/// cannot, what is due waits in the track, and nothing else of the schedule moves.
pub(super) struct PacedRequests {
    config: Option<v1::RecognitionConfig>,
    speech: Speech,
    cursor: Cursor,
    epoch: Instant,
    timer: Pin<Box<Sleep>>,
    sent: Arc<Sent>,
}

impl PacedRequests {
    /// The cursor's times count from `epoch`.
    pub(super) fn new(
        config: v1::RecognitionConfig,
        speech: Speech,
        cursor: Cursor,
        epoch: Instant,
        sent: Arc<Sent>,
    ) -> Self {
        Self { config: Some(config), speech, cursor, epoch, timer: Box::pin(sleep_until(epoch)), sent }
    }

    fn audio(&self, index: u64) -> v1::StreamingRecognizeRequest {
        let data = self.speech.track.piece(self.speech.first_piece + index);
        ask(Message::Audio(v1::Audio { data, sequence: index + 1 }))
    }
}

impl Stream for PacedRequests {
    type Item = v1::StreamingRecognizeRequest;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(config) = self.config.take() {
            return Poll::Ready(Some(ask(Message::Config(config))));
        }
        loop {
            let now = self.epoch.elapsed();
            match self.cursor.next(now) {
                Due::Now { index, late } => {
                    self.sent.count(late);
                    return Poll::Ready(Some(self.audio(index)));
                }
                Due::At(due) => {
                    let until = self.epoch + due;
                    self.timer.as_mut().reset(until);
                    ready!(self.timer.as_mut().poll(context));
                }
                Due::Over => return Poll::Ready(None),
            }
        }
    }
}

fn ask(message: Message) -> v1::StreamingRecognizeRequest {
    v1::StreamingRecognizeRequest { message: Some(message) }
}
