//! The model's constraints, worded as AWS words them. The forms for members, patch operations,
//! enumerations, patterns and lists are recorded from AWS; those for maps are from AWS's error
//! messages as its Lambda documentation and forums show them.

mod constraints;
mod pattern;

use std::fmt::Write as _;

use api::OperationTable;
use api::table::{Address, Location, Member, Shape, Structure};
use serde_json::Value;

use self::constraints::{constraints, count, length_violations, violated, violates};
use crate::limits;
use crate::service_error::ServiceError;

/// Checks a canonical value against the constraints of the operation's input.
///
/// # Errors
/// All violations in one error: `N validation errors detected: …; …`.
pub fn validate(operation: &OperationTable, input: &Value) -> Result<(), ServiceError> {
    let mut violations = Violations::default();
    let table = operation.input;
    let prefix = match operation.service.validation.address {
        Address::Input => format!("{}Input.", lower_first(operation.name)),
        Address::Plain => String::new(),
    };
    // Recorded from AWS: violations in the body are listed before those in the URL.
    let (body, url): (Vec<&Member>, Vec<&Member>) =
        table.members.iter().partition(|member| member.location == Location::Body);
    for member in body.into_iter().chain(url) {
        let prefix = if member.location == Location::Body { prefix.as_str() } else { "" };
        let path = format!("{prefix}{}", lower_first(member.name));
        let is_payload = table.payload == Some(member.name);
        check_member(
            &mut violations,
            &path,
            member.required,
            member.shape,
            input.get(member.name),
            is_payload,
        );
    }
    violations.into_result()
}

/// `CreateStage` → `createStage`.
fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

#[derive(Default)]
struct Violations {
    count: usize,
    text: String,
}

impl Violations {
    fn is_full(&self) -> bool {
        self.count >= limits::VIOLATIONS
    }

    fn add(&mut self, path: &str, value: &Value, constraint: &str) {
        if self.is_full() {
            return;
        }
        if self.count > 0 {
            self.text.push_str("; ");
        }
        self.count += 1;
        let _ = match value {
            Value::Null => write!(self.text, "Value null at '{path}'"),
            value => write!(self.text, "Value '{}' at '{path}'", shown(value)),
        };
        let _ = write!(self.text, " failed to satisfy constraint: {constraint}");
    }

    fn into_result(self) -> Result<(), ServiceError> {
        if self.count == 0 {
            return Ok(());
        }
        let errors = if self.count == 1 { "error" } else { "errors" };
        let text = format!("{} validation {errors} detected: {}", self.count, self.text);
        Err(ServiceError::validation(text))
    }
}

fn check_member(
    violations: &mut Violations,
    path: &str,
    required: bool,
    shape: Shape,
    value: Option<&Value>,
    is_payload: bool,
) {
    match value {
        None | Some(Value::Null) if required => violations.add(path, &Value::Null, "Member must not be null"),
        None | Some(Value::Null) => {}
        // A payload has its own limit, which is answered as 413 and not as a violation.
        Some(_) if is_payload && matches!(shape, Shape::Blob(_)) => {}
        Some(value) => check(violations, path, shape, value),
    }
}

fn check(violations: &mut Violations, path: &str, shape: Shape, value: &Value) {
    if violations.is_full() {
        return;
    }
    match (shape, value) {
        (Shape::Structure(table), Value::Object(_)) => check_structure(violations, path, table, value),
        (Shape::List(list), Value::Array(elements)) => {
            let length = count(elements.len());
            for constraint in length_violations(list.length, length) {
                violations.add(path, value, &constraint);
            }
            if is_compound(list.element) {
                for (at, element) in elements.iter().enumerate() {
                    let path = format!("{path}.{}.member", at + 1);
                    check_member(violations, &path, true, list.element, Some(element), false);
                }
            } else if elements.iter().any(|element| violates(list.element, element)) {
                let inner = constraints(list.element).join(", ");
                violations.add(path, value, &format!("Member must satisfy constraint: [{inner}]"));
            }
        }
        (Shape::Map(map), Value::Object(entries)) => {
            let length = count(entries.len());
            for constraint in length_violations(map.length, length) {
                violations.add(path, value, &constraint);
            }
            if entries.keys().any(|key| violates(map.key, &Value::String(key.clone()))) {
                let inner = constraints(map.key).join(", ");
                violations.add(path, value, &format!("Map keys must satisfy constraint: [{inner}]"));
            }
            if is_compound(map.value) {
                for (key, entry) in entries.iter().filter(|(_, entry)| !(map.sparse && entry.is_null())) {
                    let path = format!("{path}.{}.member", clipped(key));
                    check_member(violations, &path, true, map.value, Some(entry), false);
                }
            } else if entries
                .values()
                .any(|entry| !(map.sparse && entry.is_null()) && violates(map.value, entry))
            {
                let inner = constraints(map.value).join(", ");
                violations.add(path, value, &format!("Map value must satisfy constraint: [{inner}]"));
            }
        }
        (shape, value) => {
            for constraint in violated(shape, value) {
                violations.add(path, value, &constraint);
            }
        }
    }
}

fn check_structure(violations: &mut Violations, path: &str, table: &Structure, value: &Value) {
    for member in table.members {
        let path = format!("{path}.{}", lower_first(member.name));
        check_member(violations, &path, member.required, member.shape, value.get(member.name), false);
    }
}

/// Whether violations inside a value of this shape have paths of their own.
fn is_compound(shape: Shape) -> bool {
    matches!(shape, Shape::Structure(_) | Shape::List(_) | Shape::Map(_))
}

/// A value as a message shows it, in the form of Java's `toString`, cut where it gets too long.
fn shown(value: &Value) -> String {
    let mut out = String::new();
    show(&mut out, value);
    clipped(&out).to_owned()
}

fn clipped(text: &str) -> &str {
    match text.char_indices().nth(limits::SHOWN_VALUE) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

fn show(out: &mut String, value: &Value) {
    // Characters are never fewer than a quarter of the bytes.
    if out.len() > limits::SHOWN_VALUE * 4 {
        return;
    }
    match value {
        Value::String(text) => out.push_str(clipped(text)),
        Value::Array(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                if out.len() > limits::SHOWN_VALUE * 4 {
                    return;
                }
                if at > 0 {
                    out.push_str(", ");
                }
                show(out, element);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                if out.len() > limits::SHOWN_VALUE * 4 {
                    return;
                }
                if at > 0 {
                    out.push_str(", ");
                }
                out.push_str(clipped(key));
                out.push('=');
                show(out, value);
            }
            out.push('}');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

#[cfg(test)]
mod tests;
