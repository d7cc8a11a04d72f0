//! What both sides of `train` learn from.

use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::f32::consts::TAU;
use std::fs;
use std::path::Path;
use undertone_core::{Emotion, FramesView};
use undertone_trainer::training::{Augmentation, Example, Plan};
use undertone_trainer::{Architecture, Interface, Network, Normalisation, Random, Side, TrainingRecipe};

const STEPS: usize = 36;
const DIM: usize = 64;
const SHORTEST_FRAMES: usize = 138;
const LONGEST_FRAMES: usize = 192;
/// Has no factor in common with the number of lengths, so that all of them come equally often.
const LENGTH_STRIDE: usize = 37;
/// Frames in which the utterances of the first label swing once.
const SLOWEST_SWING_FRAMES: f32 = 64.0;

/// A network, how it learns, and synthetic utterances to learn from.
#[derive(Debug, Serialize)]
pub(super) struct Workload {
    pub(super) architecture: Architecture,
    /// The recipe's own, without any change of the utterances.
    pub(super) plan: Plan,
    /// Values per frame.
    pub(super) dim: usize,
    pub(super) labels: usize,
    /// Threads that each side may use.
    pub(super) threads: usize,
    pub(super) utterances: Vec<Utterance>,
}

/// A noise whose level swings as fast as its label says.
#[derive(Debug, Serialize)]
pub(super) struct Utterance {
    pub(super) frames: usize,
    pub(super) label: usize,
    #[serde(skip)]
    values: Vec<f32>,
}

impl Workload {
    /// The network of full context from `recipe`, and as many utterances as make an epoch of [`STEPS`] full steps.
    pub(super) fn new(recipe: &Path, epochs: usize, threads: usize) -> Result<Self> {
        let recipe = TrainingRecipe::read(recipe)?;
        let (architecture, plan) = recipe.side(Side::Whole);
        if matches!(architecture.normalisation, Normalisation::Utterance) {
            bail!("the PyTorch side knows the running normalisation only");
        }
        let labels = Emotion::ALL.len();
        let utterances = (0..STEPS * plan.batch).map(|index| Utterance::new(index, labels)).collect();
        let plan = Plan { epochs, augmentation: unchanged(), ..plan.clone() };
        Ok(Self { architecture: architecture.clone(), plan, dim: DIM, labels, threads, utterances })
    }

    /// The network before it has learnt anything.
    pub(super) fn network(&self) -> Network {
        let interface = Interface { dim: self.dim, labels: self.labels };
        Network::new(self.architecture.clone(), interface, u64::from(self.plan.seed))
    }

    pub(super) fn examples<'a>(&'a self) -> Vec<Example<'a>> {
        let example = |utterance: &'a Utterance| Example {
            utterances: vec![FramesView { dim: self.dim, values: &utterance.values }],
            label: utterance.label,
        };
        self.utterances.iter().map(example).collect()
    }

    /// Writes `workload.json`, this structure, and `frames.f32`, all utterances one behind another, into `folder`.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let bytes = self.utterances.iter().flat_map(|utterance| &utterance.values);
        let bytes: Vec<u8> = bytes.flat_map(|value| value.to_le_bytes()).collect();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))
        };
        write("frames.f32", &bytes)?;
        write("workload.json", &serde_json::to_vec(self)?)
    }
}

impl Utterance {
    fn new(index: usize, labels: usize) -> Self {
        let frames = SHORTEST_FRAMES + index * LENGTH_STRIDE % (LONGEST_FRAMES - SHORTEST_FRAMES + 1);
        let label = index % labels;
        let mut random = Random::new(index as u64, 0);
        let turns_per_frame = (label + 1) as f32 / SLOWEST_SWING_FRAMES;
        let level = |frame: usize| (TAU * turns_per_frame * frame as f32).sin();
        let values = (0..frames * DIM).map(|place| level(place / DIM) + random.normal()).collect();
        Self { frames, label, values }
    }
}

/// Utterances are learnt from as they are.
fn unchanged() -> Augmentation {
    Augmentation {
        crop_frames: LONGEST_FRAMES,
        noise: 0.0,
        gain_db: 0.0,
        equaliser_db: 0.0,
        warp: 0.0,
        masks: 0,
        mask_bins: 0,
        mask_frames: 0,
        mixup: 0.0,
        label_smoothing: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_has_full_steps_of_utterances_of_165_frames_on_average() {
        let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../trainer/recipes/cnn.toml");
        let workload = Workload::new(&recipe, 1, 1).unwrap();
        assert_eq!(workload.utterances.len(), STEPS * workload.plan.batch);
        let frames: usize = workload.utterances.iter().map(|utterance| utterance.frames).sum();
        let mean = frames as f32 / workload.utterances.len() as f32;
        assert!((mean - 165.0).abs() < 1.0, "{mean}");
    }
}
