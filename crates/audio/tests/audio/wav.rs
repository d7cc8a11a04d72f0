//! WAVE files, right and wrong.

use crate::sources::{IEEE_FLOAT, PCM, chunk, format_body, i16_bytes, riff, tone, wav};
use undertone_audio::{AudioError, AudioFormat, AudioLimits, Encoding, read_all};
use undertone_core::{SampleRate, UnsupportedRate};

fn read(bytes: &[u8]) -> Result<Vec<f32>, AudioError> {
    read_all(bytes, None, AudioLimits::default())
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes).expect_err("refused").to_string()
}

fn pcm16(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|&sample| i16_bytes(sample)).collect()
}

/// Writes `size` into the header of the data chunk, which is the second one.
fn with_data_size(mut file: Vec<u8>, size: u32) -> Vec<u8> {
    file[40..44].copy_from_slice(&size.to_le_bytes());
    file
}

#[test]
fn every_supported_width_reads_the_same_tone() {
    let samples = tone(440.0, 16_000, 1_000);
    let encode = |bytes: &dyn Fn(f64) -> Vec<u8>| -> Vec<u8> {
        samples.iter().flat_map(|&sample| bytes(f64::from(sample))).collect()
    };
    let files = [
        (wav(PCM, 1, 16_000, 8, &encode(&|x| vec![(x * 128.0 + 128.0).round() as u8])), 0.005),
        (wav(PCM, 1, 16_000, 16, &pcm16(&samples)), 1e-4),
        (wav(PCM, 1, 16_000, 24, &encode(&|x| ((x * 8_388_608.0) as i32).to_le_bytes()[..3].to_vec())), 1e-6),
        (wav(PCM, 1, 16_000, 32, &encode(&|x| ((x * 2_147_483_648.0) as i32).to_le_bytes().to_vec())), 1e-7),
        (wav(IEEE_FLOAT, 1, 16_000, 32, &encode(&|x| (x as f32).to_le_bytes().to_vec())), 0.0),
        (wav(IEEE_FLOAT, 1, 16_000, 64, &encode(&|x| x.to_le_bytes().to_vec())), 0.0),
    ];
    for (index, (file, tolerance)) in files.iter().enumerate() {
        let read = read(file).unwrap();
        assert_eq!(read.len(), samples.len(), "file {index}");
        for (read, sample) in read.iter().zip(&samples) {
            assert!((read - sample).abs() <= *tolerance, "file {index}: {read} for {sample}");
        }
    }
}

#[test]
fn mu_law_and_a_law_inside_read_like_their_raw_form() {
    let codes: Vec<u8> = (0..=255).collect();
    for (codec, encoding) in [(7, Encoding::Mulaw), (6, Encoding::Alaw)] {
        let rate = SampleRate::new(16_000).unwrap();
        let raw = read_all(&codes, Some(AudioFormat::mono(encoding, rate)), AudioLimits::default());
        assert_eq!(read(&wav(codec, 1, 16_000, 8, &codes)), raw);
    }
}

#[test]
fn the_extended_format_reads_like_the_plain_one() {
    let data = pcm16(&tone(300.0, 16_000, 64));
    let mut body = format_body(0xFFFE, 1, 16_000, 16);
    body.extend([22, 0, 16, 0, 4, 0, 0, 0, 1, 0]);
    body.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
    let extended = riff(&[chunk(b"fmt ", &body), chunk(b"data", &data)]);
    assert_eq!(read(&extended), read(&wav(PCM, 1, 16_000, 16, &data)));
    body[39] = 0;
    let unknown = riff(&[chunk(b"fmt ", &body), chunk(b"data", &data)]);
    assert_eq!(refusal(&unknown), "the WAV header is wrong at byte 20: an unknown extended format");
}

#[test]
fn a_size_left_open_by_a_streaming_writer_means_until_the_end() {
    let file = wav(PCM, 1, 16_000, 16, &pcm16(&tone(300.0, 16_000, 64)));
    for size in [0, u32::MAX] {
        assert_eq!(read(&with_data_size(file.clone(), size)), read(&file));
    }
}

#[test]
fn data_shorter_than_its_header_says_is_cut_short() {
    let file = wav(PCM, 1, 16_000, 16, &[0; 100]);
    let cut = &file[..file.len() - 10];
    assert_eq!(
        refusal(cut),
        "the WAV audio is cut short: its header says 100 bytes of audio data, but 90 came"
    );
    let huge = with_data_size(file, 200_000_000);
    assert_eq!(
        refusal(&huge),
        "the WAV audio is cut short: its header says 200000000 bytes of audio data, but 100 came"
    );
}

#[test]
fn a_header_that_promises_more_than_the_limit_is_refused_at_once() {
    let file = with_data_size(wav(PCM, 1, 16_000, 16, &[0; 100]), u32::MAX - 1);
    assert_eq!(refusal(&file), "the audio is longer than the limit of 14400 s");
}

