//! What all processes of a model have in common.

use super::breaker::{Breaker, BreakerState, wait_after};
use super::loss::Loss;
use super::observer::{ProcessObserver, ProcessOf};
use super::order::{Answer, Order};
use super::process::PluginProcess;
use super::seat::Place;
use super::settings::ProcessConfig;
use super::supervisor::{Coming, Wish, started};
use super::tally::Totals;
use super::watch::Watched;
use crate::HostError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};
use undertone_bundle::{Bundle, Manifest};
use undertone_core::{ErrorKind, ModelRef, PluginError, Unready};

/// What all processes of a model have in common.
pub(crate) struct Facts {
    pub(crate) model: ModelRef,
    pub(crate) plugin: String,
    pub(crate) order: Order,
    /// What the first process said; every other one must say the same.
    first: OnceLock<Answer>,
    pub(crate) config: ProcessConfig,
    /// Bytes of shared memory of each.
    pub(crate) shared_bytes: usize,
    pub(crate) cancelled: Arc<AtomicBool>,
    /// Counts what had to be replaced.
    pub(crate) replaced: Arc<AtomicU64>,
    pub(crate) observer: Arc<dyn ProcessObserver>,
    pub(crate) breaker: Mutex<Breaker>,
    /// The processes that live, and some that do no more.
    pub(crate) living: Mutex<Vec<Weak<Watched>>>,
    /// Those that have a process, or are to have one.
    places: Mutex<Vec<Weak<Place>>>,
    /// How long the last start took, in milliseconds.
    pub(crate) start_milliseconds: AtomicU64,
    /// What the plugins of all processes counted.
    pub(crate) totals: Arc<Totals>,
}

impl std::fmt::Debug for Facts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facts")
            .field("model", &self.model)
            .field("plugin", &self.plugin)
            .finish_non_exhaustive()
    }
}

/// What the host of all plugins gives to a plugin of a bundle that runs apart.
pub(crate) struct Around {
    pub(crate) process: ProcessConfig,
    pub(crate) order: Order,
    pub(crate) replaced: Arc<AtomicU64>,
    pub(crate) cancelled: Arc<AtomicBool>,
    pub(crate) observer: Arc<dyn ProcessObserver>,
    pub(crate) totals: Arc<Totals>,
}

impl Facts {
    /// For the plugin that the order names; each process shares so many bytes.
    pub(crate) fn new(bundle: &Bundle, around: Around, shared_bytes: usize) -> Self {
        let Manifest { name, version, .. } = bundle.manifest();
        let Around { process, order, replaced, cancelled, observer, totals } = around;
        Self {
            model: ModelRef { name: name.clone(), version: version.clone() },
            plugin: order.plugin.clone(),
            order,
            first: OnceLock::new(),
            shared_bytes,
            breaker: Mutex::new(Breaker::new(process.breaker)),
            config: process,
            cancelled,
            replaced,
            observer,
            living: Mutex::default(),
            places: Mutex::default(),
            start_milliseconds: AtomicU64::new(0),
            totals,
        }
    }

    /// The error of a process that says something else than the manifest.
    pub(crate) fn odd(&self, answer: &Answer) -> HostError {
        let message = format!("it describes {answer:?}, and the manifest something else");
        HostError::Process { plugin: self.plugin.clone(), kind: ErrorKind::Plugin, message }
    }

    /// One more process, unless none is to be started now. Waits for it.
    pub(crate) fn another(&self, supervisor: &SyncSender<Wish>) -> Result<PluginProcess, PluginError> {
        self.may_start()?;
        started(self, supervisor).map(|(process, _)| process).map_err(|error| self.not_started(&error))
    }

    /// The same for somebody who has no time to wait for it.
    pub(crate) fn ask_for_another(&self, supervisor: &SyncSender<Wish>) -> Result<Coming, PluginError> {
        self.may_start()?;
        let (reply, coming) = sync_channel(1);
        supervisor.try_send(Wish::Start(reply)).map_err(|_| self.still_starting())?;
        Ok(coming)
    }

    fn may_start(&self) -> Result<(), PluginError> {
        self.unready().map_or(Ok(()), |unready| Err(self.no_process(unready.why, unready.retry_after)))
    }

    /// The error of a start that failed, which counts as a loss.
    pub(crate) fn not_started(&self, error: &HostError) -> PluginError {
        let wait = self.count_loss(0);
        self.no_process(error.to_string(), wait)
    }

    /// The error of a start that takes longer than anybody waits.
    pub(crate) fn still_starting(&self) -> PluginError {
        let message = "the others have as many streams as they may, and another one is being started";
        self.no_process(message.to_owned(), self.usual_start())
    }

    fn no_process(&self, message: String, retry_after: Duration) -> PluginError {
        let (plugin, what) = (self.plugin.clone(), "the start of its process".to_owned());
        PluginError::Lost { plugin, what, message, retry_after }
    }

