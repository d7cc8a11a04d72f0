//! Since when a worker has been inside one call.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Told by a worker, read by the watchdog.
#[derive(Debug)]
pub(crate) struct Pulse {
    born: Instant,
    /// Milliseconds after `born`, plus 1; 0 while the worker waits.
    call_began: AtomicU64,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { born: Instant::now(), call_began: AtomicU64::new(0) }
    }
}

impl Pulse {
    /// A turn begins, or another call of a plugin in it.
    pub(crate) fn beat(&self) {
        self.call_began.store(self.now() + 1, Ordering::Relaxed);
    }

    /// The worker waits for something to do.
    pub(crate) fn rest(&self) {
        self.call_began.store(0, Ordering::Relaxed);
    }

    /// For how long the current call has lasted; nothing while the worker waits.
    pub(crate) fn busy_for(&self) -> Duration {
        match self.call_began.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            began => Duration::from_millis((self.now() + 1).saturating_sub(began)),
        }
    }

    fn now(&self) -> u64 {
        self.born.elapsed().as_millis() as u64
    }
}
