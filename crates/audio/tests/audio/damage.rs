//! Damaged and hostile bytes give an error or samples, never a panic.

use crate::sources::{MONO_FLAC, Source, every_encoding, raw, read_cut};
use proptest::collection::vec;
use proptest::prelude::*;
use ruopus::ogg::{OggOpusWriter, OpusHead, OpusTags};
use undertone_audio::{AudioFormat, Encoding};

/// Reads and checks what every caller may rely on.
fn survive(format: AudioFormat, bytes: &[u8]) {
    if let Ok(samples) = read_cut(format, bytes, &[bytes.len() / 3]) {
        assert!(!samples.is_empty());
        assert!(samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bits_and_cuts_are_survived(
        flips in vec((any::<prop::sample::Index>(), 0_u8..8), 0..6),
        end in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        for Source { format, mut bytes, .. } in every_encoding() {
            for (at, bit) in &flips {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            if is_cut {
                bytes.truncate(end.index(bytes.len()));
            }
            survive(format, &bytes);
        }
    }

    #[test]
    fn flipped_bits_in_headers_are_survived(
        flips in vec((0_usize..96, 0_u8..8), 1..4),
    ) {
        for Source { format, mut bytes, .. } in every_encoding() {
            for &(at, bit) in &flips {
                bytes[at] ^= 1 << bit;
            }
            survive(format, &bytes);
        }
    }

    #[test]
    fn random_bytes_are_survived(bytes in vec(any::<u8>(), 0..4_000)) {
        for encoding in Encoding::ALL {
            let format = match encoding.is_container() {
                true => AudioFormat::container(encoding),
                false => raw(encoding, 22_050),
            };
            survive(format, &bytes);
        }
    }

    #[test]
    fn random_bytes_behind_a_true_beginning_are_survived(
        keep in any::<prop::sample::Index>(),
        noise in vec(any::<u8>(), 1..2_000),
    ) {
        for Source { format, mut bytes, .. } in every_encoding() {
            bytes.truncate(keep.index(bytes.len()));
            bytes.extend(&noise);
            survive(format, &bytes);
        }
    }
}

/// The bitwise form of the CRC-16 at the end of a FLAC frame.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(
            crc ^ u16::from(byte) << 8,
            |crc: u16, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 }
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flac_frames_damaged_under_a_true_checksum_are_survived(
        flips in vec((6_usize..1_000, 0_u8..8), 1..6),
    ) {
        let is_frame = |&at: &usize| MONO_FLAC[at..].starts_with(&[0xFF, 0xF8]);
        let last = (0..MONO_FLAC.len() - 4).rfind(is_frame).expect("a frame");
        let mut bytes = MONO_FLAC.to_vec();
        let end = bytes.len() - 2;
        for (at, bit) in flips {
            bytes[(last + at).min(end - 1)] ^= 1 << bit;
        }
        let crc = crc16(&bytes[last..end]);
        bytes[end..].copy_from_slice(&crc.to_be_bytes());
        survive(AudioFormat::container(Encoding::Flac), &bytes);
    }

    #[test]
    fn random_opus_packets_on_true_pages_are_survived(
        channels in 1_u8..=2,
        pre_skip in any::<u16>(),
        packets in vec((any::<u8>(), vec(any::<u8>(), 0..200)), 1..6),
    ) {
        let head = OpusHead::family0(channels, pre_skip, 16_000);
        let tags = OpusTags { vendor: Vec::new(), comments: Vec::new() };
        let mut writer = OggOpusWriter::new(&head, &tags, 7);
        let count = packets.len();
        for (index, (kind, body)) in packets.into_iter().enumerate() {
            let packet: Vec<u8> = std::iter::once(kind).chain(body).collect();
            writer.push(&packet, index + 1 == count);
        }
        survive(AudioFormat::container(Encoding::OggOpus), &writer.finish());
    }
}
