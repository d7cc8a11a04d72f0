//! The workers, and how one that is stuck is replaced.

use crate::capacity::{Capacity, STALE_AFTER};
use crate::census::Census;
use crate::cores::Cores;
use crate::mailbox::{Mail, Mailbox};
use crate::priority::make_way;
use crate::pulse::Pulse;
use crate::roster::Roster;
use crate::worker::{self, FinisherContext, Job, ListenerContext, Message, WorkerContext};
use crate::{EngineConfig, Observer};
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The watchdog looks so many times before a worker counts as stuck.
const LOOKS: u32 = 8;
/// A listener has so many times as long as a worker: nobody waits for it, and it is slow while others keep the cores busy.
const LISTENERS_PATIENCE: u32 = 6;

/// A worker as others see it.
#[derive(Debug, Clone)]
pub(crate) struct WorkerHandle {
    /// Bounded by `worker_queue`; when it is full, senders wait.
    pub(crate) messages: Mailbox,
    /// Streams that it owns.
    pub(crate) load: Arc<AtomicUsize>,
    /// How much of its time they take.
    pub(crate) capacity: Arc<Capacity>,
    /// Frames of questions that wait for it.
    pub(crate) waiting: Arc<AtomicUsize>,
    /// Becomes true when the worker is given up, and its streams with it.
    pub(crate) lost: watch::Receiver<bool>,
    duty: Duty,
    stop: Arc<AtomicBool>,
    pulse: Arc<Pulse>,
    /// Its finisher's.
    beside: Arc<Pulse>,
    give_up: Arc<watch::Sender<bool>>,
    census: Arc<Census>,
}

/// What a worker is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    /// The streams of models that run in this process.
    Streams,
    /// Those of models that run apart.
    Apart,
    /// Patient questions.
    Listening,
}

impl WorkerHandle {
    /// For how long it, or its finisher, has been inside one call.
    fn busy_for(&self) -> Duration {
        self.pulse.busy_for().max(self.beside.busy_for())
    }
}

/// Waits for `work`, unless the worker that it waits for is lost.
pub(crate) async fn unless_lost<T>(lost: &watch::Receiver<bool>, work: impl Future<Output = T>) -> Option<T> {
    let mut lost = lost.clone();
    tokio::select! {
        biased;
        done = work => Some(done),
        _ = lost.wait_for(|lost| *lost) => None,
    }
}

/// All workers. Each has a place, and whoever replaces it has the same one.
pub(crate) struct Crew {
    places: Vec<RwLock<WorkerHandle>>,
    hiring: Hiring,
    ended: AtomicBool,
}

/// What a new worker is made of.
struct Hiring {
    config: EngineConfig,
    roster: Arc<Roster>,
    observer: Arc<dyn Observer>,
    cores: Arc<Cores>,
}

impl Crew {
    /// Starts the workers. Every thread keeps a clone of `running` for as long as it lives.
    pub(crate) fn start(
        config: &EngineConfig,
        roster: Arc<Roster>,
        observer: &Arc<dyn Observer>,
        running: &Sender<Infallible>,
    ) -> io::Result<Self> {
        let cores = Arc::new(Cores::new(config.workers.max(1)));
        let hiring = Hiring { config: config.clone(), roster, observer: observer.clone(), cores };
        let all = config.workers.max(1) + config.apart_workers + config.listeners.max(1);
        let places = (0..all).map(|place| hiring.hire(place, running).map(RwLock::new));
        Ok(Self { places: places.collect::<io::Result<_>>()?, hiring, ended: AtomicBool::new(false) })
    }

