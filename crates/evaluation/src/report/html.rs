//! A report as one page that needs nothing else.

use super::facts::Facts;
use super::section::{Card, Section};
use super::table::Table;
use crate::charts::escaped;

const STYLE: &str = include_str!("style.css");

pub(super) fn page(facts: &Facts, sections: &[Section]) -> String {
    let model = escaped(&facts.model);
    let link = |own: &Section| format!("<a href=\"#{}\">{}</a>", own.anchor, escaped(own.title));
    let links: Vec<String> = sections.iter().map(link).collect();
    let body: String = sections.iter().map(section).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{model}: evaluation</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{model}</h1>\n<p>{}</p>\n<nav aria-label=\"Sections\">{}</nav>\n</header>\n\
         <main>\n{body}</main>\n\
         <footer><p>Every number follows from the predictions in the folder of this page.</p></footer>\n\
         </body>\n</html>\n",
        escaped(&facts.description),
        links.join("\n")
    )
}

fn section(own: &Section) -> String {
    let text: String = own.text.iter().map(|text| format!("<p>{}</p>\n", escaped(text))).collect();
    let cards: String = own.cards.iter().map(card).collect();
    let (anchor, title) = (own.anchor, escaped(own.title));
    format!(
        "<section id=\"{anchor}\">\n<h2>{title}</h2>\n{text}<div class=\"cards\">\n{cards}</div>\n</section>\n"
    )
}

fn card(own: &Card) -> String {
    let mut class = own.protocol.map(|protocol| format!(" {protocol}")).unwrap_or_default();
    if own.chart.is_none() && own.table.as_ref().is_some_and(Table::is_wide) {
        class.push_str(" wide");
    }
    let title = escaped(&own.title);
    let figure = own.figure.as_ref().map(|figure| format!("<p class=\"big\">{}</p>", escaped(figure)));
    let note = if own.note.is_empty() { String::new() } else { format!("<p>{}</p>", escaped(&own.note)) };
    let chart = own.chart.as_deref().unwrap_or_default();
    format!(
        "<article class=\"card{class}\"><h3>{title}</h3>{}{note}{chart}{}</article>\n",
        figure.unwrap_or_default(),
        numbers(own)
    )
}

/// The table of a card; behind a fold where a chart shows the same.
fn numbers(own: &Card) -> String {
    let table = own.table.as_ref().map(|table| table.html(&own.title)).unwrap_or_default();
    match (table.is_empty(), own.chart.is_some()) {
        (true, _) => String::new(),
        (false, true) => format!("<details><summary>The numbers</summary>{table}</details>"),
        (false, false) => table,
    }
}
