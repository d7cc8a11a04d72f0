//! A process that runs a plugin, as the server has it.

use super::area::SharedArea;
use super::doorbell::{self, Bell, Button};
use super::loss::Loss;
use super::message::{self, Call};
use super::order::{Answer, Order};
use super::output::Output;
use super::settings::ProcessConfig;
use super::tally::{Tally, Totals};
use super::watch::Watched;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, getpriority_process, pidfd_open, setpriority_process};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a wait looks whether anybody still waits.
const LOOK: Duration = Duration::from_millis(100);

/// A process that runs a plugin. It ends with this, and with the thread that started it.
#[derive(Debug)]
pub(crate) struct PluginProcess {
    child: Child,
    /// Can be read once the process has ended.
    life: OwnedFd,
    area: SharedArea,
    ask: Button,
    answer: Bell,
    output: Output,
    /// What is known of its memory.
    watched: Arc<Watched>,
    tally: Tally,
    memory_bytes: u64,
}

impl PluginProcess {
    /// Starts the program with `shared_bytes` of shared memory. It knows nothing yet.
    pub(crate) fn start(config: &ProcessConfig, plugin: &str, shared_bytes: usize) -> io::Result<Self> {
        let area = SharedArea::new(shared_bytes)?;
        let ((ask, asked), (answer, answers)) = (doorbell::to_process()?, doorbell::from_process()?);
        let (printed, print) = io::pipe()?;
        let passed = [area.file(), asked.as_fd(), answers.as_fd()].map(|file| file.as_raw_fd());
        let mut command = Command::new(&config.program);
        command.args(passed.map(|file| file.to_string())).arg(std::process::id().to_string());
        // Settings and secrets of the server are not the plugin's.
        command.env_clear().env("ORT_DISABLE_TELEMETRY", "1").current_dir("/");
        command.stdin(Stdio::null()).stdout(print.try_clone()?).stderr(print);
        let nice = config.nice.into();
        let prepare = move || {
            stand_back(nice)?;
            pass_on(passed)
        };
        // SAFETY: between fork and exec only system calls are made, and nothing is allocated.
        unsafe { command.pre_exec(prepare) };
        let child = command.spawn()?;
        // The process alone has its ends of the pipes.
        drop((command, asked, answers));
        let life = pidfd_open(Pid::from_child(&child), PidfdFlags::empty());
        let output = Output::of(printed, plugin.to_owned(), child.id());
        let watched = Arc::new(Watched::of(child.id()));
        match (life, output) {
            (Ok(life), Ok(output)) => {
                let memory_bytes = config.memory_bytes;
                let tally = Tally::default();
                Ok(Self { child, life, area, ask, answer, output, watched, tally, memory_bytes })
            }
            (life, output) => {
                end(child);
                Err(life
                    .err()
                    .map(Into::into)
                    .or(output.err())
                    .unwrap_or_else(|| io::Error::other("no reason")))
            }
        }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn watched(&self) -> &Arc<Watched> {
        &self.watched
    }

    /// The shared memory, which the process leaves alone between two calls.
    pub(crate) fn area(&self) -> &SharedArea {
        &self.area
    }

    /// Has it load what `order` names.
    pub(crate) fn load(&mut self, order: &Order, within: Duration) -> Result<Answer, Loss> {
        let unreachable = |error: serde_json::Error| Loss::Unreachable(error.to_string());
        let order = serde_json::to_vec(order).map_err(unreachable)?;
        message::ask(&self.area, Call::Load, 0, &order);
        self.wait(within, None)?;
        let text = message::text(&self.area);
        let text = text.ok_or_else(|| Loss::Unreachable("its answer is too long".into()))?;
        serde_json::from_slice(&text).map_err(unreachable)
    }

    /// Makes a call about `items` items that lie in the shared memory.
    pub(crate) fn call(
        &mut self,
        call: Call,
        items: usize,
        within: Duration,
        cancelled: &AtomicBool,
    ) -> Result<(), Loss> {
        message::ask(&self.area, call, items, &[]);
        self.wait(within, Some(cancelled))
    }

    /// Adds to `totals` what the plugin counted since it was last asked; only between two calls.
    pub(crate) fn take_tally(&mut self, plugin: &str, totals: &Totals) {
        self.tally.take(&self.area, plugin, totals);
    }

    /// Rings, and waits until it is answered.
    fn wait(&mut self, within: Duration, cancelled: Option<&AtomicBool>) -> Result<(), Loss> {
        let unreachable = |error: io::Error| Loss::Unreachable(error.to_string());
        match self.ask.ring() {
            // Nobody is at the other end any more.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(self.ended()),
            rung => rung.map_err(unreachable)?,
        }
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let mut files = [
                PollFd::from_borrowed_fd(self.answer.file(), PollFlags::IN),
                PollFd::new(&self.life, PollFlags::IN),
            ];
            let pause = left.min(LOOK);
            let pause = Timespec { tv_sec: 0, tv_nsec: i64::from(pause.subsec_nanos()) };
            match poll(&mut files, Some(&pause)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(unreachable(error.into())),
            }
            let [answer, life] = [0, 1].map(|file| files[file].revents());
            if answer.contains(PollFlags::IN) {
                return self.answer.hear().map_err(unreachable);
            }
            if !(answer | life).is_empty() {
                return Err(self.ended());
            }
            if cancelled.is_some_and(|cancelled| cancelled.load(Ordering::Relaxed)) {
                return Err(Loss::Cancelled);
            }
            if left.is_zero() {
                return Err(Loss::Hung(within));
            }
        }
    }

