//! Numbers in rows and columns.

use crate::charts::escaped;

const MOST_COLUMNS_OF_A_CARD: usize = 6;

/// A table whose first column names the rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(header: &[&str], rows: Vec<Vec<String>>) -> Self {
        Self { header: header.iter().map(|name| (*name).to_owned()).collect(), rows }
    }

    /// Whether it needs the width of the page.
    pub(super) fn is_wide(&self) -> bool {
        self.header.len() > MOST_COLUMNS_OF_A_CARD
    }

    /// The element; who uses a keyboard can scroll it.
    pub(super) fn html(&self, caption: &str) -> String {
        let caption = escaped(caption);
        let header: String =
            self.header.iter().map(|name| format!("<th scope=\"col\">{}</th>", escaped(name))).collect();
        let rows: String = self.rows.iter().map(|row| html_row(row)).collect();
        format!(
            "<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\
             <table><caption>{caption}</caption><thead><tr>{header}</tr></thead>\
             <tbody>{rows}</tbody></table></div>"
        )
    }

    pub(super) fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = format!("|---|{}\n", "---:|".repeat(self.header.len().saturating_sub(1)));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        line(&self.header) + &rule + &rows
    }
}

fn html_row(cells: &[String]) -> String {
    let mut row = String::from("<tr>");
    for (index, cell) in cells.iter().enumerate() {
        let (open, close) = if index == 0 { ("<th scope=\"row\">", "</th>") } else { ("<td>", "</td>") };
        row.push_str(&format!("{open}{}{close}", escaped(cell)));
    }
    row + "</tr>"
}
