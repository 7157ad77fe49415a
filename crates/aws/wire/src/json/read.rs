//! From a JSON body to the canonical value, in one pass that never holds more than what the shape
//! asks for: unknown members are skipped unread, and depth and number of values are bounded.
//!
//! The wording of type errors is that of AWS's framework: the two forms "class … can not be
//! converted to an String" are recorded from AWS, the others are made after them.

use std::cell::{Cell, RefCell};
use std::fmt;

use api::Blob;
use api::table::{Location, Shape, Structure, TimestampFormat};
use base::Timestamp;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::limits;
use crate::service_error::ServiceError;

const NUMBER: &str = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber";
const STRING: &str = "class java.lang.String";
const BOOLEAN: &str = "class java.lang.Boolean";
const LIST_START: &str = "Start of list found where not expected.";
const OBJECT_START: &str = "Start of structure or map found where not expected.";
const MALFORMED: &str = "Unexpected token received from parser";

/// Reads the body members of `structure`. An empty body is an empty object.
pub(crate) fn read(body: &[u8], structure: &'static Structure) -> Result<Map<String, Value>, ServiceError> {
    if body.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    let reading = Reading { values: Cell::new(0), problem: RefCell::new(None) };
    let seed = Seed { shape: Shape::Structure(structure), depth: 0, reading: &reading };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    match read {
        Ok(Value::Object(members)) => Ok(members),
        // `null` says as little as nothing.
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(ServiceError::serialization(MALFORMED)),
        Err(_) => {
            let problem = reading.problem.take();
            Err(ServiceError::serialization(problem.unwrap_or_else(|| MALFORMED.to_owned())))
        }
    }
}

/// Reads a value that travels as text: in a path, query string, header or form.
pub(crate) fn scalar(text: &str, shape: Shape) -> Result<Value, ServiceError> {
    let wrong = |target: &str| ServiceError::serialization(cannot(STRING, target));
    match shape {
        Shape::Boolean if text.eq_ignore_ascii_case("true") => Ok(true.into()),
        Shape::Boolean if text.eq_ignore_ascii_case("false") => Ok(false.into()),
        Shape::Boolean => Err(wrong("Boolean")),
        Shape::Integer(_) => text.parse::<i32>().map(Into::into).map_err(|_| wrong("Integer")),
        Shape::Long(_) => text.parse::<i64>().map(Into::into).map_err(|_| wrong("Long")),
        Shape::Double(_) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number.into()),
            _ => Err(wrong("Double")),
        },
        Shape::Timestamp(format) => moment(text, format)
            .map(|moment| moment.as_millis().into())
            .ok_or_else(|| ServiceError::serialization(not_a_moment(STRING))),
        Shape::Blob(_) if Blob::from_base64(text).is_none() => Err(wrong("Blob")),
        _ => Ok(text.into()),
    }
}

/// A moment in text. Clients disagree about formats, so any that is unmistakable is taken.
fn moment(text: &str, format: TimestampFormat) -> Option<Timestamp> {
    let seconds = || text.parse::<f64>().ok().and_then(from_seconds);
    match format {
        TimestampFormat::EpochSeconds => seconds().or_else(|| Timestamp::parse_iso8601(text)),
        TimestampFormat::Iso8601 | TimestampFormat::HttpDate => {
            Timestamp::parse_iso8601(text).or_else(seconds)
        }
    }
}

/// Seconds since 1970 as a moment; `None` beyond what milliseconds in 64 bits can say.
fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let millis = (seconds * 1000.0).round();
    // 2^53: beyond it a double no longer counts milliseconds, and no calendar reaches it.
    if millis.is_finite() && millis.abs() <= 9_007_199_254_740_992.0 {
        #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and within 2^53")]
        return Some(Timestamp::from_millis(millis as i64));
    }
    None
}

fn cannot(class: &str, target: &str) -> String {
    format!("{class} can not be converted to an {target}")
}

fn not_a_moment(class: &str) -> String {
    format!("{class} can not be converted to milliseconds since epoch")
}

/// What one reading has seen so far.
struct Reading {
    values: Cell<usize>,
    /// The text for the client, which serde's own error type would decorate with a position.
    problem: RefCell<Option<String>>,
}

