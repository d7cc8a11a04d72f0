//! The model card, with the sections of Mitchell et al. (2019).

mod analyses;
mod conduct;
mod data;
mod details;
mod factors;

use crate::TrainingRecipe;
use crate::evaluation::{Decision, DecisionRule};
use crate::shipment::Shipment;
use undertone_evaluation::Summary;

/// Writes the card of a shipment.
pub(crate) fn card(name: &str, version: &str, shipment: &Shipment<'_>) -> String {
    let sections = [
        details::details(name, version, shipment),
        conduct::intended_use(shipment.sheet),
        factors::factors(shipment.recipe),
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

/// `card` under another name and version, with what follows from `recipe`, from `decision` and from `quoted`, the figures
/// of evidence; without these it keeps its own.
pub(crate) fn recalibrated(
    card: &str,
    (name, version): (&str, &str),
    recipe: &TrainingRecipe,
    decision: &Decision,
    quoted: Option<&Summary>,
) -> String {
    let (_, body) = card.split_once('\n').unwrap_or(("", card));
    let mut sections = vec![factors::factors(recipe), calibration(&recipe.decision, Some(decision))];
    sections.extend(quoted.map(analyses::quoted));
    let body = sections.iter().fold(body.to_owned(), |body, section| renewed(&body, section));
    format!("# {name} {version}\n{body}")
}

/// `card` with `section` in place of what it has under the same heading, or at its end.
fn renewed(card: &str, section: &str) -> String {
    let heading = section.lines().next().unwrap_or_default();
    let Some((before, rest)) = card.split_once(&format!("{heading}\n")) else {
        return format!("{card}\n{section}");
    };
    let after = rest.find("\n## ").map_or("", |place| &rest[place..]);
    format!("{before}{section}{after}")
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

fn calibration(rule: &DecisionRule, decision: Option<&Decision>) -> String {
    let Some(decision) = decision else {
        return "## Calibration\n\nNone: no clips were held out for it.\n".to_owned();
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
        "## Calibration\n\nLogits are divided by {:.3} before the softmax (temperature scaling, Guo et al. 2017). The \
         labels of probability {:.4} or more held the right one in at least {:.0} % of the calibration clips (split conformal \
         prediction).{} {abstaining}\n",
        decision.temperature,
        decision.conformal_threshold,
        100.0 * rule.coverage,
        sets,
    )
}
