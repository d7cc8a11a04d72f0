//! An extractor's instance, one stream after the other.

use super::instance::ProbedInstance;
use super::room::Room;
use super::{Answer, call};
use crate::conformance::outcome::{Outcome, must};
use crate::extractor_kind::ExtractorKind;
use crate::instance::LifeCycle;
use std::ptr;
use undertone_plugin_abi::{
    EndReason, ExtractorSpec, FrameBuffer, Instance, SPARE_FRAMES, Samples, Status, TextBuffer,
};

/// The samples of one push that instances are told to expect.
pub(crate) const USUAL_PUSH: usize = 1_600;

/// An extractor's instance; whatever it writes, it keeps to the room that it asked for.
#[derive(Debug)]
pub(crate) struct Stream<'a> {
    kind: &'a ExtractorKind,
    instance: ProbedInstance,
}

impl<'a> Stream<'a> {
    /// An active instance.
    pub(crate) fn new(kind: &'a ExtractorKind) -> Outcome<Self> {
        let mut stream = Self::created(kind)?;
        stream.activate()?;
        Ok(stream)
    }

    /// One that is not active yet.
    pub(crate) fn created(kind: &'a ExtractorKind) -> Outcome<Self> {
        let functions = &kind.functions;
        let life_cycle = LifeCycle {
            create: functions.create_instance,
            deactivate: functions.deactivate,
            destroy: functions.destroy_instance,
        };
        Ok(Self { kind, instance: ProbedInstance::created(kind.plugin.raw(), life_cycle)? })
    }

    pub(crate) fn activate(&mut self) -> Outcome {
        let spec =
            ExtractorSpec { size: size_of::<ExtractorSpec>() as u32, usual_push_samples: USUAL_PUSH as u32 };
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

    pub(crate) fn max_frames_for(&mut self, samples: usize) -> Outcome<usize> {
        // SAFETY: the instance is active.
        let most = unsafe { (self.kind.functions.max_frames_for)(self.instance.raw(), samples) };
        let bound = samples / self.kind.layout.grid.hop_samples as usize + SPARE_FRAMES;
        must(most <= bound, || format!("max_frames_for({samples}) is {most}, above {bound}"))?;
        Ok(most)
    }

    /// The frames that `samples` completed.
    pub(crate) fn push(&mut self, samples: &[f32]) -> Outcome<Vec<f32>> {
        let (answer, frames) = self.try_push(samples)?;
        answer.ok("push")?;
        Ok(frames)
    }

    /// The same, whatever the plugin answers.
    pub(crate) fn try_push(&mut self, samples: &[f32]) -> Outcome<(Answer, Vec<f32>)> {
        let room = self.max_frames_for(samples.len())?;
        let push = self.kind.functions.push;
        // SAFETY: the arguments are what the contract says.
        self.run(room, |raw, frames, error| unsafe { push(raw, given(samples), frames, error) })
    }

    /// The frames that were waiting.
    pub(crate) fn finish(&mut self) -> Outcome<Vec<f32>> {
        let room = self.max_frames_for(0)?;
        let finish = self.kind.functions.finish;
        // SAFETY: the arguments are what the contract says.
        let (answer, frames) = self.run(room, |raw, frames, error| unsafe { finish(raw, frames, error) })?;
        answer.ok("finish")?;
        Ok(frames)
    }

    /// The frames of a whole clip.
    pub(crate) fn extract(&mut self, samples: &[f32]) -> Outcome<Vec<f32>> {
        let room = self.max_frames_for(samples.len())? + self.max_frames_for(0)?;
        let extract = self.kind.functions.extract;
        let (answer, frames) = self
            // SAFETY: the arguments are what the contract says.
            .run(room, |raw, frames, error| unsafe { extract(raw, given(samples), frames, error) })?;
        answer.ok("extract")?;
        Ok(frames)
    }

    /// The frames of a whole stream that comes in `pieces`, which go round and round; the instance stands at the start of
    /// another stream afterwards.
    pub(crate) fn in_pieces(&mut self, samples: &[f32], pieces: &[usize]) -> Outcome<Vec<f32>> {
        let (mut frames, mut rest) = (Vec::new(), samples);
        for &piece in pieces.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at(piece.min(rest.len()));
            frames.extend(self.push(now)?);
            rest = later;
        }
        frames.extend(self.finish()?);
        self.reset(EndReason::FINISHED)?;
        Ok(frames)
    }

    fn run(
        &mut self,
        capacity: usize,
        call_it: impl FnOnce(*mut Instance, *mut FrameBuffer, *mut TextBuffer) -> Status,
    ) -> Outcome<(Answer, Vec<f32>)> {
        let dim = self.kind.layout.dim;
        let mut room = Room::<f32>::new(capacity * dim);
        let mut buffer = FrameBuffer { values: room.pointer(), capacity, length: 0 };
        let answer = call(|error| call_it(self.instance.raw(), &raw mut buffer, error))?;
        must(room.is_intact(), || format!("it wrote behind the room for {capacity} frames"))?;
        let kept = buffer.capacity == capacity && buffer.values.cast_const() == room.values().as_ptr();
        must(kept, || "it changed the place or the size of the room for frames".to_owned())?;
        let written = buffer.length;
        must(written <= capacity, || format!("it says it wrote {written} frames into room for {capacity}"))?;
        Ok((answer, room.values()[..written * dim].to_vec()))
    }
}

fn given(samples: &[f32]) -> Samples {
    // A pointer to no items may be anything.
    let data = if samples.is_empty() { ptr::null() } else { samples.as_ptr() };
    Samples { data, length: samples.len() }
}
