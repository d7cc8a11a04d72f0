//! The ports of core over a process: items go into the shared memory and results come out of it.

use super::area::SharedArea;
use super::message::Call;
use super::model::{IsolatedModel, TakenSeat};
use super::places::Places;
use super::seat::Exchange;
use std::sync::Arc;
use undertone_core::{Advance, Classifier, FramesView, PluginError, StreamClassifier, Streaming};

/// What comes out for an item.
type Outcome = Result<Vec<f32>, PluginError>;

/// Scores utterances for one worker in a process.
#[derive(Debug)]
pub(crate) struct IsolatedClassifier {
    seat: Arc<TakenSeat>,
    places: Places,
}

/// Scores the streams of one worker in a process.
#[derive(Debug)]
pub(crate) struct IsolatedStreamClassifier {
    seat: Arc<TakenSeat>,
    places: Places,
    streaming: Streaming,
}

impl IsolatedClassifier {
    pub(super) fn new(seat: Arc<TakenSeat>) -> Self {
        Self { seat, places: Places::default() }
    }
}

impl IsolatedStreamClassifier {
    pub(super) fn new(seat: Arc<TakenSeat>, streaming: Streaming) -> Self {
        Self { seat, places: Places::default(), streaming }
    }
}

impl Classifier for IsolatedClassifier {
    fn classify(&mut self, batch: &[FramesView<'_>], logits: &mut Vec<Outcome>) -> Result<(), PluginError> {
        let refusals: Vec<_> = batch.iter().map(|item| self.seat.model.rules().refusal(*item)).collect();
        let fits = refusals.iter().map(Option::is_none);
        let mut items: Vec<Utterance<'_>> =
            batch.iter().zip(fits).filter_map(|(&frames, fits)| fits.then_some(Utterance(frames))).collect();
        let outcomes = score(&self.seat, Call::Classify, &mut self.places, &mut items);
        logits.extend(in_order(refusals, outcomes));
        Ok(())
    }
}

impl StreamClassifier for IsolatedStreamClassifier {
    fn advance(&mut self, batch: &mut [Advance<'_>], logits: &mut Vec<Outcome>) -> Result<(), PluginError> {
        let (rules, streaming) = (self.seat.model.rules(), self.streaming);
        let refusal = |item: &Advance<'_>| rules.refusal_of_steps(item.frames, item.state.len(), streaming);
        let refusals: Vec<_> = batch.iter().map(refusal).collect();
        let fits = refusals.iter().map(Option::is_none);
        let mut items: Vec<&mut Advance<'_>> =
            batch.iter_mut().zip(fits).filter_map(|(item, fits)| fits.then_some(item)).collect();
        let outcomes = score(&self.seat, Call::Advance, &mut self.places, &mut items);
        logits.extend(in_order(refusals, outcomes));
        Ok(())
    }
}

/// An item of a call.
trait Item {
    fn frames(&self) -> FramesView<'_>;

    /// Its state; empty where there is none.
    fn state(&mut self) -> &mut [f32];
}

struct Utterance<'a>(FramesView<'a>);

impl Item for Utterance<'_> {
    fn frames(&self) -> FramesView<'_> {
        self.0
    }

    fn state(&mut self) -> &mut [f32] {
        &mut []
    }
}

impl Item for &mut Advance<'_> {
    fn frames(&self) -> FramesView<'_> {
        self.frames
    }

    fn state(&mut self) -> &mut [f32] {
        self.state
    }
}

/// Scores all items, in as few calls as have room for them. Once the process is lost nobody is there for what is left.
fn score<I: Item>(seat: &TakenSeat, call: Call, places: &mut Places, items: &mut [I]) -> Vec<Outcome> {
    let model = &seat.model;
    let mut outcomes = Vec::with_capacity(items.len());
    while outcomes.len() < items.len() {
        let rest = &mut items[outcomes.len()..];
        let counts = rest.iter().map(|item| item.frames().len());
        let count = places.lay_out(model.shape(), call, counts, model.shared_bytes());
        let scored = match count {
            0 => Err(model.rules().refused("it has no room in the shared memory".into())),
            _ => seat.seat.call(call, &mut Batch { items: &mut rest[..count], places, model }),
        };
        match scored {
            Ok(scored) => outcomes.extend(scored),
            Err(error) => outcomes.resize(items.len(), Err(error)),
        }
    }
    outcomes
}

/// Items that go through the shared memory together.
struct Batch<'a, I> {
    items: &'a mut [I],
    places: &'a Places,
    model: &'a IsolatedModel,
}

impl<I: Item> Exchange for Batch<'_, I> {
    type Taken = Vec<Outcome>;

    fn items(&self) -> usize {
        self.items.len()
    }

    fn put(&mut self, area: &SharedArea) {
        self.places.note_frames(area);
        for (index, item) in self.items.iter_mut().enumerate() {
            area.put(self.places.frames(index).0, item.frames().values);
            area.put(self.places.state(index), item.state());
        }
    }

    fn take(&mut self, area: &SharedArea) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(self.items.len());
        for (index, item) in self.items.iter_mut().enumerate() {
            area.get(self.places.state(index), item.state());
            outcomes.push(self.places.outcome(area, index, self.model.plugin()));
        }
        outcomes
    }
}

/// What comes out for all items: their refusal, or the next of the outcomes.
fn in_order(refusals: Vec<Option<PluginError>>, outcomes: Vec<Outcome>) -> impl Iterator<Item = Outcome> {
    let mut outcomes = outcomes.into_iter();
    refusals
        .into_iter()
        .filter_map(move |refusal| refusal.map_or_else(|| outcomes.next(), |error| Some(Err(error))))
}
