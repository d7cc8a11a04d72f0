//! The bytes that a stream may have under way, as its worker gives them back.

use std::sync::Arc;
use tokio::sync::Semaphore;

/// Bytes are given back in lumps: each time wakes a client that sends faster than it is heard, and one that has room for a
/// single message again sends a single one.
#[derive(Debug)]
pub(super) struct Budget {
    permits: Arc<Semaphore>,
    lump: usize,
    /// Worked on, and not given back.
    owed: usize,
}

impl Budget {
    /// Over `permits` for `bytes` in all.
    pub(super) fn new(permits: Arc<Semaphore>, bytes: usize) -> Self {
        Self { permits, lump: bytes / 4, owed: 0 }
    }

    /// Gives back what input took. Nothing is held back once there is no other input: the client may be waiting for it.
    pub(super) fn give_back(&mut self, bytes: usize, was_last: bool) {
        self.owed += bytes;
        if was_last || self.owed >= self.lump {
            self.permits.add_permits(std::mem::take(&mut self.owed));
        }
    }

    /// Nobody waits any more for bytes that never come back.
    pub(super) fn close(&self) {
        self.permits.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_in_lumps_and_all_of_them_with_the_last_input() {
        let permits = Arc::new(Semaphore::new(0));
        let mut budget = Budget::new(permits.clone(), 100);
        budget.give_back(20, false);
        assert_eq!(permits.available_permits(), 0);
        budget.give_back(10, false);
        assert_eq!(permits.available_permits(), 30);
        budget.give_back(5, false);
        assert_eq!(permits.available_permits(), 30);
        budget.give_back(1, true);
        assert_eq!(permits.available_permits(), 36);
    }
}
