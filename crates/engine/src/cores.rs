//! Which threads are at work, so that a model that listens along begins only where a core has nothing to do.

use crate::mailbox::Mailbox;
use crate::worker::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The threads that are at work, by their place. Workers of streams begin whenever they have something to do; a listener only
/// while fewer threads work than there are workers for.
#[derive(Debug)]
pub(crate) struct Cores {
    all: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    places: BTreeSet<usize>,
    /// Who is told once a core is free; every listener stands here at most once.
    waiting: BTreeMap<usize, Mailbox>,
}

impl Cores {
    /// So many, none of them taken.
    pub(crate) fn new(all: usize) -> Self {
        Self { all, taken: Mutex::default() }
    }

    /// The thread at `place` begins to work.
    pub(crate) fn take(&self, place: usize) {
        self.taken().places.insert(place);
    }

    /// The same where a core is free. Else false, and `mailbox` is told when one is.
    pub(crate) fn take_free(&self, place: usize, mailbox: &Mailbox) -> bool {
        let mut taken = self.taken();
        let is_free = taken.places.len() < self.all;
        if is_free {
            taken.places.insert(place);
        } else {
            taken.waiting.insert(place, mailbox.clone());
        }
        is_free
    }

    /// The thread at `place` has nothing to do, or is no more.
    pub(crate) fn give_back(&self, place: usize) {
        let waiting = {
            let mut taken = self.taken();
            if !taken.places.remove(&place) {
                return;
            }
            std::mem::take(&mut taken.waiting)
        };
        waiting.into_values().for_each(|mailbox| mailbox.post(Message::Look));
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_begins_where_a_core_is_free_and_is_told_when_one_becomes_free() {
        let (cores, (mailbox, mut mail)) = (Cores::new(2), Mailbox::new(4));
        cores.take(0);
        assert!(cores.take_free(7, &mailbox), "one of two is free");
        cores.take(1);
        cores.give_back(7);
        assert!(!cores.take_free(7, &mailbox) && mail.next().is_none(), "workers have both");
        cores.give_back(1);
        assert!(matches!(mail.next(), Some(Message::Look)));
        assert!(cores.take_free(7, &mailbox));
        cores.give_back(1);
        assert!(mail.next().is_none(), "it had given it back before");
    }
}
