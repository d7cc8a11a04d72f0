//! Which model a stream gets.

use super::catalog::Catalog;
use super::kept::Kept;
use super::participation::Participation;
use std::sync::Arc;
use undertone_core::{Labels, Model, Role};
use undertone_experiments::{Arm, ArmIndex, Assignment, Origin, State};
use undertone_plugin_host::{LoadedModel, Registry};
use undertone_store::ExperimentKey;

/// What a client says about the model that it wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// Who asks: experiments of others are not there for it.
    pub(crate) tenant: &'a str,
    /// Empty: it leaves the model out.
    pub(crate) model: &'a str,
    /// Empty: it names no experiment.
    pub(crate) experiment: &'a str,
    /// Empty: it asks for no arm.
    pub(crate) arm: &'a str,
    /// What is assigned, where the unit is the subject; the stream's identifier where nobody knows who it is.
    pub(crate) subject: &'a str,
    /// The stream's identifier.
    pub(crate) stream: &'a str,
    pub(crate) labels: &'a Labels,
}

/// What a stream gets.
#[derive(Debug)]
pub(crate) enum Choice {
    /// No experiment has to do with it.
    Plain,
    /// A promoted arm's model.
    Promoted(String),
    /// An arm of an experiment.
    Arm(String, Participation),
}

