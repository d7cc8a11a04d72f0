//! Every published figure of one protocol.

use super::pooled::PooledBounds;
use crate::evidence::{FoldFacts, Judged, Prediction, Run};
use crate::statistics::{
    AbstentionFigures, Calibration, Estimate, Figures, HeardFigures, RiskCoverage, SetFigures, SexFigures,
    SpeakerFigures, Spread, VariantFigures, bootstrap,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Accuracy and average recall of a part of the clips.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartFigures {
    /// Seed of the run.
    pub seed: u32,
    /// The fold; `None` for all folds of the seed together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fold: Option<u32>,
    /// Clips asked about.
    pub clips: usize,
    /// Share of them named right.
    pub accuracy: f64,
    /// Mean of the recalls of the emotions that occur.
    pub uar: f64,
}

/// Parts of the same kind, and how much they differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parts {
    /// Each part.
    pub parts: Vec<PartFigures>,
    /// Their accuracies.
    pub accuracy: Option<Spread>,
    /// Their average recalls.
    pub uar: Option<Spread>,
}

/// The answer sets of one fold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldSets {
    /// Seed of the run.
    pub seed: u32,
    /// The fold.
    pub fold: u32,
    /// The coverage that was asked for, where it was noted down.
    pub wanted: Option<f64>,
    /// The probability from which on an emotion is in the set.
    pub threshold: f64,
    /// What came out.
    pub figures: SetFigures,
}

/// Answer sets of the folds that have a threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sets {
    /// All clips of these folds, each with its fold's threshold.
    pub all: SetFigures,
    /// Each fold.
    pub folds: Vec<FoldSets>,
}

/// Every published figure of one protocol. Clips of all seeds are counted together unless said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProtocolSummary {
    /// The seeds.
    pub seeds: Vec<u32>,
    /// Share of clips named right, with an interval over speakers.
    pub accuracy: Estimate,
    /// Mean of the emotions' recalls, with an interval over speakers.
    pub uar: Estimate,
    /// Figures over all clips.
    pub figures: Figures,
    /// Figures of each seed.
    pub by_seed: Parts,
    /// Figures of each fold of each seed.
    pub by_fold: Parts,
    /// Figures of each speaker.
    pub speakers: Vec<SpeakerFigures>,
    /// Figures of each sex.
    pub sexes: Vec<SexFigures>,
    /// How far probabilities can be believed.
    pub calibration: Calibration,
    /// What is gained by holding unsure answers back.
    pub risk_coverage: Option<RiskCoverage>,
    /// What the folds' own bounds do; `None` when no fold has one.
    pub abstention: Option<AbstentionFigures>,
    /// Answer sets; `None` when no fold has a threshold.
    pub sets: Option<Sets>,
    /// What bounds do that are set as those of bundles are; `None` with a single fold, and where nothing was promised.
    pub pooled: Option<PooledBounds>,
    /// The causal network, by speech heard; empty without interim answers.
    pub heard: Vec<HeardFigures>,
    /// What weights in 8 bits change, where that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub int8: Option<VariantFigures>,
    /// What a narrowband telephone call changes, where that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narrowband: Option<VariantFigures>,
}

impl ProtocolSummary {
    /// Measures the runs of one protocol.
    pub(super) fn of(runs: &[&Run]) -> Self {
        let predictions: Vec<&Prediction> = runs.iter().flat_map(|run| &run.predictions).collect();
        let judged: Vec<Judged> = predictions.iter().map(|prediction| prediction.judged()).collect();
        let (accuracy, uar) = bootstrap(&predictions);
        let bounded = clips_with(runs, |facts| facts.abstain_below);
        Self {
            seeds: runs.iter().map(|run| run.id.seed).collect(),
            accuracy,
            uar,
            figures: Figures::of(&judged),
            by_seed: Parts::of(runs.iter().map(|run| part(run, None)).collect()),
            by_fold: Parts::of(runs.iter().flat_map(|run| folds(run)).collect()),
            speakers: SpeakerFigures::of(&predictions),
            sexes: SexFigures::of(&predictions),
            calibration: Calibration::of(&judged),
            risk_coverage: RiskCoverage::of(&judged),
            abstention: (!bounded.is_empty()).then(|| AbstentionFigures::of(&bounded)),
            sets: Sets::of(runs),
            pooled: PooledBounds::of(runs),
            heard: HeardFigures::of(runs),
            int8: VariantFigures::of(runs, |run| &run.int8),
            narrowband: VariantFigures::of(runs, |run| &run.narrowband),
        }
    }
}

impl Parts {
    /// How many folds there are, whatever the seeds.
    pub(crate) fn folds(&self) -> usize {
        self.parts.iter().map(|part| part.fold).collect::<BTreeSet<_>>().len()
    }

    fn of(parts: Vec<PartFigures>) -> Self {
        let spread =
            |figure: fn(&PartFigures) -> f64| Spread::of(&parts.iter().map(figure).collect::<Vec<_>>());
        Self { accuracy: spread(|part| part.accuracy), uar: spread(|part| part.uar), parts }
    }
}

impl Sets {
    fn of(runs: &[&Run]) -> Option<Self> {
        let clips = clips_with(runs, |facts| facts.conformal_threshold);
        if clips.is_empty() {
            return None;
        }
        let folds = runs.iter().flat_map(|run| run.folds.iter().map(|facts| (*run, facts)));
        let folds = folds.filter_map(|(run, facts)| fold_sets(run, facts)).collect();
        Some(Self { all: SetFigures::of(&clips), folds })
    }
}

fn fold_sets(run: &Run, facts: &FoldFacts) -> Option<FoldSets> {
    let threshold = facts.conformal_threshold?;
    let own = run.predictions.iter().filter(|prediction| prediction.fold == facts.fold);
    let clips: Vec<(Judged, f64)> = own.map(|prediction| (prediction.judged(), threshold)).collect();
    let (seed, fold, wanted) = (run.id.seed, facts.fold, facts.conformal_coverage);
    Some(FoldSets { seed, fold, wanted, threshold, figures: SetFigures::of(&clips) })
}

/// The clips of the folds whose facts have a bound, each with it.
fn clips_with(runs: &[&Run], bound: impl Fn(&FoldFacts) -> Option<f64>) -> Vec<(Judged, f64)> {
    let mut clips = Vec::new();
    for run in runs {
        let bounds: BTreeMap<u32, f64> =
            run.folds.iter().filter_map(|facts| Some((facts.fold, bound(facts)?))).collect();
        let own = run.predictions.iter();
        clips.extend(own.filter_map(|own| Some((own.judged(), *bounds.get(&own.fold)?))));
    }
    clips
}

fn folds(run: &Run) -> Vec<PartFigures> {
    let folds: BTreeSet<u32> = run.predictions.iter().map(|own| own.fold).collect();
    folds.into_iter().map(|fold| part(run, Some(fold))).collect()
}

fn part(run: &Run, fold: Option<u32>) -> PartFigures {
    let own = run.predictions.iter().filter(|own| fold.is_none_or(|fold| own.fold == fold));
    let figures = Figures::of(&own.map(Prediction::judged).collect::<Vec<_>>());
    let Figures { clips, accuracy, uar, .. } = figures;
    PartFigures { seed: run.id.seed, fold, clips, accuracy, uar }
}
