//! A stream as its worker owns it.

use super::budget::Budget;
use super::liveness::Liveness;
use super::{Input, WorkerContext};
use crate::answer::Answering;
use crate::census::Census;
use crate::delivery::Delivery;
use crate::step::{Scope, ScoreRequest, Step};
use crate::stream::CONTROL_COST_BYTES;
use crate::{Checkpoint, Event, Observer, Session, SessionConfig, SessionError, StreamFailure, Summary};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc};
use undertone_audio::AudioError;
use undertone_core::{EndReason, ErrorKind, Extractor, Frames, FramesView, Model, PluginError, StreamId};

/// A client may try again this long after a plugin instance was lost.
const RETRY_AFTER_LOSS: Duration = Duration::from_millis(500);

/// Everything that a worker is given with a new stream.
pub(crate) struct NewStream {
    pub(crate) id: StreamId,
    pub(crate) config: SessionConfig,
    pub(crate) model: Arc<dyn Model>,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) worker_waits: Arc<AtomicBool>,
    pub(crate) budget: Arc<Semaphore>,
    pub(crate) budget_bytes: usize,
    pub(crate) load: LoadGuard,
}

impl std::fmt::Debug for NewStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewStream").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Counts a stream in its worker's load for as long as it lives.
#[derive(Debug)]
pub(crate) struct LoadGuard(Arc<AtomicUsize>);

impl LoadGuard {
    pub(crate) fn new(load: Arc<AtomicUsize>) -> Self {
        load.fetch_add(1, Ordering::AcqRel);
        Self(load)
    }
}

impl Drop for LoadGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What a piece of input was, of a stream that somebody speaks into; of others nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Heard {
    /// How much audio.
    pub(crate) live_samples: u64,
    /// How long it had waited for other streams.
    pub(crate) waited: Duration,
}

pub(crate) struct OwnedStream {
    /// First, so that the place is free before the reader can see that the stream is over.
    _load: LoadGuard,
    pub(crate) model: Arc<dyn Model>,
    pub(crate) delivery: Delivery,
    pub(crate) answering: Answering,
    /// Gone once the stream has been closed; events may still wait for their reader.
    session: Option<Session>,
    /// Each with the stream's own time when it came.
    inbox: VecDeque<(Duration, Input)>,
    liveness: Liveness,
    /// What the stream has taken of its worker's time.
    pub(crate) own_time: Duration,
    /// Sample at which the session began.
    from: u64,
    ending: Option<EndReason>,
    /// What the model remembers of the utterance that is being spoken; empty until it is first needed.
    state: Vec<f32>,
    /// What the model last said about that utterance.
    said: Vec<f32>,
    budget: Budget,
    census: Arc<Census>,
    hand_out_frames: bool,
    answer_the_longest: bool,
    updates_thinned: u64,
}

impl OwnedStream {
    pub(crate) fn open(
        new: NewStream,
        extractor: Result<Box<dyn Extractor>, PluginError>,
        census: Arc<Census>,
    ) -> Self {
        census.opened(new.model.reference());
        let step_frames = new.model.streaming().map(|streaming| streaming.step_frames);
        let session = extractor
            .map_err(SessionError::from)
            .and_then(|extractor| Session::new(&new.config, extractor, step_frames));
        let from = new.config.from.checkpoint.position;
        let mut stream = Self {
            from,
            model: new.model,
            delivery: Delivery::new(new.events, new.worker_waits),
            answering: Answering::going_on(new.config.from, new.config.hysteresis),
            session: None,
            inbox: VecDeque::new(),
            liveness: Liveness::at_first(new.config.is_recording),
            own_time: Duration::ZERO,
            ending: None,
            state: Vec::new(),
            said: Vec::new(),
            budget: Budget::new(new.budget, new.budget_bytes),
            census,
            hand_out_frames: new.config.hand_out_frames,
            answer_the_longest: new.config.answer_the_longest,
            updates_thinned: 0,
            _load: new.load,
        };
        match session {
            Ok(session) => stream.session = Some(session),
            Err(error) => {
                stream.delivery.send(Event::Failed(session_failure(&error)));
                stream.budget.close();
            }
        }
        stream
    }

