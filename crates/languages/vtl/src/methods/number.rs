//! Methods of numbers.

use std::cmp::Ordering;

use super::fails;
use crate::render::{Machine, Run};
use crate::value::{Heap, Value, compare_numbers, double, int, long};

impl Machine<'_> {
    pub(super) fn number_method(
        &mut self,
        number: &Value,
        name: &str,
        arguments: &[Value],
    ) -> Run<Option<Value>> {
        let made = match (name, arguments) {
            ("intValue", []) => Value::Integer(int(number)),
            ("longValue", []) => Value::Long(long(number)),
            ("doubleValue", []) => Value::Double(double(number)),
            ("compareTo", [other]) if Heap::same_class(number, other) => {
                Value::Integer(match compare_numbers(number, other) {
                    Some(Ordering::Less) => -1,
                    Some(Ordering::Greater) => 1,
                    Some(Ordering::Equal) | None => 0,
                })
            }
            ("compareTo", [_]) => return Err(fails("compareTo", "the argument is of another class").into()),
            (name, arguments) => return Ok(of_class(number, name, arguments)?),
        };
        Ok(Some(made))
    }
}

/// The static methods of a number's class, which Velocity calls on any instance.
fn of_class(number: &Value, name: &str, arguments: &[Value]) -> Result<Option<Value>, crate::RenderError> {
    let wrong = |method, text: &str| fails(method, format!("For input string: \"{text}\""));
    Ok(Some(match (number, name, arguments) {
        (Value::Integer(_), "parseInt" | "valueOf", [Value::Text(text)]) => {
            Value::Integer(text.parse().map_err(|_| wrong("parseInt", text))?)
        }
        (Value::Long(_), "parseLong" | "valueOf", [Value::Text(text)]) => {
            Value::Long(text.parse().map_err(|_| wrong("parseLong", text))?)
        }
        (Value::Double(_), "parseDouble" | "valueOf", [Value::Text(text)]) => {
            Value::Double(text.trim().parse().map_err(|_| wrong("parseDouble", text))?)
        }
        (Value::Integer(_), "toString" | "valueOf", [other @ Value::Integer(_)]) => {
            if name == "valueOf" {
                other.clone()
            } else {
                let mut text = String::new();
                crate::value::print_simple(other, &mut text);
                Value::text(&text)
            }
        }
        (Value::Integer(_), "max", [Value::Integer(one), Value::Integer(other)]) => {
            Value::Integer(*one.max(other))
        }
        (Value::Integer(_), "min", [Value::Integer(one), Value::Integer(other)]) => {
            Value::Integer(*one.min(other))
        }
        (Value::Integer(_), "toHexString", [Value::Integer(other)]) => Value::text(&format!("{other:x}")),
        (Value::Double(own), "isNaN", []) => Value::Boolean(own.is_nan()),
        (Value::Double(own), "isInfinite", []) => Value::Boolean(own.is_infinite()),
        _ => return Ok(None),
    }))
}
