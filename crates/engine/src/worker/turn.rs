//! What the streams of a worker ask for in one turn, and what the models say.

use super::questions::Asked;
use super::taken::Pending;
use super::{OwnedStream, WorkerContext};
use crate::scoring::{Classifiers, ItemScores, failed};
use crate::step::{Scope, ScoreRequest, Step};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use undertone_core::{Advance, FramesView, Model, ModelRef, StreamId};

/// What is said of an item until a model has said something.
pub(super) const PASSED_OVER: &str = "an item was passed over";

/// Where a request stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// Among the pending steps.
    Step(usize),
    /// Among the items of questions.
    Asked(usize),
}

/// A model, with the requests for it: place and frames.
pub(super) type Group<'s> = (Arc<dyn Model>, Vec<(Place, FramesView<'s>)>);

/// What the model says to a request.
pub(super) struct Score {
    pub(super) logits: ItemScores,
    /// How long the batch took that it was part of.
    pub(super) took: Duration,
    /// Its part of the work on it.
    pub(super) own: Duration,
}

/// What a batch took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    /// From its beginning to its end.
    pub(super) took: Duration,
    /// Of that, what a processor worked on it.
    pub(super) worked: Duration,
}

impl Spent {
    /// A batch that nobody interrupted.
    fn at_a_stretch(took: Duration) -> Self {
        Self { took, worked: took }
    }

    /// The part of one of so many items.
    fn share(self, items: usize) -> Duration {
        self.worked / u32::try_from(items.max(1)).unwrap_or(u32::MAX)
    }
}

impl Score {
    fn of_batch(logits: ItemScores, spent: Spent, items: usize) -> Self {
        Self { logits, took: spent.took, own: spent.share(items) }
    }
}

/// What was scored.
pub(super) struct Scored {
    /// By the place of the pending steps.
    pub(super) steps: Vec<Option<Score>>,
    /// By the place of the items of questions.
    pub(super) verdicts: Vec<ItemScores>,
    /// The time that those items took.
    pub(super) for_questions: Duration,
}

impl Scored {
    /// Nothing yet, of so many steps and of `asked`.
    pub(super) fn nothing(steps: usize, asked: &[Asked]) -> Self {
        Self {
            steps: (0..steps).map(|_| None).collect(),
            verdicts: asked.iter().map(|asked| Err(failed(asked.model.as_ref(), PASSED_OVER))).collect(),
            for_questions: Duration::ZERO,
        }
    }

    /// Enters what a model said to a batch of requests about whole utterances.
    pub(super) fn enter(&mut self, places: &[Place], results: Vec<ItemScores>, spent: Spent) {
        for (place, result) in places.iter().zip(results) {
            match *place {
                Place::Step(index) => {
                    self.steps[index] = Some(Score::of_batch(result, spent, places.len()));
                }
                Place::Asked(index) => {
                    self.for_questions += spent.share(places.len());
                    self.verdicts[index] = result;
                }
            }
        }
    }
}

/// The requests about whole utterances, by their model: those of streams, and behind them those of questions.
pub(super) fn about_whole_utterances<'r>(
    pending: &'r [Pending],
    asked: &'r [Asked],
    streams: &'r BTreeMap<StreamId, OwnedStream>,
) -> impl Iterator<Item = Group<'r>> {
    let mut groups: BTreeMap<&ModelRef, Group<'_>> = BTreeMap::new();
    for (index, stream, request) in requests(pending, streams) {
        if let (Scope::Whole, Some(view)) = (request.scope, stream.frames(request)) {
            let group = groups.entry(stream.model.reference());
            let (_, items) = group.or_insert_with(|| (stream.model.clone(), Vec::new()));
            items.push((Place::Step(index), view));
        }
    }
    for (index, asked) in asked.iter().enumerate() {
        let group = groups.entry(asked.model.reference());
        let (_, items) = group.or_insert_with(|| (asked.model.clone(), Vec::new()));
        items.push((Place::Asked(index), asked.frames.view(0..asked.frames.len())));
    }
    groups.into_values()
}

/// Scores for requests, by their place.
pub(super) struct Turn<'t> {
    pending: &'t [Pending],
    asked: &'t [Asked],
    scored: Scored,
    classifiers: &'t mut Classifiers,
    context: &'t WorkerContext,
}

impl<'t> Turn<'t> {
    pub(super) fn new(
        pending: &'t [Pending],
        asked: &'t [Asked],
        classifiers: &'t mut Classifiers,
        context: &'t WorkerContext,
    ) -> Self {
        let scored = Scored::nothing(pending.len(), asked);
        Self { pending, asked, scored, classifiers, context }
    }

    /// What was scored.
    pub(super) fn into_scored(self) -> Scored {
        self.scored
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

    fn score_whole(&mut self, streams: &BTreeMap<StreamId, OwnedStream>) {
        for (model, items) in about_whole_utterances(self.pending, self.asked, streams) {
            let (places, batch): (Vec<Place>, Vec<FramesView<'_>>) = items.into_iter().unzip();
            self.context.pulse.beat();
            let observer = self.context.observer.as_ref();
            let (results, took) = self.classifiers.score(model.as_ref(), &batch, observer);
            self.scored.enter(&places, results, Spent::at_a_stretch(took));
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
                self.scored.steps[index] =
                    stream.said_last().map(|logits| Score::of_batch(Ok(logits), Spent::default(), 1));
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
        self.context.pulse.beat();
        let observer = self.context.observer.as_ref();
        let (results, took) = self.classifiers.advance(model.as_ref(), &mut batch, observer);
        let items = places.len();
        for (index, result) in places.into_iter().zip(results) {
            self.scored.steps[index] = Some(Score::of_batch(result, Spent::at_a_stretch(took), items));
        }
        for (index, state) in states {
            let said = self.scored.steps[index].as_ref().and_then(|score| score.logits.as_ref().ok());
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
