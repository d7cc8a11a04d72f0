//! Where utterances begin and end.

use std::time::Duration;
use undertone_audio::{EndCause, Endpointing, SegmentEvent, Segmenter};
use undertone_core::SampleRange;

/// Sample `n` of a buzz that passes for speech: the harmonics of a gliding voice under a syllable's rise
/// and fall.
pub(crate) fn buzz(n: usize) -> f32 {
    let time = n as f32 / 16_000.0;
    let pitch = 140.0 + 30.0 * (time * 5.0).sin();
    let syllable = 0.55 - 0.45 * (time * 25.0).cos();
    let phase = std::f32::consts::TAU * pitch * time;
    let vowel: f32 = (1..24_u16)
        .map(|harmonic| {
            let hz = pitch * f32::from(harmonic);
            let formants = [(600.0, 120.0), (1_300.0, 160.0), (2_600.0, 250.0)]
                .map(|(centre, width): (f32, f32)| 1.0 / (1.0 + ((hz - centre) / width).powi(2)));
            formants.iter().sum::<f32>() * (phase * f32::from(harmonic)).sin()
        })
        .sum();
    (0.12 * syllable * vowel).clamp(-1.0, 1.0)
}

/// So many silent samples, then so many of buzz, and again.
fn recording(parts: &[(usize, usize)]) -> Vec<f32> {
    let mut samples = Vec::new();
    for &(silence, burst) in parts {
        samples.resize(samples.len() + silence, 0.0);
        samples.extend((0..burst).map(buzz));
    }
    samples
}

fn events(settings: &Endpointing, samples: &[f32]) -> Vec<SegmentEvent> {
    let mut segmenter = Segmenter::new(settings);
    let mut events = Vec::new();
    segmenter.push(samples, &mut events);
    segmenter.finish(&mut events);
    events
}

fn ends(events: &[SegmentEvent]) -> Vec<(SampleRange, EndCause)> {
    events
        .iter()
        .filter_map(|event| match *event {
            SegmentEvent::SpeechEnd { utterance, cause, .. } => Some((utterance, cause)),
            SegmentEvent::SpeechBegin { .. } => None,
        })
        .collect()
}

/// Whether `position` is `expected`, to a tenth of a second.
fn is_near(position: u64, expected: u64) -> bool {
    position.abs_diff(expected) <= 1_600
}

#[test]
fn speech_between_silences_is_one_utterance_with_little_silence_around() {
    let samples = recording(&[(16_000, 24_000), (32_000, 0)]);
    let events = events(&Endpointing::default(), &samples);
    let [(utterance, cause)] = ends(&events)[..] else { panic!("{events:?}") };
    assert_eq!(cause, EndCause::Silence);
    assert!(is_near(utterance.start, 14_400), "{utterance:?}");
    assert!(is_near(utterance.end, 42_400), "{utterance:?}");
    assert!(matches!(events[0], SegmentEvent::SpeechBegin { at, .. } if at == utterance.start));
}

#[test]
fn a_pause_shorter_than_the_hangover_does_not_end_an_utterance_and_a_longer_one_does() {
    for (pause, utterances) in [(8_000, 1), (24_000, 2)] {
        let samples = recording(&[(8_000, 20_000), (pause, 20_000), (24_000, 0)]);
        assert_eq!(ends(&events(&Endpointing::default(), &samples)).len(), utterances, "{pause}");
    }
}

#[test]
fn speech_at_the_last_bits_of_sixteen_is_still_found() {
    let mut samples = recording(&[(16_000, 24_000), (32_000, 0)]);
    let loudest = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    // As quiet as RAVDESS's quietest clips: a peak of 150.
    samples.iter_mut().for_each(|sample| *sample = (*sample / loudest * 150.0).round() / 32_768.0);
    assert_eq!(ends(&events(&Endpointing::default(), &samples)).len(), 1);
}

#[test]
fn silence_and_hiss_are_never_speech() {
    let settings = Endpointing::default();
    assert_eq!(events(&settings, &vec![0.0; 160_000]), []);
    for peak in [1.0_f32, 4.0, 30.0, 300.0] {
        let mut state = 1_u32;
        let hiss: Vec<f32> = (0..320_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (peak * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)).round() / 32_768.0
            })
            .collect();
        assert_eq!(events(&settings, &hiss), [], "{peak}");
        // A microphone that is opened.
        let opened = [vec![0.0; 20_000], hiss].concat();
        assert_eq!(events(&settings, &opened), [], "{peak} behind silence");
    }
}

