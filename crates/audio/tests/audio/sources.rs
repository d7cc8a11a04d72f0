//! Audio to read: made here, or from the fixtures that `fixtures/make.sh` made.

use std::f64::consts::TAU;
use undertone_audio::{AudioError, AudioFormat, AudioLimits, AudioReader, Encoding};
use undertone_core::SampleRate;

pub(crate) const MONO_FLAC: &[u8] = include_bytes!("../fixtures/tones_mono.flac");
pub(crate) const STEREO_FLAC: &[u8] = include_bytes!("../fixtures/tones_stereo24.flac");
pub(crate) const MONO_OPUS: &[u8] = include_bytes!("../fixtures/tones_mono.opus");
pub(crate) const STEREO_OPUS: &[u8] = include_bytes!("../fixtures/tones_stereo.opus");
pub(crate) const SILK_OPUS: &[u8] = include_bytes!("../fixtures/tones_silk.opus");

/// Some bytes and what the client says about them.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) name: &'static str,
    pub(crate) format: AudioFormat,
    pub(crate) bytes: Vec<u8>,
}

/// One short source of every encoding, some with channels to mix and a rate to convert.
pub(crate) fn every_encoding() -> Vec<Source> {
    let container = |name, encoding, bytes: &[u8]| Source {
        name,
        format: AudioFormat::container(encoding),
        bytes: bytes.to_vec(),
    };
    let stereo: Vec<u8> = tone(440.0, 44_100, 4_410).iter().flat_map(|&sample| i16_bytes(sample)).collect();
    let floats: Vec<u8> = tone(440.0, 16_000, 1_700).iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let codes: Vec<u8> = (0..1_500_u32).map(|n| (n * 7 % 256) as u8).collect();
    vec![
        Source {
            name: "LINEAR16, 44.1 kHz, stereo",
            format: AudioFormat { channels: Some(2), ..raw(Encoding::Linear16, 44_100) },
            bytes: stereo.clone(),
        },
        Source { name: "FLOAT32", format: raw(Encoding::Float32, 16_000), bytes: floats },
        Source { name: "MULAW", format: raw(Encoding::Mulaw, 8_000), bytes: codes.clone() },
        Source { name: "ALAW", format: raw(Encoding::Alaw, 8_000), bytes: codes },
        container("WAV, 16 bits", Encoding::Wav, &wav(PCM, 2, 44_100, 16, &stereo)),
        container("WAV, 24 bits with other chunks", Encoding::Wav, &wav_with_other_chunks()),
        container("FLAC, mono", Encoding::Flac, MONO_FLAC),
        container("FLAC, stereo, 24 bits", Encoding::Flac, STEREO_FLAC),
        container("OGG_OPUS, mono", Encoding::OggOpus, MONO_OPUS),
        container("OGG_OPUS, stereo", Encoding::OggOpus, STEREO_OPUS),
        container("OGG_OPUS, speech mode", Encoding::OggOpus, SILK_OPUS),
    ]
}

pub(crate) fn raw(encoding: Encoding, rate: u32) -> AudioFormat {
    AudioFormat::mono(encoding, SampleRate::new(rate).expect("a rate that is accepted"))
}

/// A sine at half of full scale.
pub(crate) fn tone(hz: f64, rate: u32, samples: usize) -> Vec<f32> {
    (0..samples).map(|n| (0.5 * (TAU * hz * n as f64 / f64::from(rate)).sin()) as f32).collect()
}

pub(crate) fn i16_bytes(sample: f32) -> [u8; 2] {
    ((sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes()
}

pub(crate) const PCM: u16 = 1;
pub(crate) const IEEE_FLOAT: u16 = 3;

/// A WAVE file with nothing but a 16-byte `fmt ` chunk and `data`.
pub(crate) fn wav(codec: u16, channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    riff(&[chunk(b"fmt ", &format_body(codec, channels, rate, bits)), chunk(b"data", data)])
}

pub(crate) fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body: Vec<u8> = b"WAVE".iter().copied().chain(chunks.concat()).collect();
    chunk(b"RIFF", &body)
}

/// A chunk, padded to an even length.
pub(crate) fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = id.to_vec();
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(body);
    bytes.extend(vec![0; body.len() % 2]);
    bytes
}

pub(crate) fn format_body(codec: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let block_align = u32::from(channels) * u32::from(bits) / 8;
    let mut body = Vec::new();
    body.extend(codec.to_le_bytes());
    body.extend(channels.to_le_bytes());
    body.extend(rate.to_le_bytes());
    body.extend(rate.wrapping_mul(block_align).to_le_bytes());
    body.extend((block_align as u16).to_le_bytes());
    body.extend(bits.to_le_bytes());
    body
}

/// 24 bits at 16 kHz, between chunks of odd and even length.
fn wav_with_other_chunks() -> Vec<u8> {
    let data: Vec<u8> = tone(440.0, 16_000, 901)
        .iter()
        .flat_map(|&sample| [0, i16_bytes(sample)[0], i16_bytes(sample)[1]])
        .collect();
    riff(&[
        chunk(b"JUNK", &[7; 13]),
        chunk(b"fmt ", &format_body(PCM, 1, 16_000, 24)),
        chunk(b"FLLR", &[0; 4_044]),
        chunk(b"data", &data),
        chunk(b"LIST", b"INFOISFT\x05\0\0\0test\0"),
    ])
}

/// Reads `bytes` in pieces of the given lengths, and the rest at once.
pub(crate) fn read_cut(format: AudioFormat, bytes: &[u8], lengths: &[usize]) -> Result<Vec<f32>, AudioError> {
    let mut reader = AudioReader::new(format, AudioLimits::default())?;
    let (mut samples, mut rest) = (Vec::new(), bytes);
    for &length in lengths {
        let (piece, after) = rest.split_at(length.min(rest.len()));
        reader.push(piece, &mut samples)?;
        rest = after;
    }
    reader.push(rest, &mut samples)?;
    reader.finish(&mut samples)?;
    Ok(samples)
}

/// How strongly `samples` hold a tone: the amplitude of its Fourier component.
pub(crate) fn amplitude(samples: &[f32], hz: f64) -> f64 {
    let step = TAU * hz / 16_000.0;
    let (mut cosine, mut sine) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        cosine += f64::from(sample) * (step * n as f64).cos();
        sine += f64::from(sample) * (step * n as f64).sin();
    }
    2.0 * cosine.hypot(sine) / samples.len() as f64
}
