//! Bytes in, pipeline samples out.

use crate::decoder::Decoder;
use crate::error::beginning;
use crate::flac::FlacDecoder;
use crate::intake::Intake;
use crate::opus::OggOpusDecoder;
use crate::raw::RawDecoder;
use crate::sample_format::SampleFormat;
use crate::wav::WavDecoder;
use crate::{AudioError, AudioFormat, AudioLimits, Encoding};
use undertone_core::SampleRate;

/// Reads one stream. Holds at most one compressed block, or an incomplete frame, of it in memory.
pub struct AudioReader {
    decoder: Box<dyn Decoder>,
    intake: Intake,
    received: u64,
    finished: bool,
}

impl AudioReader {
    /// A reader of audio in `format` that never costs more than `limits`. Fails when `format` lacks the
    /// rate that its encoding needs or asks for more channels than allowed.
    pub fn new(format: AudioFormat, limits: AudioLimits) -> Result<Self, AudioError> {
        let mut intake = Intake::new(format, limits);
        let mut raw = |samples| -> Result<Box<dyn Decoder>, AudioError> {
            Ok(Box::new(RawDecoder::new(&format, samples, &mut intake)?))
        };
        let decoder: Box<dyn Decoder> = match format.encoding {
            Encoding::Linear16 => raw(SampleFormat::I16)?,
            Encoding::Float32 => raw(SampleFormat::F32)?,
            Encoding::Mulaw => raw(SampleFormat::Mulaw)?,
            Encoding::Alaw => raw(SampleFormat::Alaw)?,
            Encoding::Flac => Box::new(FlacDecoder::new()),
            Encoding::OggOpus => Box::new(OggOpusDecoder::new()),
            Encoding::Wav => Box::new(WavDecoder::new()),
        };
        Ok(Self { decoder, intake, received: 0, finished: false })
    }

    /// Takes the next bytes, cut anywhere, and appends the 16 kHz mono samples in [-1, 1] that became
    /// complete. After an error the stream is over: `out` may hold samples from before it, and
    /// the reader is to be dropped.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<f32>) -> Result<(), AudioError> {
        if self.finished {
            return Err(AudioError::AlreadyFinished);
        }
        self.received += bytes.len() as u64;
        self.decoder.push(bytes, &mut self.intake, out)
    }

    /// No more bytes come: appends the remaining samples, so that as much time came out as went in.
    /// Fails when nothing came, when no sample was in it, or when the audio is cut short.
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), AudioError> {
        if std::mem::replace(&mut self.finished, true) {
            return Err(AudioError::AlreadyFinished);
        }
        if self.received == 0 {
            return Err(AudioError::Empty);
        }
        self.decoder.finish(&mut self.intake, out)?;
        self.intake.finish(out)
    }

    /// The rate at which the source is decoded; `None` while a container has not told. 48 kHz for Opus.
    pub fn input_rate(&self) -> Option<SampleRate> {
        self.intake.rate()
    }

    /// The source's channels; `None` while a container has not told.
    pub fn input_channels(&self) -> Option<u16> {
        self.intake.channels()
    }
}

/// Reads a whole file or clip into 16 kHz mono samples. Without `format` its first bytes tell.
pub fn read_all(
    bytes: &[u8],
    format: Option<AudioFormat>,
    limits: AudioLimits,
) -> Result<Vec<f32>, AudioError> {
    if bytes.is_empty() {
        return Err(AudioError::Empty);
    }
    let format = match format {
        Some(format) => format,
        None => Encoding::sniff(bytes)
            .map(AudioFormat::container)
            .ok_or_else(|| AudioError::UnknownFile { beginning: beginning(bytes) })?,
    };
    let mut reader = AudioReader::new(format, limits)?;
    let mut samples = Vec::new();
    reader.push(bytes, &mut samples)?;
    reader.finish(&mut samples)?;
    Ok(samples)
}
