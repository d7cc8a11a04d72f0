//! The extractor of a model in processes of its own. One process has several streams, which are lost with it.

use super::area::SharedArea;
use super::facts::{Around, Facts};
use super::message::Call;
use super::order::{Answer, Framing};
use super::passage::{self, PIECE_SAMPLES};
use super::process::PluginProcess;
use super::seat::{Exchange, Generation, Seat};
use super::supervisor::{Wish, no_thread, started, supervise};
use crate::HostError;
use crate::extractor::refusal_of_samples;
use crate::text::breach;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use undertone_bundle::Bundle;
use undertone_core::{EndReason, Extractor, FrameLayout, Frames, PluginError, Unready};
use undertone_plugin_abi::SPARE_FRAMES;

/// The extractor of a model in processes of its own.
#[derive(Debug)]
pub(crate) struct IsolatedExtractors {
    facts: Arc<Facts>,
    layout: FrameLayout,
    framing: Framing,
    supervisor: SyncSender<Wish>,
    seats: Mutex<Seats>,
    /// A process that no stream has. Apart from the seats, since a seat that goes gives its process back.
    spare: Mutex<Option<PluginProcess>>,
}

#[derive(Debug, Default)]
struct Seats {
    taken: Vec<Weak<SharedSeat>>,
    /// A process that is being started, since the others are full.
    coming: Option<Receiver<Result<(PluginProcess, Answer), HostError>>>,
}

/// A process with its streams.
#[derive(Debug)]
struct SharedSeat {
    seat: Seat,
    streams: AtomicUsize,
    model: Arc<IsolatedExtractors>,
}

impl IsolatedExtractors {
    /// Starts the first process, which verifies the bundle once more and says what its plugin's frames look like.
    pub(crate) fn start(bundle: &Bundle, around: Around) -> Result<Self, HostError> {
        let dim = bundle.manifest().features.dim as usize;
        let shared_bytes = around.process.shared_bytes.max(passage::bytes(PIECE_SAMPLES + SPARE_FRAMES, dim));
        let facts = Arc::new(Facts::new(bundle, around, shared_bytes));
        let supervisor = supervise(facts.clone()).map_err(|error| no_thread(&facts, &error))?;
        let (process, answer) = started(&facts, &supervisor)?;
        let described = match &answer {
            Answer::Makes(framing) => framing.layout().map(|layout| (layout, framing.clone())),
            Answer::Scores(_) | Answer::Refused { .. } => None,
        };
        let (layout, framing) = described.ok_or_else(|| facts.odd(&answer))?;
        let (seats, spare) = (Mutex::default(), Mutex::new(Some(process)));
        Ok(Self { facts, layout, framing, supervisor, seats, spare })
    }

    pub(crate) fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    pub(crate) fn fingerprint(&self) -> &str {
        &self.framing.fingerprint
    }

    /// Why it takes no new streams.
    pub(crate) fn unready(&self) -> Option<Unready> {
        self.facts.unready()
    }

    /// Makes an extractor for one stream at a time.
    pub(crate) fn extractor(self: &Arc<Self>) -> Result<IsolatedExtractor, PluginError> {
        let mut extractor =
            IsolatedExtractor { seat: self.seat()?, place: None, in_stream: false, failed: false };
        extractor.place = Some(Place::open(&extractor.seat)?);
        Ok(extractor)
    }

    /// A seat with room for one more stream, which is counted.
    fn seat(self: &Arc<Self>) -> Result<Arc<SharedSeat>, PluginError> {
        let most = self.facts.config.streams.max(1);
        let mut seats = self.seats();
        seats.taken.retain(|seat| seat.strong_count() > 0);
        let has_room = |seat: &Arc<SharedSeat>| seat.streams.load(Ordering::Relaxed) < most;
        let found = seats.taken.iter().filter_map(Weak::upgrade).find(has_room);
        let seat = match found {
            Some(seat) => seat,
            None => {
                let process = self.free_process(&mut seats)?;
                let seat = Seat::new(self.facts.clone(), self.supervisor.clone(), process);
                let seat = Arc::new(SharedSeat { seat, streams: AtomicUsize::new(0), model: self.clone() });
                seats.taken.push(Arc::downgrade(&seat));
                seat
            }
        };
        if seat.streams.fetch_add(1, Ordering::Relaxed) + 1 == most {
            self.start_beforehand(&mut seats);
        }
        Ok(seat)
    }

    /// A process that no stream has: one that is there, one that is coming, or one that is started now and waited for.
    fn free_process(&self, seats: &mut Seats) -> Result<PluginProcess, PluginError> {
        if let Some(process) = self.spare().take() {
            return Ok(process);
        }
        match seats.coming.take().map(|coming| coming.recv()) {
            Some(Ok(Ok((process, _)))) => Ok(process),
            _ => self.facts.another(&self.supervisor),
        }
    }

    /// Has a process started for the stream that comes next, so that it need not wait.
    fn start_beforehand(&self, seats: &mut Seats) {
        if self.spare().is_none() && seats.coming.is_none() && self.facts.unready().is_none() {
            let (reply, coming) = sync_channel(1);
            seats.coming = self.supervisor.try_send(Wish::Start(reply)).is_ok().then_some(coming);
        }
    }

