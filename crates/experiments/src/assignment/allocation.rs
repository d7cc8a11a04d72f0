//! Which arm owns which buckets.

use super::{ArmIndex, Bucket};
use crate::ExperimentError;

/// Buckets in a row that one arm owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first bucket behind it; it begins where the run before ends, the first one at 0.
    pub until: u16,
    /// Whose they are.
    pub arm: ArmIndex,
}

/// Every bucket's arm.
///
/// A new allocation gives each arm as many buckets in a row as its weight says, in the order of the arms. With two
/// arms it follows from the weights alone and still moves the fewest: from 50/50 to 60/40 the buckets from 5,000 to
/// 5,999. With three arms or more no rule that looks at the weights alone can move the fewest between any two
/// settings: an arm would have to own buckets that depend on its own weight only, and then two arms of equal weight
/// would own the same ones. So changed weights are applied to the allocation that was in force
/// ([`Self::reweighted`]), and the runs are kept with the experiment. They say all; the weights before do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    runs: Vec<Run>,
}

impl Allocation {
    /// Gives each arm its weight, in buckets. Fails unless the weights sum to [`Bucket::COUNT`].
    pub fn new(weights: &[u16]) -> Result<Self, ExperimentError> {
        check(weights)?;
        let owners = weights.iter().enumerate().flat_map(|(arm, weight)| (0..*weight).map(move |_| arm));
        Ok(Self::of(&owners.collect::<Vec<_>>()))
    }

    /// Takes runs that were kept. Fails unless they are in order and end at [`Bucket::COUNT`].
    pub fn from_runs(runs: Vec<Run>) -> Result<Self, ExperimentError> {
        let ordered = runs.windows(2).all(|pair| pair[0].until < pair[1].until);
        let starts = runs.first().is_some_and(|run| run.until > 0);
        let ends = runs.last().is_some_and(|run| run.until == Bucket::COUNT);
        if ordered && starts && ends { Ok(Self { runs }) } else { Err(ExperimentError::Runs) }
    }

    /// Changes the weights and moves as few buckets as that takes: half the sum of what the weights change by. An
    /// arm gives up its highest buckets, and those that grow take them in the order of the arms. An arm with a
    /// weight at the end of a longer list is new; one that is left out keeps nothing.
    pub fn reweighted(&self, weights: &[u16]) -> Result<Self, ExperimentError> {
        check(weights)?;
        let mut owners: Vec<Option<usize>> = self.owners().map(Some).collect();
        let mut room: Vec<usize> = weights.iter().map(|weight| usize::from(*weight)).collect();
        for owner in &mut owners {
            let kept = owner.and_then(|arm| room.get_mut(arm)).filter(|room| **room > 0);
            match kept {
                Some(room) => *room -= 1,
                None => *owner = None,
            }
        }
        let mut growing = room.iter().enumerate().flat_map(|(arm, room)| (0..*room).map(move |_| arm));
        let owners: Vec<usize> =
            owners.into_iter().filter_map(|owner| owner.or_else(|| growing.next())).collect();
        Ok(Self::of(&owners))
    }

    /// The arm of a bucket.
    pub fn arm(&self, bucket: Bucket) -> ArmIndex {
        let run = self.runs.partition_point(|run| run.until <= bucket.index());
        // The last run ends behind the last bucket.
        self.runs[run].arm
    }

    /// The runs, in the order of their buckets.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// How many buckets have another arm in `other`.
    pub fn moved(&self, other: &Self) -> usize {
        self.owners().zip(other.owners()).filter(|(own, others)| own != others).count()
    }

    fn of(owners: &[usize]) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        for (bucket, arm) in (1..).zip(owners) {
            match runs.last_mut().filter(|run| run.arm == ArmIndex(*arm)) {
                Some(run) => run.until = bucket,
                None => runs.push(Run { until: bucket, arm: ArmIndex(*arm) }),
            }
        }
        Self { runs }
    }

    fn owners(&self) -> impl Iterator<Item = usize> {
        let starts = std::iter::once(0).chain(self.runs.iter().map(|run| run.until));
        starts.zip(&self.runs).flat_map(|(start, run)| (start..run.until).map(|_| run.arm.0))
    }
}

fn check(weights: &[u16]) -> Result<(), ExperimentError> {
    let sum: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    if sum == u64::from(Bucket::COUNT) { Ok(()) } else { Err(ExperimentError::Weights { sum }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Generator;

    fn least(before: &[u16], after: &[u16]) -> usize {
        let change = |(before, after): (&u16, &u16)| usize::from(before.abs_diff(*after));
        before.iter().zip(after).map(change).sum::<usize>() / 2
    }

    fn weights(generator: &mut Generator) -> [u16; 4] {
        let mut cuts = [(); 3].map(|()| generator.below(10_001) as u16);
        cuts.sort_unstable();
        [cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 10_000 - cuts[2]]
    }

    #[test]
    fn two_arms_move_the_fewest_by_their_weights_alone() {
        let (even, changed) =
            (Allocation::new(&[5000, 5000]).unwrap(), Allocation::new(&[6000, 4000]).unwrap());
        assert_eq!(even.moved(&changed), 1000);
    }

    #[test]
    fn changed_weights_move_the_fewest_however_many_arms_there_are() {
        let mut generator = Generator::new(1);
        let mut before = weights(&mut generator);
        let mut allocation = Allocation::new(&before).unwrap();
        for _ in 0..50 {
            let after = weights(&mut generator);
            let changed = allocation.reweighted(&after).unwrap();
            assert_eq!(allocation.moved(&changed), least(&before, &after));
            let owned = |arm| changed.owners().filter(|owner| *owner == arm).count();
            assert_eq!([0, 1, 2, 3].map(owned), after.map(usize::from));
            (before, allocation) = (after, changed);
        }
    }

    #[test]
    fn two_arms_that_return_to_their_weights_return_to_their_buckets() {
        let even = Allocation::new(&[5000, 5000]).unwrap();
        let there = even.reweighted(&[6000, 4000]).unwrap();
        assert_eq!(there.reweighted(&[5000, 5000]).unwrap(), even);
    }

    #[test]
    fn runs_say_all() {
        let allocation =
            Allocation::new(&[2500, 2500, 5000]).unwrap().reweighted(&[4000, 2000, 4000]).unwrap();
        assert_eq!(Allocation::from_runs(allocation.runs().to_vec()).unwrap(), allocation);
        assert!(Allocation::from_runs(vec![Run { until: 9999, arm: ArmIndex(0) }]).is_err());
        assert!(Allocation::from_runs(Vec::new()).is_err());
    }

    #[test]
    fn weights_that_are_not_all_buckets_are_refused() {
        assert!(matches!(Allocation::new(&[5000, 4999]), Err(ExperimentError::Weights { sum: 9999 })));
        assert!(Allocation::new(&[]).is_err());
    }
}
