//! The engine: workers, and which of them takes a new stream.

use crate::crew::{Crew, WorkerHandle, unless_lost};
use crate::door::Door;
use crate::outfit::{Leftovers, Outfit};
use crate::question::{NewQuestion, Place, Room};
use crate::ramp::Ramp;
use crate::roster::Roster;
use crate::worker::{LoadGuard, Message, NewStream};
use crate::{Observer, Question, QuestionError, SessionConfig, StreamEvents, StreamInput, Verdicts};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc, oneshot};
use undertone_core::{ErrorKind, Model, ModelRef, PluginError, StreamId};

/// How large the engine is.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineConfig {
    /// Worker threads; at least 1.
    pub workers: usize,
    /// Worker threads beside those, for streams of models that run apart ([`Model::is_apart`]); with 0 they go to the
    /// others, which then wait for what runs apart.
    pub apart_workers: usize,
    /// How far these stand back at least where others want the same core, as `nice` has it; 0 to 19. Heeded on Linux.
    pub apart_nice: u8,
    /// Threads beside those, which score patient questions and own no streams; at least 1.
    pub listeners: usize,
    /// Whether each worker stays on one core, counted through those that the process may use.
    pub pin_workers: bool,
    /// Streams at a time over all workers; more are refused.
    pub max_streams: usize,
    /// Bytes of encoded audio that a stream may have under way; then its client waits.
    pub stream_buffer_bytes: usize,
    /// Messages that may wait for a worker; then senders wait.
    pub worker_queue: usize,
    /// Events that may wait for a stream's reader; then updates are dropped, and the stream takes no more audio.
    pub event_queue: usize,
    /// A worker that has been inside one call of a plugin for longer is stuck: its streams are lost, and another one takes its
    /// place.
    pub stuck_after: Duration,
    /// A stream is refused when live streams would take more than this share of every worker's time with it.
    pub admit_below: f64,
    /// A worker answers what it has once so many answers have been asked for; at least 1.
    pub max_batch: usize,
    /// Updates of a live stream are left out while its worker is busy with others for longer than this.
    pub thin_after: Duration,
    /// Bytes of frames that may wait to be scored on their own, over all workers; then more are refused. Patient questions
    /// have as much beside.
    pub question_buffer_bytes: usize,
    /// Frames of questions that a worker scores in one turn, at least one item. While somebody speaks into one of its
    /// streams it is one item.
    pub turn_frames: usize,
    /// Frames of finished utterances that are scored at once while somebody speaks into one of a worker's streams, at least
    /// one utterance; the others wait. A thread beside the worker does that for models that carry state.
    pub final_frames: usize,
    /// Answers with a lower confidence abstain. `None`: each model's own threshold, and 0 for one that names none.
    pub abstain_below: Option<f32>,
}

/// A stream could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// As many streams as allowed are open.
    #[error("{limit} streams are open, which is the limit; try again later")]
    Full {
        /// `max_streams`.
        limit: usize,
        /// When to come again.
        retry_after: Duration,
    },
    /// Every worker has as much to do as it can in time.
    #[error("the workers are busy with the streams that are open; try again later")]
    Busy {
        /// When to come again.
        retry_after: Duration,
    },
    /// The worker that was to take the stream is stuck.
    #[error("the worker that was to take the stream is stuck and is being replaced; try again")]
    WorkerLost,
    /// The engine is shutting down.
    #[error("the server is shutting down and takes no new streams")]
    Draining,
}

impl OpenError {
    /// The kind for the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Full { .. } | Self::Busy { .. } => ErrorKind::Overload,
            Self::Draining | Self::WorkerLost => ErrorKind::Unavailable,
        }
    }

    /// How long a client should wait before it tries again.
    pub const fn retry_after(&self) -> Duration {
        match self {
            Self::Full { retry_after, .. } | Self::Busy { retry_after } => *retry_after,
            Self::Draining | Self::WorkerLost => RETRY_ELSEWHERE,
        }
    }
}

