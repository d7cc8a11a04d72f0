//! The newest answers, kept in memory on their way from the journal to the shipper, which need not read them back.

use crate::columns::PredictionColumns;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Answers that are in the journal, in the order of their numbers and without a gap. It is a shortcut and nothing more: what is
/// not here is read from the file.
///
/// It holds a bounded number of rows; when it is full, newer ones are left to the file until the shipper has taken what is here.
#[derive(Debug)]
pub(crate) struct Tail {
    limit: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// Whether a shipper takes rows. Nothing is kept for one that is away.
    followed: bool,
    rows: VecDeque<Numbered>,
}

/// An answer with its number in the journal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Numbered {
    pub(crate) seq: i64,
    pub(crate) row: PredictionColumns,
}

impl Tail {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, held: Mutex::default() }
    }

    /// Begins to keep rows, or stops and forgets them.
    pub(crate) fn follow(&self, followed: bool) {
        let mut held = self.held();
        held.followed = followed;
        if !followed {
            held.rows.clear();
        }
    }

    /// Takes in rows that were committed, with consecutive numbers.
    pub(super) fn append(&self, rows: Vec<Numbered>) {
        let mut held = self.held();
        let Some(first) = rows.first() else { return };
        let fits = held.rows.back().is_none_or(|last| last.seq + 1 == first.seq);
        if held.followed && fits {
            let room = self.limit.saturating_sub(held.rows.len());
            held.rows.extend(rows.into_iter().take(room));
        }
    }

    /// Forgets all: some of the rows may not be in the journal any more.
    pub(super) fn clear(&self) {
        self.held().rows.clear();
    }

    /// The rows behind the number `seq`, at most `limit`, if they are here; they are gone then.
    pub(crate) fn take_behind(&self, seq: i64, limit: usize) -> Option<Vec<Numbered>> {
        let mut held = self.held();
        while held.rows.front().is_some_and(|row| row.seq <= seq) {
            held.rows.pop_front();
        }
        held.rows.front().filter(|row| row.seq == seq + 1)?;
        let taken = held.rows.len().min(limit);
        Some(held.rows.drain(..taken).collect())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_core::UtteranceRecord;

    fn rows(numbers: std::ops::Range<i64>) -> Vec<Numbered> {
        let record = UtteranceRecord {
            prediction_id: undertone_core::PredictionId::generate(),
            stream_id: undertone_core::StreamId::generate(),
            tenant: "default".to_owned(),
            utterance: 1,
            created_at: undertone_core::UnixMicros(0),
            model: undertone_core::ModelRef { name: "m".to_owned(), version: "1".to_owned() },
            arm: None,
            role: undertone_core::Role::Live,
            is_final: true,
            interval: undertone_core::SampleRange { start: 0, end: 1 },
            labels: vec!["calm".to_owned()],
            probabilities: vec![1.0],
            top: "calm".to_owned(),
            confidence: 1.0,
            abstained: false,
            time_parts: undertone_core::TimeParts::default(),
            heard: None,
        };
        let row = PredictionColumns::try_from(&record).unwrap();
        numbers.map(|seq| Numbered { seq, row: row.clone() }).collect()
    }

    fn numbers(taken: Option<Vec<Numbered>>) -> Option<Vec<i64>> {
        taken.map(|rows| rows.into_iter().map(|row| row.seq).collect())
    }

    #[test]
    fn rows_are_handed_out_once_in_order_and_only_where_nothing_is_missing_before_them() {
        let tail = Tail::new(100);
        tail.append(rows(1..4));
        assert_eq!(tail.take_behind(0, 10), None, "nobody takes rows yet");
        tail.follow(true);
        tail.append(rows(4..7));
        assert_eq!(tail.take_behind(0, 10), None, "1 to 3 are in the file alone");
        assert_eq!(numbers(tail.take_behind(3, 2)), Some(vec![4, 5]));
        tail.append(rows(7..9));
        assert_eq!(numbers(tail.take_behind(6, 10)), Some(vec![7, 8]), "6 was read from the file");
        assert_eq!(tail.take_behind(8, 10), None);
    }

    #[test]
    fn what_does_not_fit_or_does_not_follow_is_left_to_the_file() {
        let tail = Tail::new(3);
        tail.follow(true);
        tail.append(rows(1..6));
        tail.append(rows(6..8));
        assert_eq!(numbers(tail.take_behind(0, 10)), Some(vec![1, 2, 3]));
        assert_eq!(tail.take_behind(3, 10), None);
        tail.append(rows(10..12));
        tail.append(rows(13..14));
        assert_eq!(numbers(tail.take_behind(9, 10)), Some(vec![10, 11]));
    }

    #[test]
    fn nothing_is_left_of_what_was_cleared_or_is_not_followed_any_more() {
        let tail = Tail::new(10);
        tail.follow(true);
        tail.append(rows(1..3));
        tail.clear();
        assert_eq!(tail.take_behind(0, 10), None);
        tail.append(rows(3..5));
        tail.follow(false);
        tail.follow(true);
        assert_eq!(tail.take_behind(2, 10), None);
    }
}
