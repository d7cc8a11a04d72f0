//! FLAC and Ogg Opus, right and wrong. The fixtures hold 440 Hz left and 1 kHz right at half of full scale.

use crate::sources::{MONO_FLAC, MONO_OPUS, SILK_OPUS, STEREO_FLAC, STEREO_OPUS, amplitude, tone};
use undertone_audio::{AudioError, AudioFormat, AudioLimits, AudioReader, Encoding, read_all};
use undertone_core::SampleRate;

fn read(bytes: &[u8]) -> Result<Vec<f32>, AudioError> {
    read_all(bytes, None, AudioLimits::default())
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes).expect_err("refused").to_string()
}

#[test]
fn flac_gives_every_sample_in_its_place() {
    let samples = read(MONO_FLAC).unwrap();
    assert_eq!(samples.len(), 4_800);
    let expected = tone(440.0, 16_000, 4_800);
    for n in 200..4_600 {
        assert!((samples[n] - expected[n]).abs() < 1e-3, "sample {n}");
    }
}

#[test]
fn flac_of_24_bits_holds_its_tones_and_nothing_else() {
    let samples = read(STEREO_FLAC).unwrap();
    assert_eq!(samples.len(), 4_800);
    let (left, right) = (amplitude(&samples, 440.0), amplitude(&samples, 1_000.0));
    assert!((left - 0.25).abs() < 1e-4 && (right - 0.25).abs() < 1e-4, "{left} {right}");
    // Both tones fit a whole number of times, so their powers add up to all there is.
    let power: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / 4_800.0;
    let rest = power - (left * left + right * right) / 2.0;
    assert!(rest.abs() < 1e-7, "{rest}");
}

#[test]
fn opus_gives_as_much_time_as_went_in() {
    for file in [MONO_OPUS, STEREO_OPUS, SILK_OPUS] {
        assert_eq!(read(file).unwrap().len(), 24_000);
    }
}

#[test]
fn opus_keeps_the_tones_and_mixes_them() {
    let tones = |file: &[u8]| {
        let samples = read(file).unwrap();
        (amplitude(&samples[1_600..22_400], 440.0), amplitude(&samples[1_600..22_400], 1_000.0))
    };
    for (file, left, right) in [(MONO_OPUS, 0.5, 0.0), (STEREO_OPUS, 0.25, 0.25), (SILK_OPUS, 0.5, 0.0)] {
        let (heard_left, heard_right) = tones(file);
        assert!((heard_left - left).abs() < 0.05, "440 Hz at {heard_left} instead of {left}");
        assert!((heard_right - right).abs() < 0.05, "1 kHz at {heard_right} instead of {right}");
    }
}

#[test]
fn opus_samples_lie_where_they_were_recorded() {
    let samples = read(MONO_OPUS).unwrap();
    let expected = tone(440.0, 16_000, 24_000);
    let difference: f32 = (1_600..22_400).map(|n| (samples[n] - expected[n]).abs()).fold(0.0, f32::max);
    assert!(difference < 0.05, "{difference}");
}

#[test]
fn a_container_may_be_stated_with_its_own_rate_only() {
    let stated = |bytes: &[u8], encoding, hz| {
        let format = AudioFormat::mono(encoding, SampleRate::new(hz).unwrap());
        read_all(bytes, Some(format), AudioLimits::default()).map(|samples| samples.len())
    };
    assert_eq!(stated(MONO_FLAC, Encoding::Flac, 44_100), Ok(4_800));
    assert!(matches!(
        stated(MONO_FLAC, Encoding::Flac, 16_000),
        Err(AudioError::RateMismatch { found: 44_100, .. })
    ));
    // The narrow fixture was encoded from 16 kHz; Opus itself always runs at 48 kHz.
    assert_eq!(stated(SILK_OPUS, Encoding::OggOpus, 16_000), Ok(24_000));
    assert_eq!(stated(SILK_OPUS, Encoding::OggOpus, 48_000), Ok(24_000));
    assert!(matches!(
        stated(SILK_OPUS, Encoding::OggOpus, 8_000),
        Err(AudioError::RateMismatch { found: 16_000, .. })
    ));
}

