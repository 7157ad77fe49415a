//! The constraints of single values and how each is worded.

use api::table::{Length, Range, Shape, Text};
use serde_json::Value;

use super::pattern;

/// Whether a list's element or a map's value violates its shape; null always does.
pub(super) fn violates(shape: Shape, value: &Value) -> bool {
    value.is_null() || !violated(shape, value).is_empty()
}

/// The constraints of a scalar shape that a value violates.
pub(super) fn violated(shape: Shape, value: &Value) -> Vec<String> {
    match (shape, value) {
        (Shape::String(text), Value::String(found)) => text_violations(text, found),
        (Shape::Integer(range) | Shape::Long(range) | Shape::Double(range), Value::Number(number)) => {
            let number = number.as_f64().unwrap_or_default();
            let Range { min, max } = range;
            let over = max.filter(|max| number > *max).map(at_most);
            let under = min.filter(|min| number < *min).map(at_least);
            over.into_iter().chain(under).collect()
        }
        (Shape::Blob(length), Value::String(base64)) => {
            let padding = base64.bytes().rev().take_while(|byte| *byte == b'=').count();
            length_violations(length, count((base64.len().saturating_sub(padding)) * 3 / 4))
        }
        _ => Vec::new(),
    }
}

fn text_violations(text: &Text, found: &str) -> Vec<String> {
    let mut violated = if text.length == Length::ANY {
        Vec::new()
    } else {
        length_violations(text.length, count(found.chars().count()))
    };
    if let Some(shown) = text.pattern
        && !pattern::matches(text.matches.unwrap_or(shown), found)
    {
        violated.push(fits(shown));
    }
    if !text.values.is_empty() && !text.values.contains(&found) {
        violated.push(one_of(text.values));
    }
    violated
}

pub(super) fn length_violations(length: Length, found: u64) -> Vec<String> {
    let over = length.max.filter(|max| found > *max).map(no_longer);
    let under = length.min.filter(|min| found < *min).map(no_shorter);
    over.into_iter().chain(under).collect()
}

/// All constraints of a scalar shape, violated or not: messages about lists and maps show them all.
pub(super) fn constraints(shape: Shape) -> Vec<String> {
    let lengths = |length: Length| length.max.map(no_longer).into_iter().chain(length.min.map(no_shorter));
    match shape {
        Shape::String(text) => {
            let mut all: Vec<String> = lengths(text.length).collect();
            all.extend(text.pattern.map(fits));
            all.extend((!text.values.is_empty()).then(|| one_of(text.values)));
            if all.is_empty() {
                all.push("Member must not be null".to_owned());
            }
            all
        }
        Shape::Integer(range) | Shape::Long(range) | Shape::Double(range) => {
            range.max.map(at_most).into_iter().chain(range.min.map(at_least)).collect()
        }
        Shape::Blob(length) => lengths(length).collect(),
        _ => vec!["Member must not be null".to_owned()],
    }
}

fn no_longer(max: u64) -> String {
    format!("Member must have length less than or equal to {max}")
}

fn no_shorter(min: u64) -> String {
    format!("Member must have length greater than or equal to {min}")
}

fn at_most(max: f64) -> String {
    format!("Member must have value less than or equal to {max}")
}

fn at_least(min: f64) -> String {
    format!("Member must have value greater than or equal to {min}")
}

fn fits(pattern: &str) -> String {
    format!("Member must satisfy regular expression pattern: {pattern}")
}

fn one_of(values: &[&str]) -> String {
    format!("Member must satisfy enum value set: [{}]", values.join(", "))
}

pub(super) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
