//! Sums of squares.

/// So many partial sums, which a processor adds at once.
const LANES: usize = 8;

/// Adds up the squares of samples. Which partial sum a sample goes to follows from its number, so that the cut into pushes
/// changes nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct SquareSum {
    lanes: [f64; LANES],
    samples: u64,
}

impl SquareSum {
    /// Takes the next samples.
    pub(crate) fn push(&mut self, samples: &[f32]) {
        let lane = (self.samples % LANES as u64) as usize;
        let (head, rest) = samples.split_at(samples.len().min((LANES - lane) % LANES));
        let (whole, tail) = rest.as_chunks::<LANES>();
        add(&mut self.lanes[lane..], head);
        whole.iter().for_each(|chunk| add(&mut self.lanes, chunk));
        add(&mut self.lanes, tail);
        self.samples += samples.len() as u64;
    }

    /// Samples so far.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }

    /// Mean of the squares so far; 0 when there was no sample.
    pub(crate) fn mean(&self) -> f64 {
        self.lanes.iter().sum::<f64>() / self.samples.max(1) as f64
    }
}

fn add(lanes: &mut [f64], samples: &[f32]) {
    for (lane, &sample) in lanes.iter_mut().zip(samples) {
        *lane += f64::from(sample) * f64::from(sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_into_pushes_changes_no_bit() {
        let samples: Vec<f32> = (0..1_000).map(|n| (n as f32 * 0.37).sin()).collect();
        let mut whole = SquareSum::default();
        whole.push(&samples);
        for length in [1, 3, 8, 13, 256] {
            let mut cut = SquareSum::default();
            samples.chunks(length).for_each(|piece| cut.push(piece));
            assert_eq!((cut.mean(), cut.samples()), (whole.mean(), 1_000), "{length}");
        }
    }

    #[test]
    fn the_mean_is_that_of_the_squares_and_0_of_nothing() {
        let mut sum = SquareSum::default();
        assert_eq!(sum.mean(), 0.0);
        sum.push(&[1.0, -3.0]);
        assert_eq!(sum.mean(), 5.0);
    }
}
