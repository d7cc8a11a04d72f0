//! How well different people are understood.

use super::counts::Counts;
use crate::evidence::{Judged, Prediction};
use serde::Serialize;
use std::collections::BTreeMap;

/// How well a speaker is understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpeakerFigures {
    /// Who.
    pub speaker: String,
    /// Clips of this speaker.
    pub clips: usize,
    /// Share of them named right.
    pub accuracy: f64,
}

/// How well the speakers of one sex are understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SexFigures {
    /// Which sex.
    pub sex: &'static str,
    /// Clips of these speakers.
    pub clips: usize,
    /// Share of them named right.
    pub accuracy: f64,
    /// Mean of the recalls of the emotions that occur.
    pub uar: f64,
}

impl SpeakerFigures {
    /// One per speaker, by name.
    pub fn of(predictions: &[&Prediction]) -> Vec<Self> {
        let groups = grouped(predictions, |prediction| Some(prediction.speaker.as_str()));
        let figures = groups.into_iter().map(|(speaker, judged)| {
            let counts = Counts::of(&judged);
            Self { speaker: speaker.to_owned(), clips: counts.clips(), accuracy: counts.accuracy() }
        });
        figures.collect()
    }
}

impl SexFigures {
    /// One per sex that has clips. RAVDESS gives odd numbers to men and even ones to women (Livingstone and
    /// Russo 2018); speakers without a number are left out.
    pub fn of(predictions: &[&Prediction]) -> Vec<Self> {
        let groups = grouped(predictions, |prediction| sex_of_actor(&prediction.speaker));
        let figures = groups.into_iter().map(|(sex, judged)| {
            let counts = Counts::of(&judged);
            Self { sex, clips: counts.clips(), accuracy: counts.accuracy(), uar: counts.uar() }
        });
        figures.collect()
    }
}

fn sex_of_actor(speaker: &str) -> Option<&'static str> {
    let number: u32 = speaker.parse().ok()?;
    Some(if number.is_multiple_of(2) { "female" } else { "male" })
}

fn grouped<'a, K: Ord>(
    predictions: &[&'a Prediction],
    group: impl Fn(&'a Prediction) -> Option<K>,
) -> BTreeMap<K, Vec<Judged>> {
    let mut groups: BTreeMap<K, Vec<Judged>> = BTreeMap::new();
    for prediction in predictions {
        if let Some(key) = group(prediction) {
            groups.entry(key).or_default().push(prediction.judged());
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::example::sure;
    use undertone_core::Emotion::{Calm, Happy};

    fn said(speaker: &str, right: bool) -> Prediction {
        let answer = sure(Calm, if right { Calm } else { Happy }, 0.9).answer;
        Prediction { clip: "a".to_owned(), speaker: speaker.to_owned(), fold: 0, truth: Calm, answer }
    }

    #[test]
    fn odd_actors_are_men_and_even_ones_women() {
        let predictions = [said("01", true), said("02", false), said("24", true), said("someone", true)];
        let predictions: Vec<_> = predictions.iter().collect();
        let sexes = SexFigures::of(&predictions);
        let told: Vec<_> = sexes.iter().map(|own| (own.sex, own.clips, own.accuracy)).collect();
        assert_eq!(told, [("female", 2, 0.5), ("male", 1, 1.0)]);
        assert_eq!(SpeakerFigures::of(&predictions).len(), 4);
    }
}
