//! Reads the JSON of policies more strictly than JSON asks: a name that comes twice in an
//! object is an error. Readers that let the last one win would drop half of
//! `{"StringEquals": {…}, "StringEquals": {…}}` and with it a restriction.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::PolicyError;
use crate::limits::MAX_DOCUMENT_BYTES;

/// Reads a document. serde_json bounds its depth.
pub(crate) fn read(text: &str) -> Result<Value, PolicyError> {
    if text.len() > MAX_DOCUMENT_BYTES {
        return Err(PolicyError::TooLong);
    }
    let json = |error: serde_json::Error| PolicyError::Json { why: error.to_string() };
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict.deserialize(&mut reader).map_err(json)?;
    reader.end().map_err(json)?;
    Ok(value)
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Strict)?;
            if out.contains_key(&name) {
                return Err(A::Error::custom(format!("the name \"{name}\" comes twice in one object")));
            }
            out.insert(name, value);
        }
        Ok(Value::Object(out))
    }
}

/// The members of an object.
pub(crate) fn object<'v>(value: &'v Value, at: &str) -> Result<&'v Map<String, Value>, PolicyError> {
    value.as_object().ok_or_else(|| PolicyError::Type { at: at.into(), expected: "an object" })
}

/// A text.
pub(crate) fn text<'v>(value: &'v Value, at: &str) -> Result<&'v str, PolicyError> {
    value.as_str().ok_or_else(|| PolicyError::Type { at: at.into(), expected: "a string" })
}

/// The language allows one value wherever it allows a list.
pub(crate) fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// One text or a list of them.
pub(crate) fn texts<'v>(value: &'v Value, at: &str) -> Result<Vec<&'v str>, PolicyError> {
    one_or_many(value)
        .iter()
        .map(|item| item.as_str())
        .collect::<Option<_>>()
        .ok_or_else(|| PolicyError::Type { at: at.into(), expected: "a string or a list of strings" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_every_kind_of_value() {
        let text = r#" {"a": [null, true, -1, 18446744073709551615, 1.5, "é\n", {}]} "#;
        assert_eq!(read(text), Ok(json!({"a": [null, true, -1, u64::MAX, 1.5, "é\n", {}]})));
    }

    #[test]
    fn a_name_may_come_once() {
        let error = read(r#"{"a": {"b": 1, "c": 2, "b": 3}}"#).unwrap_err();
        assert!(error.to_string().contains("\"b\" comes twice"), "{error}");
        assert!(read(r#"{"a": {"b": 1}, "b": {"b": 1}}"#).is_ok());
    }

    #[test]
    fn what_is_no_document_is_an_error() {
        for text in ["", "{", "{}}", "{\"a\": 1} x", "nul", "[1,]"] {
            assert!(matches!(read(text), Err(PolicyError::Json { .. })), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(read(&deep), Err(PolicyError::TooLong));
        assert!(matches!(read(&deep[..5_000]), Err(PolicyError::Json { .. })));
        let longest = format!("\"{}\"", "a".repeat(MAX_DOCUMENT_BYTES - 2));
        assert!(read(&longest).is_ok());
        assert_eq!(read(&format!("{longest} ")), Err(PolicyError::TooLong));
    }
}
