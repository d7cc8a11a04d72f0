//! Units that are drawn for two arms of equal weight, and how many each arm gets.

use anyhow::Result;
use undertone_experiments::{Generator, RATIO_ALARM, RatioCheck};

/// An experiment in which only units are counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct RatioTrials {
    /// The share that the first arm gets; half of them is right.
    pub(super) share: f64,
    pub(super) units: usize,
    pub(super) look_every: usize,
}

/// Shares of the experiments that ever raised an alarm.
pub(super) struct Alarms {
    /// By the sequential check.
    pub(super) sequential: f64,
    /// By the chi-square test at every look.
    pub(super) peeking: f64,
}

impl RatioTrials {
    pub(super) fn repeat(&self, experiments: usize, seed: u64) -> Result<Alarms> {
        let check = RatioCheck::new(&[5000, 5000])?;
        let mut generator = Generator::new(seed);
        let alarms: Vec<(bool, bool)> = (0..experiments).map(|_| self.run(&check, &mut generator)).collect();
        let share = |is: fn(&(bool, bool)) -> bool| {
            alarms.iter().filter(|own| is(own)).count() as f64 / experiments as f64
        };
        Ok(Alarms { sequential: share(|own| own.0), peeking: share(|own| own.1) })
    }

    fn run(&self, check: &RatioCheck, generator: &mut Generator) -> (bool, bool) {
        let (mut units, mut alarms) = ([0_u64; 2], (false, false));
        for unit in 1..=self.units {
            units[usize::from(!generator.chance(self.share))] += 1;
            if unit % self.look_every == 0 {
                alarms.0 |= check.p_value(&units) < RATIO_ALARM;
                alarms.1 |= check.p_value_once(&units) < RATIO_ALARM;
            }
        }
        alarms
    }
}
