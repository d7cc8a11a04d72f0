//! What the answers of an experiment say.

mod chart;
mod html;
mod json;
mod observations;
mod sentence;
mod text;
mod timeline;
mod wording;

pub(crate) use html::html;
pub(crate) use json::json;
pub(crate) use text::text;

use super::kept::Kept;
use super::refusal::Refusal;
use crate::recognition::Recognition;
use observations::{Tallied, observations};
use std::collections::BTreeSet;
use std::sync::Arc;
use timeline::{Timeline, timelines};
use undertone_core::Role;
use undertone_experiments::{
    Analysis, ArmIndex, Goal, Metric, Observations, Plan, RATIO_ALARM, RatioCheck, State,
};
use undertone_store::{Evidence, EvidenceQuery, ExposureCount};

/// Draws of an interval times answers, at most: a report does not take minutes.
const MOST_DRAWN: usize = 20_000_000;
const FEWEST_DRAWS: usize = 100;
/// A shadow that has less of the live answers is told.
const ENOUGH_PAIRS: f64 = 0.95;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looking {
    /// Everything.
    AtAll,
    /// What the guardrails say and no more.
    AtGuardrails,
}

/// What the answers of an experiment say.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) kept: Arc<Kept>,
    pub(crate) analysis: Analysis,
    /// The metrics that the analysis tells, in its order.
    pub(crate) metrics: Vec<Metric>,
    /// Over the answers as they came; for every comparison.
    pub(crate) timelines: Vec<Timeline>,
    pub(crate) tallied: Tallied,
    /// Units first shown to each arm since the weights are what they are, in the order of the arms.
    pub(crate) exposed: Vec<u64>,
    pub(crate) forced_units: u64,
    pub(crate) ratio_p_value: f64,
    pub(crate) warnings: Vec<String>,
}

impl Report {
    pub(crate) fn arm_name(&self, arm: ArmIndex) -> &str {
        self.kept.arms().get(arm.0).map_or("?", |arm| arm.name.as_str())
    }

    pub(crate) fn control_name(&self) -> &str {
        self.arm_name(self.kept.experiment.control())
    }

    /// Per cent that the intervals hold.
    pub(crate) fn confidence_percent(&self) -> f64 {
        (1.0 - self.kept.document.alpha) * 100.0
    }

    pub(crate) fn ratio_mismatch(&self) -> bool {
        self.ratio_p_value < RATIO_ALARM
    }

    /// The decision, one sentence per comparison.
    pub(crate) fn decisions(&self) -> Vec<String> {
        sentence::decisions(self)
    }
}

/// Looks at an experiment now.
pub(crate) async fn look(
    recognition: &Recognition,
    kept: &Arc<Kept>,
    looking: Looking,
) -> Result<Report, Refusal> {
    let catalog = &recognition.experiments.catalog;
    let store = catalog.store().ok_or(Refusal::NoStore("run `undertone serve`"))?;
    let prefix = format!("{}/", kept.name());
    let query = EvidenceQuery { prefix: &prefix, limit: recognition.experiments.report_answers };
    let evidence = store.evidence(query).await?;
    let since = kept.progress.weighed_at_micros.unwrap_or(0);
    let counts = store.exposure_counts(kept.name(), since).await?;
    let kept = kept.clone();
    let made = tokio::task::spawn_blocking(move || made(&kept, &evidence, &counts, looking)).await;
    made.unwrap_or_else(|error| Err(Refusal::NotNow(format!("the analysis was lost: {error}"))))
}

fn made(
    kept: &Arc<Kept>,
    evidence: &Evidence,
    counts: &[ExposureCount],
    looking: Looking,
) -> Result<Report, Refusal> {
    let wrong = |error: undertone_experiments::ExperimentError| Refusal::NotNow(error.to_string());
    let (answers, tallied) = observations(kept, evidence);
    let plan = plan(kept, looking, answers.len()).map_err(wrong)?;
    let (arms, labels) = (kept.arms().len(), kept.document.labels.len());
    let timelines = match looking {
        Looking::AtAll => timelines(&answers, &plan, (arms, labels)),
        Looking::AtGuardrails => Vec::new(),
    };
    let seen = Observations::new(answers, arms, labels).map_err(wrong)?;
    let analysis = Analysis::of(&seen, &plan).map_err(wrong)?;
    let exposed = exposed(kept, counts, "drawn");
    let weights: Vec<u16> = kept.arms().iter().map(|arm| arm.weight).collect();
    let ratio_p_value = RatioCheck::new(&weights).map_err(wrong)?.p_value(&exposed);
    let mut report = Report {
        metrics: plan.goals.iter().map(|goal| goal.metric).collect(),
        kept: kept.clone(),
        analysis,
        timelines,
        tallied,
        forced_units: exposed_forced(counts),
        exposed,
        ratio_p_value,
        warnings: Vec::new(),
    };
    report.warnings = warnings(&report, evidence);
    Ok(report)
}

