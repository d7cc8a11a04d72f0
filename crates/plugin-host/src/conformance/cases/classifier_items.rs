//! Items that are wrong, and what becomes of their neighbours.

use super::classifier_life::utterance;
use super::{Case, Subject, Topic};
use crate::classifier_kind::ClassifierKind;
use crate::conformance::outcome::{Outcome, must};
use crate::conformance::probe::{Ask, Scored, Scorer, close, frames};

const fn case(name: &'static str, rule: &'static str, check: fn(&Subject) -> Outcome) -> Case {
    Case::new(Topic::Classifier, name, rule, check)
}

pub(super) const CASES: &[Case] = &[
    case("classifier-one-frame", "An item of one frame is scored or fails alone.", |subject| {
        beside(subject, |kind, scorer| scorer.ask(frames(1, kind.rules.dim, 1)), May::Be)
    }),
    case("classifier-no-frames", "An item without frames fails alone.", |subject| {
        beside(subject, |_, scorer| scorer.ask(Vec::new()), May::NotBe)
    }),
    case("classifier-other-width", "An item whose frames have another width fails alone.", |subject| {
        beside(subject, wide, May::NotBe)
    }),
    case(
        "classifier-few-labels",
        "Scores keep to the room of an item, and one with too little room fails alone.",
        |subject| {
            let cramped = |kind: &ClassifierKind, scorer: &Scorer<'_>| Ask {
                label_count: kind.label_count - 1,
                ..scorer.ask(utterance(kind, 1))
            };
            beside(subject, cramped, May::NotBe)
        },
    ),
    case(
        "classifier-not-a-number",
        "Frames that are no numbers give finite scores or fail alone.",
        |subject| {
            [f32::NAN, f32::INFINITY, f32::MAX]
                .into_iter()
                .try_for_each(|wrong| beside(subject, |kind, scorer| spoiled(kind, scorer, wrong), May::Be))
        },
    ),
    case("classifier-item-words", "An item that fails says why.", words),
    case("classifier-item-small-buffer", "Words about an item keep to a buffer of any size.", |subject| {
        let small =
            |words| move |_: &ClassifierKind, scorer: &Scorer<'_>| Ask { words, ..scorer.ask(Vec::new()) };
        (0..20).try_for_each(|bytes| beside(subject, small(bytes), May::NotBe))
    }),
];

/// Whether the item in the middle may be scored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum May {
    Be,
    NotBe,
}

fn wide(kind: &ClassifierKind, scorer: &Scorer<'_>) -> Ask {
    let dim = kind.rules.dim + 1;
    let count = utterance(kind, 1).len() / kind.rules.dim;
    Ask { frames: frames(count, dim, 1), frame_count: count, dim, ..scorer.ask(Vec::new()) }
}

fn spoiled(kind: &ClassifierKind, scorer: &Scorer<'_>, wrong: f32) -> Ask {
    let mut frames = utterance(kind, 1);
    let middle = frames.len() / 2;
    frames[middle] = wrong;
    scorer.ask(frames)
}

/// Puts an item between two good ones, which must not notice; an instance works on afterwards.
fn beside(subject: &Subject, item: impl Fn(&ClassifierKind, &Scorer<'_>) -> Ask, may: May) -> Outcome {
    let kind = subject.classifier()?;
    let mut scorer = Scorer::new(&kind)?;
    let good = utterance(&kind, 2);
    let expected = scorer.score(&good)?;
    let asks = [scorer.ask(good.clone()), item(&kind, &scorer), scorer.ask(good.clone())];
    let (answer, scored) = scorer.classify(&asks)?;
    answer.ok("classify with one item that is wrong")?;
    let [before, wrong, after]: [Scored; 3] = scored.try_into().expect("three were asked about");
    if wrong.is_ok() {
        must(may == May::Be, || format!("the item was scored: {:?}", wrong.scores))?;
        wrong.ok("the item")?;
    }
    close(&before.ok("the item before it")?, &expected, "the item before it")?;
    close(&after.ok("the item behind it")?, &expected, "the item behind it")?;
    close(&scorer.score(&good)?, &expected, "the next call")
}

fn words(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let mut scorer = Scorer::new(&kind)?;
    let (_, scored) = scorer.classify(&[wide(&kind, &scorer)])?;
    let silent = |item: &Scored| !item.is_ok() && item.words.trim().is_empty();
    must(!scored.iter().any(silent), || {
        "an item whose frames are too wide failed without a reason".to_owned()
    })
}
