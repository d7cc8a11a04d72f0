//! Answers of more than one emotion that are right as often as promised.

use super::number::{decimal, optional_percent, percent};
use super::section::{Card, Section};
use super::table::Table;
use crate::charts::{About, Bar, BarLayout, bars};
use crate::evidence::Protocol;
use crate::summary::{FoldSets, Sets, Summary};

const ROW: f64 = 22.0;

pub(super) fn section(summary: &Summary) -> Option<Section> {
    let text = vec![
        "In place of one emotion the network can give a set: every emotion that is probable enough. Where \
         \"enough\" lies is set on validation speakers so that the set holds the right emotion as often as was asked \
         for (split conformal prediction). The promise holds for clips like the validation clips; new \
         speakers differ from those, so it is measured here."
            .to_owned(),
    ];
    let with_sets = summary.measured().filter_map(|(protocol, own)| Some(card(protocol, own.sets.as_ref()?)));
    let cards: Vec<Card> = with_sets.collect();
    (!cards.is_empty()).then_some(Section { anchor: "sets", title: "Answer sets", text, cards })
}

fn card(protocol: Protocol, sets: &Sets) -> Card {
    let wanted = sets.folds.first().and_then(|fold| fold.wanted);
    let asked = wanted.map(|share| format!(" ({} was asked for)", percent(share))).unwrap_or_default();
    let note = format!(
        "The sets hold the right emotion in {} of the clips{asked}, with {:.2} emotions on average; {} of them \
         are a single emotion.",
        percent(sets.all.coverage),
        sets.all.mean_size,
        percent(sets.all.single)
    );
    let bar = |fold: &FoldSets| Bar { label: name(fold), share: fold.figures.coverage };
    let drawn: Vec<Bar> = sets.folds.iter().map(bar).collect();
    let reference = wanted.map(|share| (share, "asked for"));
    let layout = BarLayout { axis: "coverage", row: ROW, reference };
    let chart =
        bars(About { title: "Coverage of the answer sets in each fold", summary: &note }, &layout, &drawn);
    let header = ["fold", "threshold", "asked for", "coverage", "mean size", "single", "empty"];
    let table = Table::new(&header, sets.folds.iter().map(row).collect());
    Card { chart: Some(chart), table: Some(table), ..Card::of(protocol, note) }
}

fn name(fold: &FoldSets) -> String {
    format!("seed {}, fold {}", fold.seed, fold.fold)
}

fn row(fold: &FoldSets) -> Vec<String> {
    let own = &fold.figures;
    vec![
        name(fold),
        decimal(fold.threshold),
        optional_percent(fold.wanted),
        percent(own.coverage),
        format!("{:.2}", own.mean_size),
        percent(own.single),
        percent(own.empty),
    ]
}
