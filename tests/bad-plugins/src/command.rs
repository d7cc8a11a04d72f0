//! Faults that happen when somebody asks for them; until then the answers are right.

use crate::escape;
use crate::harm::{crash, hang, leak};
use undertone_plugin_sdk::Failure;

/// A value above this asks for the fault.
const COMMAND: f32 = 0.9;
/// An utterance of more frames is long; no host tries a model with so many unless the model asks for them.
const LONG: usize = 100;
/// What a leak takes at a time.
const MIB: usize = 1 << 20;

/// What happens on command.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    Segfault,
    Abort,
    Exit,
    Hang,
    Leak,
    Panic,
    Escape,
}

/// Whether the fault of an instance is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sleep {
    /// It is there.
    Awake,
    /// It comes with the first value that asks for it.
    UntilAsked,
    /// It comes with the first long utterance.
    UntilLong,
}

impl Sleep {
    /// The name of a behaviour without what says when it shows, and that.
    pub(crate) fn of(name: &str) -> (&str, Self) {
        let until = |ending, sleep| name.strip_suffix(ending).map(|name| (name, sleep));
        until("-when-asked", Self::UntilAsked)
            .or_else(|| until("-when-long", Self::UntilLong))
            .unwrap_or((name, Self::Awake))
    }

    /// Wakes for ever when one of `values` or an utterance of so many frames is what it waits for.
    pub(crate) fn hear<'a>(&mut self, mut values: impl Iterator<Item = &'a f32>, frames: usize) {
        let wakes = match self {
            Self::Awake => return,
            Self::UntilAsked => values.any(|&value| value > COMMAND),
            Self::UntilLong => frames > LONG,
        };
        if wakes {
            *self = Self::Awake;
        }
    }
}

impl Fault {
    /// Does it, if one of `values` asks for it.
    pub(crate) fn obey<'a>(self, mut values: impl Iterator<Item = &'a f32>) -> Result<(), Failure> {
        if !values.any(|&value| value > COMMAND) {
            return Ok(());
        }
        match self {
            Self::Segfault => crash(),
            Self::Abort => std::process::abort(),
            Self::Exit => std::process::exit(7),
            Self::Hang => hang(),
            Self::Leak => loop {
                leak(MIB);
            },
            Self::Panic => panic!("asked to"),
            Self::Escape => return escape::report(),
        }
        Ok(())
    }
}
