//! The ports behind which plugins stand.

use crate::{EndReason, FrameLayout, Frames, FramesView, PluginError};
use std::fmt;
use std::time::Duration;

/// Name and version of a served model, shown as `name@version`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelRef {
    /// The bundle's name.
    pub name: String,
    /// The bundle's version.
    pub version: String,
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// Turns one stream's 16 kHz samples into frames. One instance serves one stream at a time, on one thread.
pub trait Extractor: Send {
    /// What the frames look like; the same for the instance's whole life.
    fn layout(&self) -> &FrameLayout;

    /// Takes the next samples and appends every frame that became complete.
    /// How the samples are cut into calls never changes the frames.
    fn push(&mut self, samples: &[f32], frames: &mut Frames) -> Result<(), PluginError>;

    /// The stream has no more samples: appends the frames that were waiting for later ones.
    fn finish(&mut self, frames: &mut Frames) -> Result<(), PluginError>;

    /// Tells why the stream ended and makes the instance ready for another one.
    fn reset(&mut self, reason: EndReason) -> Result<(), PluginError>;
}

/// Scores utterances. One instance belongs to one worker thread.
pub trait Classifier: Send {
    /// Appends to `logits` one result per item of `batch`, in order, each of one value per label.
    /// An item's failure is its own; `Err` means that no item was scored.
    /// The result of an item does not depend on its neighbours.
    fn classify(
        &mut self,
        batch: &[FramesView<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError>;
}

/// Scores streams as they go on, at the cost of their new frames. One instance belongs to one worker thread and serves
/// all of its streams; what must be remembered of a stream is the caller's.
pub trait StreamClassifier: Send {
    /// Appends to `logits` one result per item of `batch`, in order, each of one value per label: what all frames of
    /// the stream's utterance so far give. Each item's state is left behind its frames; that of an item that failed
    /// is void. `Err` means that no item was scored and every state is void.
    /// The result of an item does not depend on its neighbours, but for rounding.
    fn advance(
        &mut self,
        batch: &mut [Advance<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError>;
}

/// The new frames of a stream's utterance, with what is remembered of it.
#[derive(Debug)]
pub struct Advance<'a> {
    /// A multiple of [`Streaming::step_frames`], at least one.
    pub frames: FramesView<'a>,
    /// [`Streaming::state_values`] values, all zero at the start of an utterance.
    pub state: &'a mut [f32],
}

/// How a model scores a stream as it goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Streaming {
    /// Frames go in by multiples of this; at least 1.
    pub step_frames: usize,
    /// Number of values to be remembered of an utterance.
    pub state_values: usize,
    /// The logits are divided by this before the softmax. Above 0.
    pub temperature: f32,
}

/// Why a model takes no new streams at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unready {
    /// A sentence for the client.
    pub why: String,
    /// When to ask again.
    pub retry_after: Duration,
}

/// A loaded model: makes instances, and knows what the bundle says about their output.
pub trait Model: Send + Sync {
    /// Which model this is.
    fn reference(&self) -> &ModelRef;

    /// Labels in the order of the logits.
    fn labels(&self) -> &[String];

    /// What the frames look like that its extractors make.
    fn layout(&self) -> &FrameLayout;

    /// Logits are divided by this before the softmax (Guo et al. 2017, temperature scaling). Above 0.
    fn temperature(&self) -> f32;

    /// An answer whose highest probability is lower abstains. `None`: the model names no threshold.
    fn abstain_below(&self) -> Option<f32> {
        None
    }

    /// Labels of at least this probability are plausible, see [`crate::Probabilities::plausible`]. `None`: the model
    /// gives no sets.
    fn plausible_from(&self) -> Option<f32> {
        None
    }

    /// Fewer frames than this are not scored.
    fn min_frames(&self) -> usize;

    /// Makes an extractor instance with the bundle's feature recipe.
    fn new_extractor(&self) -> Result<Box<dyn Extractor>, PluginError>;

    /// Makes a classifier instance.
    fn new_classifier(&self) -> Result<Box<dyn Classifier>, PluginError>;

    /// How it scores a stream as it goes on. `None`: it scores whole utterances only.
    fn streaming(&self) -> Option<Streaming> {
        None
    }

    /// Whether its classifiers run elsewhere, so that a call may take as long as a fault there takes to be noticed. Streams
    /// of such models are kept from those of others.
    fn is_apart(&self) -> bool {
        false
    }

    /// Why no new stream should be opened with it. `None`: it takes streams.
    fn unready(&self) -> Option<Unready> {
        None
    }

    /// Makes an instance that scores streams; for a model with [`Self::streaming`].
    fn new_stream_classifier(&self) -> Result<Box<dyn StreamClassifier>, PluginError> {
        Err(PluginError::Refused {
            plugin: self.reference().to_string(),
            what: "advance".into(),
            message: "the model scores whole utterances only".into(),
        })
    }
}
