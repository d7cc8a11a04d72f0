//! Files of audio.

use crate::Target;
use undertone_audio::{AudioError, AudioFormat, AudioLimits, AudioReader, Encoding};

/// Read whole and in pieces, which must give the same.
pub(crate) const WAV: Target =
    Target { name: "wav", run: |data| run(Encoding::Wav, data), corpus: wavs, is_understood: is_wav };
/// As [`WAV`].
pub(crate) const FLAC: Target =
    Target { name: "flac", run: |data| run(Encoding::Flac, data), corpus: flacs, is_understood: is_flac };

/// Ten seconds, two channels: what a stranger's file may cost here.
const LIMITS: AudioLimits = AudioLimits { max_seconds: 10, max_channels: 2, max_header_bytes: 1 << 16 };
/// Bytes of a FLAC frame, which holds so many samples.
const BLOCK: u16 = 256;

fn run(encoding: Encoding, data: &[u8]) {
    let whole = read(encoding, data, usize::MAX);
    for piece in [1, 7, 1000] {
        assert_eq!(read(encoding, data, piece), whole, "in pieces of {piece} bytes");
    }
    if let Ok(samples) = whole {
        assert!(samples.iter().all(|bits| (-1.0..=1.0).contains(&f32::from_bits(*bits))));
    }
}

/// The samples' bits, or that there are none.
fn read(encoding: Encoding, data: &[u8], piece: usize) -> Result<Vec<u32>, ()> {
    let samples = || -> Result<Vec<f32>, AudioError> {
        let mut reader = AudioReader::new(AudioFormat::container(encoding), LIMITS)?;
        let mut samples = Vec::new();
        for piece in data.chunks(piece) {
            reader.push(piece, &mut samples)?;
        }
        reader.finish(&mut samples)?;
        Ok(samples)
    };
    samples().map(|samples| samples.iter().map(|sample| sample.to_bits()).collect()).map_err(drop)
}

fn is_wav(data: &[u8]) -> bool {
    read(Encoding::Wav, data, usize::MAX).is_ok()
}

fn is_flac(data: &[u8]) -> bool {
    read(Encoding::Flac, data, usize::MAX).is_ok()
}

fn wavs() -> Vec<Vec<u8>> {
    let kinds: [(u16, u16, u32, u16); 4] =
        [(1, 1, 16_000, 16), (1, 2, 44_100, 24), (3, 1, 8_000, 32), (7, 1, 8_000, 8)];
    kinds.into_iter().map(|(tag, channels, rate, bits)| wav(tag, channels, rate, bits)).collect()
}

/// RIFF WAVE: a format chunk, one that nobody knows, and a fiftieth of a second of zeroes.
fn wav(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let block = channels * bits / 8;
    let data = vec![0_u8; rate as usize / 50 * usize::from(block)];
    let mut body = b"WAVEfmt ".to_vec();
    body.extend(16_u32.to_le_bytes());
    body.extend(tag.to_le_bytes());
    body.extend(channels.to_le_bytes());
    body.extend(rate.to_le_bytes());
    body.extend((rate * u32::from(block)).to_le_bytes());
    body.extend(block.to_le_bytes());
    body.extend(bits.to_le_bytes());
    for (name, content) in [(b"note", b"hm".as_slice()), (b"data", &data)] {
        body.extend(name);
        body.extend((content.len() as u32).to_le_bytes());
        body.extend(content);
    }
    let mut file = b"RIFF".to_vec();
    file.extend((body.len() as u32).to_le_bytes());
    file.extend(body);
    file
}

fn flacs() -> Vec<Vec<u8>> {
    vec![flac(1), flac(5)]
}

/// FLAC (RFC 9639) of so many frames, mono, 16 kHz, 16 bits, each frame one constant.
fn flac(frames: u8) -> Vec<u8> {
    let samples = u64::from(frames) * u64::from(BLOCK);
    let mut file = b"fLaC\x80\x00\x00\x22".to_vec();
    file.extend([BLOCK.to_be_bytes(), BLOCK.to_be_bytes()].concat());
    // The sizes of frames are not told.
    file.extend([0; 6]);
    // 20 bits of rate, 3 of channels less one, 5 of bits less one, 36 of samples.
    file.extend(((16_000_u64 << 44) | (15 << 36) | samples).to_be_bytes());
    file.extend([0; 16]);
    for number in 0..frames {
        // 256 samples, 16 kHz; mono, 16 bits.
        let mut frame = vec![0xFF, 0xF8, 0x85, 0x08, number];
        frame.push(crc(&frame, 8, 0x07) as u8);
        frame.push(0);
        frame.extend((i16::from(number) * 100).to_be_bytes());
        let check = crc(&frame, 16, 0x8005);
        frame.extend(check.to_be_bytes());
        file.extend(frame);
    }
    file
}

/// A cyclic redundancy check of so many bits, the highest first.
fn crc(bytes: &[u8], bits: u32, polynomial: u16) -> u16 {
    let top = 1_u16 << (bits - 1);
    let mask = top | (top - 1);
    bytes.iter().fold(0, |sum, &byte| {
        let sum = sum ^ (u16::from(byte) << (bits - 8));
        (0..8).fold(sum, |sum, _| if sum & top == 0 { sum << 1 } else { (sum << 1) ^ polynomial }) & mask
    })
}