    /// How it ended, if it did while nobody waited for it.
    pub(crate) fn ended_by_itself(&mut self) -> Option<Loss> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(Loss::of(status))
    }

    /// How a process ended that can answer no more; one that merely closed its pipe is unreachable.
    fn ended(&mut self) -> Loss {
        let mut life = [PollFd::new(&self.life, PollFlags::IN)];
        // A process closes its files a moment before it has ended.
        let pause = Timespec { tv_sec: 0, tv_nsec: i64::from(LOOK.subsec_nanos()) };
        match poll(&mut life, Some(&pause)) {
            Ok(0) => Loss::Unreachable("it gives no more answers".to_owned()),
            _ => self.child.wait().map_or_else(|error| Loss::Unreachable(error.to_string()), Loss::of),
        }
    }

    /// Ends it; how it was lost, as far as it can be told now, and its last lines.
    pub(crate) fn end(mut self, loss: Loss) -> (Loss, Vec<String>) {
        // Fails only for one that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let lines = self.output.last_lines();
        let by_itself = matches!(loss, Loss::Signal(_) | Loss::Exit(_));
        let short =
            self.watched.was_near(self.memory_bytes) || lines.iter().any(|line| tells_of_memory(line));
        if by_itself && short {
            return (Loss::Memory { limit_bytes: self.memory_bytes }, lines);
        }
        (loss, lines)
    }
}

impl Drop for PluginProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The last words of Rust, C++ and Python programs that get no memory.
fn tells_of_memory(line: &str) -> bool {
    ["memory allocation of", "std::bad_alloc", "MemoryError"].iter().any(|words| line.contains(words))
}

/// Has the new program stand back as far as `nice`, unless the server stands back further. Without capabilities, which it gives
/// up, it cannot come forward again.
fn stand_back(nice: i32) -> io::Result<()> {
    if nice > getpriority_process(None)? {
        setpriority_process(None, nice)?;
    }
    Ok(())
}

/// Lets the new program have the files of `passed` and its standard ones, and no other, whoever opened it.
fn pass_on(passed: [i32; 3]) -> io::Result<()> {
    let (first, last, flags) = (3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
    // SAFETY: this marks descriptors and closes none. Where the kernel is too old for it, they carry the mark that all of
    // ours have anyway.
    unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) };
    for file in passed {
        // SAFETY: the server holds the file for as long as the process is being started.
        let file = unsafe { BorrowedFd::borrow_raw(file) };
        rustix::io::fcntl_setfd(file, rustix::io::FdFlags::empty())?;
    }
    Ok(())
}
