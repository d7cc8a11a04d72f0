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
    /// What was received while the worker had to be told that there is room; whoever asks next gets it.
    held: Option<Event>,
    /// Whether the worker has still to be told.
    owes_wake: bool,
    /// Whether it has told how the stream ended; whatever becomes of the worker then, it did not fail.
    is_over: bool,
}

impl StreamEvents {
    /// The events of a stream that `worker` delivers until it is `lost`; it sets `worker_waits` while it waits for room.
    pub(crate) fn new(
        id: StreamId,
        events: mpsc::Receiver<Event>,
        worker_waits: Arc<AtomicBool>,
        (worker, lost): (Mailbox, watch::Receiver<bool>),
    ) -> Self {
        let (held, owes_wake, is_over) = (None, false, false);
        Self { id, events, worker_waits, worker, lost: Some(lost), held, owes_wake, is_over }
    }

    /// The next event; `None` after the last one, and when the worker was lost. Whoever stops waiting for it loses none.
    pub async fn next(&mut self) -> Option<Event> {
        let lost = self.lost.as_ref()?;
        if self.held.is_none() {
            self.held = unless_lost(lost, self.events.recv()).await.flatten();
            if self.held.is_none() && *lost.borrow() {
                self.lost = None;
                return (!self.is_over).then(|| Event::Failed(worker_lost()));
            }
            // Pairs with the fence in `Delivery::resume`: either the worker sees the room, or this sees the flag.
            fence(Ordering::SeqCst);
            self.owes_wake |= self.worker_waits.swap(false, Ordering::SeqCst);
        }
        if self.owes_wake {
            // Fails only when the worker is gone, and then nobody waits.
            let _ = unless_lost(lost, self.worker.send(Message::Wake(self.id))).await;
            self.owes_wake = false;
        }
        let event = self.held.take();
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    /// Asks once for the next event, and stops waiting for it.
    fn ask(events: &mut StreamEvents) -> Poll<Option<Event>> {
        pin!(events.next()).poll(&mut Context::from_waker(Waker::noop()))
    }

    /// A stream's events, of which one waits, and so does the worker for room; its mailbox has none.
    fn full() -> (StreamEvents, crate::mailbox::Mail, watch::Sender<bool>) {
        let (mailbox, mail) = Mailbox::new(1);
        mailbox.post(Message::Look);
        let (events, receiver) = mpsc::channel(1);
        events.try_send(Event::Failed(worker_lost())).unwrap();
        let (lose, lost) = watch::channel(false);
        let waits = Arc::new(AtomicBool::new(true));
        (StreamEvents::new(StreamId::generate(), receiver, waits, (mailbox, lost)), mail, lose)
    }

    #[test]
    fn whoever_stops_waiting_while_the_worker_is_told_loses_no_event() {
        let (mut events, mut mail, _lose) = full();
        assert!(ask(&mut events).is_pending());
        assert!(matches!(mail.next(), Some(Message::Look)));
        let event = ask(&mut events);
        assert!(matches!(event, Poll::Ready(Some(Event::Failed(_)))), "{event:?}");
        assert!(matches!(mail.next(), Some(Message::Wake(_))));
    }

    #[test]
    fn a_worker_that_is_lost_is_not_waited_for() {
        let (mut events, _mail, lose) = full();
        assert!(ask(&mut events).is_pending());
        lose.send(true).unwrap();
        let event = ask(&mut events);
        assert!(matches!(event, Poll::Ready(Some(Event::Failed(_)))), "{event:?}");
    }
}
