//! What running the model costs.

use super::facts::{Facts, GraphFacts};
use super::number::{bytes, rough, thousands};
use super::section::{Card, Section};
use super::table::Table;

const NONE: &str = "–";

pub(super) fn section(facts: &Facts) -> Section {
    let mut cards = facts.graphs.first().map(cards).unwrap_or_default();
    let mut header = vec!["graph", "learnt values", "file", "MACs per second of speech"];
    let is_timed = facts.graphs.iter().any(|graph| graph.milliseconds_per_clip.is_some());
    if is_timed {
        header.push("time per clip");
    }
    let rows = facts.graphs.iter().map(|graph| row(graph, is_timed)).collect();
    let note = facts.timing.as_ref().filter(|_| is_timed).cloned().unwrap_or_default();
    cards.push(Card { table: Some(Table::new(&header, rows)), ..Card::new("Each graph", note) });
    Section { anchor: "cost", title: "Size and speed", text: Vec::new(), cards }
}

/// The graph for final results in large letters.
fn cards(graph: &GraphFacts) -> Vec<Card> {
    let mut cards = vec![
        card("Learnt values", rough(graph.parameters), "The values that training set, for final results."),
        card("File", bytes(graph.file_bytes), "The graph for final results as the server loads it."),
        card(
            "Work per second of speech",
            rough(graph.macs_per_second),
            "Multiplications with addition (MACs).",
        ),
    ];
    if let Some(milliseconds) = graph.milliseconds_per_clip {
        cards.push(card("Time per clip", time(milliseconds), "Features and network, on one thread."));
    }
    cards
}

fn row(graph: &GraphFacts, is_timed: bool) -> Vec<String> {
    let mut row = vec![
        graph.name.clone(),
        thousands(graph.parameters),
        bytes(graph.file_bytes),
        thousands(graph.macs_per_second),
    ];
    if is_timed {
        row.push(graph.milliseconds_per_clip.map_or_else(|| NONE.to_owned(), time));
    }
    row
}

fn time(milliseconds: f64) -> String {
    format!("{milliseconds:.1}\u{a0}ms")
}

fn card(title: &str, figure: String, note: &str) -> Card {
    Card { figure: Some(figure), ..Card::new(title, note) }
}
