//! Answers that are too many to be looked at together.

use undertone_experiments::{Effect, Generator, Sequence};

const BLOCK: usize = 500;
const BLOCKS: usize = 20;
const EXPERIMENTS: u64 = 1000;
const ALPHA: f64 = 0.05;

/// Right answers of two equal arms that take turns: how many each had before an answer.
struct Heard(Vec<[u32; 2]>);

impl Heard {
    fn new(seed: u64) -> Self {
        let mut generator = Generator::new(seed);
        let mut before = vec![[0; 2]];
        for unit in 0..BLOCK * BLOCKS {
            let mut sums = before[unit];
            sums[unit % 2] += u32::from(generator.chance(0.7));
            before.push(sums);
        }
        Self(before)
    }

    /// The arms' difference over the answers `from..until`.
    fn difference(&self, from: usize, until: usize) -> Effect {
        let answers = ((until - from) / 2) as f64;
        let share = |arm: usize| f64::from(self.0[until][arm] - self.0[from][arm]) / answers;
        let variance = |share: f64| share * (1.0 - share) / answers;
        let (control, arm) = (share(0), share(1));
        let standard_error = (variance(control) + variance(arm)).sqrt();
        let (units, fewest) = ((until - from) as u64, answers as u64);
        Effect { value: arm - control, standard_error, units, fewest }
    }
}

/// How often equal arms are ever called different.
fn called_different(ever: impl Fn(&Heard, &Sequence) -> bool) -> f64 {
    let sequence = Sequence::new(ALPHA, BLOCK as u64).expect("settings that can be");
    let called = (0..EXPERIMENTS).filter(|seed| ever(&Heard::new(*seed), &sequence)).count();
    called as f64 / EXPERIMENTS as f64
}

fn is_different(sequence: &Sequence, effect: &Effect) -> bool {
    sequence.interval(effect).is_some_and(|interval| !interval.contains(0.0))
}

#[test]
fn blocks_that_share_alpha_hold_it_and_a_window_that_moves_does_not() {
    let looks = || (1..=BLOCK * BLOCKS / 50).map(|look| look * 50);
    let by_block = called_different(|heard, sequence| {
        looks().any(|until| {
            let block = (until - 1) / BLOCK;
            is_different(&sequence.of_block(block), &heard.difference(block * BLOCK, until))
        })
    });
    let by_window = called_different(|heard, sequence| {
        looks().any(|until| is_different(sequence, &heard.difference(until.saturating_sub(BLOCK), until)))
    });
    assert!(by_block <= ALPHA, "{by_block}");
    assert!(by_window > 2.0 * ALPHA, "{by_window}");
}
