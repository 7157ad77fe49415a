//! One service's model as the emitters need it: errata applied, operations selected, shapes that
//! nothing reaches left out, and what would surprise the emitters refused.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::Deserialize;

use super::CodegenError;
use super::config::{Config, Operations, Service, Validation};

/// A `service-2.json`.
#[derive(Debug, Deserialize)]
pub(crate) struct RawModel {
    pub(crate) metadata: Metadata,
    operations: IndexMap<String, RawOperation>,
    shapes: IndexMap<String, Shape>,
}

/// The model's `metadata`, as far as it is used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) api_version: String,
    pub(crate) endpoint_prefix: String,
    pub(crate) service_id: String,
    pub(crate) protocol: String,
    pub(crate) signing_name: Option<String>,
    pub(crate) json_version: Option<String>,
    pub(crate) target_prefix: Option<String>,
    pub(crate) xml_namespace: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RawOperation {
    http: Http,
    input: Option<Member>,
    output: Option<Member>,
    #[serde(default)]
    errors: Vec<Member>,
}

/// Where an operation lives in HTTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Http {
    pub(crate) method: String,
    pub(crate) request_uri: String,
    pub(crate) response_code: Option<u16>,
}

/// A shape. Every key that the pinned models use is named, so that a new one is noticed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) members: IndexMap<String, Member>,
    #[serde(default)]
    pub(crate) required: BTreeSet<String>,
    #[serde(default, rename = "enum")]
    pub(crate) values: Vec<String>,
    pub(crate) pattern: Option<String>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) member: Option<Member>,
    pub(crate) key: Option<Member>,
    pub(crate) value: Option<Member>,
    pub(crate) payload: Option<String>,
    pub(crate) error: Option<ErrorInfo>,
    #[serde(default)]
    pub(crate) exception: bool,
    #[serde(default)]
    pub(crate) fault: bool,
    #[serde(default)]
    pub(crate) sensitive: bool,
    #[serde(default)]
    pub(crate) flattened: bool,
    #[serde(default)]
    pub(crate) document: bool,
    /// Its members are kinds of events, of which the answer is a stream.
    #[serde(default)]
    eventstream: bool,
    pub(crate) timestamp_format: Option<String>,
    /// Set by an erratum: the map's values may be null.
    #[serde(skip)]
    pub(crate) sparse: bool,
    /// Set by an erratum: what is compiled in place of `pattern`.
    #[serde(skip)]
    pub(crate) matches: Option<String>,
    #[serde(default, rename = "locationName")]
    _location_name: Option<String>,
    #[serde(default, rename = "box")]
    _boxed: bool,
    #[serde(default, rename = "streaming")]
    _streaming: bool,
    #[serde(default)]
    event: bool,
    #[serde(default, rename = "union")]
    _union: bool,
    #[serde(default, rename = "deprecated")]
    _deprecated: bool,
    #[serde(default, rename = "deprecatedMessage")]
    _deprecated_message: String,
    #[serde(default, rename = "deprecatedSince")]
    _deprecated_since: String,
    #[serde(default, rename = "documentation")]
    _documentation: Option<String>,
}

/// The `error` of an exception.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ErrorInfo {
    pub(crate) code: Option<String>,
    pub(crate) http_status_code: u16,
    #[serde(default, rename = "senderFault")]
    _sender_fault: bool,
}

/// A reference to a shape from a structure, list, map or operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Member {
    pub(crate) shape: String,
    pub(crate) location: Option<String>,
    pub(crate) location_name: Option<String>,
    pub(crate) result_wrapper: Option<String>,
    query_name: Option<String>,
    #[serde(default, rename = "enum")]
    values: Vec<String>,
    /// Set by an erratum: it holds a secret.
    #[serde(skip)]
    pub(crate) sensitive: bool,
    #[serde(default, rename = "box")]
    _boxed: bool,
    #[serde(default, rename = "eventpayload")]
    event_payload: bool,
    #[serde(default, rename = "idempotencyToken")]
    _idempotency_token: bool,
    #[serde(default, rename = "deprecated")]
    _deprecated: bool,
    #[serde(default, rename = "deprecatedMessage")]
    _deprecated_message: String,
    #[serde(default, rename = "deprecatedSince")]
    _deprecated_since: String,
    #[serde(default, rename = "documentation")]
    _documentation: Option<String>,
}

