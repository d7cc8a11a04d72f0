//! The scores of utterances.

use super::classifier_life::utterance;
use super::{Case, Subject, Topic};
use crate::PluginHost;
use crate::conformance::outcome::{Outcome, must, skipped};
use crate::conformance::probe::{Scorer, close, frames};
use std::sync::atomic::Ordering;
use undertone_bundle::Bundle;
use undertone_plugin_abi::Status;

const fn case(name: &'static str, rule: &'static str, check: fn(&Subject) -> Outcome) -> Case {
    Case::new(Topic::Classifier, name, rule, check)
}

pub(super) const CASES: &[Case] = &[
    case("classifier-finite", "Every score of an utterance is written and finite.", finite),
    case(
        "classifier-shortest",
        "An utterance of the fewest frames that the bundle allows is scored.",
        shortest,
    ),
    case("classifier-long", "A minute of frames, or as many as the bundle allows, is scored.", long),
    case("classifier-deterministic", "The same frames give the same scores.", deterministic),
    case("classifier-batch", "The scores of a batch are those of its items alone.", batch),
    case("classifier-batch-order", "The order of a batch's items does not matter.", order),
    case("classifier-large-batch", "A batch may be larger than instances were told to expect.", large_batch),
    case("classifier-empty-batch", "A batch without items, with a null pointer, ends with OK.", empty_batch),
    case("classifier-nothing-carried", "Nothing is carried from one call to the next.", nothing_carried),
    case(
        "classifier-cancelled",
        "A call that nobody waits for ends with OK or CANCELLED and costs nothing else.",
        cancelled,
    ),
    case(
        "classifier-bundle",
        "The host loads the bundle, and its golden frames give its golden logits.",
        bundle,
    ),
];

fn finite(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let mut scorer = Scorer::new(&kind)?;
    (0..4).try_for_each(|seed| scorer.score(&utterance(&kind, seed)).map(drop))
}

fn shortest(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let fewest = kind.rules.limits.min_frames.max(1) as usize;
    Scorer::new(&kind)?.score(&frames(fewest, kind.rules.dim, 1)).map(drop)
}

fn long(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let count = kind.rules.limits.max_frames.min(6_000) as usize;
    Scorer::new(&kind)?.score(&frames(count, kind.rules.dim, 1)).map(drop)
}

fn deterministic(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let mut scorer = Scorer::new(&kind)?;
    let first = scorer.score(&utterance(&kind, 1))?;
    (0..3).try_for_each(|_| {
        let found = scorer.score(&utterance(&kind, 1))?;
        must(found == first, || format!("{found:?} instead of {first:?}"))
    })
}

/// The scores of each of `count` utterances alone.
fn alone(scorer: &mut Scorer<'_>, utterances: &[Vec<f32>]) -> Outcome<Vec<Vec<f32>>> {
    utterances.iter().map(|utterance| scorer.score(utterance)).collect()
}

fn batch_of(subject: &Subject, count: u32) -> Outcome {
    let kind = subject.classifier()?;
    let mut scorer = Scorer::new(&kind)?;
    let utterances: Vec<_> = (0..count).map(|seed| utterance(&kind, seed)).collect();
    let expected = alone(&mut scorer, &utterances)?;
    let asks: Vec<_> = utterances.into_iter().map(|frames| scorer.ask(frames)).collect();
    let found = scorer.scores(&asks)?;
    for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
        close(found, expected, &format!("item {index} of {count}"))?;
    }
    Ok(())
}

fn batch(subject: &Subject) -> Outcome {
    batch_of(subject, 6)
}

fn large_batch(subject: &Subject) -> Outcome {
    batch_of(subject, 40)
}

fn order(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let mut scorer = Scorer::new(&kind)?;
    let mut asks: Vec<_> = (0..5).map(|seed| scorer.ask(utterance(&kind, seed))).collect();
    let forwards = scorer.scores(&asks)?;
    asks.reverse();
    let mut backwards = scorer.scores(&asks)?;
    backwards.reverse();
    forwards.iter().zip(&backwards).try_for_each(|(one, other)| close(other, one, "the other way round"))
}

fn empty_batch(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let mut scorer = Scorer::new(&kind)?;
    scorer.classify(&[])?.0.ok("classify of nothing")
}

fn nothing_carried(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let expected = Scorer::new(&kind)?.score(&utterance(&kind, 1))?;
    let mut scorer = Scorer::new(&kind)?;
    for seed in 2..6 {
        let loud = utterance(&kind, seed).iter().map(|value| 50.0 * value).collect::<Vec<_>>();
        scorer.score(&loud)?;
        close(&scorer.score(&utterance(&kind, 1))?, &expected, "behind other utterances")?;
    }
    Ok(())
}

fn cancelled(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let mut scorer = Scorer::new(&kind)?;
    let expected = scorer.score(&utterance(&kind, 1))?;
    let asks: Vec<_> = (0..3).map(|seed| scorer.ask(utterance(&kind, seed))).collect();
    kind.cancelled.store(true, Ordering::Relaxed);
    let (answer, _) = scorer.classify(&asks)?;
    kind.cancelled.store(false, Ordering::Relaxed);
    must(matches!(answer.status, Status::OK | Status::CANCELLED), || format!("classify answered {answer}"))?;
    close(&scorer.score(&utterance(&kind, 1))?, &expected, "behind a call that was cancelled")
}

fn bundle(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let Some(dir) = &subject.bundle else { return skipped("no --bundle was given") };
    let manifest = Bundle::open(dir).map_err(crate::HostError::from)?.manifest().clone();
    let (own, named) = (kind.plugin.name(), &manifest.plugin.classifier);
    if named != own && subject.instead_of.as_ref() != Some(named) {
        return skipped("the bundle names another classifier");
    }
    let host = PluginHost::new(subject.host.clone()).with_library(own, subject.path()?);
    let host = host.with_substitutes([(named.clone(), own.to_owned())].into());
    let extractor =
        host.config.plugins_dir.join(format!("libundertone_plugin_{}.so", manifest.plugin.extractor));
    if !extractor.is_file() {
        return skipped(format!("the bundle's extractor is not at {}", extractor.display()));
    }
    Ok(host.load_model(dir).map(drop)?)
}
