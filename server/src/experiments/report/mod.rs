//! What the answers of an experiment say.

mod chart;
mod guardrails;
mod html;
mod json;
mod observations;
mod past;
mod periods;
mod segments;
mod sentence;
mod text;
mod timeline;
mod warnings;
mod weighed;
mod wording;

pub(crate) use guardrails::{Guard, guard};
pub(crate) use html::html;
pub(crate) use json::json;
pub(crate) use text::text;

use super::kept::Kept;
use super::refusal::Refusal;
use crate::recognition::Recognition;
use observations::{Seen, Tallied, observations};
use past::{Known, known};
use periods::Periods;
use segments::{Segments, segments};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use timeline::{Timeline, timelines};
use undertone_core::{Role, UnixMicros};
use undertone_experiments::{
    Analysis, ArmIndex, ExperimentError, Goal, Metric, Observations, Plan, RATIO_ALARM, Tally,
};
use undertone_store::{Evidence, EvidenceQuery, ExperimentStore, Exposure, ExposureCount, Past, Reading};
use weighed::{Weighted, weighted};

/// Draws of an interval times answers, at most: a report does not take minutes.
const MOST_DRAWN: usize = 20_000_000;
const FEWEST_DRAWS: usize = 100;

/// What the answers of an experiment say.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) kept: Arc<Kept>,
    pub(crate) analysis: Analysis,
    /// The metrics that the analysis tells, in its order.
    pub(crate) metrics: Vec<Metric>,
    /// Over the answers as they came; for every comparison.
    pub(crate) timelines: Vec<Timeline>,
    /// Where weights changed, the arms against the control with that taken into account.
    pub(crate) weighted: Vec<Weighted>,
    /// What was known of subjects before, and what that gains.
    pub(crate) known: Option<Known>,
    pub(crate) segments: Segments,
    pub(crate) tallied: Tallied,
    /// The models that answered, as `NAME@VERSION`, by arm.
    pub(crate) models: Vec<BTreeSet<String>>,
    pub(crate) guard: Guard,
    /// The times between changes of the weights.
    pub(crate) periods: Periods,
    /// Units first shown to each arm, by period, in the order of the arms.
    pub(crate) exposed: Vec<Vec<u64>>,
    /// Answers that were not looked at, since there are too many.
    pub(crate) left_out: u64,
    pub(crate) forced_units: u64,
    /// Whether the experiment is older than answers are kept.
    pub(crate) is_forgotten: bool,
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

    /// Units first shown to an arm, all together.
    pub(crate) fn exposed_to(&self, arm: ArmIndex) -> u64 {
        self.exposed.iter().filter_map(|period| period.get(arm.0)).sum()
    }

    /// Answers that were looked at, live ones and those of shadows.
    pub(crate) fn looked_at(&self) -> u64 {
        self.analysis.arms.iter().map(|arm| arm.answers).sum::<u64>() + self.analysis.forced as u64
    }

    /// The decision, one sentence per comparison.
    pub(crate) fn decisions(&self) -> Vec<String> {
        sentence::decisions(self)
    }
}

/// What was read of an experiment.
struct Read {
    now: UnixMicros,
    evidence: Evidence,
    periods: Periods,
    counts: Vec<ExposureCount>,
    exposures: Vec<Exposure>,
    past: Vec<Past>,
    guard: Guard,
    retention: Option<Duration>,
}

/// Looks at an experiment now. Where there are too many answers it is at the oldest: intervals for many looks are about what they
/// were about before, and more.
pub(crate) async fn look(recognition: &Recognition, kept: &Arc<Kept>) -> Result<Report, Refusal> {
    let store = store(recognition)?;
    let periods = Periods::of(kept, &store.history(kept.key()).await?);
    let read = Read {
        evidence: evidence(recognition, kept, Reading::Oldest).await?,
        counts: store.exposure_counts(kept.key(), &periods.begun_micros()).await?,
        periods,
        exposures: store.exposures(kept.key(), recognition.experiments.report_answers).await?,
        past: store.past(kept.key()).await?,
        guard: guard(recognition, kept).await?,
        retention: recognition.experiments.retention,
        now: recognition.clock.now(),
    };
    let kept = kept.clone();
    let made = tokio::task::spawn_blocking(move || made(&kept, &read)).await;
    made.unwrap_or_else(|error| Err(Refusal::NotNow(format!("the analysis was lost: {error}"))))
}

/// Right and wrong answers of every arm, each subject counting once.
pub(crate) async fn rewards(recognition: &Recognition, kept: &Arc<Kept>) -> Result<Vec<Tally>, Refusal> {
    let evidence = evidence(recognition, kept, Reading::Newest).await?;
    let periods = Periods::of(kept, &[]);
    let (kept, now) = (kept.clone(), recognition.clock.now());
    let counted = tokio::task::spawn_blocking(move || {
        weighed::tallies(&observations(&kept, (&evidence, &periods), now).answers, kept.arms().len())
    });
    counted.await.map_err(|error| Refusal::NotNow(format!("the answers were lost: {error}")))
}

fn store(recognition: &Recognition) -> Result<&Arc<ExperimentStore>, Refusal> {
    recognition.experiments.catalog.store().ok_or(Refusal::NoStore("run `undertone serve`"))
}

