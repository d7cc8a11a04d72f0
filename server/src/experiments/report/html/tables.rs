//! The figures of the arms and their differences.

use super::super::{Report, is_shadow, is_told, wording};
use super::row;
use crate::markup::escaped;
use std::fmt::{Result, Write};
use undertone_experiments::{ArmFigures, Metric};

pub(super) fn arms(out: &mut String, report: &Report) -> Result {
    write!(out, "<h2>Arms</h2><div class=\"wide\"><table><tr><td></td>")?;
    for arm in &report.analysis.arms {
        let (name, model) = (escaped(report.arm_name(arm.arm)), escaped(report.kept.model_of(arm.arm)));
        write!(out, "<th scope=\"col\">{name}<br>{model}{}</th>", escaped(&part(report, arm)))?;
    }
    out.push_str("</tr>");
    for (place, name) in ["subjects", "answers", "judged"].into_iter().enumerate() {
        cells(out, report, name, |arm| [arm.subjects, arm.answers, arm.judged][place].to_string())?;
    }
    for (place, metric) in report.metrics.iter().enumerate() {
        let name = wording::name(*metric, &report.kept.document.labels);
        cells(out, report, &name, |arm| {
            let figure = arm.figures.get(place).filter(|_| is_told(report, arm.arm, *metric));
            figure.map_or_else(String::new, |own| wording::figure(*metric, own.value, own.interval.as_ref()))
        })?;
    }
    for share in [0.5, 0.95, 0.99] {
        let name = format!("latency of {:.0} %", share * 100.0);
        cells(out, report, &name, |arm| {
            let own = arm.latency.iter().find(|own| (own.share - share).abs() < 1e-9);
            let own = own.filter(|_| is_told(report, arm.arm, Metric::Latency));
            own.map_or_else(String::new, |own| {
                wording::figure(Metric::Latency, Some(own.seconds), own.interval.as_ref())
            })
        })?;
    }
    out.push_str("</table></div>");
    Ok(())
}

fn part(report: &Report, arm: &ArmFigures) -> String {
    let weight = report.kept.arms().get(arm.arm.0).map_or(0.0, |own| f64::from(own.weight) / 100.0);
    match is_shadow(report, arm.arm) {
        true => ", shadow".to_owned(),
        false if arm.arm == report.kept.experiment.control() => format!(", {weight} %, control"),
        false => format!(", {weight} %"),
    }
}

fn cells(out: &mut String, report: &Report, name: &str, told: impl Fn(&ArmFigures) -> String) -> Result {
    write!(out, "<tr><th scope=\"row\">{}</th>", escaped(name))?;
    for arm in &report.analysis.arms {
        write!(out, "<td>{}</td>", escaped(&told(arm)))?;
    }
    out.push_str("</tr>");
    Ok(())
}

pub(super) fn differences(out: &mut String, report: &Report) -> Result {
    for difference in &report.analysis.differences {
        let (arm, control) = (report.arm_name(difference.arm), report.control_name());
        write!(out, "<h2>{} less {}</h2><table>", escaped(arm), escaped(control))?;
        for change in &difference.changes {
            let name = wording::name(change.metric, &report.kept.document.labels);
            row(out, &name, &wording::change(change.metric, change.value, change.interval.as_ref()))?;
        }
        for latency in &difference.latency {
            let told = wording::change(Metric::Latency, Some(latency.seconds), latency.interval.as_ref());
            row(out, &format!("latency of {:.0} %", latency.share * 100.0), &told)?;
        }
        if let Some(p) = difference.adjusted_p_value {
            row(
                out,
                "p of no difference in the first",
                &format!("{} at every look, for all comparisons", wording::p_value(p)),
            )?;
        }
        for (guardrail, verdict) in &difference.guardrails {
            let name = wording::name(guardrail.metric, &report.kept.document.labels);
            row(out, &format!("guardrail {name}"), &verdict.to_string())?;
        }
        out.push_str("</table>");
    }
    Ok(())
}