    /// The workers as they are now.
    pub(crate) fn workers(&self) -> impl Iterator<Item = WorkerHandle> {
        self.places.iter().map(|place| place.read().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Those that have streams: nobody waits for what listeners are asked.
    pub(crate) fn with_streams(&self) -> impl Iterator<Item = WorkerHandle> {
        self.workers().filter(|worker| worker.duty != Duty::Listening)
    }

    /// Streams that are open.
    pub(crate) fn open_streams(&self) -> usize {
        self.workers().map(|worker| worker.load.load(Ordering::Acquire)).sum()
    }

    /// The workers for models that run apart, or for all others. Where nobody is there for the former, all are.
    pub(crate) fn workers_for(&self, apart: bool) -> impl Iterator<Item = WorkerHandle> {
        let duty = if apart && self.hiring.config.apart_workers > 0 { Duty::Apart } else { Duty::Streams };
        self.workers().filter(move |worker| worker.duty == duty)
    }

    /// The worker with the fewest streams, of those whose live streams would take no more than the share `most` of their
    /// time with one more; where there is another one, none of which nothing was heard for a while.
    pub(crate) fn least_loaded(&self, apart: bool, most: f64) -> Option<WorkerHandle> {
        let now = Instant::now();
        let load =
            |worker: &WorkerHandle| (worker.busy_for() >= STALE_AFTER, worker.load.load(Ordering::Acquire));
        let has_room = |worker: &WorkerHandle| worker.capacity.share_with_one_more(now) <= most;
        self.workers_for(apart).filter(has_room).min_by_key(load)
    }

    /// The worker for which the fewest frames of questions wait, and of those the one with the fewest streams.
    pub(crate) fn least_asked(&self, apart: bool) -> Option<WorkerHandle> {
        let load = |worker: &WorkerHandle| {
            (worker.waiting.load(Ordering::Acquire), worker.load.load(Ordering::Acquire))
        };
        self.workers_for(apart).min_by_key(load)
    }

    /// The listener for which the fewest frames wait.
    pub(crate) fn least_listening(&self) -> Option<WorkerHandle> {
        let listeners = self.workers().filter(|worker| worker.duty == Duty::Listening);
        listeners.min_by_key(|worker| worker.waiting.load(Ordering::Acquire))
    }

    /// Watches over the workers on a thread of its own, until the crew ends.
    pub(crate) fn watch(self: &Arc<Self>, running: Sender<Infallible>) -> io::Result<Thread> {
        let crew = Arc::clone(self);
        let pause = (self.hiring.config.stuck_after / LOOKS).max(Duration::from_millis(1));
        let watchdog = thread::Builder::new().name("watchdog".into()).spawn(move || {
            while !crew.ended.load(Ordering::Acquire) {
                crew.replace_the_stuck(&running);
                thread::park_timeout(pause);
            }
        })?;
        Ok(watchdog.thread().clone())
    }

    fn replace_the_stuck(&self, running: &Sender<Infallible>) {
        for (number, place) in self.places.iter().enumerate() {
            let handle = place.read().unwrap_or_else(PoisonError::into_inner).clone();
            let times = if handle.duty == Duty::Listening { LISTENERS_PATIENCE } else { 1 };
            if handle.busy_for() < self.hiring.config.stuck_after * times {
                continue;
            }
            let streams = handle.load.load(Ordering::Acquire);
            match handle.duty {
                Duty::Listening => tracing::error!(
                    worker = number,
                    "a model that listens along does not come back; its thread is left behind, another one takes its place"
                ),
                Duty::Streams | Duty::Apart => tracing::error!(
                    worker = number,
                    streams,
                    "a worker is stuck; its streams are lost, another one takes its place"
                ),
            }
            // No model goes until everybody can be told that it does: the new worker may have instances of it.
            let _models = self.hiring.roster.look();
            match self.hiring.hire(number, running) {
                Ok(worker) => *place.write().unwrap_or_else(PoisonError::into_inner) = worker,
                // The place stays with the stuck one, and the next look tries again.
                Err(error) => {
                    tracing::error!(%error, "no thread for another worker");
                    continue;
                }
            }
            if self.ended.load(Ordering::Acquire) {
                // The crew ended meanwhile and may not have seen the new worker.
                self.end();
            }
            self.hiring.observer.worker_stuck();
            handle.give_up.send_replace(true);
            handle.census.give_up();
            // Where its finisher is what is stuck the worker itself leaves, and then everybody knows why.
            handle.stop.store(true, Ordering::Release);
            handle.messages.post(Message::Look);
        }
    }

    /// Tells everybody to stop.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        for worker in self.workers() {
            worker.stop.store(true, Ordering::Release);
            worker.messages.post(Message::Look);
        }
    }
}

