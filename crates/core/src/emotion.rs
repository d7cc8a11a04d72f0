//! The eight emotions of RAVDESS, in the order of its file names.

use std::fmt;
use std::str::FromStr;

/// An emotion as RAVDESS names it. A model's labels may be others; these are the ones our models use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Emotion {
    /// 01 in a RAVDESS file name.
    Neutral,
    /// 02.
    Calm,
    /// 03.
    Happy,
    /// 04.
    Sad,
    /// 05.
    Angry,
    /// 06.
    Fearful,
    /// 07.
    Disgust,
    /// 08.
    Surprised,
}

impl Emotion {
    /// All eight in their order.
    pub const ALL: [Self; 8] = [
        Self::Neutral,
        Self::Calm,
        Self::Happy,
        Self::Sad,
        Self::Angry,
        Self::Fearful,
        Self::Disgust,
        Self::Surprised,
    ];

    /// The label as models and clients spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Calm => "calm",
            Self::Happy => "happy",
            Self::Sad => "sad",
            Self::Angry => "angry",
            Self::Fearful => "fearful",
            Self::Disgust => "disgust",
            Self::Surprised => "surprised",
        }
    }

    /// Position in [`Self::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Emotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Emotion {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|emotion| emotion.name() == name)
            .ok_or_else(|| format!("{name:?} is not one of the eight emotions"))
    }
}