/// Why a wish is not granted: the field, and a sentence.
pub(crate) type Denial = (&'static str, String);

impl Catalog {
    /// What `wish` gets. An experiment that is named has to be running, or has to have promoted an arm; of those that are not,
    /// the first one by name that takes the stream counts.
    pub(crate) fn choose(&self, wish: &Wish<'_>, models: &Registry) -> Result<Choice, Denial> {
        if wish.experiment.is_empty() && !wish.arm.is_empty() {
            return Err(("config.arm", "an arm belongs to an experiment: name that too".to_owned()));
        }
        if wish.experiment.is_empty() {
            return Ok(if wish.model.is_empty() { self.any(wish, models) } else { Choice::Plain });
        }
        let kept = self.find(ExperimentKey { tenant: wish.tenant, name: wish.experiment });
        let kept = kept
            .ok_or_else(|| ("config.experiment", format!("there is no experiment {:?}", wish.experiment)))?;
        if !wish.model.is_empty() {
            return Ok(resumed(&kept, wish, models));
        }
        if !wish.arm.is_empty() {
            return forced(&kept, wish, models);
        }
        self.named(&kept, wish, models)
    }

    fn named(&self, kept: &Arc<Kept>, wish: &Wish<'_>, models: &Registry) -> Result<Choice, Denial> {
        if let Some(chosen) = promoted(kept) {
            return Ok(Choice::Promoted(chosen));
        }
        if !kept.is_open(self.now()) {
            let sentence =
                format!("the experiment {:?} is {} and assigns nobody now", kept.name(), kept.state);
            return Err(("config.experiment", sentence));
        }
        if !kept.is_eligible(wish.labels) {
            return Ok(Choice::Plain);
        }
        match assigned(kept, wish) {
            Some(arm) => participating(kept, arm, Origin::Drawn, models)
                .map_err(|sentence| ("config.experiment", sentence)),
            None => Ok(Choice::Plain),
        }
    }

    fn any(&self, wish: &Wish<'_>, models: &Registry) -> Choice {
        let now = self.now();
        let all = self.all();
        let own = all.iter().filter(|kept| kept.tenant == wish.tenant);
        for kept in own.filter(|kept| kept.is_eligible(wish.labels)) {
            let decided = promoted(kept).filter(|_| assigned(kept, wish).is_some());
            if let Some(chosen) = decided {
                return Choice::Promoted(chosen);
            }
            let Some(arm) = Some(kept).filter(|kept| kept.is_open(now)).and_then(|kept| assigned(kept, wish))
            else {
                continue;
            };
            match participating(kept, arm, Origin::Drawn, models) {
                Ok(choice) => return choice,
                // The client asked for nothing of the kind, and gets what it would get without the experiment.
                Err(sentence) => self.warn_once(kept, &sentence),
            }
        }
        Choice::Plain
    }
}

fn promoted(kept: &Kept) -> Option<String> {
    let chosen = kept.progress.chosen.as_deref().filter(|_| kept.state == State::Decided)?;
    Some(kept.model_of(kept.arm_named(chosen)?).to_owned())
}

fn assigned(kept: &Kept, wish: &Wish<'_>) -> Option<ArmIndex> {
    let key = match kept.experiment.definition().unit {
        undertone_experiments::Unit::Subject => wish.subject,
        undertone_experiments::Unit::Stream => wish.stream,
    };
    match kept.experiment.assign(key) {
        Assignment::Arm { arm, .. } => Some(arm),
        Assignment::HeldOut | Assignment::Elsewhere => None,
    }
}

/// A stream that is taken up again keeps its model, and its part where an arm has that model.
fn resumed(kept: &Arc<Kept>, wish: &Wish<'_>, models: &Registry) -> Choice {
    let has_it = |arm: &ArmIndex| {
        let model = models.resolve(kept.model_of(*arm));
        model.is_ok_and(|model| model.reference().to_string() == wish.model)
    };
    let forced = kept.arm_named(wish.arm).filter(has_it).map(|arm| (arm, Origin::Forced));
    if !has_arms(kept) {
        return Choice::Plain;
    }
    let live = |arm: &ArmIndex| kept.arms()[arm.0].role == Role::Live;
    let any = || (0..kept.arms().len()).map(ArmIndex).find(|arm| live(arm) && has_it(arm));
    // Its arm may be another one now, after a change of weights; the one that it had has its model.
    let now = assigned(kept, wish).filter(|_| kept.is_eligible(wish.labels));
    let drawn = now.and_then(|arm| Some(arm).filter(has_it).or_else(any));
    let arm = forced.or_else(|| drawn.map(|arm| (arm, Origin::Drawn)));
    match arm.map(|(arm, origin)| participating(kept, arm, origin, models)) {
        Some(Ok(choice)) => choice,
        _ => Choice::Plain,
    }
}

fn has_arms(kept: &Kept) -> bool {
    matches!(kept.state, State::Draft | State::Running | State::Paused)
}

fn forced(kept: &Arc<Kept>, wish: &Wish<'_>, models: &Registry) -> Result<Choice, Denial> {
    if !has_arms(kept) {
        let sentence = format!("the experiment {:?} is {} and has no arms any more", kept.name(), kept.state);
        return Err(("config.experiment", sentence));
    }
    let denied = |sentence| ("config.arm", sentence);
    match kept.experiment.force(wish.arm).map_err(|error| denied(error.to_string()))? {
        Assignment::Arm { arm, origin } if kept.arms()[arm.0].role == Role::Live => {
            participating(kept, arm, origin, models).map_err(denied)
        }
        _ => Err(denied(format!("{:?} is a shadow arm, which answers nobody", wish.arm))),
    }
}

/// The arm's model with those that listen along; a sentence when the arm's model is not here.
fn participating(
    kept: &Arc<Kept>,
    arm: ArmIndex,
    origin: Origin,
    models: &Registry,
) -> Result<Choice, String> {
    let name = kept.model_of(arm);
    let model = models.resolve(name);
    let model = model.map_err(|error| {
        format!("arm {:?} of experiment {:?}: {error}", kept.arms()[arm.0].name, kept.name())
    })?;
    let mut participation = Participation::new(kept.clone(), arm, origin);
    participation.shadows = shadows(kept, model, models);
    Ok(Choice::Arm(model.reference().to_string(), participation))
}

/// The models that can listen along: those that are here, take the same features, and were not stopped.
fn shadows(kept: &Kept, live: &LoadedModel, models: &Registry) -> Vec<(ArmIndex, Arc<LoadedModel>)> {
    let listens = |arm: &Arm| arm.role == Role::Shadow && kept.progress.stopped(&arm.name).is_none();
    let arms = kept.arms().iter().enumerate().filter(|(_, arm)| listens(arm));
    let of = |(place, _)| {
        let model = models.resolve(kept.model_of(ArmIndex(place))).ok()?;
        let same = model.manifest().features.fingerprint == live.manifest().features.fingerprint;
        same.then(|| (ArmIndex(place), model.clone()))
    };
    arms.filter_map(of).collect()
}