impl Hiring {
    fn duty(&self, place: usize) -> Duty {
        let workers = self.config.workers.max(1);
        match place {
            _ if place < workers => Duty::Streams,
            _ if place < workers + self.config.apart_workers => Duty::Apart,
            _ => Duty::Listening,
        }
    }

    fn hire(&self, place: usize, running: &Sender<Infallible>) -> io::Result<WorkerHandle> {
        let duty = self.duty(place);
        let (messages, mail) = Mailbox::new(self.config.worker_queue);
        let (give_up, lost) = watch::channel(false);
        let handle = WorkerHandle {
            messages,
            load: Arc::default(),
            capacity: Arc::default(),
            waiting: Arc::default(),
            lost,
            duty,
            stop: Arc::default(),
            pulse: Arc::default(),
            beside: Arc::default(),
            give_up: Arc::new(give_up),
            census: Arc::new(Census::new(self.observer.clone())),
        };
        // Whoever had the place before has left it, or is left behind.
        self.cores.give_back(place);
        let running = running.clone();
        let (name, work): (String, Box<dyn FnOnce() + Send>) = match duty {
            Duty::Streams => {
                let finisher = self.hire_finisher(place, &handle, &running)?;
                (format!("worker-{place}"), self.work(place, &handle, mail, Some(finisher)))
            }
            Duty::Apart => (format!("apart-{place}"), self.work(place, &handle, mail, None)),
            Duty::Listening => (format!("listener-{place}"), self.listening(place, &handle, mail)),
        };
        thread::Builder::new().name(name).spawn(move || {
            work();
            drop(running);
        })?;
        Ok(handle)
    }

    /// The thread beside the worker at `place`. It ends when the worker does.
    fn hire_finisher(
        &self,
        place: usize,
        handle: &WorkerHandle,
        running: &Sender<Infallible>,
    ) -> io::Result<SyncSender<Job>> {
        let (jobs, mail) = sync_channel(1);
        let context = FinisherContext {
            observer: self.observer.clone(),
            pulse: handle.beside.clone(),
            worker: handle.messages.downgrade(),
        };
        let (pinned, running) = (self.config.pin_workers, running.clone());
        thread::Builder::new().name(format!("finals-{place}")).spawn(move || {
            if pinned {
                stay_on_core(place);
            }
            worker::finish(&mail, &context);
            drop(running);
        })?;
        Ok(jobs)
    }

    fn work(
        &self,
        place: usize,
        handle: &WorkerHandle,
        mail: Mail,
        finisher: Option<SyncSender<Job>>,
    ) -> Box<dyn FnOnce() + Send> {
        let context = WorkerContext {
            roster: self.roster.clone(),
            observer: self.observer.clone(),
            census: handle.census.clone(),
            abstain_below: self.config.abstain_below,
            stop: handle.stop.clone(),
            pulse: handle.pulse.clone(),
            capacity: handle.capacity.clone(),
            cores: self.cores.clone(),
            place,
            max_batch: self.config.max_batch,
            thin_after: self.config.thin_after,
            turn_frames: self.config.turn_frames,
            final_frames: self.config.final_frames,
            finisher,
            apart: handle.duty == Duty::Apart,
        };
        let pinned = self.config.pin_workers;
        let nice = if context.apart { self.config.apart_nice } else { 0 };
        Box::new(move || {
            make_way(nice);
            if pinned {
                stay_on_core(place);
            }
            worker::run(mail, &context);
        })
    }

    fn listening(&self, place: usize, handle: &WorkerHandle, mail: Mail) -> Box<dyn FnOnce() + Send> {
        let context = ListenerContext {
            observer: self.observer.clone(),
            stop: handle.stop.clone(),
            pulse: handle.pulse.clone(),
            cores: self.cores.clone(),
            place,
            mailbox: handle.messages.clone(),
        };
        Box::new(move || worker::listen(mail, &context))
    }
}

/// Keeps this thread on one core; more workers than cores share them in turn.
fn stay_on_core(place: usize) {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let core = cores.get(place % cores.len().max(1));
    if !core.is_some_and(|&core| core_affinity::set_for_current(core)) {
        tracing::warn!(worker = place, "the worker cannot be kept on a core and runs on any");
    }
}
