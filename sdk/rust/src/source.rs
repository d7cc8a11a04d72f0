//! What is recognised: recordings, and audio that comes bit by bit.

use crate::error::ClientError;
use crate::format::{float_bytes, has_header, raw};
use bytes::Bytes;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::Instant;
use tokio_stream::{Stream, StreamExt};
use undertone_proto::v1;

/// Audio bit by bit.
pub(crate) type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Chunks of a recording in a second.
const CHUNKS_PER_SECOND: u32 = 10;
/// Bytes of a chunk where a second has no fixed size.
const CHUNK_BYTES: usize = 16 * 1024;

/// A whole recording.
#[derive(Debug, Clone)]
pub enum Recording {
    /// A WAV, FLAC or Ogg Opus file.
    File(PathBuf),
    /// The contents of such a file.
    Contents(Bytes),
    /// Bytes without a header, and what they mean.
    Raw(Bytes, v1::AudioFormat),
}

impl Recording {
    /// Mono samples with full scale 1, at a rate in Hz.
    pub fn samples(samples: &[f32], sample_rate_hertz: u32) -> Self {
        Self::Raw(float_bytes(samples).into(), raw(v1::AudioEncoding::Float32, sample_rate_hertz))
    }

    /// Its bytes, and what they mean where they do not say so themselves.
    pub(crate) async fn read(self) -> Result<(Bytes, Option<v1::AudioFormat>), ClientError> {
        match self {
            Self::File(path) => {
                let task = tokio::task::spawn_blocking(move || (std::fs::read(&path), path));
                let (read, path) = task.await.map_err(|lost| ClientError::Audio(lost.to_string()))?;
                read.map(|bytes| (bytes.into(), None))
                    .map_err(|source| ClientError::Unreadable { path, source })
            }
            Self::Contents(bytes) => Ok((bytes, None)),
            Self::Raw(bytes, format) => Ok((bytes, Some(format))),
        }
    }
}

impl From<&str> for Recording {
    fn from(path: &str) -> Self {
        Self::File(path.into())
    }
}

impl From<&Path> for Recording {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<PathBuf> for Recording {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl From<Vec<u8>> for Recording {
    fn from(contents: Vec<u8>) -> Self {
        Self::Contents(contents.into())
    }
}

impl From<Bytes> for Recording {
    fn from(contents: Bytes) -> Self {
        Self::Contents(contents)
    }
}

/// Audio that comes bit by bit. How it is cut never changes a result.
pub struct Source {
    pub(crate) format: v1::AudioFormat,
    pub(crate) chunks: Chunks,
}

impl Source {
    /// Chunks of audio in `format`. An error ends the stream.
    pub fn new(
        format: v1::AudioFormat,
        chunks: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Self {
        Self { format, chunks: Box::pin(chunks) }
    }

    /// Bytes in `format`, as fast as they are taken.
    pub fn bytes(format: v1::AudioFormat, bytes: Bytes) -> Self {
        let second = bytes_per_second(&format);
        let chunk = second.map_or(CHUNK_BYTES, |second| second.div_ceil(CHUNKS_PER_SECOND) as usize).max(1);
        let cut = move |rest: &mut Bytes| {
            let chunk = rest.split_to(rest.len().min(chunk));
            (!chunk.is_empty()).then_some(Ok(chunk))
        };
        let mut rest = bytes;
        Self::new(format, tokio_stream::iter(std::iter::from_fn(move || cut(&mut rest))))
    }

    /// Mono samples with full scale 1, at a rate in Hz, as fast as they are taken.
    pub fn samples(samples: &[f32], sample_rate_hertz: u32) -> Self {
        Self::bytes(raw(v1::AudioEncoding::Float32, sample_rate_hertz), float_bytes(samples).into())
    }

    /// A recording, as fast as it is taken. The contents of a file are decoded here, so that the stream can be taken up again.
    ///
    /// # Errors
    /// When it cannot be read, or holds no audio that is known here.
    #[cfg(feature = "audio")]
    pub async fn recording(recording: impl Into<Recording>) -> Result<Self, ClientError> {
        let (bytes, format) = recording.into().read().await?;
        if let Some(format) = format.filter(|format| !has_header(format)) {
            return Ok(Self::bytes(format, bytes));
        }
        let decoded = tokio::task::spawn_blocking(move || {
            undertone_audio::read_all(&bytes, None, undertone_audio::AudioLimits::default())
        });
        let samples = decoded.await.map_err(|lost| ClientError::Audio(lost.to_string()))?;
        let samples = samples.map_err(|error| ClientError::Audio(error.to_string()))?;
        Ok(Self::samples(&samples, undertone_core::PIPELINE_RATE.hz()))
    }

    /// The same as if it were being spoken: what was spoken is there, and no more. Audio with a header, whose seconds have no
    /// fixed size, comes as fast as it is taken.
    pub fn in_real_time(self) -> Self {
        let Self { format, chunks } = self;
        let Some(second) = bytes_per_second(&format).filter(|&second| second > 0) else {
            return Self { format, chunks };
        };
        let mut begun = None;
        let mut spoken = 0_u64;
        let paced = chunks.then(move |chunk| {
            spoken += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
            let begun = *begun.get_or_insert_with(Instant::now);
            let until = begun + spoken_in(spoken, second);
            async move {
                tokio::time::sleep_until(until).await;
                chunk
            }
        });
        Self { format, chunks: Box::pin(paced) }
    }
}

/// How long it takes to speak so many bytes.
fn spoken_in(bytes: u64, bytes_per_second: u32) -> Duration {
    Duration::from_secs_f64(bytes as f64 / f64::from(bytes_per_second))
}

/// Bytes of a second of audio without a header.
fn bytes_per_second(format: &v1::AudioFormat) -> Option<u32> {
    let sample_bytes = match format.encoding() {
        v1::AudioEncoding::Linear16 => 2,
        v1::AudioEncoding::Float32 => 4,
        v1::AudioEncoding::Mulaw | v1::AudioEncoding::Alaw => 1,
        _ => return None,
    };
    Some(format.sample_rate_hertz.saturating_mul(format.channels.max(1)).saturating_mul(sample_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lengths(source: Source) -> Vec<usize> {
        source.chunks.map(|chunk| chunk.unwrap().len()).collect().await
    }

    #[tokio::test]
    async fn a_recording_is_cut_into_tenths_of_a_second() {
        let source = Source::samples(&[0.0; 20_000], 16_000);
        let lengths = lengths(source).await;
        assert_eq!(lengths.len(), 13);
        assert_eq!((lengths[0], lengths[12]), (6400, 3200));
    }

    #[test]
    fn a_second_of_audio_takes_a_second_to_speak() {
        let format = |encoding, rate, channels| v1::AudioFormat { channels, ..raw(encoding, rate) };
        for (format, bytes) in [
            (format(v1::AudioEncoding::Linear16, 8_000, 2), 32_000),
            (format(v1::AudioEncoding::Float32, 16_000, 0), 64_000),
            (format(v1::AudioEncoding::Mulaw, 8_000, 1), 8_000),
        ] {
            let second = bytes_per_second(&format).unwrap();
            assert_eq!(spoken_in(bytes, second), Duration::from_secs(1), "{format:?}");
        }
        assert_eq!(bytes_per_second(&raw(v1::AudioEncoding::Flac, 16_000)), None);
    }

    #[tokio::test]
    async fn in_real_time_nothing_is_lost() {
        let lengths = lengths(Source::samples(&[0.0; 1_700], 16_000).in_real_time()).await;
        assert_eq!(lengths, [6400, 400]);
    }
}
