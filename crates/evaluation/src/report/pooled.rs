//! What the bounds of bundles are worth.

use super::number::{optional_percent, percent};
use super::section::{Card, Section};
use super::table::Table;
use crate::charts::{About, Bar, BarLayout, bars};
use crate::evidence::Protocol;
use crate::statistics::{AbstentionFigures, SetFigures};
use crate::summary::{PooledBounds, PooledFold, Summary};

const ROW: f64 = 22.0;

pub(super) fn section(summary: &Summary) -> Option<Section> {
    let text = vec![
        "A bundle learnt from every speaker, so its bounds are set by the answers of all folds together. What such bounds are \
         worth for new speakers is measured by leaving out: the clips of each fold have bounds that the clips of the other \
         folds set, and are answered with the mean temperature of those, since a bundle has one temperature for all."
            .to_owned(),
    ];
    let cards: Vec<Card> =
        summary.measured().filter_map(|(protocol, own)| Some(card(protocol, own.pooled.as_ref()?))).collect();
    (!cards.is_empty()).then_some(Section { anchor: "bundles", title: "The bounds of bundles", text, cards })
}

fn card(protocol: Protocol, bounds: &PooledBounds) -> Card {
    let note = format!(
        "The sets hold the right emotion in {} of the clips ({} was asked for), with {:.2} emotions on average. {} of the \
         answers are kept, and {} of these are wrong (at most {} was asked for).",
        percent(bounds.sets.coverage),
        percent(bounds.coverage),
        bounds.sets.mean_size,
        percent(bounds.abstention.kept),
        optional_percent(bounds.abstention.error),
        percent(bounds.error)
    );
    let bar = |fold: &PooledFold| Bar { label: name(fold), share: fold.sets.coverage };
    let drawn: Vec<Bar> = bounds.folds.iter().map(bar).collect();
    let reference = Some((bounds.coverage, "asked for"));
    let layout = BarLayout { axis: "coverage", row: ROW, reference };
    let about = About { title: "Coverage of the sets in each fold, by bounds of the others", summary: &note };
    let chart = bars(about, &layout, &drawn);
    let row = |fold: &PooledFold| row(name(fold), &fold.sets, &fold.abstention);
    let mut rows: Vec<Vec<String>> = bounds.folds.iter().map(row).collect();
    rows.push(self::row("all".to_owned(), &bounds.sets, &bounds.abstention));
    let header = ["fold", "clips", "coverage", "mean size", "answers kept", "wrong among them"];
    Card { chart: Some(chart), table: Some(Table::new(&header, rows)), ..Card::of(protocol, note) }
}

fn name(fold: &PooledFold) -> String {
    format!("fold {}", fold.fold)
}

fn row(name: String, sets: &SetFigures, abstention: &AbstentionFigures) -> Vec<String> {
    vec![
        name,
        sets.clips.to_string(),
        percent(sets.coverage),
        format!("{:.2}", sets.mean_size),
        percent(abstention.kept),
        optional_percent(abstention.error),
    ]
}
