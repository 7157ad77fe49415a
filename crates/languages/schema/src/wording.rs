//! What is wrong with a body, in the words of the Java library whose validator API Gateway
//! runs ("json-schema-validator"). Of AWS itself the texts on missing properties and on types
//! are reported by users; the others are the library's.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

/// How many bytes all the texts together may have.
const MAX_TEXT_BYTES: usize = 16 * 1024;

/// The texts, in the order of the errors; one for all the properties that an object lacks.
pub(crate) fn faults<'i>(errors: impl Iterator<Item = ValidationError<'i>>) -> Vec<String> {
    let mut texts = Vec::new();
    let mut lacking: BTreeMap<String, (usize, BTreeSet<String>)> = BTreeMap::new();
    for error in errors {
        if let Kind::Required { property } = error.kind() {
            let place = texts.len();
            let of_object = lacking.entry(error.instance_path().to_string());
            let (at, names) = of_object.or_insert_with(|| (place, BTreeSet::new()));
            names.insert(property.to_string());
            if *at == place {
                texts.push(String::new());
            }
        } else {
            texts.push(text(&error));
        }
    }
    for (at, names) in lacking.into_values() {
        if let Some(text) = texts.get_mut(at) {
            let names: Vec<_> = names.into_iter().collect();
            *text = format!("object has missing required properties ([{}])", names.join(","));
        }
    }
    let mut left = MAX_TEXT_BYTES;
    texts.retain(|text| {
        left = left.saturating_sub(text.len());
        left > 0
    });
    if texts.is_empty() {
        texts.push("Invalid request body".to_owned());
    }
    texts
}

fn text(error: &ValidationError<'_>) -> String {
    let found = error.instance().as_ref();
    let plain = || found.as_str().unwrap_or_default();
    let length = || plain().chars().count();
    let items = found.as_array().map_or(0, Vec::len);
    let members = found.as_object().map_or(0, serde_json::Map::len);
    match error.kind() {
        Kind::AdditionalItems { limit } => {
            format!("schema only allows {limit} elements in array but instance has {items} elements")
        }
        Kind::AdditionalProperties { unexpected } => {
            let names: BTreeSet<_> =
                unexpected.iter().map(|name| Value::from(name.as_str()).to_string()).collect();
            let names: Vec<_> = names.into_iter().collect();
            format!(
                "object instance has properties which are not allowed by the schema: [{}]",
                names.join(",")
            )
        }
        Kind::AnyOf { context } => {
            format!("instance failed to match at least one required schema among {}", context.len())
        }
        Kind::OneOfNotValid { context } => {
            format!("instance failed to match exactly one schema (matched 0 out of {})", context.len())
        }
        Kind::OneOfMultipleValid { context } => {
            let matched = context.iter().filter(|errors| errors.is_empty()).count();
            let count = context.len();
            format!("instance failed to match exactly one schema (matched {matched} out of {count})")
        }
        Kind::Not { .. } => "instance matched a schema which it should not have".to_owned(),
        Kind::Enum { options } => {
            format!("instance value ({found}) not found in enum (possible values: {options})")
        }
        Kind::Minimum { limit } => {
            format!("numeric instance is lower than the required minimum (minimum: {limit}, found: {found})")
        }
        Kind::Maximum { limit } => {
            format!(
                "numeric instance is greater than the required maximum (maximum: {limit}, found: {found})"
            )
        }
        Kind::ExclusiveMinimum { limit } if limit == found => {
            format!("numeric instance is not strictly greater than the required minimum {limit}")
        }
        Kind::ExclusiveMinimum { limit } => {
            format!("numeric instance is lower than the required minimum (minimum: {limit}, found: {found})")
        }
        Kind::ExclusiveMaximum { limit } if limit == found => {
            format!("numeric instance is not strictly lower than the required maximum {limit}")
        }
        Kind::ExclusiveMaximum { limit } => {
            format!(
                "numeric instance is greater than the required maximum (maximum: {limit}, found: {found})"
            )
        }
        Kind::MultipleOf { multiple_of } => {
            format!("remainder of division is not zero ({found} / {multiple_of})")
        }
        Kind::MinLength { limit } => {
            let length = length();
            format!("string {found} is too short (length: {length}, required minimum: {limit})")
        }
        Kind::MaxLength { limit } => {
            let length = length();
            format!("string {found} is too long (length: {length}, maximum allowed: {limit})")
        }
        Kind::Pattern { pattern } => {
            format!("ECMA 262 regex \"{pattern}\" does not match input string \"{}\"", plain())
        }
        Kind::MinItems { limit } => {
            format!(
                "array is too short: must have at least {limit} elements but instance has {items} elements"
            )
        }
        Kind::MaxItems { limit } => {
            format!("array is too long: must have at most {limit} elements but instance has {items} elements")
        }
        Kind::UniqueItems => "array must not contain duplicate elements".to_owned(),
        Kind::MinProperties { limit } => {
            format!("object has too few properties (found {members} but schema requires at least {limit})")
        }
        Kind::MaxProperties { limit } => {
            format!("object has too many properties (found {members} but schema requires at most {limit})")
        }
        Kind::Type { kind } => format!(
            "instance type ({}) does not match any allowed primitive type (allowed: [{}])",
            type_of(found),
            allowed(kind)
        ),
        Kind::Format { format } => match format.as_str() {
            "email" => format!("string \"{}\" is not a valid email address", plain()),
            "hostname" => format!("string \"{}\" is not a valid hostname", plain()),
            "ipv4" => format!("string \"{}\" is not a valid IPv4 address", plain()),
            "ipv6" => format!("string \"{}\" is not a valid IPv6 address", plain()),
            "uri" => format!("string \"{}\" is not a valid URI", plain()),
            "regex" => format!("string \"{}\" is not a valid ECMA 262 regular expression", plain()),
            other => format!("string \"{}\" is invalid against requested format {other}", plain()),
        },
        // Not of draft 4, or faults of the validator's own.
        _ => "Invalid request body".to_owned(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The allowed types in the library's order. Whoever takes numbers takes integers.
fn allowed(kind: &TypeKind) -> String {
    let mut names: BTreeSet<String> = match kind {
        TypeKind::Single(one) => BTreeSet::from([one.to_string()]),
        TypeKind::Multiple(set) => set.iter().map(|one| one.to_string()).collect(),
    };
    if names.contains("number") {
        names.insert("integer".to_owned());
    }
    let quoted: Vec<_> = names.into_iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(",")
}
