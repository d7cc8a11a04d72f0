//! The audio that a stream may have to send again.

use bytes::Bytes;
use std::collections::VecDeque;
use undertone_proto::v1::control::Action;

/// The most bytes of a message; servers take larger ones.
const PIECE_BYTES: usize = 64 * 1024;

/// Something to send.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    /// Audio.
    Piece(Bytes),
    /// Something to say at that place in the audio.
    Mark(Action),
}

/// What was not acknowledged yet, in order, numbered from the stream's start.
#[derive(Debug)]
pub(crate) struct Replay {
    limit_bytes: usize,
    /// Each with the place in the audio where it begins, in bytes.
    items: VecDeque<(u64, Item)>,
    first: u64,
    held_bytes: usize,
    end: u64,
    /// Whether nothing more will come.
    pub(crate) finished: bool,
}

impl Replay {
    /// One that holds `limit_bytes`, and the chunk that reaches beyond it.
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, items: VecDeque::new(), first: 0, held_bytes: 0, end: 0, finished: false }
    }

    /// Has room for so many bytes, whatever the limit was.
    pub(crate) fn hold_at_least(&mut self, bytes: usize) {
        self.limit_bytes = self.limit_bytes.max(bytes);
    }

    /// Whether more audio may be added.
    pub(crate) fn has_room(&self) -> bool {
        self.held_bytes < self.limit_bytes
    }

    /// The number of the first item that is held.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// Adds audio, in pieces that servers take as messages.
    pub(crate) fn add(&mut self, mut data: Bytes) {
        while !data.is_empty() {
            let piece = data.split_to(data.len().min(PIECE_BYTES));
            self.held_bytes += piece.len();
            let start = self.end;
            self.end += piece.len() as u64;
            self.items.push_back((start, Item::Piece(piece)));
        }
    }

    /// Adds something to say behind the audio so far.
    pub(crate) fn mark(&mut self, action: Action) {
        self.items.push_back((self.end, Item::Mark(action)));
    }

    /// The item of that number; `None` where it is still to come.
    pub(crate) fn item(&self, number: u64) -> Option<&Item> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.items.get(place).map(|(_, item)| item)
    }

    /// Forgets what lies in front of byte `position`. Of a piece that lies across it the rest is kept.
    pub(crate) fn forget(&mut self, position: u64) {
        while let Some((start, item)) = self.items.front_mut() {
            if *start >= position {
                return;
            }
            if let Item::Piece(data) = item
                && let Ok(cut) = usize::try_from(position - *start)
                && cut < data.len()
            {
                let _ = data.split_to(cut);
                self.held_bytes -= cut;
                *start = position;
                return;
            }
            self.drop_first();
        }
    }

    /// Forgets everything in front of the item of that number.
    pub(crate) fn forget_items(&mut self, number: u64) {
        while self.first < number && !self.items.is_empty() {
            self.drop_first();
        }
    }

    /// Forgets to ask for updates that were due a while ago.
    pub(crate) fn forget_flushes(&mut self) {
        self.items.retain(|(_, item)| !matches!(item, Item::Mark(Action::Flush(_))));
    }

    fn drop_first(&mut self) {
        let Some((_, item)) = self.items.pop_front() else { return };
        self.first += 1;
        if let Item::Piece(data) = item {
            self.held_bytes -= data.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_proto::v1::{EndUtterance, Flush};

    fn piece(replay: &Replay, number: u64) -> Vec<u8> {
        match replay.item(number) {
            Some(Item::Piece(data)) => data.to_vec(),
            other => panic!("{other:?} is no audio"),
        }
    }

    #[test]
    fn what_is_acknowledged_is_forgotten_and_a_piece_is_cut_where_it_is() {
        let mut replay = Replay::new(100);
        replay.add(Bytes::from_static(b"abcd"));
        replay.add(Bytes::from_static(b"efgh"));
        replay.forget(6);
        assert_eq!((replay.first(), replay.held_bytes), (1, 2));
        assert_eq!(piece(&replay, 1), b"gh");
        assert!(replay.item(0).is_none() && replay.item(2).is_none());
        replay.forget(8);
        assert_eq!((replay.first(), replay.held_bytes), (2, 0));
    }

    #[test]
    fn audio_is_cut_into_messages() {
        let mut replay = Replay::new(1);
        replay.add(Bytes::from(vec![7; PIECE_BYTES + 1]));
        assert_eq!((piece(&replay, 0).len(), piece(&replay, 1).len()), (PIECE_BYTES, 1));
        assert!(!replay.has_room());
    }

    #[test]
    fn marks_keep_their_place_and_old_flushes_are_dropped() {
        let mut replay = Replay::new(100);
        replay.add(Bytes::from_static(b"ab"));
        replay.mark(Action::Flush(Flush {}));
        replay.mark(Action::EndUtterance(EndUtterance {}));
        replay.add(Bytes::from_static(b"cd"));
        replay.forget(2);
        assert_eq!(replay.first(), 1, "a mark behind the acknowledged audio is kept");
        replay.forget_flushes();
        assert_eq!(replay.item(1), Some(&Item::Mark(Action::EndUtterance(EndUtterance {}))));
        assert_eq!(piece(&replay, 2), b"cd");
    }

    #[test]
    fn what_was_sent_of_a_stream_that_cannot_be_taken_up_is_forgotten() {
        let mut replay = Replay::new(4);
        replay.add(Bytes::from_static(b"abcd"));
        assert!(!replay.has_room());
        replay.forget_items(1);
        assert!(replay.has_room());
    }
}
