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
    /// One per sex that has clips. Only the names of RAVDESS' clips tell it: odd actors are men and even ones women
    /// (Livingstone and Russo 2018). Other clips are left out.
    pub fn of(predictions: &[&Prediction]) -> Vec<Self> {
        let groups = grouped(predictions, sex_of_actor);
        let figures = groups.into_iter().map(|(sex, judged)| {
            let counts = Counts::of(&judged);
            Self { sex, clips: counts.clips(), accuracy: counts.accuracy(), uar: counts.uar() }
        });
        figures.collect()
    }
}

fn sex_of_actor(prediction: &Prediction) -> Option<&'static str> {
    let parts: Vec<&str> = prediction.clip.split('-').collect();
    let numbers =
        parts.iter().all(|part| part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_digit()));
    let actor = parts.last().filter(|actor| numbers && parts.len() == 7 && **actor == prediction.speaker)?;
    let number: u32 = actor.parse().ok()?;
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
        let clip = format!("03-01-02-01-01-01-{speaker}");
        Prediction { clip, speaker: speaker.to_owned(), fold: 0, truth: Calm, answer }
    }

    #[test]
    fn odd_actors_are_men_and_even_ones_women() {
        let other = Prediction { clip: "03a01Fa".to_owned(), ..said("03", true) };
        let predictions = [said("01", true), said("02", false), said("24", true), other];
        let predictions: Vec<_> = predictions.iter().collect();
        let sexes = SexFigures::of(&predictions);
        let told: Vec<_> = sexes.iter().map(|own| (own.sex, own.clips, own.accuracy)).collect();
        assert_eq!(told, [("female", 2, 0.5), ("male", 1, 1.0)]);
        assert_eq!(SpeakerFigures::of(&predictions).len(), 4);
    }
}
