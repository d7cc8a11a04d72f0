//! Reads typed values by path, and collects every mistake on the way.

use config::{Config, Value, ValueKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// A thousand years; more could not be added to a time.
const LONGEST_DURATION: Duration = Duration::from_secs(365_000 * 86_400);

/// Reads values from a layered configuration. A value that cannot be read is noted and its default is used, so that
/// one run finds all mistakes.
pub(super) struct Reader {
    config: Config,
    asked: BTreeSet<String>,
    mistakes: Vec<String>,
}

impl Reader {
    pub(super) fn new(config: Config) -> Self {
        Self { config, asked: BTreeSet::new(), mistakes: Vec::new() }
    }

    /// Notes a mistake that was found by looking at several values.
    pub(super) fn mistake(&mut self, sentence: String) {
        self.mistakes.push(sentence);
    }

    pub(super) fn text(&mut self, path: &str, default: &str) -> String {
        self.value(path, |value| value.into_string().ok(), "a text").unwrap_or_else(|| default.to_owned())
    }

    /// A text that may be left empty.
    pub(super) fn optional_text(&mut self, path: &str) -> Option<String> {
        Some(self.text(path, "")).filter(|text| !text.is_empty())
    }

    pub(super) fn path(&mut self, path: &str, default: PathBuf) -> PathBuf {
        self.optional_text(path).map_or(default, PathBuf::from)
    }

    pub(super) fn flag(&mut self, path: &str, default: bool) -> bool {
        self.value(path, |value| value.into_bool().ok(), "true or false").unwrap_or(default)
    }

    /// A whole number within `range`.
    pub(super) fn count(&mut self, path: &str, default: u64, range: std::ops::RangeInclusive<u64>) -> u64 {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let read = |value: Value| value.into_uint().ok().filter(|count| range.contains(count));
        self.value(path, read, &wanted).unwrap_or(default)
    }

    /// A number within `range`.
    pub(super) fn number(&mut self, path: &str, default: f32, range: std::ops::RangeInclusive<f32>) -> f32 {
        self.optional_number(path, range).unwrap_or(default)
    }

    /// A number within `range` that may be left out.
    pub(super) fn optional_number(
        &mut self,
        path: &str,
        range: std::ops::RangeInclusive<f32>,
    ) -> Option<f32> {
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        let read = |value: Value| value.into_float().ok().map(|n| n as f32).filter(|n| range.contains(n));
        self.value(path, read, &wanted)
    }

    /// A duration with its unit, such as `"500ms"`, `"30s"`, `"4h"`, `"30d"`.
    pub(super) fn duration(&mut self, path: &str, default: Duration) -> Duration {
        let read = |value: Value| value.into_string().ok().and_then(|text| parse_duration(&text));
        self.value(
            path,
            read,
            "a duration with its unit, such as \"500ms\", \"30s\", \"5m\", \"4h\" or \"30d\", of at most 365000 days",
        )
        .unwrap_or(default)
    }

    /// A duration above 0.
    pub(super) fn positive_duration(&mut self, path: &str, default: Duration) -> Duration {
        let read = self.duration(path, default);
        if read.is_zero() {
            self.mistake(format!("{path} = 0: give more than 0"));
            return default;
        }
        read
    }

    /// A value that knows how to read itself from a text.
    pub(super) fn parsed<T>(&mut self, path: &str, default: T) -> T
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let Some(text) = self.optional_text(path) else { return default };
        match text.parse() {
            Ok(value) => value,
            Err(error) => {
                self.mistakes.push(format!("{path} = {text:?}: {error}"));
                default
            }
        }
    }

    /// Values by names of the user's own choice.
    pub(super) fn table<T>(&mut self, path: &str) -> BTreeMap<String, T>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let table = self.config.get::<Value>(path).ok().and_then(|value| value.into_table().ok());
        let mut read = BTreeMap::new();
        for (name, value) in table.unwrap_or_default() {
            let path = format!("{path}.{name}");
            let text = value.to_string();
            match text.parse() {
                Ok(value) => drop(read.insert(name, value)),
                Err(error) => self.mistakes.push(format!("{path} = {text:?}: {error}")),
            }
            self.asked.insert(path);
        }
        read
    }

    /// Ends the reading: names unknown settings too, and gives all mistakes.
    pub(super) fn finish(mut self) -> Vec<String> {
        let mut present = Vec::new();
        if let Ok(table) = self.config.cache.clone().into_table() {
            for (key, value) in table {
                leaves(&key, &value, &mut present);
            }
        }
        present.sort();
        for path in present.iter().filter(|path| !self.asked.contains(*path)) {
            let hint = self.nearest(path).map(|known| format!("; did you mean {known}?")).unwrap_or_default();
            self.mistakes.push(format!("{path} is not a setting{hint}"));
        }
        self.mistakes
    }

    fn value<T>(&mut self, path: &str, read: impl FnOnce(Value) -> Option<T>, wanted: &str) -> Option<T> {
        self.asked.insert(path.to_owned());
        let value: Value = self.config.get(path).ok()?;
        let shown = value.to_string();
        let origin = value.origin().map(|origin| format!(" (from {origin})")).unwrap_or_default();
        let read = read(value);
        if read.is_none() {
            self.mistakes.push(format!("{path} = {shown}{origin}: give {wanted}"));
        }
        read
    }

    fn nearest(&self, path: &str) -> Option<&String> {
        self.asked
            .iter()
            .map(|known| (edit_distance(known, path), known))
            .min()
            .filter(|(distance, _)| *distance <= 3)
            .map(|(_, known)| known)
    }
}

fn leaves(path: &str, value: &Value, found: &mut Vec<String>) {
    match &value.kind {
        ValueKind::Table(table) => {
            for (key, value) in table {
                leaves(&format!("{path}.{key}"), value, found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

/// Reads a duration with its unit.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let count: u64 = text[..unit_at].parse().ok()?;
    let read = match text[unit_at..].trim() {
        "ms" => Some(Duration::from_millis(count)),
        "s" => Some(Duration::from_secs(count)),
        "m" => count.checked_mul(60).map(Duration::from_secs),
        "h" => count.checked_mul(3600).map(Duration::from_secs),
        "d" => count.checked_mul(86_400).map(Duration::from_secs),
        _ => None,
    };
    read.filter(|read| *read <= LONGEST_DURATION)
}

/// Levenshtein distance in bytes.
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(parse_duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse_duration("4h"), Some(Duration::from_secs(14_400)));
        assert_eq!(parse_duration("30d"), Some(Duration::from_secs(2_592_000)));
        for wrong in ["250", "", "s", "1.5s", "-1s", "3 weeks", "99999999999999999999s", "365001d"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_distance_of_words_counts_edits() {
        assert_eq!(edit_distance("grpc.listen", "grpc.lisen"), 1);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
