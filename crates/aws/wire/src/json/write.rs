//! From the canonical value to JSON with the wire's names and formats.

use api::table::{Location, Shape, Structure, TimestampFormat};
use base::Timestamp;
use serde_json::{Map, Number, Value};

/// The body members of a structure. Null members are left out.
pub(crate) fn write_structure(structure: &Structure, value: Value) -> Value {
    let Value::Object(mut members) = value else { return Value::Object(Map::new()) };
    let mut out = Map::new();
    for member in structure.members {
        if member.location == Location::Body
            && let Some(value) = members.remove(member.name)
            && !value.is_null()
        {
            out.insert(member.wire_name.to_owned(), write(member.shape, value));
        }
    }
    Value::Object(out)
}

/// A value of a shape. What is not of the shape is passed on as it is.
pub(crate) fn write(shape: Shape, value: Value) -> Value {
    match (shape, value) {
        (Shape::Structure(structure), value @ Value::Object(_)) => write_structure(structure, value),
        (Shape::List(list), Value::Array(elements)) => {
            elements.into_iter().map(|element| write(list.element, element)).collect()
        }
        (Shape::Map(map), Value::Object(entries)) => Value::Object(
            entries
                .into_iter()
                .filter(|(_, value)| map.sparse || !value.is_null())
                .map(|(key, value)| (key, write(map.value, value)))
                .collect(),
        ),
        (Shape::Timestamp(format), Value::Number(millis)) => {
            timestamp(format, Timestamp::from_millis(millis.as_i64().unwrap_or_default()))
        }
        (_, value) => value,
    }
}

fn timestamp(format: TimestampFormat, moment: Timestamp) -> Value {
    let millis = moment.as_millis();
    match format {
        TimestampFormat::EpochSeconds if millis % 1000 == 0 => (millis / 1000).into(),
        TimestampFormat::EpochSeconds => {
            #[allow(clippy::cast_precision_loss, reason = "moments of any calendar are below 2^53")]
            let seconds = millis as f64 / 1000.0;
            Number::from_f64(seconds).map_or(Value::Null, Value::Number)
        }
        TimestampFormat::Iso8601 => iso8601(moment).into(),
        TimestampFormat::HttpDate => moment.http_date().into(),
    }
}

/// ISO 8601, with milliseconds only if there are any.
fn iso8601(moment: Timestamp) -> String {
    if moment.as_millis() % 1000 == 0 { moment.iso8601() } else { moment.iso8601_millis() }
}

/// A scalar as text, for headers and XML. Lists, maps and null have none.
pub(crate) fn text(shape: Shape, value: &Value) -> Option<String> {
    match (shape, value) {
        (Shape::Timestamp(format), Value::Number(millis)) => {
            match timestamp(format, Timestamp::from_millis(millis.as_i64()?)) {
                Value::String(text) => Some(text),
                other => Some(other.to_string()),
            }
        }
        (_, Value::String(text)) => Some(text.clone()),
        (_, Value::Bool(_) | Value::Number(_)) => Some(value.to_string()),
        _ => None,
    }
}
