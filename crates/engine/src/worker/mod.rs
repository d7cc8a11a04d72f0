//! A worker: one OS thread that owns its streams. Each turn it takes a piece of input from the streams that have some, the
//! longest waiting first, until as many answers are asked for as one batch may hold; scores them, and with them frames of
//! questions, in one batch per model, and hands out the events. Final results, which take long, its finisher scores meanwhile.

use crate::capacity::{Capacity, Ledger, TurnCost};
use crate::census::Census;
use crate::cores::Cores;
use crate::extractor_pool::ExtractorPool;
use crate::mailbox::Mail;
use crate::outfit::Leftovers;
use crate::pulse::Pulse;
use crate::question::NewQuestion;
use crate::roster::Roster;
use crate::scoring::{Classifiers, ModelClassifiers};
use crate::{Control, Observer};
use bytes::Bytes;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use undertone_core::{EndReason, ModelRef, PIPELINE_RATE, StreamId};

mod agenda;
mod backlog;
mod budget;
mod finals;
mod finisher;
mod handing_out;
mod listener;
mod liveness;
mod owned_stream;
mod questions;
mod taken;
mod turn;

use agenda::Agenda;
use backlog::Backlog;
use finals::Beside;
pub(crate) use finisher::{FinisherContext, Job, finish};
pub(crate) use listener::{ListenerContext, listen};
pub(crate) use owned_stream::{LoadGuard, NewStream, OwnedStream, failure, plugin_failure};
use questions::{Asked, Questions};
use taken::{Pending, Taken};
use turn::{Scored, Turn};

/// What a worker is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// Take this stream.
    Open(Box<NewStream>),
    /// Score frames that belong to no stream.
    Ask(Box<NewQuestion>),
    /// Take these instances of a model that streams will come for.
    Adopt(ModelRef, Box<ModelClassifiers>),
    /// Hand back every instance of a model that no stream will come for.
    GiveUp(ModelRef, oneshot::Sender<Leftovers>),
    /// A stream's next input.
    Input(StreamId, Input),
    /// A reader made room.
    Wake(StreamId),
    /// Look whether it is time to stop, or whether something was overlooked.
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
    pub(crate) roster: Arc<Roster>,
    pub(crate) observer: Arc<dyn Observer>,
    /// Counts this worker's streams.
    pub(crate) census: Arc<Census>,
    pub(crate) abstain_below: Option<f32>,
    /// Set when this worker is to end, whatever streams it has.
    pub(crate) stop: Arc<AtomicBool>,
    /// Tells the watchdog how it goes.
    pub(crate) pulse: Arc<Pulse>,
    /// Is told how much of the worker's time its live streams take.
    pub(crate) capacity: Arc<Capacity>,
    /// Is told whether this worker, at its place, has something to do.
    pub(crate) cores: Arc<Cores>,
    pub(crate) place: usize,
    pub(crate) max_batch: usize,
    pub(crate) thin_after: Duration,
    pub(crate) turn_frames: usize,
    pub(crate) final_frames: usize,
    /// Takes final results while somebody speaks; without one the worker scores them itself.
    pub(crate) finisher: Option<SyncSender<Job>>,
    /// Whether its streams are those of models that run elsewhere.
    pub(crate) apart: bool,
}

/// Runs until it is told to stop, or every sender is gone. A panic loses the worker's streams and nothing else.
pub(crate) fn run(mut mail: Mail, context: &WorkerContext) {
    loop {
        context.cores.take(context.place);
        let turned = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            Worker::new(context).work(&mut mail);
        }));
        if !context.stop.load(Ordering::Acquire) {
            context.cores.give_back(context.place);
        }
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

/// A worker takes no more streams when live ones wait for this part of the time after which updates are left out.
const LATE_BEFORE_THIN: u32 = 4;
/// So many pieces of input are taken in one turn at most, so that answers do not wait for long.
const MOST_INPUTS: usize = 64;

