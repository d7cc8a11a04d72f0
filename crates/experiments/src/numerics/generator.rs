//! Reproducible randomness.

const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
/// The distance between neighbours among 53 random bits.
const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;

/// SplitMix64 (Steele, Lea and Flood 2014): one seed gives one sequence on every machine.
#[derive(Debug, Clone)]
pub struct Generator {
    state: u64,
}

impl Generator {
    /// Begins the sequence of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `[0, 1)`, in steps of 2^-53.
    pub const fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * UNIT
    }

    /// Uniform in `0..bound`, up to a bias of `bound / 2^64`; 0 when `bound` is.
    pub const fn below(&mut self, bound: usize) -> usize {
        ((self.bits() as u128 * bound as u128) >> 64) as usize
    }

    /// Whether something of this probability happened.
    pub const fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Normal with mean 0 and variance 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        // 1 - unit() lies in (0, 1].
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Gamma with this shape, above 0, and scale 1 (Marsaglia and Tsang 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = (1.0 - self.unit()).powf(1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Beta with these two shapes, above 0.
    pub fn beta(&mut self, first: f64, second: f64) -> f64 {
        let (first, second) = (self.gamma(first), self.gamma(second));
        if first + second > 0.0 { first / (first + second) } else { 0.5 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variance(draw: impl FnMut(&mut Generator) -> f64) -> (f64, f64) {
        let mut draw = draw;
        let mut generator = Generator::new(1);
        let values: Vec<f64> = (0..20_000).map(|_| draw(&mut generator)).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 20_000.0)
    }

    #[track_caller]
    fn close((mean, variance): (f64, f64), expected: (f64, f64)) {
        assert!(
            (mean - expected.0).abs() < 0.02 && (variance - expected.1).abs() < 0.03,
            "{mean} {variance}"
        );
    }

    #[test]
    fn the_sequence_is_that_of_the_published_algorithm() {
        let mut generator = Generator::new(1_234_567);
        assert_eq!(generator.bits(), 6_457_827_717_110_365_317);
        assert_eq!(generator.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn draws_have_their_mean_and_variance() {
        close(mean_and_variance(Generator::unit), (0.5, 1.0 / 12.0));
        close(mean_and_variance(Generator::normal), (0.0, 1.0));
        close(mean_and_variance(|generator| generator.gamma(0.5)), (0.5, 0.5));
        close(mean_and_variance(|generator| generator.gamma(1.0)), (1.0, 1.0));
        close(mean_and_variance(|generator| generator.beta(2.0, 3.0)), (0.4, 0.04));
        close(mean_and_variance(|generator| f64::from(u8::from(generator.chance(0.3)))), (0.3, 0.21));
    }

    #[test]
    fn nothing_lies_below_nothing() {
        assert_eq!(Generator::new(1).below(0), 0);
    }
}
