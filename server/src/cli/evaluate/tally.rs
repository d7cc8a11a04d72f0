//! Counts what was right.

use crate::report::seconds;
use std::collections::BTreeMap;
use undertone_core::Emotion;
use undertone_proto::v1;

/// Clips by label, and how many of them were right.
pub(super) struct Tally {
    labels: Vec<String>,
    /// Per label: clips, and right ones.
    counts: BTreeMap<&'static str, (u32, u32)>,
    without_speech: u32,
}

impl Tally {
    pub(super) fn new(labels: &[String]) -> Self {
        Self { labels: labels.to_vec(), counts: BTreeMap::new(), without_speech: 0 }
    }

    /// Counts a clip; one in which no speech was found counts as wrong.
    pub(super) fn count(&mut self, truth: Emotion, decision: Option<&str>) {
        let (clips, right) = self.counts.entry(truth.name()).or_default();
        *clips += 1;
        *right += u32::from(decision == Some(truth.name()));
        self.without_speech += u32::from(decision.is_none());
    }

    pub(super) fn clips(&self) -> u32 {
        self.counts.values().map(|(clips, _)| clips).sum()
    }

    pub(super) fn without_speech(&self) -> u32 {
        self.without_speech
    }

    /// Share of clips that were right.
    pub(super) fn accuracy(&self) -> f32 {
        let right: u32 = self.counts.values().map(|(_, right)| right).sum();
        right as f32 / self.clips().max(1) as f32
    }

    /// Mean of the labels' recalls.
    pub(super) fn unweighted_average_recall(&self) -> f32 {
        let recalls: Vec<f32> = self.recalls().map(|(_, recall, _)| recall).collect();
        recalls.iter().sum::<f32>() / recalls.len().max(1) as f32
    }

    /// Label, share of its clips that were right, and number of its clips, in the model's order.
    pub(super) fn recalls(&self) -> impl Iterator<Item = (&str, f32, u32)> {
        self.labels.iter().filter_map(|label| {
            let (clips, right) = self.counts.get(label.as_str())?;
            Some((label.as_str(), *right as f32 / *clips as f32, *clips))
        })
    }
}

/// The label with the highest mean probability, weighted by the utterances' lengths.
pub(super) fn weighted_decision(results: impl Iterator<Item = v1::Result>) -> Option<String> {
    let mut totals: BTreeMap<String, f64> = BTreeMap::new();
    for result in results {
        let length = seconds(result.end.as_ref()) - seconds(result.start.as_ref());
        for label in result.probabilities {
            *totals.entry(label.label).or_default() += length * f64::from(label.probability);
        }
    }
    totals.into_iter().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(label, _)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recall_is_averaged_over_labels_and_accuracy_over_clips() {
        let labels: Vec<String> = ["neutral", "calm"].map(String::from).into();
        let mut tally = Tally::new(&labels);
        for decision in [Some("calm"), Some("calm"), Some("calm"), Some("neutral")] {
            tally.count(Emotion::Calm, decision);
        }
        tally.count(Emotion::Neutral, None);
        assert_eq!((tally.clips(), tally.without_speech()), (5, 1));
        assert!((tally.accuracy() - 0.6).abs() < 1e-6);
        assert!((tally.unweighted_average_recall() - 0.375).abs() < 1e-6);
    }
}
