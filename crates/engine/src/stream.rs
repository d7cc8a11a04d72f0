//! The asynchronous ends of a stream: what the server holds while a worker owns the stream itself.

use crate::crew::unless_lost;
use crate::mailbox::Mailbox;
use crate::worker::{Input, Message, failure};
use crate::{Event, StreamFailure};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::time::Instant;
use tokio::sync::{Semaphore, mpsc, watch};
use undertone_core::{EndReason, ErrorKind, StreamId};

/// What a request beside audio costs of a stream's byte budget, so that requests are bounded too.
pub(crate) const CONTROL_COST_BYTES: usize = 256;
/// Audio goes to the worker in pieces of at most this size, so that one stream's large message delays no other stream.
const PIECE_BYTES: usize = 32 * 1024;

/// What a client can ask for beside audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// An update for the utterance so far.
    Flush,
    /// End the utterance here.
    EndUtterance,
}

/// The worker has given the stream up; its last event says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream has ended")]
pub struct StreamClosed;

/// Sends a stream's input to its worker. Dropping it before [`StreamInput::finish`] cancels the stream.
#[derive(Debug)]
pub struct StreamInput {
    pub(crate) id: StreamId,
    pub(crate) worker: Mailbox,
    /// Becomes true when the worker is given up.
    pub(crate) lost: watch::Receiver<bool>,
    /// Bytes that the stream may have under way; the worker gives them back.
    pub(crate) budget: Arc<Semaphore>,
    pub(crate) budget_bytes: usize,
    pub(crate) ended: bool,
}

impl StreamInput {
    /// Sends encoded bytes; waits while as many as allowed are under way.
    pub async fn audio(&self, data: Bytes) -> Result<(), StreamClosed> {
        let mut rest = data;
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(self.budget_bytes).min(PIECE_BYTES));
            self.spend(piece.len()).await?;
            self.send(Input::Audio { data: piece, received: Instant::now() }).await?;
        }
        Ok(())
    }

    /// Asks for something beside audio, in order with it.
    pub async fn control(&self, control: Control) -> Result<(), StreamClosed> {
        self.spend(CONTROL_COST_BYTES).await?;
        self.send(Input::Control(control)).await
    }

    /// No more audio will come; the worker answers what is open and ends the stream.
    pub async fn finish(mut self) -> Result<(), StreamClosed> {
        self.ended = true;
        self.send(Input::Finish).await
    }

    /// Ends the stream early for `reason`, answering what was heard.
    pub async fn end(mut self, reason: EndReason) -> Result<(), StreamClosed> {
        self.ended = true;
        self.send(Input::End(reason)).await
    }

    /// Waits for room in the stream's budget; the worker gives the bytes back.
    async fn spend(&self, bytes: usize) -> Result<(), StreamClosed> {
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        let acquired = unless_lost(&self.lost, self.budget.acquire_many(permits)).await;
        acquired.ok_or(StreamClosed)?.map_err(|_| StreamClosed)?.forget();
        Ok(())
    }

    async fn send(&self, input: Input) -> Result<(), StreamClosed> {
        let message = Message::Input(self.id, input);
        let sent = unless_lost(&self.lost, self.worker.send(message)).await;
        sent.ok_or(StreamClosed)?.map_err(|_| StreamClosed)
    }
}

impl Drop for StreamInput {
    fn drop(&mut self) {
        if !self.ended {
            // Where it is lost, the worker sees that nobody reads the stream's events.
            self.worker.post(Message::Input(self.id, Input::Abandon));
        }
    }
}

/// Receives a stream's events in order.
#[derive(Debug)]
pub struct StreamEvents {
    pub(crate) id: StreamId,
    pub(crate) events: mpsc::Receiver<Event>,
    /// Set by the worker while it waits for room.
    pub(crate) worker_waits: Arc<AtomicBool>,
    pub(crate) worker: Mailbox,
    /// Becomes true when the worker is given up; gone once the reader was told.
    pub(crate) lost: Option<watch::Receiver<bool>>,
    /// Whether it has told how the stream ended; whatever becomes of the worker then, it did not fail.
    pub(crate) is_over: bool,
}

impl StreamEvents {
    /// The next event; `None` after the last one, and when the worker was lost.
    pub async fn next(&mut self) -> Option<Event> {
        let lost = self.lost.as_ref()?;
        let event = unless_lost(lost, self.events.recv()).await.flatten();
        if event.is_none() && *lost.borrow() {
            self.lost = None;
            return (!self.is_over).then(|| Event::Failed(worker_lost()));
        }
        // Pairs with the fence in `Delivery::resume`: either the worker sees the room, or this sees the flag.
        fence(Ordering::SeqCst);
        if self.worker_waits.swap(false, Ordering::SeqCst) {
            // Fails only when the worker is gone, and then nobody waits.
            let _ = self.worker.send(Message::Wake(self.id)).await;
        }
        self.is_over |= matches!(event, Some(Event::Ended(_) | Event::Failed(_)));
        event
    }
}

fn worker_lost() -> StreamFailure {
    failure(ErrorKind::Unavailable, "the worker of this stream was stuck and was given up".to_owned())
}

impl Drop for StreamEvents {
    fn drop(&mut self) {
        self.events.close();
        // A worker that holds events back for this reader learns that it is gone.
        self.worker.post(Message::Wake(self.id));
    }
}
