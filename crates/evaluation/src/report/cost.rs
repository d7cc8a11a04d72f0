//! What running the model costs.

use super::facts::Facts;
use super::number::{bytes, rough, thousands};
use super::section::{Card, Section};
use super::table::Table;

pub(super) fn section(facts: &Facts) -> Section {
    let mut rows = vec![
        row("learnt values", thousands(facts.parameters)),
        row("file", bytes(facts.file_bytes)),
        row("MACs per second of speech", thousands(facts.macs_per_second)),
    ];
    let mut cards = vec![
        card("Learnt values", rough(facts.parameters), "The values that training set."),
        card("File", bytes(facts.file_bytes), "The graph as the server loads it."),
        card(
            "Work per second of speech",
            rough(facts.macs_per_second),
            "Multiplications with addition (MACs).",
        ),
    ];
    if let Some(milliseconds) = facts.milliseconds_per_clip {
        let time = format!("{milliseconds:.1}\u{a0}ms");
        rows.push(row("time per clip", time.clone()));
        cards.push(card("Time per clip", time, "Features and network, on one thread."));
    }
    let numbers = Table::new(&["what", "how much"], rows);
    cards.push(Card { table: Some(numbers), ..Card::new("Exactly", "") });
    Section { anchor: "cost", title: "Size and speed", text: Vec::new(), cards }
}

fn row(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

fn card(title: &str, figure: String, note: &str) -> Card {
    Card { figure: Some(figure), ..Card::new(title, note) }
}
