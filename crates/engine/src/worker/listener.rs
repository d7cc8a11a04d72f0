//! A listener: a thread that has models score what was answered by others, one item at a time, where a core has nothing to do.
//! It owns no stream, so a model that never comes back takes nobody's answers with it.

use super::Message;
use super::questions::{Questions, Share};
use crate::Observer;
use crate::cores::Cores;
use crate::mailbox::{Mail, Mailbox};
use crate::outfit::Leftovers;
use crate::priority::make_way;
use crate::pulse::Pulse;
use crate::scoring::Classifiers;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Of a core that somebody else wants, a listener gets a thirtieth. With the lowest priority of all it would look as if its model
/// hung while others keep all cores busy.
const NICE: u8 = 15;

/// What a listener is given for its whole life.
pub(crate) struct ListenerContext {
    pub(crate) observer: Arc<dyn Observer>,
    /// Set when this listener is to end.
    pub(crate) stop: Arc<AtomicBool>,
    /// Tells the watchdog how it goes.
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) cores: Arc<Cores>,
    /// Its own place among those who work.
    pub(crate) place: usize,
    /// Its own, for when a core becomes free.
    pub(crate) mailbox: Mailbox,
}

/// Runs until it is told to stop, at a low priority.
pub(crate) fn listen(mut mail: Mail, context: &ListenerContext) {
    make_way(NICE);
    let mut listener =
        Listener { context, questions: Questions::default(), classifiers: Classifiers::default() };
    listener.work(&mut mail);
}

struct Listener<'c> {
    context: &'c ListenerContext,
    questions: Questions,
    classifiers: Classifiers,
}

impl Listener<'_> {
    fn work(&mut self, mail: &mut Mail) {
        while !self.context.stop.load(Ordering::Acquire) {
            self.questions.forget_the_late();
            let ListenerContext { cores, place, mailbox, pulse, .. } = self.context;
            if !self.questions.is_empty() && cores.take_free(*place, mailbox) {
                pulse.beat();
                self.score_one();
                pulse.rest();
                if !self.context.stop.load(Ordering::Acquire) {
                    cores.give_back(*place);
                }
            } else {
                match mail.wait() {
                    Some(message) => self.take(message),
                    None => return,
                }
            }
            while let Some(message) = mail.next() {
                self.take(message);
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Ask(new) => self.questions.push(*new),
            Message::GiveUp(model, reply) => {
                let classifiers = self.classifiers.give_up(&model);
                // Comes back when nobody waits for it any more, and is destroyed here then.
                let _ = reply.send(Leftovers { classifiers, extractors: Vec::new() });
            }
            Message::Adopt(model, classifiers) => self.classifiers.adopt(&model, *classifiers),
            // It has no streams, and what it was asked may still be answered while others drain.
            Message::Open(_) | Message::Input(..) | Message::Wake(_) | Message::Look | Message::Drain => {}
        }
    }

    /// A model that panics loses what it was asked and its instances, and no other model's questions.
    fn score_one(&mut self) {
        let mut asked = self.questions.take(Share::OneItem, None);
        let Some(item) = asked.pop() else { return };
        let view = item.frames.view(0..item.frames.len());
        let (classifiers, observer) = (&mut self.classifiers, self.context.observer.as_ref());
        let scored = catch_unwind(AssertUnwindSafe(|| {
            let (mut scores, _) = classifiers.score(item.model.as_ref(), &[view], observer);
            scores.pop()
        }));
        match scored {
            Ok(Some(score)) => self.questions.answer(vec![item], vec![score]),
            Ok(None) | Err(_) => {
                tracing::error!(model = %item.model.reference(), "a model that listens along panicked");
                observer.plugin_failed(item.model.reference());
                let spoilt = self.classifiers.give_up(item.model.reference());
                // What is left of it may panic as well.
                let _ = catch_unwind(AssertUnwindSafe(|| drop(spoilt)));
                self.questions.lose(&item);
            }
        }
    }
}
