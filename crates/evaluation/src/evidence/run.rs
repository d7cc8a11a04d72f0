//! Which measurement a file belongs to.

use std::fmt;
use std::str::FromStr;

/// How clips were divided into those learnt from and those asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Folds by speaker, five where nothing else was asked for: a network is asked only about people it never heard. Every clip is asked about
    /// once per seed.
    Speaker5,
    /// Four fifths of each emotion's clips are learnt from, the others asked about; speakers are on both
    /// sides.
    Random80,
}

impl Protocol {
    /// Both, the one that tells about new people first.
    pub const ALL: [Self; 2] = [Self::Speaker5, Self::Random80];

    /// The word in file names and columns.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Speaker5 => "speaker5",
            Self::Random80 => "random80",
        }
    }

    /// The words for readers.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Speaker5 => "New speakers",
            Self::Random80 => "Known speakers",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.name() == name)
            .ok_or_else(|| format!("{name:?} is neither speaker5 nor random80"))
    }
}

/// One protocol carried out with one seed. Shown, and found in file names, as `speaker5-seed1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId {
    /// The protocol.
    pub protocol: Protocol,
    /// Seed of everything random.
    pub seed: u32,
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-seed{}", self.protocol, self.seed)
    }
}

impl FromStr for RunId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once("-seed").and_then(|(protocol, seed)| {
            Some(Self { protocol: protocol.parse().ok()?, seed: seed.parse().ok()? })
        });
        let canonical = parsed.filter(|run| run.to_string() == text);
        canonical.ok_or_else(|| format!("{text:?} is not PROTOCOL-seedN"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_reads_back_as_it_is_written_and_in_no_other_form() {
        let run = RunId { protocol: Protocol::Random80, seed: 12 };
        assert_eq!(run.to_string().parse(), Ok(run));
        for other in ["random80-seed012", "random80-seed+12", "random81-seed1", "speaker5", "speaker5-seed"] {
            assert!(other.parse::<RunId>().is_err(), "{other}");
        }
    }
}
