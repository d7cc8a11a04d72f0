//! A model that says how loud an utterance is: one frame per 160 samples, the mean magnitude; two labels.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use undertone_audio::{AudioFormat, AudioLimits, Encoding, Endpointing};
use undertone_core::{
    Advance, Classifier, EndReason, Extractor, FrameGrid, FrameLayout, Frames, FramesView, Model, ModelRef,
    PIPELINE_RATE, PluginError, StreamClassifier, Streaming,
};
use undertone_engine::{ResumePoint, SessionConfig};

const FRAME: usize = 160;
/// Far longer than any turn takes.
pub(crate) const HANG: Duration = Duration::from_secs(4);
pub(crate) const DAWDLE: Duration = Duration::from_millis(20);

/// What the classifier does when it is called.
#[derive(Debug, Clone, Copy)]
enum Behaviour {
    Answer,
    Fail,
    /// Scores no item at all.
    Break,
    Panic,
    Hang,
    Dawdle,
}

pub(crate) struct LoudnessModel {
    reference: ModelRef,
    labels: Vec<String>,
    layout: FrameLayout,
    behaviour: Behaviour,
    abstain_below: Option<f32>,
    plausible_from: Option<f32>,
    /// Counts the frames that a model was shown which carries state.
    heard: Option<Arc<AtomicUsize>>,
    made: AtomicUsize,
}

impl LoudnessModel {
    pub(crate) fn new() -> Self {
        Self::named("loudness", Behaviour::Answer)
    }

    pub(crate) fn failing() -> Self {
        Self::named("failing", Behaviour::Fail)
    }

    /// One whose every call fails.
    pub(crate) fn broken() -> Self {
        Self::named("broken", Behaviour::Break)
    }

    pub(crate) fn versioned(version: &str) -> Self {
        let reference = ModelRef { name: "loudness".into(), version: version.into() };
        Self { reference, ..Self::new() }
    }

    /// Classifiers made so far.
    pub(crate) fn classifiers_made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    /// One whose classifier takes [`HANG`] for a call.
    pub(crate) fn hanging() -> Self {
        Self::named("hanging", Behaviour::Hang)
    }

    /// The same under another name.
    pub(crate) fn hanging_as(name: &str) -> Self {
        Self::named(name, Behaviour::Hang)
    }

    /// One whose classifier takes [`DAWDLE`] for every item.
    pub(crate) fn dawdling() -> Self {
        Self::named("dawdling", Behaviour::Dawdle)
    }

    pub(crate) fn panicking() -> Self {
        Self::named("panicking", Behaviour::Panic)
    }

    /// One that names a threshold for abstention and one for plausible labels.
    pub(crate) fn calibrated(abstain_below: f32, plausible_from: f32) -> Self {
        let (abstain_below, plausible_from) = (Some(abstain_below), Some(plausible_from));
        Self { abstain_below, plausible_from, ..Self::new() }
    }

    /// One that carries state, in steps of four frames, and counts the frames it hears as it goes on.
    pub(crate) fn stateful(heard: &Arc<AtomicUsize>) -> Self {
        Self { heard: Some(heard.clone()), ..Self::named("stateful", Behaviour::Answer) }
    }

    fn named(name: &str, behaviour: Behaviour) -> Self {
        Self {
            reference: ModelRef { name: name.into(), version: "1.0.0".into() },
            labels: vec!["quiet".into(), "loud".into()],
            layout: layout(),
            behaviour,
            abstain_below: None,
            plausible_from: None,
            heard: None,
            made: AtomicUsize::new(0),
        }
    }
}

impl Model for LoudnessModel {
    fn reference(&self) -> &ModelRef {
        &self.reference
    }

    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    fn temperature(&self) -> f32 {
        1.0
    }

    fn abstain_below(&self) -> Option<f32> {
        self.abstain_below
    }

    fn plausible_from(&self) -> Option<f32> {
        self.plausible_from
    }

    fn min_frames(&self) -> usize {
        1
    }

    fn new_extractor(&self) -> Result<Box<dyn Extractor>, PluginError> {
        Ok(Box::new(Loudness::new()))
    }

