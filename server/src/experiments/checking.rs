//! Whether a definition can be an experiment of this server.

use super::Refusal;
use super::document::{Document, UnitName};
use super::kept::Kept;
use super::progress::Progress;
use crate::access::NOBODYS;
use std::collections::BTreeSet;
use std::sync::Arc;
use undertone_core::{Model, UnixMicros};
use undertone_experiments::{Experiment, ExperimentError, Mistake, State};
use undertone_plugin_host::LoadedModel;

/// Longest name of an experiment or arm in bytes.
const MOST_NAME_BYTES: usize = 64;

/// What a server has for its experiments.
#[derive(Clone, Copy)]
pub(crate) struct Means<'a> {
    /// Gives the model that a client would get for a name.
    pub(crate) model: &'a (dyn Fn(&str) -> Result<Arc<LoadedModel>, String> + Sync),
    /// Whether it stores who was heard.
    pub(crate) keeps_subjects: bool,
}

/// What a definition is checked against.
pub(crate) struct Surroundings<'a> {
    /// Who defines it.
    pub(crate) tenant: &'a str,
    /// The tenant's other experiments.
    pub(crate) others: &'a [Arc<Kept>],
    pub(crate) means: Means<'a>,
    pub(crate) now: UnixMicros,
}

/// A draft made from `text`, or everything that is wrong with it.
pub(crate) fn draft(text: &str, surroundings: &Surroundings<'_>) -> Result<Kept, Refusal> {
    let read = serde_json::from_str::<Document>(text);
    let mut document = read.map_err(|error| Refusal::Mistakes(vec![error.to_string()]))?;
    salted(&mut document, surroundings.tenant);
    let mut mistakes = names(&document);
    mistakes.extend(document.eligible.iter().filter_map(super::eligibility::Condition::mistake));
    mistakes.extend(document.expect.iter().flat_map(super::document::Expectation::mistakes));
    mistakes.extend(models(&mut document, surroundings));
    mistakes.extend(shadows(&document));
    mistakes.extend(strangers(&document, surroundings.means));
    if let (Some(start), Some(end)) = document.window()
        && end <= start
    {
        mistakes.push("it ends before it starts".to_owned());
    }
    let (definition, untranslated) = document.translated();
    let experiment = match Experiment::new(definition) {
        Ok(experiment) => Some(experiment),
        Err(ExperimentError::Definition { mistakes: found }) => {
            let told = found.iter().filter(|own| untranslated.is_empty() || !may_follow(own));
            mistakes.extend(told.map(ToString::to_string));
            None
        }
        Err(error) => {
            mistakes.push(error.to_string());
            None
        }
    };
    mistakes.extend(untranslated);
    mistakes.extend(experiment.iter().flat_map(|experiment| neighbours(experiment, surroundings.others)));
    let Some(experiment) = experiment.filter(|_| mistakes.is_empty()) else {
        return Err(Refusal::Mistakes(mistakes));
    };
    let mut progress = Progress::default();
    progress.keep_runs(&experiment);
    let (state, updated_at) = (State::Draft, surroundings.now);
    let tenant = surroundings.tenant.to_owned();
    Ok(Kept { tenant, document, progress, state, revision: 1, updated_at, experiment })
}

/// Whether a mistake may come of a number or metric that could not be translated and is missing.
const fn may_follow(mistake: &Mistake) -> bool {
    use Mistake::{Holdout, NoMetric, NotSequential, Slot, Weights};
    matches!(mistake, Weights { .. } | Slot { .. } | Holdout { .. } | NoMetric | NotSequential { .. })
}

/// One key in two tenants is two people, who draw apart.
fn salted(document: &mut Document, tenant: &str) {
    if document.salt.is_empty() && tenant != NOBODYS {
        document.salt = format!("{tenant}/{}", document.name);
    }
}

fn names(document: &Document) -> Vec<String> {
    let arms = document.arms.iter().map(|arm| ("the name of an arm", arm.name.as_str()));
    let all = std::iter::once(("name", document.name.as_str())).chain(arms);
    let good = |text: &str| {
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        !text.is_empty() && text.len() <= MOST_NAME_BYTES && text.chars().all(letter)
    };
    let wrong = all.filter(|(_, text)| !good(text));
    wrong
        .map(|(field, text)| {
            format!("{field}: {text:?} is not 1 to {MOST_NAME_BYTES} letters, digits, dots, dashes and underscores")
        })
        .collect()
}

/// Finds the arms' models, and takes the labels from the control's.
fn models(document: &mut Document, surroundings: &Surroundings<'_>) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut found: Vec<(String, Arc<LoadedModel>)> = Vec::new();
    for arm in &document.arms {
        match (surroundings.means.model)(&arm.model) {
            _ if arm.model.is_empty() => mistakes.push(format!("arm {:?} names no model", arm.name)),
            Ok(model) => found.push((arm.name.clone(), model)),
            Err(sentence) => mistakes.push(format!("arm {:?}: {sentence}", arm.name)),
        }
    }
    let Some((_, control)) = found.iter().find(|(name, _)| *name == document.control) else {
        return mistakes;
    };
    document.labels = control.labels().to_vec();
    let set = |model: &LoadedModel| model.labels().iter().cloned().collect::<BTreeSet<String>>();
    let others = found.iter().filter(|(_, model)| set(model) != set(control));
    mistakes.extend(
        others.map(|(name, _)| format!("the model of arm {name:?} has other labels than the control's")),
    );
    let heard = &control.manifest().features.fingerprint;
    let shadows = document.arms.iter().filter(|arm| arm.shadow);
    for shadow in shadows {
        let live =
            found.iter().filter(|(name, _)| document.arms.iter().any(|arm| arm.name == *name && !arm.shadow));
        let own = found.iter().find(|(name, _)| *name == shadow.name);
        let same = own.is_none_or(|(_, own)| {
            own.manifest().features.fingerprint == *heard
                && live.clone().all(|(_, model)| model.manifest().features.fingerprint == *heard)
        });
        if !same {
            mistakes.push(format!(
                "the shadow arm {:?} takes other features than the live arms' models",
                shadow.name
            ));
        }
    }
    mistakes
}

fn shadows(document: &Document) -> Option<String> {
    let live = document.arms.iter().filter(|arm| !arm.shadow).count();
    (live == 0 && !document.arms.is_empty()).then(|| "all arms are shadows: nobody would answer".to_owned())
}

/// Answers of one person have to be known as such where persons are what is assigned.
fn strangers(document: &Document, means: Means<'_>) -> Option<String> {
    let is_lost = document.unit == UnitName::Subject && !means.keeps_subjects;
    is_lost.then(|| {
        "recording.subject_key = \"drop\" keeps no subjects, so that answers of one could not be told together: take unit = \"stream\""
            .to_owned()
    })
}

/// Experiments of one layer have parts of it that do not overlap.
fn neighbours(experiment: &Experiment, others: &[Arc<Kept>]) -> Vec<String> {
    let Some(slot) = &experiment.definition().slot else { return Vec::new() };
    let alive =
        others.iter().filter(|other| matches!(other.state, State::Draft | State::Running | State::Paused));
    let overlaps = alive.filter(|other| {
        let theirs = other.experiment.definition().slot.as_ref();
        theirs.is_some_and(|theirs| theirs.layer == slot.layer && slot.overlaps(theirs))
    });
    overlaps
        .map(|other| {
            format!("its part of layer {:?} overlaps that of experiment {:?}", slot.layer, other.name())
        })
        .collect()
}
