//! What weights in 8 bits change, and a telephone.

use super::number::{percent, points};
use super::section::{Card, Section};
use super::table::Table;
use crate::evidence::Protocol;
use crate::statistics::{ChangedFigures, VariantFigures};
use crate::summary::{ProtocolSummary, Summary};

pub(super) fn int8(summary: &Summary) -> Option<Section> {
    let text = vec![
        "A bundle can hold its weights rounded to 8 bits, at a quarter of the size. The networks of each fold were rounded in the \
         same way and asked about the same clips; temperature and bounds stay those of the networks before."
            .to_owned(),
    ];
    let cards = cards(summary, |own| own.int8.as_ref());
    (!cards.is_empty()).then_some(Section { anchor: "int8", title: "Weights in 8 bits", text, cards })
}

pub(super) fn narrowband(summary: &Summary) -> Option<Section> {
    let text = vec![
        "A narrowband call brings 300 to 3,400 Hz, 8,000 times a second, in the 8 bits of mu-law (ITU-T G.711). The networks of each \
         fold were asked about the same clips as such a line brings them; temperature and bounds stay those of clips as recorded."
            .to_owned(),
    ];
    let cards = cards(summary, |own| own.narrowband.as_ref());
    (!cards.is_empty()).then_some(Section { anchor: "telephone", title: "Over a telephone", text, cards })
}

fn cards(summary: &Summary, variant: fn(&ProtocolSummary) -> Option<&VariantFigures>) -> Vec<Card> {
    summary.measured().filter_map(|(protocol, own)| Some(card(protocol, variant(own)?))).collect()
}

fn card(protocol: Protocol, own: &VariantFigures) -> Card {
    let seeds: Vec<String> = own.seeds.iter().map(u32::to_string).collect();
    let note = format!(
        "Accuracy {} ({} points), UAR {} ({} points); {} of the clips have another answer than otherwise. Seeds: {}.",
        percent(own.whole.accuracy),
        points(own.whole.accuracy_change),
        percent(own.whole.uar),
        points(own.whole.uar_change),
        percent(own.whole.changed),
        seeds.join(", ")
    );
    let rows = std::iter::once(&own.whole).chain(&own.heard).map(row).collect();
    let header = ["seconds heard", "clips", "accuracy", "change", "UAR", "change", "other answer"];
    Card { table: Some(Table::new(&header, rows)), ..Card::of(protocol, note) }
}

fn row(own: &ChangedFigures) -> Vec<String> {
    let heard = if own.heard == "whole" { "all, full context".to_owned() } else { own.heard.clone() };
    let (accuracy, uar) = (percent(own.accuracy), percent(own.uar));
    let (by_accuracy, by_uar) = (points(own.accuracy_change), points(own.uar_change));
    vec![heard, own.clips.to_string(), accuracy, by_accuracy, uar, by_uar, percent(own.changed)]
}
