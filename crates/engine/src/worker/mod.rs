//! A worker: one OS thread that owns its streams. Each turn it takes one piece of input from every stream that has
//! some, scores whatever they ask for, and with it frames of questions, in one batch per model, and hands out the events.

use crate::answer::ScoringFacts;
use crate::capacity::{Capacity, Ledger};
use crate::extractor_pool::ExtractorPool;
use crate::pulse::Pulse;
use crate::question::NewQuestion;
use crate::scoring::Classifiers;
use crate::step::{ScoreRequest, Step};
use crate::{Control, Event, Observer};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use undertone_core::{EndReason, Model, StreamId};

mod liveness;
mod owned_stream;
mod questions;
mod turn;

pub(crate) use owned_stream::{LoadGuard, NewStream, OwnedStream, failure};
use questions::{Asked, Questions, Share};
use turn::{Pending, Score, Scored, Turn};

/// What a worker is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// Take this stream.
    Open(Box<NewStream>),
    /// Score frames that belong to no stream.
    Ask(Box<NewQuestion>),
    /// A stream's next input.
    Input(StreamId, Input),
    /// A reader made room.
    Wake(StreamId),
    /// Look whether it is time to stop.
    Look,
    /// End every stream, answering what it heard.
    Drain,
}

/// A stream's input.
#[derive(Debug)]
pub(crate) enum Input {
    /// Encoded bytes.
    Audio { data: Bytes, received: Instant },
    /// Something beside audio.
    Control(Control),
    /// No more audio.
    Finish,
    /// End early, answering what was heard.
    End(EndReason),
    /// The client went away: end without answers.
    Abandon,
}

/// What a worker is given for its whole life.
pub(crate) struct WorkerContext {
    pub(crate) models: Vec<Arc<dyn Model>>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) abstain_below: Option<f32>,
    /// Set when this worker is to end, whatever streams it has.
    pub(crate) stop: Arc<AtomicBool>,
    /// Tells the watchdog how it goes.
    pub(crate) pulse: Arc<Pulse>,
    /// Is told how much of the worker's time its live streams take.
    pub(crate) capacity: Arc<Capacity>,
    pub(crate) thin_after: Duration,
    pub(crate) turn_frames: usize,
}

/// Runs until it is told to stop, or every sender is gone. A panic loses the worker's streams and nothing else.
pub(crate) fn run(mut messages: mpsc::Receiver<Message>, context: &WorkerContext) {
    loop {
        let turned = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            Worker::new(context).work(&mut messages);
        }));
        match turned {
            Ok(()) => return,
            Err(_) => {
                tracing::error!("a worker panicked; its streams are lost, it starts anew");
                context.pulse.rest();
                context.observer.worker_restarted();
            }
        }
    }
}

struct Worker<'a> {
    context: &'a WorkerContext,
    streams: BTreeMap<StreamId, OwnedStream>,
    questions: Questions,
    extractors: ExtractorPool,
    classifiers: Classifiers,
    ledger: Ledger,
    /// The recording that last had a turn.
    last_bulk: Option<StreamId>,
    /// Streams that were on their way when the engine drained are drained too.
    drained: bool,
}

impl<'a> Worker<'a> {
    fn new(context: &'a WorkerContext) -> Self {
        let mut classifiers = Classifiers::default();
        for model in context.models.iter().take_while(|_| !context.stop.load(Ordering::Acquire)) {
            if let Err(error) = classifiers.prepare(model.as_ref()) {
                tracing::error!(model = %model.reference(), %error, "a worker could not make a classifier");
                context.observer.plugin_failed(model.reference());
            }
        }
        Self {
            context,
            streams: BTreeMap::new(),
            questions: Questions::default(),
            extractors: ExtractorPool::default(),
            classifiers,
            ledger: Ledger::new(Instant::now()),
            last_bulk: None,
            drained: false,
        }
    }

    fn work(&mut self, messages: &mut mpsc::Receiver<Message>) {
        while !self.context.stop.load(Ordering::Acquire) {
            if self.questions.is_empty() && !self.streams.values().any(OwnedStream::can_go_on) {
                self.context.pulse.rest();
                match messages.blocking_recv() {
                    Some(message) => {
                        self.context.pulse.beat();
                        self.take(message);
                    }
                    None => return,
                }
            }
            self.context.pulse.beat();
            while let Ok(message) = messages.try_recv() {
                self.take(message);
            }
            self.turn();
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Open(new) => self.open(*new),
            Message::Ask(new) => self.questions.push(*new),
            Message::Input(id, input) => {
                if let Some(stream) = self.streams.get_mut(&id) {
                    stream.queue(input);
                }
            }
            Message::Wake(id) => {
                if let Some(stream) = self.streams.get_mut(&id) {
                    stream.delivery.resume();
                }
            }
            Message::Look => {}
            Message::Drain => {
                self.drained = true;
                for stream in self.streams.values_mut() {
                    stream.queue(Input::End(EndReason::Drained));
                }
            }
        }
    }

