//! How far a figure could be off because other people might have been recorded.

use super::counts::Counts;
use super::generator::Generator;
use crate::evidence::{Judged, Prediction};
use serde::Serialize;
use std::collections::BTreeMap;

const DRAWS: usize = 2_000;
const SEED: u64 = 1;
/// Shares of the draws below the interval's ends.
const TAILS: (f64, f64) = (0.025, 0.975);

/// A figure and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure over all clips.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Accuracy and average recall with percentile intervals (Efron and Tibshirani 1993, chapter 13): as many
/// speakers as there are, drawn with replacement, each with all of their clips, 2,000 times. Clips of one
/// speaker are alike, so single clips are not drawn. The interval tells of the choice of speakers, not of
/// the chance in training.
pub(crate) fn bootstrap(predictions: &[&Prediction]) -> (Estimate, Estimate) {
    let speakers = counts_by_speaker(predictions);
    let whole: Counts = speakers.iter().copied().sum();
    let mut generator = Generator::new(SEED);
    let draws: Vec<Counts> = (0..DRAWS).map(|_| drawn(&speakers, &mut generator)).collect();
    let estimate = |figure: fn(&Counts) -> f64| {
        let mut values: Vec<f64> = draws.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (quantile(&values, TAILS.0), quantile(&values, TAILS.1));
        Estimate { value: figure(&whole), low, high }
    };
    (estimate(Counts::accuracy), estimate(Counts::uar))
}

fn counts_by_speaker(predictions: &[&Prediction]) -> Vec<Counts> {
    let mut speakers: BTreeMap<&str, Vec<Judged>> = BTreeMap::new();
    for prediction in predictions {
        speakers.entry(&prediction.speaker).or_default().push(prediction.judged());
    }
    speakers.values().map(Counts::of).collect()
}

fn drawn(speakers: &[Counts], generator: &mut Generator) -> Counts {
    speakers.iter().map(|_| speakers[generator.below(speakers.len())]).sum()
}

/// Linear between the two nearest of the sorted `values` (Hyndman and Fan 1996, type 7); 0 of none.
fn quantile(values: &[f64], share: f64) -> f64 {
    let position = share * values.len().saturating_sub(1) as f64;
    let (below, above) = (position.floor(), position.ceil());
    let at = |position: f64| values.get(position as usize).copied().unwrap_or(0.0);
    at(below) + (position - below) * (at(above) - at(below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::example::sure;
    use undertone_core::Emotion::{Calm, Happy};

    fn said(speaker: usize, right: bool) -> Prediction {
        let answer = sure(Calm, if right { Calm } else { Happy }, 0.9).answer;
        Prediction { clip: "a".to_owned(), speaker: speaker.to_string(), fold: 0, truth: Calm, answer }
    }

    fn accuracy(predictions: &[Prediction]) -> Estimate {
        bootstrap(&predictions.iter().collect::<Vec<_>>()).0
    }

    #[test]
    fn speakers_are_drawn_whole() {
        let by_speaker: Vec<_> = (0..100).map(|clip| said(clip / 50, clip < 50)).collect();
        assert_eq!(accuracy(&by_speaker), Estimate { value: 0.5, low: 0.0, high: 1.0 });
    }

    #[test]
    fn the_interval_of_many_speakers_is_that_of_the_binomial_distribution() {
        let clips: Vec<_> = (0..400).map(|clip| said(clip, clip % 2 == 0)).collect();
        let estimate = accuracy(&clips);
        let half_width = 1.96 * (0.25_f64 / 400.0).sqrt();
        assert!((estimate.low - (0.5 - half_width)).abs() < 0.008, "{estimate:?}");
        assert!((estimate.high - (0.5 + half_width)).abs() < 0.008, "{estimate:?}");
    }

    #[test]
    fn quantiles_lie_between_the_nearest_values() {
        assert!((quantile(&[1.0, 2.0, 4.0], 0.75) - 3.0).abs() < 1e-12);
        assert!((quantile(&[], 0.5)).abs() < 1e-12);
    }
}
