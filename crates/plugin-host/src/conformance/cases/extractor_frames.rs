//! Which frames come, and when.

use super::{Case, Subject, Topic};
use crate::conformance::outcome::{Outcome, must};
use crate::conformance::probe::{Stream, same, same_bits, speech};
use undertone_plugin_abi::EndReason;

const fn case(name: &'static str, rule: &'static str, check: fn(&Subject) -> Outcome) -> Case {
    Case::new(Topic::Extractor, name, rule, check)
}

pub(super) const CASES: &[Case] = &[
    case(
        "extractor-frame-count",
        "A stream gives one frame for every whole window on the grid of hops.",
        count,
    ),
    case("extractor-frames-in-time", "A frame comes as soon as it and its look-ahead are complete.", in_time),
    case("extractor-any-blocks", "How a stream is cut into pushes never changes its frames.", any_blocks),
    case("extractor-single-samples", "A stream may come sample by sample.", single_samples),
    case("extractor-large-push", "A push may be larger than instances were told to expect.", large_push),
    case("extractor-push-of-nothing", "A push of no samples, with a null pointer, changes nothing.", nothing),
    case("extractor-empty-stream", "A stream without samples ends without frames.", |subject| {
        short(subject, 0)
    }),
    case("extractor-one-sample", "A stream of one sample ends well.", |subject| short(subject, 1)),
    case("extractor-short-streams", "A stream that ends around its first window ends well.", short_streams),
    case(
        "extractor-promise",
        "max_frames_for stays within samples / hop + 4096 for pushes of any size.",
        promise,
    ),
    case(
        "extractor-extract",
        "extract gives what a push and a finish give, wherever the instance stood.",
        extract,
    ),
    case("extractor-deterministic", "The same samples give the same frames to the last bit.", deterministic),
];

fn count(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let mut stream = Stream::new(&kind)?;
    for samples in [1_600, 15_999, 16_000, 16_161] {
        let frames = stream.in_pieces(&speech(samples, 1), &[1_600])?.len() / kind.layout.dim;
        let expected = kind.layout.grid.complete_within(samples as u64);
        must(frames as u64 == expected, || {
            format!("{samples} samples gave {frames} frames instead of {expected}")
        })?;
    }
    Ok(())
}

fn in_time(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let mut stream = Stream::new(&kind)?;
    let (mut heard, mut frames) = (0, 0);
    for piece in speech(12_000, 1).chunks(97) {
        frames += stream.push(piece)?.len() / kind.layout.dim;
        heard += piece.len();
        let complete = kind.layout.grid.complete_within(heard as u64);
        let due = complete.saturating_sub(u64::from(kind.layout.look_ahead_frames));
        must((due..=complete).contains(&(frames as u64)), || {
            format!("behind {heard} samples there are {frames} frames, {due} to {complete} are due")
        })?;
    }
    Ok(())
}

fn any_blocks(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let samples = speech(24_000, 1);
    let mut stream = Stream::new(&kind)?;
    let whole = stream.in_pieces(&samples, &[samples.len()])?;
    for pieces in [&[160][..], &[1, 2, 3, 5, 7, 11, 1_009], &[159, 161], &[4_000, 1], &[1_601], &[0, 333]] {
        let found = stream.in_pieces(&samples, pieces)?;
        same(&found, &whole, kind.layout.dim, &format!("in pieces of {pieces:?}"))?;
    }
    Ok(())
}

fn single_samples(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let samples = speech(2_000, 1);
    let mut stream = Stream::new(&kind)?;
    let whole = stream.in_pieces(&samples, &[samples.len()])?;
    same(&stream.in_pieces(&samples, &[1])?, &whole, kind.layout.dim, "sample by sample")
}

fn large_push(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let samples = speech(320_000, 1);
    let mut stream = Stream::new(&kind)?;
    let whole = stream.in_pieces(&samples, &[1_600])?;
    same(&stream.in_pieces(&samples, &[samples.len()])?, &whole, kind.layout.dim, "20 s in one push")
}

fn nothing(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let samples = speech(6_000, 1);
    let mut stream = Stream::new(&kind)?;
    let whole = stream.in_pieces(&samples, &[500])?;
    let mut found = stream.push(&[])?;
    for piece in samples.chunks(500) {
        found.extend(stream.push(piece)?);
        found.extend(stream.push(&[])?);
    }
    found.extend(stream.finish()?);
    same_bits(&found, &whole, kind.layout.dim, "with pushes of nothing between")
}

fn short(subject: &Subject, samples: usize) -> Outcome {
    let kind = subject.extractor()?;
    let mut stream = Stream::new(&kind)?;
    let frames = stream.in_pieces(&speech(samples, 1), &[samples.max(1)])?.len() / kind.layout.dim;
    let expected = kind.layout.grid.complete_within(samples as u64) as usize;
    must(frames == expected, || format!("it gave {frames} frames instead of {expected}"))
}

fn short_streams(subject: &Subject) -> Outcome {
    let grid = subject.extractor()?.layout.grid;
    let (window, hop) = (grid.window_samples as usize, grid.hop_samples as usize);
    [window - 1, window, window + 1, window + hop - 1, window + hop]
        .into_iter()
        .try_for_each(|samples| short(subject, samples))
}

fn promise(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let mut stream = Stream::new(&kind)?;
    for samples in [0, 1, 159, 160, 16_000, 1 << 20, 1 << 32] {
        stream.max_frames_for(samples)?;
    }
    stream.push(&speech(777, 1))?;
    [0, 1, 16_000].into_iter().try_for_each(|samples| stream.max_frames_for(samples).map(drop))
}

fn extract(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let dim = kind.layout.dim;
    let samples = speech(9_000, 1);
    let mut stream = Stream::new(&kind)?;
    let whole = stream.in_pieces(&samples, &[samples.len()])?;
    same(&stream.extract(&samples)?, &whole, dim, "extract at the start of a stream")?;
    same(&stream.in_pieces(&samples, &[450])?, &whole, dim, "a stream behind extract")?;
    stream.push(&speech(3_001, 2))?;
    same(&stream.extract(&samples)?, &whole, dim, "extract in the middle of a stream")?;
    must(stream.extract(&[])?.is_empty(), || "extract of nothing gave frames".to_owned())?;
    stream.reset(EndReason::FINISHED)
}

fn deterministic(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let samples = speech(16_000, 1);
    let first = Stream::new(&kind)?.in_pieces(&samples, &[480])?;
    let mut stream = Stream::new(&kind)?;
    for _ in 0..3 {
        same_bits(&stream.in_pieces(&samples, &[480])?, &first, kind.layout.dim, "the same stream again")?;
    }
    Ok(())
}
