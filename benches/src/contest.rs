//! Two ways to run the same models, by turns on one thread.

use crate::scored::all_scored;
use crate::{Aim, Options, Report, Run, noise};
use anyhow::{Context, Result};
use std::sync::Arc;
use std::time::{Duration, Instant};
use undertone_core::{Advance, Classifier, FramesView, Model, StreamClassifier, Streaming};
use undertone_plugin_host::{LoadedModel, PluginHost, Registry};

/// Either side works for so long before it is the other one's turn.
const TURN: [Duration; 2] = [Duration::from_millis(400), Duration::from_millis(100)];
const RUNS: [usize; 2] = [9, 5];
/// 3 s, a usual utterance.
const FRAMES: usize = 300;
/// 0.5 s, the usual distance of updates.
const HOP_FRAMES: usize = 50;
const BATCHES: [usize; 4] = [1, 4, 8, 16];
/// Figures of a batch size: the ratio, and what the fastest call took longer.
type Names = [[&'static str; 2]; 4];

/// A model with the names of its figures: over utterances, and as it goes on.
pub(crate) struct Subject {
    pub(crate) model: &'static str,
    whole: Names,
    stream: Names,
    per_second: [&'static str; 2],
}

/// The shipped models; `per_second` are the names of the items per second of each, on either side, in batches of 8.
pub(crate) const fn subjects(per_second: [[&'static str; 2]; 2]) -> [Subject; 2] {
    [
        Subject {
            model: "cnn",
            whole: [
                ["cnn_ratio_1", "cnn_cost_us_1"],
                ["cnn_ratio_4", "cnn_cost_us_4"],
                ["cnn_ratio_8", "cnn_cost_us_8"],
                ["cnn_ratio_16", "cnn_cost_us_16"],
            ],
            stream: [
                ["cnn_stream_ratio_1", "cnn_stream_cost_us_1"],
                ["cnn_stream_ratio_4", "cnn_stream_cost_us_4"],
                ["cnn_stream_ratio_8", "cnn_stream_cost_us_8"],
                ["cnn_stream_ratio_16", "cnn_stream_cost_us_16"],
            ],
            per_second: per_second[0],
        },
        Subject {
            model: "lstm",
            whole: [
                ["lstm_ratio_1", "lstm_cost_us_1"],
                ["lstm_ratio_4", "lstm_cost_us_4"],
                ["lstm_ratio_8", "lstm_cost_us_8"],
                ["lstm_ratio_16", "lstm_cost_us_16"],
            ],
            stream: [
                ["lstm_stream_ratio_1", "lstm_stream_cost_us_1"],
                ["lstm_stream_ratio_4", "lstm_stream_cost_us_4"],
                ["lstm_stream_ratio_8", "lstm_stream_cost_us_8"],
                ["lstm_stream_ratio_16", "lstm_stream_cost_us_16"],
            ],
            per_second: per_second[1],
        },
    ]
}

/// Runs the models of `sides` against each other: utterances of 3 s, and for models that carry state also steps of 0.5 s. The
/// ratio of a figure is items per second on the second side, divided by those on the first; `ratio` is the lowest of those at
/// batch 8. `beside` enters further figures of a run, for which either side works for the time that it is told.
pub(crate) fn contest(
    options: &Options,
    title: &'static str,
    aim: Option<Aim>,
    (sides, subjects): ([&Registry; 2], [Subject; 2]),
    mut beside: impl FnMut(Duration, &mut Run) -> Result<()>,
) -> Result<Report> {
    let quick = usize::from(options.quick);
    let mut contests = Vec::new();
    for subject in subjects {
        let [one, other] = sides;
        let models = [one.resolve(subject.model)?, other.resolve(subject.model)?];
        contests.push(Contest::new(subject, models)?);
    }
    let mut runs = Vec::with_capacity(RUNS[quick]);
    // The first run only warms caches up.
    for run in 0..=RUNS[quick] {
        let mut figures = Run::new();
        let mut lowest = f64::INFINITY;
        for contest in &mut contests {
            lowest = lowest.min(contest.run(TURN[quick], &mut figures)?);
        }
        figures.insert("ratio", lowest);
        beside(TURN[quick], &mut figures)?;
        if run > 0 {
            runs.push(figures);
        }
    }
    let names: Vec<String> = contests.iter().map(|contest| contest.name.clone()).collect();
    let report = Report::new(title, aim.map(|aim| ("ratio", aim)), runs);
    Ok(report.about("models", names.join("; ")))
}

/// The models that `change`d host loads.
pub(crate) fn models(options: &Options, change: impl FnOnce(PluginHost) -> PluginHost) -> Registry {
    Registry::new(change(options.host()).load_all().models)
}

/// A model on both sides.
pub(crate) struct Contest {
    pub(crate) name: String,
    subject: Subject,
    dim: usize,
    streaming: Option<Streaming>,
    sides: [Side; 2],
    values: Vec<f32>,
}

struct Side {
    whole: Box<dyn Classifier>,
    stream: Option<Box<dyn StreamClassifier>>,
}

impl Contest {
    fn new(subject: Subject, [here, apart]: [&Arc<LoadedModel>; 2]) -> Result<Self> {
        let side = |model: &Arc<LoadedModel>| -> Result<Side> {
            let stream = model.streaming().map(|_| model.new_stream_classifier()).transpose()?;
            Ok(Side { whole: model.new_classifier()?, stream })
        };
        let dim = here.layout().dim;
        Ok(Self {
            name: here.reference().to_string(),
            subject,
            dim,
            streaming: here.streaming(),
            sides: [side(here)?, side(apart)?],
            values: noise(FRAMES * dim),
        })
    }

    /// Enters the figures; gives the lowest ratio at batch 8.
    fn run(&mut self, turn: Duration, figures: &mut Run) -> Result<f64> {
        let mut lowest = f64::INFINITY;
        for (place, batch) in BATCHES.into_iter().enumerate() {
            let took = self.utterances(batch, turn)?;
            let ratio = enter(self.subject.whole[place], took, figures);
            if batch == 8 {
                lowest = lowest.min(ratio);
                for (name, took) in self.subject.per_second.into_iter().zip(took) {
                    figures.insert(name, batch as f64 / took.mean);
                }
            }
            if let Some(streaming) = self.streaming {
                let took = self.steps(streaming, batch, turn)?;
                let ratio = enter(self.subject.stream[place], took, figures);
                lowest = if batch == 8 { lowest.min(ratio) } else { lowest };
            }
        }
        Ok(lowest)
    }

    /// What calls took on either side.
    fn utterances(&mut self, batch: usize, turn: Duration) -> Result<[Took; 2]> {
        let frames = FramesView { dim: self.dim, values: &self.values };
        let batch = vec![frames; batch];
        let mut logits = Vec::new();
        both(&mut self.sides, turn, |side| {
            logits.clear();
            side.whole.classify(&batch, &mut logits)?;
            all_scored(&logits)
        })
    }

    /// The same for new frames of as many streams.
    fn steps(&mut self, streaming: Streaming, batch: usize, turn: Duration) -> Result<[Took; 2]> {
        let step = streaming.step_frames;
        let values = &self.values[..HOP_FRAMES.next_multiple_of(step) * self.dim];
        let frames = FramesView { dim: self.dim, values };
        let mut states = vec![vec![0.0; streaming.state_values]; batch];
        let mut logits = Vec::new();
        both(&mut self.sides, turn, |side| {
            let stream = side.stream.as_mut().context("it carries state on both sides")?;
            let mut batch: Vec<Advance<'_>> =
                states.iter_mut().map(|state| Advance { frames, state }).collect();
            logits.clear();
            stream.advance(&mut batch, &mut logits)?;
            all_scored(&logits)
        })
    }
}

/// Seconds that calls took on one side.
#[derive(Clone, Copy)]
struct Took {
    mean: f64,
    fastest: f64,
}

/// Enters ratio and cost; gives the ratio.
fn enter([ratio, cost]: [&'static str; 2], [here, apart]: [Took; 2], figures: &mut Run) -> f64 {
    figures.insert(ratio, here.mean / apart.mean);
    figures.insert(cost, (apart.fastest - here.fastest) * 1e6);
    here.mean / apart.mean
}

/// Both sides take turns of a quarter of `turn`, so that a slow moment meets both.
fn both(
    sides: &mut [Side; 2],
    turn: Duration,
    mut call: impl FnMut(&mut Side) -> Result<()>,
) -> Result<[Took; 2]> {
    let mut calls: [Vec<f64>; 2] = Default::default();
    for _ in 0..4 {
        for (calls, side) in calls.iter_mut().zip(sides.iter_mut()) {
            let turn_began = Instant::now();
            while turn_began.elapsed() < turn / 4 {
                let began = Instant::now();
                call(side)?;
                calls.push(began.elapsed().as_secs_f64());
            }
        }
    }
    Ok(calls.map(|calls| Took {
        mean: calls.iter().sum::<f64>() / calls.len() as f64,
        fastest: calls.iter().copied().fold(f64::INFINITY, f64::min),
    }))
}
