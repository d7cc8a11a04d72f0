//! Which speakers are trained on, and which are never heard.

use super::{Clip, Speaker};
use crate::TrainError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Speakers that training never hears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldOut {
    /// For the temperature and for reports during training.
    pub validation: Vec<Speaker>,
    /// For the final figures, and nothing else.
    pub test: Vec<Speaker>,
}

/// A part of the clips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Learnt from.
    Training,
    /// Held out for the temperature.
    Validation,
    /// Held out for the final figures.
    Test,
}

/// Every clip's part, by its speaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    parts: Vec<Part>,
    training_speakers: Vec<Speaker>,
}

impl Split {
    /// Puts all clips of a speaker into one part. Fails when a speaker is held out twice or has no clip, and
    /// when nobody is left to learn from.
    pub fn new(clips: &[Clip], held_out: &HeldOut) -> Result<Self, TrainError> {
        let known: BTreeSet<&Speaker> = clips.iter().map(|clip| &clip.speaker).collect();
        let part = |speaker: &Speaker| match () {
            () if held_out.test.contains(speaker) => Part::Test,
            () if held_out.validation.contains(speaker) => Part::Validation,
            () => Part::Training,
        };
        let training_speakers: Vec<Speaker> = known
            .iter()
            .filter(|speaker| part(speaker) == Part::Training)
            .map(|&speaker| speaker.clone())
            .collect();
        let mut mistakes = Vec::new();
        for speaker in held_out.test.iter().chain(&held_out.validation) {
            if !known.contains(speaker) {
                mistakes.push(format!("there is no clip of speaker {speaker}"));
            }
        }
        for speaker in held_out.test.iter().filter(|speaker| held_out.validation.contains(speaker)) {
            mistakes.push(format!("speaker {speaker} is named for validation and for test"));
        }
        if training_speakers.is_empty() {
            mistakes.push("no speaker is left to learn from".into());
        }
        if !mistakes.is_empty() {
            return Err(TrainError::Split { mistakes });
        }
        Ok(Self { parts: clips.iter().map(|clip| part(&clip.speaker)).collect(), training_speakers })
    }

    /// The part of clip `index`.
    ///
    /// # Panics
    /// When there is no such clip.
    pub fn part(&self, index: usize) -> Part {
        self.parts[index]
    }

    /// Indices of the clips in `part`.
    pub fn clips(&self, part: Part) -> Vec<usize> {
        (0..self.parts.len()).filter(|&index| self.parts[index] == part).collect()
    }

    /// The speakers learnt from, in order.
    pub fn training_speakers(&self) -> &[Speaker] {
        &self.training_speakers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_core::Emotion;

    fn clips() -> Vec<Clip> {
        let clip = |number: usize| Clip {
            path: format!("{number}.flac").into(),
            speaker: Speaker::new(&(number % 6 + 1).to_string()),
            emotion: Emotion::ALL[number % 8],
        };
        (0..60).map(clip).collect()
    }

    fn held_out(validation: &[&str], test: &[&str]) -> HeldOut {
        let speakers = |names: &[&str]| names.iter().copied().map(Speaker::new).collect();
        HeldOut { validation: speakers(validation), test: speakers(test) }
    }

    #[test]
    fn no_clip_of_a_held_out_speaker_is_learnt_from() {
        let clips = clips();
        let held_out = held_out(&["3"], &["1", "05"]);
        let split = Split::new(&clips, &held_out).expect("a good split");
        for index in split.clips(Part::Training) {
            let speaker = &clips[index].speaker;
            assert!(!held_out.test.contains(speaker) && !held_out.validation.contains(speaker), "{speaker}");
        }
        for index in split.clips(Part::Test) {
            assert!(held_out.test.contains(&clips[index].speaker));
        }
        let counts = [Part::Training, Part::Validation, Part::Test].map(|part| split.clips(part).len());
        assert_eq!(counts, [30, 10, 20]);
    }

    #[test]
    fn a_speaker_held_out_twice_or_unknown_is_refused() {
        let message = Split::new(&clips(), &held_out(&["1", "9"], &["01"])).expect_err("twice").to_string();
        assert!(
            message.contains("speaker 01 is named") && message.contains("no clip of speaker 09"),
            "{message}"
        );
    }

    #[test]
    fn somebody_must_be_left_to_learn_from() {
        let all = held_out(&["1", "2", "3"], &["4", "5", "6"]);
        assert!(Split::new(&clips(), &all).is_err());
    }
}