async fn evidence(recognition: &Recognition, kept: &Kept, first: Reading) -> Result<Evidence, Refusal> {
    let prefix = format!("{}/", kept.name());
    let limit = recognition.experiments.report_answers;
    let query = EvidenceQuery { tenant: &kept.tenant, prefix: &prefix, limit, first };
    Ok(store(recognition)?.evidence(query).await?)
}

fn made(kept: &Arc<Kept>, read: &Read) -> Result<Report, Refusal> {
    let seen = observations(kept, (&read.evidence, &read.periods), read.now);
    let plan = plan(kept, seen.answers.len())?;
    let (arms, labels) = (kept.arms().len(), kept.document.labels.len());
    let beside = Beside::of(kept, read, (&seen, &plan));
    let Seen { answers, tallied, models, .. } = seen;
    let seen = Observations::new(answers, arms, labels)?;
    let analysis = Analysis::of(&seen, &plan)?;
    let known = known(kept, &read.past, &seen, &plan);
    let exposed = read.periods.drawn(kept, &read.counts);
    let ratio_p_value = read.periods.ratio_p_value(&exposed)?;
    let mut report = Report {
        metrics: plan.goals.iter().map(|goal| goal.metric).collect(),
        kept: kept.clone(),
        analysis,
        timelines: beside.timelines,
        weighted: beside.weighted,
        segments: beside.segments,
        known,
        tallied,
        models,
        guard: read.guard.clone(),
        forced_units: exposed_forced(&read.counts),
        periods: read.periods.clone(),
        exposed,
        left_out: read.evidence.left_out,
        is_forgotten: is_forgotten(kept.progress.started_at_micros, read.now, read.retention),
        ratio_p_value,
        warnings: Vec::new(),
    };
    report.warnings = warnings::warnings(&report);
    Ok(report)
}

/// Whether the experiment began before the oldest answers that are kept.
fn is_forgotten(started_micros: Option<i64>, now: UnixMicros, retention: Option<Duration>) -> bool {
    let passed = started_micros.map(|started| now.0.saturating_sub(started));
    let passed = passed.and_then(|micros| u64::try_from(micros).ok()).map(Duration::from_micros);
    passed.zip(retention).is_some_and(|(passed, kept)| passed > kept)
}

/// What stands beside the analysis, from the answers one by one.
struct Beside {
    timelines: Vec<Timeline>,
    weighted: Vec<Weighted>,
    segments: Segments,
}

impl Beside {
    fn of(kept: &Kept, read: &Read, (seen, plan): (&Seen, &Plan)) -> Self {
        let (arms, labels) = (kept.arms().len(), kept.document.labels.len());
        Self {
            timelines: timelines(&seen.answers, plan, (arms, labels)),
            weighted: weighted(kept, (&read.exposures, &read.periods), &seen.answers, plan),
            segments: segments(seen, plan, labels),
        }
    }
}

/// The experiment's plan; a report tells the usual figures behind those that the experiment names. Guardrails are looked at apart.
fn plan(kept: &Kept, answers: usize) -> Result<Plan, ExperimentError> {
    let mut plan = Plan { guardrails: Vec::new(), ..Plan::of(&kept.experiment)? };
    let recalls = (0..kept.document.labels.len()).map(|label| Metric::Recall { label });
    let usual = [Metric::Accuracy, Metric::AverageRecall, Metric::CalibrationError, Metric::Brier];
    let work = [Metric::Latency, Metric::ProcessorTime, Metric::ProcessorShare];
    for metric in usual.into_iter().chain([Metric::Confidence, Metric::Kappa]).chain(work).chain(recalls) {
        if plan.goals.iter().all(|goal| goal.metric != metric) {
            plan.goals.push(Goal { metric, margin: 0.0 });
        }
    }
    plan.draws = (MOST_DRAWN / answers.max(1)).clamp(FEWEST_DRAWS, plan.draws.max(FEWEST_DRAWS));
    Ok(plan)
}

fn exposed_forced(counts: &[ExposureCount]) -> u64 {
    counts.iter().filter(|count| count.origin == "forced").map(|count| count.units.unsigned_abs()).sum()
}

/// Whether a figure of an arm means something: the work of a shadow is not told apart from its waiting.
fn is_told(report: &Report, arm: ArmIndex, metric: Metric) -> bool {
    let of_work = matches!(
        metric,
        Metric::Latency | Metric::SlowAnswers { .. } | Metric::ProcessorTime | Metric::ProcessorShare
    );
    !of_work || !is_shadow(report, arm)
}

fn is_shadow(report: &Report, arm: ArmIndex) -> bool {
    report.kept.arms().get(arm.0).is_some_and(|arm| arm.role == Role::Shadow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_experiment_that_is_older_than_what_is_kept_may_have_forgotten_answers() {
        let day = Duration::from_secs(86_400);
        let of = |days: u32, retention| {
            is_forgotten(Some(0), UnixMicros((day * days).as_micros() as i64), retention)
        };
        assert!(of(31, Some(day * 30)) && !of(29, Some(day * 30)));
        assert!(!of(9999, None) && !is_forgotten(None, UnixMicros(i64::MAX), Some(day)));
    }
}
