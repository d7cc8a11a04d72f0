//! One line of a table, read by column.

use std::str::FromStr;

/// The fields of a line beside the names of their columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    columns: &'a [&'static str],
    fields: &'a [&'a str],
}

impl<'a> Line<'a> {
    /// Fails unless there is one field per column, and for a quote or control character in one.
    pub(crate) fn new(columns: &'a [&'static str], fields: &'a [&'a str]) -> Result<Self, String> {
        if fields.len() != columns.len() {
            return Err(format!("{} fields instead of {}", fields.len(), columns.len()));
        }
        let foreign = |character: char| character == '"' || character.is_control();
        match columns.iter().zip(fields).find(|(_, field)| field.contains(foreign)) {
            Some((column, field)) => Err(format!("{column} has a quote or control character: {field:?}")),
            None => Ok(Self { columns, fields }),
        }
    }

    /// The field of `column`; nothing for a column that the table does not have.
    pub(crate) fn text(&self, column: &str) -> &'a str {
        let position = self.columns.iter().position(|name| *name == column);
        position.map_or("", |position| self.fields[position])
    }

    /// The field of `column` as text that is not empty.
    pub(crate) fn name(&self, column: &str) -> Result<String, String> {
        match self.text(column) {
            "" => Err(format!("{column} is empty")),
            text => Ok(text.to_owned()),
        }
    }

    /// The field of `column`, understood.
    pub(crate) fn value<T: FromStr>(&self, column: &str) -> Result<T, String> {
        let text = self.text(column);
        text.parse().map_err(|_| format!("{column} is {text:?}"))
    }

    /// The field of `column`, understood; `None` when it is empty.
    pub(crate) fn optional<T: FromStr>(&self, column: &str) -> Result<Option<T>, String> {
        if self.text(column).is_empty() { Ok(None) } else { self.value(column).map(Some) }
    }

    /// The field of `column` as a finite number of at least 0.
    pub(crate) fn amount(&self, column: &str) -> Result<f64, String> {
        match self.value::<f64>(column)? {
            amount if amount.is_finite() && amount >= 0.0 => Ok(amount),
            amount => Err(format!("{column} is {amount}")),
        }
    }

    /// The field of `column` as a number from 0 to 1.
    pub(crate) fn share(&self, column: &str) -> Result<f64, String> {
        match self.value::<f64>(column)? {
            share if (0.0..=1.0).contains(&share) => Ok(share),
            share => Err(format!("{column} is {share}, not from 0 to 1")),
        }
    }

    /// As [`Self::share`]; `None` when the field is empty.
    pub(crate) fn optional_share(&self, column: &str) -> Result<Option<f64>, String> {
        if self.text(column).is_empty() { Ok(None) } else { self.share(column).map(Some) }
    }
}

/// Six decimals, as every fraction is written.
pub(crate) fn decimal(value: f64) -> String {
    format!("{value:.6}")
}

/// Six decimals, or nothing.
pub(crate) fn optional_decimal(value: Option<f64>) -> String {
    value.map(decimal).unwrap_or_default()
}
