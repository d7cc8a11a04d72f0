//! What a call answers.

use super::room::TextRoom;
use crate::conformance::outcome::{Outcome, Stop, broken};
use crate::text::ERROR_BYTES;
use undertone_plugin_abi::{Status, TextBuffer};

/// What a call answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: Status,
    pub(crate) words: String,
}

impl Answer {
    pub(crate) fn is_ok(&self) -> bool {
        self.status == Status::OK
    }

    /// Goes on only after OK; `what` names the call.
    pub(crate) fn ok(&self, what: &str) -> Outcome {
        if self.is_ok() { Ok(()) } else { broken(format!("{what} answered {self}")) }
    }

    /// Whether the object is as good as before.
    pub(crate) fn leaves_it_good(&self) -> bool {
        matches!(self.status, Status::OK | Status::REFUSED | Status::CANCELLED)
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, words } = self;
        match *status {
            Status::OK => write!(f, "OK"),
            Status::REFUSED => write!(f, "REFUSED ({words})"),
            Status::FAILED => write!(f, "FAILED ({words})"),
            Status::POISONED => write!(f, "POISONED ({words})"),
            Status::CANCELLED => write!(f, "CANCELLED ({words})"),
            Status(other) => write!(f, "the unknown status {other} ({words})"),
        }
    }
}

/// Makes a call with the usual room for words; whatever it answers, it keeps to the room.
pub(crate) fn call(run: impl FnOnce(*mut TextBuffer) -> Status) -> Outcome<Answer> {
    call_with_words(ERROR_BYTES, run)
}

/// Makes a call with room for `capacity` bytes of words.
pub(crate) fn call_with_words(
    capacity: usize,
    run: impl FnOnce(*mut TextBuffer) -> Status,
) -> Outcome<Answer> {
    let mut room = TextRoom::new(capacity);
    let status = run(room.buffer());
    let words = room.words().map_err(Stop::Broken)?;
    Ok(Answer { status, words })
}
