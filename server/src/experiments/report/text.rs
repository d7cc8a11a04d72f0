//! A report for a terminal.

use super::{Report, is_shadow, is_told, wording};
use std::fmt::{Result, Write};
use undertone_experiments::{Metric, Paired};

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
    beside(out, report)?;
    writeln!(
        out,
        "\nIntervals hold at every look, but for calibration error, kappa and quantiles of latency, which hold for one."
    )
}

fn checks(out: &mut String, report: &Report) -> Result {
    writeln!(out, "\nchecks")?;
    let verdict = if report.ratio_mismatch() { "MISMATCH" } else { "passes" };
    writeln!(
        out,
        "  numbers of units {verdict} (p = {:.3} at every look){}",
        report.ratio_p_value,
        units(report)
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
    for own in &report.guard.guarded {
        let name = wording::name(own.guardrail.metric, &report.kept.document.labels);
        writeln!(out, "  guardrail {name} of {}: {}", report.arm_name(own.arm), own.verdict)?;
    }
    if let Some(told) = report.guard.told() {
        writeln!(out, "  {told}")?;
    }
    for stopped in &report.kept.progress.stopped {
        writeln!(out, "  STOPPED: arm {}: {}", stopped.arm, stopped.reason)?;
    }
    report.warnings.iter().try_for_each(|warning| writeln!(out, "  WARNING: {warning}"))
}

/// Behind each other where weights never changed, else a line for every time between the changes.
fn units(report: &Report) -> String {
    let told = |period: usize| {
        let arms = report.kept.arms().iter().zip(&report.exposed[period]);
        let arms = arms.map(|(arm, units)| format!("{} {units}", arm.name));
        arms.collect::<Vec<String>>().join(", ")
    };
    match report.periods.all() {
        [_] => format!(": {}", told(0)),
        periods => {
            let lines = periods.iter().enumerate().map(|(place, own)| {
                let weights = own.weights.iter().map(|weight| (f64::from(*weight) / 100.0).to_string());
                let weights = weights.collect::<Vec<String>>().join(" / ");
                format!("\n    at {weights} %: {}", told(place))
            });
            lines.collect()
        }
    }
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
        for figure in own.figures.iter().filter(|figure| is_told(report, own.arm, figure.metric)) {
            let name = wording::name(figure.metric, &report.kept.document.labels);
            writeln!(
                out,
                "    {name:<20} {}",
                wording::figure(figure.metric, figure.value, figure.interval.as_ref())
            )?;
        }
        if !is_shadow(report, own.arm) {
            for latency in &own.latency {
                let name = format!("latency of {:.0} %", latency.share * 100.0);
                let told = wording::figure(Metric::Latency, Some(latency.seconds), latency.interval.as_ref());
                writeln!(out, "    {name:<20} {told}")?;
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
        for latency in &difference.latency {
            let name = format!("latency of {:.0} %", latency.share * 100.0);
            let told = wording::change(Metric::Latency, Some(latency.seconds), latency.interval.as_ref());
            writeln!(out, "    {name:<20} {told}")?;
        }
        if report.periods.all().len() > 1 {
            writeln!(out, "    within the times between changes of the weights, and then together")?;
        }
        if let Some(p) = difference.adjusted_p_value {
            writeln!(
                out,
                "    p of no difference in the first, at every look and for all comparisons: {}",
                wording::p_value(p)
            )?;
        }
    }
    Ok(())
}

fn pairs(out: &mut String, report: &Report) -> Result {
    for paired in report.analysis.paired.iter().filter(|own| own.pairs > 0) {
        let (arm, control) = (report.arm_name(paired.arm), report.control_name());
        writeln!(out, "\n{arm} and {control} on the same audio: {} pairs", paired.pairs)?;
        let metric = Metric::Accuracy;
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
            "    {:<20} {arm} {}, {control} {} (McNemar's exact p for one look {})",
            "right alone",
            paired.only_arm_right,
            paired.only_control_right,
            wording::p_value(paired.mcnemar_once)
        )?;
        if let Some(p) = paired.adjusted_p_value {
            writeln!(
                out,
                "    p of no difference, at every look and for all comparisons: {}",
                wording::p_value(p)
            )?;
        }
        dropped(out, report, paired)?;
    }
    Ok(())
}

/// What a shadow was dropped for, and what that may change.
fn dropped(out: &mut String, report: &Report, paired: &Paired) -> Result {
    let (own, control) = (&paired.coverage, report.control_name());
    if !is_shadow(report, paired.arm) || own.pairs == own.answers {
        return Ok(());
    }
    let share = own.share() * 100.0;
    writeln!(
        out,
        "    {:<20} {} of {} answers of {control} ({share:.1} %)",
        "pairs", own.pairs, own.answers
    )?;
    if let Some(interval) = &own.interval {
        let told = wording::points(interval);
        writeln!(
            out,
            "    {:<20} {told}: every pair counts for the answers that waited as long",
            "corrected"
        )?;
    }
    if let Some(check) = &own.with_less_without {
        let told = wording::points(check);
        writeln!(out, "    {:<20} {told}: accuracy of {control} with a pair less without", "is it chance?")?;
    }
    if let Some((low, high)) = own.bounds {
        let (low, high) = (low * 100.0, high * 100.0);
        writeln!(
            out,
            "    {:<20} {low:+.1} to {high:+.1} points, whatever the dropped answers were",
            "at the worst"
        )?;
    }
    Ok(())
}

/// Differences with changed weights, and with what was known before, and of parts of the streams.
fn beside(out: &mut String, report: &Report) -> Result {
    let control = report.control_name();
    for own in &report.weighted {
        let told = own.interval.map_or_else(|| "-".to_owned(), |interval| wording::points(&interval));
        let units = own.effect.units;
        writeln!(
            out,
            "\n{} less {control}, weighted by how likely each arm was when a subject got it",
            report.arm_name(own.arm)
        )?;
        writeln!(out, "    {:<20} {told}, of {units} subjects", "accuracy")?;
    }
    if let Some(known) = &report.known {
        for own in &known.comparisons {
            let told = own.interval.map_or_else(|| "-".to_owned(), |interval| wording::points(&interval));
            let (name, saved) = (known.covariate.name(), own.adjusted.saved * 100.0);
            writeln!(out, "\n{} less {control}, with what was known before", report.arm_name(own.arm))?;
            writeln!(out, "    {:<20} {told}: {saved:.0} % less variance", "accuracy")?;
            writeln!(
                out,
                "    from the {name} of {} of {} subjects before their exposure",
                own.known, own.subjects
            )?;
        }
    }
    segments(out, report)
}

fn segments(out: &mut String, report: &Report) -> Result {
    let segments = &report.segments;
    if segments.rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nsegments: {} were looked at", segments.rows.len())?;
    for own in &segments.rows {
        let value = if own.value.is_empty() { "(none)" } else { own.value.as_str() };
        writeln!(out, "  {} = {value}: {} judged", own.label, own.judged)?;
        for change in &own.changes {
            let told = wording::change(change.metric, change.value, change.interval.as_ref());
            writeln!(out, "    {:<20} {told}", report.arm_name(change.arm))?;
        }
    }
    writeln!(out, "  {}", segments.caution())?;
    if !segments.passed_over.is_empty() {
        writeln!(out, "  not looked at, with too many values: {}", segments.passed_over.join(", "))?;
    }
    Ok(())
}
