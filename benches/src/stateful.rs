//! Interim updates from carried state against scoring a window of the last seconds again.

use crate::scored::all_scored;
use crate::{Aim, Options, Report, Run, noise};
use anyhow::{Context, Result};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use undertone_core::{Advance, Classifier, Frames, FramesView, Model, StreamClassifier, Streaming};
use undertone_plugin_host::LoadedModel;

const RUNS: usize = 9;
const SECONDS: usize = 30;
const FRAMES_PER_SECOND: usize = 100;
/// 0.5 s, the usual distance of updates.
const HOP_FRAMES: usize = 50;
/// 3 s, what servers without state usually score again.
const WINDOW_FRAMES: usize = 300;
/// Streams in one batch, as on a busy worker.
const STREAMS: usize = 16;
const MODEL: &str = "cnn";
const RATE: usize = 16_000;

/// CPU time of the stateful CNN per second of audio, frames included, against the same graph run over a window of 3 s
/// at every hop (`speedup`), and against the full-context graph run so (`speedup_against_whole`). All run on one
/// thread.
pub fn measure_stateful(options: &Options) -> Result<Report> {
    let models = options.models();
    let mut contest = Contest::new(models.resolve(MODEL)?)?;
    let mut runs = Vec::with_capacity(RUNS);
    // The first run only warms caches up.
    for run in 0..=RUNS {
        let figures = contest.run()?;
        if run > 0 {
            runs.push(figures);
        }
    }
    Ok(Report::new("stateful", [("speedup", Aim::AtLeast(4.0))], runs))
}

struct Contest {
    model: Arc<LoadedModel>,
    streaming: Streaming,
    stateful: Box<dyn StreamClassifier>,
    whole: Box<dyn Classifier>,
    samples: Vec<f32>,
    frames: Frames,
}

impl Contest {
    fn new(model: &Arc<LoadedModel>) -> Result<Self> {
        let streaming =
            model.streaming().with_context(|| format!("{} carries no state", model.reference()))?;
        let mut contest = Self {
            streaming,
            stateful: model.new_stream_classifier()?,
            whole: model.new_classifier()?,
            samples: noise(SECONDS * RATE),
            frames: Frames::new(model.layout().dim),
            model: model.clone(),
        };
        contest.extract()?;
        Ok(contest)
    }

    /// Milliseconds per second of audio for each way, and their ratios.
    fn run(&mut self) -> Result<Run> {
        let features = self.extract()?;
        let alone = self.carry(1)?;
        let together = self.carry(STREAMS)? / STREAMS as f64;
        let again = self.score_again()?;
        let whole = self.score_whole_again()?;
        let millis = |seconds: f64| seconds * 1e3 / SECONDS as f64;
        Ok(Run::from([
            ("speedup", (features + again) / (features + alone)),
            ("speedup_in_batches", (features + again) / (features + together)),
            ("speedup_against_whole", (features + whole) / (features + alone)),
            ("features_ms_per_second", millis(features)),
            ("stateful_ms_per_second", millis(alone)),
            ("stateful_in_batches_ms_per_second", millis(together)),
            ("window_again_ms_per_second", millis(again)),
            ("window_again_whole_ms_per_second", millis(whole)),
        ]))
    }

    fn extract(&mut self) -> Result<f64> {
        let mut extractor = self.model.new_extractor()?;
        self.frames.clear();
        let begun = Instant::now();
        for samples in self.samples.chunks(RATE / 50) {
            extractor.push(black_box(samples), &mut self.frames)?;
        }
        extractor.finish(&mut self.frames)?;
        Ok(begun.elapsed().as_secs_f64())
    }

    /// Streams that hear the same audio; at every hop the new whole steps go in.
    fn carry(&mut self, streams: usize) -> Result<f64> {
        let step = self.streaming.step_frames;
        let mut states = vec![vec![0.0; self.streaming.state_values]; streams];
        let mut logits = Vec::with_capacity(streams);
        let (mut heard, mut told) = (0, 0);
        let begun = Instant::now();
        while told + HOP_FRAMES <= self.frames.len() {
            told += HOP_FRAMES;
            let until = told / step * step;
            let frames = self.frames.view(heard..until);
            let mut batch: Vec<Advance<'_>> =
                states.iter_mut().map(|state| Advance { frames, state }).collect();
            logits.clear();
            self.stateful.advance(&mut batch, &mut logits)?;
            all_scored(&logits)?;
            heard = until;
        }
        Ok(begun.elapsed().as_secs_f64())
    }

    /// The same graph from its start over the last window, at every hop.
    fn score_again(&mut self) -> Result<f64> {
        let step = self.streaming.step_frames;
        let mut state = vec![0.0; self.streaming.state_values];
        let mut logits = Vec::with_capacity(1);
        let begun = Instant::now();
        for end in hops(&self.frames) {
            let start = end.saturating_sub(WINDOW_FRAMES);
            let frames = self.frames.view(start..start + (end - start) / step * step);
            state.fill(0.0);
            logits.clear();
            self.stateful.advance(&mut [Advance { frames, state: &mut state }], &mut logits)?;
            all_scored(&logits)?;
        }
        Ok(begun.elapsed().as_secs_f64())
    }

    fn score_whole_again(&mut self) -> Result<f64> {
        let mut logits = Vec::with_capacity(1);
        let begun = Instant::now();
        for end in hops(&self.frames) {
            let frames: FramesView<'_> = self.frames.view(end.saturating_sub(WINDOW_FRAMES)..end);
            logits.clear();
            self.whole.classify(&[frames], &mut logits)?;
            all_scored(&logits)?;
        }
        Ok(begun.elapsed().as_secs_f64())
    }
}

/// Frames heard at every hop.
fn hops(frames: &Frames) -> impl Iterator<Item = usize> {
    (HOP_FRAMES..=frames.len().min(SECONDS * FRAMES_PER_SECOND)).step_by(HOP_FRAMES)
}