/// The experiment's plan; a report tells the usual figures behind those that the experiment names.
fn plan(
    kept: &Kept,
    looking: Looking,
    answers: usize,
) -> Result<Plan, undertone_experiments::ExperimentError> {
    let mut plan = Plan::of(&kept.experiment)?;
    if looking == Looking::AtGuardrails {
        plan.goals.truncate(1);
        return Ok(Plan { draws: 0, ..plan });
    }
    // An arm that was stopped is still compared with the control, on what it answered.
    for (place, arm) in kept.arms().iter().enumerate() {
        if arm.role == Role::Live && kept.progress.stopped(&arm.name).is_some() {
            plan.weights[place] = plan.weights[place].max(1);
        }
    }
    let recalls = (0..kept.document.labels.len()).map(|label| Metric::Recall { label });
    let usual = [Metric::Accuracy, Metric::AverageRecall, Metric::CalibrationError, Metric::Brier];
    let other = [Metric::Confidence, Metric::Kappa, Metric::Latency, Metric::ProcessorTime];
    for metric in usual.into_iter().chain(other).chain(recalls) {
        if plan.goals.iter().all(|goal| goal.metric != metric) {
            plan.goals.push(Goal { metric, margin: 0.0 });
        }
    }
    plan.draws = (MOST_DRAWN / answers.max(1)).clamp(FEWEST_DRAWS, plan.draws.max(FEWEST_DRAWS));
    Ok(plan)
}

fn exposed(kept: &Kept, counts: &[ExposureCount], origin: &str) -> Vec<u64> {
    let units = |name: &str| -> u64 {
        let own = counts.iter().filter(|count| count.arm == name && count.origin == origin);
        own.map(|count| count.units.unsigned_abs()).sum()
    };
    kept.arms().iter().map(|arm| units(&arm.name)).collect()
}

fn exposed_forced(counts: &[ExposureCount]) -> u64 {
    counts.iter().filter(|count| count.origin == "forced").map(|count| count.units.unsigned_abs()).sum()
}

/// What makes the figures less than they seem.
fn warnings(report: &Report, evidence: &Evidence) -> Vec<String> {
    let mut warnings = Vec::new();
    if report.ratio_mismatch() {
        warnings.push(format!(
            "the arms have other numbers of units than their weights say (p = {:.2e}): something loses units, and no \
             figure here can be trusted before that is found",
            report.ratio_p_value
        ));
    }
    if evidence.cut {
        let sentence = "there are more answers than a report looks at (experiments.report_answers): these are the oldest";
        warnings.push(sentence.to_owned());
    }
    let crossed = report.analysis.crossed;
    if crossed > 0 {
        warnings.push(format!(
            "{crossed} subjects have answers of more than one arm, because weights changed; they count as different ones"
        ));
    }
    if report.tallied.unreadable > 0 {
        warnings.push(format!(
            "{} answers are left out: their labels are not those of the experiment",
            report.tallied.unreadable
        ));
    }
    let live: u64 = report.tallied.live_answers;
    for paired in report.analysis.paired.iter().filter(|own| is_shadow(report, own.arm)) {
        let share = paired.pairs as f64 / live.max(1) as f64;
        if live > 0 && share < ENOUGH_PAIRS {
            warnings.push(format!(
                "the shadow arm {:?} has answers about {:.0} % of what was answered: the rest was dropped under load, and \
                 the comparison is one of quieter hours",
                report.arm_name(paired.arm),
                share * 100.0
            ));
        }
    }
    let judged: BTreeSet<ArmIndex> =
        report.analysis.arms.iter().filter(|arm| arm.judged > 0).map(|arm| arm.arm).collect();
    if judged.is_empty() && report.kept.state != State::Draft {
        warnings.push("nobody has said anything about an answer yet: send feedback".to_owned());
    }
    warnings
}

fn is_shadow(report: &Report, arm: ArmIndex) -> bool {
    report.kept.arms().get(arm.0).is_some_and(|arm| arm.role == Role::Shadow)
}
