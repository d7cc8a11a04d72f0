//! Where the items of a call lie in the shared memory, and what comes out for each.

use super::area::SharedArea;
use super::message::{CONTENT, Call, DONE, Outcome, cut, error_of, parts};
use super::order::Shape;
use undertone_core::PluginError;

/// In front of everything stands a note per item: number of frames, outcome, two lengths, text.
const NOTE_BYTES: usize = 512;
const NOTE_WORDS: usize = 4;
const NOTE_TEXT: usize = NOTE_WORDS * size_of::<u32>();
const NOTE_TEXT_BYTES: usize = NOTE_BYTES - NOTE_TEXT;
const VALUE_BYTES: usize = size_of::<f32>();

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
        area.put(CONTENT, &[u32::MAX; NOTE_WORDS]);
        assert!(places.outcome(&area, 0, "p").is_err());
    }
}
