//! Encodings without a header.

use crate::sources::{raw, read_cut};
use undertone_audio::{AudioError, AudioFormat, AudioLimits, AudioReader, Encoding, read_all};
use undertone_core::{ErrorKind, SampleRate};

fn read(format: AudioFormat, bytes: &[u8]) -> Result<Vec<f32>, AudioError> {
    read_all(bytes, Some(format), AudioLimits::default())
}

#[test]
fn one_sample_is_a_clip_at_every_rate() {
    for rate in [8_000, 11_025, 16_000, 44_100, 48_000] {
        let samples = read(raw(Encoding::Linear16, rate), &[0, 0x40]).unwrap();
        assert!(!samples.is_empty(), "{rate}");
    }
    assert_eq!(read(raw(Encoding::Linear16, 16_000), &[0, 0x40]), Ok(vec![0.5]));
}

#[test]
fn channels_are_mixed_to_their_mean() {
    let bytes: Vec<u8> = [0.5_f32, -0.25, 1.0, 1.0].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let stereo = AudioFormat { channels: Some(2), ..raw(Encoding::Float32, 16_000) };
    assert_eq!(read(stereo, &bytes), Ok(vec![0.125, 1.0]));
}

#[test]
fn floats_beyond_full_scale_are_cut_to_it() {
    let bytes: Vec<u8> = [3.0_f32, -1e30].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    assert_eq!(read(raw(Encoding::Float32, 16_000), &bytes), Ok(vec![1.0, -1.0]));
}

#[test]
fn a_float_that_is_no_number_is_named_with_its_place() {
    for (value, name) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let mut samples = vec![0.0_f32; 9_001];
        samples[7_003] = value;
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let error = read(raw(Encoding::Float32, 16_000), &bytes).unwrap_err();
        assert_eq!(error, AudioError::NotFinite { frame: 7_003, channel: 1, value: name });
    }
}

#[test]
fn nothing_at_all_is_empty_and_an_odd_byte_is_left_over() {
    let format = raw(Encoding::Linear16, 16_000);
    assert_eq!(read(format, &[]), Err(AudioError::Empty));
    assert_eq!(read_cut(format, &[], &[]), Err(AudioError::Empty));
    let error = read(format, &[1, 2, 3]).unwrap_err();
    assert_eq!(
        error,
        AudioError::PartialFrame { encoding: Encoding::Linear16, frame_bytes: 2, left: 1, offset: 2 }
    );
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn the_rate_must_be_given_and_the_channels_allowed() {
    let limits = AudioLimits::default();
    let without_rate = AudioFormat::container(Encoding::Mulaw);
    assert_eq!(AudioReader::new(without_rate, limits).err(), Some(AudioError::RateMissing(Encoding::Mulaw)));
    for found in [0, 9, u16::MAX] {
        let format = AudioFormat { channels: Some(found), ..raw(Encoding::Linear16, 16_000) };
        assert_eq!(AudioReader::new(format, limits).err(), Some(AudioError::Channels { found, max: 8 }));
    }
}

#[test]
fn more_than_the_longest_duration_is_refused_and_exactly_that_is_not() {
    let limits = AudioLimits { max_seconds: 1, ..AudioLimits::default() };
    let format = raw(Encoding::Mulaw, 8_000);
    assert!(read_all(&[0xFF; 8_000], Some(format), limits).is_ok());
    assert_eq!(read_all(&[0xFF; 8_001], Some(format), limits), Err(AudioError::TooLong { max_seconds: 1 }));
}

#[test]
fn a_reader_tells_what_it_reads_and_ends_once() {
    let mut reader = AudioReader::new(raw(Encoding::Alaw, 8_000), AudioLimits::default()).unwrap();
    assert_eq!(reader.input_rate(), SampleRate::new(8_000).ok());
    assert_eq!(reader.input_channels(), Some(1));
    let mut samples = Vec::new();
    reader.push(&[0x55; 8], &mut samples).unwrap();
    reader.finish(&mut samples).unwrap();
    assert_eq!(samples.len(), 16);
    assert_eq!(reader.finish(&mut samples), Err(AudioError::AlreadyFinished));
    assert_eq!(reader.push(&[0x55], &mut samples), Err(AudioError::AlreadyFinished));
}

#[test]
fn bytes_of_no_known_file_are_shown_when_no_format_was_given() {
    let error = read_all(b"path,corpus,speaker", None, AudioLimits::default()).unwrap_err();
    assert_eq!(error.to_string(), "the audio is not a WAV, FLAC or Ogg file: it begins with \"path,cor\"");
    for encoding in [Encoding::Wav, Encoding::Flac, Encoding::OggOpus] {
        let error = read(AudioFormat::container(encoding), b"hello, world").unwrap_err();
        assert_eq!(
            error,
            AudioError::WrongMagic { expected: encoding, beginning: error_beginning(encoding) },
            "{encoding}"
        );
    }
}

/// FLAC and Ogg give up at the fourth byte, WAVE may have had twelve.
fn error_beginning(encoding: Encoding) -> String {
    let shown = if encoding == Encoding::Flac { "hell" } else { "hello, w" };
    format!("\"{shown}\"")
}