impl Reading {
    fn refuse<E: serde::de::Error>(&self, problem: impl Into<String>) -> E {
        self.problem.borrow_mut().get_or_insert(problem.into());
        E::custom("refused")
    }

    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > limits::VALUES {
            return Err(self.refuse(format!("The request holds more than {} values", limits::VALUES)));
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    shape: Shape,
    depth: usize,
    reading: &'a Reading,
}

impl Seed<'_> {
    /// A seed for a value inside this one.
    fn inner<E: serde::de::Error>(self, shape: Shape) -> Result<Self, E> {
        if self.depth >= limits::DEPTH {
            let problem = format!("The request nests deeper than {} levels", limits::DEPTH);
            return Err(self.reading.refuse(problem));
        }
        self.reading.count()?;
        Ok(Self { shape, depth: self.depth + 1, ..self })
    }

    /// The error for a value of a Java class where something else belongs.
    fn wrong<E: serde::de::Error>(self, class: &str) -> E {
        let problem = match self.shape {
            Shape::String(_) => cannot(class, "String"),
            Shape::Boolean => cannot(class, "Boolean"),
            Shape::Integer(_) => cannot(class, "Integer"),
            Shape::Long(_) => cannot(class, "Long"),
            Shape::Double(_) => cannot(class, "Double"),
            Shape::Blob(_) => cannot(class, "Blob"),
            Shape::Timestamp(_) => not_a_moment(class),
            Shape::List(_) => "Expected list or null".to_owned(),
            Shape::Map(_) => "Expected map or null".to_owned(),
            Shape::Structure(_) | Shape::Document => MALFORMED.to_owned(),
        };
        self.reading.refuse(problem)
    }

    fn number<E: serde::de::Error>(self, number: serde_json::Number) -> Result<Value, E> {
        match self.shape {
            Shape::Integer(_) => {
                let whole = truncated(&number).and_then(|whole| i32::try_from(whole).ok());
                whole.map(Into::into).ok_or_else(|| self.wrong(NUMBER))
            }
            Shape::Long(_) => truncated(&number).map(Into::into).ok_or_else(|| self.wrong(NUMBER)),
            Shape::Double(_) | Shape::Document => Ok(Value::Number(number)),
            Shape::Timestamp(_) => number
                .as_f64()
                .and_then(from_seconds)
                .map(|moment| moment.as_millis().into())
                .ok_or_else(|| self.wrong(NUMBER)),
            _ => Err(self.wrong(NUMBER)),
        }
    }
}

/// A number without its fraction, as the framework's "truncating" numbers have it; `None` beyond
/// 64 bits.
fn truncated(number: &serde_json::Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let float = number.as_f64()?.trunc();
    // Doubles that large are whole; the bound itself, 2^63, is one too many.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float) {
        #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and within 64 bits")]
        return Some(float as i64);
    }
    None
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        match self.shape {
            Shape::Boolean | Shape::Document => Ok(value.into()),
            _ => Err(self.wrong(BOOLEAN)),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.number(value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.number(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        match serde_json::Number::from_f64(value) {
            Some(number) => self.number(number),
            None => Err(self.wrong(NUMBER)),
        }
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        match self.shape {
            Shape::String(_) | Shape::Document => Ok(value.into()),
            Shape::Blob(_) if Blob::from_base64(&value).is_some() => Ok(value.into()),
            Shape::Timestamp(format) => moment(&value, format)
                .map(|moment| moment.as_millis().into())
                .ok_or_else(|| self.wrong(STRING)),
            _ => Err(self.wrong(STRING)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let shape = match self.shape {
            Shape::List(list) => list.element,
            Shape::Document => Shape::Document,
            _ => return Err(self.reading.refuse(LIST_START)),
        };
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(self.inner(shape)?)? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let (key, shape, keeps_null) = match self.shape {
                Shape::Structure(structure) => {
                    let member = structure
                        .members
                        .iter()
                        .find(|member| member.location == Location::Body && member.wire_name == name);
                    let Some(member) = member else {
                        entries.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    (member.name.to_owned(), member.shape, false)
                }
                Shape::Map(map) => (name, map.value, map.sparse),
                Shape::Document => (name, Shape::Document, true),
                _ => return Err(self.reading.refuse(OBJECT_START)),
            };
            let value = entries.next_value_seed(self.inner(shape)?)?;
            if keeps_null || !value.is_null() {
                object.insert(key, value);
            }
        }
        // An empty object never enters the loop, so it is refused here where it does not belong.
        match self.shape {
            Shape::Structure(_) | Shape::Map(_) | Shape::Document => Ok(Value::Object(object)),
            _ => Err(self.reading.refuse(OBJECT_START)),
        }
    }
}

#[cfg(test)]
mod tests;