/// A new stream waits for its turn for at most so long, where many come at once.
const OPEN_WITHIN: Duration = Duration::from_secs(2);
/// Another server, or the worker in the place of this one, may take a stream after this.
const RETRY_ELSEWHERE: Duration = Duration::from_secs(1);
/// How long a dropped engine waits for workers that are inside a plugin.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// The workers. Dropping the engine ends them; streams that are still open are lost.
pub struct Engine {
    config: EngineConfig,
    crew: Arc<Crew>,
    roster: Arc<Roster>,
    ramp: Ramp,
    door: Door,
    room: Room,
    patient_room: Room,
    watchdog: Thread,
    draining: AtomicBool,
    /// Nothing is ever sent through it: it disconnects when the last worker has ended.
    ended: Mutex<Receiver<Infallible>>,
}

impl Engine {
    /// Starts the workers; each makes a classifier of every one of `models` before its first stream.
    pub fn start(
        config: EngineConfig,
        models: &[Arc<dyn Model>],
        observer: &Arc<dyn Observer>,
    ) -> std::io::Result<Self> {
        let (running, ended) = std::sync::mpsc::channel::<Infallible>();
        let roster = Arc::new(Roster::new(models));
        let crew = Arc::new(Crew::start(&config, roster.clone(), observer, &running)?);
        let watchdog = crew.watch(running)?;
        let ramp = Ramp::new(config.workers);
        let [room, patient_room] = [(); 2].map(|()| Room::new(config.question_buffer_bytes));
        Ok(Self {
            config,
            crew,
            roster,
            ramp,
            door: Door::default(),
            room,
            patient_room,
            watchdog,
            draining: AtomicBool::new(false),
            ended: Mutex::new(ended),
        })
    }

    /// How it is set up.
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    /// Streams that are open.
    pub fn open_streams(&self) -> usize {
        self.crew.open_streams()
    }

    /// Gives a new stream to the least loaded worker. Where many come at once they wait, since what they take shows only
    /// after a while.
    pub async fn open(
        &self,
        id: StreamId,
        config: SessionConfig,
        model: Arc<dyn Model>,
    ) -> Result<(StreamInput, StreamEvents), OpenError> {
        if self.draining.load(Ordering::Acquire) {
            return Err(OpenError::Draining);
        }
        let worker = self.admit(model.is_apart()).await?;
        let (sender, events) = mpsc::channel(self.config.event_queue.max(1));
        let worker_waits = Arc::new(AtomicBool::new(false));
        let budget_bytes = self.config.stream_buffer_bytes.max(crate::stream::CONTROL_COST_BYTES);
        let budget = Arc::new(Semaphore::new(budget_bytes));
        let new = NewStream {
            id,
            config,
            model,
            events: sender,
            worker_waits: worker_waits.clone(),
            budget: budget.clone(),
            budget_bytes,
            load: LoadGuard::new(worker.load.clone()),
        };
        worker.capacity.count_opening();
        let messages = worker.messages;
        let lost = worker.lost;
        let sent = unless_lost(&lost, messages.send(Message::Open(Box::new(new)))).await;
        sent.ok_or(OpenError::WorkerLost)?.map_err(|_| OpenError::Draining)?;
        let input = StreamInput {
            id,
            worker: messages.clone(),
            lost: lost.clone(),
            budget,
            budget_bytes,
            ended: false,
        };
        Ok((input, StreamEvents::new(id, events, worker_waits, (messages, lost))))
    }

