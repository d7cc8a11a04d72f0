//! Intervals for figures that are no means.

use super::interval::Interval;
use crate::numerics::Generator;
use crate::observation::Observation;

/// Figures of as many subjects as there are, drawn with replacement, each with all of their answers: the cluster
/// bootstrap (Davison and Hinkley 1997, section 3.8).
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Draws(Vec<Option<f64>>);

impl Draws {
    /// As many draws as said. `figure` may say `None` of a draw, which then does not count.
    pub(crate) fn new(
        subjects: &[&[Observation]],
        draws: usize,
        seed: u64,
        figure: impl Fn(&[&[Observation]]) -> Option<f64>,
    ) -> Self {
        let [own] = Self::several(subjects, draws, seed, |drawn| [figure(drawn)]);
        own
    }

    /// The same for figures that are cheaper to tell together.
    pub(crate) fn several<const N: usize>(
        subjects: &[&[Observation]],
        draws: usize,
        seed: u64,
        figures: impl Fn(&[&[Observation]]) -> [Option<f64>; N],
    ) -> [Self; N] {
        let mut generator = Generator::new(seed);
        let mut drawn: Vec<&[Observation]> = Vec::with_capacity(subjects.len());
        let mut all = [(); N].map(|()| Self(Vec::with_capacity(draws)));
        for _ in 0..draws {
            drawn.clear();
            drawn.extend(subjects.iter().map(|_| subjects[generator.below(subjects.len())]));
            for (own, figure) in all.iter_mut().zip(figures(&drawn)) {
                own.0.push(figure);
            }
        }
        all
    }

    /// Draw by draw, this less `other`. The two were drawn with different seeds.
    pub(crate) fn less(&self, other: &Self) -> Self {
        let pairs = self.0.iter().zip(&other.0);
        Self(pairs.map(|(own, other)| Some((*own)? - (*other)?)).collect())
    }

    /// The percentile interval (Efron and Tibshirani 1993, chapter 13) around `value`, right for one look; `None` when a
    /// tenth of the draws or more had no figure.
    pub(crate) fn interval(&self, value: f64, alpha: f64) -> Option<Interval> {
        let mut figures: Vec<f64> = self.0.iter().flatten().copied().collect();
        if figures.is_empty() || figures.len() * 10 <= self.0.len() * 9 {
            return None;
        }
        figures.sort_by(f64::total_cmp);
        let (low, high) = (quantile(&figures, alpha / 2.0)?, quantile(&figures, 1.0 - alpha / 2.0)?);
        Some(Interval { value, low, high })
    }
}

/// Linear between the two nearest of the sorted values (Hyndman and Fan 1996, type 7); `None` of none.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let position = share.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let at = |position: f64| sorted.get(position as usize).copied();
    let (below, above) = (at(position.floor())?, at(position.ceil())?);
    Some(below + position.fract() * (above - below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_nearest_values() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 7.0), Some(4.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn draws_without_a_figure_give_no_interval() {
        let subjects: [&[Observation]; 3] = [&[]; 3];
        assert_eq!(Draws::new(&subjects, 10, 1, |_| None).interval(0.0, 0.05), None);
        assert_eq!(
            Draws::new(&[], 10, 1, |drawn| Some(drawn.len() as f64)).interval(0.0, 0.05).unwrap().high,
            0.0
        );
    }
}
