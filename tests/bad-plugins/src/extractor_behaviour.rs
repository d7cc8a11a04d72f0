//! What an extractor does wrong.

use crate::command::Fault;
use serde::Deserialize;

/// What the extractor does; `behaviour` of its recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Behaviour {
    Good,
    /// Panics when a push starts with a sample of exactly 0.5.
    Panic,
    /// Frames hold values that are not finite.
    Nan,
    /// Promises one frame at most and gives more.
    BrokenPromise,
    /// Promises more frames than memory has room for.
    Boundless,
    /// Wants 8 kHz.
    OtherRate,
    /// Frames tell how long their push was.
    CutDependent,
    /// A reset forgets nothing.
    Remembers,
    /// A reset forgets, but activation does not.
    ActivateRemembers,
    /// Gives every frame at the end.
    Late,
    /// Never gives the first frame.
    FirstIsMissing,
    /// Gives another frame at the end.
    OneTooMany,
    /// All instances work on one stream.
    Shared,
    /// Keeps memory of every stream.
    Leak,
    /// Keeps every sample of a stream.
    Hoards,
    /// Divides by the loudness.
    NanInSilence,
    /// Carries what was no number over resets.
    Poisoned,
    /// Frames are others every time.
    Random,
    /// Works only on the thread that made it.
    ThreadBound,
    /// Takes as many samples as it was told to expect, and no more.
    SmallPush,
    /// Fails at a push of nothing.
    NeedsSamples,
    /// Panics when a stream ends before its first frame.
    NeedsAFrame,
    /// Has no fingerprint.
    NoFingerprint,
    /// Two columns have one name.
    TwinColumns,
    /// Is activated once, and not again.
    ActivatesOnce,
    /// Gives the process up when an instance ends that was never activated.
    AbortsUnactivated,
    /// Gives the process up when it is deactivated in a stream.
    AbortsInStream,
    /// Makes three instances, and no more.
    FewInstances,
    /// Fails at a reset when nothing was heard.
    NeedsAStream,
    /// Goes on with the old stream when it is reset without a reason.
    IgnoresReset,
    /// Makes a frame of what is left at the end, if it is nearly one.
    Pads,
    /// Frames of full scale are no numbers.
    Clips,
    /// Divides by the first sample, where there is any.
    DividesByTiny,
    /// Frames of samples far above full scale are no numbers.
    NanWhenLoud,
    /// Fails while another instance works.
    OneAtATime,
    /// Makes no instance while another one is being made.
    MakesOneAtATime,
    /// Asks for memory in every push, and gives it back.
    Allocates,
    /// Writes to a wrong place.
    Crash,
    /// Gives the process up.
    Abort,
    /// Ends the process as if all were well.
    Exit,
    /// Never returns.
    Hang,
    /// Right until a sample asks for a wrong access.
    SegfaultOnCommand,
    /// Right until a sample asks it never to return.
    HangOnCommand,
    /// Right until a sample asks for all memory.
    LeakOnCommand,
    /// Right until a sample asks for a panic.
    PanicOnCommand,
}

impl Behaviour {
    pub(crate) const fn on_command(self) -> Option<Fault> {
        match self {
            Self::SegfaultOnCommand => Some(Fault::Segfault),
            Self::HangOnCommand => Some(Fault::Hang),
            Self::LeakOnCommand => Some(Fault::Leak),
            Self::PanicOnCommand => Some(Fault::Panic),
            _ => None,
        }
    }
}
