//! The thread that starts a model's processes. They end with it.

use super::facts::Facts;
use super::order::Answer;
use super::process::PluginProcess;
use super::seat::Place;
use crate::HostError;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};
use undertone_core::ErrorKind;

/// More wishes do not wait; whoever has another one waits. A seat has one at most.
const WISHES: usize = 64;
/// How often memory is looked at, and whether a process has ended that nobody calls.
const LOOK: Duration = Duration::from_secs(1);

/// What a supervisor is asked for.
pub(crate) enum Wish {
    /// A process, now, for whoever waits at the other end.
    Start(SyncSender<Result<(PluginProcess, Answer), HostError>>),
    /// A process for a seat, once its time has come.
    Fill(Due),
}

/// A process that is being started, or why there is none.
pub(crate) type Coming = Receiver<Result<(PluginProcess, Answer), HostError>>;

/// A seat that is to have a process.
pub(crate) struct Due {
    pub(crate) seat: Weak<Place>,
    /// Not before this.
    pub(crate) at: Instant,
    /// Losses since the last answer.
    pub(crate) losses: u32,
}

/// Has a process started, and waits for it.
pub(crate) fn started(
    facts: &Facts,
    supervisor: &SyncSender<Wish>,
) -> Result<(PluginProcess, Answer), HostError> {
    let (reply, answer) = sync_channel(1);
    let gone = || no_thread(facts, &io::Error::other("it ended"));
    supervisor.send(Wish::Start(reply)).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

/// The error of a thread that is not there.
pub(crate) fn no_thread(facts: &Facts, error: &io::Error) -> HostError {
    let message = format!("there is no thread for its processes: {error}");
    HostError::Process { plugin: facts.plugin.clone(), kind: ErrorKind::Unavailable, message }
}

/// Starts the thread for the processes of a model; it ends once nobody can ask it any more. The system ends a process when
/// the thread ends that started it, so all of them are started by this one.
pub(crate) fn supervise(facts: Arc<Facts>) -> io::Result<SyncSender<Wish>> {
    let (wishes, receiver) = sync_channel(WISHES);
    let name = format!("processes-{}", facts.model.name);
    thread::Builder::new().name(name).spawn(move || Supervisor { facts, due: Vec::new() }.work(&receiver))?;
    Ok(wishes)
}

struct Supervisor {
    facts: Arc<Facts>,
    due: Vec<Due>,
}

impl Supervisor {
    fn work(&mut self, wishes: &Receiver<Wish>) {
        let mut looked = Instant::now();
        loop {
            let now = Instant::now();
            let next = self.due.iter().map(|due| due.at).min();
            let until = next.map_or(looked + LOOK, |at| at.min(looked + LOOK));
            match wishes.recv_timeout(until.saturating_duration_since(now)) {
                // Whoever asked may have gone: then the process goes too.
                Ok(Wish::Start(reply)) => drop(reply.send(self.facts.start(false))),
                Ok(Wish::Fill(due)) => self.due.push(due),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.facts.look_at_memory(),
            }
            self.fill_those_due();
            if looked.elapsed() >= LOOK {
                self.replace_those_ended();
                self.facts.look_at_memory();
                looked = Instant::now();
            }
        }
    }

    /// A process that ended while it had nothing to do is replaced, so that a later call finds another one.
    fn replace_those_ended(&mut self) {
        for place in self.facts.watched_places() {
            if let Some((at, losses)) = place.lose_if_ended(&self.facts) {
                self.due.push(Due { seat: Arc::downgrade(&place), at, losses });
            }
        }
    }

    fn fill_those_due(&mut self) {
        let now = Instant::now();
        for mut due in self.due.extract_if(.., |due| due.at <= now).collect::<Vec<_>>() {
            let Some(seat) = due.seat.upgrade() else { continue };
            // Others may have opened the breaker since.
            if let Some(unready) = self.facts.unready() {
                due.at = Instant::now() + unready.retry_after;
                seat.expect_at(due.at + self.facts.usual_start(), due.losses);
                self.due.push(due);
                continue;
            }
            match self.facts.start(true) {
                Ok((process, _)) => seat.fill(process),
                Err(error) => {
                    let wait = self.facts.count_loss(due.losses);
                    tracing::error!(model = %self.facts.model, %error, ?wait, "a plugin's process could not be started again");
                    let (at, losses) = (Instant::now() + wait, due.losses.saturating_add(1));
                    seat.expect_at(at + self.facts.usual_start(), losses);
                    self.due.push(Due { seat: due.seat, at, losses });
                }
            }
        }
    }
}
