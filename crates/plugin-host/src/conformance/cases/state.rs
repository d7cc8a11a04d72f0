//! Classifiers that go on where a stream's last call ended.

use super::together::on_threads;
use super::{Case, Subject, Topic};
use crate::classifier_kind::ClassifierKind;
use crate::conformance::outcome::{Outcome, Step, must, skipped};
use crate::conformance::probe::{Scorer, close, description_of_size, frames};
use crate::stream_kind::StreamKind;
use crate::text::{call, text_of};
use std::collections::BTreeSet;
use undertone_plugin_abi::{EndReason, StateTensor, Status, Text};

const fn case(name: &'static str, rule: &'static str, check: fn(&Subject) -> Outcome) -> Case {
    Case::new(Topic::State, name, rule, check)
}

pub(super) const CASES: &[Case] = &[
    case("state-tensors", "There are 1 to 1024 state tensors, none of them empty.", |subject| {
        subject.stream().map(drop).map_err(|stop| stop.blamed(&[Step::Configuration, Step::Description]))
    }),
    case("state-names", "State tensors have distinct names, UTF-8 text.", names),
    case("state-unknown-tensor", "A state tensor that does not exist is refused.", unknown_tensor),
    case(
        "state-description-size",
        "A description is not written to behind the size that the host gives.",
        size,
    ),
    case("state-not-configured", "A plugin that was not told of states has none.", not_configured),
    case("state-finite", "Every score of a stream is written and finite, and so is its state.", finite),
    case("state-any-pieces", "How a stream is cut into steps never changes its scores.", any_pieces),
    case(
        "state-zero-is-start",
        "A state of zeroes is the start of an utterance, whatever was heard before.",
        zeroes,
    ),
    case("state-moves", "A state that is copied goes on alike in another instance.", moves),
    case("state-reset", "A reset of the instance leaves the streams' states good.", reset),
    case(
        "state-parallel",
        "Instances go on with streams on several threads at once as each alone.",
        parallel,
    ),
];

/// Frames of a stream, whole steps of them.
pub(super) fn stream_of(kind: &StreamKind, steps: usize, seed: u32) -> Vec<f32> {
    frames(steps * kind.streaming.step_frames, kind.classifier.rules.dim, seed)
}

pub(super) fn start(kind: &StreamKind) -> Vec<f32> {
    vec![0.0; kind.streaming.state_values]
}

/// The scores behind `frames` when they come in `pieces` of steps, which go round and round; `state` moves along.
pub(super) fn in_pieces(
    kind: &StreamKind,
    scorer: &mut Scorer<'_>,
    frames: &[f32],
    (pieces, state): (&[usize], &mut Vec<f32>),
) -> Outcome<Vec<f32>> {
    let step = kind.streaming.step_frames * kind.classifier.rules.dim;
    let (mut rest, mut scores) = (frames, Vec::new());
    for &piece in pieces.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at((piece * step).min(rest.len()));
        let states = std::slice::from_mut(state);
        scores = scorer.go_on(kind, &[now], states)?.remove(0);
        rest = later;
    }
    Ok(scores)
}

fn tensor_names(kind: &StreamKind) -> Outcome<Vec<String>> {
    let plugin = &kind.classifier.plugin;
    let name = |index: usize| {
        let size = size_of::<StateTensor>() as u32;
        let mut tensor = StateTensor { size, length: 0, name: Text::EMPTY };
        call(plugin.name(), "describe of a state", |error| -> Status {
            // SAFETY: the arguments are what the contract says.
            unsafe { (kind.functions.describe)(plugin.raw(), index as u32, &raw mut tensor, error) }
        })?;
        // SAFETY: the name lives as long as the plugin.
        Ok(unsafe { text_of(tensor.name) }.unwrap_or_default())
    };
    (0..kind.tensors.len()).map(name).collect()
}

fn names(subject: &Subject) -> Outcome {
    let kind = subject.stream()?;
    let names = tensor_names(&kind)?;
    let distinct: BTreeSet<_> = names.iter().filter(|name| !name.is_empty()).collect();
    must(distinct.len() == names.len(), || format!("its state tensors are {names:?}"))
}

fn unknown_tensor(subject: &Subject) -> Outcome {
    let kind = subject.stream()?;
    let describe = kind.functions.describe;
    for index in [kind.tensors.len() as u32, u32::MAX] {
        let answer = description_of_size(size_of::<StateTensor>(), |out, error| {
            // SAFETY: the arguments are what the contract says, but for the index.
            unsafe { describe(kind.classifier.plugin.raw(), index, out, error) }
        })?;
        must(answer.status == Status::REFUSED, || format!("describe of tensor {index} answered {answer}"))?;
    }
    Ok(())
}

