//! The one source of randomness of a training run.

/// A small deterministic generator (SplitMix64, Steele, Lea and Flood 2014): the same seed gives the same
/// numbers on every machine. Not for secrets.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// A generator for `seed`; `stream` keeps the generators of one run apart (for instance its epochs).
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self { state: seed };
        random.state = random.next_u64() ^ stream.wrapping_mul(GOLDEN_GAMMA);
        random
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Uniform in `[low, high)`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.next_u64() % bound as u64) as usize }
    }

    /// True with `probability`.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.unit()).cos()
    }

    /// Beta(shape, shape) for a `shape` of at most 1 (Jöhnk 1964).
    pub fn symmetric_beta(&mut self, shape: f32) -> f32 {
        loop {
            let (left, right) = (self.unit().powf(1.0 / shape), self.unit().powf(1.0 / shape));
            if left + right > f32::MIN_POSITIVE && left + right <= 1.0 {
                return left / (left + right);
            }
        }
    }

    /// Puts `items` into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence_and_streams_differ() {
        let take = |mut random: Random| [random.next_u64(), random.next_u64()];
        assert_eq!(take(Random::new(7, 1)), take(Random::new(7, 1)));
        assert_ne!(take(Random::new(7, 1)), take(Random::new(7, 2)));
        assert_ne!(take(Random::new(7, 1)), take(Random::new(8, 1)));
    }

    #[test]
    fn distributions_have_their_means() {
        let mut random = Random::new(3, 0);
        let mut mean = |draw: &mut dyn FnMut(&mut Random) -> f32| {
            (0..20_000).map(|_| draw(&mut random)).sum::<f32>() / 20_000.0
        };
        assert!((mean(&mut Random::unit) - 0.5).abs() < 0.02);
        assert!(mean(&mut Random::normal).abs() < 0.03);
        assert!((mean(&mut |random| random.symmetric_beta(0.3)) - 0.5).abs() < 0.02);
    }

    #[test]
    fn shuffling_keeps_every_item() {
        let mut items: Vec<usize> = (0..50).collect();
        Random::new(1, 0).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
