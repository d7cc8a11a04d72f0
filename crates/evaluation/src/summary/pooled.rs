//! Bounds as bundles carry them: a bundle learnt from every speaker, so its bounds are set by what other networks of its
//! recipe said about speakers they never heard, all of them together, and so is its one temperature.

use crate::evidence::{FoldFacts, Judged, Prediction, Run};
use crate::statistics::{AbstentionFigures, SetFigures, abstain_threshold, conformal_threshold};
use serde::Serialize;
use std::collections::BTreeSet;

/// What such bounds do for one fold's speakers, who had no part in them: the clips of the other folds set them, and the other
/// folds' temperatures the one that the answers are read by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PooledFold {
    /// The fold.
    pub fold: u32,
    /// The answer sets of its clips, all seeds together.
    pub sets: SetFigures,
    /// The answers that are kept.
    pub abstention: AbstentionFigures,
}

/// What such bounds do for new speakers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PooledBounds {
    /// The coverage that was asked for.
    pub coverage: f64,
    /// The share of kept answers that may be wrong.
    pub error: f64,
    /// The answer sets of all clips.
    pub sets: SetFigures,
    /// The answers of all clips that are kept.
    pub abstention: AbstentionFigures,
    /// Each fold.
    pub folds: Vec<PooledFold>,
}

/// A clip with the probability from which on an emotion is in its set, and the one from which on its answer is kept.
type Bounded = (Judged, f64, f64);

impl PooledBounds {
    /// Measures them; `None` with fewer than two folds, and where no promise was noted down.
    pub(super) fn of(runs: &[&Run]) -> Option<Self> {
        let noted =
            |promise: fn(&FoldFacts) -> Option<f64>| runs.iter().flat_map(|run| &run.folds).find_map(promise);
        let coverage = noted(|facts| facts.conformal_coverage)?;
        let error = noted(|facts| facts.abstain_error)?;
        let numbers: BTreeSet<u32> =
            runs.iter().flat_map(|run| &run.predictions).map(|clip| clip.fold).collect();
        if numbers.len() < 2 {
            return None;
        }
        let bounded: Vec<(u32, Vec<Bounded>)> =
            numbers.into_iter().map(|fold| (fold, bound(runs, fold, coverage, error))).collect();
        let folds = bounded.iter().map(|(fold, own)| PooledFold {
            fold: *fold,
            sets: sets(own),
            abstention: kept(own),
        });
        let folds = folds.collect();
        let all: Vec<Bounded> = bounded.into_iter().flat_map(|(_, own)| own).collect();
        Some(Self { coverage, error, sets: sets(&all), abstention: kept(&all), folds })
    }
}

/// The bounds that `clips` set together: the probability from which on an emotion is in the set of a clip, so that sets hold the
/// acted one with `coverage`, and the one from which on an answer is kept, so that at most the share `error` of those is wrong;
/// `None` where no bound does that.
pub fn bounds_of(clips: &[Judged], coverage: f64, error: f64) -> (f32, Option<f32>) {
    let of_truth = |own: &Judged| own.answer.map_or(0.0, |answer| answer.probability(own.truth));
    let confidence = |own: &Judged| own.answer.map_or(0.0, |answer| answer.confidence());
    let right: Vec<bool> = clips.iter().map(Judged::right).collect();
    let truths: Vec<f32> = clips.iter().map(of_truth).collect();
    let confidences: Vec<f32> = clips.iter().map(confidence).collect();
    (conformal_threshold(&truths, coverage), abstain_threshold(&confidences, &right, error))
}

/// The temperature of a bundle that learnt from every speaker: the geometric mean over all folds that have the one `of` them.
pub fn mean_temperature(runs: &[&Run], of: impl Fn(&FoldFacts) -> Option<f64>) -> Option<f64> {
    let folds = runs.iter().flat_map(|run| &run.folds);
    let logarithms: Vec<f64> = folds.filter_map(|fold| Some(of(fold)?.ln())).collect();
    let mean = logarithms.iter().sum::<f64>() / logarithms.len() as f64;
    (!logarithms.is_empty()).then(|| mean.exp())
}

/// The clips of `fold`, with bounds and temperature by all others.
fn bound(runs: &[&Run], fold: u32, coverage: f64, error: f64) -> Vec<Bounded> {
    let clips = || runs.iter().flat_map(|run| &run.predictions);
    let others: Vec<Judged> = clips().filter(|clip| clip.fold != fold).map(Prediction::judged).collect();
    let (least, below) = bounds_of(&others, coverage, error);
    // Where no bound keeps the promise, no answer is held back.
    let below = below.unwrap_or(0.0);
    let temperature = mean_temperature(runs, |own| own.temperature.filter(|_| own.fold != fold));
    let mut bounded = Vec::new();
    for run in runs {
        let own = run.folds.iter().find(|facts| facts.fold == fold).and_then(|facts| facts.temperature);
        let ratio = own.zip(temperature).map(|(own, others)| own / others);
        let clips = run.predictions.iter().filter(|clip| clip.fold == fold).map(Prediction::judged);
        let read = |clip: Judged| ratio.map_or(clip, |ratio| tempered(clip, ratio));
        bounded.extend(clips.map(|clip| (read(clip), f64::from(least), f64::from(below))));
    }
    bounded
}

