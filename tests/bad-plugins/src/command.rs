//! Faults that happen when somebody asks for them; until then the answers are right.

use crate::escape;
use crate::harm::{crash, hang, leak};
use undertone_plugin_sdk::Failure;

/// A value above this asks for the fault.
const COMMAND: f32 = 0.9;
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
