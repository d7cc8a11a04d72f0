//! How long a recipe's networks take for a clip.

use crate::facts::{STREAM, WHOLE};
use crate::{Ensemble, Random, TrainError, TrainingRecipe};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Instant;
use undertone_core::Frames;
use undertone_features::{FeatureExtractor, Recipe};

const FILE: &str = "timing.json";
const SAMPLES_PER_SECOND: usize = 16_000;
const SECONDS: usize = 3;
const LOUDNESS: f32 = 0.1;
/// An odd number, so that there is a middle one.
const REPETITIONS: usize = 21;

/// How long the graphs of a recipe take for a clip, features included. Who measured otherwise than [`Timing::measure`], as with
/// ONNX Runtime, may write the file, and say how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// How it was measured, in a sentence or two for readers.
    pub how: String,
    /// Milliseconds for a clip, by the graph's name in the report.
    pub milliseconds: BTreeMap<String, f64>,
}

impl Timing {
    /// The graphs of a recipe, as reports call them: the one that scores whole utterances, and the one that carries state.
    pub const GRAPHS: [&str; 2] = [WHOLE, STREAM];

    /// What reports call a graph when its weights are in 8 bits.
    pub fn in_8_bits(graph: &str) -> String {
        format!("{graph}, 8 bits")
    }

    /// Measures the networks of `recipe` on this thread and on as many others as the pool has that it runs in. What they have
    /// learnt does not change how long they take.
    pub fn measure(recipe: &TrainingRecipe) -> Result<Self, TrainError> {
        let mut random = Random::new(0, 0);
        let samples: Vec<f32> =
            (0..SECONDS * SAMPLES_PER_SECOND).map(|_| LOUDNESS * random.normal()).collect();
        let time = |networks: &Ensemble| milliseconds(&recipe.features, networks, &samples);
        let (whole, stream) = (time(&recipe.untrained())?, time(&recipe.untrained_stream().into())?);
        let milliseconds = [(WHOLE, whole), (STREAM, stream)].map(|(name, time)| (name.to_owned(), time));
        let how = format!(
            "Time for {SECONDS} s of speech on one thread, features included: the median of {REPETITIONS} runs of the trainer's \
             own forward pass. A server that computes with ONNX Runtime takes another time."
        );
        Ok(Self { how, milliseconds: milliseconds.into() })
    }

    /// What was measured for the evidence in `folder`, if anything was.
    pub fn read(folder: &Path) -> Result<Option<Self>, TrainError> {
        let path = folder.join(FILE);
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| {
                TrainError::Unrelated(format!("{} holds no times: {error}", path.display()))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(TrainError::file("read", &path)(error)),
        }
    }

    /// Puts it beside the evidence in `folder`.
    pub fn write(&self, folder: &Path) -> Result<(), TrainError> {
        let path = folder.join(FILE);
        let text = serde_json::to_string_pretty(self).expect("numbers are JSON");
        fs::write(&path, text + "\n").map_err(TrainError::file("write", &path))
    }
}

/// The middle one of some measurements.
fn milliseconds(features: &str, networks: &Ensemble, samples: &[f32]) -> Result<f64, TrainError> {
    let refuse = || TrainError::Recipe { name: features.to_owned() };
    let recipe = Recipe::named(features).ok_or_else(refuse)?;
    let mut times = Vec::with_capacity(REPETITIONS);
    for _ in 0..REPETITIONS {
        let before = Instant::now();
        let mut extractor = FeatureExtractor::new(&recipe).map_err(|_| refuse())?;
        let mut frames = Frames::new(extractor.layout().dim);
        extractor.push(samples, &mut frames);
        extractor.finish(&mut frames);
        networks.logits(&[frames.view(0..frames.len())])?;
        times.push(before.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[REPETITIONS / 2])
}
