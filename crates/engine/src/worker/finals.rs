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
    /// Whether there is something to do: while the finisher works, what it does waits.
    pub(super) fn has_something_to_do(&self) -> bool {
        let something_is_due = match self.beside.is_busy() {
            true => self.backlog.has_due(|item| !self.can_go_beside(item)),
            false => !self.backlog.is_empty() || !self.questions.is_empty(),
        };
        something_is_due || !self.agenda.is_empty()
    }

    /// Has final requests and items of questions scored, and answers those that are not scored beside; gives the time that
    /// went to questions.
    pub(super) fn score_finals(&mut self) -> Duration {
        let is_busy = self.beside.is_busy();
        // Nobody who speaks waits for many of them.
        let most = if self.live.is_empty() { usize::MAX } else { self.context.final_frames };
        let mut backlog = std::mem::take(&mut self.backlog);
        let finals = backlog.take_finals(most, |item| !is_busy || !self.can_go_beside(item));
        self.backlog = backlog;
        let asked = if is_busy { Vec::new() } else { self.who_is_asked() };
        let speaks = !self.live.is_empty();
        let (beside, mut finals): (Vec<_>, _) =
            finals.into_iter().partition(|item| speaks && self.can_go_beside(item));
        let (asked_beside, mut asked): (Vec<_>, _) =
            asked.into_iter().partition(|item| self.is_scored_beside(item.model.as_ref()));
        if let Some((beside, asked_beside)) = self.begin(beside, asked_beside) {
            finals.extend(beside);
            asked.extend(asked_beside);
        }
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

    /// Whether final results of this model are scored beside now.
    pub(super) fn is_scored_beside(&self, model: &dyn Model) -> bool {
        !self.live.is_empty() && self.can_be_scored_beside(model)
    }

    /// Updates of models that carry no state need the classifier that final results need, and in a process of its own a model
    /// is asked one thing at a time.
    fn can_be_scored_beside(&self, model: &dyn Model) -> bool {
        self.context.finisher.is_some() && model.streaming().is_some() && !model.is_apart()
    }

    fn can_go_beside(&self, item: &Pending) -> bool {
        let is_whole = matches!(&item.step, Step::Score(request) if request.scope == Scope::Whole);
        let model = self.streams.get(&item.stream).map(|stream| stream.model.as_ref());
        is_whole && model.is_some_and(|model| self.can_be_scored_beside(model))
    }

    /// Hands these to the finisher, or back where it can take none.
    fn begin(&mut self, finals: Vec<Pending>, asked: Vec<Asked>) -> Option<(Vec<Pending>, Vec<Asked>)> {
        let finisher = self.context.finisher.as_ref()?;
        if finals.is_empty() && asked.is_empty() {
            return None;
        }
        let batches = about_whole_utterances(&finals, &asked, &self.streams).map(|(model, items)| {
            let copied = |view: FramesView<'_>| view.to_frames();
            let (places, items) = items.into_iter().map(|(place, view)| (place, copied(view))).unzip();
            let classifier = self.classifiers.lend(model.as_ref());
            Batch::new(classifier, model, places, items)
        });
        let job = Job { batches: batches.collect(), reply: self.beside.reply.clone() };
        if let Err(TrySendError::Full(unsent) | TrySendError::Disconnected(unsent)) = finisher.try_send(job) {
            for Batch { classifier, model, .. } in unsent.batches {
                if let Some(lent) = classifier {
                    self.classifiers.take_back(model.reference(), lent);
                }
            }
            return Some((finals, asked));
        }
        let live = finals.iter().filter(|item| self.live.contains(&item.stream)).count() as f64;
        let live = live / finals.len().max(1) as f64;
        self.backlog.begin(&finals);
        self.beside.under_way = Some(UnderWay { finals, asked, live });
        None
    }

    /// The items of questions that have their turn.
    fn who_is_asked(&mut self) -> Vec<Asked> {
        let share = match self.live.is_empty() {
            true => Share::Frames(self.context.turn_frames),
            false => Share::OneItem,
        };
        self.questions.take(share, Some(self.context.observer.as_ref()))
    }
}
