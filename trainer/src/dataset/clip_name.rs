//! What a RAVDESS file name says.

use super::Speaker;
use undertone_core::Emotion;

/// The parts of `modality-channel-emotion-intensity-statement-repetition-actor` (Livingstone and Russo 2018).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipName {
    /// Whether the clip is spoken (channel 01), not sung (02).
    pub spoken: bool,
    /// The acted emotion.
    pub emotion: Emotion,
    /// Who acts: 01 to 24; odd numbers are men.
    pub speaker: Speaker,
}

impl ClipName {
    /// Reads a file name without its extension; says what is wrong with it else.
    pub fn parse(stem: &str) -> Result<Self, String> {
        let parts: Vec<&str> = stem.split('-').collect();
        let parts: [&str; 7] =
            parts.try_into().map_err(|_| format!("`{stem}` has not seven parts between hyphens"))?;
        let [modality, channel, emotion, intensity, statement, repetition, actor] = parts;
        let part = |what: &str, text: &str, most: usize| match text.parse::<usize>() {
            Ok(number) if text.len() == 2 && !text.starts_with('+') && (1..=most).contains(&number) => {
                Ok(number)
            }
            _ => Err(format!("`{stem}` has the {what} `{text}`: expected 01 to {most:02}")),
        };
        part("modality", modality, 3)?;
        let channel = part("channel", channel, 2)?;
        let emotion = part("emotion", emotion, Emotion::ALL.len())?;
        part("intensity", intensity, 2)?;
        part("statement", statement, 2)?;
        part("repetition", repetition, 2)?;
        part("actor", actor, 24)?;
        let emotion = Emotion::ALL[emotion - 1];
        Ok(Self { spoken: channel == 1, emotion, speaker: Speaker::new(actor) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_emotion_and_speaker() {
        let name = ClipName::parse("03-01-06-01-02-01-12").expect("a good name");
        assert_eq!(name, ClipName { spoken: true, emotion: Emotion::Fearful, speaker: Speaker::new("12") });
        assert!(!ClipName::parse("03-02-04-01-01-02-03").expect("a good name").spoken);
    }

    #[test]
    fn names_that_are_not_ravdess_names_are_refused_with_the_part_that_is_wrong() {
        for (stem, part) in [
            ("03-01-06-01-02-01", "seven parts"),
            ("03-01-09-01-02-01-12", "emotion `09`"),
            ("03-01-00-01-02-01-12", "emotion `00`"),
            ("03-01-6-01-02-01-12", "emotion `6`"),
            ("03-01-06-01-02-01-25", "actor `25`"),
            ("03-03-06-01-02-01-12", "channel `03`"),
            ("aa-01-06-01-02-01-12", "modality `aa`"),
            ("03-01-+6-01-02-01-12", "emotion `+6`"),
            ("", "seven parts"),
        ] {
            let refusal = ClipName::parse(stem).expect_err(stem);
            assert!(refusal.contains(part), "{refusal}");
        }
    }
}
