//! Which of a worker's streams have something to do, in the order in which it came.

use std::collections::{HashSet, VecDeque};
use undertone_core::StreamId;

/// Every stream stands here at most once. Nobody else is looked at, however many streams are open.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    spoken: VecDeque<StreamId>,
    /// Recordings that come faster than they were spoken.
    bulk: VecDeque<StreamId>,
    listed: HashSet<StreamId>,
}

impl Agenda {
    /// Puts a stream at the end, unless it stands here.
    pub(super) fn add(&mut self, stream: StreamId, is_bulk: bool) {
        if self.listed.insert(stream) {
            if is_bulk { self.bulk.push_back(stream) } else { self.spoken.push_back(stream) }
        }
    }

    /// Whether nobody has anything to do.
    pub(super) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// The next stream that is no recording.
    pub(super) fn next_spoken(&mut self) -> Option<StreamId> {
        Self::take(&mut self.spoken, &mut self.listed)
    }

    /// The next recording.
    pub(super) fn next_bulk(&mut self) -> Option<StreamId> {
        Self::take(&mut self.bulk, &mut self.listed)
    }

    fn take(queue: &mut VecDeque<StreamId>, listed: &mut HashSet<StreamId>) -> Option<StreamId> {
        let stream = queue.pop_front()?;
        listed.remove(&stream);
        Some(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_come_in_order_and_once_with_recordings_apart() {
        let [first, second, recording] = [(); 3].map(|()| StreamId::generate());
        let mut agenda = Agenda::default();
        for (stream, is_bulk) in [(second, false), (recording, true), (first, false), (second, false)] {
            agenda.add(stream, is_bulk);
        }
        assert_eq!(agenda.next_spoken(), Some(second));
        agenda.add(second, false);
        assert_eq!([agenda.next_spoken(), agenda.next_spoken()], [Some(first), Some(second)]);
        assert_eq!(agenda.next_spoken(), None);
        assert!(!agenda.is_empty());
        assert_eq!([agenda.next_bulk(), agenda.next_bulk()], [Some(recording), None]);
        assert!(agenda.is_empty());
    }
}
