//! The questions that a worker has not answered yet.

use crate::Observer;
use crate::question::{NewQuestion, Place, Question, QuestionError, Verdicts};
use crate::scoring::ItemScores;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::sync::oneshot;
use undertone_core::{Frames, Model};

/// How much of the questions has a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// One item: somebody speaks, and waits for no more than that.
    OneItem,
    /// Items of so many frames, at least one item.
    Frames(usize),
}

/// The questions that a worker has not answered yet, the oldest first. What may be here is bounded by the room that
/// every question has taken.
#[derive(Default)]
pub(super) struct Questions {
    open: VecDeque<OpenQuestion>,
    next_ticket: u64,
}

/// An item that has its turn.
pub(super) struct Asked {
    ticket: u64,
    pub(super) model: Arc<dyn Model>,
    pub(super) frames: Frames,
}

struct OpenQuestion {
    ticket: u64,
    model: Arc<dyn Model>,
    waiting: std::vec::IntoIter<Frames>,
    verdicts: Verdicts,
    items: usize,
    asked: Instant,
    deadline: Option<Instant>,
    reply: oneshot::Sender<Result<Verdicts, QuestionError>>,
    under_way: Arc<AtomicBool>,
    place: Place,
}

impl Questions {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn push(&mut self, new: NewQuestion) {
        let NewQuestion { question, asked, reply, under_way, place } = new;
        let Question { model, items, deadline, patient: _ } = question;
        self.next_ticket += 1;
        self.open.push_back(OpenQuestion {
            ticket: self.next_ticket,
            model,
            verdicts: Vec::with_capacity(items.len()),
            items: items.len(),
            waiting: items.into_iter(),
            asked,
            deadline,
            reply,
            under_way,
            place,
        });
    }

    /// The next items, in the order in which they were asked about. Questions that nobody waits for any more, and those that
    /// are late, are given up. How long each waited is told to the observer, if there is one.
    pub(super) fn take(&mut self, share: Share, observer: Option<&dyn Observer>) -> Vec<Asked> {
        self.forget_the_late();
        let now = Instant::now();
        let mut taken: Vec<Asked> = Vec::new();
        let mut frames = 0;
        for question in &mut self.open {
            while let Some(item) = question.waiting.as_slice().first() {
                let fits = match share {
                    Share::OneItem => taken.is_empty(),
                    Share::Frames(most) => taken.is_empty() || frames + item.len() <= most,
                };
                if !fits {
                    return taken;
                }
                frames += item.len();
                let waited = now.saturating_duration_since(question.asked);
                if let Some(observer) = observer {
                    observer.queue_waited(question.model.reference(), waited);
                }
                question.under_way.store(true, Ordering::Release);
                let (ticket, model) = (question.ticket, question.model.clone());
                taken.extend(question.waiting.next().map(|frames| Asked { ticket, model, frames }));
            }
        }
        taken
    }

    /// Ends the questions that are late, and forgets those that nobody waits for any more.
    pub(super) fn forget_the_late(&mut self) {
        give_up(&mut self.open, Instant::now());
    }

    /// Ends the question of an item that its model broke at.
    pub(super) fn lose(&mut self, item: &Asked) {
        if let Some(place) = self.open.iter().position(|question| question.ticket == item.ticket)
            && let Some(question) = self.open.remove(place)
        {
            question.end(Err(QuestionError::ModelLost));
        }
    }

    /// Takes what the models said about `asked`, and answers the questions of which all is known.
    pub(super) fn answer(&mut self, asked: Vec<Asked>, scores: Vec<ItemScores>) {
        for (item, score) in asked.into_iter().zip(scores) {
            if let Some(question) = self.open.iter_mut().find(|question| question.ticket == item.ticket) {
                question.verdicts.push(score);
            }
        }
        while self.open.front().is_some_and(|question| question.verdicts.len() == question.items) {
            if let Some(mut question) = self.open.pop_front() {
                let verdicts = std::mem::take(&mut question.verdicts);
                question.end(Ok(verdicts));
            }
        }
    }
}

/// Ends the questions that are late, and forgets those that nobody waits for any more.
fn give_up(queue: &mut VecDeque<OpenQuestion>, now: Instant) {
    let late = |question: &OpenQuestion| question.deadline.is_some_and(|deadline| deadline <= now);
    if !queue.iter().any(|question| late(question) || question.reply.is_closed()) {
        return;
    }
    for question in std::mem::take(queue) {
        if late(&question) {
            question.end(Err(QuestionError::Expired));
        } else if !question.reply.is_closed() {
            queue.push_back(question);
        }
    }
}

impl OpenQuestion {
    /// Its place is free before its answer can be seen, so that who waited for it can ask again.
    fn end(self, answer: Result<Verdicts, QuestionError>) {
        drop(self.place);
        // Fails when nobody waits any more.
        let _ = self.reply.send(answer);
    }
}
