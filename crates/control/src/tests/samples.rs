//! For each operation the smallest request that is valid, made from the tables: so no operation
//! can be forgotten.

use api::OperationTable;
use api::table::{Location, Protocol, Shape, Structure};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::*;

/// Texts of which one fits every pattern.
const TEXTS: &[&str] = &[
    "x1",
    "1",
    "200",
    "v1",
    "AKIA000000000000",
    "arn:aws:iam::000000000000:role/nobody",
    "arn:aws:lambda:us-east-1:000000000000:function:nobody",
    "arn:aws:apigateway:us-east-1::/restapis/x",
    "o-abcdefghij",
    "arn:aws:acm:us-east-1:000000000000:certificate/nothing",
    "api.example.com",
    "lambda:InvokeFunction",
];

/// The smallest valid request of `operation`.
pub(super) fn sample(operation: &'static OperationTable) -> Sent {
    let mut input = smallest(Shape::Structure(operation.input));
    let mut places = Vec::new();
    texts_of(Shape::Structure(operation.input), "", &mut places);
    // Each text in turn becomes the one with which the fewest constraints are violated.
    for (place, values) in &places {
        if input.pointer(place).is_none() {
            continue;
        }
        let candidates: Vec<&str> = if values.is_empty() { TEXTS.to_vec() } else { values.to_vec() };
        let best = candidates.into_iter().min_by_key(|candidate| {
            let mut tried = input.clone();
            *tried.pointer_mut(place).unwrap() = json!(candidate);
            violations(operation, &tried)
        });
        *input.pointer_mut(place).unwrap() = json!(best.unwrap());
    }
    assert_eq!(
        violations(operation, &input),
        0,
        "{operation:?} {input}: {:?}",
        wire::validate(operation, &input)
    );
    encode(operation, &input)
}

fn violations(operation: &OperationTable, input: &Value) -> usize {
    let Err(error) = wire::validate(operation, input) else { return 0 };
    let text = error.message().unwrap_or_default();
    text.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(usize::MAX)
}

fn smallest(shape: Shape) -> Value {
    match shape {
        Shape::String(_) => json!("x1"),
        Shape::Boolean => json!(false),
        Shape::Integer(range) | Shape::Long(range) | Shape::Double(range) => {
            json!(range.min.map_or(1, |min| format!("{min}").parse::<i64>().unwrap()))
        }
        Shape::Timestamp(_) => json!(0),
        Shape::Blob(_) => crate::test_frame::blob(b"PK"),
        Shape::List(list) => {
            // An empty list cannot be told from none in a query string.
            let count = usize::try_from(list.length.min.unwrap_or(0)).unwrap().max(1);
            json!(vec![smallest(list.element); count])
        }
        Shape::Map(map) if map.length.min.unwrap_or(0) > 0 => json!({"x1": smallest(map.value)}),
        Shape::Map(_) | Shape::Document => json!({}),
        Shape::Structure(table) => {
            let required = table.members.iter().filter(|member| member.required);
            let members: Map<String, Value> =
                required.map(|member| (member.name.to_owned(), smallest(member.shape))).collect();
            members.into()
        }
    }
}

/// The pointers to all texts that a smallest value can have, with the values they may take.
fn texts_of(shape: Shape, place: &str, found: &mut Vec<(String, &'static [&'static str])>) {
    match shape {
        Shape::String(text) => found.push((place.to_owned(), text.values)),
        Shape::List(list) => texts_of(list.element, &format!("{place}/0"), found),
        Shape::Structure(table) => {
            for member in table.members.iter().filter(|member| member.required) {
                texts_of(member.shape, &format!("{place}/{}", member.name), found);
            }
        }
        _ => {}
    }
}

