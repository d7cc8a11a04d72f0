//! What a model is.

use crate::shipment::Shipment;
use crate::{Architecture, Body, Ensemble};
use std::fmt::Write;

/// Its networks, and who made them of what.
pub(super) fn details(name: &str, version: &str, shipment: &Shipment<'_>) -> String {
    let whole = Some(shipment.trained.ensemble());
    let stream = shipment.trained.stream.as_ref().map(|run| Ensemble::from(run.averaged()));
    let mut text = format!("# {name} {version}\n\n{}\n\n## Model details\n\n", shipment.recipe.description);
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
    let _ = writeln!(
        text,
        "\nBoth take log-mel frames as the extractor gives them (normalisation is part of the graphs) and give logits. Made by \
         `undertone-trainer` {} with the recipe `{}`, seed {}. Licence of the weights: {}.",
        env!("CARGO_PKG_VERSION"),
        shipment.recipe.name,
        shipment.trained.whole[0].plan().seed,
        shipment.sheet.licence
    );
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