#[test]
fn a_cut_flac_file_never_passes_for_a_whole_one() {
    for length in (1..MONO_FLAC.len()).step_by(7) {
        assert!(read_all(&MONO_FLAC[..length], Some(flac()), AudioLimits::default()).is_err(), "{length}");
    }
    assert_eq!(refusal(&MONO_FLAC[..20]), "the FLAC audio ends at byte 20, inside the metadata");
    assert!(
        refusal(&MONO_FLAC[..MONO_FLAC.len() - 1])
            .ends_with("the frame that begins here is cut short or fails its checksum")
    );
}

#[test]
fn a_flac_file_that_lost_its_last_frames_is_cut_short() {
    // The last frame begins at the last sync code.
    let last = (0..MONO_FLAC.len() - 4).rfind(|&at| MONO_FLAC[at..].starts_with(&[0xFF, 0xF8])).unwrap();
    assert_eq!(
        refusal(&MONO_FLAC[..last]),
        "the FLAC audio is cut short: its header says 13230 samples per channel, but 12288 came"
    );
}

#[test]
fn a_cut_ogg_page_is_named_and_a_missing_last_page_is_not_missed() {
    assert_eq!(
        refusal(&MONO_OPUS[..MONO_OPUS.len() - 1]),
        format!("the OGG_OPUS audio ends at byte {}, inside an Ogg page", MONO_OPUS.len() - 1)
    );
    let pages: Vec<usize> = (0..MONO_OPUS.len()).filter(|&at| MONO_OPUS[at..].starts_with(b"OggS")).collect();
    let last = *pages.last().unwrap();
    // Live encoders stop between pages.
    assert!(read(&MONO_OPUS[..last]).is_ok());
    assert_eq!(
        refusal(&MONO_OPUS[..pages[1]]),
        format!("the OGG_OPUS audio ends at byte {}, inside the Opus comments", pages[1])
    );
}

#[test]
fn a_flipped_bit_in_an_ogg_page_fails_its_checksum() {
    let mut bytes = MONO_OPUS.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    assert!(refusal(&bytes).contains("the page that begins here: page CRC mismatch"));
}

#[test]
fn a_second_logical_stream_is_refused() {
    let chained = [MONO_OPUS, STEREO_OPUS].concat();
    assert_eq!(
        refusal(&chained),
        "this OGG_OPUS audio is not supported: more than one logical stream in an Ogg file"
    );
}

#[test]
fn silence_packed_to_nothing_is_still_limited_by_its_duration() {
    let limits = AudioLimits { max_seconds: 1, ..AudioLimits::default() };
    for file in [MONO_OPUS, STEREO_OPUS] {
        assert_eq!(read_all(file, None, limits), Err(AudioError::TooLong { max_seconds: 1 }));
    }
    let mut longer = MONO_FLAC.to_vec();
    // 36 bits of total samples, at byte 21 from its low four bits on.
    longer[22..26].fill(0xFF);
    assert_eq!(read_all(&longer, None, limits), Err(AudioError::TooLong { max_seconds: 1 }));
}

#[test]
fn a_container_tells_its_rate_once_its_header_was_read() {
    let mut reader = AudioReader::new(flac(), AudioLimits::default()).unwrap();
    let mut samples = Vec::new();
    reader.push(&MONO_FLAC[..41], &mut samples).unwrap();
    assert_eq!((reader.input_rate(), reader.input_channels()), (None, None));
    reader.push(&MONO_FLAC[41..42], &mut samples).unwrap();
    assert_eq!((reader.input_rate(), reader.input_channels()), (SampleRate::new(44_100).ok(), Some(1)));
}

fn flac() -> AudioFormat {
    AudioFormat::container(Encoding::Flac)
}
