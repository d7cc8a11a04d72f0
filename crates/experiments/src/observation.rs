//! What was seen.

use crate::ExperimentError;
use crate::assignment::{ArmIndex, Origin};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How far probabilities may be from summing to 1: they come as rounded floats.
const SUM_TOLERANCE: f64 = 1e-3;

/// What is known about the right answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Judgement {
    /// Nobody said anything.
    Unknown,
    /// The answer is right.
    Right,
    /// The answer is wrong, and nobody said what is right.
    Wrong,
    /// This label is right.
    Truth(usize),
}

/// One answer of one arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Who was heard: what is independent of everything else. The stream, where nobody knows who it was.
    pub subject: String,
    /// What was heard: equal in the answers of two arms about the same audio.
    pub item: String,
    /// Whose answer it is.
    pub arm: ArmIndex,
    /// How the subject came to the arm.
    pub origin: Origin,
    /// What is known about the right answer.
    pub judgement: Judgement,
    /// The label answered; `None` when the model abstained, which is never right.
    pub predicted: Option<usize>,
    /// One per label; empty when they were not kept.
    pub probabilities: Vec<f64>,
    /// Probability of the answer, from 0 to 1.
    pub confidence: f64,
    /// From the end of what was said to the answer.
    pub latency: Duration,
    /// How much of that it waited for its turn: what tells how busy the server was.
    pub waited: Duration,
    /// Processor time of the answer.
    pub processor: Duration,
    /// How long the audio is that was answered.
    pub audio: Duration,
    /// The time between two changes of the weights in which the arm was drawn, counted from 0: arms are compared within these.
    pub period: u32,
    /// Arms that did not listen along any more when it was made, so that no answer of theirs is missing beside it.
    pub absent: Vec<ArmIndex>,
}

impl Observation {
    /// Whether the answer is right; `None` when nobody knows.
    pub fn correct(&self) -> Option<bool> {
        match self.judgement {
            Judgement::Unknown => None,
            Judgement::Right => Some(self.predicted.is_some()),
            Judgement::Wrong => Some(false),
            Judgement::Truth(label) => Some(self.predicted == Some(label)),
        }
    }

    /// The right label, where somebody named it. Answers that were only said to be right have none: those that were
    /// said to be wrong have none either, and recalls over the former alone would be too high.
    pub const fn truth(&self) -> Option<usize> {
        match self.judgement {
            Judgement::Truth(label) => Some(label),
            Judgement::Unknown | Judgement::Right | Judgement::Wrong => None,
        }
    }

    fn fault(&self, arms: usize, labels: usize) -> Option<String> {
        let beyond = |label: Option<usize>| label.is_some_and(|label| label >= labels);
        let sum: f64 = self.probabilities.iter().sum();
        let unlikely = |value: &f64| !(0.0..=1.0).contains(value);
        if self.arm.0 >= arms {
            Some(format!("it is of arm {} of {arms}", self.arm.0))
        } else if beyond(self.truth()) || beyond(self.predicted) {
            Some(format!("it names a label beyond the {labels} there are"))
        } else if unlikely(&self.confidence) {
            Some(format!("its confidence is {}", self.confidence))
        } else if self.probabilities.is_empty() {
            None
        } else if self.probabilities.len() != labels {
            Some(format!("it has {} probabilities for {labels} labels", self.probabilities.len()))
        } else if self.probabilities.iter().any(unlikely) || (sum - 1.0).abs() > SUM_TOLERANCE {
            Some(format!("its probabilities sum to {sum}, or one is none"))
        } else {
            None
        }
    }
}

/// The answers of one subject, those of earlier periods first.
pub type Subject = Vec<Observation>;

/// Answers that can be, by arm and subject. Those of units whose arm was forced are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Observations {
    labels: usize,
    arms: Vec<Vec<Subject>>,
    forced: usize,
}

impl Observations {
    /// Takes the answers of so many arms about so many labels. Fails at the first that cannot be.
    pub fn new(
        observations: impl IntoIterator<Item = Observation>,
        arms: usize,
        labels: usize,
    ) -> Result<Self, ExperimentError> {
        let mut subjects: Vec<BTreeMap<String, Subject>> = vec![BTreeMap::new(); arms];
        let mut forced = 0;
        for observation in observations {
            if let Some(what) = observation.fault(arms, labels) {
                return Err(ExperimentError::Observation { what });
            }
            if observation.origin == Origin::Forced {
                forced += 1;
                continue;
            }
            let arm = &mut subjects[observation.arm.0];
            arm.entry(observation.subject.clone()).or_default().push(observation);
        }
        let in_order = |mut subject: Subject| {
            subject.sort_by_key(|answer| answer.period);
            subject
        };
        let of_arm = |arm: BTreeMap<String, Subject>| arm.into_values().map(in_order).collect();
        Ok(Self { labels, arms: subjects.into_iter().map(of_arm).collect(), forced })
    }