    fn open(&mut self, new: NewStream) {
        let id = new.id;
        let extractor = self.extractors.take(new.model.as_ref());
        let mut stream = OwnedStream::open(new, extractor, self.context.observer.clone());
        if self.drained {
            stream.queue(Input::End(EndReason::Drained));
        }
        self.streams.insert(id, stream);
    }

    fn turn(&mut self) {
        let began = Instant::now();
        let taken = self.who_has_a_turn();
        let live = taken.iter().filter(|id| self.streams[id].is_live()).count();
        let pending = self.advance_streams(&taken);
        let asked = self.who_is_asked();
        let scored = self.score(&pending, &asked);
        self.deliver(pending, scored.steps);
        self.questions.answer(asked, scored.verdicts);
        self.retire();
        let capacity = (self.context.capacity.as_ref(), self.streams.len());
        // Questions take what streams leave, so their time is none that a stream would have to do without.
        self.ledger.enter([began + scored.for_questions, Instant::now()], [live, taken.len()], capacity);
    }

    /// Every stream that can take input; beside live streams only one recording that comes faster than it was spoken, each
    /// in its turn, so that nobody who speaks waits for many of them.
    fn who_has_a_turn(&mut self) -> Vec<StreamId> {
        let some_live = self.streams.values().any(OwnedStream::is_live);
        let with_work = self.streams.iter().filter(|(_, stream)| stream.has_work());
        let (bulk, mut taken): (Vec<StreamId>, Vec<StreamId>) =
            with_work.map(|(&id, _)| id).partition(|id| some_live && self.streams[id].is_bulk());
        let next = bulk.iter().find(|&&id| Some(id) > self.last_bulk).or(bulk.first()).copied();
        self.last_bulk = next.or(self.last_bulk);
        taken.extend(next);
        taken
    }

    /// The items of questions that are scored in this turn.
    fn who_is_asked(&mut self) -> Vec<Asked> {
        let share = match self.streams.values().any(OwnedStream::is_live) {
            true => Share::OneItem,
            false => Share::Frames(self.context.turn_frames),
        };
        self.questions.take(share, self.context.observer.as_ref())
    }

    /// Lets every one of these streams take one piece of input.
    fn advance_streams(&mut self, taken: &[StreamId]) -> Vec<Pending> {
        let mut pending = Vec::new();
        let mut steps = Vec::new();
        for id in taken {
            if let Some(stream) = self.streams.get_mut(id) {
                stream.advance(self.context, &mut steps);
                pending.extend(steps.drain(..).map(|step| Pending { stream: *id, step }));
            }
        }
        pending
    }

    fn score(&mut self, pending: &[Pending], asked: &[Asked]) -> Scored {
        let mut turn = Turn::new(pending, asked, &mut self.classifiers, self.context.observer.as_ref());
        turn.score(&mut self.streams);
        turn.into_scored()
    }

    fn deliver(&mut self, pending: Vec<Pending>, scores: Vec<Option<Score>>) {
        for (item, score) in pending.into_iter().zip(scores) {
            let Some(stream) = self.streams.get_mut(&item.stream) else { continue };
            match item.step {
                Step::Tell(event) => stream.tell(event, self.context.observer.as_ref()),
                Step::Score(request) => deliver_score(stream, &request, score, self.context),
                Step::Acknowledge(checkpoint) => {
                    let point = stream.answering.resume_point(checkpoint);
                    stream.tell(Event::Acknowledged(point), self.context.observer.as_ref());
                }
            }
        }
    }

    /// Gives up the streams that have nothing more to say.
    fn retire(&mut self) {
        for stream in self.streams.values_mut() {
            stream.delivery.resume();
            if let Some(extractor) = stream.wind_down() {
                self.extractors.put_back(stream.model.reference(), extractor);
            }
        }
        self.streams.retain(|_, stream| !stream.is_over());
    }
}

fn deliver_score(
    stream: &mut OwnedStream,
    request: &ScoreRequest,
    score: Option<Score>,
    context: &WorkerContext,
) {
    let Some(Score { logits, took, own }) = score else { return };
    stream.own_time += own;
    let facts = ScoringFacts { inference: took, abstain_below: context.abstain_below };
    let answered = match logits {
        Ok(logits) => stream.answering.answer(request, &logits, stream.model.as_ref(), &facts),
        Err(error) => Err(failure(error.kind(), error.to_string())),
    };
    match answered {
        Ok(answer) => stream.tell(Event::Answer(Box::new(answer)), context.observer.as_ref()),
        Err(failure) => stream.fail(failure, context.observer.as_ref()),
    }
}