    pub(crate) fn queue(&mut self, input: Input) {
        if matches!(input, Input::Abandon) {
            self.inbox.clear();
        }
        self.inbox.push_back((self.own_time, input));
    }

    /// Whether a turn would do something for this stream.
    pub(crate) fn can_go_on(&self) -> bool {
        self.has_work() || self.is_over() || (self.delivery.is_abandoned() && self.session.is_some())
    }

    pub(crate) fn has_work(&self) -> bool {
        self.session.is_some()
            && self.ending.is_none()
            && !self.inbox.is_empty()
            && !self.delivery.is_blocked()
    }

    /// Whether somebody speaks into it now.
    pub(crate) fn is_live(&self) -> bool {
        self.session.is_some() && matches!(self.liveness, Liveness::Live { .. })
    }

    /// Whether its audio is there already, or comes faster than it is spoken.
    pub(crate) fn is_bulk(&self) -> bool {
        matches!(self.liveness, Liveness::Recording | Liveness::Bulk { .. })
    }

    /// Takes one piece of input.
    pub(crate) fn advance(&mut self, context: &WorkerContext, steps: &mut Vec<Step>) -> Heard {
        let observer = context.observer.as_ref();
        let is_live = self.is_live();
        let (Some(session), Some((own_time, input))) = (&mut self.session, self.inbox.pop_front()) else {
            return Heard::default();
        };
        let mut heard = Heard::default();
        let begun = Instant::now();
        let before = session.position();
        let done = match input {
            Input::Audio { mut data, received } => {
                let waited = begun.saturating_duration_since(received);
                observer.queue_waited(self.model.reference(), waited);
                self.answering.spend(waited, Duration::ZERO);
                // What waited for the stream's own audio before it did not wait for a busy worker.
                let others = waited.saturating_sub(self.own_time - own_time);
                session.thin_updates(is_live && others > context.thin_after);
                if is_live {
                    heard.waited = others;
                }
                let pushed = session.push(&data, steps);
                let thinned = session.take_thinned();
                self.updates_thinned += thinned;
                observer.updates_thinned(self.model.reference(), thinned);
                self.liveness = self.liveness.heard(session.position() - self.from, begun);
                let taken = *pushed.as_ref().unwrap_or(&data.len());
                let rest = data.split_off(taken);
                if !rest.is_empty() {
                    self.inbox.push_front((own_time, Input::Audio { data: rest, received }));
                }
                self.budget.give_back(taken, self.inbox.is_empty());
                pushed.map(drop)
            }
            Input::Control(control) => {
                self.budget.give_back(CONTROL_COST_BYTES, self.inbox.is_empty());
                session.control(control, steps)
            }
            Input::Finish => {
                self.ending = Some(EndReason::Finished);
                session.finish(steps)
            }
            Input::End(reason) => {
                self.ending = Some(reason);
                // A client that comes back hears of the open utterance from whoever takes the stream up.
                let comes_back = reason == EndReason::Drained && session.checkpoint().is_some();
                if comes_back { Ok(()) } else { session.wind_up(steps) }
            }
            Input::Abandon => {
                self.ending = Some(EndReason::Cancelled);
                Ok(())
            }
        };
        let done = match done {
            Err(error) if self.answer_the_longest && is_longest(&error, session) => {
                self.ending = Some(EndReason::Longest);
                session.wind_up(steps)
            }
            done => done,
        };
        let took = begun.elapsed();
        self.own_time += took;
        observer.audio_processed(self.model.reference(), session.position() - before, took);
        self.answering.spend(Duration::ZERO, took);
        if let Err(error) = done {
            // What was found before the mistake is still answered: it stands in `steps` before this.
            steps.push(Step::Tell(Event::Failed(session_failure(&error))));
        }
        if is_live {
            heard.live_samples = session.position() - before;
        }
        heard
    }