    /// Starts a process and has it load the plugin; gives what it says about it.
    pub(crate) fn start(&self, again: bool) -> Result<(PluginProcess, Answer), HostError> {
        let begun = Instant::now();
        let refused = |message: String| HostError::Process {
            plugin: self.plugin.clone(),
            kind: ErrorKind::Plugin,
            message,
        };
        let program = self.config.program.display();
        let mut process = PluginProcess::start(&self.config, &self.plugin, self.shared_bytes)
            .map_err(|error| refused(format!("{program} cannot be started: {error}")))?;
        match process.load(&self.order, self.config.start_within) {
            Ok(described @ (Answer::Scores(_) | Answer::Makes(_))) => {
                if self.first.get_or_init(|| described.clone()) != &described {
                    return Err(self.odd(&described));
                }
                let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.start_milliseconds.store(took, Ordering::Relaxed);
                self.living().push(Arc::downgrade(process.watched()));
                self.observer.started(self.process_of(), again);
                let (model, plugin, process_id) = (&self.model, self.plugin.as_str(), process.id());
                tracing::info!(%model, plugin, process = process_id, milliseconds = took, "a plugin's process is ready");
                Ok((process, described))
            }
            Ok(Answer::Refused { message, kind }) => {
                let plugin = self.plugin.clone();
                Err(HostError::Process { plugin, kind: kind.kind(), message })
            }
            Err(loss) => {
                let (loss, lines) = process.end(loss);
                self.observer.lost(self.process_of(), loss.name());
                Err(refused(format!("{loss}; its last words: {}", last_words(&lines))))
            }
        }
    }

    /// Ends a process that was lost while it ran a plugin; says when another one may be started.
    pub(crate) fn lose(&self, process: PluginProcess, loss: Loss, before: u32) -> (Loss, Duration) {
        let id = process.id();
        let (loss, lines) = process.end(loss);
        let (model, plugin) = (&self.model, self.plugin.as_str());
        let last = last_words(&lines);
        tracing::error!(%model, plugin, process = id, reason = loss.name(), %loss, %last, "a plugin's process was lost");
        self.observer.lost(self.process_of(), loss.name());
        self.replaced.fetch_add(1, Ordering::Relaxed);
        (loss, self.count_loss(before))
    }

    /// The process that nobody had for a while, unless it has ended meanwhile.
    pub(crate) fn if_alive(&self, mut process: PluginProcess) -> Option<PluginProcess> {
        let Some(loss) = process.ended_by_itself() else { return Some(process) };
        self.lose(process, loss, 0);
        None
    }

    /// Has the place looked at from now on, for as long as somebody has it.
    pub(crate) fn watch(&self, place: &Arc<Place>) {
        self.places().push(Arc::downgrade(place));
    }

    /// The places that are looked at.
    pub(crate) fn watched_places(&self) -> Vec<Arc<Place>> {
        let mut places = self.places();
        places.retain(|place| place.strong_count() > 0);
        places.iter().filter_map(Weak::upgrade).collect()
    }

    /// Tells the breaker of a loss; how long to wait before the next start.
    pub(crate) fn count_loss(&self, before: u32) -> Duration {
        let now = Instant::now();
        let mut breaker = self.breaker();
        let was = breaker.state(now);
        breaker.lose(now);
        let state = breaker.state(now);
        if state == BreakerState::Open && was != BreakerState::Open {
            let (model, open_for) = (&self.model, self.config.breaker.open_for);
            tracing::error!(%model, ?open_for, "its processes are lost again and again: no new streams until they are tried again");
        }
        let open = breaker.left(now);
        drop(breaker);
        self.observer.breaker(self.process_of(), state);
        wait_after(before, self.config.backoff).max(open)
    }

    /// Tells the breaker of an answer.
    pub(crate) fn count_answer(&self) {
        let now = Instant::now();
        let mut breaker = self.breaker();
        if breaker.state(now) == BreakerState::Trial {
            breaker.answer(now);
            drop(breaker);
            tracing::info!(model = %self.model, "its process answered: it takes new streams again");
            self.observer.breaker(self.process_of(), BreakerState::Closed);
        }
    }

    /// Why the model takes no new streams.
    pub(crate) fn unready(&self) -> Option<Unready> {
        let (now, breaker) = (Instant::now(), self.breaker());
        let retry_after = (breaker.state(now) == BreakerState::Open).then(|| breaker.left(now))?;
        let (model, plugin) = (&self.model, &self.plugin);
        let why = format!(
            "the model {model} takes no new streams: the process of its plugin {plugin} was lost again and again; it is tried \
             again in {:.1} s",
            retry_after.as_secs_f32()
        );
        Some(Unready { why, retry_after })
    }

    /// How long a start takes, as far as is known.
    pub(crate) fn usual_start(&self) -> Duration {
        Duration::from_millis(self.start_milliseconds.load(Ordering::Relaxed))
    }

    /// Looks at the memory of all processes, and tells of it.
    pub(crate) fn look_at_memory(&self) {
        let mut all = self.living();
        all.retain(|process| process.strong_count() > 0);
        let living: Vec<Arc<Watched>> = all.iter().filter_map(Weak::upgrade).collect();
        drop(all);
        let resident = living.iter().map(|process| process.look()).sum();
        self.observer.memory(self.process_of(), living.len(), resident);
    }

    fn process_of(&self) -> ProcessOf<'_> {
        ProcessOf { model: &self.model, plugin: &self.plugin }
    }

    pub(crate) fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn places(&self) -> MutexGuard<'_, Vec<Weak<Place>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn living(&self) -> MutexGuard<'_, Vec<Weak<Watched>>> {
        self.living.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn last_words(lines: &[String]) -> String {
    if lines.is_empty() { "none".to_owned() } else { lines.join(" | ") }
}
