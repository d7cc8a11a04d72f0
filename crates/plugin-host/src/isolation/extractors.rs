//! The extractor of a model in processes of its own. One process has several streams, which are lost with it.

use super::area::SharedArea;
use super::facts::{Around, Facts};
use super::message::Call;
use super::order::{Answer, Framing};
use super::passage::{self, PIECE_SAMPLES};
use super::process::PluginProcess;
use super::seat::{Exchange, Generation, Seat};
use super::supervisor::{Coming, Wish, no_thread, started, supervise};
use crate::HostError;
use crate::extractor::refusal_of_samples;
use crate::frame_count::FrameCount;
use crate::text::breach;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender};
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
    coming: Option<Coming>,
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
        let mut extractor = IsolatedExtractor { seat: self.seat()?, place: None, count: None, failed: false };
        extractor.place = Some(Place::open(&extractor.seat)?);
        Ok(extractor)
    }

    /// A seat with room for one more stream, which is counted.
    fn seat(self: &Arc<Self>) -> Result<Arc<SharedSeat>, PluginError> {
        let taken = self.take(&mut self.seats(), None);
        match taken {
            Some(seat) => Ok(seat),
            // While one waits for a process, the others may use the seats that there are.
            None => {
                let process = self.free_process()?;
                let seat = Seat::new(self.facts.clone(), self.supervisor.clone(), process);
                let seat = Arc::new(SharedSeat { seat, streams: AtomicUsize::new(0), model: self.clone() });
                let taken = self.take(&mut self.seats(), Some(seat));
                Ok(taken.expect("a new seat has room"))
            }
        }
    }

    /// Counts one more stream in the new seat, or in one that has room.
    fn take(&self, seats: &mut Seats, new: Option<Arc<SharedSeat>>) -> Option<Arc<SharedSeat>> {
        let most = self.facts.config.streams.max(1);
        seats.taken.retain(|seat| seat.strong_count() > 0);
        seats.taken.extend(new.iter().map(Arc::downgrade));
        let has_room = |seat: &Arc<SharedSeat>| seat.streams.load(Ordering::Relaxed) < most;
        let seat = new.or_else(|| seats.taken.iter().filter_map(Weak::upgrade).find(has_room))?;
        if seat.streams.fetch_add(1, Ordering::Relaxed) + 1 == most {
            self.start_beforehand(seats);
        }
        Some(seat)
    }

    /// A process that no stream has: one that is there, or one that is coming or is started now. Whoever asks is a worker
    /// with other streams, so it waits only a while.
    fn free_process(&self) -> Result<PluginProcess, PluginError> {
        let spare = self.spare().take();
        if let Some(process) = spare.and_then(|spare| self.facts.if_alive(spare)) {
            return Ok(process);
        }
        let expected = self.seats().coming.take();
        let coming = expected.map_or_else(|| self.facts.ask_for_another(&self.supervisor), Ok)?;
        match coming.recv_timeout(self.facts.config.wait_for_start) {
            Ok(Ok((process, _))) => Ok(process),
            Ok(Err(error)) => Err(self.facts.not_started(&error)),
            Err(RecvTimeoutError::Timeout) => {
                self.seats().coming.get_or_insert(coming);
                Err(self.facts.still_starting())
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(self.facts.not_started(&no_thread(&self.facts, &io::Error::other("it ended"))))
            }
        }
    }

    /// Has a process started for the stream that comes next, so that it need not wait.
    fn start_beforehand(&self, seats: &mut Seats) {
        if self.spare().is_none() && seats.coming.is_none() {
            seats.coming = self.facts.ask_for_another(&self.supervisor).ok();
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
    /// The samples that it heard since the last reset, and their frames; none when it heard nothing.
    count: Option<FrameCount>,
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
    /// What comes back is right, or a breach of the contract in words.
    fn call<P, T>(&mut self, call: Call, put: P, take: T) -> Result<(), PluginError>
    where
        P: FnMut(&SharedArea),
        T: FnMut(&SharedArea) -> Result<(), String>,
    {
        let plugin = &self.seat.model.facts.plugin;
        let Some(place) = self.place else {
            let message = "the process that its stream had is gone";
            return Err(breach(plugin, call.name(), message).error);
        };
        let answered = self.seat.seat.call(call, &mut Passing { place, put, take });
        let done = answered.and_then(|right| right.map_err(|odd| breach(plugin, call.name(), odd).error));
        match &done {
            Err(PluginError::Lost { .. }) => self.place = None,
            Err(PluginError::Failed { .. }) => self.failed = true,
            Err(PluginError::Refused { .. }) | Ok(()) => {}
        }
        done
    }

    /// Before a stream's first samples: an instance that waited for them may have lost its process meanwhile.
    fn begin(&mut self) -> Result<(), PluginError> {
        if self.count.is_some() {
            return Ok(());
        }
        let has_place = self.place.is_some_and(|place| self.seat.seat.is_in(place.generation));
        if !has_place {
            self.place = Some(Place::open(&self.seat)?);
        }
        self.count = Some(FrameCount::default());
        Ok(())
    }

    /// Makes the frames of so many new samples, none at the end; on failure `frames` may hold some of them.
    fn append(&mut self, samples: Option<&[f32]>, frames: &mut Frames) -> Result<(), PluginError> {
        let (model, mut count) = (Arc::clone(&self.seat.model), self.count.unwrap_or_default());
        let (call, given) =
            (if samples.is_some() { Call::Push } else { Call::Finish }, samples.unwrap_or_default());
        let put = |area: &SharedArea| passage::put_samples(area, given);
        let take = |area: &SharedArea| {
            let made = passage::take_frames(area, given.len(), frames);
            let made =
                made.ok_or("it wrote more frames than there is room for, or a value that is not finite")?;
            count.add(&model.layout, samples.map(<[f32]>::len), made)
        };
        self.call(call, put, take)?;
        self.count = Some(count);
        Ok(())
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
            self.append(Some(piece), frames).inspect_err(|_| frames.truncate(before))?;
        }
        Ok(())
    }

    fn finish(&mut self, frames: &mut Frames) -> Result<(), PluginError> {
        self.begin()?;
        let before = frames.len();
        self.append(None, frames).inspect_err(|_| frames.truncate(before))
    }

    fn reset(&mut self, reason: EndReason) -> Result<(), PluginError> {
        self.count = None;
        let is_replaced = std::mem::take(&mut self.failed);
        if self.place.is_none() {
            return Ok(());
        }
        self.call(Call::Reset, |area| passage::put_reason(area, reason), |_| Ok(()))?;
        self.seat.model.facts.replaced.fetch_add(u64::from(is_replaced), Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for IsolatedExtractor {
    fn drop(&mut self) {
        // Nobody is left who could hear that it failed in that; where the process is gone, so is the place.
        let _ = self.call(Call::Close, |_| {}, |_| Ok(()));
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

/// Something for the stream in a place; what comes out is right or a breach.
struct Passing<P, T> {
    place: Place,
    put: P,
    take: T,
}

impl<P, T> Exchange for Passing<P, T>
where
    P: FnMut(&SharedArea),
    T: FnMut(&SharedArea) -> Result<(), String>,
{
    type Taken = Result<(), String>;

    fn items(&self) -> usize {
        self.place.number as usize
    }

    fn belongs_to(&self) -> Option<Generation> {
        Some(self.place.generation)
    }

    fn put(&mut self, area: &SharedArea) {
        (self.put)(area);
    }

    fn take(&mut self, area: &SharedArea) -> Result<(), String> {
        (self.take)(area)
    }
}
