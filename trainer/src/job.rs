//! One training from a data folder to two networks.

use crate::dataset::{HeldOut, Part};
use crate::evaluation::{ClipScores, score};
use crate::protocol::FoldId;
use crate::recipe::Side;
use crate::training::{EpochReport, Plan, Run, Start};
use crate::{Ensemble, Interface, Material, Network, Outlook, Source, TrainError, TrainingRecipe};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;
use undertone_bundle::Checksum;
use undertone_core::Emotion;

const MEMBER_SEEDS_APART: u32 = 10_000;

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
    /// Which side learns.
    pub side: Side,
    /// Which network of it, from 1.
    pub member: usize,
    /// Networks of it in all.
    pub members: usize,
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
    /// The finished runs of the networks of full context; at least one.
    pub whole: Vec<Run>,
    /// The finished run of the causal network, unless the others were trained alone.
    pub stream: Option<Run>,
    /// The clips.
    pub material: Material,
}

impl Job {
    /// Trains all networks to the end, the causal one with the others as its teacher.
    pub fn train(
        &self,
        checkpoints: Checkpoints,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Trained, TrainError> {
        let trained = self.train_whole(checkpoints, progress)?;
        let teacher = Some(trained.ensemble());
        let mut run = self.start((Side::Stream, 1), &trained.material, teacher, checkpoints.resume)?;
        self.finish(&mut run, (Side::Stream, 1), &trained.material, (checkpoints, progress))?;
        Ok(Trained { stream: Some(run), ..trained })
    }

    /// Trains the networks of full context alone; for trying out a recipe.
    pub fn train_whole(
        &self,
        checkpoints: Checkpoints,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Trained, TrainError> {
        fs::create_dir_all(&self.work_dir).map_err(TrainError::file("make", &self.work_dir))?;
        let material = self.material()?;
        let mut whole = Vec::with_capacity(self.recipe.ensemble);
        for member in 1..=self.recipe.ensemble {
            let place = (Side::Whole, member);
            let mut run = self.start(place, &material, None, checkpoints.resume)?;
            self.finish(&mut run, place, &material, (checkpoints, progress))?;
            whole.push(run);
        }
        Ok(Trained { whole, stream: None, material })
    }

    /// What is left to train when the work folder's checkpoints are taken up, with the causal network or without it.
    pub fn outlook(&self, with_stream: bool) -> Result<Outlook, TrainError> {
        let left = |place: (Side, usize)| {
            let path = self.checkpoint(place);
            let done = if path.is_file() { Run::load(&path, None)?.reports().len() } else { 0 };
            Ok::<usize, TrainError>(self.plan(place).epochs.saturating_sub(done))
        };
        let mut outlook = Outlook::default();
        for member in 1..=self.recipe.ensemble {
            outlook.whole += left((Side::Whole, member))?;
        }
        if with_stream {
            outlook.stream = left((Side::Stream, 1))?;
        }
        Ok(outlook)
    }

    /// Takes up the finished trainings of the work folder, to measure them again.
    pub fn trained(&self) -> Result<Trained, TrainError> {
        let material = self.material()?;
        let load = |place: (Side, usize), material: &Material, teacher| {
            if !self.checkpoint(place).is_file() {
                return Err(TrainError::Untrained { path: self.checkpoint(place) });
            }
            let run = self.start(place, material, teacher, true)?;
            if run.is_finished() { Ok(run) } else { Err(self.refusal(place, "it is not finished")) }
        };
        let mut whole = Vec::with_capacity(self.recipe.ensemble);
        for member in 1..=self.recipe.ensemble {
            whole.push(load((Side::Whole, member), &material, None)?);
        }
        let mut trained = Trained { whole, stream: None, material };
        if self.checkpoint((Side::Stream, 1)).is_file() {
            trained.stream = Some(load((Side::Stream, 1), &trained.material, Some(trained.ensemble()))?);
        }
        Ok(trained)
    }

    fn finish(
        &self,
        run: &mut Run,
        place: (Side, usize),
        material: &Material,
        (checkpoints, progress): (Checkpoints, &mut dyn FnMut(Progress<'_>)),
    ) -> Result<(), TrainError> {
        let parts = parts_learnt(place);
        let examples = material.examples(parts);
        let (_, mut trials) = material.trials(Part::Validation);
        if parts.contains(&Part::Validation) {
            trials.clear();
        }
        let labels: Vec<usize> = trials.iter().map(|trial| trial.label).collect();
        let validate =
            |network: &Network| Ok(accuracy(&score(&Ensemble::from(network.clone()), &trials)?, &labels));
        let ((side, member), epochs) = (place, run.plan().epochs);
        let members = if side == Side::Whole { self.recipe.ensemble } else { 1 };
        while !run.is_finished() {
            let before = Instant::now();
            run.epoch(&examples, validate)?;
            let seconds = before.elapsed().as_secs_f64();
            run.add_seconds(seconds);
            if let Some(report) = run.reports().last() {
                progress(Progress { side, member, members, epochs, report, seconds });
            }
            if run.is_finished() || run.reports().len().is_multiple_of(checkpoints.every.max(1)) {
                run.save(&self.checkpoint(place))?;
            }
        }
        Ok(())
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
        Material::load(&source, &self.recipe.features, self.recipe.playings())
    }

    fn start(
        &self,
        place: (Side, usize),
        material: &Material,
        teacher: Option<Ensemble>,
        resume: bool,
    ) -> Result<Run, TrainError> {
        let path = self.checkpoint(place);
        let (architecture, _) = self.recipe.side(place.0);
        let plan = self.plan(place);
        let origin = origin(material, parts_learnt(place), teacher.as_ref());
        if !path.is_file() {
            let scale = material.scale();
            let interface = Interface { dim: scale.mean.len(), labels: Emotion::ALL.len() };
            let mut network = Network::new(architecture.clone(), interface, u64::from(plan.seed));
            network.set_input_scale(&scale.mean, &scale.deviation);
            return Ok(Run::new(Start { network, plan, teacher, origin }));
        }
        if !resume {
            let reason = "it is there already, and is not to be resumed";
            return Err(self.refusal(place, reason));
        }
        let run = Run::load(&path, teacher)?;
        if *run.plan() != plan || run.averaged().architecture() != architecture {
            return Err(self.refusal(place, "it was made with other settings"));
        }
        if run.origin() != origin {
            return Err(self.refusal(place, "it learnt from other clips or from another teacher"));
        }
        Ok(run)
    }

    fn plan(&self, (side, member): (Side, usize)) -> Plan {
        self.recipe.plan(side, &self.split, member_seed(self.seed, member))
    }

    fn checkpoint(&self, (side, member): (Side, usize)) -> PathBuf {
        let number = if member == 1 { String::new() } else { format!("-{member}") };
        self.work_dir.join(format!("{}{number}.safetensors", side.name()))
    }

    fn refusal(&self, place: (Side, usize), reason: &str) -> TrainError {
        TrainError::Checkpoint { path: self.checkpoint(place), reason: reason.to_owned() }
    }
}

impl Trained {
    /// The networks of full context.
    pub fn ensemble(&self) -> Ensemble {
        Ensemble::new(self.whole.iter().map(Run::averaged).collect())
    }
}

/// Seeds of an ensemble's members are far apart, so that two seeds of a job share none.
fn member_seed(seed: u32, member: usize) -> u32 {
    seed.wrapping_add((member as u32 - 1).wrapping_mul(MEMBER_SEEDS_APART))
}

/// What a network learns from. Temperature and thresholds are set by the first network of full context, and by the
/// causal one, so these do without the validation clips; the others of an ensemble need not.
pub(crate) fn parts_learnt((side, member): (Side, usize)) -> &'static [Part] {
    match (side, member) {
        (Side::Whole, 2..) => &[Part::Training, Part::Validation],
        _ => &[Part::Training],
    }
}

/// Digest of everything that is learnt from.
fn origin(material: &Material, parts: &[Part], teacher: Option<&Ensemble>) -> String {
    let mut bytes = material.description().into_bytes();
    if parts.contains(&Part::Validation) {
        bytes.extend(b"and the validation clips");
    }
    let teachers = teacher.into_iter().flat_map(Ensemble::members);
    let taught = teachers.flat_map(|teacher| teacher.parameters().iter());
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
