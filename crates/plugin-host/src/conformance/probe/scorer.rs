//! A classifier's instance.

use super::batch::Batch;
use super::instance::ProbedInstance;
use super::{Answer, Ask, Scored, call};
use crate::call::RunningCall;
use crate::classifier_kind::ClassifierKind;
use crate::conformance::outcome::Outcome;
use crate::instance::LifeCycle;
use crate::stream_kind::StreamKind;
use crate::text::ERROR_BYTES;
use undertone_plugin_abi::{ClassifierSpec, EndReason};

/// The items of one call that instances are told to expect.
pub(crate) const USUAL_BATCH: usize = 8;

/// A classifier's instance.
#[derive(Debug)]
pub(crate) struct Scorer<'a> {
    kind: &'a ClassifierKind,
    instance: ProbedInstance,
}

impl<'a> Scorer<'a> {
    /// An active instance.
    pub(crate) fn new(kind: &'a ClassifierKind) -> Outcome<Self> {
        let mut scorer = Self::created(kind)?;
        scorer.activate()?;
        Ok(scorer)
    }

    /// One that is not active yet.
    pub(crate) fn created(kind: &'a ClassifierKind) -> Outcome<Self> {
        let functions = &kind.functions;
        let life_cycle = LifeCycle {
            create: functions.create_instance,
            deactivate: functions.deactivate,
            destroy: functions.destroy_instance,
        };
        Ok(Self { kind, instance: ProbedInstance::created(kind.plugin.raw(), life_cycle)? })
    }

    pub(crate) fn activate(&mut self) -> Outcome {
        let size = size_of::<ClassifierSpec>() as u32;
        let max_frames = self.kind.rules.limits.max_frames;
        let spec = ClassifierSpec { size, usual_batch: USUAL_BATCH as u32, max_frames };
        let activate = self.kind.functions.activate;
        // SAFETY: the arguments are what the contract says; the instance is not active.
        self.instance.activate(|raw, error| unsafe { activate(raw, &raw const spec, error) })
    }

    pub(crate) fn deactivate(&mut self) {
        self.instance.deactivate();
    }

    pub(crate) fn reset(&mut self, reason: EndReason) -> Outcome {
        let reset = self.kind.functions.reset;
        // SAFETY: the instance is active.
        call(|error| unsafe { reset(self.instance.raw(), reason, error) })?.ok("reset")
    }

    /// An item of `frames`.
    pub(crate) fn ask(&self, frames: Vec<f32>) -> Ask {
        let (dim, label_count) = (self.kind.rules.dim, self.kind.label_count);
        Ask { frame_count: frames.len() / dim, frames, dim, label_count, words: ERROR_BYTES }
    }

    /// Asks about some items at once, whatever the plugin answers.
    pub(crate) fn classify(&mut self, asks: &[Ask]) -> Outcome<(Answer, Vec<Scored>)> {
        let mut batch = Batch::new(asks, &[], &[]);
        let running = RunningCall::start(&self.kind.cancelled);
        let (classify, raw, items) = (self.kind.functions.classify, self.instance.raw(), batch.items());
        let answer = call(|error| {
            // SAFETY: the arguments are what the contract says, but for items that are wrong on purpose.
            unsafe { classify(raw, running.handle(), items, asks.len(), error) }
        })?;
        Ok((answer, batch.outcome()?))
    }

    /// The scores of some items, every one of which is well.
    pub(crate) fn scores(&mut self, asks: &[Ask]) -> Outcome<Vec<Vec<f32>>> {
        let (answer, scored) = self.classify(asks)?;
        answer.ok("classify")?;
        let item = |(index, scored): (usize, Scored)| scored.ok(&format!("item {index} of {}", asks.len()));
        scored.into_iter().enumerate().map(item).collect()
    }

    /// The scores of one utterance.
    pub(crate) fn score(&mut self, frames: &[f32]) -> Outcome<Vec<f32>> {
        let ask = self.ask(frames.to_vec());
        Ok(self.scores(&[ask])?.remove(0))
    }

    /// Lets some streams go on, whatever the plugin answers; `states` are taken up and replaced.
    pub(crate) fn advance(
        &mut self,
        stream: &StreamKind,
        asks: &[Ask],
        states: &mut [Vec<f32>],
    ) -> Outcome<(Answer, Vec<Scored>)> {
        let mut batch = Batch::new(asks, states, &stream.tensors);
        let running = RunningCall::start(&self.kind.cancelled);
        let (advance, raw) = (stream.functions.advance, self.instance.raw());
        let (items, buffers) = (batch.items(), batch.states());
        let answer = call(|error| {
            // SAFETY: as in `classify`; one state buffer per item and tensor.
            unsafe { advance(raw, running.handle(), items, buffers, asks.len(), error) }
        })?;
        let scored = batch.outcome()?;
        states.iter_mut().enumerate().for_each(|(index, state)| *state = batch.state(index));
        Ok((answer, scored))
    }

    /// The scores behind some streams' new frames, every one of which is well.
    pub(crate) fn go_on(
        &mut self,
        stream: &StreamKind,
        frames: &[&[f32]],
        states: &mut [Vec<f32>],
    ) -> Outcome<Vec<Vec<f32>>> {
        let asks: Vec<Ask> = frames.iter().map(|frames| self.ask(frames.to_vec())).collect();
        let (answer, scored) = self.advance(stream, &asks, states)?;
        answer.ok("advance")?;
        scored.into_iter().map(|scored| scored.ok("a stream")).collect()
    }
}
