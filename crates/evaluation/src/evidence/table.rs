//! Tables of comma-separated fields that read back byte for byte.

use super::line::Line;
use super::run::RunId;
use crate::EvaluationError;
use std::path::Path;

/// The first line is the header.
pub(super) const FIRST_ROW_LINE: usize = 2;

/// What one line of a table says.
pub(crate) trait Row: Sized {
    /// Rows stand in this order.
    type Key: Ord;
    /// Names of the columns.
    const COLUMNS: &'static [&'static str];

    /// Position in the file.
    fn key(&self) -> Self::Key;
    /// What may stand in a file once only, as a message names it.
    fn subject(&self) -> String;
    /// Understands a line of the table of `run`.
    fn read(line: &Line<'_>, run: RunId) -> Result<Self, String>;
    /// The fields of the line, in the order of the columns.
    fn fields(&self, run: RunId) -> Vec<String>;
    /// Finds the first row that contradicts those before it, and says why.
    fn contradiction(_rows: &[Self], _run: RunId) -> Option<(usize, String)> {
        None
    }
}

/// Writes `rows` in their order, each as one line.
pub(crate) fn render<R: Row>(rows: &[R], run: RunId) -> String {
    let mut sorted: Vec<&R> = rows.iter().collect();
    sorted.sort_by_key(|row| row.key());
    let lines = sorted.into_iter().map(|row| row.fields(run).join(","));
    let header = std::iter::once(R::COLUMNS.join(","));
    header.chain(lines).map(|line| line + "\n").collect()
}

/// Reads what [`render`] wrote, and nothing else: whoever writes the rows again gets the same bytes.
pub(crate) fn parse<R: Row>(text: &str, run: RunId, path: &Path) -> Result<Vec<R>, EvaluationError> {
    let damaged = |line, what| EvaluationError::Damaged { path: path.to_owned(), line, what };
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    if lines.first() != Some(&R::COLUMNS.join(",").as_str()) {
        return Err(damaged(1, format!("the header is not {}", R::COLUMNS.join(","))));
    }
    if !text.ends_with('\n') {
        return Err(damaged(lines.len(), "the line has no end; the file was cut off".to_owned()));
    }
    let mut rows: Vec<R> = Vec::with_capacity(lines.len() - 1);
    for (index, line) in lines[1..].iter().enumerate() {
        let row = read_row(line, run).map_err(|what| damaged(index + FIRST_ROW_LINE, what))?;
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(damaged(1, "no line follows the header".to_owned()));
    }
    match repetition(&rows).or_else(|| R::contradiction(&rows, run)).or_else(|| disorder(&rows)) {
        Some((index, what)) => Err(damaged(index + FIRST_ROW_LINE, what)),
        None => Ok(rows),
    }
}

fn read_row<R: Row>(line: &str, run: RunId) -> Result<R, String> {
    let fields: Vec<&str> = line.split(',').collect();
    let row = R::read(&Line::new(R::COLUMNS, &fields)?, run)?;
    let canonical = row.fields(run).join(",");
    if canonical == line { Ok(row) } else { Err(format!("the line would be written as {canonical}")) }
}

fn repetition<R: Row>(rows: &[R]) -> Option<(usize, String)> {
    let mut seen = std::collections::BTreeSet::new();
    let repeated = rows.iter().position(|row| !seen.insert(row.subject()))?;
    Some((repeated, format!("{} stands twice", rows[repeated].subject())))
}

fn disorder<R: Row>(rows: &[R]) -> Option<(usize, String)> {
    let before = rows.windows(2).position(|pair| pair[0].key() >= pair[1].key())?;
    Some((before + 1, format!("{} stands behind a later one", rows[before + 1].subject())))
}
