//! A report for a terminal.

use super::{Report, is_shadow, wording};
use std::fmt::{Result, Write};

/// A report for a terminal.
pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing into a String does not fail.
    let _ = write_all(&mut out, report);
    out
}

fn write_all(out: &mut String, report: &Report) -> Result {
    let kept = &report.kept;
    writeln!(out, "experiment {} · {} · revision {}", kept.name(), kept.state, kept.revision)?;
    if !kept.document.hypothesis.is_empty() {
        writeln!(out, "hypothesis: {}", kept.document.hypothesis)?;
    }
    writeln!(out)?;
    for sentence in report.decisions() {
        writeln!(out, "  {sentence}")?;
    }
    checks(out, report)?;
    arms(out, report)?;
    differences(out, report)?;
    pairs(out, report)?;
    writeln!(
        out,
        "\nIntervals hold at every look, but for calibration error, kappa and quantiles of latency, which hold for one."
    )
}

fn checks(out: &mut String, report: &Report) -> Result {
    writeln!(out, "\nchecks")?;
    let verdict = if report.ratio_mismatch() { "MISMATCH" } else { "passes" };
    let units: Vec<String> = report
        .kept
        .arms()
        .iter()
        .zip(&report.exposed)
        .map(|(arm, units)| format!("{} {units}", arm.name))
        .collect();
    writeln!(
        out,
        "  numbers of units {verdict} (p = {:.3} at every look): {}",
        report.ratio_p_value,
        units.join(", ")
    )?;
    let tallied = &report.tallied;
    write!(out, "  feedback: {} of {} answers judged", tallied.judged, total(report))?;
    match tallied.median_delay_seconds {
        Some(delay) => writeln!(out, ", half of them within {delay:.1} s")?,
        None => writeln!(out)?,
    }
    if report.forced_units > 0 || report.analysis.forced > 0 {
        writeln!(out, "  left out: {} answers of arms that testers asked for", report.analysis.forced)?;
    }
    for difference in &report.analysis.differences {
        for (guardrail, verdict) in &difference.guardrails {
            let name = wording::name(guardrail.metric, &report.kept.document.labels);
            writeln!(out, "  guardrail {name} of {}: {verdict}", report.arm_name(difference.arm))?;
        }
    }
    for stopped in &report.kept.progress.stopped {
        writeln!(out, "  STOPPED: arm {}: {}", stopped.arm, stopped.reason)?;
    }
    report.warnings.iter().try_for_each(|warning| writeln!(out, "  WARNING: {warning}"))
}

fn total(report: &Report) -> u64 {
    report.analysis.arms.iter().map(|arm| arm.answers).sum()
}

fn arms(out: &mut String, report: &Report) -> Result {
    writeln!(out, "\narms")?;
    for (own, arm) in report.analysis.arms.iter().zip(report.kept.arms()) {
        let role = if is_shadow(report, own.arm) {
            "shadow".to_owned()
        } else {
            format!("{} %", f64::from(arm.weight) / 100.0)
        };
        let control = if own.arm == report.kept.experiment.control() { ", control" } else { "" };
        writeln!(
            out,
            "  {} ({}, {role}{control}): {} subjects, {} answers, {} judged",
            arm.name,
            report.kept.model_of(own.arm),
            own.subjects,
            own.answers,
            own.judged
        )?;
        for figure in &own.figures {
            let name = wording::name(figure.metric, &report.kept.document.labels);
            writeln!(
                out,
                "    {name:<20} {}",
                wording::figure(figure.metric, figure.value, figure.interval.as_ref())
            )?;
        }
        if !is_shadow(report, own.arm) {
            for latency in &own.latency {
                writeln!(
                    out,
                    "    {:<20} {:.1} ms",
                    format!("latency of {:.0} %", latency.share * 100.0),
                    latency.seconds * 1000.0
                )?;
            }
        }
    }
    Ok(())
}

fn differences(out: &mut String, report: &Report) -> Result {
    for difference in &report.analysis.differences {
        let (arm, control) = (report.arm_name(difference.arm), report.control_name());
        writeln!(out, "\n{arm} less {control}")?;
        for change in &difference.changes {
            let name = wording::name(change.metric, &report.kept.document.labels);
            writeln!(
                out,
                "    {name:<20} {}",
                wording::change(change.metric, change.value, change.interval.as_ref())
            )?;
        }
        if let Some(p) = difference.adjusted_p_value {
            writeln!(out, "    p of no difference in the first, at every look: {p:.4}")?;
        }
    }
    Ok(())
}

fn pairs(out: &mut String, report: &Report) -> Result {
    for paired in report.analysis.paired.iter().filter(|own| own.pairs > 0) {
        let (arm, control) = (report.arm_name(paired.arm), report.control_name());
        writeln!(out, "\n{arm} and {control} on the same audio: {} pairs", paired.pairs)?;
        let metric = undertone_experiments::Metric::Accuracy;
        let value = paired.effect.map(|effect| effect.value);
        writeln!(out, "    {:<20} {}", "accuracy", wording::change(metric, value, paired.accuracy.as_ref()))?;
        if let Some(agreement) = paired.agreement {
            writeln!(out, "    {:<20} {:.1} %", "same label", agreement * 100.0)?;
        }
        if let Some(kappa) = paired.kappa {
            writeln!(out, "    {:<20} {kappa:.3}", "kappa")?;
        }
        writeln!(
            out,
            "    {:<20} {arm} {}, {control} {} (McNemar's exact p for one look {:.4})",
            "right alone", paired.only_arm_right, paired.only_control_right, paired.mcnemar_once
        )?;
    }
    Ok(())
}
