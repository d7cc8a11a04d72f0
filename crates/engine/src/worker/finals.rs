//! How a worker comes by what takes long: final results, and items of questions. While nobody speaks it scores them itself;
//! while somebody does, its finisher.

use super::Worker;
use super::finisher::{Batch, Job};
use super::questions::{Asked, Share};
use super::taken::Pending;
use super::turn::{Scored, about_whole_utterances};
use crate::step::{Scope, Step};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;
use undertone_core::{FramesView, Model};

/// What a worker's finisher has to do.
pub(super) struct Beside {
    under_way: Option<UnderWay>,
    reply: SyncSender<Vec<Batch>>,
    replies: Receiver<Vec<Batch>>,
}

/// The requests that are being scored.
struct UnderWay {
    finals: Vec<Pending>,
    asked: Vec<Asked>,
    /// The share of the final requests that somebody waits for who speaks.
    live: f64,
}

impl Default for Beside {
    fn default() -> Self {
        // One answer at most is under way.
        let (reply, replies) = sync_channel(1);
        Self { under_way: None, reply, replies }
    }
}

impl Beside {
    pub(super) fn is_busy(&self) -> bool {
        self.under_way.is_some()
    }
}

impl Worker<'_> {
    /// Has final requests and items of questions scored, and answers those that are not scored beside; gives the time that
    /// went to questions.
    pub(super) fn score_finals(&mut self) -> Duration {
        if self.beside.is_busy() {
            return Duration::ZERO;
        }
        let is_beside = !self.live.is_empty() && self.context.finisher.is_some();
        let (beside, finals) =
            self.next_finals().into_iter().partition(|item| is_beside && self.can_be_scored_beside(item));
        let (asked_beside, asked) = self
            .who_is_asked()
            .into_iter()
            .partition::<Vec<_>, _>(|item| is_beside && carries_state(item.model.as_ref()));
        self.begin(beside, asked_beside);
        let scored = self.score(&finals, &asked);
        self.deliver(finals, scored.steps);
        self.questions.answer(asked, scored.verdicts);
        scored.for_questions
    }

    /// Answers what the finisher has scored.
    pub(super) fn take_finished(&mut self) {
        let Ok(batches) = self.beside.replies.try_recv() else { return };
        let Some(UnderWay { finals, asked, live }) = self.beside.under_way.take() else { return };
        self.backlog.end();
        let mut scored = Scored::nothing(finals.len(), &asked);
        let mut worked = Duration::ZERO;
        for batch in batches {
            worked += batch.spent.worked;
            scored.enter(&batch.places, batch.results, batch.spent);
            if let Some(lent) = batch.classifier {
                self.classifiers.take_back(batch.model.reference(), lent);
            }
        }
        self.ledger.enter_beside(worked.saturating_sub(scored.for_questions).mul_f64(live));
        let streams: Vec<_> = finals.iter().map(|item| item.stream).collect();
        self.deliver(finals, scored.steps);
        self.questions.answer(asked, scored.verdicts);
        self.retire(&streams);
    }

    fn begin(&mut self, finals: Vec<Pending>, asked: Vec<Asked>) {
        let Some(finisher) =
            self.context.finisher.as_ref().filter(|_| !(finals.is_empty() && asked.is_empty()))
        else {
            return;
        };
        let batches = about_whole_utterances(&finals, &asked, &self.streams).map(|(model, items)| {
            let copied = |view: FramesView<'_>| view.to_frames();
            let (places, items) = items.into_iter().map(|(place, view)| (place, copied(view))).unzip();
            let classifier = self.classifiers.lend(model.as_ref());
            Batch::new(classifier, model, places, items)
        });
        let batches: Vec<Batch> = batches.collect();
        let live = finals.iter().filter(|item| self.live.contains(&item.stream)).count() as f64;
        self.backlog.begin(&finals);
        let live = live / finals.len().max(1) as f64;
        self.beside.under_way = Some(UnderWay { finals, asked, live });
        let job = Job { batches, reply: self.beside.reply.clone() };
        if let Err(TrySendError::Full(unsent) | TrySendError::Disconnected(unsent)) = finisher.try_send(job) {
            // The finisher is no more, or has those of workers that panicked: nothing was scored, and nobody would tell.
            let _ = self.beside.reply.try_send(unsent.batches);
            self.take_finished();
        }
    }

    /// The final requests that have their turn. Nobody who speaks waits for many of them.
    fn next_finals(&mut self) -> Vec<Pending> {
        let most = if self.live.is_empty() { usize::MAX } else { self.context.final_frames };
        self.backlog.take_finals(most)
    }

    /// The items of questions that have their turn.
    fn who_is_asked(&mut self) -> Vec<Asked> {
        let share = match self.live.is_empty() {
            true => Share::Frames(self.context.turn_frames),
            false => Share::OneItem,
        };
        self.questions.take(share, Some(self.context.observer.as_ref()))
    }

    /// Updates of models that carry no state need the classifier that final results need.
    fn can_be_scored_beside(&self, item: &Pending) -> bool {
        let is_whole = matches!(&item.step, Step::Score(request) if request.scope == Scope::Whole);
        is_whole && self.streams.get(&item.stream).is_some_and(|stream| carries_state(stream.model.as_ref()))
    }
}

fn carries_state(model: &dyn Model) -> bool {
    model.streaming().is_some()
}
