//! The questions that a worker has not answered yet.

use crate::Observer;
use crate::question::{NewQuestion, Place, Question, QuestionError, Verdicts};
use crate::scoring::ItemScores;
use std::collections::VecDeque;
use std::sync::Arc;
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
    /// Those that wait for a turn in which nobody else asks for anything.
    patient: VecDeque<OpenQuestion>,
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
    place: Place,
}

impl Questions {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.patient.is_empty()
    }

    pub(super) fn push(&mut self, new: NewQuestion) {
        let NewQuestion { question, asked, reply, place } = new;
        let Question { model, items, deadline, patient } = question;
        self.next_ticket += 1;
        let queue = if patient { &mut self.patient } else { &mut self.open };
        queue.push_back(OpenQuestion {
            ticket: self.next_ticket,
            model,
            verdicts: Vec::with_capacity(items.len()),
            items: items.len(),
            waiting: items.into_iter(),
            asked,
            deadline,
            reply,
            place,
        });
    }

    /// The next items, in the order in which they were asked about. Questions that nobody waits for any more, and those that
    /// are late, are given up.
    pub(super) fn take(&mut self, share: Share, observer: &dyn Observer) -> Vec<Asked> {
        let now = Instant::now();
        give_up(&mut self.open, now);
        give_up(&mut self.patient, now);
        Self::take_from(&mut self.open, share, observer)
    }

    /// The next item of a patient question.
    pub(super) fn take_patient(&mut self, observer: &dyn Observer) -> Vec<Asked> {
        Self::take_from(&mut self.patient, Share::OneItem, observer)
    }

    fn take_from(queue: &mut VecDeque<OpenQuestion>, share: Share, observer: &dyn Observer) -> Vec<Asked> {
        let now = Instant::now();
        let mut taken: Vec<Asked> = Vec::new();
        let mut frames = 0;
        for question in queue {
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
                observer.queue_waited(question.model.reference(), waited);
                let (ticket, model) = (question.ticket, question.model.clone());
                taken.extend(question.waiting.next().map(|frames| Asked { ticket, model, frames }));
            }
        }
        taken
    }

    /// Takes what the models said about `asked`, and answers the questions of which all is known.
    pub(super) fn answer(&mut self, asked: Vec<Asked>, scores: Vec<ItemScores>) {
        for (item, score) in asked.into_iter().zip(scores) {
            let mut questions = self.open.iter_mut().chain(&mut self.patient);
            if let Some(question) = questions.find(|question| question.ticket == item.ticket) {
                question.verdicts.push(score);
            }
        }
        for queue in [&mut self.open, &mut self.patient] {
            while queue.front().is_some_and(|question| question.verdicts.len() == question.items) {
                if let Some(mut question) = queue.pop_front() {
                    let verdicts = std::mem::take(&mut question.verdicts);
                    question.end(Ok(verdicts));
                }
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
