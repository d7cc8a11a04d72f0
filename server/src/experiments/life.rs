//! The steps in an experiment's life, each written with who took it and why.

use super::Refusal;
use super::catalog::Catalog;
use super::checking::{self, Means, Surroundings};
use super::kept::Kept;
use super::progress::Stopped;
use std::collections::BTreeMap;
use std::sync::Arc;
use undertone_core::{Role, UnixMicros};
use undertone_experiments::{Experiment, ExperimentError, State};
use undertone_store::{ExperimentKey, Put, Reason};

/// Who changes an experiment, and why.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    pub(crate) who: String,
    pub(crate) why: String,
}

/// A step in an experiment's life.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Start,
    /// Percent by arm.
    Ramp(BTreeMap<String, f64>),
    Pause,
    Stop,
    Promote(String),
    Archive,
    /// Weights in percent by live arm that follow from the evidence.
    Allocate(BTreeMap<String, f64>),
    /// An arm breached a guardrail, and its traffic goes to the control; or it listened along and broke, and listens no more.
    StopArm {
        arm: String,
        reason: String,
    },
    /// A block of answers that guardrails look at is full, and the next one begins.
    LookAnew(UnixMicros),
}

impl Step {
    fn what(&self) -> String {
        match self {
            Self::Start => "start".to_owned(),
            Self::Ramp(weights) => format!("ramp {}", listed(weights)),
            Self::Allocate(weights) => format!("allocate {}", listed(weights)),
            Self::Pause => "pause".to_owned(),
            Self::Stop => "stop".to_owned(),
            Self::Promote(arm) => format!("promote {arm}"),
            Self::Archive => "archive".to_owned(),
            Self::StopArm { arm, .. } => format!("stop arm {arm}"),
            Self::LookAnew(_) => "look anew".to_owned(),
        }
    }
}

fn listed(weights: &BTreeMap<String, f64>) -> String {
    weights.iter().map(|(arm, own)| format!("{arm}={own}")).collect::<Vec<String>>().join(" ")
}

impl Catalog {
    /// Keeps a definition as a draft.
    pub(crate) async fn create(
        &self,
        (tenant, text): (&str, &str),
        author: Author,
        means: Means<'_>,
    ) -> Result<Arc<Kept>, Refusal> {
        signed(&author)?;
        self.look().await?;
        let others = self.of(tenant);
        let draft = checking::draft(text, &Surroundings { tenant, others: &others, means, now: self.now() })?;
        if others.iter().any(|other| other.name() == draft.name()) {
            return Err(Refusal::Exists(draft.name().to_owned()));
        }
        let what = "create".to_owned();
        match self.write(&draft, Reason { who: author.who, what, why: author.why }).await {
            Err(Refusal::Changed) => Err(Refusal::Exists(draft.name().to_owned())),
            Err(refusal) => Err(refusal),
            Ok(()) => self.newest(draft.key()),
        }
    }

    /// Takes a step.
    pub(crate) async fn change(
        &self,
        key: ExperimentKey<'_>,
        author: Author,
        step: Step,
    ) -> Result<Arc<Kept>, Refusal> {
        signed(&author)?;
        self.look().await?;
        let kept = self.newest(key)?;
        let mut next = (*kept).clone();
        next.revision += 1;
        next.updated_at = self.now();
        take(&mut next, &step)?;
        let reason = Reason { who: author.who, what: step.what(), why: author.why };
        self.write(&next, reason).await?;
        self.newest(key)
    }

    async fn look(&self) -> Result<(), Refusal> {
        if self.store().is_none() {
            return Err(Refusal::NoStore("run `undertone serve`"));
        }
        Ok(self.refresh().await?)
    }

    fn newest(&self, key: ExperimentKey<'_>) -> Result<Arc<Kept>, Refusal> {
        self.find(key).ok_or_else(|| Refusal::Unknown(key.name.to_owned()))
    }

    async fn write(&self, kept: &Kept, reason: Reason) -> Result<(), Refusal> {
        let store = self.store().ok_or(Refusal::NoStore("run `undertone serve`"))?;
        let row = kept.to_row().map_err(|error| Refusal::Mistakes(vec![error.to_string()]))?;
        match store.put(&row, &reason).await? {
            Put::Stale => Err(Refusal::Changed),
            Put::Done => {
                tracing::info!(tenant = %row.tenant, experiment = %row.name, revision = row.revision, who = %reason.who, what = %reason.what, "an experiment was changed");
                Ok(self.refresh().await?)
            }
        }
    }
}

fn signed(author: &Author) -> Result<(), Refusal> {
    let missing =
        [("who", &author.who), ("why", &author.why)].into_iter().filter(|(_, text)| text.trim().is_empty());
    let missing: Vec<String> = missing.map(|(field, _)| format!("{field} is empty")).collect();
    if missing.is_empty() { Ok(()) } else { Err(Refusal::Mistakes(missing)) }
}