#[test]
fn absurd_channels_and_rates_are_named() {
    assert_eq!(refusal(&wav(PCM, 0, 16_000, 16, &[0; 4])), "the WAV header is wrong at byte 20: 0 channels");
    let mut crowded = format_body(PCM, 1, 16_000, 8);
    crowded[2..4].copy_from_slice(&u16::MAX.to_le_bytes());
    crowded[12..14].copy_from_slice(&u16::MAX.to_le_bytes());
    let crowded = riff(&[chunk(b"fmt ", &crowded), chunk(b"data", &[0; 4])]);
    assert_eq!(refusal(&crowded), "65535 channels are not supported: give 1 to 8");
    for rate in [0, 7_999, 96_000, 1_000_000_000] {
        assert_eq!(read(&wav(PCM, 1, rate, 16, &[0; 4])), Err(AudioError::Rate(UnsupportedRate(rate))));
    }
}

#[test]
fn a_block_align_that_does_not_fit_is_named() {
    let mut body = format_body(PCM, 2, 16_000, 16);
    body[12] = 3;
    let file = riff(&[chunk(b"fmt ", &body), chunk(b"data", &[0; 4])]);
    assert_eq!(
        refusal(&file),
        "the WAV header is wrong at byte 20: the block align is 3, but 2 channel(s) of 16 bits need 4"
    );
}

#[test]
fn a_codec_that_is_not_read_is_named() {
    let message = refusal(&wav(0x0002, 1, 16_000, 4, &[0; 4]));
    assert!(message.starts_with("this WAV audio is not supported: codec 0x0002 (Microsoft ADPCM) of 4 bits"));
    assert!(refusal(&wav(PCM, 1, 16_000, 12, &[0; 4])).contains("(PCM) of 12 bits"));
}

#[test]
fn chunks_out_of_order_or_missing_are_named() {
    let format = chunk(b"fmt ", &format_body(PCM, 1, 16_000, 16));
    assert_eq!(
        refusal(&riff(&[chunk(b"data", &[0; 4]), format.clone()])),
        "the WAV header is wrong at byte 12: the data chunk comes before the fmt chunk"
    );
    assert_eq!(
        refusal(&riff(&[format.clone(), format.clone()])),
        "the WAV header is wrong at byte 36: a second fmt chunk"
    );
    assert_eq!(
        refusal(&riff(&[chunk(b"fmt ", &[0; 14])])),
        "the WAV header is wrong at byte 12: a fmt chunk of 14 bytes instead of 16, 18 or 40"
    );
    assert_eq!(
        refusal(&riff(&[])),
        "the WAV audio ends at byte 12, inside the header: no fmt chunk has come"
    );
    assert_eq!(
        refusal(&riff(&[format])),
        "the WAV audio ends at byte 36, inside the header: no data chunk has come"
    );
}

#[test]
fn other_kinds_of_riff_are_named() {
    assert!(refusal(b"RIFX\0\0\0\0WAVE").contains("big-endian WAVE (RIFX)"));
    assert!(refusal(b"RF64\xFF\xFF\xFF\xFFWAVE").contains("64-bit WAVE (RF64)"));
    assert_eq!(
        refusal(b"RIFF\0\0\0\0AVI "),
        "the WAV header is wrong at byte 8: a RIFF file of \"AVI \" instead of WAVE"
    );
    assert_eq!(refusal(b"RIFF\0\0"), "the WAV audio ends at byte 6, inside the RIFF header");
}

#[test]
fn an_odd_byte_at_the_end_and_a_file_without_samples_are_named() {
    assert_eq!(
        refusal(&wav(PCM, 1, 16_000, 16, &[0; 5])),
        "WAV audio of 2 byte(s) per frame ends with 1 byte(s) left over at byte 48"
    );
    assert_eq!(refusal(&wav(PCM, 1, 16_000, 16, &[])), "the WAV audio holds no samples");
}

#[test]
fn an_endless_header_is_refused() {
    let mut file = riff(&[]);
    file.extend(b"JUNK");
    file.extend(u32::MAX.to_le_bytes());
    assert_eq!(refusal(&file), "the WAV header is longer than 16777216 bytes");
}

#[test]
fn the_clients_word_must_agree_with_the_header() {
    let file = wav(PCM, 1, 16_000, 16, &[0; 4]);
    let stated = AudioFormat::mono(Encoding::Wav, SampleRate::new(8_000).unwrap());
    let read =
        |format| read_all(&file, Some(format), AudioLimits::default()).map_err(|error| error.to_string());
    assert_eq!(
        read(stated),
        Err("the sample rate was given as 8000 Hz, but the WAV header says 16000 Hz".to_owned())
    );
    let stereo = AudioFormat { channels: Some(2), ..AudioFormat::container(Encoding::Wav) };
    assert_eq!(
        read(stereo),
        Err("the audio was given as 2 channel(s), but the WAV header says 1".to_owned())
    );
    assert!(read(AudioFormat::mono(Encoding::Wav, SampleRate::new(16_000).unwrap())).is_ok());
}
