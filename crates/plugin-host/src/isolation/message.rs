//! What lies in the shared memory: a head, then what belongs to the call.
//!
//! ```text
//! 0     head: call, number of items, outcome, bytes of text
//! 64    text of a call that failed
//! 4096  an order or its answer, JSON; or a note per item (512 bytes: frames, outcome, two lengths, text),
//!       then all frames, all states, all logits
//! ```

use super::area::SharedArea;
use super::order::Shape;
use undertone_core::PluginError;

/// Where that which belongs to a call begins.
pub(crate) const CONTENT: usize = 4096;
const HEAD_WORDS: usize = 4;
const HEAD_TEXT: usize = 64;
const HEAD_TEXT_BYTES: usize = CONTENT - HEAD_TEXT;
const NOTE_BYTES: usize = 512;
const NOTE_WORDS: usize = 4;
const NOTE_TEXT: usize = NOTE_WORDS * size_of::<u32>();
const NOTE_TEXT_BYTES: usize = NOTE_BYTES - NOTE_TEXT;
const VALUE_BYTES: usize = size_of::<f32>();

/// What a process is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// To load what the order names.
    Load,
    /// To score utterances.
    Classify,
    /// To score streams as they go on.
    Advance,
}

impl Call {
    /// For people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Load => "loading",
            Self::Classify => "classify",
            Self::Advance => "advance",
        }
    }

    const fn word(self) -> u32 {
        match self {
            Self::Load => 1,
            Self::Classify => 2,
            Self::Advance => 3,
        }
    }
}

/// How a call or an item ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Refused,
    Failed,
}

const DONE: u32 = 1;
const REFUSED: u32 = 2;
/// Anything else, as for a plugin's status.
const FAILED: u32 = 3;

