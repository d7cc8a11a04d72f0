//! How a worker is told things: a bounded queue, and a flag for what found no room in it.

use crate::worker::Message;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// The worker is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorkerGone;

/// Sends to a worker. When the queue is full, those who can wait do; what others had to say sets the flag.
#[derive(Debug, Clone)]
pub(crate) struct Mailbox {
    messages: mpsc::Sender<Message>,
    overlooked: Arc<AtomicBool>,
}

/// One that keeps no worker waiting for more.
#[derive(Debug, Clone)]
pub(crate) struct WeakMailbox {
    messages: mpsc::WeakSender<Message>,
    overlooked: Arc<AtomicBool>,
}

/// The worker's side of it.
#[derive(Debug)]
pub(crate) struct Mail {
    messages: mpsc::Receiver<Message>,
    overlooked: Arc<AtomicBool>,
}

impl Mailbox {
    /// A box in which `room` messages may wait.
    pub(crate) fn new(room: usize) -> (Self, Mail) {
        let (sender, receiver) = mpsc::channel(room.max(1));
        let overlooked = Arc::new(AtomicBool::new(false));
        let mail = Mail { messages: receiver, overlooked: overlooked.clone() };
        (Self { messages: sender, overlooked }, mail)
    }

    /// For somebody who lives no longer than the worker.
    pub(crate) fn downgrade(&self) -> WeakMailbox {
        WeakMailbox { messages: self.messages.downgrade(), overlooked: self.overlooked.clone() }
    }

    /// Waits for room.
    pub(crate) async fn send(&self, message: Message) -> Result<(), WorkerGone> {
        self.messages.send(message).await.map_err(|_| WorkerGone)
    }

    /// Tells the worker without waiting. Without room the message is lost, and the worker looks at all its streams.
    pub(crate) fn post(&self, message: Message) {
        if let Err(TrySendError::Full(_)) = self.messages.try_send(message) {
            self.overlooked.store(true, Ordering::SeqCst);
            // A worker that has emptied the queue meanwhile is woken; one that has not looks at the flag when it does.
            let _ = self.messages.try_send(Message::Look);
        }
    }
}

impl WeakMailbox {
    /// As [`Mailbox::post`], while anybody else may tell the worker things.
    pub(crate) fn post(&self, message: Message) {
        if let Some(messages) = self.messages.upgrade() {
            Mailbox { messages, overlooked: self.overlooked.clone() }.post(message);
        }
    }
}

impl Mail {
    /// Waits for the next message; `None` when nobody can send any more.
    pub(crate) fn wait(&mut self) -> Option<Message> {
        self.messages.blocking_recv()
    }

    /// The next message, if there is one.
    pub(crate) fn next(&mut self) -> Option<Message> {
        self.messages.try_recv().ok()
    }

    /// Whether a message found no room since this was last asked.
    pub(crate) fn something_was_overlooked(&self) -> bool {
        self.overlooked.swap(false, Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_told_by_the_flag() {
        let (mailbox, mut mail) = Mailbox::new(1);
        mailbox.post(Message::Look);
        assert!(!mail.something_was_overlooked());
        mailbox.post(Message::Drain);
        assert!(matches!(mail.next(), Some(Message::Look)));
        assert!(mail.next().is_none());
        assert!(mail.something_was_overlooked());
        assert!(!mail.something_was_overlooked());
    }
}
