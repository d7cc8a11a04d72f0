//! From a decoder's interleaved frames to the pipeline's samples.

use crate::resampler::Resampler;
use crate::{AudioError, AudioFormat, AudioLimits, Encoding};
use std::cell::RefCell;
use undertone_core::SampleRate;

thread_local! {
    /// One channel of what is pushed. A stream holds none of its own: there are thousands of them, and few threads.
    static MIXED: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Checks what decoders say and give, mixes channels down and resamples. One per stream.
pub(crate) struct Intake {
    format: AudioFormat,
    limits: AudioLimits,
    source: Option<Source>,
}

/// What is known once the header was read.
struct Source {
    rate: SampleRate,
    channels: u16,
    max_frames: u64,
    frames: u64,
    resampler: Resampler,
}

impl Intake {
    pub(crate) fn new(format: AudioFormat, limits: AudioLimits) -> Self {
        Self { format, limits, source: None }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.format.encoding
    }

    pub(crate) fn limits(&self) -> &AudioLimits {
        &self.limits
    }

    /// The client's word about the rate.
    pub(crate) fn stated_rate(&self) -> Option<SampleRate> {
        self.format.sample_rate
    }

    pub(crate) fn rate(&self) -> Option<SampleRate> {
        self.source.as_ref().map(|source| source.rate)
    }

    pub(crate) fn channels(&self) -> Option<u16> {
        self.source.as_ref().map(|source| source.channels)
    }

    /// Frames taken so far, at the source's rate.
    pub(crate) fn frames(&self) -> u64 {
        self.source.as_ref().map_or(0, |source| source.frames)
    }

    /// Compares a container's rate with the client's word.
    pub(crate) fn check_rate(&self, found: u32) -> Result<SampleRate, AudioError> {
        let rate = SampleRate::new(found)?;
        match self.format.sample_rate {
            Some(stated) if stated != rate => {
                Err(AudioError::RateMismatch { encoding: self.encoding(), stated, found })
            }
            _ => Ok(rate),
        }
    }

    /// Checks the number of channels against the limit and the client's word.
    pub(crate) fn check_channels(&self, found: u16) -> Result<(), AudioError> {
        let max = self.limits.max_channels;
        if found == 0 || found > max {
            return Err(AudioError::Channels { found, max });
        }
        match self.format.channels {
            Some(stated) if stated != found => {
                Err(AudioError::ChannelMismatch { encoding: self.encoding(), stated, found })
            }
            _ => Ok(()),
        }
    }

    /// Refuses a length that a header tells beforehand.
    pub(crate) fn check_length(&self, frames: u64, rate: SampleRate) -> Result<(), AudioError> {
        if frames > u64::from(self.limits.max_seconds) * u64::from(rate.hz()) {
            return Err(AudioError::TooLong { max_seconds: self.limits.max_seconds });
        }
        Ok(())
    }

    /// The header was read. Channels must have been checked.
    pub(crate) fn start(&mut self, rate: SampleRate, channels: u16) -> Result<(), AudioError> {
        self.source = Some(Source {
            rate,
            channels,
            max_frames: u64::from(self.limits.max_seconds) * u64::from(rate.hz()),
            frames: 0,
            resampler: Resampler::new(rate)?,
        });
        Ok(())
    }

    /// Takes whole interleaved frames and appends pipeline samples. [`Self::start`] came before.
    pub(crate) fn push(&mut self, interleaved: &[f32], out: &mut Vec<f32>) -> Result<(), AudioError> {
        let max_seconds = self.limits.max_seconds;
        let Some(source) = &mut self.source else { return Ok(()) };
        let channels = usize::from(source.channels);
        let arriving = (interleaved.len() / channels) as u64;
        let taken = arriving.min(source.max_frames.saturating_sub(source.frames));
        // However the audio is cut, all of it up to the limit is heard.
        let interleaved = &interleaved[..taken as usize * channels];
        source.check_finite(interleaved)?;
        source.frames += taken;
        MIXED.with_borrow_mut(|mixed| {
            mix(interleaved, source.channels, mixed);
            source.resampler.push(mixed, out)
        })?;
        if taken < arriving { Err(AudioError::TooLong { max_seconds }) } else { Ok(()) }
    }

    /// No more frames come: appends what the resampler still holds.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), AudioError> {
        match &mut self.source {
            Some(source) if source.frames > 0 => source.resampler.finish(out),
            _ => Err(AudioError::NoSamples(self.format.encoding)),
        }
    }
}

impl Source {
    fn check_finite(&self, interleaved: &[f32]) -> Result<(), AudioError> {
        let Some(index) = interleaved.iter().position(|sample| !sample.is_finite()) else { return Ok(()) };
        let channels = usize::from(self.channels);
        let value = match interleaved[index] {
            sample if sample.is_nan() => "NaN",
            sample if sample > 0.0 => "inf",
            _ => "-inf",
        };
        let channel = u16::try_from(index % channels).unwrap_or(u16::MAX).saturating_add(1);
        Err(AudioError::NotFinite { frame: self.frames + (index / channels) as u64, channel, value })
    }
}

/// Mean over the channels. Floats may lie outside full scale; they are cut to it.
fn mix(interleaved: &[f32], channels: u16, mixed: &mut Vec<f32>) {
    mixed.clear();
    if channels == 1 {
        mixed.extend(interleaved.iter().map(|sample| sample.clamp(-1.0, 1.0)));
        return;
    }
    let share = 1.0 / f32::from(channels);
    let frames = interleaved.chunks_exact(usize::from(channels));
    mixed.extend(frames.map(|frame| {
        let sum: f32 = frame.iter().map(|sample| sample.clamp(-1.0, 1.0)).sum();
        (sum * share).clamp(-1.0, 1.0)
    }));
}