fn take(kept: &mut Kept, step: &Step) -> Result<(), Refusal> {
    let to = match step {
        Step::Start => State::Running,
        Step::Pause => State::Paused,
        Step::Stop | Step::Promote(_) => State::Decided,
        Step::Archive => State::Archived,
        Step::Ramp(weights) => return ramp(kept, weights),
        Step::Allocate(weights) if kept.state == State::Running => return ramp(kept, weights),
        Step::Allocate(_) => {
            return Err(Refusal::NotNow(format!("the weights of an experiment that is {} stay", kept.state)));
        }
        Step::StopArm { arm, reason } => return stop_arm(kept, arm, reason),
        Step::LookAnew(from) => return look_anew(kept, *from),
    };
    kept.state = kept.state.step(to).map_err(|error| not_now(&error))?;
    let now = kept.updated_at.0;
    match step {
        Step::Start => {
            kept.progress.started_at_micros.get_or_insert(now);
            kept.progress.weighed_at_micros.get_or_insert(now);
        }
        Step::Promote(arm) => {
            if kept.arm_named(arm).is_none() {
                return Err(Refusal::Mistakes(vec![format!("there is no arm {arm:?}")]));
            }
            kept.progress.chosen = Some(arm.clone());
        }
        _ => {}
    }
    Ok(())
}

fn not_now(error: &ExperimentError) -> Refusal {
    Refusal::NotNow(error.to_string())
}

/// The control takes what the others leave, unless it is named.
fn ramp(kept: &mut Kept, wanted: &BTreeMap<String, f64>) -> Result<(), Refusal> {
    if !matches!(kept.state, State::Draft | State::Running | State::Paused) {
        return Err(Refusal::NotNow(format!("the weights of an experiment that is {} stay", kept.state)));
    }
    let known = kept.document.weights();
    let unknown = wanted.keys().filter(|arm| !known.contains_key(*arm));
    let mut mistakes: Vec<String> = unknown.map(|arm| format!("there is no arm {arm:?}")).collect();
    let stopped =
        wanted.iter().filter(|(arm, weight)| **weight > 0.0 && kept.progress.stopped(arm).is_some());
    mistakes.extend(stopped.map(|(arm, _)| format!("arm {arm:?} was stopped and gets no weight again")));
    if !mistakes.is_empty() {
        return Err(Refusal::Mistakes(mistakes));
    }
    let control = kept.document.control.clone();
    let weight = |arm: &str, own: f64| wanted.get(arm).copied().unwrap_or(own);
    let others: f64 =
        known.iter().filter(|(arm, _)| **arm != control).map(|(arm, own)| weight(arm, *own)).sum();
    // Hundredths, so that sums of decimals come out even.
    let rest = ((100.0 - others) * 100.0).round() / 100.0;
    for arm in &mut kept.document.arms {
        let own = if arm.name == control { rest } else { arm.weight };
        arm.weight = weight(&arm.name, own);
    }
    reweigh(kept)
}

fn stop_arm(kept: &mut Kept, arm: &str, reason: &str) -> Result<(), Refusal> {
    let is_stopped = kept.progress.stopped(arm).is_some();
    let role = kept.arms().iter().find(|own| own.name == arm).map(|own| own.role);
    let Some(role) =
        role.filter(|_| kept.state == State::Running && !is_stopped && arm != kept.document.control)
    else {
        return Err(Refusal::NotNow(format!("arm {arm:?} cannot be stopped now")));
    };
    let at_micros = kept.updated_at.0;
    kept.progress.stopped.push(Stopped { arm: arm.to_owned(), at_micros, reason: reason.to_owned() });
    if role == Role::Shadow {
        return Ok(());
    }
    let freed: f64 = kept.document.arms.iter().filter(|own| own.name == arm).map(|own| own.weight).sum();
    let control = kept.document.control.clone();
    for own in &mut kept.document.arms {
        if own.name == arm {
            own.weight = 0.0;
        } else if own.name == control {
            own.weight = ((own.weight + freed) * 100.0).round() / 100.0;
        }
    }
    reweigh(kept)
}

/// Blocks begin behind each other, and each once, whichever server saw that the one before was full.
fn look_anew(kept: &mut Kept, from: UnixMicros) -> Result<(), Refusal> {
    let last = kept.progress.watched_from_micros.last().copied().unwrap_or(0);
    if kept.state != State::Running || from.0 <= last {
        return Err(Refusal::NotNow("guardrails look at the newest answers already".to_owned()));
    }
    kept.progress.watched_from_micros.push(from.0);
    Ok(())
}

/// Each of the mistakes by itself.
fn told(error: ExperimentError) -> Vec<String> {
    match error {
        ExperimentError::Definition { mistakes } => mistakes.iter().map(ToString::to_string).collect(),
        other => vec![other.to_string()],
    }
}

fn reweigh(kept: &mut Kept) -> Result<(), Refusal> {
    let definition = kept.document.definition().map_err(Refusal::Mistakes)?;
    let experiment = Experiment::resume(definition, kept.progress.runs());
    kept.experiment = experiment.map_err(|error| Refusal::Mistakes(told(error)))?;
    kept.progress.keep_runs(&kept.experiment);
    kept.progress.weighed_at_micros = kept.progress.started_at_micros.map(|_| kept.updated_at.0);
    Ok(())
}
