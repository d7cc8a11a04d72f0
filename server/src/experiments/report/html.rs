//! A report as a page that needs nothing beside itself.

use super::{Report, chart, wording};
use crate::markup::escaped;
use std::fmt::{Result, Write};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:720px;margin:2rem auto;padding:0 1rem;color:#1d2430}\
    h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
    td,th{text-align:left;padding:.2rem .6rem .2rem 0;border-bottom:1px solid #e3e6ea;font-variant-numeric:tabular-nums}\
    .decision{font-size:1.15rem;border-left:4px solid #2f6fd0;padding-left:.8rem}\
    .warning{border-left:4px solid #c9482b;padding-left:.8rem}svg{width:100%;height:auto}\
    svg .band{fill:#2f6fd0;opacity:.18}svg .value{fill:none;stroke:#2f6fd0;stroke-width:2}\
    svg .zero{stroke:#1d2430;stroke-dasharray:4 3}svg text{font-size:11px;fill:#5b6573}\
    @media(prefers-color-scheme:dark){body{background:#15181d;color:#e6e9ee}td,th{border-color:#2c323b}\
    svg .zero{stroke:#e6e9ee}svg text{fill:#9aa4b2}}";

/// A report as a page that needs nothing beside itself.
pub(crate) fn html(report: &Report) -> String {
    let mut out = String::new();
    // Writing into a String does not fail.
    let _ = page(&mut out, report);
    out
}

fn page(out: &mut String, report: &Report) -> Result {
    let kept = &report.kept;
    let name = escaped(kept.name());
    write!(
        out,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
    )?;
    write!(out, "<title>{name}</title><style>{STYLE}</style><h1>Experiment {name}</h1>")?;
    write!(
        out,
        "<p>{} · revision {}</p><p>{}</p>",
        kept.state,
        kept.revision,
        escaped(&kept.document.hypothesis)
    )?;
    for sentence in report.decisions() {
        write!(out, "<p class=\"decision\">{}</p>", escaped(&sentence))?;
    }
    for warning in &report.warnings {
        write!(out, "<p class=\"warning\">{}</p>", escaped(warning))?;
    }
    for stopped in &kept.progress.stopped {
        write!(
            out,
            "<p class=\"warning\">Arm {} was stopped: {}</p>",
            escaped(&stopped.arm),
            escaped(&stopped.reason)
        )?;
    }
    pictures(out, report)?;
    figures(out, report)?;
    differences(out, report)?;
    pairs(out, report)?;
    checks(out, report)?;
    writeln!(
        out,
        "<p>Intervals hold at every look, but for calibration error and kappa, which hold for one. Of many figures some \
        differ by chance: the first one decides.</p></html>"
    )
}

fn pictures(out: &mut String, report: &Report) -> Result {
    let deciding = report.kept.experiment.definition().goals.first().map(|goal| goal.metric);
    for timeline in &report.timelines {
        let metric = if timeline.paired {
            undertone_experiments::Metric::Accuracy
        } else {
            deciding.unwrap_or(undertone_experiments::Metric::Accuracy)
        };
        let (unit, factor) = wording::unit(metric);
        let unit = if unit == "%" { "points" } else { unit };
        let (arm, control) = (escaped(report.arm_name(timeline.arm)), escaped(report.control_name()));
        let name = wording::name(metric, &report.kept.document.labels);
        write!(
            out,
            "<h2>{} of {arm} less {control} in {unit}, over the judged answers</h2>",
            escaped(&name)
        )?;
        out.push_str(&chart::sequence(timeline, factor));
    }
    Ok(())
}

fn figures(out: &mut String, report: &Report) -> Result {
    write!(out, "<h2>Arms</h2><table><tr><th></th>")?;
    for arm in &report.analysis.arms {
        write!(
            out,
            "<th>{}<br>{}</th>",
            escaped(report.arm_name(arm.arm)),
            escaped(report.kept.model_of(arm.arm))
        )?;
    }
    out.push_str("</tr>");
    for (place, name) in ["subjects", "answers", "judged"].into_iter().enumerate() {
        write!(out, "<tr><td>{name}</td>")?;
        for arm in &report.analysis.arms {
            write!(out, "<td>{}</td>", [arm.subjects, arm.answers, arm.judged][place])?;
        }
        out.push_str("</tr>");
    }
    for (place, metric) in report.metrics.iter().enumerate() {
        write!(out, "<tr><td>{}</td>", escaped(&wording::name(*metric, &report.kept.document.labels)))?;
        for arm in &report.analysis.arms {
            let own = arm.figures.get(place);
            let told = own.map(|own| wording::figure(*metric, own.value, own.interval.as_ref()));
            write!(out, "<td>{}</td>", told.unwrap_or_default())?;
        }
        out.push_str("</tr>");
    }
    out.push_str("</table>");
    Ok(())
}

fn differences(out: &mut String, report: &Report) -> Result {
    for difference in &report.analysis.differences {
        let (arm, control) = (report.arm_name(difference.arm), report.control_name());
        write!(out, "<h2>{} less {}</h2><table>", escaped(arm), escaped(control))?;
        for change in &difference.changes {
            let name = wording::name(change.metric, &report.kept.document.labels);
            let told = wording::change(change.metric, change.value, change.interval.as_ref());
            write!(out, "<tr><td>{}</td><td>{told}</td></tr>", escaped(&name))?;
        }
        for (guardrail, verdict) in &difference.guardrails {
            let name = wording::name(guardrail.metric, &report.kept.document.labels);
            write!(
                out,
                "<tr><td>guardrail {}</td><td>{}</td></tr>",
                escaped(&name),
                escaped(&verdict.to_string())
            )?;
        }
        out.push_str("</table>");
    }
    Ok(())
}

fn pairs(out: &mut String, report: &Report) -> Result {
    for paired in report.analysis.paired.iter().filter(|own| own.pairs > 0) {
        let (arm, control) = (escaped(report.arm_name(paired.arm)), escaped(report.control_name()));
        let value = paired.effect.map(|effect| effect.value);
        let accuracy =
            wording::change(undertone_experiments::Metric::Accuracy, value, paired.accuracy.as_ref());
        write!(
            out,
            "<h2>{arm} and {control} on the same audio</h2><table><tr><td>pairs</td><td>{}</td></tr>",
            paired.pairs
        )?;
        write!(out, "<tr><td>accuracy, {arm} less {control}</td><td>{accuracy}</td></tr>")?;
        let share = paired.agreement.map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0));
        let kappa = paired.kappa.map_or("-".to_owned(), |kappa| format!("{kappa:.3}"));
        write!(out, "<tr><td>same label</td><td>{share}, kappa {kappa}</td></tr>")?;
        let (own, others) = (paired.only_arm_right, paired.only_control_right);
        write!(out, "<tr><td>right alone</td><td>{arm} {own}, {control} {others}</td></tr></table>")?;
    }
    Ok(())
}

fn checks(out: &mut String, report: &Report) -> Result {
    let verdict = if report.ratio_mismatch() { "MISMATCH" } else { "passes" };
    write!(
        out,
        "<h2>Checks</h2><table><tr><td>numbers of units</td><td>{verdict}, p = {:.3} at every look</td></tr>",
        report.ratio_p_value
    )?;
    for (arm, units) in report.kept.arms().iter().zip(&report.exposed) {
        write!(out, "<tr><td>units of {}</td><td>{units}</td></tr>", escaped(&arm.name))?;
    }
    let (judged, forced) = (report.tallied.judged, report.analysis.forced);
    write!(
        out,
        "<tr><td>judged answers</td><td>{judged}</td></tr><tr><td>answers of testers, left out</td><td>{forced}</td></tr></table>"
    )
}