struct Worker<'a> {
    context: &'a WorkerContext,
    streams: BTreeMap<StreamId, OwnedStream>,
    questions: Questions,
    extractors: ExtractorPool,
    classifiers: Classifiers,
    agenda: Agenda,
    backlog: Backlog,
    beside: Beside,
    /// The streams that somebody speaks into.
    live: HashSet<StreamId>,
    ledger: Ledger,
    /// Streams that were on their way when the engine drained are drained too.
    drained: bool,
}

impl<'a> Worker<'a> {
    fn new(context: &'a WorkerContext) -> Self {
        let mut classifiers = Classifiers::default();
        let models = context.roster.look().clone();
        let own = models.iter().filter(|model| context.apart == model.is_apart());
        for model in own.take_while(|_| !context.stop.load(Ordering::Acquire)) {
            // A process has a time of its own to start in, longer perhaps than after which a call counts as stuck.
            match context.apart {
                true => context.pulse.rest(),
                false => context.pulse.beat(),
            }
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
            agenda: Agenda::default(),
            backlog: Backlog::default(),
            beside: Beside::default(),
            live: HashSet::new(),
            ledger: Ledger::new(Instant::now(), context.thin_after / LATE_BEFORE_THIN),
            drained: false,
        }
    }

    fn work(&mut self, mail: &mut Mail) {
        while !self.context.stop.load(Ordering::Acquire) {
            if !self.has_something_to_do() {
                let Some(message) = self.wait(mail) else { return };
                self.context.pulse.beat();
                self.take(message);
            }
            self.context.pulse.beat();
            while let Some(message) = mail.next() {
                self.take(message);
            }
            if mail.something_was_overlooked() {
                self.look_at_all();
            }
            self.turn();
        }
    }

