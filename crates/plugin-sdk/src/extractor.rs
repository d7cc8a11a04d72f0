//! What the author of an extractor implements.

use crate::memory::slice_of_mut;
use crate::{EndReason, Failure, Plugin};
use undertone_plugin_abi::FrameBuffer;

/// What an extractor's frames look like. Frame `i` covers samples `i * hop_samples .. i * hop_samples +
/// window_samples`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The sample rate it takes, in Hz.
    pub sample_rate_hz: u32,
    /// Samples from one frame to the next; at least 1.
    pub hop_samples: u32,
    /// Samples that a frame covers; at least 1.
    pub window_samples: u32,
    /// How many later frames it must see before it hands one out.
    pub look_ahead_frames: u32,
    /// Equal fingerprints promise equal frames.
    pub fingerprint: String,
    /// Names of the values of a frame; at least one.
    pub columns: Vec<String>,
}

/// A plugin that turns samples into frames. Its configuration is `{"recipe": ...}`, a name or an object.
pub trait ExtractorPlugin: Plugin {
    /// What works on one stream.
    type Instance: ExtractorInstance;

    /// What the frames look like; asked for once.
    fn layout(&self) -> Layout;

    /// Makes an instance.
    fn new_instance(&self) -> Result<Self::Instance, Failure>;
}

/// Turns the samples of one stream at a time into frames. Never used from two threads at once.
pub trait ExtractorInstance: Send + 'static {
    /// Allocates what running needs, and stands the instance at the start of a stream; pushes will usually have
    /// `usual_push_samples`.
    fn activate(&mut self, usual_push_samples: usize) -> Result<(), Failure>;

    /// How many frames a push of so many samples, or a finish after it, may give at most; not above
    /// `samples / hop_samples + SPARE_FRAMES`.
    fn max_frames_for(&self, samples: usize) -> usize;

    /// Takes the next samples and writes every frame that became complete.
    fn push(&mut self, samples: &[f32], frames: &mut FrameWriter<'_>) -> Result<(), Failure>;

    /// Writes the frames that were waiting for later samples.
    fn finish(&mut self, frames: &mut FrameWriter<'_>) -> Result<(), Failure>;

    /// The stream ended; the next sample is the first of another one.
    fn reset(&mut self, reason: EndReason) -> Result<(), Failure>;

    /// Gives back what [`Self::activate`] allocated.
    fn deactivate(&mut self) {}
}

/// The host's room for frames.
#[derive(Debug)]
pub struct FrameWriter<'a> {
    free: &'a mut [f32],
    dim: usize,
    written: &'a mut usize,
}

impl<'a> FrameWriter<'a> {
    /// # Safety
    /// `buffer` is the one of a call, and `dim` is what the plugin described.
    pub(crate) unsafe fn new(buffer: &'a mut FrameBuffer, dim: usize) -> Self {
        // SAFETY: the host lends room for `capacity` frames of `dim` values.
        let free = unsafe { slice_of_mut(buffer.values, buffer.capacity * dim) };
        buffer.length = 0;
        Self { free, dim, written: &mut buffer.length }
    }

    /// Appends whole frames, row by row. Refuses values that are no whole frames, and more frames than
    /// [`ExtractorInstance::max_frames_for`] promised.
    pub fn append(&mut self, values: &[f32]) -> Result<(), Failure> {
        if !values.len().is_multiple_of(self.dim) {
            return Err(Failure::Failed(format!("{} values are no frames of {}", values.len(), self.dim)));
        }
        let free = core::mem::take(&mut self.free);
        let Some((room, rest)) = free.split_at_mut_checked(values.len()) else {
            return Err(Failure::failed("there are more frames than max_frames_for promised"));
        };
        room.copy_from_slice(values);
        self.free = rest;
        *self.written += values.len() / self.dim;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_appended_until_the_room_is_full() {
        let mut values = [0.0_f32; 4];
        let mut buffer = FrameBuffer { values: values.as_mut_ptr(), capacity: 2, length: 0 };
        // SAFETY: the buffer has room for two frames of two values.
        let mut writer = unsafe { FrameWriter::new(&mut buffer, 2) };
        writer.append(&[1.0, 2.0]).expect("room for two");
        assert!(writer.append(&[3.0]).is_err());
        writer.append(&[3.0, 4.0]).expect("room for one");
        assert!(writer.append(&[5.0, 6.0]).is_err());
        assert_eq!(buffer.length, 2);
        assert_eq!(values, [1.0, 2.0, 3.0, 4.0]);
    }
}
