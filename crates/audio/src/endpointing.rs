//! The settings that say where an utterance begins and ends.

use std::time::Duration;

/// Shortest and longest `max_utterance`.
const MAX_UTTERANCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
/// Longest of the other durations.
const LONGEST: Duration = Duration::from_secs(10);

/// Where an utterance begins and ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Endpointing {
    /// Whether voice activity is looked for. When not, the whole stream is one utterance, split at
    /// `max_utterance` only.
    pub enabled: bool,
    /// So much speech begins an utterance; less is taken for a click. At most 10 s.
    pub min_speech: Duration,
    /// So much silence ends an utterance. Above 0, at most 10 s.
    pub hangover: Duration,
    /// An utterance begins so long before its first speech. At most 10 s.
    pub pre_roll: Duration,
    /// Longer utterances are split. 1 s to 300 s.
    pub max_utterance: Duration,
    /// From this voice probability on a frame of 16 ms is speech. Above 0 and below 1.
    pub threshold: f32,
}

impl Default for Endpointing {
    /// On; 96 ms of speech begin, 800 ms of silence end an utterance; 100 ms before it; 30 s at most; 0.5.
    fn default() -> Self {
        Self {
            enabled: true,
            min_speech: Duration::from_millis(96),
            hangover: Duration::from_millis(800),
            pre_roll: Duration::from_millis(100),
            max_utterance: Duration::from_secs(30),
            threshold: 0.5,
        }
    }
}

impl Endpointing {
    /// Names every setting that cannot be worked with.
    pub fn validate(&self) -> Result<(), Vec<String>> {
        let mut mistakes = Vec::new();
        for (name, value) in
            [("min_speech", self.min_speech), ("hangover", self.hangover), ("pre_roll", self.pre_roll)]
        {
            if value > LONGEST {
                mistakes.push(format!("{name} is {value:?}: give at most {LONGEST:?}"));
            }
        }
        if self.hangover.is_zero() {
            mistakes.push("hangover is 0: an utterance needs some silence to end".to_owned());
        }
        let (shortest, longest) = MAX_UTTERANCE;
        if !(shortest..=longest).contains(&self.max_utterance) {
            mistakes
                .push(format!("max_utterance is {:?}: give {shortest:?} to {longest:?}", self.max_utterance));
        }
        if !(self.threshold > 0.0 && self.threshold < 1.0) {
            mistakes.push(format!("threshold is {}: give a number above 0 and below 1", self.threshold));
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Endpointing::default().validate(), Ok(()));
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let wrong = Endpointing {
            min_speech: Duration::from_secs(11),
            hangover: Duration::ZERO,
            pre_roll: Duration::MAX,
            max_utterance: Duration::ZERO,
            threshold: f32::NAN,
            ..Endpointing::default()
        };
        let mistakes = wrong.validate().expect_err("all wrong");
        assert_eq!(mistakes.len(), 5);
        for name in ["min_speech", "hangover", "pre_roll", "max_utterance", "threshold"] {
            assert!(mistakes.iter().any(|mistake| mistake.starts_with(name)), "{name} in {mistakes:?}");
        }
    }
}
