//! What is recorded, and the port to whoever records it.

use crate::{EndReason, Heard, ModelRef, PredictionId, RecordError, SampleRange, StreamId};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMicros(pub i64);

/// Tells the time of day; tests hand in their own.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> UnixMicros;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMicros {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMicros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The client's own key/value labels of a stream.
pub type Labels = BTreeMap<String, String>;

/// Whether an answer was sent to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sent to the client.
    Live,
    /// Only recorded, for comparison.
    Shadow,
}

impl Role {
    /// Stable name for records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Shadow => "shadow",
        }
    }
}

/// Where the time of an answer went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeParts {
    /// Waiting for the worker, and for the others in its batch: what they took of the model's run.
    pub queue: Duration,
    /// Decoding, resampling and features since the answer before.
    pub features: Duration,
    /// Its own part of the model's run: an equal share of the time that the batch took.
    pub inference: Duration,
}

/// A stream was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRecord {
    /// Which stream.
    pub stream_id: StreamId,
    /// When it was opened.
    pub opened_at: UnixMicros,
    /// Whose it is; `default` without tenants.
    pub tenant: String,
    /// The client's key for the person or device, hashed when so configured.
    pub subject_key: Option<String>,
    /// The model that answers.
    pub model: ModelRef,
    /// Encoding as the client named it, for instance `LINEAR16`.
    pub encoding: String,
    /// The client's sample rate in Hz; 0 while a container has not told yet.
    pub sample_rate_hz: u32,
    /// The client's labels.
    pub labels: Labels,
}

/// A model answered about an utterance.
#[derive(Debug, Clone, PartialEq)]
pub struct UtteranceRecord {
    /// Which answer.
    pub prediction_id: PredictionId,
    /// Of which stream.
    pub stream_id: StreamId,
    /// Whose answer: the tenant of the stream.
    pub tenant: String,
    /// The stream's how-many-eth utterance, from 1.
    pub utterance: u32,
    /// When the answer was made.
    pub created_at: UnixMicros,
    /// The model that answered.
    pub model: ModelRef,
    /// The experiment arm, if there was one.
    pub arm: Option<String>,
    /// Live or shadow.
    pub role: Role,
    /// False for interim updates, which are recorded only when asked.
    pub is_final: bool,
    /// Where in the stream, in samples at 16 kHz.
    pub interval: SampleRange,
    /// The model's labels.
    pub labels: Vec<String>,
    /// One probability per label; they sum to 1.
    pub probabilities: Vec<f32>,
    /// The most probable label.
    pub top: String,
    /// Its probability.
    pub confidence: f32,
    /// Whether the model was too unsure to name an emotion.
    pub abstained: bool,
    /// Where the time went.
    pub time_parts: TimeParts,
    /// What was heard; none where it was not measured.
    pub heard: Option<Heard>,
}

/// A stream ended.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamEndRecord {
    /// Which stream.
    pub stream_id: StreamId,
    /// When.
    pub ended_at: UnixMicros,
    /// Why.
    pub reason: EndReason,
    /// Samples heard, at 16 kHz.
    pub samples: u64,
    /// Utterances answered.
    pub utterances: u32,
}

/// One thing to record.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A stream was opened.
    StreamOpened(StreamRecord),
    /// An answer was made.
    Utterance(UtteranceRecord),
    /// A stream ended.
    StreamEnded(StreamEndRecord),
}

/// Completes once the record is durable.
pub type RecordFuture = Pin<Box<dyn Future<Output = Result<(), RecordError>> + Send>>;

/// Makes records durable.
pub trait Recorder: Send + Sync {
    /// Queues `record`; the future completes once it would survive a crash of the process.
    fn record(&self, record: Record) -> RecordFuture;
}