    /// The frames that `request` names; none once the stream has failed.
    pub(crate) fn frames(&self, request: &ScoreRequest) -> Option<FramesView<'_>> {
        self.session.as_ref().map(|session| session.frames(request.rows.clone()))
    }

    /// The frames of a final request, where they are handed out with its answer.
    pub(crate) fn handed_out(&self, request: &ScoreRequest) -> Option<Frames> {
        let wanted = self.hand_out_frames && request.trigger.is_final();
        let view = wanted.then(|| self.frames(request)).flatten()?;
        Some(view.to_frames())
    }

    /// The state for `request`, out of the stream until [`Self::put_state_back`].
    pub(crate) fn take_state(&mut self, request: &ScoreRequest) -> Vec<f32> {
        let mut state = std::mem::take(&mut self.state);
        if request.scope == (Scope::GoingOn { first: true }) {
            state.clear();
            state.resize(self.model.streaming().map_or(0, |streaming| streaming.state_values), 0.0);
        }
        state
    }

    /// Takes the state back, with what the model said about the frames that it is behind of.
    pub(crate) fn put_state_back(&mut self, state: Vec<f32>, said: Option<&Vec<f32>>) {
        self.state = state;
        self.said.clear();
        self.said.extend(said.into_iter().flatten());
    }

    /// What the model last said about the utterance that is being spoken.
    pub(crate) fn said_last(&self) -> Option<Vec<f32>> {
        (!self.said.is_empty()).then(|| self.said.clone())
    }

    /// Tells the client; a failure ends the stream, and nothing is told after it.
    pub(crate) fn tell(&mut self, event: Event, observer: &dyn Observer) {
        if self.ending == Some(EndReason::Failed) {
            return;
        }
        if matches!(event, Event::Failed(_)) {
            self.ending = Some(EndReason::Failed);
        }
        if !self.delivery.send(event) {
            observer.update_dropped(self.model.reference());
        }
    }

    pub(crate) fn fail(&mut self, failure: StreamFailure, observer: &dyn Observer) {
        self.tell(Event::Failed(failure), observer);
    }

    /// After a turn: forgets what was answered, and closes the session when the stream ends.
    /// Hands the extractor back if it can be used again.
    pub(crate) fn wind_down(&mut self) -> Option<Box<dyn Extractor>> {
        if self.delivery.is_abandoned() && self.ending.is_none() {
            self.ending = Some(EndReason::Cancelled);
        }
        let Some(reason) = self.ending else {
            if let Some(session) = &mut self.session {
                session.forget_answered();
            }
            return None;
        };
        let session = self.session.take()?;
        if reason != EndReason::Failed {
            let checkpoint = session.checkpoint().filter(|_| reason == EndReason::Drained);
            self.delivery.send(Event::Ended(self.summary(reason, session.position(), checkpoint)));
            self.delivery.resume();
        }
        self.budget.close();
        session.close(reason)
    }

    /// Whether the worker may forget the stream.
    pub(crate) fn is_over(&self) -> bool {
        self.session.is_none() && (!self.delivery.is_blocked() || self.delivery.is_abandoned())
    }

    fn summary(&self, reason: EndReason, samples: u64, checkpoint: Option<Checkpoint>) -> Summary {
        Summary {
            reason,
            samples,
            utterances: self.answering.finals,
            updates_dropped: self.delivery.updates_dropped,
            updates_thinned: self.updates_thinned,
            resume: checkpoint.map(|checkpoint| self.answering.resume_point(checkpoint)),
        }
    }
}

impl Drop for OwnedStream {
    fn drop(&mut self) {
        // Also when the worker panicked: nobody may wait for permits that never come back.
        self.budget.close();
        self.census.closed(self.model.reference(), self.ending.unwrap_or(EndReason::Failed));
    }
}

/// Whether all was heard that a stream may have. One whose header names a longer recording is wrong from the start.
fn is_longest(error: &SessionError, session: &Session) -> bool {
    matches!(error, SessionError::Audio(AudioError::TooLong { .. })) && session.position() > 0
}

pub(crate) fn failure(kind: ErrorKind, message: String) -> StreamFailure {
    StreamFailure { kind, message, retry_after: kind.may_retry().then_some(RETRY_AFTER_LOSS) }
}

fn session_failure(error: &SessionError) -> StreamFailure {
    match error {
        SessionError::Plugin(error) => plugin_failure(error),
        SessionError::Audio(_) => failure(error.kind(), error.to_string()),
    }
}

/// A plugin that failed may know better when it can be asked again.
pub(crate) fn plugin_failure(error: &PluginError) -> StreamFailure {
    let usual = failure(error.kind(), error.to_string());
    StreamFailure { retry_after: error.retry_after().or(usual.retry_after), ..usual }
}
