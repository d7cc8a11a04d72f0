//! Two arms whose subjects come one after the other.

use super::median;
use anyhow::Result;
use undertone_experiments::{Cluster, Effect, Generator, Interval, Sequence, Sums};

/// An answer is right or wrong.
const RANGE: f64 = 1.0;

/// An experiment of two arms that get their subjects by the toss of a coin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    /// The share of right answers of either arm.
    pub(super) right: [f64; 2],
    pub(super) subjects: usize,
    pub(super) answers_per_subject: usize,
    /// Between the right answers of one subject.
    pub(super) correlation: f64,
    /// Subjects between looks.
    pub(super) look_every: usize,
    /// Subjects that the sequence is planned for.
    pub(super) planned: usize,
    pub(super) alpha: f64,
}

/// What each experiment came to.
pub(super) struct Calls {
    trial: Trial,
    outcomes: Vec<Outcome>,
}

/// What one experiment came to, by each way to look at it.
#[derive(Default)]
struct Outcome {
    /// Subjects when the arms were called different for the first time.
    different: [Option<usize>; Calls::WAYS],
    /// Whether an interval ever missed the true difference.
    missed: [bool; Calls::WAYS],
    /// Whether the last one did.
    missed_at_end: [bool; Calls::WAYS],
    /// Whether a test for one look, made at the end alone, calls them different.
    different_at_end: bool,
}

impl Trial {
    /// So many experiments, one behind another from one sequence of random numbers.
    pub(super) fn repeat(self, experiments: usize, seed: u64) -> Result<Calls> {
        let mut generator = Generator::new(seed);
        let sequence = Sequence::new(self.alpha, self.planned as u64)?;
        let of_answers = Sequence::new(self.alpha, (self.planned * self.answers_per_subject) as u64)?;
        let run = |_| self.run(&sequence, &of_answers, &mut generator);
        Ok(Calls { trial: self, outcomes: (0..experiments).map(run).collect() })
    }

    fn run(&self, sequence: &Sequence, of_answers: &Sequence, generator: &mut Generator) -> Outcome {
        let mut subjects = [Sums::new(RANGE); 2];
        let mut answers = [Sums::new(RANGE); 2];
        let mut outcome = Outcome::default();
        for subject in 1..=self.subjects {
            let arm = usize::from(generator.chance(0.5));
            let right = self.right_of(self.right[arm], generator);
            let mut cluster = Cluster::default();
            for _ in 0..self.answers_per_subject {
                let value = f64::from(u8::from(generator.chance(right)));
                cluster = Cluster { weight: cluster.weight + 1.0, value: cluster.value + value };
                if self.answers_per_subject > 1 {
                    answers[arm].push_one(value);
                }
            }
            subjects[arm].push(cluster);
            if subject % self.look_every == 0 {
                let [by_subject, subject_once] = self.intervals(&subjects, sequence);
                let [by_answer, answer_once] = self.intervals(&answers, of_answers);
                let intervals = [by_subject, subject_once, by_answer, answer_once];
                outcome.look(subject, intervals, self.right[1] - self.right[0]);
            }
        }
        outcome
    }

    /// The interval that holds at every look, and the one for a single look.
    fn intervals(&self, [control, arm]: &[Sums; 2], sequence: &Sequence) -> [Option<Interval>; 2] {
        let effect = || Some(Effect::between(&control.estimate()?, &arm.estimate()?));
        effect().map_or([None; 2], |effect| [sequence.interval(&effect), effect.interval_once(self.alpha)])
    }

    /// A subject's own share: a draw from the beta distribution with this mean and, as its variance in parts of
    /// the largest possible, the correlation.
    fn right_of(&self, mean: f64, generator: &mut Generator) -> f64 {
        if self.correlation <= 0.0 {
            return mean;
        }
        let size = 1.0 / self.correlation - 1.0;
        generator.beta(size * mean, size * (1.0 - mean))
    }
}

impl Outcome {
    fn look(&mut self, subject: usize, intervals: [Option<Interval>; Calls::WAYS], difference: f64) {
        for (way, interval) in intervals.into_iter().enumerate() {
            let Some(interval) = interval else { continue };
            let missed = !interval.contains(difference);
            self.missed[way] |= missed;
            self.missed_at_end[way] = missed;
            if interval.excludes(0.0) {
                self.different[way].get_or_insert(subject);
            }
        }
        self.different_at_end = intervals[Calls::PEEKING].is_some_and(|interval| interval.excludes(0.0));
    }
}

impl Calls {
    const WAYS: usize = 4;
    /// By the confidence sequence, with subjects as what is independent.
    pub(super) const SEQUENTIAL: usize = 0;
    /// By a test made for one look, at every look.
    pub(super) const PEEKING: usize = 1;
    /// By the confidence sequence, with every answer as independent.
    pub(super) const WITHOUT_SUBJECTS: usize = 2;
    /// By a test made for one look, with every answer as independent.
    pub(super) const PEEKING_WITHOUT_SUBJECTS: usize = 3;

    /// Share of the experiments that ever called the arms different.
    pub(super) fn ever(&self, way: usize) -> f64 {
        self.by(way, self.trial.subjects)
    }

    /// Share of the experiments that called the arms different by so many subjects.
    pub(super) fn by(&self, way: usize, subjects: usize) -> f64 {
        self.share(|own| own.different[way].is_some_and(|own| own <= subjects))
    }

    /// Share of the experiments that a test at their end alone calls different.
    pub(super) fn at_end(&self) -> f64 {
        self.share(|own| own.different_at_end)
    }

    /// Share of the experiments whose intervals held the truth at every look.
    pub(super) fn always_covered(&self, way: usize) -> f64 {
        self.share(|own| !own.missed[way])
    }

    /// Share of the experiments whose last interval held the truth.
    pub(super) fn covered_at_end(&self, way: usize) -> f64 {
        self.share(|own| !own.missed_at_end[way])
    }

    /// Median of the subjects until the sequence called the arms different; those that never did count as long as
    /// they went on.
    pub(super) fn median_stopping(&self) -> f64 {
        let stopped = |own: &Outcome| own.different[Self::SEQUENTIAL].unwrap_or(self.trial.subjects);
        median(self.outcomes.iter().map(stopped).collect())
    }

    fn share(&self, is: impl Fn(&Outcome) -> bool) -> f64 {
        self.outcomes.iter().filter(|own| is(own)).count() as f64 / self.outcomes.len() as f64
    }
}
