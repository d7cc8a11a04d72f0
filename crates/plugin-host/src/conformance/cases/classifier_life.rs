//! The life of a classifier's instances.

use super::together::{elsewhere, on_threads};
use super::{Case, Subject, Topic};
use crate::classifier_kind::ClassifierKind;
use crate::conformance::outcome::{Outcome, noted, skipped};
use crate::conformance::probe::{Scorer, USUAL_BATCH, allocations, close, frames, leaves_no_memory};
use undertone_plugin_abi::EndReason;

const fn case(name: &'static str, rule: &'static str, check: fn(&Subject) -> Outcome) -> Case {
    Case::new(Topic::Classifier, name, rule, check)
}

pub(super) const CASES: &[Case] = &[
    case(
        "classifier-life-cycle",
        "An instance may be activated and deactivated again and again.",
        life_cycle,
    ),
    case(
        "classifier-never-activated",
        "An instance that was never activated may be destroyed.",
        never_activated,
    ),
    case("classifier-many-instances", "A plugin makes several instances that live side by side.", many),
    case("classifier-reset", "An instance works on behind a reset for any reason.", reset),
    case(
        "classifier-other-threads",
        "An instance may be called from another thread every time.",
        other_threads,
    ),
    case("classifier-parallel", "Instances work on several threads at once as each alone.", parallel),
    case(
        "classifier-memory",
        "A call that scored an item leaves less than 64 bytes of memory behind.",
        memory,
    ),
    case(
        "classifier-allocation-free",
        "A call of a usual batch should ask for no memory, which is noted where it does, since engines do.",
        allocation_free,
    ),
];

/// Frames that the model takes: more than the fewest, few enough to be quick.
pub(super) fn utterance(kind: &ClassifierKind, seed: u32) -> Vec<f32> {
    let most = kind.rules.limits.max_frames.min(400) as usize;
    let count = (kind.rules.limits.min_frames as usize + 40 + 13 * (seed as usize % 5)).min(most);
    frames(count, kind.rules.dim, seed)
}

fn expected(kind: &ClassifierKind) -> Outcome<Vec<f32>> {
    Scorer::new(kind)?.score(&utterance(kind, 1))
}

fn life_cycle(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let expected = expected(&kind)?;
    let mut scorer = Scorer::created(&kind)?;
    for round in 1..=3 {
        scorer.activate()?;
        close(&scorer.score(&utterance(&kind, 1))?, &expected, &format!("activated {round} times"))?;
        scorer.deactivate();
    }
    Ok(())
}

fn never_activated(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    Scorer::created(&kind).map(drop)
}

fn many(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let expected = expected(&kind)?;
    let mut scorers = (0..4).map(|_| Scorer::new(&kind)).collect::<Outcome<Vec<_>>>()?;
    for scorer in &mut scorers {
        close(&scorer.score(&utterance(&kind, 1))?, &expected, "one of 4 instances")?;
    }
    Ok(())
}

fn reset(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let expected = expected(&kind)?;
    let mut scorer = Scorer::new(&kind)?;
    for reason in (0..=6).chain([u32::MAX]).map(EndReason) {
        scorer.score(&utterance(&kind, 2))?;
        scorer.reset(reason)?;
        close(&scorer.score(&utterance(&kind, 1))?, &expected, &format!("reset for reason {}", reason.0))?;
    }
    Ok(())
}

fn other_threads(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let expected = expected(&kind)?;
    let mut scorer = elsewhere(|| Scorer::new(&kind))?;
    for _ in 0..4 {
        let found = elsewhere(|| scorer.score(&utterance(&kind, 1)))?;
        close(&found, &expected, "called from another thread")?;
    }
    Ok(())
}

fn parallel(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let score = |number: usize| {
        let mut scorer = Scorer::new(&kind)?;
        (0..5).map(|_| scorer.score(&utterance(&kind, number as u32))).collect::<Outcome<Vec<_>>>()
    };
    for (number, rounds) in on_threads(4, score)?.into_iter().enumerate() {
        let expected = Scorer::new(&kind)?.score(&utterance(&kind, number as u32))?;
        rounds.iter().try_for_each(|found| close(found, &expected, &format!("thread {number} of 4")))?;
    }
    Ok(())
}

fn memory(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let mut scorer = Scorer::new(&kind)?;
    let utterance = utterance(&kind, 1);
    leaves_no_memory((20, 64), "calls", || scorer.score(&utterance).map(drop))
}

fn allocation_free(subject: &Subject) -> Outcome {
    const CALLS: usize = 10;
    let kind = subject.classifier()?;
    let mut scorer = Scorer::new(&kind)?;
    let asks: Vec<_> = (0..USUAL_BATCH).map(|_| scorer.ask(utterance(&kind, 1))).collect();
    let mut calls = || (0..CALLS).try_for_each(|_| scorer.scores(&asks).map(drop));
    // Whatever is made once is there then.
    calls()?;
    match allocations(calls)? {
        None => skipped("on this system it cannot be seen who asks for memory"),
        Some(0) => Ok(()),
        Some(asked) => {
            let each = asked as f32 / CALLS as f32;
            noted(format!("a call of {USUAL_BATCH} items asks for memory {each} times"))
        }
    }
}