    /// How many labels there are.
    pub const fn labels(&self) -> usize {
        self.labels
    }

    /// The subjects of an arm, in the order of their names; none of an arm that there is not.
    pub fn subjects(&self, arm: ArmIndex) -> &[Subject] {
        self.arms.get(arm.0).map_or(&[], Vec::as_slice)
    }

    /// How many subjects each arm has.
    pub fn units(&self) -> Vec<u64> {
        self.arms.iter().map(|subjects| subjects.len() as u64).collect()
    }

    /// In how many times between changes of the weights the answers' arms were drawn.
    pub fn periods(&self) -> usize {
        let answers = self.arms.iter().flatten().flatten();
        answers.map(|answer| answer.period).collect::<BTreeSet<u32>>().len()
    }

    /// How many subjects have answers of more than one of `arms`.
    pub fn crossed(&self, arms: &[ArmIndex]) -> usize {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let subjects = arms.iter().flat_map(|arm| self.subjects(*arm));
        for answer in subjects.filter_map(|subject| subject.first()) {
            *counts.entry(&answer.subject).or_default() += 1;
        }
        counts.into_values().filter(|count| *count > 1).count()
    }

    /// How many answers were left out because somebody chose the arm.
    pub const fn forced(&self) -> usize {
        self.forced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(subject: &str, arm: usize) -> Observation {
        Observation {
            subject: subject.to_owned(),
            item: "1".to_owned(),
            arm: ArmIndex(arm),
            origin: Origin::Drawn,
            judgement: Judgement::Truth(1),
            predicted: Some(1),
            probabilities: vec![0.25, 0.75],
            confidence: 0.75,
            latency: Duration::from_millis(20),
            waited: Duration::from_millis(1),
            processor: Duration::from_millis(2),
            audio: Duration::from_secs(3),
            period: 0,
            absent: Vec::new(),
        }
    }

    fn refused(observation: Observation) -> bool {
        Observations::new([observation], 2, 2).is_err()
    }

    #[test]
    fn an_answer_that_cannot_be_is_refused() {
        let fine = observation("a", 0);
        assert!(!refused(fine.clone()));
        assert!(refused(Observation { arm: ArmIndex(2), ..fine.clone() }));
        assert!(refused(Observation { judgement: Judgement::Truth(2), ..fine.clone() }));
        assert!(refused(Observation { predicted: Some(2), ..fine.clone() }));
        assert!(refused(Observation { confidence: f64::NAN, ..fine.clone() }));
        assert!(refused(Observation { probabilities: vec![1.0], ..fine.clone() }));
        assert!(refused(Observation { probabilities: vec![f64::NAN, 0.5], ..fine.clone() }));
        assert!(refused(Observation { probabilities: vec![0.5, 0.6], ..fine }));
    }

    #[test]
    fn an_abstention_is_never_right() {
        let abstained = |judgement| Observation { judgement, predicted: None, ..observation("a", 0) };
        assert_eq!(abstained(Judgement::Truth(1)).correct(), Some(false));
        assert_eq!(abstained(Judgement::Right).correct(), Some(false));
        assert_eq!(abstained(Judgement::Unknown).correct(), None);
    }

    #[test]
    fn forced_arms_are_left_out_and_subjects_of_two_arms_counted() {
        let forced = Observation { origin: Origin::Forced, ..observation("c", 1) };
        let all =
            [observation("a", 0), observation("a", 1), observation("b", 0), observation("b", 0), forced];
        let observations = Observations::new(all, 2, 2).unwrap();
        assert_eq!(observations.crossed(&[ArmIndex(0), ArmIndex(1)]), 1);
        assert_eq!(observations.crossed(&[ArmIndex(1)]), 0);
        assert_eq!(observations.forced(), 1);
        assert_eq!(observations.units(), [2, 1]);
        assert_eq!(observations.subjects(ArmIndex(0))[1].len(), 2);
        assert!(observations.subjects(ArmIndex(7)).is_empty());
    }
}