    fn spare(&self) -> MutexGuard<'_, Option<PluginProcess>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SharedSeat {
    fn drop(&mut self) {
        if let Some(process) = self.seat.vacate() {
            self.model.spare().get_or_insert(process);
        }
    }
}

/// The frames of one stream at a time, made in a process. A stream whose process is lost is lost; the next one gets a place in
/// the process that is there then.
#[derive(Debug)]
pub(crate) struct IsolatedExtractor {
    seat: Arc<SharedSeat>,
    /// None when its process was lost.
    place: Option<Place>,
    /// Whether it has heard samples since the last reset.
    in_stream: bool,
    /// Whether the plugin failed since then, so that the process replaces its instance.
    failed: bool,
}

/// A stream's place in a process.
#[derive(Debug, Clone, Copy)]
struct Place {
    number: u32,
    generation: Generation,
}

impl Place {
    fn open(seat: &SharedSeat) -> Result<Self, PluginError> {
        let (number, generation) = seat.seat.call_in(Call::Open, &mut Opening)?;
        Ok(Self { number, generation })
    }
}

impl IsolatedExtractor {
    fn call<P, T>(&mut self, call: Call, put: P, take: T) -> Result<(), PluginError>
    where
        P: FnMut(&SharedArea),
        T: FnMut(&SharedArea) -> bool,
    {
        let plugin = &self.seat.model.facts.plugin;
        let Some(place) = self.place else {
            let message = "the process that its stream had is gone";
            return Err(breach(plugin, call.name(), message).error);
        };
        let answered = self.seat.seat.call(call, &mut Passing { place, put, take });
        let done = answered.and_then(|good| {
            let odd = "it wrote more frames than there is room for, or a value that is not finite";
            if good { Ok(()) } else { Err(breach(plugin, call.name(), odd).error) }
        });
        match &done {
            Err(PluginError::Lost { .. }) => self.place = None,
            Err(PluginError::Failed { .. }) => self.failed = true,
            Err(PluginError::Refused { .. }) | Ok(()) => {}
        }
        done
    }

    /// Before a stream's first samples: an instance that waited for them may have lost its process meanwhile.
    fn begin(&mut self) -> Result<(), PluginError> {
        if self.in_stream {
            return Ok(());
        }
        let has_place = self.place.is_some_and(|place| self.seat.seat.is_in(place.generation));
        if !has_place {
            self.place = Some(Place::open(&self.seat)?);
        }
        self.in_stream = true;
        Ok(())
    }

    fn append(&mut self, call: Call, samples: &[f32], frames: &mut Frames) -> Result<(), PluginError> {
        let put = |area: &SharedArea| passage::put_samples(area, samples);
        self.call(call, put, |area| passage::take_frames(area, samples.len(), frames).is_some())
    }
}

impl Extractor for IsolatedExtractor {
    fn layout(&self) -> &FrameLayout {
        &self.seat.model.layout
    }

    fn push(&mut self, samples: &[f32], frames: &mut Frames) -> Result<(), PluginError> {
        if let Some(refusal) = refusal_of_samples(&self.seat.model.facts.plugin, samples) {
            return Err(refusal);
        }
        self.begin()?;
        let before = frames.len();
        for piece in samples.chunks(PIECE_SAMPLES) {
            self.append(Call::Push, piece, frames).inspect_err(|_| frames.truncate(before))?;
        }
        Ok(())
    }

    fn finish(&mut self, frames: &mut Frames) -> Result<(), PluginError> {
        self.begin()?;
        self.append(Call::Finish, &[], frames)
    }

    fn reset(&mut self, reason: EndReason) -> Result<(), PluginError> {
        self.in_stream = false;
        let is_replaced = std::mem::take(&mut self.failed);
        if self.place.is_none() {
            return Ok(());
        }
        self.call(Call::Reset, |area| passage::put_reason(area, reason), |_| true)?;
        self.seat.model.facts.replaced.fetch_add(u64::from(is_replaced), Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for IsolatedExtractor {
    fn drop(&mut self) {
        // Nobody is left who could hear that it failed in that; where the process is gone, so is the place.
        let _ = self.call(Call::Close, |_| {}, |_| true);
        self.seat.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Asks for a place.
struct Opening;

impl Exchange for Opening {
    type Taken = u32;

    fn items(&self) -> usize {
        0
    }

    fn put(&mut self, _: &SharedArea) {}

    fn take(&mut self, area: &SharedArea) -> u32 {
        passage::place(area)
    }
}

/// Something for the stream in a place; what comes out is good or odd.
struct Passing<P, T> {
    place: Place,
    put: P,
    take: T,
}

impl<P: FnMut(&SharedArea), T: FnMut(&SharedArea) -> bool> Exchange for Passing<P, T> {
    type Taken = bool;

    fn items(&self) -> usize {
        self.place.number as usize
    }

    fn belongs_to(&self) -> Option<Generation> {
        Some(self.place.generation)
    }

    fn put(&mut self, area: &SharedArea) {
        (self.put)(area);
    }

    fn take(&mut self, area: &SharedArea) -> bool {
        (self.take)(area)
    }
}
