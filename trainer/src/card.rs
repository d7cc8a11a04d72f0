//! The model card (Mitchell et al. 2019).

use crate::dataset::Part;
use crate::evaluation::{Decision, DecisionRule};
use crate::shipment::{Origin, Shipment};
use crate::{Architecture, Body, Ensemble};
use std::collections::BTreeSet;
use std::fmt::Write;
use undertone_core::Emotion;
use undertone_evaluation::{Protocol, Summary};

/// Writes the card of a shipment.
pub(crate) fn card(name: &str, version: &str, shipment: &Shipment<'_>) -> String {
    let sections = [
        introduction(name, version, shipment),
        data(shipment),
        results(shipment),
        calibration(&shipment.recipe.decision, shipment.decision.as_ref()),
        USE.to_owned(),
    ];
    sections.join("\n")
}

const USE: &str = "\
## Intended use and limits

For research, for teaching and for trying Undertone out. The licence of the data forbids commercial use.

- The clips are **acted**: professional actors saying two fixed sentences in a studio, in North American \
English. Spontaneous speech, other languages, accents, ages, microphones and noise were not tested; expect \
worse figures there.
- The model hears how something is said, not what is felt. A label is the model's guess about a performance; \
it is no evidence about a person's inner state, and none about honesty, health or character.
- Do not use it to decide about people: not in hiring, schools, policing, insurance or at work. Recognising \
emotions of employees and pupils is forbidden in some places (in the European Union by the AI Act, article 5).
- Tell people when their voice is analysed, and ask them first.
- Errors are uneven over speakers and emotions; see the report before relying on one of them.
";

fn introduction(name: &str, version: &str, shipment: &Shipment<'_>) -> String {
    let whole = Some(shipment.trained.ensemble());
    let stream = shipment.trained.stream.as_ref().map(|run| Ensemble::from(run.averaged()));
    let mut text = format!("# {name} {version}\n\n{}\n\n", shipment.recipe.description);
    text += "| graph | network | learnt values | million multiplications per second of speech |\n|---|---|---|---|\n";
    for (file, use_, networks) in [
        ("whole.onnx", "final results, from all of an utterance", whole),
        ("stream.onnx", "interim updates, from what was heard so far", stream),
    ] {
        let Some(networks) = networks else { continue };
        let (kind, learnt) = (described(&networks), networks.learnt());
        let macs = networks.macs(FRAMES_PER_SECOND) as f64 / 1e6;
        let _ = writeln!(text, "| `{file}`: {use_} | {kind} | {learnt} | {macs:.1} |");
    }
    text += "\nBoth take log-mel frames as the extractor gives them (normalisation is part of the graphs) and give \
             logits.\n";
    text
}

const FRAMES_PER_SECOND: usize = 100;

fn described(networks: &Ensemble) -> String {
    let [first, others @ ..] = networks.members() else { return String::new() };
    let kind = kind(first.architecture());
    match others.len() {
        0 => kind,
        others => format!("mean of {} networks, each a {kind}", others + 1),
    }
}

fn kind(architecture: &Architecture) -> String {
    let context = match architecture.context {
        crate::Context::Full => "full context",
        crate::Context::Causal => "causal",
    };
    match &architecture.body {
        Body::Cnn(shape) => format!(
            "residual CNN, {context}, channels {:?}, attentive statistics pooling ({} hidden)",
            shape.channels, shape.attention
        ),
        Body::Lstm(shape) => format!(
            "residual convolutions (channels {:?}) and two LSTM layers of {} units, {context}, attentive statistics \
             pooling ({} hidden)",
            shape.channels, shape.hidden, shape.attention
        ),
    }
}

fn data(shipment: &Shipment<'_>) -> String {
    let material = &shipment.trained.material;
    let speakers: Vec<&str> =
        material.split.training_speakers().iter().map(|speaker| speaker.name()).collect();
    format!(
        "## Data and licence\n\nLearnt from {} clips of {} (speakers {}{}), {} and {} epochs, seed {}. Weights: {}, \
         as the data.\n\n> {}\n",
        shipment.trained.clips_learnt(),
        shipment.sheet.dataset,
        speakers.join(" "),
        also_learnt(shipment),
        shipment.trained.whole[0].reports().len(),
        shipment.trained.stream.as_ref().map_or(0, |run| run.reports().len()),
        shipment.trained.whole[0].plan().seed,
        shipment.sheet.licence,
        shipment.sheet.citation
    )
}

/// Whom all networks of an ensemble but the first one learnt from besides.
fn also_learnt(shipment: &Shipment<'_>) -> String {
    let material = &shipment.trained.material;
    let clips = material.split.clips(Part::Validation).into_iter();
    let speakers: BTreeSet<&str> = clips.map(|clip| material.clips[clip].speaker.name()).collect();
    if speakers.is_empty() || shipment.trained.whole.len() == 1 {
        return String::new();
    }
    let speakers: Vec<&str> = speakers.into_iter().collect();
    format!("; all networks but the first one from {} too", speakers.join(" "))
}

fn results(shipment: &Shipment<'_>) -> String {
    match &shipment.origin {
        Origin::Evidence(summary) => quoted(summary),
        Origin::HeldOut(measured) => {
            let figures = undertone_evaluation::Figures::of(&measured.judged);
            format!(
                "## Results\n\n{} test clips of held-out speakers: accuracy {:.3}, UAR {:.3}. UAR is the mean of \
                 the emotions' recalls. One training, one split: with few test speakers the figures are uncertain \
                 by several points.\n",
                figures.clips, figures.accuracy, figures.uar
            )
        }
    }
}

fn quoted(summary: &Summary) -> String {
    let mut text = String::from(
        "## Results\n\nThese weights learnt from every speaker, so they cannot be measured themselves. The figures \
         are those of the same recipe in cross-validation; the predictions behind them lie in `evaluation` beside \
         the versions.\n\n| protocol | accuracy | UAR |\n|---|---|---|\n",
    );
    for protocol in Protocol::ALL {
        if let Some(own) = summary.protocol(protocol) {
            let _ = writeln!(text, "| {protocol} | {:.3} | {:.3} |", own.accuracy.value, own.uar.value);
        }
    }
    text += "\n`speaker5` tells how well new people are understood; `random80` has the same actors on both sides and \
             flatters. UAR is the mean of the recalls of ";
    text += &Emotion::ALL.map(|emotion| emotion.name()).join(", ");
    text += ".\n";
    text
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
    format!(
        "{CALIBRATION}\nLogits are divided by {:.3} before the softmax (temperature scaling, Guo et al. 2017). The \
         labels of probability {:.4} or more held the right one in at least {:.0} % of the calibration clips (split conformal \
         prediction). {abstaining}\n",
        decision.temperature,
        decision.conformal_threshold,
        100.0 * rule.coverage
    )
}
