//! One training from a data folder to two networks.

use crate::dataset::{HeldOut, Part};
use crate::evaluation::{ClipScores, score};
use crate::protocol::FoldId;
use crate::recipe::Member;
use crate::training::{EpochReport, Run, Start};
use crate::{Interface, Material, Network, Source, TrainError, TrainingRecipe};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;
use undertone_bundle::Checksum;
use undertone_core::Emotion;

/// What to train on, what, and how.
#[derive(Debug, Clone)]
pub struct Job {
    /// The data folder.
    pub data: PathBuf,
    /// Which rows of its `index.csv`, if it has one.
    pub corpus: String,
    /// The networks and their plans.
    pub recipe: TrainingRecipe,
    /// Which clips are held out.
    pub split: SplitRule,
    /// Seed of everything random.
    pub seed: u32,
    /// Where prepared frames are kept; shared by all jobs on the same clips.
    pub cache_dir: PathBuf,
    /// Where checkpoints are kept.
    pub work_dir: PathBuf,
}

/// Which clips are held out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SplitRule {
    /// A fold of a protocol.
    Fold(FoldId),
    /// All clips of some speakers.
    Speakers(HeldOut),
}

/// When a job writes checkpoints, and whether it goes on from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoints {
    /// A checkpoint is written after so many epochs, and after the last one. At least 1.
    pub every: usize,
    /// Whether to go on from the work folder's checkpoints if there are any. Else there must be none.
    pub resume: bool,
}

/// What a job tells while it works.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Which network learns.
    pub member: Member,
    /// Epochs of it in all.
    pub epochs: usize,
    /// The epoch that ended.
    pub report: &'a EpochReport,
    /// How long it took.
    pub seconds: f64,
}

/// Networks that have learnt, with the clips they are measured by.
#[derive(Debug)]
pub struct Trained {
    /// The finished run of the network of full context.
    pub whole: Run,
    /// The finished run of the causal network, unless the other one was trained alone.
    pub stream: Option<Run>,
    /// The clips.
    pub material: Material,
}

impl Job {
    /// Trains both networks to the end, the causal one with the other as its teacher.
    pub fn train(
        &self,
        checkpoints: Checkpoints,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Trained, TrainError> {
        let Trained { whole, material, .. } = self.train_whole(checkpoints, progress)?;
        let teacher = whole.averaged();
        let stream = self.run(Member::Stream, &material, Some(teacher), (checkpoints, progress))?;
        Ok(Trained { whole, stream: Some(stream), material })
    }

    /// Trains the network of full context alone; for trying out a recipe.
    pub fn train_whole(
        &self,
        checkpoints: Checkpoints,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Trained, TrainError> {
        fs::create_dir_all(&self.work_dir).map_err(TrainError::file("make", &self.work_dir))?;
        let material = self.material()?;
        let whole = self.run(Member::Whole, &material, None, (checkpoints, progress))?;
        Ok(Trained { whole, stream: None, material })
    }

    /// Takes up the finished trainings of the work folder, to measure them again.
    pub fn trained(&self) -> Result<Trained, TrainError> {
        let material = self.material()?;
        let load = |member: Member, teacher| {
            let run = self.start(member, &material, teacher, true)?;
            if run.is_finished() { Ok(run) } else { Err(self.refusal(member, "it is not finished")) }
        };
        let whole = load(Member::Whole, None)?;
        let taught = self.checkpoint(Member::Stream).is_file();
        let stream = taught.then(|| load(Member::Stream, Some(whole.averaged()))).transpose()?;
        Ok(Trained { whole, stream, material })
    }

    fn run(
        &self,
        member: Member,
        material: &Material,
        teacher: Option<Network>,
        (checkpoints, progress): (Checkpoints, &mut dyn FnMut(Progress<'_>)),
    ) -> Result<Run, TrainError> {
        let mut run = self.start(member, material, teacher, checkpoints.resume)?;
        let examples = material.examples();
        let (_, trials) = material.trials(Part::Validation);
        let labels: Vec<usize> = trials.iter().map(|trial| trial.label).collect();
        let validate = |network: &Network| Ok(accuracy(&score(network, &trials)?, &labels));
        let epochs = run.plan().epochs;
        while !run.is_finished() {
            let before = Instant::now();
            run.epoch(&examples, validate)?;
            let seconds = before.elapsed().as_secs_f64();
            run.add_seconds(seconds);
            if let Some(report) = run.reports().last() {
                progress(Progress { member, epochs, report, seconds });
            }
            if run.is_finished() || run.reports().len().is_multiple_of(checkpoints.every.max(1)) {
                run.save(&self.checkpoint(member))?;
            }
        }
        Ok(run)
    }

    fn material(&self) -> Result<Material, TrainError> {
        fs::create_dir_all(&self.cache_dir).map_err(TrainError::file("make", &self.cache_dir))?;
        let source = Source {
            folder: &self.data,
            corpus: &self.corpus,
            more_corpora: &self.recipe.more_corpora,
            split: &self.split,
            cache_dir: &self.cache_dir,
        };
        Material::load(&source, &self.recipe.features, &self.recipe.speeds_percent)
    }

    fn start(
        &self,
        member: Member,
        material: &Material,
        teacher: Option<Network>,
        resume: bool,
    ) -> Result<Run, TrainError> {
        let path = self.checkpoint(member);
        let (architecture, _) = self.recipe.member(member);
        let plan = self.recipe.plan(member, &self.split, self.seed);
        let origin = origin(material, teacher.as_ref());
        if !path.is_file() {
            let scale = material.scale();
            let interface = Interface { dim: scale.mean.len(), labels: Emotion::ALL.len() };
            let mut network = Network::new(architecture.clone(), interface, u64::from(plan.seed));
            network.set_input_scale(&scale.mean, &scale.deviation);
            return Ok(Run::new(Start { network, plan, teacher, origin }));
        }
        if !resume {
            let reason = "it is there already: resume it, or choose another work folder";
            return Err(self.refusal(member, reason));
        }
        let run = Run::load(&path, teacher)?;
        if *run.plan() != plan || run.averaged().architecture() != architecture {
            return Err(self.refusal(member, "it was made with other settings"));
        }
        if run.origin() != origin {
            return Err(self.refusal(member, "it learnt from other clips or from another teacher"));
        }
        Ok(run)
    }

    fn checkpoint(&self, member: Member) -> PathBuf {
        self.work_dir.join(format!("{}.safetensors", member.name()))
    }

    fn refusal(&self, member: Member, reason: &str) -> TrainError {
        TrainError::Checkpoint { path: self.checkpoint(member), reason: reason.to_owned() }
    }
}

/// Digest of everything that is learnt from.
fn origin(material: &Material, teacher: Option<&Network>) -> String {
    let mut bytes = material.description().into_bytes();
    let taught = teacher.into_iter().flat_map(|teacher| teacher.parameters().iter());
    bytes.extend(taught.flat_map(|(_, parameter)| &parameter.values).flat_map(|value| value.to_le_bytes()));
    Checksum::of(&bytes).to_string()
}

/// Share of clips whose most probable label is right; `None` when there is no clip.
fn accuracy(scores: &[ClipScores], labels: &[usize]) -> Option<f32> {
    let right =
        |(scores, label): &(&ClipScores, &usize)| scores.top(1.0).is_some_and(|(top, _)| top == **label);
    let count = scores.iter().zip(labels).filter(right).count();
    (!scores.is_empty()).then(|| count as f32 / scores.len() as f32)
}
