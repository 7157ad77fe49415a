//! From a flat form to the canonical value: `Tags.member.1.Key=team` is the member `Key` of the first
//! element of `Tags`.

use std::collections::BTreeMap;

use api::table::{Location, Shape, Structure};
use serde_json::{Map, Value};

use crate::dispatch::Match;
use crate::request::Request;
use crate::service_error::ServiceError;
use crate::{form, json, limits};

/// How a protocol of forms names things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Members as the model names them, lists as `Tags.member.1`.
    Query,
    /// Members begin with a capital, lists are `Tag.1`.
    Ec2,
}

impl Dialect {
    /// The parameter that holds a member of this name.
    fn part<'n>(self, node: &'n Node, wire_name: &str) -> Option<&'n Node> {
        match self {
            Self::Query => node.parts.get(wire_name),
            Self::Ec2 => {
                let mut letters = wire_name.chars();
                let first = letters.next()?.to_ascii_uppercase();
                node.parts.get(&*format!("{first}{}", letters.as_str()))
            }
        }
    }
}

/// The canonical value of the input.
pub(crate) fn decode(found: &Match, request: &Request) -> Result<Value, ServiceError> {
    decode_in(Dialect::Query, found, request)
}

/// The same in another dialect.
pub(crate) fn decode_in(dialect: Dialect, found: &Match, request: &Request) -> Result<Value, ServiceError> {
    let body = std::str::from_utf8(request.body())
        .map_err(|_| ServiceError::serialization("The form is not UTF-8 text"))?;
    let mut root = Node::default();
    let mut count = 0_usize;
    for pair in [request.query().unwrap_or_default(), body].into_iter().flat_map(form::pairs) {
        let (name, value) = pair.ok_or_else(|| ServiceError::serialization("The form is not UTF-8 text"))?;
        let mut node = &mut root;
        for (depth, part) in name.split('.').enumerate() {
            count += 1;
            if depth >= limits::DEPTH || count > limits::VALUES {
                return Err(ServiceError::serialization("The form holds too many or too deep parameters"));
            }
            node = node.parts.entry(part.to_owned()).or_default();
        }
        node.value.get_or_insert_with(|| value.into_owned());
    }
    structure(dialect, &root, found.operation.input)
}

/// A parameter, the parts of its name unfolded.
#[derive(Default)]
struct Node {
    value: Option<String>,
    parts: BTreeMap<String, Node>,
}

impl Node {
    /// The parts that are numbers, in their order.
    fn numbered(&self) -> Vec<&Node> {
        let mut numbered: Vec<(u32, &Node)> =
            self.parts.iter().filter_map(|(part, node)| Some((part.parse().ok()?, node))).collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, node)| node).collect()
    }
}

fn structure(dialect: Dialect, node: &Node, structure: &Structure) -> Result<Value, ServiceError> {
    let mut members = Map::new();
    for member in structure.members.iter().filter(|member| member.location == Location::Body) {
        if let Some(node) = dialect.part(node, member.wire_name)
            && let Some(value) = value(dialect, node, member.shape)?
        {
            members.insert(member.name.to_owned(), value);
        }
    }
    Ok(Value::Object(members))
}

fn value(dialect: Dialect, node: &Node, shape: Shape) -> Result<Option<Value>, ServiceError> {
    match shape {
        Shape::Structure(table) => structure(dialect, node, table).map(Some),
        Shape::List(list) => {
            let is_flattened = list.flattened || dialect == Dialect::Ec2;
            let holder = if is_flattened { Some(node) } else { node.parts.get(list.element_name) };
            let mut elements = Vec::new();
            for element in holder.map(Node::numbered).unwrap_or_default() {
                elements.extend(value(dialect, element, list.element)?);
            }
            // A bare `Tags=` is how clients write an empty list.
            Ok(Some(Value::Array(elements)))
        }
        Shape::Map(map) => {
            let holder = if map.flattened { Some(node) } else { node.parts.get("entry") };
            let mut entries = Map::new();
            for entry in holder.map(Node::numbered).unwrap_or_default() {
                let key = entry.parts.get(map.key_name).and_then(|key| key.value.clone());
                let read = entry
                    .parts
                    .get(map.value_name)
                    .map(|node| value(dialect, node, map.value))
                    .transpose()?;
                if let (Some(key), Some(Some(read))) = (key, read) {
                    entries.insert(key, read);
                }
            }
            Ok(Some(Value::Object(entries)))
        }
        scalar => node.value.as_deref().map(|text| json::scalar(text, scalar)).transpose(),
    }
}