    /// The worker for a new stream, once there may be one more.
    async fn admit(&self, apart: bool) -> Result<WorkerHandle, OpenError> {
        let until = Instant::now() + OPEN_WITHIN;
        loop {
            // Others may have come while this one waited.
            if self.open_streams() >= self.config.max_streams {
                let limit = self.config.max_streams;
                return Err(OpenError::Full { limit, retry_after: self.door.turn_away(Instant::now()) });
            }
            let now = Instant::now();
            let busy = || OpenError::Busy { retry_after: self.door.turn_away(now) };
            let worker = self.crew.least_loaded(apart, self.config.admit_below).ok_or_else(busy)?;
            match self.ramp.wait(self.open_streams(), now) {
                None => return Ok(worker),
                Some(wait) if now + wait > until => return Err(busy()),
                Some(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// Has frames scored: by the worker with the fewest to do of those that the model's streams go to, together with what
    /// they ask for; or, where the question is patient, by a listener.
    pub async fn ask(&self, question: Question) -> Result<Verdicts, QuestionError> {
        if self.draining.load(Ordering::Acquire) {
            return Err(QuestionError::Draining);
        }
        let is_patient = question.patient;
        let room = if is_patient { &self.patient_room } else { &self.room };
        let room = room.take(question.bytes())?;
        let worker = match is_patient {
            true => self.crew.least_listening(),
            false => self.crew.least_asked(question.model.is_apart()),
        };
        let worker = worker.ok_or(QuestionError::WorkerLost)?;
        let place = Place::new(worker.waiting.clone(), question.frames(), room);
        let (reply, answer) = oneshot::channel();
        let under_way = Arc::new(AtomicBool::new(false));
        let new = NewQuestion { question, asked: Instant::now(), reply, under_way: under_way.clone(), place };
        let sent = unless_lost(&worker.lost, worker.messages.send(Message::Ask(Box::new(new)))).await;
        sent.ok_or(QuestionError::WorkerLost)?.map_err(|_| QuestionError::Draining)?;
        match unless_lost(&worker.lost, answer).await {
            Some(Ok(answered)) => answered,
            // Of all that waited for a listener, one was asked about when it was lost.
            None if is_patient && under_way.load(Ordering::Acquire) => Err(QuestionError::ModelLost),
            None | Some(Err(_)) => Err(QuestionError::WorkerLost),
        }
    }

    /// Makes instances of a model for every worker that gets its streams, and tries them, on the calling thread: no stream
    /// waits for that.
    pub fn outfit(&self, model: Arc<dyn Model>) -> Result<Outfit, PluginError> {
        let workers = self.crew.workers_for(model.is_apart()).count();
        Outfit::make(model, workers)
    }

    /// Hands instances over. From now on streams of the model begin without waiting for any.
    pub async fn adopt(&self, outfit: Outfit) {
        let Outfit { model, classifiers } = outfit;
        let (reference, apart) = (model.reference().clone(), model.is_apart());
        self.roster.add(model);
        for (worker, own) in self.crew.workers_for(apart).zip(classifiers) {
            let message = Message::Adopt(reference.clone(), Box::new(own));
            // Fails only when the worker is gone or stuck; whoever takes its place makes its own.
            let _ = unless_lost(&worker.lost, worker.messages.send(message)).await;
        }
    }

    /// Takes a model back that was let go of, while its streams and the workers' instances are still there.
    pub fn hold(&self, model: Arc<dyn Model>) {
        self.roster.add(model);
    }

    /// Lets go of a model: workers that start from now on make no instances of it, and the engine holds it for none but
    /// the streams and questions that it was given with.
    pub fn let_go(&self, model: &ModelRef) {
        self.roster.remove(model);
    }

    /// Gets every worker's instances of a model back, to be dropped where nobody waits. Call it once [`Self::let_go`] was
    /// called and nobody holds the model any more, so that no stream or question of it can come.
    pub async fn give_up(&self, model: &ModelRef) -> Vec<Leftovers> {
        let mut all = Vec::new();
        for worker in self.crew.workers() {
            let (reply, leftovers) = oneshot::channel();
            let message = Message::GiveUp(model.clone(), reply);
            let given = async {
                worker.messages.send(message).await.ok()?;
                leftovers.await.ok()
            };
            all.extend(unless_lost(&worker.lost, given).await.flatten());
        }
        all
    }

    /// Takes no new streams and no new questions, and ends the open ones, answering what they heard.
    pub async fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        for worker in self.crew.with_streams() {
            // Fails only when the worker is gone or stuck, and its streams are lost with it.
            let _ = unless_lost(&worker.lost, worker.messages.send(Message::Drain)).await;
        }
    }
}

impl Drop for Engine {
    /// Waits until every worker has left its plugins: libraries must not be used while the process takes them down.
    fn drop(&mut self) {
        self.crew.end();
        self.watchdog.unpark();
        if let Err(RecvTimeoutError::Timeout) =
            self.ended.get_mut().unwrap_or_else(PoisonError::into_inner).recv_timeout(LEAVE_WITHIN)
        {
            tracing::warn!("a worker is stuck in a plugin and is left behind");
        }
    }
}
