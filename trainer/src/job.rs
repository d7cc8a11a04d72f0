//! One training from a data folder to a measured network.

use crate::dataset::{HeldOut, Part};
use crate::evaluation::{Answer, Report, answers};
use crate::training::{EpochReport, Plan, Run, Start};
use crate::{Architecture, Interface, Material, Network, Source, TrainError};
use std::fs;
use std::path::{Path, PathBuf};
use undertone_core::Emotion;

const CHECKPOINT_FILE: &str = "checkpoint.safetensors";
const FRAMES_FILE: &str = "frames.cache";

/// What to train on, what, and how.
#[derive(Debug, Clone)]
pub struct Job {
    /// The data folder.
    pub data: PathBuf,
    /// Which rows of its `index.csv`, if it has one.
    pub corpus: String,
    /// Name of the feature recipe.
    pub recipe: String,
    /// Playing speeds at which clips to learn from are heard, in percent.
    pub speeds_percent: Vec<u32>,
    /// Speakers that training never hears.
    pub held_out: HeldOut,
    /// Kind and widths of the network.
    pub architecture: Architecture,
    /// How to learn.
    pub plan: Plan,
    /// Where checkpoints and prepared frames are kept.
    pub work_dir: PathBuf,
}

/// When a job writes checkpoints, and whether it goes on from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoints {
    /// A checkpoint is written after so many epochs, and after the last one. At least 1.
    pub every: usize,
    /// Whether to go on from the work folder's checkpoint if there is one. Else there must be none.
    pub resume: bool,
}

/// A network that has learnt, with the clips it was measured by.
#[derive(Debug)]
pub struct Trained {
    /// The finished run.
    pub run: Run,
    /// The clips.
    pub material: Material,
}

impl Job {
    /// Trains to the end; `progress` hears of every epoch.
    pub fn train(
        &self,
        checkpoints: Checkpoints,
        progress: &mut dyn FnMut(&EpochReport),
    ) -> Result<Trained, TrainError> {
        fs::create_dir_all(&self.work_dir).map_err(TrainError::file("make", &self.work_dir))?;
        let material = self.material()?;
        let mut run = self.start(&material, checkpoints.resume)?;
        let examples = material.examples();
        let (_, trials) = material.trials(Part::Validation);
        let labels: Vec<usize> = trials.iter().map(|trial| trial.label).collect();
        let validate = |network: &Network| Ok(accuracy(&answers(network, &trials)?, &labels));
        while !run.is_finished() {
            progress(run.epoch(&examples, validate)?);
            if run.is_finished() || run.reports().len().is_multiple_of(checkpoints.every.max(1)) {
                run.save(&self.checkpoint())?;
            }
        }
        drop(examples);
        Ok(Trained { run, material })
    }

    /// Takes up the finished training of the work folder, to measure it again.
    pub fn trained(&self) -> Result<Trained, TrainError> {
        let material = self.material()?;
        let run = Run::load(&self.checkpoint())?;
        if run.is_finished() {
            Ok(Trained { run, material })
        } else {
            Err(self.refusal("it is not finished"))
        }
    }

    fn material(&self) -> Result<Material, TrainError> {
        let cache = self.work_dir.join(FRAMES_FILE);
        let source =
            Source { folder: &self.data, corpus: &self.corpus, held_out: &self.held_out, cache: &cache };
        Material::load(&source, &self.recipe, &self.speeds_percent)
    }

    fn start(&self, material: &Material, resume: bool) -> Result<Run, TrainError> {
        let path = self.checkpoint();
        if !path.is_file() {
            let deviation = material.deviation();
            let interface = Interface { dim: deviation.len(), labels: Emotion::ALL.len() };
            let mut network = Network::new(self.architecture.clone(), interface, u64::from(self.plan.seed));
            network.set_input_deviation(&deviation);
            return Ok(Run::new(Start { network, plan: self.plan.clone() }));
        }
        if !resume {
            return Err(self.refusal("it is there already: resume it, or choose another work folder"));
        }
        let run = Run::load(&path)?;
        if *run.plan() != self.plan || *run.averaged().architecture() != self.architecture {
            return Err(self.refusal("it was made with other settings"));
        }
        Ok(run)
    }

    fn checkpoint(&self) -> PathBuf {
        self.work_dir.join(CHECKPOINT_FILE)
    }

    fn refusal(&self, reason: &str) -> TrainError {
        TrainError::Checkpoint { path: self.checkpoint(), reason: reason.to_owned() }
    }
}

impl Trained {
    /// Measures the network: the temperature by the validation clips, the figures by the test clips.
    pub fn report(&self) -> Result<Report, TrainError> {
        Report::measure(&self.run, &self.material)
    }

    /// Writes the bundle `NAME/VERSION` to `dir`, whose last two parts are name and version.
    pub fn write_bundle(&self, dir: &Path, sheet: &crate::DataSheet) -> Result<Report, TrainError> {
        let report = self.report()?;
        crate::shipment::write(dir, self, &report, sheet)?;
        Ok(report)
    }
}

/// Share of clips whose most probable label is right; `None` when there is no clip.
fn accuracy(answers: &[Answer], labels: &[usize]) -> Option<f32> {
    let right = |(answer, label): &(&Answer, &usize)| answer.top(1.0).is_some_and(|(top, _)| top == **label);
    let count = answers.iter().zip(labels).filter(right).count();
    (!answers.is_empty()).then(|| count as f32 / answers.len() as f32)
}