/// A selected operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) http: Http,
    pub(crate) input: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) result_wrapper: Option<String>,
    pub(crate) errors: Vec<String>,
}

/// A service, ready to be emitted.
#[derive(Debug)]
pub(crate) struct Model<'a> {
    pub(crate) name: &'a str,
    pub(crate) validation: &'a Validation,
    pub(crate) metadata: Metadata,
    pub(crate) operations: Vec<Operation>,
    /// The shapes that inputs and outputs reach: they become types and tables.
    pub(crate) shapes: BTreeMap<String, Shape>,
    /// All exceptions of the service: they become error tables.
    pub(crate) errors: BTreeMap<String, Shape>,
}

impl<'a> Model<'a> {
    /// Applies errata and selection to what botocore says.
    pub(crate) fn new(
        service: &'a Service,
        mut raw: RawModel,
        config: &Config,
    ) -> Result<Self, CodegenError> {
        name_enums_of_members(&mut raw.shapes);
        name_payloads_of_events(&mut raw.shapes);
        apply_errata(&service.name, &mut raw.shapes, config)?;
        let operations = select(service, &raw)?;
        let mut reached = BTreeSet::new();
        for operation in &operations {
            for root in operation.input.iter().chain(&operation.output) {
                reach(&service.name, root, &raw.shapes, &mut reached)?;
            }
        }
        let errors: BTreeMap<String, Shape> =
            raw.shapes.iter().filter(|(_, s)| s.exception).map(|(n, s)| (n.clone(), s.clone())).collect();
        let mut shapes = BTreeMap::new();
        let streamed = streamed(&operations, &raw);
        for name in reached {
            if let Some(shape) = raw.shapes.get(&name) {
                if shape.eventstream && !streamed.contains(&name) {
                    return Err(CodegenError::Surprise {
                        service: service.name.clone(),
                        what: format!("{name} is an event stream, but not the payload of a REST-JSON answer"),
                    });
                }
                check_premises(&service.name, &name, shape)?;
                shapes.insert(name, shape.clone());
            }
        }
        Ok(Self {
            name: &service.name,
            validation: &service.validation,
            metadata: raw.metadata,
            operations,
            shapes,
            errors,
        })
    }

    /// The shape of this name; every name that a reached shape mentions is reached.
    pub(crate) fn shape(&self, name: &str) -> Result<&Shape, CodegenError> {
        let missing = || CodegenError::Surprise {
            service: self.name.to_owned(),
            what: format!("the shape {name} is missing"),
        };
        self.shapes.get(name).ok_or_else(missing)
    }
}

/// Some members carry an `enum` of their own beside an unrestricted string shape. Such a member
/// gets a shape named after its structure and itself.
fn name_enums_of_members(shapes: &mut IndexMap<String, Shape>) {
    let mut made = Vec::new();
    for (structure, shape) in shapes.iter_mut() {
        for (name, member) in &mut shape.members {
            if !member.values.is_empty() {
                let target = format!("{structure}{name}");
                made.push((target.clone(), member.shape.clone(), std::mem::take(&mut member.values)));
                member.shape = target;
            }
        }
    }
    for (name, of, values) in made {
        if let Some(mut shape) = shapes.get(&of).cloned() {
            shape.values = values;
            shapes.insert(name, shape);
        }
    }
}

