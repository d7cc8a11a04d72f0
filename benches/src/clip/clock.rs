//! One model and the clip that it hears.

use crate::noise;
use crate::scored::all_scored;
use anyhow::Result;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use undertone_core::{
    Advance, Classifier, EndReason, Extractor, Frames, Model, PluginError, StreamClassifier, Streaming,
};
use undertone_plugin_host::LoadedModel;

/// Length of the clip.
pub(super) const SECONDS: usize = 3;
/// The usual distance of interim updates.
pub(super) const HOP_SECONDS: f64 = 0.5;
const RATE: usize = 16_000;
/// Frames between two updates.
const HOP_FRAMES: usize = 50;
/// 0.1 s, the usual piece of a live stream.
const PUSH_SAMPLES: usize = RATE / 10;

/// Measures what a model takes for the clip.
pub(super) struct Clock {
    model: Arc<LoadedModel>,
    extractor: Box<dyn Extractor>,
    whole: Box<dyn Classifier>,
    stream: Option<(Streaming, Box<dyn StreamClassifier>)>,
    samples: Vec<f32>,
    frames: Frames,
}

impl Clock {
    pub(super) fn new(model: Arc<LoadedModel>) -> Result<Self> {
        let carried = |streaming| Ok::<_, PluginError>((streaming, model.new_stream_classifier()?));
        Ok(Self {
            extractor: model.new_extractor()?,
            whole: model.new_classifier()?,
            stream: model.streaming().map(carried).transpose()?,
            samples: noise(SECONDS * RATE),
            frames: Frames::new(model.layout().dim),
            model,
        })
    }

    pub(super) fn model(&self) -> &LoadedModel {
        &self.model
    }

    /// Milliseconds for the features and the network of full context.
    pub(super) fn final_result(&mut self) -> Result<f64> {
        let began = Instant::now();
        self.extract()?;
        let mut logits = Vec::with_capacity(1);
        self.whole.classify(&[self.frames.view(0..self.frames.len())], &mut logits)?;
        all_scored(&logits)?;
        Ok(milliseconds(began))
    }

    /// Milliseconds for the features and every update, of a model that carries state.
    pub(super) fn interim_updates(&mut self) -> Result<Option<f64>> {
        let began = Instant::now();
        self.extract()?;
        let Some((streaming, classifier)) = &mut self.stream else { return Ok(None) };
        let mut state = vec![0.0; streaming.state_values];
        let mut logits = Vec::with_capacity(1);
        let mut heard = 0;
        for end in (HOP_FRAMES..=self.frames.len()).step_by(HOP_FRAMES) {
            let end = end / streaming.step_frames * streaming.step_frames;
            let frames = self.frames.view(heard..end);
            logits.clear();
            classifier.advance(&mut [Advance { frames, state: &mut state }], &mut logits)?;
            all_scored(&logits)?;
            heard = end;
        }
        Ok(Some(milliseconds(began)))
    }

    fn extract(&mut self) -> Result<()> {
        self.extractor.reset(EndReason::Finished)?;
        self.frames.clear();
        for samples in self.samples.chunks(PUSH_SAMPLES) {
            self.extractor.push(black_box(samples), &mut self.frames)?;
        }
        self.extractor.finish(&mut self.frames)?;
        Ok(())
    }
}

fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e3
}