impl Outcome {
    const fn of(word: u32) -> Self {
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
    let call =
        [Call::Load, Call::Classify, Call::Advance].into_iter().find(|call| call.word() == words[0])?;
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
pub(crate) fn answer(area: &SharedArea, ended: Result<(), &PluginError>) {
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

fn error_of(
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

fn parts(error: &PluginError) -> (u32, &str, &str) {
    match error {
        PluginError::Refused { what, message, .. } => (REFUSED, what, message),
        PluginError::Failed { what, message, .. } | PluginError::Lost { what, message, .. } => {
            (FAILED, what, message)
        }
    }
}

/// The beginning of a text, at most so many bytes.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Where the items of a call lie; both sides reckon it from the same numbers.
#[derive(Debug, Default)]
pub(crate) struct Places {
    shape: Shape,
    carries_state: bool,
    /// Of each item: where its frames begin, and how many they are.
    frames: Vec<(usize, usize)>,
    states: usize,
    logits: usize,
    end: usize,
}

impl Places {
    /// Lays out items of so many frames; the number of items that have room in `length` bytes. With state for [`Call::Advance`].
    pub(crate) fn lay_out(
        &mut self,
        shape: Shape,
        call: Call,
        frame_counts: impl Iterator<Item = usize>,
        length: usize,
    ) -> usize {
        self.shape = shape;
        self.carries_state = call == Call::Advance;
        self.frames.clear();
        let mut bytes = 0;
        for count in frame_counts {
            let items = self.frames.len() + 1;
            let more = count * shape.dim * VALUE_BYTES;
            if CONTENT + items * (NOTE_BYTES + self.fixed_bytes()) + bytes + more > length {
                break;
            }
            self.frames.push((bytes, count));
            bytes += more;
        }
        let first = CONTENT + self.frames.len() * NOTE_BYTES;
        self.frames.iter_mut().for_each(|(at, _)| *at += first);
        self.states = first + bytes;
        self.logits = self.states + self.frames.len() * self.state_values() * VALUE_BYTES;
        self.end = self.logits + self.frames.len() * shape.labels * VALUE_BYTES;
        self.frames.len()
    }

    /// Bytes of an item beside its frames and its note.
    fn fixed_bytes(&self) -> usize {
        (self.state_values() + self.shape.labels) * VALUE_BYTES
    }

    /// Room for one item of `frames` frames.
    pub(crate) fn bytes_of_one(shape: Shape, frames: usize) -> usize {
        CONTENT + NOTE_BYTES + (frames * shape.dim + shape.state_values + shape.labels) * VALUE_BYTES
    }

    /// The numbers of frames that stand in the notes of `items` items.
    pub(crate) fn frame_counts(area: &SharedArea, items: usize) -> impl Iterator<Item = usize> {
        (0..items).map(|item| {
            let mut count = [0_u32];
            area.get(CONTENT + item * NOTE_BYTES, &mut count);
            count[0] as usize
        })
    }

    /// Where the frames of an item begin, and how many values they have.
    pub(crate) fn frames(&self, item: usize) -> (usize, usize) {
        let (at, count) = self.frames[item];
        (at, count * self.shape.dim)
    }

    /// Where the state of an item lies.
    pub(crate) fn state(&self, item: usize) -> usize {
        self.states + item * self.state_values() * VALUE_BYTES
    }

    fn state_values(&self) -> usize {
        if self.carries_state { self.shape.state_values } else { 0 }
    }

    fn logits(&self, item: usize) -> usize {
        self.logits + item * self.shape.labels * VALUE_BYTES
    }

    /// Writes the numbers of frames into the notes.
    pub(crate) fn note_frames(&self, area: &SharedArea) {
        for (item, &(_, count)) in self.frames.iter().enumerate() {
            area.put(CONTENT + item * NOTE_BYTES, &[count as u32, 0, 0, 0]);
        }
    }

    /// Writes what came out for an item.
    pub(crate) fn put_outcome(
        &self,
        area: &SharedArea,
        item: usize,
        outcome: &Result<Vec<f32>, PluginError>,
    ) {
        let note = CONTENT + item * NOTE_BYTES;
        let written = match outcome {
            Ok(logits) => {
                area.put(self.logits(item), logits);
                [DONE, 0, 0]
            }
            Err(error) => {
                let (outcome, what, message) = parts(error);
                let what = cut(what, NOTE_TEXT_BYTES / 4);
                let message = cut(message, NOTE_TEXT_BYTES - what.len());
                area.put(note + NOTE_TEXT, [what, message].concat().as_bytes());
                [outcome, what.len() as u32, message.len() as u32]
            }
        };
        area.put(note + size_of::<u32>(), &written);
    }

    /// What came out for an item. Numbers and lengths are not believed before they were looked at.
    pub(crate) fn outcome(
        &self,
        area: &SharedArea,
        item: usize,
        plugin: &str,
    ) -> Result<Vec<f32>, PluginError> {
        let note = CONTENT + item * NOTE_BYTES;
        let mut words = [0_u32; 3];
        area.get(note + size_of::<u32>(), &mut words);
        error_of(Outcome::of(words[0]), plugin, || {
            let what = (words[1] as usize).min(NOTE_TEXT_BYTES);
            let message = (words[2] as usize).min(NOTE_TEXT_BYTES - what);
            let mut text = vec![0_u8; what + message];
            area.get(note + NOTE_TEXT, &mut text);
            let (what, message) = text.split_at(what);
            (String::from_utf8_lossy(what).into_owned(), String::from_utf8_lossy(message).into_owned())
        })?;
        let mut logits = vec![0.0; self.shape.labels];
        area.get(self.logits(item), &mut logits);
        match logits.iter().all(|logit| logit.is_finite()) {
            true => Ok(logits),
            false => error_of(Outcome::Failed, plugin, || ("an item".into(), "a score is not finite".into()))
                .map(|()| logits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { dim: 2, labels: 3, state_values: 5 };

    #[test]
    fn items_that_have_no_room_are_left_for_another_call() {
        let (mut places, one) = (Places::default(), Places::bytes_of_one(SHAPE, 10));
        assert_eq!(places.lay_out(SHAPE, Call::Advance, [10, 10].into_iter(), one), 1);
        assert_eq!(places.lay_out(SHAPE, Call::Advance, [11].into_iter(), one), 0);
        assert_eq!(places.lay_out(SHAPE, Call::Classify, [11].into_iter(), one), 1, "it needs no state");
    }

    #[test]
    fn no_item_lies_over_another() {
        let mut places = Places::default();
        assert_eq!(places.lay_out(SHAPE, Call::Advance, [4, 7, 1].into_iter(), 1 << 16), 3);
        let mut taken: Vec<(usize, usize)> = vec![(0, CONTENT + 3 * NOTE_BYTES)];
        for item in 0..3 {
            let (frames, values) = places.frames(item);
            taken.push((frames, frames + values * 4));
            taken.push((places.state(item), places.state(item) + 20));
            taken.push((places.logits(item), places.logits(item) + 12));
        }
        taken.sort_unstable();
        assert!(taken.windows(2).all(|two| two[0].1 <= two[1].0), "{taken:?}");
        assert_eq!(taken.last().map(|last| last.1), Some(places.end));
    }

    #[test]
    fn outcomes_come_back_as_they_were() {
        let (area, mut places) = (SharedArea::new(1 << 16).expect("memory"), Places::default());
        places.lay_out(SHAPE, Call::Classify, [1, 1, 1].into_iter(), area.length());
        let refused = PluginError::Refused {
            plugin: "p".into(),
            what: "an item".into(),
            message: "too long".repeat(100),
        };
        places.put_outcome(&area, 0, &Ok(vec![1.0, 2.0, 3.0]));
        places.put_outcome(&area, 1, &Err(refused));
        places.put_outcome(&area, 2, &Ok(vec![1.0, f32::NAN, 3.0]));
        assert_eq!(places.outcome(&area, 0, "p"), Ok(vec![1.0, 2.0, 3.0]));
        let refused = places.outcome(&area, 1, "p").expect_err("refused").to_string();
        assert!(refused.starts_with("plugin p refused an item: too longtoo"), "{refused}");
        let failed = places.outcome(&area, 2, "p").expect_err("not finite").to_string();
        assert!(failed.contains("not finite"), "{failed}");
    }

    #[test]
    fn lengths_that_cannot_be_are_not_believed() {
        let (area, mut places) = (SharedArea::new(1 << 16).expect("memory"), Places::default());
        places.lay_out(SHAPE, Call::Classify, [1].into_iter(), area.length());
        area.put(0, &[u32::MAX; HEAD_WORDS]);
        area.put(CONTENT, &[u32::MAX; NOTE_WORDS]);
        assert!(places.outcome(&area, 0, "p").is_err());
        assert!(answered(&area, Call::Classify, "p").is_err());
        assert_eq!(text(&area), None);
        assert_eq!(asked(&area), None);
    }
}
