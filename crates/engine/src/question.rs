//! Frames that are to be scored on their own, beside all streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use undertone_core::{ErrorKind, Frames, Model, PluginError};

/// Frames that are to be scored on their own, beside all streams.
pub struct Question {
    /// Who is asked.
    pub model: Arc<dyn Model>,
    /// Utterances, each of as many frames as the model takes.
    pub items: Vec<Frames>,
    /// When nobody needs the answer any more.
    pub deadline: Option<Instant>,
    /// Whether it goes to a listener: it waits until a core has nothing to do, has one item scored at a time, behind everybody
    /// else, and takes no stream with it when the model breaks.
    pub patient: bool,
}

/// What a model says to a [`Question`]: for every item its logits, or why there are none.
pub type Verdicts = Vec<Result<Vec<f32>, PluginError>>;

/// A question is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// Too much waits to be scored.
    #[error(
        "as much as {limit_bytes} bytes of frames wait to be scored, which is the limit; try again later"
    )]
    Full {
        /// `question_buffer_bytes`.
        limit_bytes: usize,
    },
    /// It alone is more than may wait.
    #[error("the frames take {bytes} bytes; {limit_bytes} are the most")]
    TooLarge {
        /// Bytes of its frames.
        bytes: usize,
        /// `question_buffer_bytes`.
        limit_bytes: usize,
    },
    /// Its deadline came before its turn.
    #[error("the deadline came before all was scored")]
    Expired,
    /// The worker that had it is gone.
    #[error("the worker that was to score it was lost; try again")]
    WorkerLost,
    /// The model broke at it; of patient questions.
    #[error("the model never came back from scoring it, or panicked")]
    ModelLost,
    /// The engine is shutting down.
    #[error("the server is shutting down and takes no new requests")]
    Draining,
}

impl QuestionError {
    /// The kind for the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Full { .. } => ErrorKind::Overload,
            Self::TooLarge { .. } => ErrorKind::InvalidInput,
            Self::Expired => ErrorKind::Late,
            Self::ModelLost => ErrorKind::Plugin,
            Self::WorkerLost | Self::Draining => ErrorKind::Unavailable,
        }
    }

    /// How long a client should wait before it tries again; `None` where that would not help.
    pub fn retry_after(&self) -> Option<Duration> {
        self.kind().may_retry().then_some(Duration::from_secs(1))
    }
}

/// A question on its way to a worker.
pub(crate) struct NewQuestion {
    pub(crate) question: Question,
    pub(crate) asked: Instant,
    /// Closed once nobody waits for the answer.
    pub(crate) reply: oneshot::Sender<Result<Verdicts, QuestionError>>,
    /// Set once its model was asked.
    pub(crate) under_way: Arc<AtomicBool>,
    pub(crate) place: Place,
}

impl std::fmt::Debug for NewQuestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewQuestion").field("items", &self.question.items.len()).finish_non_exhaustive()
    }
}

impl Question {
    pub(crate) fn frames(&self) -> usize {
        self.items.iter().map(Frames::len).sum()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.items.iter().map(|item| std::mem::size_of_val(item.values())).sum()
    }
}

/// Bytes of frames that may wait, over all workers. When there is no room, questions are refused.
#[derive(Debug)]
pub(crate) struct Room {
    free: Arc<Semaphore>,
    limit_bytes: usize,
}

impl Room {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        // A semaphore hands out at most so many at a time.
        let limit_bytes = limit_bytes.min(u32::MAX as usize);
        Self { free: Arc::new(Semaphore::new(limit_bytes)), limit_bytes }
    }

    /// Room for `bytes`, until it is dropped.
    pub(crate) fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, QuestionError> {
        let limit_bytes = self.limit_bytes;
        let permits = u32::try_from(bytes).ok().filter(|_| bytes <= limit_bytes);
        let permits = permits.ok_or(QuestionError::TooLarge { bytes, limit_bytes })?;
        let taken = self.free.clone().try_acquire_many_owned(permits);
        taken.map_err(|_| QuestionError::Full { limit_bytes })
    }
}

/// Frames that wait for a worker, for as long as they do.
#[derive(Debug)]
pub(crate) struct Place {
    waiting: Arc<AtomicUsize>,
    frames: usize,
    _room: OwnedSemaphorePermit,
}

impl Place {
    pub(crate) fn new(waiting: Arc<AtomicUsize>, frames: usize, room: OwnedSemaphorePermit) -> Self {
        waiting.fetch_add(frames, Ordering::AcqRel);
        Self { waiting, frames, _room: room }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.frames, Ordering::AcqRel);
    }
}
