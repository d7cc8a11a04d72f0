//! The life of an experiment.

use crate::ExperimentError;
use std::fmt;

/// Where an experiment is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It can still be changed.
    Draft,
    /// Units are assigned.
    Running,
    /// No unit is assigned; those that were keep their arm when it runs again.
    Paused,
    /// An arm was chosen, or none was better. What it found stands.
    Decided,
    /// Put away.
    Archived,
}

impl State {
    /// All states, in the order of a life.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Running, Self::Paused, Self::Decided, Self::Archived];

    /// The name that people read and records keep.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Decided => "decided",
            Self::Archived => "archived",
        }
    }

    /// Takes a step: a draft is started, what runs is paused and taken up again, either is decided, what is decided
    /// is put away, and so is a draft that nobody wants. Nothing leads back to an experiment that was decided: its
    /// data were looked at for the last time, and a new question needs a new salt.
    pub fn step(self, to: Self) -> Result<Self, ExperimentError> {
        match (self, to) {
            (Self::Draft, Self::Running | Self::Archived)
            | (Self::Running, Self::Paused | Self::Decided)
            | (Self::Paused, Self::Running | Self::Decided)
            | (Self::Decided, Self::Archived) => Ok(to),
            (from, to) => Err(ExperimentError::Transition { from, to }),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_seven_steps_are_legal() {
        let steps = State::ALL.into_iter().flat_map(|from| State::ALL.map(|to| (from, to)));
        let legal: Vec<String> = steps
            .filter(|(from, to)| from.step(*to).is_ok())
            .map(|(from, to)| format!("{from} {to}"))
            .collect();
        assert_eq!(
            legal,
            [
                "draft running",
                "draft archived",
                "running paused",
                "running decided",
                "paused running",
                "paused decided",
                "decided archived"
            ]
        );
    }

    #[test]
    fn an_illegal_step_is_told_with_both_ends() {
        let error = State::Archived.step(State::Running).unwrap_err();
        assert_eq!(error.to_string(), "an experiment that is archived cannot become running");
    }
}
