//! The worker's side of a stream's event channel.

use crate::Event;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// Hands events to a reader that may be slow. Updates are dropped when there is no room; everything else waits,
/// and the stream takes no more audio until it has gone out.
pub(crate) struct Delivery {
    events: mpsc::Sender<Event>,
    waiting: VecDeque<Event>,
    worker_waits: Arc<AtomicBool>,
    pub(crate) updates_dropped: u64,
}

impl Delivery {
    pub(crate) fn new(events: mpsc::Sender<Event>, worker_waits: Arc<AtomicBool>) -> Self {
        Self { events, waiting: VecDeque::new(), worker_waits, updates_dropped: 0 }
    }

    /// Whether the reader is gone for good.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.events.is_closed()
    }

    /// Whether events wait for room.
    pub(crate) fn is_blocked(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Sends `event` now, or keeps it until there is room. Returns false when it was an update and was dropped.
    pub(crate) fn send(&mut self, event: Event) -> bool {
        if !self.waiting.is_empty() {
            return self.keep(event);
        }
        match self.events.try_send(event) {
            Ok(()) => true,
            Err(TrySendError::Full(event)) => self.keep(event),
            Err(TrySendError::Closed(_)) => true,
        }
    }

    /// Sends what waits, as far as there is room. While something still waits, the reader wakes the worker.
    pub(crate) fn resume(&mut self) {
        self.send_waiting();
        if self.is_blocked() {
            self.worker_waits.store(true, Ordering::SeqCst);
            fence(Ordering::SeqCst);
            // The reader may have made room before it could see the flag.
            self.send_waiting();
        }
    }

    fn send_waiting(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            match self.events.try_send(event) {
                Ok(()) | Err(TrySendError::Closed(_)) => {}
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    return;
                }
            }
        }
    }

    fn keep(&mut self, event: Event) -> bool {
        match &event {
            Event::Answer(answer) if !answer.trigger.is_final() => {
                self.updates_dropped += 1;
                return false;
            }
            // A later one says more.
            Event::Acknowledged(_) => {}
            _ => self.waiting.push_back(event),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SpeechEdge;

    fn speech(at: u64) -> Event {
        Event::Speech(SpeechEdge::Begin(at))
    }

    #[test]
    fn events_that_find_no_room_wait_in_order() {
        let (sender, mut receiver) = mpsc::channel(1);
        let flag = Arc::new(AtomicBool::new(false));
        let mut delivery = Delivery::new(sender, flag.clone());
        for at in 0..3 {
            delivery.send(speech(at));
        }
        delivery.resume();
        assert!(flag.load(Ordering::Acquire), "the reader must wake the worker");
        for at in 0..3 {
            assert_eq!(receiver.try_recv(), Ok(speech(at)));
            delivery.resume();
        }
        assert!(!delivery.is_blocked());
    }

    #[test]
    fn a_gone_reader_blocks_nothing() {
        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        let mut delivery = Delivery::new(sender, Arc::default());
        assert!(delivery.send(speech(0)));
        assert!(delivery.is_abandoned() && !delivery.is_blocked());
    }
}
