//! The life of an extractor's instances.

use super::{Case, Subject, Topic};
use crate::conformance::outcome::{Outcome, must, skipped};
use crate::conformance::probe::{Stream, USUAL_PUSH, allocations, leaves_no_memory, same_bits, speech};
use crate::extractor_kind::ExtractorKind;
use undertone_plugin_abi::EndReason;

const fn case(name: &'static str, rule: &'static str, check: fn(&Subject) -> Outcome) -> Case {
    Case::new(Topic::Extractor, name, rule, check)
}

pub(super) const CASES: &[Case] = &[
    case("extractor-life-cycle", "An instance may be activated and deactivated again and again.", life_cycle),
    case(
        "extractor-never-activated",
        "An instance that was never activated may be destroyed.",
        never_activated,
    ),
    case("extractor-ended-in-stream", "An instance may be deactivated in the middle of a stream.", in_stream),
    case("extractor-many-instances", "A plugin makes many instances that live side by side.", many),
    case(
        "extractor-reset",
        "A reset stands an instance at the start of a stream, whatever its reason.",
        reset,
    ),
    case(
        "extractor-reset-in-stream",
        "A reset in the middle of a stream forgets all of it.",
        reset_in_stream,
    ),
    case("extractor-reset-twice", "A reset may follow a reset.", reset_twice),
    case(
        "extractor-activate-forgets",
        "An instance that is activated again stands at the start of a stream.",
        activate_forgets,
    ),
    case("extractor-memory", "A stream that ended leaves less than 16 bytes of memory behind.", memory),
    case(
        "extractor-long-stream",
        "A stream that goes on takes less than 64 bytes more memory with every second.",
        long_stream,
    ),
    case(
        "extractor-allocation-free",
        "A stream that goes on asks for no memory, as long as its pushes are not larger than usual.",
        allocation_free,
    ),
];

/// Samples of the stream that is compared.
const SAMPLES: usize = 8_000;
const PIECES: [usize; 3] = [160, 1_600, 37];

/// The frames that a new instance gives.
pub(super) fn expected(kind: &ExtractorKind, seed: u32) -> Outcome<Vec<f32>> {
    Stream::new(kind)?.in_pieces(&speech(SAMPLES, seed), &PIECES)
}

/// The frames that `stream` gives now.
pub(super) fn found(stream: &mut Stream<'_>, seed: u32) -> Outcome<Vec<f32>> {
    stream.in_pieces(&speech(SAMPLES, seed), &PIECES)
}

fn life_cycle(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let expected = expected(&kind, 1)?;
    let mut stream = Stream::created(&kind)?;
    for round in 1..=3 {
        stream.activate()?;
        let found = found(&mut stream, 1)?;
        same_bits(&found, &expected, kind.layout.dim, &format!("activated {round} times"))?;
        stream.deactivate();
    }
    Ok(())
}

fn never_activated(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    Stream::created(&kind).map(drop)
}

fn in_stream(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let mut stream = Stream::new(&kind)?;
    stream.push(&speech(3_333, 1))?;
    stream.deactivate();
    Ok(())
}

fn many(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let mut streams = (0..32).map(|_| Stream::new(&kind)).collect::<Outcome<Vec<_>>>()?;
    let expected = expected(&kind, 1)?;
    for stream in &mut streams {
        same_bits(&found(stream, 1)?, &expected, kind.layout.dim, "one of 32 instances")?;
    }
    Ok(())
}

fn reset(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let expected = expected(&kind, 1)?;
    let mut stream = Stream::new(&kind)?;
    for reason in (0..=6).chain([u32::MAX]).map(EndReason) {
        stream.push(&speech(5_000, 2))?;
        stream.finish()?;
        stream.reset(reason)?;
        same_bits(
            &found(&mut stream, 1)?,
            &expected,
            kind.layout.dim,
            &format!("reset for reason {}", reason.0),
        )?;
    }
    Ok(())
}

fn reset_in_stream(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let expected = expected(&kind, 1)?;
    let mut stream = Stream::new(&kind)?;
    for heard in [1, 159, 401, 5_003] {
        stream.push(&speech(heard, 2))?;
        stream.reset(EndReason::RESET)?;
        same_bits(
            &found(&mut stream, 1)?,
            &expected,
            kind.layout.dim,
            &format!("reset behind {heard} samples"),
        )?;
    }
    Ok(())
}

fn reset_twice(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let expected = expected(&kind, 1)?;
    let mut stream = Stream::new(&kind)?;
    (0..3).try_for_each(|_| stream.reset(EndReason::CANCELLED))?;
    same_bits(&found(&mut stream, 1)?, &expected, kind.layout.dim, "reset three times")
}

fn activate_forgets(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let expected = expected(&kind, 1)?;
    let mut stream = Stream::new(&kind)?;
    stream.push(&speech(3_333, 2))?;
    stream.deactivate();
    stream.activate()?;
    same_bits(&found(&mut stream, 1)?, &expected, kind.layout.dim, "activated again in a stream")
}

fn memory(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let mut stream = Stream::new(&kind)?;
    let samples = speech(SAMPLES, 1);
    leaves_no_memory((50, 16), "streams", || stream.in_pieces(&samples, &PIECES).map(drop))
}

fn long_stream(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let mut stream = Stream::new(&kind)?;
    let second = speech(16_000, 1);
    leaves_no_memory((30, 64), "seconds of one stream", || stream.push(&second).map(drop))
}

fn allocation_free(subject: &Subject) -> Outcome {
    const PUSHES: usize = 100;
    let kind = subject.extractor()?;
    let mut stream = Stream::new(&kind)?;
    let samples = speech(USUAL_PUSH, 1);
    let mut pushes = || {
        let mut lengths = [USUAL_PUSH, 160, USUAL_PUSH - 1, 37].iter().cycle().take(PUSHES);
        lengths.try_for_each(|&length| stream.push(&samples[..length]).map(drop))
    };
    // Whatever is made once is there then.
    pushes()?;
    match allocations(pushes)? {
        None => skipped("on this system it cannot be seen who asks for memory"),
        Some(asked) => must(asked == 0, || format!("{PUSHES} pushes asked for memory {asked} times")),
    }
}
