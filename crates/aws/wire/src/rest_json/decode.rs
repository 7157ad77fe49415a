//! From path, query string, headers and body to the canonical value.

use api::Blob;
use api::table::{Location, Member, Shape};
use serde_json::{Map, Value};

use crate::dispatch::Match;
use crate::request::Request;
use crate::service_error::ServiceError;
use crate::{form, json, limits};

/// The canonical value of the input.
pub(crate) fn decode(found: &Match, request: &Request) -> Result<Value, ServiceError> {
    let input = found.operation.input;
    let mut value = match input.payload.and_then(|name| input.member(name)) {
        Some(member) => payload(member, request)?,
        None if input.members.iter().any(|member| member.location == Location::Body) => {
            json::read(request.body(), input)?
        }
        None => Map::new(),
    };
    let query = Query::new(found, request)?;
    for member in input.members {
        let read = match member.location {
            Location::Uri => label(found, member)?,
            Location::Query => query.member(member)?,
            Location::Header => {
                request.header(member.wire_name).map(|text| json::scalar(text, member.shape)).transpose()?
            }
            Location::Headers => headers(request, member.wire_name),
            Location::Body | Location::StatusCode => None,
        };
        if let Some(read) = read {
            value.insert(member.name.to_owned(), read);
        }
    }
    Ok(Value::Object(value))
}

/// The member that is the whole body. An empty body is no member, unless there must be one.
fn payload(member: &'static Member, request: &Request) -> Result<Map<String, Value>, ServiceError> {
    let mut value = Map::new();
    if request.body().is_empty() && !member.required {
        return Ok(value);
    }
    let read = match member.shape {
        Shape::Structure(structure) => Value::Object(json::read(request.body(), structure)?),
        Shape::Blob(_) => Blob::from(request.body().clone()).to_base64().into(),
        _ => match std::str::from_utf8(request.body()) {
            Ok(text) => text.into(),
            Err(_) => return Err(ServiceError::serialization("The body is not UTF-8 text")),
        },
    };
    value.insert(member.name.to_owned(), read);
    Ok(value)
}

fn label(found: &Match, member: &Member) -> Result<Option<Value>, ServiceError> {
    let Some((_, raw)) = found.labels.iter().find(|(name, _)| *name == member.wire_name) else {
        return Ok(None);
    };
    match form::label(raw) {
        Some(text) => json::scalar(&text, member.shape).map(Some),
        None => Err(ServiceError::serialization("The path is not UTF-8 text")),
    }
}

fn headers(request: &Request, prefix: &str) -> Option<Value> {
    let prefix = prefix.to_ascii_lowercase();
    let found: Map<String, Value> = request
        .headers()
        .iter()
        .filter_map(|(name, value)| {
            let rest = name.as_str().strip_prefix(&prefix)?;
            Some((rest.to_owned(), value.to_str().ok()?.into()))
        })
        .collect();
    (!found.is_empty()).then_some(Value::Object(found))
}

/// The query string's pairs.
struct Query<'a> {
    pairs: Vec<(std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>)>,
    /// The names that are spoken for: by other members and by the operation's own literals.
    bound: Vec<&'static str>,
}

impl<'a> Query<'a> {
    fn new(found: &Match, request: &'a Request) -> Result<Self, ServiceError> {
        let query = request.query().unwrap_or_default();
        let unreadable = || ServiceError::serialization("The query string is not UTF-8 text");
        let pairs: Vec<_> =
            form::pairs(query).take(limits::VALUES).collect::<Option<_>>().ok_or_else(unreadable)?;
        let literals = found.operation.uri.split_once('?').map_or("", |(_, literals)| literals);
        let literals = literals.split('&').map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name));
        let members = found.operation.input.members.iter();
        let members = members.filter(|member| member.location == Location::Query).map(|m| m.wire_name);
        Ok(Self { pairs, bound: literals.chain(members).collect() })
    }

    fn member(&self, member: &Member) -> Result<Option<Value>, ServiceError> {
        let mut values =
            self.pairs.iter().filter(|(name, _)| name == member.wire_name).map(|(_, value)| value);
        match member.shape {
            Shape::List(list) => {
                let values: Vec<Value> =
                    values.map(|value| json::scalar(value, list.element)).collect::<Result<_, _>>()?;
                Ok((!values.is_empty()).then_some(Value::Array(values)))
            }
            Shape::Map(map) => self.rest(map.value),
            shape => values.next().map(|value| json::scalar(value, shape)).transpose(),
        }
    }

    /// A map in the query string is every parameter that nothing else claims; those of a presigned
    /// URL belong to the signature.
    fn rest(&self, shape: Shape) -> Result<Option<Value>, ServiceError> {
        let mut rest = Map::new();
        for (name, value) in &self.pairs {
            if self.bound.iter().any(|bound| bound == name) || name.starts_with("X-Amz-") {
                continue;
            }
            match shape {
                Shape::List(list) => {
                    let value = json::scalar(value, list.element)?;
                    match rest.get_mut(&**name) {
                        Some(Value::Array(values)) => values.push(value),
                        _ => {
                            rest.insert(name.to_string(), Value::Array(vec![value]));
                        }
                    }
                }
                shape => {
                    rest.insert(name.to_string(), json::scalar(value, shape)?);
                }
            }
        }
        Ok((!rest.is_empty()).then_some(Value::Object(rest)))
    }
}
