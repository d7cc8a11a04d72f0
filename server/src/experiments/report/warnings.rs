//! What makes the figures of a report less than they seem.

use super::{Report, is_shadow};
use std::collections::BTreeSet;
use undertone_experiments::{ArmIndex, Paired, State};

/// A shadow that has less of the control's answers is told.
const ENOUGH_PAIRS: f64 = 0.95;

/// What makes the figures less than they seem.
pub(super) fn warnings(report: &Report) -> Vec<String> {
    let mut warnings = Vec::new();
    if report.ratio_mismatch() {
        warnings.push(format!(
            "the arms have other numbers of units than their weights say (p = {:.2e}): something loses units, and no \
             figure here can be trusted before that is found",
            report.ratio_p_value
        ));
    }
    if report.left_out > 0 {
        warnings.push(format!(
            "THE NEWEST {} ANSWERS ARE LEFT OUT: a report looks at the oldest {} (experiments.report_answers). What it says holds \
             for these; raise that to see more. Guardrails go on with the newer ones",
            report.left_out,
            report.looked_at()
        ));
    }
    if report.is_forgotten {
        warnings.push(
            "the experiment is older than answers are kept (store.retention): its first ones may be gone, and intervals hold at \
             every look only where answers stay"
                .to_owned(),
        );
    }
    let crossed = report.analysis.crossed;
    if crossed > 0 {
        warnings.push(format!(
            "{crossed} subjects have answers of more than one arm, because weights changed or every stream drew anew; they count \
             as different ones"
        ));
    }
    warnings.extend(
        report.models.iter().enumerate().filter_map(|(arm, models)| mixed(report, ArmIndex(arm), models)),
    );
    if report.tallied.unreadable > 0 {
        warnings.push(format!(
            "{} answers are left out: their labels are not those of the experiment",
            report.tallied.unreadable
        ));
    }
    if report.tallied.unlabelled > 0 {
        warnings.push(format!(
            "{} answers of shadows are not judged though the live ones beside them are: \"right\" and \"wrong\" do not tell what a \
             shadow should have said. Name the right label in feedback",
            report.tallied.unlabelled
        ));
    }
    warnings.extend(report.analysis.paired.iter().filter_map(|own| dropped(report, own)));
    let judged: BTreeSet<ArmIndex> =
        report.analysis.arms.iter().filter(|arm| arm.judged > 0).map(|arm| arm.arm).collect();
    if judged.is_empty() && report.kept.state != State::Draft {
        warnings.push("nobody has said anything about an answer yet: send feedback".to_owned());
    }
    warnings
}

/// An arm that names no version answers by the newest there is.
fn mixed(report: &Report, arm: ArmIndex, models: &BTreeSet<String>) -> Option<String> {
    let told: Vec<&str> = models.iter().map(String::as_str).collect();
    (told.len() > 1).then(|| {
        format!(
            "the arm {:?} was answered by {}, and its figures are about all of them: name the version in a definition to keep to it",
            report.arm_name(arm),
            told.join(" and ")
        )
    })
}

/// A shadow that has far fewer answers than the control.
fn dropped(report: &Report, paired: &Paired) -> Option<String> {
    let coverage = &paired.coverage;
    if !is_shadow(report, paired.arm) || coverage.share() >= ENOUGH_PAIRS {
        return None;
    }
    let (arm, control) = (report.arm_name(paired.arm), report.control_name());
    Some(format!(
        "the shadow arm {arm:?} has answers about {:.0} % of what {control} answered: the rest was dropped under load, did not \
         fit the model, or failed (undertone_shadow_utterances_total); see what that may change",
        coverage.share() * 100.0
    ))
}
