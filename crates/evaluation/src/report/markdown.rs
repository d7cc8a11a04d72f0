//! A report as text: all words and numbers, no charts.

use super::facts::Facts;
use super::section::{Card, Section};

pub(super) fn text(facts: &Facts, sections: &[Section]) -> String {
    let body: String = sections.iter().map(section).collect();
    format!("# {}: evaluation\n\n{}\n{body}", plain(&facts.model), plain(&facts.description))
}

fn section(own: &Section) -> String {
    let text: String = own.text.iter().map(|text| format!("\n{}\n", plain(text))).collect();
    let cards: String = own.cards.iter().map(card).collect();
    format!("\n## {}\n{text}{cards}", own.title)
}

fn card(own: &Card) -> String {
    let figure = own.figure.as_ref().map(|figure| format!("\n**{}**\n", plain(figure))).unwrap_or_default();
    let note = if own.note.is_empty() { String::new() } else { format!("\n{}\n", plain(&own.note)) };
    let table = own.table.as_ref().map(|table| format!("\n{}", table.markdown())).unwrap_or_default();
    format!("\n### {}\n{figure}{note}{table}", plain(&own.title))
}

/// Text in which nothing is markup.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '<' | '>' | '*' | '_' | '`' | '[' | ']' | '#') {
            plain.push('\\');
        }
        plain.push(if character == '\n' { ' ' } else { character });
    }
    plain
}
