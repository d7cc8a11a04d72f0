//! What a classifier does wrong.

use crate::command::Fault;
use serde::Deserialize;
use undertone_plugin_sdk::{Failure, Item};

/// What the classifier does; the text of the file that a bundle calls its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Behaviour {
    /// Scores are the mean of the frames' first values, and zeroes.
    Good,
    /// Panics when it scores an item whose first value is above 0.
    Panic,
    /// Answers scores that are not numbers.
    Nan,
    /// Fails as a whole when it scores an item whose first value is above 0.
    Fail,
    /// Refuses items whose first value is above 0.
    RefuseItem,
    /// Gives items no answer.
    Silent,
    /// Describes one label more than it was told.
    ExtraLabel,
    /// Panics while it reads its configuration.
    PanicAtOpen,
    /// Never gets ready.
    HangAtOpen,
    /// Scores grow with the number of items in the call.
    Neighbours,
    /// Scores grow with what was scored before.
    Remembers,
    /// Scores are others every time.
    Random,
    /// Keeps memory of every call.
    Leak,
    /// Panics at a frame that is no number.
    PanicAtNan,
    /// Scores frames of any width.
    AnyWidth,
    /// Fails as a whole at an item that is wrong.
    FailsTogether,
    /// Says nothing about items that it refuses.
    WordlessItems,
    /// Works only on the thread that made it.
    ThreadBound,
    /// Breaks when it is cancelled.
    BreaksWhenCancelled,
    /// Takes as many items as it was told to expect, and no more.
    SmallBatch,
    /// Writes to a wrong place when it scores.
    Crash,
    /// Never returns from scoring.
    Hang,
    /// Does not take up a stream's state.
    ForgetsState,
    /// Keeps a stream's state in the instance.
    KeepsState,
    /// Gives the state of the first stream of a call to all of them.
    MixesStates,
    /// Scores streams with any number of new frames, none too.
    AnySteps,
    /// Is configured once, and not again while that plugin lives.
    OpensOnce,
    /// Keeps memory of every plugin.
    LeaksAtOpen,
    /// Keeps memory of every call, where it can be found.
    Hoards,
    /// Gives no scores.
    NoLabels,
    /// Is activated once, and not again.
    ActivatesOnce,
    /// Gives the process up when an instance ends that was never activated.
    AbortsUnactivated,
    /// Makes three instances, and no more.
    FewInstances,
    /// Scores are others behind a reset.
    SpoiltByReset,
    /// Fails while another instance works.
    OneAtATime,
    /// Panics at an item of one frame.
    PanicAtOneFrame,
    /// Refuses items of fewer than 30 frames.
    NeedsMuch,
    /// Refuses items of more than 1000 frames.
    ShortOfBreath,
    /// Scores grow from item to item of a call.
    Ordered,
    /// Fails at a call without items.
    NeedsItems,
    /// Asks for memory in every call, and gives it back.
    Allocates,
    /// Leaves states that are not numbers.
    NanState,
    /// Two states have one name.
    TwinStates,
    /// A state has no values.
    EmptyState,
    /// Carries state, whether it was told to or not.
    AlwaysStates,
    /// Writes to a wrong place at an item that asks for it.
    SegfaultOnCommand,
    /// Gives the process up.
    AbortOnCommand,
    /// Ends the process.
    ExitOnCommand,
    /// Never returns.
    HangOnCommand,
    /// Takes memory until there is none.
    LeakOnCommand,
    /// Panics.
    PanicOnCommand,
    /// Tries to reach what lies around its process, and refuses the call with what it reached.
    EscapeOnCommand,
}

impl Behaviour {
    /// Does what it does on command, if `item` asks for it.
    pub(crate) fn obey(self, item: &Item) -> Result<(), Failure> {
        let fault = match self {
            Self::SegfaultOnCommand => Fault::Segfault,
            Self::AbortOnCommand => Fault::Abort,
            Self::ExitOnCommand => Fault::Exit,
            Self::HangOnCommand => Fault::Hang,
            Self::LeakOnCommand => Fault::Leak,
            Self::PanicOnCommand => Fault::Panic,
            Self::EscapeOnCommand => Fault::Escape,
            _ => return Ok(()),
        };
        fault.obey(item.frames().iter().step_by(item.dim().max(1)))
    }
}
