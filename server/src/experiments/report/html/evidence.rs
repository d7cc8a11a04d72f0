//! Pairs, differences with corrections, segments and checks.

use super::super::{Report, is_shadow, wording};
use super::row;
use crate::markup::escaped;
use std::fmt::{Result, Write};
use undertone_experiments::{Interval, Metric, Paired};

pub(super) fn pairs(out: &mut String, report: &Report) -> Result {
    for paired in report.analysis.paired.iter().filter(|own| own.pairs > 0) {
        let (arm, control) = (report.arm_name(paired.arm), report.control_name());
        let value = paired.effect.map(|effect| effect.value);
        let accuracy = wording::change(Metric::Accuracy, value, paired.accuracy.as_ref());
        write!(out, "<h2>{} and {} on the same audio</h2><table>", escaped(arm), escaped(control))?;
        row(out, "pairs", &paired.pairs.to_string())?;
        row(out, &format!("accuracy, {arm} less {control}"), &accuracy)?;
        if let Some(p) = paired.adjusted_p_value {
            row(
                out,
                "p of no difference",
                &format!("{} at every look, for all comparisons", wording::p_value(p)),
            )?;
        }
        let share = paired.agreement.map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0));
        let kappa = paired.kappa.map_or("-".to_owned(), |kappa| format!("{kappa:.3}"));
        row(out, "same label", &format!("{share}, kappa {kappa}"))?;
        let (own, others) = (paired.only_arm_right, paired.only_control_right);
        row(out, "right alone", &format!("{arm} {own}, {control} {others}"))?;
        dropped(out, report, paired)?;
        out.push_str("</table>");
    }
    Ok(())
}

fn dropped(out: &mut String, report: &Report, paired: &Paired) -> Result {
    let (own, control) = (&paired.coverage, report.control_name());
    if !is_shadow(report, paired.arm) || own.pairs == own.answers {
        return Ok(());
    }
    let share = own.share() * 100.0;
    row(
        out,
        &format!("answers of {control} with a pair"),
        &format!("{} of {} ({share:.1} %)", own.pairs, own.answers),
    )?;
    row(out, "every pair counting for the answers that waited as long", &told(own.interval))?;
    row(out, &format!("accuracy of {control} with a pair less without"), &told(own.with_less_without))?;
    if let Some((low, high)) = own.bounds {
        let (low, high) = (low * 100.0, high * 100.0);
        row(out, "whatever the dropped answers were", &format!("{low:+.1} to {high:+.1} points"))?;
    }
    Ok(())
}

pub(super) fn beside(out: &mut String, report: &Report) -> Result {
    if !report.weighted.is_empty() {
        write!(out, "<h2>Weighted by how likely each arm was when a subject got it</h2><table>")?;
        for own in &report.weighted {
            let (arm, control) = (report.arm_name(own.arm), report.control_name());
            let units = own.effect.units;
            let text = format!("{}, of {units} subjects", told(own.interval));
            row(out, &format!("accuracy, {arm} less {control}"), &text)?;
        }
        out.push_str("</table>");
    }
    let Some(known) = &report.known else { return Ok(()) };
    write!(
        out,
        "<h2>With what was known before</h2><p class=\"quiet\">The {} of a subject's answers before its exposure foretells \
         part of what it does here; that part is taken out.</p><table>",
        known.covariate.name()
    )?;
    for own in &known.comparisons {
        let (arm, control) = (report.arm_name(own.arm), report.control_name());
        let saved = own.adjusted.saved * 100.0;
        let text = format!(
            "{}, {saved:.0} % less variance; known of {} of {} subjects",
            told(own.interval),
            own.known,
            own.subjects
        );
        row(out, &format!("accuracy, {arm} less {control}"), &text)?;
    }
    out.push_str("</table>");
    Ok(())
}

pub(super) fn segments(out: &mut String, report: &Report) -> Result {
    let segments = &report.segments;
    let Some(first) = segments.rows.first() else { return Ok(()) };
    let caution = escaped(&segments.caution());
    write!(
        out,
        "<h2>Segments</h2><p class=\"warning\">{caution}</p><div class=\"wide\"><table><tr><td></td><th scope=\"col\">judged</th>"
    )?;
    for change in &first.changes {
        let (arm, control) = (escaped(report.arm_name(change.arm)), escaped(report.control_name()));
        let same = if change.paired { ",<br>same audio" } else { "" };
        write!(out, "<th scope=\"col\">{arm} less {control}{same}</th>")?;
    }
    out.push_str("</tr>");
    for own in &segments.rows {
        let value = if own.value.is_empty() { "(none)" } else { own.value.as_str() };
        write!(
            out,
            "<tr><th scope=\"row\">{} = {}</th><td>{}</td>",
            escaped(&own.label),
            escaped(value),
            own.judged
        )?;
        for change in &own.changes {
            let text = wording::change(change.metric, change.value, change.interval.as_ref());
            write!(out, "<td>{}</td>", escaped(&text))?;
        }
        out.push_str("</tr>");
    }
    out.push_str("</table></div>");
    if !segments.passed_over.is_empty() {
        let names = escaped(&segments.passed_over.join(", "));
        write!(out, "<p class=\"quiet\">Not looked at, with too many values: {names}</p>")?;
    }
    Ok(())
}

pub(super) fn checks(out: &mut String, report: &Report) -> Result {
    let verdict = if report.ratio_mismatch() { "MISMATCH" } else { "passes" };
    write!(out, "<h2>Checks</h2><table>")?;
    row(out, "numbers of units", &format!("{verdict}, p = {:.3} at every look", report.ratio_p_value))?;
    units(out, report)?;
    for own in &report.guard.guarded {
        let name = wording::name(own.guardrail.metric, &report.kept.document.labels);
        row(out, &format!("guardrail {name} of {}", report.arm_name(own.arm)), &own.verdict.to_string())?;
    }
    if let Some(told) = report.guard.told() {
        row(out, "blocks", &told)?;
    }
    row(out, "judged answers", &report.tallied.judged.to_string())?;
    if let Some(delay) = report.tallied.median_delay_seconds {
        row(out, "half of the feedback came within", &format!("{delay:.1} s"))?;
    }
    row(out, "answers of testers, left out", &report.analysis.forced.to_string())?;
    out.push_str("</table>");
    Ok(())
}

/// A row for every time between changes of the weights, where there were any.
fn units(out: &mut String, report: &Report) -> Result {
    let periods = report.periods.all();
    for (period, exposed) in periods.iter().zip(&report.exposed) {
        let own = report.kept.arms().iter().zip(&period.weights).zip(exposed);
        let own = own.filter(|((_, weight), units)| **weight > 0 || **units > 0);
        let own = own.map(|((arm, weight), units)| {
            format!("{} {units} of {} %", arm.name, f64::from(*weight) / 100.0)
        });
        let name = if periods.len() > 1 { "units at these weights" } else { "units" };
        row(out, name, &own.collect::<Vec<String>>().join(", "))?;
    }
    Ok(())
}

fn told(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "-".to_owned(), |own| wording::points(&own))
}
