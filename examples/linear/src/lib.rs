//! The smallest classifier: one score per label, a weighted sum of the frames' means.
//!
//! The bundle's graph is a JSON file `{"weights": [[...], ...], "bias": [...]}`: for each label one weight per value of a
//! frame, and one number to add.
#![deny(unsafe_code)]

use serde::Deserialize;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use undertone_plugin_sdk::{
    Call, ClassifierInstance, ClassifierLimits, ClassifierPlugin, Failure, Host, Item, Plugin, Shape,
    export_plugin,
};

export_plugin!(classifier Linear);

/// What the host says.
#[derive(Deserialize)]
struct Configuration {
    graph: PathBuf,
    dim: usize,
    labels: Vec<String>,
}

/// What was learnt.
#[derive(Deserialize)]
struct Weights {
    weights: Vec<Vec<f32>>,
    bias: Vec<f32>,
}

/// One set of weights; its instances share them.
struct Linear {
    dim: usize,
    weights: Arc<Weights>,
}

impl Plugin for Linear {
    const NAME: &'static str = "linear";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn open(_host: Host, configuration: &str) -> Result<Self, Failure> {
        let told: Configuration =
            serde_json::from_str(configuration).map_err(|why| Failure::refused(&why))?;
        let refused = |what: String| Failure::Refused(format!("{}: {what}", told.graph.display()));
        let text = fs::read_to_string(&told.graph).map_err(|why| refused(why.to_string()))?;
        let weights: Weights = serde_json::from_str(&text).map_err(|why| refused(why.to_string()))?;
        let (dim, labels) = (told.dim, told.labels.len());
        if weights.weights.len() != labels || weights.bias.len() != labels {
            return Err(refused(format!("there must be {labels} rows of weights and {labels} biases")));
        }
        if dim == 0 || weights.weights.iter().any(|row| row.len() != dim) {
            return Err(refused(format!("every row of weights must have {dim} of them, and at least one")));
        }
        Ok(Self { dim, weights: Arc::new(weights) })
    }
}

impl ClassifierPlugin for Linear {
    type Instance = Scorer;

    fn shape(&self) -> Shape {
        Shape { dim: self.dim as u32, labels: self.weights.bias.len() as u32 }
    }

    fn new_instance(&self) -> Result<Scorer, Failure> {
        let labels = self.weights.bias.len();
        Ok(Scorer {
            weights: Arc::clone(&self.weights),
            mean: vec![0.0; self.dim],
            scores: vec![0.0; labels],
        })
    }
}

/// One worker's memory.
struct Scorer {
    weights: Arc<Weights>,
    mean: Vec<f32>,
    scores: Vec<f32>,
}

impl Scorer {
    fn score(&mut self, frames: &[f32]) {
        let count = (frames.len() / self.mean.len()) as f32;
        self.mean.fill(0.0);
        for frame in frames.chunks_exact(self.mean.len()) {
            self.mean.iter_mut().zip(frame).for_each(|(mean, value)| *mean += value / count);
        }
        let rows = self.weights.weights.iter().zip(&self.weights.bias);
        for (score, (row, bias)) in self.scores.iter_mut().zip(rows) {
            *score = bias + row.iter().zip(&self.mean).map(|(weight, mean)| weight * mean).sum::<f32>();
        }
    }
}

impl ClassifierInstance for Scorer {
    fn activate(&mut self, _limits: ClassifierLimits) -> Result<(), Failure> {
        Ok(())
    }

    fn classify(&mut self, _call: Call<'_>, items: &mut [Item]) -> Result<(), Failure> {
        for item in items {
            if item.dim() == self.mean.len() && item.frame_count() > 0 {
                self.score(item.frames());
                item.set_scores(&self.scores);
            } else {
                item.fail(&Failure::refused("it has no frames, or frames of another width"));
            }
        }
        Ok(())
    }
}
