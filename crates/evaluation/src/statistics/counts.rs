//! Clips and right answers per emotion.

use crate::evidence::{Judged, LABELS};
use std::iter::Sum;
use std::ops::Add;

/// What accuracy and average recall are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    clips: [usize; LABELS],
    right: [usize; LABELS],
}

impl Counts {
    pub(crate) fn of<'a>(judged: impl IntoIterator<Item = &'a Judged>) -> Self {
        let mut counts = Self::default();
        for own in judged {
            counts.clips[own.truth.index()] += 1;
            counts.right[own.truth.index()] += usize::from(own.right());
        }
        counts
    }

    pub(crate) fn clips(&self) -> usize {
        self.clips.iter().sum()
    }

    /// Share of clips named right; 0 when there is none.
    pub(crate) fn accuracy(&self) -> f64 {
        share(self.right.iter().sum(), self.clips()).unwrap_or(0.0)
    }

    /// Share of each emotion's clips named right, in the order of the labels.
    pub(crate) fn recalls(&self) -> [Option<f64>; LABELS] {
        std::array::from_fn(|label| share(self.right[label], self.clips[label]))
    }

    /// Mean of the recalls of the emotions that occur (Schuller et al. 2009, unweighted average recall).
    pub(crate) fn uar(&self) -> f64 {
        let recalls: Vec<f64> = self.recalls().into_iter().flatten().collect();
        recalls.iter().sum::<f64>() / recalls.len().max(1) as f64
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            clips: std::array::from_fn(|label| self.clips[label] + other.clips[label]),
            right: std::array::from_fn(|label| self.right[label] + other.right[label]),
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// `part` of `whole`; `None` of nothing.
pub(crate) fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
