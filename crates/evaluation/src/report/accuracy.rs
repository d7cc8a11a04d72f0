//! Accuracy and average recall, with what can be said about their certainty.

use super::number::{interval, percent, spread};
use super::section::{Card, Section};
use super::table::Table;
use crate::charts::{About, Measured, intervals};
use crate::evidence::Protocol;
use crate::statistics::Estimate;
use crate::summary::{PartFigures, Parts, ProtocolSummary, Summary};

pub(super) fn section(summary: &Summary) -> Section {
    let text = vec![
        "Accuracy is the share of clips named right. UAR, the unweighted average recall, is the mean over the \
         emotions of the share named right, so that a frequent emotion counts no more than a rare one. The intervals \
         come from drawing the speakers anew 2,000 times, each with all of their clips: they say how the figure could change with \
         other speakers, not with another training; the spread over seeds tells that."
            .to_owned(),
    ];
    let cards = summary.measured().map(|(protocol, own)| card(protocol, own)).collect();
    Section { anchor: "accuracy", title: "Accuracy and UAR", text, cards }
}

fn card(protocol: Protocol, own: &ProtocolSummary) -> Card {
    let parts = &own.by_fold.parts;
    let accuracy = measured("accuracy", own.accuracy, parts.iter().map(|part| part.accuracy).collect());
    let uar = measured("UAR", own.uar, parts.iter().map(|part| part.uar).collect());
    let note = note(own).unwrap_or_default();
    let about = About { title: "Accuracy and UAR with 95 % intervals", summary: &note };
    let chance = 1.0 / own.figures.emotions_heard().max(1) as f64;
    let chart = intervals(about, chance, &[accuracy, uar]);
    Card { chart: Some(chart), table: Some(table(own)), ..Card::of(protocol, note) }
}

fn measured(label: &str, estimate: Estimate, parts: Vec<f64>) -> Measured {
    let interval = (estimate.low, estimate.high);
    Measured { label: label.to_owned(), share: estimate.value, interval, parts }
}

fn note(own: &ProtocolSummary) -> Option<String> {
    let (seeds, folds) = (own.by_seed.accuracy.as_ref()?, own.by_fold.accuracy.as_ref()?);
    let over_seeds = match seeds.values {
        1 => format!("Accuracy {} with one seed", percent(seeds.mean)),
        count => format!("Accuracy {} over {count} seeds (mean and deviation)", spread(seeds)),
    };
    Some(format!(
        "{over_seeds}; single folds reach from {} to {}.",
        percent(folds.lowest),
        percent(folds.highest)
    ))
}

fn table(own: &ProtocolSummary) -> Table {
    let clips = own.figures.clips.to_string();
    let mut rows = vec![
        vec!["all".to_owned(), clips.clone(), percent(own.accuracy.value), percent(own.uar.value)],
        vec!["95 % interval".to_owned(), clips, interval(&own.accuracy), interval(&own.uar)],
    ];
    rows.extend(own.by_seed.parts.iter().map(|part| row(format!("seed {}", part.seed), part)));
    rows.extend(spread_row("mean of seeds", &own.by_seed));
    for part in &own.by_fold.parts {
        let fold = part.fold.map(|fold| format!("seed {}, fold {fold}", part.seed)).unwrap_or_default();
        rows.push(row(fold, part));
    }
    rows.extend(spread_row("mean of folds", &own.by_fold));
    Table::new(&["part", "clips", "accuracy", "UAR"], rows)
}

fn row(name: String, part: &PartFigures) -> Vec<String> {
    vec![name, part.clips.to_string(), percent(part.accuracy), percent(part.uar)]
}

fn spread_row(name: &str, parts: &Parts) -> Option<Vec<String>> {
    let (accuracy, uar) = (parts.accuracy.as_ref()?, parts.uar.as_ref()?);
    Some(vec![name.to_owned(), format!("{} parts", accuracy.values), spread(accuracy), spread(uar)])
}
