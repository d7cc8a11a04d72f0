//! A worker: one OS thread that owns its streams. Each turn it takes one piece of input from every stream that has
//! some, scores whatever they ask for in one batch per model, and hands out the events.

use crate::answer::ScoringFacts;
use crate::extractor_pool::ExtractorPool;
use crate::pulse::Pulse;
use crate::scoring::Classifiers;
use crate::session::{ScoreRequest, Step};
use crate::{Control, Event, Observer};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::sync::mpsc;
use undertone_core::{EndReason, Model, StreamId};

mod owned_stream;
mod turn;

pub(crate) use owned_stream::{LoadGuard, NewStream, OwnedStream, failure};
use turn::{Pending, Score, Turn};

/// What a worker is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// Take this stream.
    Open(Box<NewStream>),
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
    extractors: ExtractorPool,
    classifiers: Classifiers,
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
            extractors: ExtractorPool::default(),
            classifiers,
            drained: false,
        }
    }

    fn work(&mut self, messages: &mut mpsc::Receiver<Message>) {
        while !self.context.stop.load(Ordering::Acquire) {
            if !self.streams.values().any(OwnedStream::can_go_on) {
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
        let pending = self.advance_streams();
        let scores = self.score(&pending);
        self.deliver(pending, scores);
        self.retire();
    }

    /// Lets every stream that can go on take one piece of input.
    fn advance_streams(&mut self) -> Vec<Pending> {
        let mut pending = Vec::new();
        let mut steps = Vec::new();
        for (&id, stream) in &mut self.streams {
            if stream.has_work() {
                stream.advance(self.context.observer.as_ref(), &mut steps);
                pending.extend(steps.drain(..).map(|step| Pending { stream: id, step }));
            }
        }
        pending
    }

    fn score(&mut self, pending: &[Pending]) -> Vec<Option<Score>> {
        let mut turn = Turn::new(pending, &mut self.classifiers, self.context.observer.as_ref());
        turn.score(&mut self.streams);
        turn.scores
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
    let Some((logits, inference)) = score else { return };
    let facts = ScoringFacts { inference, abstain_below: context.abstain_below };
    let answered = match logits {
        Ok(logits) => stream.answering.answer(request, &logits, stream.model.as_ref(), &facts),
        Err(error) => Err(failure(error.kind(), error.to_string())),
    };
    match answered {
        Ok(answer) => stream.tell(Event::Answer(answer), context.observer.as_ref()),
        Err(failure) => stream.fail(failure, context.observer.as_ref()),
    }
}