    fn new_classifier(&self) -> Result<Box<dyn Classifier>, PluginError> {
        self.made.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Threshold(self.behaviour)))
    }

    fn streaming(&self) -> Option<Streaming> {
        self.heard.as_ref().map(|_| Streaming { step_frames: 4, state_values: 2, temperature: 0.5 })
    }

    fn new_stream_classifier(&self) -> Result<Box<dyn StreamClassifier>, PluginError> {
        Ok(Box::new(RunningMean { heard: self.heard.clone().unwrap_or_default() }))
    }
}

fn layout() -> FrameLayout {
    let grid = FrameGrid { hop_samples: FRAME as u32, window_samples: FRAME as u32 };
    FrameLayout { dim: 1, grid, look_ahead_frames: 0, columns: vec!["loudness".into()] }
}

struct Loudness {
    layout: FrameLayout,
    waiting: Vec<f32>,
}

impl Loudness {
    fn new() -> Self {
        Self { layout: layout(), waiting: Vec::new() }
    }
}

impl Extractor for Loudness {
    fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    fn push(&mut self, samples: &[f32], frames: &mut Frames) -> Result<(), PluginError> {
        self.waiting.extend_from_slice(samples);
        let whole = self.waiting.len() / FRAME * FRAME;
        for frame in self.waiting[..whole].chunks(FRAME) {
            frames.push_row(&[frame.iter().map(|sample| sample.abs()).sum::<f32>() / FRAME as f32]);
        }
        self.waiting.drain(..whole);
        Ok(())
    }

    fn finish(&mut self, _: &mut Frames) -> Result<(), PluginError> {
        Ok(())
    }

    fn reset(&mut self, _: EndReason) -> Result<(), PluginError> {
        self.waiting.clear();
        Ok(())
    }
}

struct Threshold(Behaviour);

impl Classifier for Threshold {
    fn classify(
        &mut self,
        batch: &[FramesView<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError> {
        if matches!(self.0, Behaviour::Break) {
            return Err(failure());
        }
        for item in batch {
            let mean = item.values.iter().sum::<f32>() / item.values.len() as f32;
            logits.push(match self.0 {
                Behaviour::Answer => Ok(vec![1.0, mean]),
                Behaviour::Fail | Behaviour::Break => Err(failure()),
                Behaviour::Panic => panic!("it was told to"),
                Behaviour::Dawdle => {
                    std::thread::sleep(DAWDLE);
                    Ok(vec![1.0, mean])
                }
                Behaviour::Hang => {
                    std::thread::sleep(HANG);
                    Ok(vec![1.0, mean])
                }
            });
        }
        Ok(())
    }
}

fn failure() -> PluginError {
    PluginError::Failed {
        plugin: "threshold".into(),
        what: "classify".into(),
        message: "it was told to".into(),
    }
}

/// The state holds sum and number of the frames so far.
struct RunningMean {
    heard: Arc<AtomicUsize>,
}

impl StreamClassifier for RunningMean {
    fn advance(
        &mut self,
        batch: &mut [Advance<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError> {
        for item in batch {
            assert!(item.frames.len().is_multiple_of(4) && !item.frames.is_empty());
            self.heard.fetch_add(item.frames.len(), Ordering::Relaxed);
            item.state[0] += item.frames.values.iter().sum::<f32>();
            item.state[1] += item.frames.len() as f32;
            logits.push(Ok(vec![1.0, item.state[0] / item.state[1]]));
        }
        Ok(())
    }
}

/// A ramp of 16 kHz float samples.
pub(crate) fn recording(seconds: f64) -> Vec<u8> {
    let samples = (f64::from(PIPELINE_RATE.hz()) * seconds) as usize;
    (0..samples).flat_map(|index| ((index % 1000) as f32 / 1000.0).to_le_bytes()).collect()
}

/// The whole stream is one utterance, split every two seconds.
pub(crate) fn config(interim_hop: Option<u64>) -> SessionConfig {
    SessionConfig {
        format: AudioFormat::mono(Encoding::Float32, PIPELINE_RATE),
        limits: AudioLimits::default(),
        endpointing: Endpointing {
            enabled: false,
            max_utterance: Duration::from_secs(2),
            ..Endpointing::default()
        },
        interim_hop,
        hysteresis: 0.0,
        min_frames: 1,
        from: ResumePoint::default(),
        acknowledge: false,
        is_recording: false,
        answer_the_longest: false,
        hand_out_frames: false,
    }
}
