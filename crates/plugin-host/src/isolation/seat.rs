//! A worker's place for a process: there is one in it, or one is on its way.

use super::area::SharedArea;
use super::facts::Facts;
use super::loss::Loss;
use super::message::{self, Call};
use super::process::PluginProcess;
use super::supervisor::{Due, Wish};
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use undertone_core::PluginError;

/// A place, as the supervisor sees it.
#[derive(Debug)]
pub(crate) struct Place(Mutex<Content>);

#[derive(Debug)]
struct Content {
    process: Option<PluginProcess>,
    /// When the next process should be there.
    expected: Instant,
    /// Losses since the last answer.
    losses: u32,
}

impl Place {
    /// A process has loaded its plugin.
    pub(crate) fn fill(&self, process: PluginProcess) {
        self.content().process = Some(process);
    }

    /// The next process comes later.
    pub(crate) fn expect_at(&self, at: Instant, losses: u32) {
        let mut content = self.content();
        (content.expected, content.losses) = (at, losses);
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What goes through the shared memory in a call.
pub(crate) trait Exchange {
    /// What comes out.
    type Taken;

    /// How many items there are.
    fn items(&self) -> usize;

    /// Puts them into the memory.
    fn put(&mut self, area: &SharedArea);

    /// Takes what came out for them.
    fn take(&mut self, area: &SharedArea) -> Self::Taken;
}

/// A worker's process of a model, for both of its graphs. A lost one is reported once, and another one takes its place
/// after a while; whoever calls meanwhile is told when.
#[derive(Debug)]
pub(crate) struct Seat {
    facts: Arc<Facts>,
    place: Arc<Place>,
    supervisor: SyncSender<Wish>,
}

impl Seat {
    /// A seat with a process in it.
    pub(crate) fn new(facts: Arc<Facts>, supervisor: SyncSender<Wish>, process: PluginProcess) -> Self {
        let content = Content { process: Some(process), expected: Instant::now(), losses: 0 };
        Self { facts, place: Arc::new(Place(Mutex::new(content))), supervisor }
    }

    /// Its process, if it has one; nobody has the seat any more.
    pub(crate) fn vacate(&self) -> Option<PluginProcess> {
        self.place.content().process.take()
    }

    /// Makes a call about what `exchange` puts into the shared memory; gives what it takes from there.
    pub(crate) fn call<E: Exchange>(&self, call: Call, exchange: &mut E) -> Result<E::Taken, PluginError> {
        let (facts, mut content) = (&self.facts, self.place.content());
        if facts.cancelled.load(Ordering::Relaxed) {
            return Err(self.cancelled(call));
        }
        let Some(process) = &mut content.process else {
            let message = "its process was lost, and another one is on its way".to_owned();
            return Err(self.lost(call, message, content.expected));
        };
        exchange.put(process.area());
        match process.call(call, exchange.items(), facts.config.answer_within, &facts.cancelled) {
            Ok(()) => {
                let answered = message::answered(process.area(), call, &facts.plugin);
                let taken = answered.map(|()| exchange.take(process.area()));
                content.losses = 0;
                drop(content);
                facts.count_answer();
                taken
            }
            Err(Loss::Cancelled) => {
                content.process = None;
                Err(self.cancelled(call))
            }
            Err(loss) => {
                let process = content.process.take().expect("it was called just before");
                let (loss, wait) = facts.lose(process, loss, content.losses);
                let at = Instant::now() + wait;
                content.losses = content.losses.saturating_add(1);
                content.expected = at + facts.usual_start();
                let (losses, error) = (content.losses, self.lost(call, loss.to_string(), content.expected));
                drop(content);
                self.replace(at, losses);
                Err(error)
            }
        }
    }

    fn replace(&self, at: Instant, losses: u32) {
        let due = Due { seat: Arc::downgrade(&self.place), at, losses };
        if self.supervisor.send(Wish::Fill(due)).is_err() {
            tracing::error!(model = %self.facts.model, "nobody is there to start a plugin's process again");
        }
    }

    fn cancelled(&self, call: Call) -> PluginError {
        let (plugin, what) = (self.facts.plugin.clone(), call.name().to_owned());
        PluginError::Failed { plugin, what, message: Loss::Cancelled.to_string() }
    }

    fn lost(&self, call: Call, message: String, expected: Instant) -> PluginError {
        PluginError::Lost {
            plugin: self.facts.plugin.clone(),
            what: call.name().to_owned(),
            message,
            retry_after: expected.saturating_duration_since(Instant::now()),
        }
    }
}
