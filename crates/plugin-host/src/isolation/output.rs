//! What a process prints, in the server's log.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, PipeReader, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Longer lines are cut.
const LINE_BYTES: u64 = 2048;
/// So many lines of the last are kept, to be shown when the process is lost.
const KEPT_LINES: usize = 8;
/// More lines than this in a second are counted and not logged.
const LINES_PER_SECOND: u32 = 50;
/// What a line that is not logged costs whoever reads it, so that a flood of them takes no core of the server's.
const PAUSE: Duration = Duration::from_millis(1);
/// What a process that is gone has printed is read in this time, or never.
const READ_WITHIN: Duration = Duration::from_millis(500);

/// What a process prints. A thread reads it, until nobody has the other end any more.
#[derive(Debug)]
pub(crate) struct Output {
    last: Arc<Mutex<VecDeque<String>>>,
    /// Nothing is ever sent: it disconnects when all was read.
    read: Mutex<Receiver<()>>,
}

impl Output {
    /// Reads `pipe` and logs it under the names of the plugin and the process.
    pub(crate) fn of(pipe: PipeReader, plugin: String, process: u32) -> std::io::Result<Self> {
        let last: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let (reading, read) = sync_channel::<()>(1);
        let kept = last.clone();
        thread::Builder::new().name(format!("output-{process}")).spawn(move || {
            read_all(pipe, &plugin, process, &kept);
            drop(reading);
        })?;
        Ok(Self { last, read: Mutex::new(read) })
    }

    /// The last lines of a process that is gone.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(RecvTimeoutError::Timeout) = read.recv_timeout(READ_WITHIN) {
            tracing::debug!("a process that is gone left its output open");
        }
        self.last.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

fn read_all(pipe: PipeReader, plugin: &str, process: u32, kept: &Mutex<VecDeque<String>>) {
    let mut pipe = BufReader::new(pipe);
    let mut pace = Pace::new(Instant::now());
    loop {
        let mut line = Vec::new();
        // The rest of a long line counts as another one.
        match pipe.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let mut last = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == KEPT_LINES {
            last.pop_front();
        }
        last.push_back(line.to_owned());
        drop(last);
        match pace.next(Instant::now()) {
            Some(0) => log(line, plugin, process),
            Some(left_out) => {
                tracing::warn!(plugin, process, left_out, "a plugin's process printed too much");
                log(line, plugin, process);
            }
            // The process waits as soon as its pipe is full.
            None => thread::sleep(PAUSE),
        }
    }
}

/// The host of the process says how much its own lines matter; all others are the plugin's, or the system's last words.
fn log(line: &str, plugin: &str, process: u32) {
    match line.split_once(' ') {
        Some(("ERROR", words)) => tracing::error!(plugin, process, "{}", words.trim_start()),
        Some(("WARN", words)) => tracing::warn!(plugin, process, "{}", words.trim_start()),
        Some(("INFO", words)) => tracing::info!(plugin, process, "{}", words.trim_start()),
        Some(("DEBUG", words)) => tracing::debug!(plugin, process, "{}", words.trim_start()),
        _ => tracing::info!(plugin, process, "{line}"),
    }
}

/// Bounds the lines of a second.
#[derive(Debug)]
struct Pace {
    second: Instant,
    logged: u32,
    left_out: u32,
}

impl Pace {
    fn new(now: Instant) -> Self {
        Self { second: now, logged: 0, left_out: 0 }
    }

    /// How many lines were left out before this one; `None` when it is to be left out too.
    fn next(&mut self, now: Instant) -> Option<u32> {
        if now.saturating_duration_since(self.second) >= Duration::from_secs(1) {
            (self.second, self.logged) = (now, 0);
        }
        if self.logged >= LINES_PER_SECOND {
            self.left_out += 1;
            return None;
        }
        self.logged += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_last_lines_are_kept_and_long_ones_are_cut() {
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        let output = Output::of(reader, "p".into(), 1).expect("a thread");
        for line in 0..20 {
            writeln!(writer, "line {line}").expect("it is read");
        }
        writeln!(writer, "{}", "x".repeat(3000)).expect("it is read");
        drop(writer);
        let last = output.last_lines();
        assert_eq!(last.len(), KEPT_LINES);
        assert_eq!(last[KEPT_LINES - 2].len(), LINE_BYTES as usize);
        assert_eq!(last[KEPT_LINES - 3], "line 19");
    }

    #[test]
    fn lines_beyond_the_pace_are_left_out_and_counted() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        let logged = (0..60).filter(|_| pace.next(begin).is_some()).count();
        assert_eq!(logged, LINES_PER_SECOND as usize);
        assert_eq!(pace.next(begin + Duration::from_secs(1)), Some(10));
    }
}
