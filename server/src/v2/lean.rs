//! JSON in little memory: tensors come as long lists of numbers.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// An object.
pub(super) type Object = BTreeMap<String, Lean>;

/// A JSON value. A list of numbers, however deep its lists are nested, is one buffer: eight bytes a number, where a tree of
/// values takes four times as many.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Lean {
    Null,
    Flag(bool),
    Number(serde_json::Number),
    Text(String),
    /// Also an empty list.
    Numbers(Vec<f64>),
    List(Vec<Lean>),
    Object(Object),
}

impl<'de> Deserialize<'de> for Lean {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Lean;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Lean, E> {
        Ok(Lean::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Lean, E> {
        Ok(Lean::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Lean, E> {
        Ok(Lean::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Lean, E> {
        Ok(Lean::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Lean, E> {
        serde_json::Number::from_f64(number)
            .map(Lean::Number)
            .ok_or_else(|| E::custom("a number is out of range"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Lean, E> {
        Ok(Lean::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Lean, E> {
        Ok(Lean::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Lean, A::Error> {
        let (mut numbers, mut others) = (Vec::new(), Vec::new());
        while let Some(element) = elements.next_element()? {
            match element {
                Lean::Number(number) => numbers.extend(number.as_f64()),
                Lean::Numbers(own) => numbers.extend(own),
                other => others.push(other),
            }
        }
        match (numbers.is_empty(), others.is_empty()) {
            (_, true) => Ok(Lean::Numbers(numbers)),
            (true, false) => Ok(Lean::List(others)),
            (false, false) => Err(A::Error::custom("a list holds numbers beside other things")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Lean, A::Error> {
        let mut object = Object::new();
        while let Some((key, value)) = entries.next_entry()? {
            object.insert(key, value);
        }
        Ok(Lean::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Lean {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn nested_lists_of_numbers_are_one_buffer() {
        assert_eq!(read("[[1, 2.5], [], [[-3]]]"), Lean::Numbers(vec![1.0, 2.5, -3.0]));
        assert_eq!(read("[]"), Lean::Numbers(Vec::new()));
    }

    #[test]
    fn everything_else_is_what_it_is() {
        let Lean::Object(object) = read(r#"{"a": [{"b": null}, "c"], "n": 18446744073709551615, "t": true}"#)
        else {
            panic!("it is an object")
        };
        let inner = Object::from([("b".to_owned(), Lean::Null)]);
        assert_eq!(object["a"], Lean::List(vec![Lean::Object(inner), Lean::Text("c".into())]));
        assert_eq!(object["n"], Lean::Number(u64::MAX.into()));
        assert_eq!(object["t"], Lean::Flag(true));
    }

    #[test]
    fn numbers_beside_other_things_are_refused() {
        for wrong in ["[1, \"two\"]", "[[1], [\"two\"]]", "[{}, 3]"] {
            assert!(serde_json::from_str::<Lean>(wrong).is_err(), "{wrong}");
        }
    }
}
