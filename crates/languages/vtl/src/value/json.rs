//! JSON documents: read into a heap, written as the library writes them that API Gateway's
//! JSONPath engine is built on (json-smart 2).

use std::sync::Arc;

use serde_json::{Map as Members, Number, Value as Json};

use super::{Heap, Key, ListKind, MapKind, Value, print_double};
use crate::error::RenderError;
use crate::limits::{BYTES_A_UNIT, DEPTH};

/// Whether `/` is written `\/`: json-smart does so in `toString()` of a list and not in what
/// `$input.json()` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slashes {
    Plain,
    Escaped,
}

impl Heap {
    /// The value of a part of a document.
    pub(crate) fn of_json(&mut self, json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Boolean(*truth),
            Json::Number(number) => of_number(number),
            Json::String(text) => Value::text(text),
            Json::Array(elements) => {
                let elements = elements.iter().map(|element| self.of_json(element)).collect();
                self.new_list(ListKind::Json, elements)
            }
            Json::Object(members) => {
                let entries = members.iter().map(|(name, member)| (Key::name(name), self.of_json(member)));
                let entries = entries.collect();
                let id = self.new_map(MapKind::Plain);
                self.map_mut(id).entries = entries;
                Value::Map(id)
            }
        }
    }
}

fn of_number(number: &Number) -> Value {
    match (number.as_i64(), number.as_u64()) {
        (Some(whole), _) => i32::try_from(whole).map_or(Value::Long(whole), Value::Integer),
        (None, Some(whole)) => Value::Big(Arc::new(whole.into())),
        (None, None) => Value::Double(number.as_f64().unwrap_or_default()),
    }
}

/// What making values of a document costs: one unit a value, and what its texts cost.
pub(crate) fn size(json: &Json) -> usize {
    match json {
        Json::String(text) => 1 + text.len() / BYTES_A_UNIT,
        Json::Array(elements) => 1 + elements.iter().map(size).sum::<usize>(),
        Json::Object(members) => 1 + members.values().map(|member| 1 + size(member)).sum::<usize>(),
        _ => 1,
    }
}

/// Appends a part of a document as JSON.
pub(crate) fn to_json(json: &Json, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Json::Number(number) => super::print::print_simple(&of_number(number), out),
        Json::String(text) => write_string(text, Slashes::Plain, out),
        Json::Array(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                to_json(element, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_string(name, Slashes::Plain, out);
                out.push(':');
                to_json(member, out);
            }
            out.push('}');
        }
    }
}

/// Appends `value` as JSON.
pub(super) fn write_json(
    heap: &Heap,
    value: &Value,
    limit: usize,
    slashes: Slashes,
    depth: usize,
    out: &mut String,
) -> Result<(), RenderError> {
    if depth > DEPTH {
        return Err(RenderError::TooDeep { limit: DEPTH });
    }
    if out.len() > limit {
        return Err(RenderError::OutputTooLong { limit });
    }
    match value {
        Value::List(id) => {
            out.push('[');
            for (at, element) in heap.list(*id).elements.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(heap, element, limit, slashes, depth + 1, out)?;
            }
            out.push(']');
        }
        Value::Map(id) => {
            out.push('{');
            for (at, (key, member)) in heap.map(*id).entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                let mut name = String::new();
                heap.print(&key.to_value(), limit, &mut name)?;
                write_string(&name, slashes, out);
                out.push(':');
                write_json(heap, member, limit, slashes, depth + 1, out)?;
            }
            out.push('}');
        }
        Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Long(_) | Value::Big(_) => {
            super::print::print_simple(value, out);
        }
        // Of a number that is none there is no JSON.
        Value::Double(number) if !number.is_finite() => out.push_str("null"),
        Value::Double(number) => print_double(*number, out),
        other => {
            let mut text = String::new();
            heap.print(other, limit, &mut text)?;
            write_string(&text, slashes, out);
        }
    }
    Ok(())
}

/// Appends a text in quotes, escaped as json-smart does.
pub(crate) fn write_string(text: &str, slashes: Slashes, out: &mut String) {
    use std::fmt::Write as _;
    out.push('"');
    let mut plain_from = 0;
    for (at, c) in text.char_indices() {
        let short = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '/' if slashes == Slashes::Escaped => "\\/",
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => "",
            _ => continue,
        };
        out.push_str(text.get(plain_from..at).unwrap_or_default());
        plain_from = at + c.len_utf8();
        if short.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{:04X}", u32::from(c));
        } else {
            out.push_str(short);
        }
    }
    out.push_str(text.get(plain_from..).unwrap_or_default());
    out.push('"');
}

impl Heap {
    /// A value that outlives the rendering: what templates set on overrides.
    ///
    /// # Errors
    /// If values stand too deep inside each other.
    pub(crate) fn to_document(&self, value: &Value, depth: usize) -> Result<Json, RenderError> {
        if depth > DEPTH {
            return Err(RenderError::TooDeep { limit: DEPTH });
        }
        Ok(match value {
            Value::Null => Json::Null,
            Value::Boolean(truth) => Json::Bool(*truth),
            Value::Integer(number) => Json::from(*number),
            Value::Long(number) => Json::from(*number),
            Value::Double(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
            Value::List(id) => {
                let elements = self.list(*id).elements.iter();
                Json::Array(
                    elements.map(|element| self.to_document(element, depth + 1)).collect::<Result<_, _>>()?,
                )
            }
            Value::Map(id) => {
                let mut members = Members::new();
                for (key, member) in &self.map(*id).entries {
                    let mut name = String::new();
                    self.print(&key.to_value(), usize::MAX, &mut name)?;
                    members.insert(name, self.to_document(member, depth + 1)?);
                }
                Json::Object(members)
            }
            other => {
                let mut text = String::new();
                self.print(other, usize::MAX, &mut text)?;
                Json::String(text)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from json-path 2.0.0 and json-smart 2.2.
    #[test]
    fn documents_are_written_as_json_smart_does() {
        let document = r#"{"u":"http://x <b>&'é\u2028\u0001\n","l":[{"n":1.50,"e":1e3,"b":12345678901}]}"#;
        let json: Json = serde_json::from_str(document).unwrap();
        let mut out = String::new();
        to_json(&json, &mut out);
        assert_eq!(
            out,
            r#"{"u":"http://x <b>&'é\u2028\u0001\n","l":[{"n":1.5,"e":1000.0,"b":12345678901}]}"#
        );
        let mut heap = Heap::default();
        let list = heap.of_json(&serde_json::from_str(r#"[{"a":"x/y","n":null,"t":true}]"#).unwrap());
        out.clear();
        heap.print(&list, 100, &mut out).unwrap();
        assert_eq!(out, r#"[{"a":"x\/y","n":null,"t":true}]"#);
        out.clear();
        let map = heap.of_json(&serde_json::from_str(r#"{"k":[1,{"z":null}]}"#).unwrap());
        heap.print(&map, 100, &mut out).unwrap();
        assert_eq!(out, r#"{k=[1,{"z":null}]}"#);
    }
}
