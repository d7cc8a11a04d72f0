//! What is taken for what.

use super::number::percent;
use super::section::{Card, Section};
use super::table::Table;
use crate::charts::{About, heat_map};
use crate::evidence::Protocol;
use crate::statistics::Figures;
use crate::summary::Summary;
use undertone_core::Emotion;

pub(super) fn section(summary: &Summary) -> Section {
    let text = vec![
        "Each row holds the clips of one emotion, and shows how they were answered. A perfect \
         network would fill the diagonal. The table's last column counts clips in which no speech was found."
            .to_owned(),
    ];
    let cards = summary.measured().map(|(protocol, own)| card(protocol, &own.figures)).collect();
    Section { anchor: "confusion", title: "What is taken for what", text, cards }
}

fn card(protocol: Protocol, figures: &Figures) -> Card {
    let labels = Emotion::ALL.map(Emotion::name);
    let counts: Vec<Vec<usize>> = figures.confusion.iter().map(|row| row.to_vec()).collect();
    let totals: Vec<usize> = figures.emotions.iter().map(|emotion| emotion.clips).collect();
    let note = worst(figures).unwrap_or_default();
    let about = About { title: "Confusion matrix", summary: &note };
    Card {
        chart: Some(heat_map(about, &labels, &counts, &totals)),
        table: Some(table(figures)),
        ..Card::of(protocol, note)
    }
}

/// A sentence about the most frequent mistake, by its share of the emotion's clips.
fn worst(figures: &Figures) -> Option<String> {
    let mut mistakes = Vec::new();
    for (truth, row) in figures.confusion.iter().enumerate() {
        let clips = figures.emotions[truth].clips.max(1) as f64;
        let wrong = row.iter().enumerate().filter(|(answer, _)| *answer != truth);
        mistakes.extend(wrong.map(|(answer, count)| (*count as f64 / clips, truth, answer)));
    }
    let (share, truth, answer) = mistakes.into_iter().max_by(|left, right| left.0.total_cmp(&right.0))?;
    let (truth, answer) = (Emotion::ALL[truth], Emotion::ALL[answer]);
    Some(format!("The most frequent mistake: {} of {truth} clips are answered as {answer}.", percent(share)))
}

fn table(figures: &Figures) -> Table {
    let mut header = vec!["labelled"];
    header.extend(Emotion::ALL.map(Emotion::name));
    header.push("none");
    let rows = figures.confusion.iter().zip(&figures.emotions).map(|(row, emotion)| {
        let silent = emotion.clips - row.iter().sum::<usize>();
        let counts = row.iter().copied().chain([silent]).map(|count| count.to_string());
        std::iter::once(emotion.emotion.to_owned()).chain(counts).collect()
    });
    Table::new(&header, rows.collect())
}
