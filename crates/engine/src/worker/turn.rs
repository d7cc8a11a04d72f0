//! What the streams of a worker ask for in one turn, and what the models say.

use super::OwnedStream;
use super::owned_stream::Heard;
use crate::Observer;
use crate::scoring::{Classifiers, ItemScores};
use crate::step::{Scope, ScoreRequest, Step};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use undertone_core::{Advance, FramesView, Model, ModelRef, StreamId};

/// A step of a stream, to be answered in this turn.
pub(super) struct Pending {
    pub(super) stream: StreamId,
    pub(super) step: Step,
}

/// What one turn works on.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) streams: Vec<StreamId>,
    /// How many of them somebody speaks into.
    pub(super) live: usize,
    pub(super) pending: Vec<Pending>,
    /// What was heard from these.
    pub(super) live_samples: u64,
    /// Answers that they ask for.
    pub(super) asked: usize,
    /// How long input of a live stream has waited for other streams, at most.
    pub(super) waited: Duration,
    /// Room for the steps of one stream.
    pub(super) steps: Vec<Step>,
}

impl Taken {
    /// Takes what a stream's piece of input led to.
    pub(super) fn take_steps(&mut self, stream: StreamId, mut steps: Vec<Step>) {
        self.asked += steps.iter().filter(|step| matches!(step, Step::Score(_))).count();
        self.pending.extend(steps.drain(..).map(|step| Pending { stream, step }));
        self.steps = steps;
    }

    /// Takes what was heard from a stream.
    pub(super) fn take_heard(&mut self, heard: Heard) {
        self.live_samples += heard.live_samples;
        self.waited = self.waited.max(heard.waited);
    }

    /// The share of the work that was done for streams that somebody speaks into.
    pub(super) fn live_share(&self) -> f64 {
        self.live as f64 / self.streams.len().max(1) as f64
    }
}

/// A model, with the requests for it: place among the pending steps, and frames.
type Group<'s> = (Arc<dyn Model>, Vec<(usize, FramesView<'s>)>);

/// What the model says to a request.
pub(super) struct Score {
    pub(super) logits: ItemScores,
    /// How long the batch took that it was part of.
    pub(super) took: Duration,
    /// Its part of that.
    pub(super) own: Duration,
}

impl Score {
    fn of_batch(logits: ItemScores, (took, items): (Duration, usize)) -> Self {
        Self { logits, took, own: took / u32::try_from(items.max(1)).unwrap_or(u32::MAX) }
    }
}

/// Scores for requests, by their place among the pending steps.
pub(super) struct Turn<'t> {
    pub(super) pending: &'t [Pending],
    pub(super) scores: Vec<Option<Score>>,
    classifiers: &'t mut Classifiers,
    observer: &'t dyn Observer,
}

impl<'t> Turn<'t> {
    pub(super) fn new(
        pending: &'t [Pending],
        classifiers: &'t mut Classifiers,
        observer: &'t dyn Observer,
    ) -> Self {
        let scores = pending.iter().map(|_| None).collect();
        Self { pending, scores, classifiers, observer }
    }

    /// Scores all requests, in as few batches per model as there can be.
    pub(super) fn score(&mut self, streams: &mut BTreeMap<StreamId, OwnedStream>) {
        self.score_whole(streams);
        let mut done = vec![false; self.pending.len()];
        while let Some(round) = self.next_round(streams, &mut done) {
            for indices in round.into_values() {
                self.advance(streams, &indices);
            }
        }
    }

    /// The requests about whole utterances.
    fn score_whole(&mut self, streams: &BTreeMap<StreamId, OwnedStream>) {
        let mut groups: BTreeMap<&ModelRef, Group<'_>> = BTreeMap::new();
        for (index, stream, request) in requests(self.pending, streams) {
            if let (Scope::Whole, Some(view)) = (request.scope, stream.frames(request)) {
                let group = groups.entry(stream.model.reference());
                let (_, items) = group.or_insert_with(|| (stream.model.clone(), Vec::new()));
                items.push((index, view));
            }
        }
        for (model, items) in groups.into_values() {
            let batch: Vec<FramesView<'_>> = items.iter().map(|(_, view)| *view).collect();
            let (results, took) = self.classifiers.score(model.as_ref(), &batch, self.observer);
            let spent = (took, batch.len());
            for ((index, _), result) in items.into_iter().zip(results) {
                self.scores[index] = Some(Score::of_batch(result, spent));
            }
        }
    }

    /// For every model the first open request of each stream that goes on: a later one needs the state that an earlier
    /// one leaves. `None` when no request is open.
    fn next_round(
        &self,
        streams: &BTreeMap<StreamId, OwnedStream>,
        done: &mut [bool],
    ) -> Option<BTreeMap<ModelRef, Vec<usize>>> {
        let mut taken = BTreeSet::new();
        let mut round: BTreeMap<ModelRef, Vec<usize>> = BTreeMap::new();
        for (index, stream, request) in requests(self.pending, streams) {
            let open = !done[index] && matches!(request.scope, Scope::GoingOn { .. });
            if open && taken.insert(self.pending[index].stream) {
                done[index] = true;
                round.entry(stream.model.reference().clone()).or_default().push(index);
            }
        }
        (!round.is_empty()).then_some(round)
    }

    /// One batch of streams that go on, all of one model.
    fn advance(&mut self, streams: &mut BTreeMap<StreamId, OwnedStream>, indices: &[usize]) {
        let mut states = Vec::with_capacity(indices.len());
        for &index in indices {
            let (Some(stream), Step::Score(request)) =
                (streams.get_mut(&self.pending[index].stream), &self.pending[index].step)
            else {
                continue;
            };
            if request.rows.is_empty() {
                self.scores[index] =
                    stream.said_last().map(|logits| Score::of_batch(Ok(logits), (Duration::ZERO, 1)));
                continue;
            }
            states.push((index, stream.take_state(request)));
        }
        let Some(model) =
            states.first().map(|(index, _)| streams[&self.pending[*index].stream].model.clone())
        else {
            return;
        };
        let mut batch: Vec<Advance<'_>> = Vec::with_capacity(states.len());
        let mut places = Vec::with_capacity(states.len());
        for (index, state) in &mut states {
            let (stream, Step::Score(request)) =
                (&streams[&self.pending[*index].stream], &self.pending[*index].step)
            else {
                continue;
            };
            let Some(frames) = stream.frames(request) else { continue };
            batch.push(Advance { frames, state });
            places.push(*index);
        }
        let (results, took) = self.classifiers.advance(model.as_ref(), &mut batch, self.observer);
        let spent = (took, places.len());
        for (index, result) in places.into_iter().zip(results) {
            self.scores[index] = Some(Score::of_batch(result, spent));
        }
        for (index, state) in states {
            let said = self.scores[index].as_ref().and_then(|score| score.logits.as_ref().ok());
            if let Some(stream) = streams.get_mut(&self.pending[index].stream) {
                stream.put_state_back(state, said);
            }
        }
    }
}

/// All requests of streams that the worker has.
fn requests<'r>(
    pending: &'r [Pending],
    streams: &'r BTreeMap<StreamId, OwnedStream>,
) -> impl Iterator<Item = (usize, &'r OwnedStream, &'r ScoreRequest)> {
    pending.iter().enumerate().filter_map(move |(index, item)| match &item.step {
        Step::Score(request) => Some((index, streams.get(&item.stream)?, request)),
        Step::Tell(_) | Step::Acknowledge(_) => None,
    })
}
