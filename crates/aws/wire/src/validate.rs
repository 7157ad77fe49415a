//! The model's constraints, worded as AWS words them. The forms for members, patch operations,
//! enumerations, patterns and lists are recorded from AWS; those for maps are from AWS's error
//! messages as its Lambda documentation and forums show them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use api::OperationTable;
use api::table::{Address, Length, Location, Member, Range, Shape, Structure, Text};
use regex::Regex;
use serde_json::Value;

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

fn violates(shape: Shape, value: &Value) -> bool {
    value.is_null() || !violated(shape, value).is_empty()
}

/// The constraints of a scalar shape that a value violates.
fn violated(shape: Shape, value: &Value) -> Vec<String> {
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
    if let Some(pattern) = text.pattern
        && !matches(text.matches.unwrap_or(pattern), found)
    {
        violated.push(fits(pattern));
    }
    if !text.values.is_empty() && !text.values.contains(&found) {
        violated.push(one_of(text.values));
    }
    violated
}

fn length_violations(length: Length, found: u64) -> Vec<String> {
    let over = length.max.filter(|max| found > *max).map(no_longer);
    let under = length.min.filter(|min| found < *min).map(no_shorter);
    over.into_iter().chain(under).collect()
}

/// All constraints of a scalar shape, violated or not: messages about lists and maps show them all.
fn constraints(shape: Shape) -> Vec<String> {
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

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Whether the whole text fits a pattern of the model. Patterns are compiled once; there are as many
/// as the models have.
fn matches(pattern: &'static str, text: &str) -> bool {
    static COMPILED: LazyLock<RwLock<HashMap<&'static str, Option<Arc<Regex>>>>> =
        LazyLock::new(RwLock::default);
    let known = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(pattern).cloned();
    let regex = known.unwrap_or_else(|| {
        let compiled = compile(pattern).map(Arc::new);
        COMPILED.write().unwrap_or_else(PoisonError::into_inner).insert(pattern, compiled.clone());
        compiled
    });
    // Code generation has compiled every pattern, so there is none without an expression.
    regex.is_none_or(|regex| regex.is_match(text))
}

/// Compiles a pattern of the model for whole texts. In Java's dialect `\w`, `\d` and `\s` mean ASCII.
fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(&format!(r"\A(?:{})\z", ascii_classes(pattern))).ok()
}

fn ascii_classes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('w') => out.push_str("[0-9A-Za-z_]"),
            Some('W') => out.push_str("[^0-9A-Za-z_]"),
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('s') => out.push_str(r"[ \t\n\x0B\f\r]"),
            Some('S') => out.push_str(r"[^ \t\n\x0B\f\r]"),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
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