/// What would have been said with logits divided by the `ratio`-th part of their temperature.
fn tempered(judged: Judged, ratio: f64) -> Judged {
    Judged { answer: judged.answer.map(|answer| answer.raised(ratio)), ..judged }
}

fn sets(clips: &[Bounded]) -> SetFigures {
    SetFigures::of(&clips.iter().map(|(judged, least, _)| (*judged, *least)).collect::<Vec<_>>())
}

fn kept(clips: &[Bounded]) -> AbstentionFigures {
    AbstentionFigures::of(&clips.iter().map(|(judged, _, below)| (*judged, *below)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Protocol, RunId};
    use crate::statistics::example::sure;
    use undertone_core::Emotion::{Calm, Happy};

    /// Clips of which so many in ten are named right, surely.
    fn clips(fold: u32, right: usize) -> impl Iterator<Item = Prediction> {
        (0..10).map(move |clip| {
            let (said, sureness) = if clip < right { (Calm, 0.9) } else { (Happy, 0.6) };
            let answer = sure(Calm, said, sureness).answer;
            Prediction {
                clip: format!("{fold}-{clip}"),
                speaker: fold.to_string(),
                fold,
                truth: Calm,
                answer,
            }
        })
    }

    fn run(folds: &[(u32, usize)]) -> Run {
        let mut run = Run::new(RunId { protocol: Protocol::Speaker5, seed: 0 });
        run.predictions = folds.iter().flat_map(|(fold, right)| clips(*fold, *right)).collect();
        run.folds = vec![FoldFacts {
            fold: 0,
            training_clips: 10,
            test_clips: 10,
            validation_speakers: Vec::new(),
            epochs: 1,
            temperature: None,
            stream_temperature: None,
            conformal_coverage: Some(0.5),
            conformal_threshold: None,
            abstain_error: Some(0.1),
            abstain_below: None,
            wall_seconds: 1.0,
            learnt_values: 1,
        }];
        run
    }

    #[test]
    fn the_bounds_of_a_fold_come_from_the_others() {
        let bounds = PooledBounds::of(&[&run(&[(0, 10), (1, 7)])]).expect("two folds");
        let [easy, hard] = bounds.folds.as_slice() else { panic!("{bounds:?}") };
        // The hard fold's clips say that a sure answer is right; all of the easy fold's are sure.
        assert_eq!((easy.abstention.kept, easy.abstention.error), (1.0, Some(0.0)));
        // The easy fold's clips say nothing of unsure answers: none of those is kept.
        assert_eq!((hard.abstention.kept, hard.abstention.error), (0.7, Some(0.0)));
        assert_eq!((easy.sets.coverage, hard.sets.coverage, bounds.sets.coverage), (1.0, 0.7, 0.85));
    }

    #[test]
    fn the_answers_of_a_fold_are_read_by_the_temperature_of_the_others() {
        let mut run = run(&[(0, 10), (1, 10), (2, 10)]);
        let facts =
            |fold, temperature| FoldFacts { fold, temperature: Some(temperature), ..run.folds[0].clone() };
        run.folds = vec![facts(0, 2.0), facts(1, 0.5), facts(2, 2.0)];
        let sureness = |fold| {
            let own = bound(&[&run], fold, 0.5, 0.1);
            own[0].0.answer.expect("it was answered").confidence()
        };
        // All say .9, and seven others .1 together. Of fold 1 the others' mean is 2: probabilities to the power of a quarter.
        let power = |exponent: f32| {
            let other = (0.1_f32 / 7.0).powf(exponent);
            0.9_f32.powf(exponent) / (0.9_f32.powf(exponent) + 7.0 * other)
        };
        assert!((sureness(1) - power(0.25)).abs() < 1e-5, "{} {}", sureness(1), power(0.25));
        // Of fold 0 it is 1, the geometric mean of a half and two.
        assert!((sureness(0) - power(2.0)).abs() < 1e-5, "{} {}", sureness(0), power(2.0));
    }

    #[test]
    fn a_single_fold_has_no_others() {
        assert_eq!(PooledBounds::of(&[&run(&[(0, 10)])]), None);
    }
}
