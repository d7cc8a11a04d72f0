//! The training loop.

use super::average::follow;
use super::batches::{Example, Lesson, School, order};
use super::objective::{cross_entropy, softmax};
use super::optimiser::{AdamW, clip};
use super::plan::Plan;
use super::schedule::learning_rate;
use crate::network::{Pass, Phase};
use crate::{Ensemble, Network, Parameters, Random, TrainError};
use serde::{Deserialize, Serialize};

/// Share of a batch in the running statistics.
const STATISTIC_SHARE: f32 = 0.1;
/// Keeps the random numbers of dropout apart from those of the examples.
const DROPOUT_STREAM: u64 = 1 << 32;

/// What one epoch did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochReport {
    /// Which epoch, from 1.
    pub epoch: usize,
    /// Mean loss.
    pub loss: f32,
    /// Share of (changed and mixed) training utterances named right while learning.
    pub training_accuracy: f32,
    /// Share of validation clips named right by the averaged parameters, when it was measured.
    pub validation_accuracy: Option<f32>,
}

/// A training under way. Everything the next epoch depends on is here, so a run that was stopped between two
/// epochs and taken up again gives the same parameters as one that was not.
#[derive(Debug, Clone)]
pub struct Run {
    pub(super) plan: Plan,
    pub(super) network: Network,
    pub(super) average: Parameters,
    pub(super) optimiser: AdamW,
    pub(super) reports: Vec<EpochReport>,
    pub(super) teacher: Option<Ensemble>,
    pub(super) seconds: f64,
    pub(super) origin: String,
}

/// Where a run starts from.
#[derive(Debug)]
pub struct Start {
    /// The network with random parameters.
    pub network: Network,
    /// How to learn.
    pub plan: Plan,
    /// Networks of full context and the same normalisation to learn from, besides the labels.
    pub teacher: Option<Ensemble>,
    /// Tells clips, their parts and the teacher apart from others; a run goes on with its own only.
    pub origin: String,
}

impl Run {
    /// A run that has learnt nothing yet.
    pub fn new(start: Start) -> Self {
        let average = start.network.parameters().clone();
        let Start { network, plan, teacher, origin } = start;
        Self {
            plan,
            network,
            average,
            optimiser: AdamW::default(),
            reports: Vec::new(),
            teacher,
            seconds: 0.0,
            origin,
        }
    }

    /// How it learns.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What the epochs so far did.
    pub fn reports(&self) -> &[EpochReport] {
        &self.reports
    }

    /// What it learns from, as it was told when it started.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Time spent on the epochs so far.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Adds the duration of an epoch; the clock is the caller's.
    pub fn add_seconds(&mut self, seconds: f64) {
        self.seconds += seconds;
    }

    /// Whether all epochs are done.
    pub fn is_finished(&self) -> bool {
        self.reports.len() >= self.plan.epochs
    }

    /// The network with the averaged parameters: what is evaluated and shipped.
    pub fn averaged(&self) -> Network {
        let mut network = self.network.clone();
        *network.parameters_mut() = self.average.clone();
        network
    }

    /// Hears every example once. `validate` measures the averaged network afterwards.
    pub fn epoch(
        &mut self,
        examples: &[Example<'_>],
        validate: impl FnOnce(&Network) -> Result<Option<f32>, TrainError>,
    ) -> Result<&EpochReport, TrainError> {
        let epoch = self.reports.len() + 1;
        let mut random = Random::new(u64::from(self.plan.seed), epoch as u64);
        let steps = order(examples.len(), self.plan.batch, &mut random);
        let seeds: Vec<u64> = steps.iter().map(|_| random.next_u64()).collect();
        let (plan, model) = (self.plan.clone(), self.network.clone());
        let school = School { examples, plan: &plan, network: &model };
        let prepare = |index: usize| {
            let step = steps.get(index)?;
            Some(school.lesson(step, &mut Random::new(seeds[index], 0)))
        };
        let (mut loss, mut right, mut heard) = (0.0, 0, 0);
        let mut lesson = prepare(0);
        for (index, seed) in seeds.iter().enumerate() {
            let Some(current) = lesson else { break };
            let dropout = Random::new(*seed, DROPOUT_STREAM);
            heard += current.labels.len();
            // The next lesson is prepared while this one is learnt.
            let (outcome, next) =
                rayon::join(|| self.step(current, dropout, steps.len()), || prepare(index + 1));
            lesson = next;
            loss += outcome.loss / steps.len() as f32;
            right += outcome.right;
        }
        if !loss.is_finite() {
            return Err(TrainError::Diverged { epoch });
        }
        let training_accuracy = right as f32 / heard.max(1) as f32;
        let validation_accuracy = validate(&self.averaged())?;
        self.reports.push(EpochReport { epoch, loss, training_accuracy, validation_accuracy });
        Ok(&self.reports[epoch - 1])
    }

    fn step(&mut self, lesson: Lesson, dropout: Random, steps_per_epoch: usize) -> Outcome {
        let shares = self.shares(&lesson);
        let mut pass = Pass::new(self.network.parameters(), Phase::Training(dropout));
        let (logits, trace) = self.network.forward(&mut pass, lesson.batch);
        let statistics = pass.into_statistics();
        let right = count_right(&logits.values, &lesson.labels);
        let (loss, slope) = cross_entropy(&logits, &shares);
        let mut gradients = self.network.backward(trace, &slope).by_name;
        clip(&mut gradients, self.plan.gradient_clip);
        let step = self.optimiser.steps as usize;
        let rate = learning_rate(self.plan.learning_rate, step, steps_per_epoch * self.plan.epochs);
        let parameters = self.network.parameters_mut();
        self.optimiser.step(parameters, &gradients, rate, self.plan.weight_decay);
        for (name, measured) in statistics {
            for (running, measured) in parameters.get_mut(&name).values.iter_mut().zip(measured) {
                *running += STATISTIC_SHARE * (measured - *running);
            }
        }
        follow(&mut self.average, parameters, self.plan.average_decay, step);
        Outcome { loss, right }
    }

    /// What is to be learnt from a lesson: its labels, mixed with what the teacher says about whole utterances.
    fn shares(&self, lesson: &Lesson) -> Vec<f32> {
        let Some(teacher) = &self.teacher else { return lesson.shares.clone() };
        let mut batch = lesson.batch.clone();
        for (prefixes, steps) in batch.prefixes.iter_mut().zip(&batch.frames.steps) {
            prefixes.fill(*steps);
        }
        let share = self.plan.teacher_share;
        let taught = softmax(&teacher.answer(&batch));
        lesson.shares.iter().zip(taught).map(|(own, taught)| (1.0 - share) * own + share * taught).collect()
    }
}

struct Outcome {
    loss: f32,
    right: usize,
}

fn count_right(logits: &[f32], labels: &[usize]) -> usize {
    let width = logits.len() / labels.len();
    let top = |row: &[f32]| (0..width).max_by(|&left, &right| row[left].total_cmp(&row[right]));
    logits.chunks_exact(width).zip(labels).filter(|(row, label)| top(row) == Some(**label)).count()
}
