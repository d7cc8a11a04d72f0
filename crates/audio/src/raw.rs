//! Samples without a header.

use crate::decoder::Decoder;
use crate::intake::Intake;
use crate::sample_format::SampleFormat;
use crate::{AudioError, AudioFormat, Encoding};
use std::cell::RefCell;

/// Frames decoded at once: bounds the memory between bytes and samples.
const BLOCK_FRAMES: usize = 1024;

thread_local! {
    /// The samples of a block, which no stream needs for longer.
    static SAMPLES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Collects bytes into whole frames and decodes them.
pub(crate) struct FrameAssembler {
    format: SampleFormat,
    frame_bytes: usize,
    /// The beginning of a frame whose end has not come yet.
    partial: Vec<u8>,
    taken: u64,
}

impl FrameAssembler {
    pub(crate) fn new(format: SampleFormat, channels: u16) -> Self {
        let frame_bytes = format.bytes() * usize::from(channels);
        Self { format, frame_bytes, partial: Vec::new(), taken: 0 }
    }

    /// Takes the next bytes and hands whole frames on.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        intake: &mut Intake,
        out: &mut Vec<f32>,
    ) -> Result<(), AudioError> {
        self.taken += bytes.len() as u64;
        if !self.partial.is_empty() {
            let missing = (self.frame_bytes - self.partial.len()).min(bytes.len());
            let (head, rest) = bytes.split_at(missing);
            self.partial.extend_from_slice(head);
            bytes = rest;
            if self.partial.len() < self.frame_bytes {
                return Ok(());
            }
            let frame = std::mem::take(&mut self.partial);
            self.decode(&frame, intake, out)?;
        }
        let (whole, rest) = bytes.split_at(bytes.len() - bytes.len() % self.frame_bytes);
        self.partial.extend_from_slice(rest);
        whole.chunks(BLOCK_FRAMES * self.frame_bytes).try_for_each(|block| self.decode(block, intake, out))
    }

    /// Refuses bytes behind the last whole frame. `start` is the offset of the first pushed byte.
    pub(crate) fn finish(&self, encoding: Encoding, start: u64) -> Result<(), AudioError> {
        match self.partial.len() {
            0 => Ok(()),
            left => Err(AudioError::PartialFrame {
                encoding,
                frame_bytes: self.frame_bytes,
                left,
                offset: start + self.taken - left as u64,
            }),
        }
    }

    fn decode(&self, frames: &[u8], intake: &mut Intake, out: &mut Vec<f32>) -> Result<(), AudioError> {
        SAMPLES.with_borrow_mut(|samples| {
            samples.clear();
            self.format.decode(frames, samples);
            intake.push(samples, out)
        })
    }
}

/// Decoder of the encodings without a header.
pub(crate) struct RawDecoder {
    assembler: FrameAssembler,
}

impl RawDecoder {
    /// Checks `format`, which must state the rate, and starts the intake with it.
    pub(crate) fn new(
        format: &AudioFormat,
        samples: SampleFormat,
        intake: &mut Intake,
    ) -> Result<Self, AudioError> {
        let rate = format.sample_rate.ok_or(AudioError::RateMissing(format.encoding))?;
        let channels = format.channels.unwrap_or(1);
        intake.check_channels(channels)?;
        intake.start(rate, channels)?;
        Ok(Self { assembler: FrameAssembler::new(samples, channels) })
    }
}

impl Decoder for RawDecoder {
    fn push(&mut self, bytes: &[u8], intake: &mut Intake, out: &mut Vec<f32>) -> Result<(), AudioError> {
        self.assembler.push(bytes, intake, out)
    }

    fn finish(&mut self, intake: &mut Intake, _out: &mut Vec<f32>) -> Result<(), AudioError> {
        self.assembler.finish(intake.encoding(), 0)
    }
}
