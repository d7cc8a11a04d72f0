//! Whether a definition can be an experiment.

use super::{Definition, Metric, Mistake};
use crate::assignment::Bucket;
use std::collections::BTreeSet;
use undertone_core::Role;

/// Everything that is wrong with `definition`.
pub(super) fn mistakes(definition: &Definition) -> Vec<Mistake> {
    let mut mistakes = texts(definition);
    mistakes.extend(arms(definition));
    mistakes.extend(control(definition));
    mistakes.extend(units(definition));
    mistakes.extend(goals(definition));
    mistakes.extend(guardrails(definition));
    mistakes.extend(plan(definition));
    mistakes
}

fn texts(definition: &Definition) -> Vec<Mistake> {
    let layer = definition.slot.as_ref().map(|slot| ("layer", slot.layer.as_str()));
    let holdout = definition.holdout.as_ref().map(|holdout| ("salt of the holdout", holdout.salt.as_str()));
    let salts = std::iter::once(("salt", definition.salt.as_str())).chain(layer).chain(holdout);
    let hashed = salts.flat_map(|(field, text)| {
        let empty = text.is_empty().then_some(Mistake::Empty { field });
        empty.into_iter().chain(text.contains('\0').then_some(Mistake::ZeroByte { field }))
    });
    let name = definition.name.is_empty().then_some(Mistake::Empty { field: "name" });
    name.into_iter().chain(hashed).collect()
}

fn arms(definition: &Definition) -> Vec<Mistake> {
    let arms = &definition.arms;
    let few = (arms.len() < 2).then_some(Mistake::FewArms { arms: arms.len() });
    let unnamed =
        arms.iter().any(|arm| arm.name.is_empty()).then_some(Mistake::Empty { field: "name of an arm" });
    let mut names = BTreeSet::new();
    let twice = arms.iter().filter(|arm| !names.insert(arm.name.as_str()));
    let twice: BTreeSet<&str> = twice.map(|arm| arm.name.as_str()).collect();
    let same = twice.into_iter().map(|name| Mistake::SameName { name: name.to_owned() });
    let shadows = arms.iter().filter(|arm| arm.role == Role::Shadow && arm.weight > 0);
    let shadows = shadows.map(|arm| Mistake::ShadowWeight { name: arm.name.clone() });
    let sum: u64 = arms.iter().filter(|arm| arm.role == Role::Live).map(|arm| u64::from(arm.weight)).sum();
    let weights = (sum != u64::from(Bucket::COUNT)).then_some(Mistake::Weights { sum });
    few.into_iter().chain(unnamed).chain(same).chain(shadows).chain(weights).collect()
}

fn control(definition: &Definition) -> Option<Mistake> {
    match definition.arms.iter().find(|arm| arm.name == definition.control) {
        None => Some(Mistake::NoSuchControl { name: definition.control.clone() }),
        Some(arm) => (arm.role == Role::Shadow).then_some(Mistake::ShadowControl),
    }
}

fn units(definition: &Definition) -> Vec<Mistake> {
    let slot = definition.slot.as_ref().filter(|slot| slot.from >= slot.until || slot.until > Bucket::COUNT);
    let slot = slot.map(|slot| Mistake::Slot { from: slot.from, until: slot.until });
    let holdout = definition.holdout.as_ref().filter(|holdout| holdout.buckets >= Bucket::COUNT);
    slot.into_iter().chain(holdout.map(|own| Mistake::Holdout { buckets: own.buckets })).collect()
}

fn goals(definition: &Definition) -> Vec<Mistake> {
    let metrics = definition.goals.iter().map(|goal| (goal.metric, goal.margin)).collect::<Vec<_>>();
    let first = match metrics.first() {
        None => Some(Mistake::NoMetric),
        Some((metric, _)) => (!metric.is_sequential()).then_some(Mistake::NotSequential { metric: *metric }),
    };
    first.into_iter().chain(listed("the margin", &metrics)).collect()
}

fn guardrails(definition: &Definition) -> Vec<Mistake> {
    let metrics = definition.guardrails.iter().map(|own| (own.metric, own.tolerated)).collect::<Vec<_>>();
    let once = metrics.iter().filter(|(metric, _)| !metric.is_sequential());
    let once = once.map(|(metric, _)| Mistake::GuardrailNotSequential { metric: *metric });
    once.chain(listed("what is tolerated", &metrics)).collect()
}

fn listed(field: &'static str, metrics: &[(Metric, f64)]) -> Vec<Mistake> {
    let earlier = |index: usize, metric: Metric| metrics[..index].iter().any(|(own, _)| *own == metric);
    let twice = metrics.iter().enumerate().filter(|(index, (metric, _))| earlier(*index, *metric));
    let twice = twice.map(|(_, (metric, _))| Mistake::Twice { metric: *metric });
    let possible = |metric: Metric, margin: f64| margin >= 0.0 && margin < metric.difference_bounds().1;
    let margins = metrics.iter().filter(|(metric, margin)| !possible(*metric, *margin));
    twice
        .chain(margins.map(|(metric, margin)| Mistake::Margin { field, metric: *metric, margin: *margin }))
        .collect()
}

fn plan(definition: &Definition) -> Vec<Mistake> {
    let alpha = definition.alpha;
    let alpha = (!(alpha > 0.0 && alpha < 1.0)).then_some(Mistake::Alpha { alpha });
    alpha.into_iter().chain((definition.planned_units == 0).then_some(Mistake::NoUnits)).collect()
}
