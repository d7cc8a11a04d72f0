//! Which clips are trained on, and which are never heard.

use super::{Clip, Speaker};
use crate::TrainError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use undertone_core::Emotion;

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
    /// Neither learnt from nor measured by: more clips of a speaker who is held out.
    LeftOut,
}

/// Every clip's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    parts: Vec<Part>,
    training_speakers: Vec<Speaker>,
}

impl Split {
    /// Puts all clips of a speaker into one part. Fails when there is only one speaker, when a speaker is held out
    /// twice or has no clip, and as [`Self::of_parts`] does.
    pub fn new(clips: &[Clip], held_out: &HeldOut) -> Result<Self, TrainError> {
        let known: BTreeSet<&Speaker> = clips.iter().map(|clip| &clip.speaker).collect();
        let part = |clip: &Clip| match &clip.speaker {
            speaker if held_out.test.contains(speaker) => Part::Test,
            speaker if held_out.validation.contains(speaker) => Part::Validation,
            _ => Part::Training,
        };
        let mut mistakes = Vec::new();
        if let (Some(only), 1) = (known.first(), known.len()) {
            mistakes.push(format!("all clips are of speaker {only}; a second speaker is needed"));
        }
        for speaker in held_out.test.iter().chain(&held_out.validation) {
            if !known.contains(speaker) {
                mistakes.push(format!("there is no clip of speaker {speaker}"));
            }
        }
        for speaker in held_out.test.iter().filter(|speaker| held_out.validation.contains(speaker)) {
            mistakes.push(format!("speaker {speaker} is named for validation and for test"));
        }
        let parts: Vec<Part> = clips.iter().map(part).collect();
        mistakes.extend(unlearnable(clips, &parts));
        if mistakes.is_empty() {
            Ok(Self::unchecked(clips, parts))
        } else {
            Err(TrainError::Split { mistakes })
        }
    }

    /// A part for every clip. Fails when nothing is left to learn from, when the clips have fewer than two emotions,
    /// and when an emotion of the clips is not among those to learn from. Emotions without any clip are allowed:
    /// a data set need not have all eight.
    pub fn of_parts(clips: &[Clip], parts: Vec<Part>) -> Result<Self, TrainError> {
        let mistakes = unlearnable(clips, &parts);
        if mistakes.is_empty() {
            Ok(Self::unchecked(clips, parts))
        } else {
            Err(TrainError::Split { mistakes })
        }
    }

    fn unchecked(clips: &[Clip], parts: Vec<Part>) -> Self {
        let learnt = clips.iter().zip(&parts).filter(|(_, part)| **part == Part::Training);
        let speakers: BTreeSet<&Speaker> = learnt.map(|(clip, _)| &clip.speaker).collect();
        let training_speakers = speakers.into_iter().cloned().collect();
        Self { parts, training_speakers }
    }

    /// The split of `clips`, which it is for, with `more` clips behind them. These are never measured by; they are learnt
    /// from unless their speaker is held out: has clips to be measured by, and none to learn from.
    pub fn with_more(mut self, clips: &[Clip], more: &[Clip]) -> Self {
        let speakers = |wanted: &dyn Fn(Part) -> bool| -> BTreeSet<&Speaker> {
            clips
                .iter()
                .zip(&self.parts)
                .filter(|(_, part)| wanted(**part))
                .map(|(clip, _)| &clip.speaker)
                .collect()
        };
        let learnt = speakers(&|part| part == Part::Training);
        let measured = speakers(&|part| part == Part::Validation || part == Part::Test);
        let part = |clip: &Clip| match measured.contains(&clip.speaker) && !learnt.contains(&clip.speaker) {
            true => Part::LeftOut,
            false => Part::Training,
        };
        let parts: Vec<Part> = more.iter().map(part).collect();
        let heard = more.iter().zip(&parts).filter(|(_, part)| **part == Part::Training);
        let all: BTreeSet<Speaker> =
            learnt.into_iter().chain(heard.map(|(clip, _)| &clip.speaker)).cloned().collect();
        self.training_speakers = all.into_iter().collect();
        self.parts.extend(parts);
        self
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

/// What the training part lacks.
fn unlearnable(clips: &[Clip], parts: &[Part]) -> Vec<String> {
    let learnt = clips.iter().zip(parts).filter(|(_, part)| **part == Part::Training);
    let learnt: BTreeSet<Emotion> = learnt.map(|(clip, _)| clip.emotion).collect();
    if learnt.is_empty() {
        return vec!["no clip is left to learn from".into()];
    }
    let all: BTreeSet<Emotion> = clips.iter().map(|clip| clip.emotion).collect();
    if let (Some(only), 1) = (all.first(), all.len()) {
        return vec![format!("all clips are {only}; a second emotion is needed")];
    }
    all.difference(&learnt)
        .map(|emotion| format!("no clip that is {emotion} is left to learn from"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clips() -> Vec<Clip> {
        let clip = |number: usize| Clip {
            path: format!("{number}.flac").into(),
            speaker: Speaker::new(&(number % 6 + 1).to_string()),
            emotion: Emotion::ALL[number / 6 % 8],
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

    #[test]
    fn one_speaker_cannot_be_split() {
        let clips: Vec<Clip> = clips().into_iter().filter(|clip| clip.speaker.name() == "02").collect();
        let message = Split::new(&clips, &held_out(&[], &[])).expect_err("one speaker").to_string();
        assert!(message.contains("all clips are of speaker 02"), "{message}");
    }

    #[test]
    fn an_emotion_that_only_held_out_speakers_act_is_named() {
        let mut clips = clips();
        clips.retain(|clip| clip.emotion != Emotion::Calm || clip.speaker.name() == "02");
        let message = Split::new(&clips, &held_out(&[], &["2"])).expect_err("nobody is calm").to_string();
        assert!(message.contains("no clip that is calm"), "{message}");
        assert!(Split::new(&clips, &held_out(&[], &["1"])).is_ok());
    }

    #[test]
    fn a_data_set_need_not_have_all_emotions_but_two() {
        let with = |emotions: &[Emotion]| {
            let mut clips = clips();
            clips.retain(|clip| emotions.contains(&clip.emotion));
            Split::new(&clips, &held_out(&[], &["1"]))
        };
        assert!(with(&[Emotion::Neutral, Emotion::Sad]).is_ok());
        let message = with(&[Emotion::Sad]).expect_err("one emotion").to_string();
        assert!(message.contains("all clips are sad"), "{message}");
    }
}
