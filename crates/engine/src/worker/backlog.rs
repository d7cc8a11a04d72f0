//! What the streams of a worker have asked for and have not been answered. Updates are cheap and somebody looks at them;
//! a final result costs as much as several of them. So everything that stands in front of a stream's next final request has
//! its turn at once, and final requests have theirs in the order in which they came, a few in a turn.

use super::taken::Pending;
use std::collections::HashSet;
use undertone_core::StreamId;

/// The steps of a stream stay in their order: what is behind a final request waits for it.
#[derive(Default)]
pub(super) struct Backlog {
    waiting: Vec<Pending>,
    /// Those whose final request is being scored beside.
    under_way: HashSet<StreamId>,
}

impl Backlog {
    /// Whether nothing waits for its turn.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The streams that wait, each for a final result.
    pub(super) fn streams(&self) -> HashSet<StreamId> {
        self.waiting.iter().map(|item| item.stream).chain(self.under_way.iter().copied()).collect()
    }

    /// Whether something has its turn while others are under way: what stands in front of a stream's final request, or such a
    /// request if it `may`.
    pub(super) fn has_due(&self, may: impl Fn(&Pending) -> bool) -> bool {
        let mut seen = self.under_way.clone();
        let due = |item: &Pending| seen.insert(item.stream) && (item.final_frames().is_none() || may(item));
        self.waiting.iter().any(due)
    }

    /// The `finals` that were taken are not answered in this turn: until [`Self::end`] their streams wait.
    pub(super) fn begin(&mut self, finals: &[Pending]) {
        self.under_way = finals.iter().map(|item| item.stream).collect();
    }

    /// What was begun is answered.
    pub(super) fn end(&mut self) {
        self.under_way.clear();
    }

    /// Puts steps behind those that are here.
    pub(super) fn add(&mut self, steps: Vec<Pending>) {
        self.waiting.extend(steps);
    }

    /// What stands in front of the final requests.
    pub(super) fn take_soon(&mut self) -> Vec<Pending> {
        let mut behind_a_final = self.under_way.clone();
        let (waiting, soon) = std::mem::take(&mut self.waiting).into_iter().partition(|item| {
            if item.final_frames().is_some() {
                behind_a_final.insert(item.stream);
            }
            behind_a_final.contains(&item.stream)
        });
        self.waiting = waiting;
        soon
    }

    /// The next final requests of those that `may`, one of a stream: the first one, and more until they name more than
    /// `most_frames`.
    pub(super) fn take_finals(&mut self, most_frames: usize, may: impl Fn(&Pending) -> bool) -> Vec<Pending> {
        let mut seen = self.under_way.clone();
        let mut frames = 0;
        let mut has_room = true;
        let (finals, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|item| {
            let is_first = seen.insert(item.stream);
            let own = item.final_frames().filter(|_| is_first && may(item));
            has_room &= own.is_none_or(|own| frames == 0 || frames + own <= most_frames);
            let is_taken = has_room && own.is_some();
            frames += own.filter(|_| is_taken).map_or(0, |own| own.max(1));
            is_taken
        });
        self.waiting = waiting;
        finals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::{Scope, ScoreRequest, Step};
    use crate::{Checkpoint, Trigger};
    use undertone_core::SampleRange;

    fn asked(stream: StreamId, trigger: Trigger, frames: usize) -> Pending {
        let request = ScoreRequest {
            utterance: 1,
            trigger,
            interval: SampleRange { start: 0, end: 1 },
            rows: 0..frames,
            scope: Scope::Whole,
            audio_processed: 1,
            heard: None,
            checkpoint: None,
        };
        Pending { stream, step: Step::Score(request) }
    }

    fn any(_: &Pending) -> bool {
        true
    }

    fn update(stream: StreamId) -> Pending {
        asked(stream, Trigger::Interval, 50)
    }

    fn final_of(stream: StreamId, frames: usize) -> Pending {
        asked(stream, Trigger::Silence, frames)
    }

    fn acknowledgement(stream: StreamId) -> Pending {
        Pending { stream, step: Step::Acknowledge(Checkpoint::default()) }
    }

    fn streams<const N: usize>() -> [StreamId; N] {
        [(); N].map(|()| StreamId::generate())
    }

    /// Whose steps these are, and whether they ask for a final result.
    fn told(items: &[Pending]) -> Vec<(StreamId, bool)> {
        items.iter().map(|item| (item.stream, item.final_frames().is_some())).collect()
    }

    #[test]
    fn updates_do_not_wait_for_the_final_results_of_others() {
        let [first, second] = streams();
        let mut backlog = Backlog::default();
        backlog.add(vec![final_of(first, 100), update(second), acknowledgement(second)]);
        assert_eq!(told(&backlog.take_soon()), [(second, false); 2]);
        assert_eq!(backlog.streams(), HashSet::from([first]));
        assert_eq!(told(&backlog.take_finals(1, any)), [(first, true)]);
        assert!(backlog.is_empty());
    }

    #[test]
    fn the_steps_of_a_stream_stay_in_their_order() {
        let [stream] = streams();
        let mut backlog = Backlog::default();
        backlog.add(vec![update(stream), final_of(stream, 100), acknowledgement(stream), update(stream)]);
        backlog.add(vec![final_of(stream, 10)]);
        assert_eq!(told(&backlog.take_soon()), [(stream, false)]);
        assert!(backlog.take_soon().is_empty());
        assert_eq!(told(&backlog.take_finals(usize::MAX, any)), [(stream, true)]);
        assert_eq!(told(&backlog.take_soon()), [(stream, false); 2]);
        assert_eq!(backlog.streams(), HashSet::from([stream]));
        assert_eq!(told(&backlog.take_finals(usize::MAX, any)), [(stream, true)]);
        assert!(backlog.is_empty());
    }

    #[test]
    fn what_is_behind_a_final_request_waits_for_it_while_it_is_scored_beside() {
        let [first, second] = streams();
        let mut backlog = Backlog::default();
        backlog.add(vec![final_of(first, 100), acknowledgement(first), final_of(second, 100)]);
        let finals = backlog.take_finals(100, any);
        backlog.begin(&finals);
        backlog.add(vec![update(second)]);
        assert!(backlog.take_soon().is_empty());
        assert_eq!(backlog.streams(), HashSet::from([first, second]));
        assert!(backlog.has_due(any) && !backlog.has_due(|_| false));
        backlog.end();
        assert_eq!(told(&backlog.take_soon()), [(first, false)]);
        assert_eq!(backlog.streams(), HashSet::from([second]));
    }

    #[test]
    fn final_results_come_in_order_and_only_as_many_as_a_turn_has_room_for() {
        let all = streams::<4>();
        let frames = [500, 100, 300, 1];
        let mut backlog = Backlog::default();
        backlog.add(all.iter().zip(frames).map(|(&stream, frames)| final_of(stream, frames)).collect());
        // One that is larger than the room goes alone; a short one does not overtake a long one.
        assert_eq!(told(&backlog.take_finals(300, any)), [(all[0], true)]);
        assert_eq!(told(&backlog.take_finals(300, any)), [(all[1], true)]);
        assert_eq!(told(&backlog.take_finals(301, any)), [(all[2], true), (all[3], true)]);
        assert!(backlog.is_empty());
    }
}
