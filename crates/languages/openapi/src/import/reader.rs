//! The document while it is read: its version, its references, and what has been found wrong.

use serde_json::{Map, Value};

use super::ImportError;
use crate::text::SIZE;

/// What all references of a document may come to; every value counts for one and for the bytes
/// of its text. A document without references never comes near it.
const BUDGET: usize = 4 * SIZE;

/// How many references may lead to each other.
const HOPS: usize = 32;

/// How many warnings are kept, and how many characters of a value one shows.
const WARNINGS: usize = 1_000;
const SHOWN: usize = 1_000;

/// The language of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// Swagger 2.0.
    Swagger2,
    /// OpenAPI 3.0.
    OpenApi3,
}

/// A method of the document, as warnings and errors name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'p> {
    pub(crate) path: &'p str,
    pub(crate) verb: &'p str,
}

pub(crate) struct Reader<'d> {
    document: &'d Value,
    pub(crate) root: &'d Map<String, Value>,
    pub(crate) version: Version,
    spent: usize,
    warnings: Vec<String>,
    errors: Vec<String>,
}

impl<'d> Reader<'d> {
    pub(crate) fn new(document: &'d Value) -> Result<Self, ImportError> {
        let root = document.as_object().ok_or(ImportError::NotOpenApi)?;
        // YAML without quotes makes a number of it.
        let written = |key: &str| root.get(key).and_then(text).unwrap_or_default();
        let version = match (written("swagger").as_str(), written("openapi").as_str()) {
            ("2.0", _) => Version::Swagger2,
            (_, "3.0") => Version::OpenApi3,
            (_, version) if version.starts_with("3.0.") => Version::OpenApi3,
            _ => return Err(ImportError::NotOpenApi),
        };
        let (warnings, errors) = (Vec::new(), Vec::new());
        Ok(Self { document, root, version, spent: 0, warnings, errors })
    }

    /// The warnings, or everything that is wrong.
    pub(crate) fn finish(self) -> Result<Vec<String>, ImportError> {
        if self.errors.is_empty() { Ok(self.warnings) } else { Err(ImportError::Wrong(self.errors)) }
    }

    /// Something is left out.
    pub(crate) fn warn(&mut self, warning: impl Into<String>) {
        if self.warnings.len() < WARNINGS {
            self.warnings.push(warning.into());
        }
    }

    /// Something cannot be.
    pub(crate) fn error(&mut self, error: impl Into<String>) {
        if self.errors.len() < WARNINGS {
            self.errors.push(error.into());
        }
    }

    /// A value of a method has the wrong type. Recorded from AWS for `requestParameters`.
    pub(crate) fn wrong_type(
        &mut self,
        at: Place<'_>,
        member: &str,
        property: &str,
        kind: &str,
        got: &Value,
    ) {
        let Place { path, verb } = at;
        let got = shown(got);
        self.warn(format!(
            "Invalid format for '{member}'. Expected type {kind} for property '{property}' of resource '{path}' \
             and method '{verb}' but got '{got}'"
        ));
    }

    /// A value of the document itself has the wrong type.
    pub(crate) fn wrong_extension(&mut self, member: &str, kind: &str, got: &Value) {
        let got = shown(got);
        self.warn(format!("Invalid format for '{member}'. Expected type {kind} but got '{got}'"));
    }

    /// Pays for something that is said once and holds many times.
    pub(crate) fn spend(&mut self, amount: usize) -> Result<(), ImportError> {
        self.spent = self.spent.saturating_add(amount);
        if self.spent > BUDGET { Err(ImportError::TooMuch) } else { Ok(()) }
    }

    /// What `value` refers to, if it is a reference; itself, if not; and nothing, with a warning,
    /// if there is nothing where it points.
    pub(crate) fn follow(&mut self, value: &'d Value) -> Result<Option<&'d Value>, ImportError> {
        let (mut at, mut followed) = (value, false);
        for _ in 0..HOPS {
            let Some(reference) = at.get("$ref").and_then(Value::as_str) else {
                if followed {
                    self.spend(weight(at))?;
                }
                return Ok(Some(at));
            };
            let target = reference.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
            let Some(target) = target else {
                // Worded like the warning for models.
                self.warn(format!("Reference '{}' not found. Ignoring.", cut(reference)));
                return Ok(None);
            };
            (at, followed) = (target, true);
        }
        let reference = at.get("$ref").and_then(Value::as_str).unwrap_or_default();
        Err(ImportError::Circular(cut(reference)))
    }

    /// The object at `key` of the document, or an empty one.
    pub(crate) fn section(&mut self, key: &str) -> Option<&'d Map<String, Value>> {
        let value = self.root.get(key).filter(|value| !value.is_null())?;
        if !value.is_object() {
            self.wrong_extension(key, "object", value);
        }
        value.as_object()
    }
}

/// The text of a scalar: documents write status codes and flags with quotes and without.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A string that is there and not empty.
pub(crate) fn string(members: &Map<String, Value>, key: &str) -> Option<String> {
    members.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A flag; the string `"true"` is one too.
pub(crate) fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or(value.as_str() == Some("true"))
}

fn shown(value: &Value) -> String {
    cut(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len(),
        Value::Array(values) => 1 + values.iter().map(weight).sum::<usize>(),
        Value::Object(members) => {
            1 + members.iter().map(|(name, value)| name.len() + weight(value)).sum::<usize>()
        }
        _ => 1,
    }
}