/// What is the whole payload of an event is so named on the event's members, not on the event.
fn name_payloads_of_events(shapes: &mut IndexMap<String, Shape>) {
    for shape in shapes.values_mut().filter(|shape| shape.event) {
        let payload = shape.members.iter().find(|(_, member)| member.event_payload);
        shape.payload = payload.map(|(name, _)| name.clone());
    }
}

/// The event streams that answers are made of, where the protocol knows how to send them.
fn streamed(operations: &[Operation], raw: &RawModel) -> BTreeSet<String> {
    if raw.metadata.protocol != "rest-json" {
        return BTreeSet::new();
    }
    let payload = |operation: &Operation| {
        let output = raw.shapes.get(operation.output.as_ref()?)?;
        let member = output.members.get(output.payload.as_ref()?)?;
        let shape = raw.shapes.get(&member.shape)?;
        let events = shape.members.values().all(|of| raw.shapes.get(&of.shape).is_some_and(|of| of.event));
        (shape.eventstream && events).then(|| member.shape.clone())
    };
    operations.iter().filter_map(payload).collect()
}

fn apply_errata(
    service: &str,
    shapes: &mut IndexMap<String, Shape>,
    config: &Config,
) -> Result<(), CodegenError> {
    let stale =
        |target: &str, why: &str| CodegenError::StaleErratum { target: target.into(), why: why.into() };
    let of_service = |target: &str| {
        target.strip_prefix(service).and_then(|rest| rest.strip_prefix('.')).map(str::to_owned)
    };
    for erratum in &config.enum_order {
        let Some(name) = of_service(&erratum.shape) else { continue };
        let shape =
            shapes.get_mut(&name).ok_or_else(|| stale(&erratum.shape, "the model has no such shape"))?;
        let known: BTreeSet<&String> = shape.values.iter().collect();
        if known != erratum.values.iter().collect() {
            return Err(stale(&erratum.shape, "the model's values are others"));
        }
        if shape.values == erratum.values {
            return Err(stale(&erratum.shape, "the model has the same order"));
        }
        shape.values.clone_from(&erratum.values);
    }
    for erratum in &config.sparse {
        let Some(path) = of_service(&erratum.member) else { continue };
        let missing = || stale(&erratum.member, "the model has no such member");
        let (structure, name) = path.split_once('.').ok_or_else(missing)?;
        let target = shapes.get(structure).and_then(|s| s.members.get(name)).ok_or_else(missing)?;
        let mut map = shapes.get(&target.shape).cloned().ok_or_else(missing)?;
        if map.kind != "map" || map.sparse {
            return Err(stale(&erratum.member, "it is not a map of values that must not be null"));
        }
        map.sparse = true;
        let sparse = format!("Sparse{}", target.shape);
        shapes.insert(sparse.clone(), map);
        if let Some(member) = shapes.get_mut(structure).and_then(|s| s.members.get_mut(name)) {
            member.shape = sparse;
        }
    }
    for erratum in &config.sensitive {
        let Some(path) = of_service(&erratum.member) else { continue };
        let missing = || stale(&erratum.member, "the model has no such member");
        let (structure, name) = path.split_once('.').ok_or_else(missing)?;
        let target = shapes.get(structure).and_then(|s| s.members.get(name)).ok_or_else(missing)?;
        if shapes.get(&target.shape).is_some_and(|shape| shape.sensitive) {
            return Err(stale(&erratum.member, "the model says so too"));
        }
        if let Some(member) = shapes.get_mut(structure).and_then(|s| s.members.get_mut(name)) {
            member.sensitive = true;
        }
    }
    for erratum in &config.pattern {
        let Some(name) = of_service(&erratum.shape) else { continue };
        let shape =
            shapes.get_mut(&name).ok_or_else(|| stale(&erratum.shape, "the model has no such shape"))?;
        match &shape.pattern {
            Some(pattern) if compiles(pattern) => {
                return Err(stale(&erratum.shape, "the model's own pattern compiles"));
            }
            Some(_) if compiles(&erratum.matches) => shape.matches = Some(erratum.matches.clone()),
            Some(_) => return Err(stale(&erratum.shape, "its replacement does not compile")),
            None => return Err(stale(&erratum.shape, "the shape has no pattern")),
        }
    }
    Ok(())
}

