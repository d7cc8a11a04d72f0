//! Damaged and hostile bytes give an error or samples, never a panic.

use crate::sources::{Source, every_encoding, raw, read_cut};
use proptest::collection::vec;
use proptest::prelude::*;
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
