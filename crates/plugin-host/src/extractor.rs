//! An extractor plugin behind the port of core.

use crate::extractor_kind::ExtractorKind;
use crate::frame_count::FrameCount;
use crate::instance::ActiveInstance;
use crate::text::{Failed, breach};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use undertone_core::{EndReason, Extractor, FrameLayout, Frames, PluginError};
use undertone_plugin_abi::{
    self as abi, FrameBuffer, Instance, LOUDEST_SAMPLE, SPARE_FRAMES, Samples, Status, TextBuffer,
};

/// The frames of one stream at a time. An instance that failed is not used again: the stream is lost, and the
/// reset that ends it brings a new instance.
#[derive(Debug)]
pub(crate) struct PluginExtractor {
    kind: Arc<ExtractorKind>,
    instance: Option<ActiveInstance>,
    /// Whether the instance has heard samples since the last reset.
    in_stream: bool,
    /// Since the last reset.
    count: FrameCount,
}

impl PluginExtractor {
    pub(crate) fn new(kind: Arc<ExtractorKind>) -> Result<Self, PluginError> {
        let instance = kind.instance().map_err(|failed| failed.error)?;
        Ok(Self { kind, instance: Some(instance), in_stream: false, count: FrameCount::default() })
    }

    fn lost(&self, what: &str) -> PluginError {
        let message = "its instance failed before; the stream must be given up";
        breach(self.kind.plugin.name(), what, message).error
    }

    /// Runs a call that appends frames for so many new samples, none at the end; on failure `frames` is as before.
    fn append(
        &mut self,
        what: &str,
        samples: Option<usize>,
        frames: &mut Frames,
        run: impl FnOnce(*mut Instance, *mut FrameBuffer, *mut TextBuffer) -> Status,
    ) -> Result<(), PluginError> {
        self.in_stream = true;
        let Some(instance) = &mut self.instance else {
            return Err(self.lost(what));
        };
        let before = frames.len();
        let result = written(&self.kind, instance, samples.unwrap_or(0), frames, (what, run));
        let counted = result.and_then(|made| {
            let right = self.count.add(&self.kind.layout, samples, made);
            right.map(|()| made).map_err(|odd| breach(self.kind.plugin.name(), what, odd))
        });
        match &counted {
            Ok(count) => frames.truncate(before + count),
            Err(_) => frames.truncate(before),
        }
        counted.map(drop).map_err(|failed| self.note(failed))
    }

    fn note(&mut self, failed: Failed) -> PluginError {
        if failed.broken {
            self.instance = None;
        }
        failed.error
    }
}

impl Extractor for PluginExtractor {
    fn layout(&self) -> &FrameLayout {
        &self.kind.layout
    }

    fn push(&mut self, samples: &[f32], frames: &mut Frames) -> Result<(), PluginError> {
        if let Some(refusal) = refusal_of_samples(self.kind.plugin.name(), samples) {
            return Err(refusal);
        }
        let push = self.kind.functions.push;
        let given = Samples { data: samples.as_ptr(), length: samples.len() };
        self.append("push", Some(samples.len()), frames, |instance, buffer, error| {
            // SAFETY: the arguments are what the contract says, and the buffer has the room that
            // max_frames_for asked for.
            unsafe { push(instance, given, buffer, error) }
        })
    }

    fn finish(&mut self, frames: &mut Frames) -> Result<(), PluginError> {
        let finish = self.kind.functions.finish;
        // SAFETY: as in `push`.
        self.append("finish", None, frames, |instance, buffer, error| unsafe {
            finish(instance, buffer, error)
        })
    }

    fn reset(&mut self, reason: EndReason) -> Result<(), PluginError> {
        (self.in_stream, self.count) = (false, FrameCount::default());
        let Some(instance) = &mut self.instance else {
            self.instance = Some(self.kind.instance().map_err(|failed| failed.error)?);
            self.kind.replaced.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        };
        let reset = self.kind.functions.reset;
        instance
            // SAFETY: the arguments are what the contract says.
            .call("reset", |instance, error| unsafe { reset(instance, abi_reason(reason), error) })
            .map_err(|failed| self.note(failed))
    }
}

impl Drop for PluginExtractor {
    fn drop(&mut self) {
        if self.in_stream {
            // A plugin is always told that its stream ended. Nobody is left who could hear that it failed in
            // that.
            let _ = self.reset(EndReason::Cancelled);
        }
    }
}

/// Why a plugin is not shown `samples`.
pub(crate) fn refusal_of_samples(plugin: &str, samples: &[f32]) -> Option<PluginError> {
    let wrong = samples.iter().find(|sample| !(-LOUDEST_SAMPLE..=LOUDEST_SAMPLE).contains(*sample))?;
    Some(PluginError::Refused {
        plugin: plugin.to_owned(),
        what: "push".to_owned(),
        message: format!("a sample is {wrong}; samples lie between -1 and 1"),
    })
}

/// Makes room for the frames of `samples` new samples behind those in `frames`, runs the call, and looks at
/// what it wrote. Answers how many frames the call wrote; the rest of the room is left in `frames`.
fn written(
    kind: &ExtractorKind,
    instance: &mut ActiveInstance,
    samples: usize,
    frames: &mut Frames,
    (what, run): (&str, impl FnOnce(*mut Instance, *mut FrameBuffer, *mut TextBuffer) -> Status),
) -> Result<usize, Failed> {
    let wrong = |message: String| breach(kind.plugin.name(), what, message);
    // SAFETY: the arguments are what the contract says.
    let capacity = unsafe { (kind.functions.max_frames_for)(instance.raw(), samples) };
    if capacity > samples / kind.layout.grid.hop_samples as usize + SPARE_FRAMES {
        return Err(wrong(format!("max_frames_for({samples}) is {capacity}, which is too many")));
    }
    let room = frames.grow(capacity);
    // Values that the plugin does not write although it says so are found by this.
    room.fill(f32::NAN);
    let mut buffer = FrameBuffer { values: room.as_mut_ptr(), capacity, length: 0 };
    instance.call(what, |instance, error| run(instance, &raw mut buffer, error))?;
    let length = buffer.length;
    if length > capacity {
        return Err(wrong(format!("it wrote {length} frames into room for {capacity}")));
    }
    if room[..length * kind.layout.dim].iter().any(|value| !value.is_finite()) {
        return Err(wrong("a frame holds a value that is not finite".to_owned()));
    }
    Ok(length)
}

fn abi_reason(reason: EndReason) -> abi::EndReason {
    match reason {
        EndReason::Finished => abi::EndReason::FINISHED,
        EndReason::Cancelled => abi::EndReason::CANCELLED,
        EndReason::TimedOut | EndReason::Longest => abi::EndReason::TIMED_OUT,
        EndReason::Failed => abi::EndReason::FAILED,
        EndReason::Drained => abi::EndReason::DRAINED,
    }
}
