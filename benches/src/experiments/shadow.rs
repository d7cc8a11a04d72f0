//! Two models on the same audio.

use super::median;
use anyhow::Result;
use undertone_experiments::{Effect, Generator, Sequence, paired_sums};

/// An experiment in which both models answer everything.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShadowTrials {
    /// The share of right answers of either model.
    pub(super) right: [f64; 2],
    /// The share of the audio about which both are right or both wrong.
    pub(super) agreement: f64,
    pub(super) answers: usize,
    pub(super) look_every: usize,
}

/// What they came to.
pub(super) struct Paired {
    /// Median of the answers until the models were called different.
    pub(super) median_stopping: f64,
    /// Share of the experiments whose intervals held the truth at every look.
    pub(super) always_covered: f64,
}

impl ShadowTrials {
    pub(super) fn repeat(&self, experiments: usize, seed: u64, alpha: f64) -> Result<Paired> {
        let sequence = Sequence::new(alpha, super::ANSWERS as u64)?;
        let mut generator = Generator::new(seed);
        let runs: Vec<(usize, bool)> =
            (0..experiments).map(|_| self.run(&sequence, &mut generator)).collect();
        let covered = runs.iter().filter(|(_, covered)| *covered).count();
        Ok(Paired {
            median_stopping: median(runs.iter().map(|(stopped, _)| *stopped).collect()),
            always_covered: covered as f64 / experiments as f64,
        })
    }

    /// Answers until the models were called different, and whether all intervals held the truth.
    fn run(&self, sequence: &Sequence, generator: &mut Generator) -> (usize, bool) {
        let difference = self.right[1] - self.right[0];
        let only_second = 0.5 * (1.0 - self.agreement + difference);
        let only_first = 0.5 * (1.0 - self.agreement - difference);
        let mut sums = paired_sums();
        let (mut stopped, mut covered) = (None, true);
        for answer in 1..=self.answers {
            let draw = generator.unit();
            let second = f64::from(u8::from(draw < only_second));
            let first = f64::from(u8::from((only_second..only_second + only_first).contains(&draw)));
            sums.push_one(second - first);
            if answer % self.look_every == 0 {
                let effect = sums.estimate().map(Effect::from);
                let Some(interval) = effect.and_then(|effect| sequence.interval(&effect)) else { continue };
                covered &= interval.contains(difference);
                if interval.excludes(0.0) {
                    stopped.get_or_insert(answer);
                }
            }
        }
        (stopped.unwrap_or(self.answers), covered)
    }
}