#[test]
fn a_click_is_no_utterance() {
    let mut samples = vec![0.0; 48_000];
    samples[20_000..20_160].fill(0.8);
    assert_eq!(events(&Endpointing::default(), &samples), []);
}

#[test]
fn long_speech_is_split_without_gap_or_overlap() {
    let settings = Endpointing { max_utterance: Duration::from_secs(2), ..Endpointing::default() };
    let events = events(&settings, &recording(&[(8_000, 80_000)]));
    let found = ends(&events);
    assert!(found.len() >= 3, "{found:?}");
    for pair in found.windows(2) {
        assert_eq!(pair[0].1, EndCause::MaxLength);
        assert_eq!(pair[0].0.len(), 32_000);
        assert_eq!(pair[0].0.end, pair[1].0.start);
    }
    assert_eq!(found.last().map(|(_, cause)| *cause), Some(EndCause::StreamEnd));
}

#[test]
fn the_client_ends_an_utterance_exactly_where_it_asks() {
    let samples = recording(&[(8_000, 40_000)]);
    let mut segmenter = Segmenter::new(&Endpointing::default());
    let mut events = Vec::new();
    segmenter.end_utterance(&mut events);
    assert_eq!(events, [], "nothing is under way");
    segmenter.push(&samples[..30_001], &mut events);
    let start = segmenter.open_utterance().expect("somebody speaks");
    segmenter.end_utterance(&mut events);
    let utterance = SampleRange { start, end: 30_001 };
    let cause = EndCause::Requested;
    assert_eq!(events.last(), Some(&SegmentEvent::SpeechEnd { utterance, detected_at: 30_001, cause }));
    assert_eq!(segmenter.open_utterance(), None);
    segmenter.push(&samples[30_001..], &mut events);
    segmenter.finish(&mut events);
    let found = ends(&events);
    assert_eq!(found.len(), 2, "speech goes on behind the request");
    assert!(found[1].0.start >= 30_001);
}

#[test]
fn no_utterance_begins_before_the_earliest_start_told() {
    let samples = recording(&[(16_000, 20_000), (24_000, 20_000), (3_000, 9_000)]);
    let mut segmenter = Segmenter::new(&Endpointing::default());
    let (mut events, mut told) = (Vec::new(), 0);
    for piece in samples.chunks(100) {
        let known = events.len();
        segmenter.push(piece, &mut events);
        for event in &events[known..] {
            if let SegmentEvent::SpeechBegin { at, .. } = event {
                assert!(*at >= told, "{at} before {told}");
            }
        }
        assert!(segmenter.earliest_start() >= told, "never goes back");
        told = segmenter.earliest_start();
        assert!(segmenter.open_utterance().is_none_or(|open| open == told));
        assert!(segmenter.open_utterance().is_some() || segmenter.position() - told < 16_000);
    }
}

#[test]
fn without_endpointing_the_whole_stream_is_one_utterance() {
    let settings = Endpointing { enabled: false, ..Endpointing::default() };
    assert_eq!(
        events(&settings, &[0.0; 1_000]),
        [
            SegmentEvent::SpeechBegin { at: 0, detected_at: 0 },
            SegmentEvent::SpeechEnd {
                utterance: SampleRange { start: 0, end: 1_000 },
                detected_at: 1_000,
                cause: EndCause::StreamEnd,
            },
        ]
    );
    assert_eq!(events(&settings, &[]), []);
    let split = Endpointing { max_utterance: Duration::from_secs(1), ..settings };
    assert_eq!(
        ends(&events(&split, &vec![0.0; 40_000])),
        [
            (SampleRange { start: 0, end: 16_000 }, EndCause::MaxLength),
            (SampleRange { start: 16_000, end: 32_000 }, EndCause::MaxLength),
            (SampleRange { start: 32_000, end: 40_000 }, EndCause::StreamEnd),
        ]
    );
}

#[test]
fn settings_that_were_never_checked_do_no_harm() {
    let zero = Duration::ZERO;
    let settings = Endpointing {
        enabled: true,
        min_speech: zero,
        hangover: zero,
        pre_roll: zero,
        max_utterance: zero,
        threshold: f32::NAN,
    };
    let samples = recording(&[(4_000, 20_000), (4_000, 0)]);
    for threshold in [f32::NAN, 0.0, 0.5, 2.0] {
        for enabled in [false, true] {
            for max_utterance in [zero, Duration::MAX] {
                let settings = Endpointing { enabled, threshold, max_utterance, ..settings };
                for (utterance, _) in ends(&events(&settings, &samples)) {
                    assert!(!utterance.is_empty());
                }
            }
        }
    }
}
