//! Changes of inputs, always the same ones for the same seed.

/// Numbers that lengths and counts are compared with.
const EDGES: [u32; 6] = [0, 1, 0x7F, 0x8000, 0x7FFF_FFFF, u32::MAX];
/// Inputs do not grow beyond this.
const MOST_BYTES: usize = 1 << 16;

/// Changes inputs, a few places at a time.
#[derive(Debug)]
pub struct Mutation(u64);

impl Mutation {
    /// The changes of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `bound`, which is above 0 (xorshift64*, Vigna 2016).
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    /// One of `corpus`, changed in up to eight places.
    pub fn of(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(8) {
            let other = self.below(corpus.len());
            self.change(&mut input, &corpus[other]);
        }
        input.truncate(MOST_BYTES);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(input.len() + 1);
        let length = self.below(16).min(input.len() - at);
        match self.below(8) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = self.below(256) as u8,
            2 => input.truncate(at),
            3 => drop(input.drain(at..at + length)),
            4 => {
                let again = input[at..at + length].to_vec();
                input.splice(at..at, again);
            }
            5 => {
                let edge = EDGES[self.below(EDGES.len())];
                let edge = if self.below(2) == 0 { edge.to_le_bytes() } else { edge.to_be_bytes() };
                let end = (at + edge.len()).min(input.len());
                input[at..end].copy_from_slice(&edge[..end - at]);
            }
            6 => drop(input.splice(at..at + length, b"../\0\xFF\"[".iter().copied())),
            _ => {
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_changes_again_and_another_one_others() {
        let corpus = [b"the quick brown fox".to_vec(), vec![0; 40]];
        let changed = |seed| {
            let mut mutation = Mutation::new(seed);
            (0..50).map(|_| mutation.of(&corpus)).collect::<Vec<_>>()
        };
        assert_eq!(changed(1), changed(1));
        assert_ne!(changed(1), changed(2));
        assert!(changed(1).iter().any(|input| !corpus.contains(input)));
    }
}
