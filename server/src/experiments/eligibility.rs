//! Which streams an experiment may have, by their labels.

use serde::{Deserialize, Serialize};
use undertone_core::Labels;

/// A condition on one label. A small matcher and no expression language: ADR 16 says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    /// The label's key.
    pub(crate) label: String,
    /// The stream has the label, with one of these values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) one_of: Option<Vec<String>>,
    /// The stream has no such label, or with another value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) none_of: Option<Vec<String>>,
}

impl Condition {
    /// Whether it holds of a stream with these labels.
    pub(crate) fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.label);
        let among = |list: &Vec<String>| value.is_some_and(|value| list.contains(value));
        self.one_of.as_ref().is_none_or(among) && !self.none_of.as_ref().is_some_and(among)
    }

    /// What is wrong with it.
    pub(crate) fn mistake(&self) -> Option<String> {
        if self.label.is_empty() {
            return Some("eligible: a condition names no label".to_owned());
        }
        let says_nothing = self.one_of.is_none() && self.none_of.is_none();
        says_nothing.then(|| format!("eligible: the condition on {:?} needs one_of or none_of", self.label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str, labels: &[(&str, &str)]) -> bool {
        let condition: Condition = serde_json::from_str(condition).unwrap();
        assert_eq!(condition.mistake(), None);
        condition.holds(&labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn one_of_needs_the_label_and_none_of_does_not() {
        let one_of = r#"{"label": "country", "one_of": ["de", "at"]}"#;
        assert!(holds(one_of, &[("country", "at")]));
        assert!(!holds(one_of, &[("country", "fr")]) && !holds(one_of, &[]));
        let none_of = r#"{"label": "tester", "none_of": ["yes"]}"#;
        assert!(holds(none_of, &[]) && holds(none_of, &[("tester", "no")]));
        assert!(!holds(none_of, &[("tester", "yes")]));
    }

    #[test]
    fn a_condition_that_says_nothing_is_a_mistake() {
        let condition: Condition = serde_json::from_str(r#"{"label": "country"}"#).unwrap();
        assert!(condition.mistake().unwrap().contains("one_of or none_of"));
    }
}
