//! Several streams in one call.

use super::state::{start, stream_of};
use super::{Case, Subject, Topic};
use crate::conformance::outcome::{Outcome, must, skipped};
use crate::conformance::probe::{Ask, Scorer, close, frames};
use crate::stream_kind::StreamKind;

const fn case(name: &'static str, rule: &'static str, check: fn(&Subject) -> Outcome) -> Case {
    Case::new(Topic::State, name, rule, check)
}

pub(super) const CASES: &[Case] = &[
    case("state-batch", "Several streams in one call go on as each alone.", batch),
    case("state-empty-batch", "A call without streams, with null pointers, ends with OK.", empty_batch),
    case("state-no-frames", "A stream without new frames fails alone.", |subject| {
        beside(subject, |_, scorer| scorer.ask(Vec::new()), May::NotBe)
    }),
    case("state-half-step", "New frames that are no whole steps fail alone.", half_step),
    case(
        "state-not-a-number",
        "A stream whose frames are no numbers has finite scores or fails alone.",
        |subject| beside(subject, spoiled, May::Be),
    ),
];

/// Whether the stream in the middle may be scored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum May {
    Be,
    NotBe,
}

fn batch(subject: &Subject) -> Outcome {
    const STREAMS: usize = 12;
    let kind = subject.stream()?;
    let mut scorer = Scorer::new(&kind.classifier)?;
    let streams: Vec<_> =
        (0..STREAMS).map(|number| stream_of(&kind, 2 + number % 3, number as u32)).collect();
    let mut together = vec![start(&kind); STREAMS];
    for round in 0..3 {
        let mut alone = together.clone();
        let frames: Vec<&[f32]> = streams.iter().map(Vec::as_slice).collect();
        let found = scorer.go_on(&kind, &frames, &mut together)?;
        for (number, found) in found.iter().enumerate() {
            let state = std::slice::from_mut(&mut alone[number]);
            let expected = scorer.go_on(&kind, &[&streams[number]], state)?.remove(0);
            let what = format!("stream {number} of {STREAMS} in round {round}");
            close(found, &expected, &what)?;
            close(&together[number], &alone[number], &format!("the state of {what}"))?;
        }
    }
    Ok(())
}

fn empty_batch(subject: &Subject) -> Outcome {
    let kind = subject.stream()?;
    Scorer::new(&kind.classifier)?.advance(&kind, &[], &mut [])?.0.ok("advance of nothing")
}

fn half_step(subject: &Subject) -> Outcome {
    let kind = subject.stream()?;
    let step = kind.streaming.step_frames;
    if step == 1 {
        return skipped("a step is one frame, so any number of frames is whole steps");
    }
    beside(
        subject,
        move |kind, scorer| scorer.ask(frames(step + 1, kind.classifier.rules.dim, 1)),
        May::NotBe,
    )
}

fn spoiled(kind: &StreamKind, scorer: &Scorer<'_>) -> Ask {
    let mut frames = stream_of(kind, 3, 1);
    let middle = frames.len() / 2;
    frames[middle] = f32::NAN;
    scorer.ask(frames)
}

/// Puts a stream between two good ones, which must not notice.
fn beside(subject: &Subject, item: impl Fn(&StreamKind, &Scorer<'_>) -> Ask, may: May) -> Outcome {
    let kind = subject.stream()?;
    let mut scorer = Scorer::new(&kind.classifier)?;
    let good = stream_of(&kind, 3, 2);
    let mut alone = [start(&kind)];
    let expected = scorer.go_on(&kind, &[&good], &mut alone)?.remove(0);
    let mut states = vec![start(&kind); 3];
    let asks = [scorer.ask(good.clone()), item(&kind, &scorer), scorer.ask(good.clone())];
    let (answer, mut scored) = scorer.advance(&kind, &asks, &mut states)?;
    answer.ok("advance with one stream that is wrong")?;
    let (after, wrong, before) = (scored.remove(2), scored.remove(1), scored.remove(0));
    if wrong.is_ok() {
        must(may == May::Be, || format!("the stream was scored: {:?}", wrong.scores))?;
        wrong.ok("the stream")?;
    }
    close(&before.ok("the stream before it")?, &expected, "the stream before it")?;
    close(&after.ok("the stream behind it")?, &expected, "the stream behind it")?;
    close(&states[0], &alone[0], "the state of the stream before it")?;
    close(&states[2], &alone[0], "the state of the stream behind it")
}
