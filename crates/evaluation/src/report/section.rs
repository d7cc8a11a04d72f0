//! The parts of a report, before they are put on a page.

use super::table::Table;
use crate::evidence::Protocol;

/// A topic.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Section {
    /// Where links to it lead.
    pub(super) anchor: &'static str,
    /// Its heading.
    pub(super) title: &'static str,
    /// What to know before looking, a sentence or more per paragraph.
    pub(super) text: Vec<String>,
    /// What there is to see.
    pub(super) cards: Vec<Card>,
}

/// A figure, a chart or a table, with words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Card {
    /// Its heading.
    pub(super) title: String,
    /// Gives its colour.
    pub(super) protocol: Option<Protocol>,
    /// One number in large letters.
    pub(super) figure: Option<String>,
    /// What it shows.
    pub(super) note: String,
    /// SVG.
    pub(super) chart: Option<String>,
    /// The numbers.
    pub(super) table: Option<Table>,
}

impl Card {
    /// Words only.
    pub(super) fn new(title: impl Into<String>, note: impl Into<String>) -> Self {
        let (title, note) = (title.into(), note.into());
        Self { title, protocol: None, figure: None, note, chart: None, table: None }
    }

    /// A card in the colour of `protocol`, with its name.
    pub(super) fn of(protocol: Protocol, note: impl Into<String>) -> Self {
        Self { protocol: Some(protocol), ..Self::new(protocol.title(), note) }
    }
}
