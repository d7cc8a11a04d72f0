//! Tells how far a long list of recordings is, on standard error, and only to a person.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Fewer recordings need no telling.
const WORTH_TELLING: usize = 3;

/// A line that is written over and over.
pub(super) struct Progress {
    all: usize,
    done: usize,
    begun: Instant,
    shown: bool,
}

impl Progress {
    pub(super) fn of(all: usize) -> Self {
        let shown = all >= WORTH_TELLING && std::io::stderr().is_terminal();
        Self { all, done: 0, begun: Instant::now(), shown }
    }

    /// One more is done.
    pub(super) fn advance(&mut self) {
        self.done += 1;
        self.show();
    }

    /// Makes room for a line of another kind.
    pub(super) fn clear(&self) {
        if self.shown {
            // Nobody misses a line that could not be written.
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }

    fn show(&self) {
        if !self.shown {
            return;
        }
        let left = left(self.begun.elapsed(), self.done, self.all);
        let _ = write!(std::io::stderr(), "\r\x1b[K{}/{}  {left}", self.done, self.all);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn left(elapsed: Duration, done: usize, all: usize) -> String {
    if done == 0 || done >= all {
        return String::new();
    }
    let seconds = (elapsed.as_secs_f64() / done as f64 * (all - done) as f64).ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s left"),
        _ => format!("{} min left", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_time_taken() {
        assert_eq!(left(Duration::from_secs(10), 5, 10), "10 s left");
        assert_eq!(left(Duration::from_secs(60), 1, 3), "2 min left");
        assert_eq!(left(Duration::ZERO, 0, 3), "");
        assert_eq!(left(Duration::from_secs(5), 3, 3), "");
    }
}
