//! A model whose classifier runs in processes of its own.

use super::classifier::{IsolatedClassifier, IsolatedStreamClassifier};
use super::facts::{Around, Facts};
use super::order::{Answer, Description, Shape};
use super::places::Places;
use super::process::PluginProcess;
use super::seat::Seat;
use super::supervisor::{Wish, no_thread, started, supervise};
use crate::HostError;
use crate::item_rules::ItemRules;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, ThreadId};
use undertone_bundle::{Bundle, Manifest};
use undertone_core::{PluginError, Streaming, Unready};

/// A model's classifier in processes of its own, one per worker.
#[derive(Debug)]
pub(crate) struct IsolatedModel {
    facts: Arc<Facts>,
    description: Description,
    rules: ItemRules,
    supervisor: SyncSender<Wish>,
    /// The seats with the threads that asked for them: one process serves both graphs of a worker.
    seats: Mutex<Vec<(ThreadId, Weak<TakenSeat>)>>,
    /// A process that nobody has: the first one, until a worker takes it.
    spare: Mutex<Option<PluginProcess>>,
}

/// Which of a seat's graphs somebody runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Whole,
    Stream,
}

/// A seat that gives its process back to the model.
#[derive(Debug)]
pub(crate) struct TakenSeat {
    pub(crate) seat: Seat,
    /// The halves that somebody has or had.
    taken: Mutex<Vec<Half>>,
    pub(crate) model: Arc<IsolatedModel>,
}

impl IsolatedModel {
    /// Starts the first process, which verifies the bundle once more and says what its plugin takes and gives.
    pub(crate) fn start(bundle: &Bundle, around: Around) -> Result<Self, HostError> {
        let Manifest { limits, .. } = bundle.manifest();
        let shared_bytes = shared_bytes(bundle, around.process.shared_bytes);
        let facts = Arc::new(Facts::new(bundle, around, shared_bytes));
        let supervisor = supervise(facts.clone()).map_err(|error| no_thread(&facts, &error))?;
        let (process, answer) = started(&facts, &supervisor)?;
        let description = match answer {
            Answer::Scores(description) if description.shape() == shape_of(bundle) => description,
            other => return Err(facts.odd(&other)),
        };
        let rules = ItemRules { plugin: facts.plugin.clone(), dim: description.dim, limits: *limits };
        let (seats, spare) = (Mutex::default(), Mutex::new(Some(process)));
        Ok(Self { facts, description, rules, supervisor, seats, spare })
    }

    pub(crate) fn plugin(&self) -> &str {
        &self.facts.plugin
    }

    pub(crate) fn shape(&self) -> Shape {
        self.description.shape()
    }

    /// Bytes of memory that a process shares with the server.
    pub(crate) fn shared_bytes(&self) -> usize {
        self.facts.shared_bytes
    }

    pub(crate) fn rules(&self) -> &ItemRules {
        &self.rules
    }

    pub(crate) fn streaming(&self) -> Option<Streaming> {
        self.description.streaming.map(Into::into)
    }

    /// Why it takes no new streams.
    pub(crate) fn unready(&self) -> Option<Unready> {
        self.facts.unready()
    }

    pub(crate) fn classifier(self: &Arc<Self>) -> Result<IsolatedClassifier, PluginError> {
        Ok(IsolatedClassifier::new(self.seat(Half::Whole)?))
    }

    pub(crate) fn stream_classifier(
        self: &Arc<Self>,
        streaming: Streaming,
    ) -> Result<IsolatedStreamClassifier, PluginError> {
        Ok(IsolatedStreamClassifier::new(self.seat(Half::Stream)?, streaming))
    }

    /// A seat for one graph of a worker: that of the worker's other graph, which the same thread has just asked for, or a new
    /// one, with the spare process or one that is waited for.
    fn seat(self: &Arc<Self>, half: Half) -> Result<Arc<TakenSeat>, PluginError> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.retain(|(_, seat)| seat.strong_count() > 0);
        let thread = thread::current().id();
        let own = seats.iter().filter(|(of, _)| *of == thread).filter_map(|(_, seat)| seat.upgrade());
        if let Some(seat) = own.into_iter().find(|seat| seat.take(half)) {
            return Ok(seat);
        }
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        let process = match spare.and_then(|spare| self.facts.if_alive(spare)) {
            Some(process) => process,
            None => self.another()?,
        };
        let seat = Seat::new(self.facts.clone(), self.supervisor.clone(), process);
        let taken = Mutex::new(vec![half]);
        let seat = Arc::new(TakenSeat { seat, taken, model: self.clone() });
        seats.push((thread, Arc::downgrade(&seat)));
        Ok(seat)
    }

    fn another(&self) -> Result<PluginProcess, PluginError> {
        self.facts.another(&self.supervisor)
    }
}

impl TakenSeat {
    /// Takes a half of it, unless somebody has it or had it.
    fn take(&self, half: Half) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = !taken.contains(&half);
        taken.extend(is_free.then_some(half));
        is_free
    }
}

impl Drop for TakenSeat {
    fn drop(&mut self) {
        if let Some(process) = self.seat.vacate() {
            self.model.spare.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(process);
        }
    }
}

/// The setting, or more where the longest utterance needs it.
fn shared_bytes(bundle: &Bundle, setting: usize) -> usize {
    let most = bundle.manifest().limits.max_frames as usize;
    setting.max(Places::bytes_of_one(shape_of(bundle), most))
}

/// What the manifest says. A process has compared it with its plugin, but its word is not all that counts.
fn shape_of(bundle: &Bundle) -> Shape {
    let Manifest { features, labels, graph, .. } = bundle.manifest();
    let states = graph.stream.iter().flat_map(|stream| &stream.states);
    let state_values =
        states.map(|state| state.shape.iter().map(|&length| length as usize).product::<usize>()).sum();
    Shape { dim: features.dim as usize, labels: labels.len(), state_values }
}