    /// The next message; the worker rests while there is none, and a listener may have its core if its finisher rests too.
    fn wait(&self, mail: &mut Mail) -> Option<Message> {
        if let Some(message) = mail.next() {
            return Some(message);
        }
        self.context.pulse.rest();
        if !self.beside.is_busy() {
            self.context.cores.give_back(self.context.place);
        }
        let message = mail.wait()?;
        if !self.context.stop.load(Ordering::Acquire) {
            self.context.cores.take(self.context.place);
        }
        Some(message)
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Open(new) => self.open(*new),
            Message::Ask(new) => self.questions.push(*new),
            Message::Adopt(model, classifiers) => self.classifiers.adopt(&model, *classifiers),
            Message::GiveUp(model, reply) => self.give_up(&model, reply),
            Message::Input(id, input) => self.touch(id, |stream| stream.queue(input)),
            Message::Wake(id) => self.touch(id, |stream| stream.delivery.resume()),
            Message::Look => {}
            Message::Drain => {
                self.drained = true;
                for stream in self.streams.values_mut() {
                    stream.queue(Input::End(EndReason::Drained));
                }
                self.look_at_all();
            }
        }
    }

    fn give_up(&mut self, model: &ModelRef, reply: oneshot::Sender<Leftovers>) {
        let classifiers = self.classifiers.give_up(model);
        let leftovers = Leftovers { classifiers, extractors: self.extractors.give_up(model) };
        // Comes back when nobody waits for it any more, and is destroyed here then.
        let _ = reply.send(leftovers);
    }

    /// Does something with a stream, which may have something to do after it.
    fn touch(&mut self, id: StreamId, act: impl FnOnce(&mut OwnedStream)) {
        if let Some(stream) = self.streams.get_mut(&id) {
            act(stream);
            if stream.can_go_on() {
                self.agenda.add(id, stream.is_bulk());
            }
        }
    }

    fn look_at_all(&mut self) {
        let able = self.streams.iter().filter(|(_, stream)| stream.can_go_on());
        able.for_each(|(&id, stream)| self.agenda.add(id, stream.is_bulk()));
    }

    fn open(&mut self, new: NewStream) {
        let id = new.id;
        // Each may wait for a process.
        self.context.pulse.beat();
        let extractor = self.extractors.take(new.model.as_ref());
        let stream = OwnedStream::open(new, extractor, self.context.census.clone());
        self.streams.insert(id, stream);
        let drained = self.drained;
        self.touch(id, |stream| {
            if drained {
                stream.queue(Input::End(EndReason::Drained));
            }
        });
    }

    fn turn(&mut self) {
        let began = Instant::now();
        self.take_finished();
        let mut taken = self.advance_streams();
        self.backlog.add(std::mem::take(&mut taken.pending));
        let soon = self.backlog.take_soon();
        let scored = self.score(&soon, &[]);
        self.deliver(soon, scored.steps);
        let for_questions = self.score_finals();
        self.retire(&taken.streams);
        let cost = TurnCost {
            // Questions take what streams leave, so their time is none that a stream would have to do without.
            began: began + for_questions,
            ended: Instant::now(),
            live: taken.live_share(),
            audio: PIPELINE_RATE.duration_of(taken.live_samples),
            waited: taken.waited,
        };
        self.ledger.enter(cost, &self.context.capacity);
    }

    /// Lets streams take input. Beside live streams only one recording that comes faster than it was spoken, each in its
    /// turn, so that nobody who speaks waits for many of them.
    fn advance_streams(&mut self) -> Taken {
        let mut taken = Taken::default();
        let waiting = self.backlog.streams();
        for (&id, stream) in waiting.iter().filter_map(|id| self.streams.get_key_value(id)) {
            match self.is_scored_beside(stream.model.as_ref()) {
                true => taken.streams.push(id),
                false => taken.take_part(id, stream.is_live()),
            }
        }
        if let Some(id) = self.agenda.next_bulk() {
            self.advance(id, &waiting, &mut taken);
        }
        while taken.inputs < MOST_INPUTS && taken.asked < self.context.max_batch {
            let spoken = self.agenda.next_spoken();
            let next = if self.live.is_empty() { spoken.or_else(|| self.agenda.next_bulk()) } else { spoken };
            let Some(id) = next else { break };
            self.advance(id, &waiting, &mut taken);
        }
        taken
    }

    /// Lets a stream take a piece of its input, but for those `waiting` for a final result, whose frames are still needed. A
    /// recording beside which nobody speaks takes pieces until it asks for an answer, so that recordings ask together.
    fn advance(&mut self, id: StreamId, waiting: &HashSet<StreamId>, taken: &mut Taken) {
        let Some(stream) = self.streams.get_mut(&id).filter(|_| !waiting.contains(&id)) else { return };
        taken.take_part(id, stream.has_work() && stream.is_live());
        let asked = taken.asked;
        while stream.has_work() {
            self.context.pulse.beat();
            let mut steps = std::mem::take(&mut taken.steps);
            taken.take_heard(stream.advance(self.context, &mut steps));
            taken.take_steps(id, steps);
            if stream.is_live() {
                self.live.insert(id)
            } else {
                self.live.remove(&id)
            };
            let has_time = self.live.is_empty() && stream.is_bulk();
            if !has_time || taken.asked > asked || taken.inputs >= MOST_INPUTS {
                break;
            }
        }
    }

    fn score(&mut self, pending: &[Pending], asked: &[Asked]) -> Scored {
        let mut turn = Turn::new(pending, asked, &mut self.classifiers, self.context);
        turn.score(&mut self.streams);
        turn.into_scored()
    }

    /// Gives up those of `streams` that have nothing more to say; the others are listed again if they have something to do.
    /// Those that wait for a final result need everything as it is.
    fn retire(&mut self, streams: &[StreamId]) {
        let waiting = self.backlog.streams();
        for &id in streams.iter().filter(|&id| !waiting.contains(id)) {
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            stream.delivery.resume();
            if let Some(extractor) = stream.wind_down() {
                self.context.pulse.beat();
                self.extractors.put_back(stream.model.reference(), extractor);
            }
            if !stream.is_live() {
                self.live.remove(&id);
            }
            if stream.is_over() {
                self.streams.remove(&id);
            } else if stream.can_go_on() {
                self.agenda.add(id, stream.is_bulk());
            }
        }
    }
}
