//! The feature recipe of a manifest as JSON, the form in which the extractor plugin takes it.

use crate::Features;
use serde_json::Value as Json;
use toml::Value as Toml;

/// A recipe cannot stand in a manifest.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The text is not a JSON object.
    #[error("the recipe is not a JSON object: {0}")]
    NotAnObject(#[from] serde_json::Error),
    /// TOML has no word for a value of it.
    #[error("the recipe cannot be expressed in TOML: {0}")]
    NotToml(#[from] toml::ser::Error),
}

impl Features {
    /// Makes the section from a recipe written as a JSON object.
    pub fn from_recipe_json(fingerprint: String, dim: u32, recipe: &str) -> Result<Self, RecipeError> {
        let object: serde_json::Map<String, Json> = serde_json::from_str(recipe)?;
        Ok(Self { fingerprint, dim, recipe: toml::Table::try_from(object)? })
    }

    /// The recipe as JSON text: keys sorted, no spaces. Equal recipes give equal texts.
    pub fn recipe_json(&self) -> String {
        let mut text = String::new();
        write_table(&self.recipe, &mut text);
        text
    }
}

fn write_table(table: &toml::Table, text: &mut String) {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| key.as_str());
    text.push('{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&Json::from(key.as_str()).to_string());
        text.push(':');
        write_value(value, text);
    }
    text.push('}');
}

fn write_value(value: &Toml, text: &mut String) {
    match value {
        Toml::Table(table) => write_table(table, text),
        Toml::Array(items) => write_array(items, text),
        Toml::String(string) => text.push_str(&Json::from(string.as_str()).to_string()),
        Toml::Integer(integer) => text.push_str(&integer.to_string()),
        // JSON has no infinity; a number that is not finite becomes null, which no recipe accepts.
        Toml::Float(float) => text.push_str(&Json::from(*float).to_string()),
        Toml::Boolean(boolean) => text.push_str(&boolean.to_string()),
        Toml::Datetime(time) => text.push_str(&Json::from(time.to_string()).to_string()),
    }
}

fn write_array(items: &[Toml], text: &mut String) {
    text.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_value(item, text);
    }
    text.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_survives_toml_and_comes_back_with_sorted_keys() {
        let given =
            r#"{"zeta": [1, 2.5, true], "alpha": {"name": "log\"mel", "floor": 1e-10}, "rate": 16000}"#;
        let features = Features::from_recipe_json("f".into(), 1, given).expect("an object");
        let text = toml::to_string(&features).expect("expressible");
        let read: Features = toml::from_str(&text).expect("written by us");
        assert_eq!(
            read.recipe_json(),
            r#"{"alpha":{"floor":1e-10,"name":"log\"mel"},"rate":16000,"zeta":[1,2.5,true]}"#
        );
    }

    #[test]
    fn a_recipe_that_is_no_object_is_refused() {
        assert!(Features::from_recipe_json("f".into(), 1, "[1]").is_err());
    }
}
