//! The bare work: the same features and the same ONNX sessions as in the server, called in a loop on one thread.

mod lane;
mod script;

use crate::scored::all_scored;
use crate::serving::{ServerProcess, own_thread_seconds};
use crate::{Options, Run};
use anyhow::Result;
use lane::Lane;
use script::Asked;
use std::sync::Arc;
use undertone_audio::{AudioLimits, Endpointing, Segmenter, read_all};
use undertone_core::{Advance, Classifier, FramesView, Model, PIPELINE_RATE, PluginError, StreamClassifier};
use undertone_plugin_host::LoadedModel;

/// What `undertone bench` sends when it is given no recording.
const CLIP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/demo/undertone-demo.wav");
/// As in `undertone bench`: silence behind each repetition, and audio per message.
const PAUSE_SAMPLES: usize = 16_000;
const PIECE_SAMPLES: usize = 1600;
const REPETITIONS: usize = 6;
/// Streams that go through the loop side by side; the best number counts.
const LANES: [usize; 4] = [1, 4, 16, 32];
/// Linux tells a thread's time only to a tick of some milliseconds, so everything is done as often as makes seconds of it.
const STREAMS: usize = 32;

/// Features and scores of one stream's audio, without a server.
pub(crate) struct BareWork {
    model: Arc<LoadedModel>,
    samples: Vec<f32>,
    asked: Vec<Asked>,
    whole: Box<dyn Classifier>,
    stream: Option<Box<dyn StreamClassifier>>,
    /// The best number of streams side by side.
    lanes: usize,
}

/// What a second of audio costs, in seconds of processor time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BareCost {
    /// Features and scores.
    pub(crate) work: f64,
    /// Finding where somebody speaks, which the server does besides.
    pub(crate) segmenter: f64,
}

impl BareWork {
    /// The work that `server` does for its model `name`; the bundle is loaded here once more.
    pub(crate) fn new(options: &Options, server: &ServerProcess, name: &str) -> Result<Self> {
        let samples = track()?;
        let (asked, version) = script::requests(server, name, &samples)?;
        let models = options.models();
        let model = models.resolve(&format!("{name}@{version}"))?.clone();
        let stream = model.streaming().map(|_| model.new_stream_classifier()).transpose()?;
        let mut work =
            Self { whole: model.new_classifier()?, stream, samples, asked, lanes: LANES[0], model };
        work.choose_lanes()?;
        Ok(work)
    }

    /// Name, version and whether it carries state.
    pub(crate) fn model(&self) -> String {
        let kind = if self.stream.is_some() { "carries state" } else { "scores utterances anew" };
        format!("{} ({kind})", self.model.reference())
    }

    /// Streams side by side at the best number.
    pub(crate) fn lanes(&self) -> usize {
        self.lanes
    }

    /// Updates and finals per second of audio.
    pub(crate) fn answers_per_second(&self) -> f64 {
        self.asked.len() as f64 / PIPELINE_RATE.seconds_of(self.samples.len() as u64)
    }

    /// What a second of audio costs at the best number of streams side by side.
    pub(crate) fn cost(&mut self) -> Result<BareCost> {
        Ok(BareCost { work: self.work(self.lanes)?, segmenter: self.segmenter()? })
    }

    fn choose_lanes(&mut self) -> Result<()> {
        let mut best = f64::INFINITY;
        // The first one warms up and is taken twice.
        self.go_through(LANES[0])?;
        for lanes in LANES {
            let cost = self.work(lanes)?;
            if cost < best {
                (best, self.lanes) = (cost, lanes);
            }
        }
        Ok(())
    }

    /// Processor time per second of audio with `lanes` streams side by side.
    fn work(&mut self, lanes: usize) -> Result<f64> {
        let begun = own_thread_seconds()?;
        for _ in 0..STREAMS / lanes {
            self.go_through(lanes)?;
        }
        Ok(self.per_second(own_thread_seconds()? - begun))
    }

    /// The audio once, with `lanes` streams that hear the same and go in step.
    fn go_through(&mut self, lanes: usize) -> Result<()> {
        let mut streams: Vec<Lane> =
            (0..lanes).map(|_| Lane::new(self.model.as_ref())).collect::<Result<_, _>>()?;
        let mut asked = self.asked.iter().peekable();
        let (mut heard, mut logits) = (0, Vec::new());
        for piece in self.samples.chunks(PIECE_SAMPLES) {
            for stream in &mut streams {
                stream.hear(piece)?;
            }
            heard += piece.len() as u64;
            while let Some(request) = asked.next_if(|request| request.heard <= heard) {
                logits.clear();
                match &mut self.stream {
                    Some(classifier) if !request.is_final => {
                        go_on(classifier.as_mut(), &mut streams, request, &mut logits)?;
                    }
                    _ => {
                        let batch: Vec<FramesView<'_>> =
                            streams.iter().map(|stream| stream.utterance(request)).collect();
                        self.whole.classify(&batch, &mut logits)?;
                    }
                }
                all_scored(&logits)?;
                if request.is_final {
                    streams.iter_mut().for_each(|stream| stream.forget(request));
                }
            }
        }
        Ok(())
    }

    fn segmenter(&self) -> Result<f64> {
        let mut events = Vec::new();
        let begun = own_thread_seconds()?;
        for _ in 0..STREAMS {
            let mut segmenter = Segmenter::new(&Endpointing::default());
            for piece in self.samples.chunks(PIECE_SAMPLES) {
                events.clear();
                segmenter.push(piece, &mut events);
            }
        }
        Ok(self.per_second(own_thread_seconds()? - begun))
    }

    /// Of what [`STREAMS`] streams took, the share of a second of audio.
    fn per_second(&self, seconds: f64) -> f64 {
        seconds / (PIPELINE_RATE.seconds_of(self.samples.len() as u64) * STREAMS as f64)
    }
}

/// One batch of all streams that have new frames.
fn go_on(
    classifier: &mut dyn StreamClassifier,
    streams: &mut [Lane],
    request: &Asked,
    logits: &mut Vec<Result<Vec<f32>, PluginError>>,
) -> Result<()> {
    let mut batch: Vec<Advance<'_>> = streams.iter_mut().filter_map(|stream| stream.news(request)).collect();
    if !batch.is_empty() {
        classifier.advance(&mut batch, logits)?;
    }
    Ok(())
}

/// The audio of a stream: the clip with silence behind it, again and again.
fn track() -> Result<Vec<f32>> {
    let mut clip = read_all(&std::fs::read(CLIP)?, None, AudioLimits::default())?;
    clip.resize((clip.len() + PAUSE_SAMPLES).next_multiple_of(PIECE_SAMPLES), 0.0);
    Ok(clip.repeat(REPETITIONS))
}

impl BareCost {
    /// The figures under their names.
    pub(crate) fn figures(self, names: [&'static str; 2]) -> Run {
        Run::from([(names[0], self.work * 1e3), (names[1], self.segmenter * 1e3)])
    }
}
