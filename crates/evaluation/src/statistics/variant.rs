//! What asking in another way changes.

use super::counts::{Counts, share};
use crate::evidence::{Heard, Judged, Prediction, Run, Variant};
use serde::Serialize;
use std::collections::BTreeMap;

/// Answers asked for in another way, beside those of the same networks to the clips as they are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantFigures {
    /// The seeds that were asked in this way.
    pub seeds: Vec<u32>,
    /// The answers to whole clips.
    pub whole: ChangedFigures,
    /// The answers of the causal network, by speech heard; empty where they were not measured.
    pub heard: Vec<ChangedFigures>,
}

/// One kind of answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedFigures {
    /// Seconds of speech heard, `end`, or `whole` for the network with full context.
    pub heard: String,
    /// Clips asked about.
    pub clips: usize,
    /// Share of them named right.
    pub accuracy: f64,
    /// Mean of the emotions' recalls.
    pub uar: f64,
    /// How much higher the accuracy is than usual.
    pub accuracy_change: f64,
    /// The same of the average recall.
    pub uar_change: f64,
    /// Share of the clips that have another answer than usual.
    pub changed: f64,
}

/// A clip's usual answer, and the other one.
type Pair = (Judged, Judged);

impl VariantFigures {
    /// Compares the answers of those `runs` that were asked so, too; `None` when there is no such run.
    pub fn of(runs: &[&Run], variant: fn(&Run) -> &Variant) -> Option<Self> {
        let measured: Vec<&Run> = runs.iter().copied().filter(|run| !variant(run).is_empty()).collect();
        let whole: Vec<Pair> = measured.iter().flat_map(|run| whole_pairs(run, variant(run))).collect();
        let mut heard: BTreeMap<Heard, Vec<Pair>> = BTreeMap::new();
        for (moment, pair) in measured.iter().flat_map(|run| interim_pairs(run, variant(run))) {
            heard.entry(moment).or_default().push(pair);
        }
        let moments = heard.iter().map(|(moment, pairs)| ChangedFigures::of(moment.to_string(), pairs));
        (!measured.is_empty()).then(|| Self {
            seeds: measured.iter().map(|run| run.id.seed).collect(),
            whole: ChangedFigures::of("whole".to_owned(), &whole),
            heard: moments.collect(),
        })
    }
}

impl ChangedFigures {
    fn of(heard: String, pairs: &[Pair]) -> Self {
        let count = |side: fn(&Pair) -> Judged| Counts::of(&pairs.iter().map(side).collect::<Vec<_>>());
        let (usual, other) = (count(|pair| pair.0), count(|pair| pair.1));
        let label = |judged: &Judged| judged.answer.map(|answer| answer.label());
        let changed = pairs.iter().filter(|(usual, other)| label(usual) != label(other)).count();
        Self {
            heard,
            clips: pairs.len(),
            accuracy: other.accuracy(),
            uar: other.uar(),
            accuracy_change: other.accuracy() - usual.accuracy(),
            uar_change: other.uar() - usual.uar(),
            changed: share(changed, pairs.len()).unwrap_or(0.0),
        }
    }
}

fn whole_pairs(run: &Run, variant: &Variant) -> Vec<Pair> {
    let usual: BTreeMap<&str, &Prediction> =
        run.predictions.iter().map(|own| (own.clip.as_str(), own)).collect();
    let pair = |own: &Prediction| Some((usual.get(own.clip.as_str())?.judged(), own.judged()));
    variant.whole.iter().filter_map(pair).collect()
}

fn interim_pairs(run: &Run, variant: &Variant) -> Vec<(Heard, Pair)> {
    let usual: BTreeMap<(&str, Heard), &Prediction> =
        run.interim.iter().map(|own| ((own.prediction.clip.as_str(), own.heard), &own.prediction)).collect();
    let other = variant.interim.iter().map(|own| (own.heard, &own.prediction));
    let pair = |(heard, own): (Heard, &Prediction)| {
        Some((heard, (usual.get(&(own.clip.as_str(), heard))?.judged(), own.judged())))
    };
    other.filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{InterimPrediction, Protocol, RunId};
    use crate::statistics::example::said;

    #[test]
    fn answers_that_changed_are_counted_whichever_was_right() {
        let mut run = Run::new(RunId { protocol: Protocol::Speaker5, seed: 3 });
        run.predictions = vec![said("a", true), said("b", true), said("c", false), said("d", true)];
        run.int8.whole = vec![said("a", true), said("b", false), said("c", true), said("d", false)];
        let interim = |right| InterimPrediction { heard: Heard::End, prediction: said("a", right) };
        (run.interim, run.int8.interim) = (vec![interim(false)], vec![interim(true)]);
        let other = Run::new(RunId { protocol: Protocol::Speaker5, seed: 4 });
        let figures = VariantFigures::of(&[&run, &other], |run| &run.int8).expect("one run was measured");
        assert_eq!((figures.seeds.as_slice(), figures.whole.clips), ([3].as_slice(), 4));
        let whole = &figures.whole;
        assert_eq!((whole.accuracy, whole.accuracy_change, whole.changed), (0.5, -0.25, 0.75));
        let heard: Vec<_> = figures.heard.iter().map(|own| (own.heard.as_str(), own.uar_change)).collect();
        assert_eq!(heard, [("end", 1.0)]);
        assert_eq!(VariantFigures::of(&[&other], |run| &run.int8), None);
        assert_eq!(VariantFigures::of(&[&run], |run| &run.narrowband), None);
    }
}
