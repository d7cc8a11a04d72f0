//! A model whose classifier runs in processes of its own.

use super::breaker::Breaker;
use super::classifier::{IsolatedClassifier, IsolatedStreamClassifier};
use super::facts::Facts;
use super::observer::ProcessObserver;
use super::order::{Description, Order, Shape};
use super::places::Places;
use super::process::PluginProcess;
use super::seat::Seat;
use super::settings::ProcessConfig;
use super::supervisor::{Wish, supervise};
use crate::HostError;
use crate::item_rules::ItemRules;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, ThreadId};
use undertone_bundle::{Bundle, Manifest};
use undertone_core::{ErrorKind, ModelRef, PluginError, Streaming, Unready};

/// A model's classifier in processes of its own, one per worker.
#[derive(Debug)]
pub(crate) struct IsolatedModel {
    facts: Arc<Facts>,
    description: Description,
    rules: ItemRules,
    supervisor: SyncSender<Wish>,
    /// The seats by the thread that asked for them: one process serves both graphs of a worker.
    seats: Mutex<HashMap<ThreadId, Weak<TakenSeat>>>,
    /// A process that nobody has: the first one, until a worker takes it.
    spare: Mutex<Option<PluginProcess>>,
}

/// What the host of all plugins gives to an isolated model.
pub(crate) struct Around {
    pub(crate) process: ProcessConfig,
    pub(crate) order: Order,
    pub(crate) replaced: Arc<AtomicU64>,
    pub(crate) cancelled: Arc<AtomicBool>,
    pub(crate) observer: Arc<dyn ProcessObserver>,
}

/// A seat that gives its process back to the model.
#[derive(Debug)]
pub(crate) struct TakenSeat {
    pub(crate) seat: Seat,
    pub(crate) model: Arc<IsolatedModel>,
}

impl IsolatedModel {
    /// Starts the first process, which verifies the bundle once more and says what its plugin takes and gives.
    pub(crate) fn start(bundle: &Bundle, around: Around) -> Result<Self, HostError> {
        let Manifest { name, version, plugin, limits, .. } = bundle.manifest();
        let Around { process, order, replaced, cancelled, observer } = around;
        let facts = Arc::new(Facts {
            model: ModelRef { name: name.clone(), version: version.clone() },
            plugin: plugin.classifier.clone(),
            order,
            shared_bytes: shared_bytes(bundle, process.shared_bytes),
            breaker: Mutex::new(Breaker::new(process.breaker)),
            config: process,
            cancelled,
            replaced,
            observer,
            living: Mutex::default(),
            start_milliseconds: AtomicU64::new(0),
        });
        let supervisor = supervise(facts.clone()).map_err(|error| no_thread(&facts, &error))?;
        let (process, description) = started(&facts, &supervisor)?;
        if description.shape() != shape_of(bundle) {
            let message = format!("it describes {description:?}, and the manifest something else");
            return Err(HostError::Process {
                plugin: facts.plugin.clone(),
                kind: ErrorKind::Plugin,
                message,
            });
        }
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
        Ok(IsolatedClassifier::new(self.seat()?))
    }

    pub(crate) fn stream_classifier(
        self: &Arc<Self>,
        streaming: Streaming,
    ) -> Result<IsolatedStreamClassifier, PluginError> {
        Ok(IsolatedStreamClassifier::new(self.seat()?, streaming))
    }

    /// The seat of this thread; a new one gets the spare process, or waits for one to start.
    fn seat(self: &Arc<Self>) -> Result<Arc<TakenSeat>, PluginError> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.retain(|_, seat| seat.strong_count() > 0);
        let thread = thread::current().id();
        if let Some(seat) = seats.get(&thread).and_then(Weak::upgrade) {
            return Ok(seat);
        }
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        let process = match spare {
            Some(process) => process,
            None => self.another()?,
        };
        let seat = Seat::new(self.facts.clone(), self.supervisor.clone(), process);
        let seat = Arc::new(TakenSeat { seat, model: self.clone() });
        seats.insert(thread, Arc::downgrade(&seat));
        Ok(seat)
    }

    fn another(&self) -> Result<PluginProcess, PluginError> {
        let lost = |message: String, retry_after| PluginError::Lost {
            plugin: self.facts.plugin.clone(),
            what: "the start of its process".to_owned(),
            message,
            retry_after,
        };
        if let Some(unready) = self.facts.unready() {
            return Err(lost(unready.why, unready.retry_after));
        }
        let started = started(&self.facts, &self.supervisor);
        started.map(|(process, _)| process).map_err(|error| {
            let wait = self.facts.count_loss(0);
            lost(error.to_string(), wait)
        })
    }
}

impl Drop for TakenSeat {
    fn drop(&mut self) {
        if let Some(process) = self.seat.vacate() {
            self.model.spare.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(process);
        }
    }
}

fn started(
    facts: &Arc<Facts>,
    supervisor: &SyncSender<Wish>,
) -> Result<(PluginProcess, Description), HostError> {
    let (reply, answer) = sync_channel(1);
    let gone = || no_thread(facts, &std::io::Error::other("it ended"));
    supervisor.send(Wish::Start(reply)).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

fn no_thread(facts: &Facts, error: &std::io::Error) -> HostError {
    let message = format!("there is no thread for its processes: {error}");
    HostError::Process { plugin: facts.plugin.clone(), kind: ErrorKind::Unavailable, message }
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
