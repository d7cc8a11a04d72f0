//! A report as one JSON object.

use super::guardrails::Guarded;
use super::segments::{Segment, SegmentChange};
use super::{Report, is_shadow, is_told};
use crate::experiments::metric_name_of;
use serde_json::{Value, json as object};
use undertone_experiments::{ArmFigures, ArmIndex, Coverage, Difference, Interval, Outcome, Paired, Verdict};

/// A report as one JSON object.
pub(crate) fn json(report: &Report) -> Value {
    let kept = &report.kept;
    object!({
        "experiment": kept.name(),
        "state": kept.state.name(),
        "revision": kept.revision,
        "hypothesis": kept.document.hypothesis,
        "control": report.control_name(),
        "alpha": kept.document.alpha,
        "decisions": report.decisions(),
        "checks": object!({
            "ratio_p_value": report.ratio_p_value,
            "ratio_mismatch": report.ratio_mismatch(),
            "exposed_units": by_arm(report),
            "periods": periods(report),
            "answers_left_out": report.left_out,
            "guardrail_block": report.guard.block,
            "guardrail_block_answers": report.guard.block_answers,
            "forced_units": report.forced_units,
            "forced_answers": report.analysis.forced,
            "crossed_subjects": report.analysis.crossed,
            "live_answers": report.tallied.live_answers,
            "feedback_rows": report.tallied.feedback,
            "judged_answers": report.tallied.judged,
            "median_feedback_delay_seconds": report.tallied.median_delay_seconds,
        }),
        "arms": report.analysis.arms.iter().map(|own| arm(report, own)).collect::<Vec<_>>(),
        "differences": report.analysis.differences.iter().map(|own| difference(report, own)).collect::<Vec<_>>(),
        "paired": report.analysis.paired.iter().map(|own| paired(report, own)).collect::<Vec<_>>(),
        "timelines": report.timelines.iter().map(|own| object!({
            "arm": report.arm_name(own.arm),
            "paired": own.paired,
            "looks": own.looks.iter().map(|look| object!({
                "judged": look.judged, "value": look.interval.value, "interval": interval(Some(&look.interval)),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "comparisons": report.analysis.arms.len().saturating_sub(1),
        "weighted": report.weighted.iter().map(|own| object!({
            "arm": report.arm_name(own.arm), "subjects": own.effect.units, "value": own.effect.value,
            "interval": interval(own.interval.as_ref()), "p_value": own.p_value,
        })).collect::<Vec<_>>(),
        "known_before": known_before(report),
        "segments": segments(report),
        "stopped": kept.progress.stopped,
        "chosen": kept.progress.chosen,
        "warnings": report.warnings,
    })
}

fn by_arm(report: &Report) -> Value {
    let arms = report.kept.arms().iter().enumerate();
    let units = arms.map(|(place, arm)| (arm.name.clone(), Value::from(report.exposed_to(ArmIndex(place)))));
    units.collect::<serde_json::Map<_, _>>().into()
}

/// The times between changes of the weights: since when, the percent of each arm, and the units that came.
fn periods(report: &Report) -> Value {
    let periods = report.periods.all().iter().zip(&report.exposed);
    let told = periods.map(|(own, units)| {
        let arms = report.kept.arms().iter().zip(own.weights.iter().zip(units));
        let arms = arms.map(|(arm, (weight, units))| {
            (arm.name.clone(), object!({ "weight": f64::from(*weight) / 100.0, "units": units }))
        });
        object!({ "since_micros": own.since.0, "arms": arms.collect::<serde_json::Map<_, _>>() })
    });
    told.collect::<Vec<Value>>().into()
}

fn interval(own: Option<&Interval>) -> Value {
    own.map_or(Value::Null, |own| object!([own.low, own.high]))
}

fn arm(report: &Report, own: &ArmFigures) -> Value {
    let labels = &report.kept.document.labels;
    let told = own.figures.iter().filter(|figure| is_told(report, own.arm, figure.metric));
    let figures = told.map(|figure| {
        let told = object!({ "value": figure.value, "interval": interval(figure.interval.as_ref()) });
        (metric_name_of(figure.metric, labels), told)
    });
    object!({
        "name": report.arm_name(own.arm),
        "model": report.kept.model_of(own.arm),
        "models": report.models.get(own.arm.0),
        "weight": report.kept.document.arms.get(own.arm.0).map(|arm| arm.weight),
        "shadow": is_shadow(report, own.arm),
        "subjects": own.subjects,
        "answers": own.answers,
        "judged": own.judged,
        "figures": figures.collect::<serde_json::Map<_, _>>(),
        "latency_quantiles": own.latency.iter().filter(|_| !is_shadow(report, own.arm)).map(|latency| object!({
            "share": latency.share, "seconds": latency.seconds, "interval": interval(latency.interval.as_ref()),
        })).collect::<Vec<_>>(),
    })
}

fn difference(report: &Report, own: &Difference) -> Value {
    let labels = &report.kept.document.labels;
    let changes = own.changes.iter().map(|change| {
        let told = object!({
            "value": change.value, "interval": interval(change.interval.as_ref()), "p_value": change.p_value,
        });
        (metric_name_of(change.metric, labels), told)
    });
    let guardrails = report.guard.of_arm(own.arm).map(|Guarded { guardrail, verdict, .. }| {
        let word = match verdict {
            Verdict::Clear => "clear",
            Verdict::Watching => "watching",
            Verdict::Breached { .. } => "breached",
        };
        object!({
            "metric": metric_name_of(guardrail.metric, labels), "tolerated": guardrail.tolerated, "verdict": word,
            "reason": verdict.to_string(),
        })
    });
    object!({
        "arm": report.arm_name(own.arm),
        "outcome": match own.outcome {
            Outcome::Better => "better",
            Outcome::Worse => "worse",
            Outcome::Alike => "alike",
            Outcome::Open => "open",
        },
        "adjusted_p_value": own.adjusted_p_value,
        "changes": changes.collect::<serde_json::Map<_, _>>(),
        "latency_quantiles": own.latency.iter().map(|latency| object!({
            "share": latency.share, "seconds": latency.seconds, "interval": interval(latency.interval.as_ref()),
        })).collect::<Vec<_>>(),
        "guardrails": guardrails.collect::<Vec<_>>(),
    })
}

fn paired(report: &Report, own: &Paired) -> Value {
    object!({
        "arm": report.arm_name(own.arm),
        "pairs": own.pairs,
        "agreement": own.agreement,
        "kappa": own.kappa,
        "only_arm_right": own.only_arm_right,
        "only_control_right": own.only_control_right,
        "mcnemar_once": own.mcnemar_once,
        "accuracy": object!({
            "value": own.effect.map(|effect| effect.value), "interval": interval(own.accuracy.as_ref()),
            "p_value": own.p_value, "adjusted_p_value": own.adjusted_p_value,
        }),
        "coverage": coverage(&own.coverage),
    })
}

fn coverage(own: &Coverage) -> Value {
    object!({
        "answers": own.answers,
        "pairs": own.pairs,
        "corrected": object!({
            "value": own.weighted.map(|effect| effect.value), "interval": interval(own.interval.as_ref()),
        }),
        "with_less_without_pair": own.with_less_without.map(|check| object!({
            "value": check.value, "interval": interval(Some(&check)),
        })),
        "bounds": own.bounds.map(|(low, high)| object!([low, high])),
        "strata": own.strata.iter().map(|stratum| object!({
            "waited_seconds": stratum.waited.as_secs_f64(), "answers": stratum.answers, "pairs": stratum.pairs,
        })).collect::<Vec<_>>(),
    })
}

fn known_before(report: &Report) -> Value {
    let Some(known) = &report.known else { return Value::Null };
    let compared = known.comparisons.iter().map(|own| {
        object!({
            "arm": report.arm_name(own.arm), "value": own.adjusted.effect.value,
            "interval": interval(own.interval.as_ref()), "variance_saved": own.adjusted.saved,
            "slope": own.adjusted.slope, "subjects": own.subjects, "known_subjects": own.known,
        })
    });
    object!({ "covariate": known.covariate.name(), "comparisons": compared.collect::<Vec<_>>() })
}

fn segments(report: &Report) -> Value {
    let labels = &report.kept.document.labels;
    let change = |own: &SegmentChange| {
        object!({
            "arm": report.arm_name(own.arm), "paired": own.paired, "metric": metric_name_of(own.metric, labels),
            "value": own.value, "interval": interval(own.interval.as_ref()),
        })
    };
    let row = |own: &Segment| {
        object!({
            "label": own.label, "value": own.value, "judged": own.judged,
            "changes": own.changes.iter().map(change).collect::<Vec<_>>(),
        })
    };
    object!({
        "rows": report.segments.rows.iter().map(row).collect::<Vec<_>>(),
        "passed_over": report.segments.passed_over,
        "caution": report.segments.caution(),
    })
}
