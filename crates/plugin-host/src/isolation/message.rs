//! What lies in the shared memory: a head, then what belongs to the call.
//!
//! ```text
//! 0     head: call, number of items or of the stream, outcome, bytes of text
//! 64    text of a call that failed
//! 4096  what the plugin counts (`tally`)
//! 8192  an order or its answer, JSON; or a note per item (512 bytes: frames, outcome, two lengths, text),
//!       then all frames, all states, all logits; or samples and frames of one stream (`passage`)
//! ```

use super::area::SharedArea;
use undertone_core::PluginError;

/// Where that which belongs to a call begins.
pub(crate) const CONTENT: usize = 8192;
/// Where that lies which the plugin counts.
pub(crate) const TALLY: usize = 4096;
const HEAD_WORDS: usize = 4;
const HEAD_TEXT: usize = 64;
const HEAD_TEXT_BYTES: usize = TALLY - HEAD_TEXT;

/// What a process is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// To load what the order names.
    Load,
    /// To score utterances.
    Classify,
    /// To score streams as they go on.
    Advance,
    /// To be ready for the samples of another stream.
    Open,
    /// To make frames of a stream's next samples.
    Push,
    /// To make the frames that waited for more samples.
    Finish,
    /// To hear why a stream ended, and to be ready for another one in its place.
    Reset,
    /// To forget a stream's place.
    Close,
}

impl Call {
    /// Whether an answer says that the plugin works. A stream is opened and closed without its having to do anything.
    pub(crate) const fn is_work(self) -> bool {
        matches!(self, Self::Classify | Self::Advance | Self::Push | Self::Finish)
    }

    /// For people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Load => "loading",
            Self::Classify => "classify",
            Self::Advance => "advance",
            Self::Open => "the start of a stream",
            Self::Push => "push",
            Self::Finish => "finish",
            Self::Reset => "reset",
            Self::Close => "the end of a stream",
        }
    }

    const ALL: [Self; 8] = [
        Self::Load,
        Self::Classify,
        Self::Advance,
        Self::Open,
        Self::Push,
        Self::Finish,
        Self::Reset,
        Self::Close,
    ];

    const fn word(self) -> u32 {
        self as u32 + 1
    }
}

/// How a call or an item ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Refused,
    Failed,
}

pub(super) const DONE: u32 = 1;
const REFUSED: u32 = 2;
/// Anything else, as for a plugin's status.
const FAILED: u32 = 3;

impl Outcome {
    pub(super) const fn of(word: u32) -> Self {
        match word {
            DONE => Self::Done,
            REFUSED => Self::Refused,
            _ => Self::Failed,
        }
    }
}

/// Asks for `call` about `items` items, or with so many bytes of text.
pub(crate) fn ask(area: &SharedArea, call: Call, items: usize, text: &[u8]) {
    let words = [call.word(), items as u32, 0, text.len() as u32];
    area.put(0, &words);
    area.put(CONTENT, text);
}

/// What was asked for, and the number of items.
pub(crate) fn asked(area: &SharedArea) -> Option<(Call, usize)> {
    let mut words = [0_u32; HEAD_WORDS];
    area.get(0, &mut words);
    let call = Call::ALL.into_iter().find(|call| call.word() == words[0])?;
    Some((call, words[1] as usize))
}

/// The text of an order or an answer; `None` when it is longer than the memory.
pub(crate) fn text(area: &SharedArea) -> Option<Vec<u8>> {
    let mut words = [0_u32; HEAD_WORDS];
    area.get(0, &mut words);
    let length = words[3] as usize;
    if length > area.length() - CONTENT {
        return None;
    }
    let mut text = vec![0_u8; length];
    area.get(CONTENT, &mut text);
    Some(text)
}

/// Answers an order.
pub(crate) fn answer_text(area: &SharedArea, text: &[u8]) {
    area.put(CONTENT, text);
    area.put(2 * size_of::<u32>(), &[DONE, text.len() as u32]);
}

/// Answers a call.
pub(crate) fn answer(area: &SharedArea, ended: &Result<(), PluginError>) {
    let (outcome, length) = match ended {
        Ok(()) => (DONE, 0),
        Err(error) => {
            let (outcome, _, message) = parts(error);
            let message = cut(message, HEAD_TEXT_BYTES);
            area.put(HEAD_TEXT, message.as_bytes());
            (outcome, message.len())
        }
    };
    area.put(2 * size_of::<u32>(), &[outcome, length as u32]);
}

/// How `call` of `plugin` ended.
pub(crate) fn answered(area: &SharedArea, call: Call, plugin: &str) -> Result<(), PluginError> {
    let mut words = [0_u32; HEAD_WORDS];
    area.get(0, &mut words);
    error_of(Outcome::of(words[2]), plugin, || {
        let mut text = vec![0_u8; (words[3] as usize).min(HEAD_TEXT_BYTES)];
        area.get(HEAD_TEXT, &mut text);
        (call.name().to_owned(), String::from_utf8_lossy(&text).into_owned())
    })
}

pub(super) fn error_of(
    outcome: Outcome,
    plugin: &str,
    words: impl FnOnce() -> (String, String),
) -> Result<(), PluginError> {
    if outcome == Outcome::Done {
        return Ok(());
    }
    let plugin = plugin.to_owned();
    let (what, message) = words();
    Err(match outcome {
        Outcome::Refused => PluginError::Refused { plugin, what, message },
        _ => PluginError::Failed { plugin, what, message },
    })
}

pub(super) fn parts(error: &PluginError) -> (u32, &str, &str) {
    match error {
        PluginError::Refused { what, message, .. } => (REFUSED, what, message),
        PluginError::Failed { what, message, .. } | PluginError::Lost { what, message, .. } => {
            (FAILED, what, message)
        }
    }
}

/// The beginning of a text, at most so many bytes.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_cannot_be_are_not_believed() {
        let area = SharedArea::new(1 << 16).expect("memory");
        area.put(0, &[u32::MAX; HEAD_WORDS]);
        assert!(answered(&area, Call::Classify, "p").is_err());
        assert_eq!(text(&area), None);
        assert_eq!(asked(&area), None);
    }

    #[test]
    fn an_order_and_its_answer_come_as_they_were() {
        let area = SharedArea::new(1 << 16).expect("memory");
        ask(&area, Call::Load, 0, b"order");
        assert_eq!((asked(&area), text(&area)), (Some((Call::Load, 0)), Some(b"order".to_vec())));
        answer_text(&area, b"answer");
        assert_eq!(text(&area), Some(b"answer".to_vec()));
    }

    #[test]
    fn a_call_that_failed_brings_its_words() {
        let area = SharedArea::new(1 << 16).expect("memory");
        let error = PluginError::Refused { plugin: "q".into(), what: "w".into(), message: "m".into() };
        answer(&area, &Err(error));
        let read = answered(&area, Call::Advance, "p").expect_err("it was refused");
        assert_eq!(read.to_string(), "plugin p refused advance: m");
        answer(&area, &Ok(()));
        assert_eq!(answered(&area, Call::Advance, "p"), Ok(()));
    }
}