/// Whether Rust's `regex` understands a pattern of AWS's (Java's dialect).
fn compiles(pattern: &str) -> bool {
    regex::Regex::new(&format!(r"\A(?:{pattern})\z")).is_ok()
}

fn select(service: &Service, raw: &RawModel) -> Result<Vec<Operation>, CodegenError> {
    let names: BTreeSet<&String> = match &service.operations {
        Operations::Word(_) => raw.operations.keys().collect(),
        Operations::Names(names) => names.iter().collect(),
    };
    let mut operations = Vec::new();
    for name in names {
        let operation = raw.operations.get(name).ok_or_else(|| CodegenError::NoSuchOperation {
            service: service.name.clone(),
            operation: name.clone(),
        })?;
        operations.push(Operation {
            name: name.clone(),
            http: operation.http.clone(),
            input: operation.input.as_ref().map(|input| input.shape.clone()),
            output: operation.output.as_ref().map(|output| output.shape.clone()),
            result_wrapper: operation.output.as_ref().and_then(|output| output.result_wrapper.clone()),
            errors: operation.errors.iter().map(|error| error.shape.clone()).collect(),
        });
    }
    Ok(operations)
}

fn reach(
    service: &str,
    name: &str,
    shapes: &IndexMap<String, Shape>,
    reached: &mut BTreeSet<String>,
) -> Result<(), CodegenError> {
    let shape = shapes.get(name).ok_or_else(|| CodegenError::Surprise {
        service: service.to_owned(),
        what: format!("the shape {name} is missing"),
    })?;
    if !reached.insert(name.to_owned()) {
        return Ok(());
    }
    let parts = shape.members.values().chain(&shape.member).chain(&shape.key).chain(&shape.value);
    for part in parts {
        reach(service, &part.shape, shapes, reached)?;
    }
    Ok(())
}

/// What the emitters and the protocols take for granted about a shape.
fn check_premises(service: &str, name: &str, shape: &Shape) -> Result<(), CodegenError> {
    let surprise = |what: String| Err(CodegenError::Surprise { service: service.to_owned(), what });
    if shape.pattern.as_deref().is_some_and(|pattern| !compiles(pattern)) && shape.matches.is_none() {
        return surprise(format!(
            "the pattern of {name} does not compile, give it a [[pattern]] erratum: {}",
            shape.pattern.as_deref().unwrap_or_default()
        ));
    }
    let parts = match shape.kind.as_str() {
        "structure" | "string" | "boolean" | "integer" | "long" | "float" | "double" | "timestamp"
        | "blob" => true,
        "list" => shape.member.is_some(),
        "map" => shape.key.is_some() && shape.value.is_some(),
        _ => false,
    };
    if !parts {
        return surprise(format!("{name} has the unknown or incomplete type {}", shape.kind));
    }
    for (member_name, member) in &shape.members {
        // The protocol makes it from the name in XML, so that tables need not hold both.
        let in_forms = member.location_name.as_ref().unwrap_or(member_name).to_ascii_lowercase();
        if member.query_name.as_ref().is_some_and(|name| name.to_ascii_lowercase() != in_forms) {
            return surprise(format!("{name}.{member_name} has a name of its own in forms"));
        }
        match member.location.as_deref() {
            None | Some("uri" | "querystring" | "header" | "headers" | "statusCode") => {}
            Some(other) => return surprise(format!("{name}.{member_name} lives in {other}")),
        }
    }
    if let Some(payload) = &shape.payload
        && !shape.members.contains_key(payload)
    {
        return surprise(format!("{name} has no member {payload} to be its payload"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
