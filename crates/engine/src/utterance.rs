//! The bookkeeping of a stream's utterances: numbers, update times, stability.

use crate::Trigger;
use crate::step::Scope;
use std::ops::Range;
use undertone_core::{Heard, Probabilities, SampleRange};

/// The utterance that is being spoken.
#[derive(Debug)]
pub(crate) struct OpenUtterance {
    pub(crate) number: u32,
    next_update_at: u64,
    hop: Option<u64>,
    /// End of the speech that an update was about.
    told_until: u64,
    /// Index of the frame behind the last one that an update asked about, from the stream's start.
    asked_until: Option<u64>,
}

impl OpenUtterance {
    /// `hop` is the distance of updates in samples; `None` asks for none.
    pub(crate) fn new(number: u32, start: u64, hop: Option<u64>) -> Self {
        let next_update_at = hop.map_or(u64::MAX, |hop| start.saturating_add(hop));
        Self { number, next_update_at, hop, told_until: start, asked_until: None }
    }

    /// Whether speech up to `end` is more than updates were about so far; from now on they were.
    pub(crate) fn brings_news(&mut self, end: u64) -> bool {
        let news = end > self.told_until;
        self.told_until = self.told_until.max(end);
        news
    }

    /// Of the utterance's `rows` so far, those that no update asked about, as many whole steps of them as there are; row
    /// 0 is the stream's frame `first_frame`.
    pub(crate) fn go_on(
        &mut self,
        rows: Range<usize>,
        first_frame: u64,
        step: usize,
    ) -> (Range<usize>, Scope) {
        let start = self.asked_until.map_or(rows.start, |asked| asked.saturating_sub(first_frame) as usize);
        let new = rows.end.saturating_sub(start) / step * step;
        let scope = Scope::GoingOn { first: self.asked_until.is_none() };
        if new > 0 {
            self.asked_until = Some(first_frame + (start + new) as u64);
        }
        (start..start + new, scope)
    }

    /// Whether an update is due at `position`; if so, the next one is due at the next hop behind it.
    pub(crate) fn update_due(&mut self, position: u64) -> bool {
        let Some(hop) = self.hop else { return false };
        if position < self.next_update_at {
            return false;
        }
        let hops = (position - self.next_update_at) / hop + 1;
        self.next_update_at = self.next_update_at.saturating_add(hops.saturating_mul(hop));
        true
    }
}

/// A finished utterance, waiting until all of its frames are there.
#[derive(Debug)]
pub(crate) struct FinishedUtterance {
    pub(crate) number: u32,
    pub(crate) interval: SampleRange,
    pub(crate) trigger: Trigger,
    /// Index of the frame behind its last one, from the stream's start.
    pub(crate) end_frame: u64,
    /// What it sounds like.
    pub(crate) heard: Option<Heard>,
}

/// What the answers before say about the stability of the next one.
#[derive(Debug, Default)]
pub(crate) struct Stability {
    last: Option<(u32, Probabilities)>,
}

impl Stability {
    /// One minus the total variation distance to the same utterance's answer before; 0 for its first, 1 when final.
    pub(crate) fn of(&mut self, utterance: u32, trigger: Trigger, now: &Probabilities) -> f32 {
        let stability = match &self.last {
            _ if trigger.is_final() => 1.0,
            Some((number, before)) if *number == utterance => 1.0 - total_variation(before, now),
            _ => 0.0,
        };
        self.last = Some((utterance, now.clone()));
        stability
    }
}

/// Half of the sum of absolute differences: 0 when equal, 1 when they share nothing.
fn total_variation(a: &Probabilities, b: &Probabilities) -> f32 {
    let distance: f32 = a.values().iter().zip(b.values()).map(|(a, b)| (a - b).abs()).sum();
    (distance / 2.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_due_once_per_hop() {
        let mut utterance = OpenUtterance::new(1, 100, Some(50));
        let due: Vec<u64> = (100..300).filter(|&position| utterance.update_due(position)).collect();
        assert_eq!(due, [150, 200, 250]);
    }

    #[test]
    fn silence_after_an_update_is_no_news() {
        let mut utterance = OpenUtterance::new(1, 100, Some(50));
        assert!(utterance.brings_news(160));
        assert!(!utterance.brings_news(160));
        assert!(utterance.brings_news(170));
    }

    #[test]
    fn a_late_look_gives_one_update_and_not_several() {
        let mut utterance = OpenUtterance::new(1, 0, Some(10));
        assert!(utterance.update_due(35));
        assert!(!utterance.update_due(39));
        assert!(utterance.update_due(40));
    }

    #[test]
    fn an_unchanged_answer_is_fully_stable_and_a_first_one_is_not() {
        let scores = Probabilities::from_logits(&[1.0, 2.0], 1.0).expect("finite");
        let mut stability = Stability::default();
        assert_eq!(stability.of(1, Trigger::Interval, &scores), 0.0);
        assert_eq!(stability.of(1, Trigger::Interval, &scores), 1.0);
        assert_eq!(stability.of(2, Trigger::Interval, &scores), 0.0);
        assert_eq!(stability.of(2, Trigger::Silence, &scores), 1.0);
    }
}
