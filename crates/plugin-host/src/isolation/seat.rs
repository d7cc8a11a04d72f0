//! A worker's place for a process: there is one in it, or one is on its way.

use super::area::SharedArea;
use super::facts::Facts;
use super::loss::Loss;
use super::message::{self, Call};
use super::process::PluginProcess;
use super::supervisor::{Due, Wish};
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;
use undertone_core::PluginError;

/// Which of a seat's processes, one after another. Streams whose extractor lives in one are lost with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Generation(u64);

/// A place, as the supervisor sees it.
#[derive(Debug)]
pub(crate) struct Place(Mutex<Content>);

#[derive(Debug)]
struct Content {
    process: Option<PluginProcess>,
    /// Which of the seat's processes it is.
    generation: Generation,
    /// When the next process should be there.
    expected: Instant,
    /// Losses since the last answer.
    losses: u32,
}

impl Place {
    /// A process has loaded its plugin.
    pub(crate) fn fill(&self, process: PluginProcess) {
        let mut content = self.content();
        content.process = Some(process);
        content.generation.0 += 1;
    }

    /// The next process comes later.
    pub(crate) fn expect_at(&self, at: Instant, losses: u32) {
        let mut content = self.content();
        (content.expected, content.losses) = (at, losses);
    }

    /// Lets go of a process that ended while nobody called it; when the next one may be started, and the losses since the last
    /// answer. A process that is being called is left to the caller.
    pub(crate) fn lose_if_ended(&self, facts: &Facts) -> Option<(Instant, u32)> {
        let mut content = match self.0.try_lock() {
            Ok(content) => content,
            Err(TryLockError::Poisoned(content)) => content.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let loss = content.process.as_mut()?.ended_by_itself()?;
        let (_, at) = content.lose(facts, loss)?;
        Some((at, content.losses))
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    /// Gives up the process, if there is one; how it was lost, and when the next one may be started.
    fn lose(&mut self, facts: &Facts, loss: Loss) -> Option<(Loss, Instant)> {
        let (loss, wait) = facts.lose(self.process.take()?, loss, self.losses);
        let at = Instant::now() + wait;
        self.losses = self.losses.saturating_add(1);
        self.expected = at + facts.usual_start();
        Some((loss, at))
    }
}

/// What goes through the shared memory in a call.
pub(crate) trait Exchange {
    /// What comes out.
    type Taken;

    /// How many items there are; for a call about one stream, its number.
    fn items(&self) -> usize;

    /// The process without which it has no sense.
    fn belongs_to(&self) -> Option<Generation> {
        None
    }

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
        let content = Content {
            process: Some(process),
            generation: Generation::default(),
            expected: Instant::now(),
            losses: 0,
        };
        let place = Arc::new(Place(Mutex::new(content)));
        facts.watch(&place);
        Self { facts, place, supervisor }
    }

    /// Its process, if it has one; nobody has the seat any more.
    pub(crate) fn vacate(&self) -> Option<PluginProcess> {
        self.place.content().process.take()
    }

    /// Whether the process of this generation is there.
    pub(crate) fn is_in(&self, generation: Generation) -> bool {
        let content = self.place.content();
        content.process.is_some() && content.generation == generation
    }

    /// Makes a call about what `exchange` puts into the shared memory; gives what it takes from there.
    pub(crate) fn call<E: Exchange>(&self, call: Call, exchange: &mut E) -> Result<E::Taken, PluginError> {
        self.call_in(call, exchange).map(|(taken, _)| taken)
    }

    /// The same, and which process answered.
    pub(crate) fn call_in<E: Exchange>(
        &self,
        call: Call,
        exchange: &mut E,
    ) -> Result<(E::Taken, Generation), PluginError> {
        let (facts, mut guard) = (&self.facts, self.place.content());
        let content = &mut *guard;
        if facts.cancelled.load(Ordering::Relaxed) {
            return Err(self.cancelled(call));
        }
        let Some(process) = &mut content.process else {
            let message = "its process was lost, and another one is on its way".to_owned();
            return Err(self.lost(call, message, content.expected));
        };
        if exchange.belongs_to().is_some_and(|own| own != content.generation) {
            let message = "the process that its stream had is gone".to_owned();
            return Err(self.lost(call, message, Instant::now() + facts.config.backoff.first));
        }
        exchange.put(process.area());
        match process.call(call, exchange.items(), facts.config.answer_within, &facts.cancelled) {
            Ok(()) => {
                let answered = message::answered(process.area(), call, &facts.plugin);
                let taken = answered.map(|()| exchange.take(process.area()));
                process.take_tally(&facts.plugin, &facts.totals);
                let generation = content.generation;
                if call.is_work() {
                    content.losses = 0;
                    drop(guard);
                    facts.count_answer();
                }
                taken.map(|taken| (taken, generation))
            }
            Err(Loss::Cancelled) => {
                content.process = None;
                Err(self.cancelled(call))
            }
            Err(loss) => {
                let (loss, at) = content.lose(facts, loss).expect("it was called just before");
                let (losses, error) = (content.losses, self.lost(call, loss.to_string(), content.expected));
                drop(guard);
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
