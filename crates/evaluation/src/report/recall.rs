//! How well each emotion is told.

use super::number::optional_percent;
use super::section::{Card, Section};
use super::table::Table;
use crate::charts::{About, Bar, BarLayout, bars};
use crate::evidence::Protocol;
use crate::statistics::EmotionFigures;
use crate::summary::{ProtocolSummary, Summary};

const ROW: f64 = 27.0;

pub(super) fn section(summary: &Summary) -> Section {
    let text = vec![
        "Recall: of the clips of an emotion, the share that was answered with it. Precision: of the \
         answers with an emotion, the share that is right."
            .to_owned(),
    ];
    let cards = summary.measured().map(|(protocol, own)| card(protocol, own)).collect();
    Section { anchor: "emotions", title: "Each emotion", text, cards }
}

fn card(protocol: Protocol, own: &ProtocolSummary) -> Card {
    let emotions = own.figures.emotions.iter().filter(|emotion| emotion.clips > 0);
    let bar = |own: &EmotionFigures| Some(Bar { label: own.emotion.to_owned(), share: own.recall? });
    let drawn: Vec<Bar> = emotions.clone().filter_map(bar).collect();
    let best = drawn.iter().max_by(|left, right| left.share.total_cmp(&right.share));
    let worst = drawn.iter().min_by(|left, right| left.share.total_cmp(&right.share));
    let note = match (best, worst) {
        (Some(best), Some(worst)) => format!("Told best: {}. Told worst: {}.", best.label, worst.label),
        _ => String::new(),
    };
    let rows = emotions.map(|emotion| {
        let (recall, precision) = (optional_percent(emotion.recall), optional_percent(emotion.precision));
        vec![emotion.emotion.to_owned(), emotion.clips.to_string(), recall, precision]
    });
    let table = Table::new(&["emotion", "clips", "recall", "precision"], rows.collect());
    let layout = BarLayout { axis: "recall", row: ROW, reference: Some((own.uar.value, "mean (UAR)")) };
    let chart = bars(About { title: "Recall of each emotion", summary: &note }, &layout, &drawn);
    Card { chart: Some(chart), table: Some(table), ..Card::of(protocol, note) }
}
