//! Where two summaries differ.

use serde_json::Value;
use std::fmt;

/// A figure that is not what the evidence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where it stands, as `protocols.speaker5.uar.value`.
    pub name: String,
    /// The committed value; `None` when it is missing.
    pub committed: Option<String>,
    /// The value that follows from the evidence; `None` when nothing does.
    pub measured: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let (committed, measured) = (told(&self.committed), told(&self.measured));
        write!(f, "{}: the summary says {committed}, the evidence {measured}", self.name)
    }
}

/// Every leaf at which `committed` is not `measured`, in order of their names.
pub(super) fn differences(committed: &Value, measured: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), Some(committed), Some(measured), &mut found);
    found
}

fn compare(name: String, committed: Option<&Value>, measured: Option<&Value>, found: &mut Vec<Difference>) {
    if committed == measured {
        return;
    }
    let keys = committed.and_then(keys).zip(measured.and_then(keys));
    let Some((mut keys, measured_keys)) = keys else {
        let text = |value: Option<&Value>| value.map(Value::to_string);
        return found.push(Difference { name, committed: text(committed), measured: text(measured) });
    };
    let absent: Vec<String> = measured_keys.into_iter().filter(|key| !keys.contains(key)).collect();
    keys.extend(absent);
    for key in keys {
        let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        compare(
            inner,
            committed.and_then(|own| child(own, &key)),
            measured.and_then(|own| child(own, &key)),
            found,
        );
    }
}

fn keys(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Object(fields) => Some(fields.keys().cloned().collect()),
        Value::Array(items) => Some((0..items.len()).map(|index| index.to_string()).collect()),
        _ => None,
    }
}

fn child<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        value => value.get(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changed_missing_and_added_values_are_named() {
        let committed = json!({"a": {"b": [1, 2]}, "old": 1, "same": "x"});
        let measured = json!({"a": {"b": [1, 3, 4]}, "new": {"c": 1}, "same": "x"});
        let found: Vec<String> = differences(&committed, &measured).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "a.b.1: the summary says 2, the evidence 3",
                "a.b.2: the summary says nothing, the evidence 4",
                "old: the summary says 1, the evidence nothing",
                "new: the summary says nothing, the evidence {\"c\":1}",
            ]
        );
    }
}
