//! Streams of unusual samples, and several streams at once.

use super::extractor_life::{expected, found};
use super::together::{elsewhere, on_threads};
use super::{Case, Subject, Topic};
use crate::conformance::outcome::{Outcome, must};
use crate::conformance::probe::{Stream, same_bits, speech};
use crate::extractor_kind::ExtractorKind;
use undertone_plugin_abi::EndReason;

const fn case(name: &'static str, rule: &'static str, check: fn(&Subject) -> Outcome) -> Case {
    Case::new(Topic::Extractor, name, rule, check)
}

pub(super) const CASES: &[Case] = &[
    case("extractor-finite", "Every value of a frame is written and finite.", |subject| {
        finite(subject, "speech", &speech(16_000, 1))
    }),
    case("extractor-silence", "Frames of digital silence are finite.", |subject| {
        finite(subject, "silence", &[0.0; 16_000])
    }),
    case("extractor-full-scale", "Frames of a full-scale square wave are finite.", |subject| {
        let wave = (0..16_000).map(|n| if n / 40 % 2 == 0 { 1.0 } else { -1.0 });
        finite(subject, "a square wave", &wave.collect::<Vec<_>>())
    }),
    case("extractor-tiny-samples", "Frames of samples too small for normal floats are finite.", |subject| {
        finite(subject, "tiny samples", &[f32::from_bits(1); 16_000])
    }),
    case(
        "extractor-loud-samples",
        "Frames of samples up to a million are finite, or the samples are refused.",
        loud,
    ),
    case(
        "extractor-not-a-number",
        "Samples that are no numbers spoil nothing behind the next reset.",
        no_numbers,
    ),
    case("extractor-interleaved", "Streams of two instances by turns are as each alone.", interleaved),
    case("extractor-other-threads", "A stream may go on from another thread with every call.", other_threads),
    case("extractor-parallel", "Instances work on several threads at once as each alone.", parallel),
    case(
        "extractor-made-in-parallel",
        "Instances may be made and given back on several threads at once.",
        made,
    ),
];

fn finite(subject: &Subject, what: &str, samples: &[f32]) -> Outcome {
    let kind = subject.extractor()?;
    let frames = Stream::new(&kind)?.in_pieces(samples, &[700])?;
    all_finite(&frames, kind.layout.dim, what)
}

fn all_finite(frames: &[f32], dim: usize, what: &str) -> Outcome {
    let wrong = frames.iter().position(|value| !value.is_finite());
    must(wrong.is_none(), || {
        let at = wrong.unwrap_or_default();
        format!("{what}: frame {}, value {} is {} or was not written", at / dim, at % dim, frames[at])
    })
}

fn loud(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let mut stream = Stream::new(&kind)?;
    let samples: Vec<f32> = speech(8_000, 1).iter().map(|sample| sample.signum() * 1e6).collect();
    let (answer, frames) = stream.try_push(&samples)?;
    if answer.is_ok() { all_finite(&frames, kind.layout.dim, "loud samples") } else { Ok(()) }
}

fn no_numbers(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let expected = expected(&kind, 1)?;
    for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
        let mut stream = Stream::new(&kind)?;
        let mut samples = speech(4_000, 2);
        samples[1_234] = wrong;
        let (answer, _) = stream.try_push(&samples)?;
        if answer.leaves_it_good() {
            stream.reset(EndReason::FAILED)?;
            let found = found(&mut stream, 1)?;
            same_bits(
                &found,
                &expected,
                kind.layout.dim,
                &format!("behind a sample of {wrong} and a reset"),
            )?;
        }
    }
    Ok(())
}

fn interleaved(subject: &Subject) -> Outcome {
    // No whole number of hops, so that each instance holds samples of its own.
    const PIECE: usize = 333;
    let kind = subject.extractor()?;
    let (one, two) = (speech(8_000, 1), speech(8_000, 2));
    let alone = |samples: &[f32]| Stream::new(&kind)?.in_pieces(samples, &[PIECE]);
    let (expected_one, expected_two) = (alone(&one)?, alone(&two)?);
    let (mut first, mut second) = (Stream::new(&kind)?, Stream::new(&kind)?);
    let (mut found_one, mut found_two) = (Vec::new(), Vec::new());
    for (one, two) in one.chunks(PIECE).zip(two.chunks(PIECE)) {
        found_one.extend(first.push(one)?);
        found_two.extend(second.push(two)?);
    }
    found_two.extend(second.finish()?);
    found_one.extend(first.finish()?);
    same_bits(&found_one, &expected_one, kind.layout.dim, "the first of two")?;
    same_bits(&found_two, &expected_two, kind.layout.dim, "the second of two")
}

fn other_threads(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let samples = speech(4_800, 1);
    let expected = Stream::new(&kind)?.in_pieces(&samples, &[320])?;
    let mut stream = elsewhere(|| Stream::new(&kind))?;
    let mut found = Vec::new();
    for piece in samples.chunks(320) {
        found.extend(elsewhere(|| stream.push(piece))?);
    }
    found.extend(elsewhere(|| stream.finish())?);
    same_bits(&found, &expected, kind.layout.dim, "every call from another thread")
}

fn parallel(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let rounds = |number: usize| {
        let seed = number as u32;
        let mut stream = Stream::new(&kind)?;
        (0..10).map(|_| found(&mut stream, seed)).collect::<Outcome<Vec<_>>>()
    };
    for (number, streams) in on_threads(4, rounds)?.into_iter().enumerate() {
        let expected = expected(&kind, number as u32)?;
        for found in streams {
            same_bits(&found, &expected, kind.layout.dim, &format!("thread {number} of 4"))?;
        }
    }
    Ok(())
}

fn made(subject: &Subject) -> Outcome {
    let kind: ExtractorKind = subject.extractor()?;
    let make = |_| (0..25).try_for_each(|_| Stream::new(&kind).map(drop));
    on_threads(4, make).map(drop)
}
