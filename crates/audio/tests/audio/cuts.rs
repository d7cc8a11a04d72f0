//! How the input is cut into calls never changes what comes out.

use crate::sources::{Source, every_encoding, read_cut};
use proptest::collection::vec;
use proptest::prelude::*;
use std::time::Duration;
use undertone_audio::{Endpointing, SegmentEvent, Segmenter};

#[test]
fn every_encoding_reads_the_same_byte_by_byte() {
    for Source { name, format, bytes } in every_encoding() {
        let whole = read_cut(format, &bytes, &[]).unwrap();
        assert_eq!(read_cut(format, &bytes, &vec![1; bytes.len()]), Ok(whole), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_encoding_reads_the_same_in_any_cut(lengths in vec(0_usize..3_000, 0..12)) {
        for Source { name, format, bytes } in every_encoding() {
            let whole = read_cut(format, &bytes, &[]).unwrap();
            prop_assert_eq!(read_cut(format, &bytes, &lengths), Ok(whole), "{}", name);
        }
    }
}

/// Bursts of buzz, which pass for speech, between silences.
fn buzzes(bursts: &[(usize, usize)]) -> Vec<f32> {
    let mut samples = Vec::new();
    for &(silence, burst) in bursts {
        samples.resize(samples.len() + silence, 0.0);
        samples.extend((0..burst).map(crate::endpointing::buzz));
    }
    samples
}

fn events(settings: &Endpointing, samples: &[f32], lengths: &[usize]) -> Vec<SegmentEvent> {
    let mut segmenter = Segmenter::new(settings);
    let (mut events, mut rest) = (Vec::new(), samples);
    for &length in lengths {
        let (piece, after) = rest.split_at(length.min(rest.len()));
        segmenter.push(piece, &mut events);
        rest = after;
    }
    segmenter.push(rest, &mut events);
    segmenter.finish(&mut events);
    events
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn segmenting_gives_the_same_events_in_any_cut(
        bursts in vec((0_usize..30_000, 0_usize..30_000), 1..4),
        lengths in vec(0_usize..20_000, 0..12),
        enabled in any::<bool>(),
    ) {
        let max_utterance = Duration::from_secs(1);
        let settings = Endpointing { enabled, max_utterance, ..Endpointing::default() };
        let samples = buzzes(&bursts);
        prop_assert_eq!(events(&settings, &samples, &lengths), events(&settings, &samples, &[]));
    }
}