fn size(subject: &Subject) -> Outcome {
    let kind = subject.stream()?;
    let describe = kind.functions.describe;
    for size in [4, 8, size_of::<StateTensor>()] {
        // SAFETY: the description has room for all of it, whatever its size says.
        description_of_size(size, |out, error| unsafe {
            describe(kind.classifier.plugin.raw(), 0, out, error)
        })?;
    }
    Ok(())
}

fn not_configured(subject: &Subject) -> Outcome {
    let Some(functions) = subject.load()?.stream else {
        return skipped("the library does not have the extension undertone.stream-state/1");
    };
    let kind: ClassifierKind = subject.classifier()?;
    // SAFETY: the plugin is alive.
    let count = unsafe { (functions.count)(kind.plugin.raw()) };
    must(count == 0, || format!("it says it carries {count} state tensors"))
}

fn finite(subject: &Subject) -> Outcome {
    let kind = subject.stream()?;
    let (mut scorer, mut state) = (Scorer::new(&kind.classifier)?, start(&kind));
    in_pieces(&kind, &mut scorer, &stream_of(&kind, 60, 1), (&[1, 2, 3], &mut state))?;
    must(state.iter().all(|value| value.is_finite()), || "a value of its state is not finite".to_owned())
}

fn any_pieces(subject: &Subject) -> Outcome {
    let kind = subject.stream()?;
    let mut scorer = Scorer::new(&kind.classifier)?;
    let frames = stream_of(&kind, 48, 1);
    let whole = in_pieces(&kind, &mut scorer, &frames, (&[48], &mut start(&kind)))?;
    for pieces in [&[1][..], &[2, 3, 5], &[47, 1], &[16]] {
        let found = in_pieces(&kind, &mut scorer, &frames, (pieces, &mut start(&kind)))?;
        close(&found, &whole, &format!("in pieces of {pieces:?} steps"))?;
    }
    Ok(())
}

fn zeroes(subject: &Subject) -> Outcome {
    let kind = subject.stream()?;
    let mut scorer = Scorer::new(&kind.classifier)?;
    let frames = stream_of(&kind, 12, 1);
    let first = in_pieces(&kind, &mut scorer, &frames, (&[3], &mut start(&kind)))?;
    in_pieces(&kind, &mut scorer, &stream_of(&kind, 30, 2), (&[4], &mut start(&kind)))?;
    let again = in_pieces(&kind, &mut scorer, &frames, (&[3], &mut start(&kind)))?;
    close(&again, &first, "the same utterance behind another")
}

fn moves(subject: &Subject) -> Outcome {
    let kind = subject.stream()?;
    let (mut scorer, mut state) = (Scorer::new(&kind.classifier)?, start(&kind));
    let (early, late) = (stream_of(&kind, 10, 1), stream_of(&kind, 10, 2));
    in_pieces(&kind, &mut scorer, &early, (&[5], &mut state))?;
    let mut saved = state.clone();
    let stayed = in_pieces(&kind, &mut scorer, &late, (&[5], &mut state))?;
    drop(scorer);
    let mut other = Scorer::new(&kind.classifier)?;
    let moved = in_pieces(&kind, &mut other, &late, (&[5], &mut saved))?;
    close(&moved, &stayed, "in another instance")?;
    close(&saved, &state, "the state in another instance")
}

fn reset(subject: &Subject) -> Outcome {
    let kind = subject.stream()?;
    let mut scorer = Scorer::new(&kind.classifier)?;
    let frames = stream_of(&kind, 20, 1);
    let expected = in_pieces(&kind, &mut scorer, &frames, (&[10], &mut start(&kind)))?;
    let (early, late) = frames.split_at(frames.len() / 2);
    let mut state = start(&kind);
    in_pieces(&kind, &mut scorer, early, (&[10], &mut state))?;
    scorer.reset(EndReason::FINISHED)?;
    close(&in_pieces(&kind, &mut scorer, late, (&[10], &mut state))?, &expected, "behind a reset")
}

fn parallel(subject: &Subject) -> Outcome {
    let kind = subject.stream()?;
    let run = |number: usize| {
        let (mut scorer, mut state) = (Scorer::new(&kind.classifier)?, start(&kind));
        in_pieces(&kind, &mut scorer, &stream_of(&kind, 20, number as u32), (&[4], &mut state))
    };
    for (number, found) in on_threads(4, run)?.into_iter().enumerate() {
        close(&found, &run(number)?, &format!("thread {number} of 4"))?;
    }
    Ok(())
}
