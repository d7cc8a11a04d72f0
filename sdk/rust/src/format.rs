//! Audio without a header.

use undertone_proto::v1;

/// The format of bytes without a header, one channel.
pub fn raw(encoding: v1::AudioEncoding, sample_rate_hertz: u32) -> v1::AudioFormat {
    v1::AudioFormat { encoding: encoding.into(), sample_rate_hertz, channels: 1 }
}

/// Samples with full scale 1, as `FLOAT32` bytes.
pub fn float_bytes(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// Bytes of a second of audio without a header; 0 where there is one.
pub(crate) fn bytes_per_second(format: &v1::AudioFormat) -> f64 {
    use v1::AudioEncoding::{Alaw, Flac, Float32, Linear16, Mulaw, OggOpus, Unspecified, Wav};
    let sample = match format.encoding() {
        Unspecified | Flac | OggOpus | Wav => 0.0,
        Linear16 => 2.0,
        Float32 => 4.0,
        Mulaw | Alaw => 1.0,
    };
    sample * f64::from(format.channels.max(1)) * f64::from(format.sample_rate_hertz)
}

/// Whether bytes in this encoding begin with a header of their own; such a stream cannot be taken up in its middle.
pub(crate) fn has_header(format: &v1::AudioFormat) -> bool {
    use v1::AudioEncoding::{Flac, OggOpus, Unspecified, Wav};
    matches!(format.encoding(), Unspecified | Flac | OggOpus | Wav)
}