fn encode(operation: &'static OperationTable, input: &Value) -> Sent {
    let service = operation.service;
    match service.protocol {
        Protocol::AwsJson { .. } => {
            let body = on_the_wire(Shape::Structure(operation.input), input);
            Sent::new("POST", "/")
                .with("content-type", "application/x-amz-json-1.1")
                .with("x-amz-target", format!("{}.{}", service.target_prefix, operation.name))
                .body(body.to_string())
        }
        Protocol::AwsQuery | Protocol::Ec2Query => {
            let mut form = format!("Action={}&Version={}", operation.name, service.api_version);
            flatten(&mut form, service.protocol, "", Shape::Structure(operation.input), input);
            Sent::form(form)
        }
        Protocol::RestJson => rest(operation, input),
    }
}

/// A canonical value with the names of the wire.
fn on_the_wire(shape: Shape, value: &Value) -> Value {
    match (shape, value) {
        (Shape::Structure(table), Value::Object(members)) => body_of(table, members),
        (Shape::List(list), Value::Array(elements)) => {
            elements.iter().map(|element| on_the_wire(list.element, element)).collect()
        }
        _ => value.clone(),
    }
}

fn body_of(table: &Structure, members: &Map<String, Value>) -> Value {
    let in_body = table.members.iter().filter(|member| member.location == Location::Body);
    let body: Map<String, Value> = in_body
        .filter_map(|member| {
            let value = members.get(member.name)?;
            Some((member.wire_name.to_owned(), on_the_wire(member.shape, value)))
        })
        .collect();
    body.into()
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn flatten(form: &mut String, protocol: Protocol, name: &str, shape: Shape, value: &Value) {
    let is_ec2 = protocol == Protocol::Ec2Query;
    match (shape, value) {
        // An element without members is there by its name alone.
        (Shape::Structure(_), Value::Object(members)) if members.is_empty() && !name.is_empty() => {
            form.push_str(&format!("&{name}="));
        }
        (Shape::Structure(table), Value::Object(members)) => {
            for member in table.members {
                if let Some(value) = members.get(member.name) {
                    let dot = if name.is_empty() { "" } else { "." };
                    let mut own = member.wire_name.to_owned();
                    if is_ec2 {
                        own[..1].make_ascii_uppercase();
                    }
                    flatten(form, protocol, &format!("{name}{dot}{own}"), member.shape, value);
                }
            }
        }
        (Shape::List(list), Value::Array(elements)) => {
            for (at, element) in elements.iter().enumerate() {
                let own = if is_ec2 { String::new() } else { format!(".{}", list.element_name) };
                flatten(form, protocol, &format!("{name}{own}.{}", at + 1), list.element, element);
            }
        }
        _ => form.push_str(&format!("&{name}={}", escaped(&plain(value)))),
    }
}

fn rest(operation: &'static OperationTable, input: &Value) -> Sent {
    let (template, literals) = operation.uri.split_once('?').unwrap_or((operation.uri, ""));
    let mut path = template.to_owned();
    let mut query: Vec<String> =
        literals.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
    let mut sent = Sent::new(operation.method, "/");
    for member in operation.input.members {
        let Some(value) = input.get(member.name) else { continue };
        match member.location {
            Location::Uri => {
                for label in [format!("{{{}}}", member.wire_name), format!("{{{}+}}", member.wire_name)] {
                    path = path.replace(&label, &escaped(&plain(value)));
                }
            }
            Location::Query => {
                let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                query.extend(
                    values.iter().map(|value| format!("{}={}", member.wire_name, escaped(&plain(value)))),
                );
            }
            Location::Header => sent = sent.with(member.wire_name, plain(value)),
            Location::Body | Location::Headers | Location::StatusCode => {}
        }
    }
    sent.target = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
    let members = input.as_object().unwrap();
    match operation.input.payload {
        Some(name) if members.contains_key(name) => sent.body("PK"),
        Some(_) => sent,
        None => {
            let body = body_of(operation.input, members);
            sent.with("content-type", "application/json").body(body.to_string())
        }
    }
}
