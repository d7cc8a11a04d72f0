//! The model card, with the sections of Mitchell et al. (2019).

mod analyses;
mod conduct;
mod data;
mod details;

use crate::evaluation::{Decision, DecisionRule};
use crate::shipment::Shipment;

/// Writes the card of a shipment.
pub(crate) fn card(name: &str, version: &str, shipment: &Shipment<'_>) -> String {
    let sections = [
        details::details(name, version, shipment),
        conduct::intended_use(shipment.sheet),
        conduct::FACTORS.to_owned(),
        analyses::metrics(),
        data::evaluation(shipment),
        data::training(shipment),
        analyses::figures(shipment),
        calibration(&shipment.recipe.decision, shipment.decision.as_ref()),
        conduct::ETHICS.to_owned(),
        conduct::CAVEATS.to_owned(),
    ];
    sections.join("\n")
}

/// `card` under another name and version, with the section about calibration that belongs to `decision`.
pub(crate) fn recalibrated(
    card: &str,
    (name, version): (&str, &str),
    rule: &DecisionRule,
    decision: &Decision,
) -> String {
    let (_, body) = card.split_once('\n').unwrap_or(("", card));
    let (before, rest) = body.split_once(CALIBRATION).unwrap_or((body, ""));
    let after = rest.find("\n## ").map_or("", |place| &rest[place..]);
    format!("# {name} {version}\n{before}{}{after}", calibration(rule, Some(decision)))
}

/// `card` under another name and version, with a section about its weights; `bytes` are those of the graphs before and
/// after.
pub(crate) fn quantized(
    card: &str,
    (name, version): (&str, &str),
    (before, after): (usize, usize),
) -> String {
    let (_, body) = card.split_once('\n').unwrap_or(("", card));
    let kilobytes = |bytes: usize| bytes / 1000;
    format!(
        "# {name} {version}\n{body}\n## Quantization\n\nWeights are rounded to 8 bits, with one step size per output channel; the \
         graphs have {} kB instead of {}. They compute with floats, so they are as fast, not faster. The figures above are \
         those of the unrounded weights.\n",
        kilobytes(after),
        kilobytes(before)
    )
}

/// Labels of a lower probability than this are in a set that leaves hardly one out.
const LEAST_TELLING: f32 = 1e-4;
const CALIBRATION: &str = "## Calibration\n";

fn calibration(rule: &DecisionRule, decision: Option<&Decision>) -> String {
    let Some(decision) = decision else {
        return format!("{CALIBRATION}\nNone: no clips were held out for it.\n");
    };
    let abstaining = match decision.abstain_below {
        Some(bound) => format!(
            "Answers less sure than {bound:.3} abstain: among the others at most {:.0} % of the calibration clips \
             were wrong.",
            100.0 * rule.abstain_error
        ),
        None => format!(
            "No bound keeps the error below {:.0} %, so no answer abstains.",
            100.0 * rule.abstain_error
        ),
    };
    let sets = match decision.conformal_threshold < LEAST_TELLING {
        true => " That is nearly every label: these clips tell too little for smaller sets.",
        false => "",
    };
    format!(
        "{CALIBRATION}\nLogits are divided by {:.3} before the softmax (temperature scaling, Guo et al. 2017). The \
         labels of probability {:.4} or more held the right one in at least {:.0} % of the calibration clips (split conformal \
         prediction).{} {abstaining}\n",
        decision.temperature,
        decision.conformal_threshold,
        100.0 * rule.coverage,
        sets,
    )
}
