//! Documentation parts, and what they say about what (API Gateway developer guide,
//! "Representation of API documentation in API Gateway" and "Publish API documentation by
//! importing and exporting"). A part whose location is more general speaks for what is below it:
//! its path for all paths that begin with it, its `*` for any verb or status code; what a more
//! particular part says of the same property stands.

use std::collections::HashMap;

use api::apigateway::{
    DocumentationPart, DocumentationPartLocation as Location, DocumentationPartType as Type,
    DocumentationVersion,
};
use base::Timestamp;
use serde_json::{Map, Value, json};

/// The properties of parts by their places.
#[derive(Default)]
pub(super) struct Documentation(HashMap<String, Map<String, Value>>);

/// What the parts say about one thing, the most particular last.
#[derive(Default)]
pub(super) struct Found<'d>(Vec<&'d Map<String, Value>>);

impl Documentation {
    pub(super) fn of(parts: &[DocumentationPart]) -> Self {
        let placed = parts.iter().filter_map(|part| {
            let location = part.location.as_ref()?;
            let properties = properties(part);
            Some((place(location), properties.as_object()?.clone()))
        });
        Self(placed.collect())
    }

    /// About the API.
    pub(super) fn api(&self) -> Found<'_> {
        self.at(&key(Type::Api, "", "", "", ""))
    }

    /// About the model or authorizer `name`.
    pub(super) fn named(&self, kind: Type, name: &str) -> Found<'_> {
        self.at(&key(kind, "", "", "", name))
    }

    /// About the resource at `path`.
    pub(super) fn resource(&self, path: &str) -> Found<'_> {
        self.below(Type::Resource, path, &[""], &[""], "")
    }

    /// About a method, its request's body or, by `name`, one of its parameters.
    pub(super) fn method(&self, kind: Type, path: &str, verb: &str, name: &str) -> Found<'_> {
        self.below(kind, path, &["*", verb], &[""], name)
    }

    /// About a response or, by `name`, one of its headers.
    pub(super) fn response(&self, kind: Type, path: &str, verb: &str, code: &str, name: &str) -> Found<'_> {
        self.below(kind, path, &["*", verb], &["*", code], name)
    }

    fn at(&self, place: &str) -> Found<'_> {
        Found(self.0.get(place).into_iter().collect())
    }

    fn below(&self, kind: Type, path: &str, verbs: &[&str], codes: &[&str], name: &str) -> Found<'_> {
        let mut found = Vec::new();
        if self.0.is_empty() {
            return Found(found);
        }
        let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0).chain([path.len()]);
        let above = ends.filter_map(|end| path.get(..end)).filter(|path| *path != "/");
        for path in ["/"].into_iter().chain(above) {
            for verb in verbs {
                for code in codes {
                    found.extend(self.0.get(&key(kind, path, verb, code, name)));
                }
            }
        }
        Found(found)
    }
}

impl<'d> Found<'d> {
    /// Puts the properties that OpenAPI knows there, and extensions, into `members`; API Gateway's
    /// own extensions are not for documentation to set.
    pub(super) fn merge(&self, known: &[&str], members: &mut Map<String, Value>) {
        for properties in &self.0 {
            for (name, value) in *properties {
                let extends = name.starts_with("x-") && !name.starts_with("x-amazon-apigateway-");
                if extends || known.contains(&name.as_str()) {
                    members.insert(name.clone(), value.clone());
                }
            }
        }
    }

    /// What is said in the property `info`.
    pub(super) fn info(&self) -> Self {
        Self(self.0.iter().filter_map(|properties| properties.get("info")?.as_object()).collect())
    }
}

/// All parts and their version, as the extension lists them.
pub(super) fn listed(version: &DocumentationVersion, parts: &[DocumentationPart]) -> Value {
    let parts: Vec<Value> =
        parts.iter().map(|part| json!({"location": part.location, "properties": properties(part)})).collect();
    let mut listed = Map::new();
    listed.insert("version".into(), json!(version.version));
    let created = version.created_date.map(Timestamp::iso8601);
    listed.extend(created.map(|moment| ("createdDate".into(), moment.into())));
    listed.insert("documentationParts".into(), parts.into());
    Value::Object(listed)
}

/// The properties of a part, which are stored as the text of an object.
fn properties(part: &DocumentationPart) -> Value {
    let text = part.properties.as_deref().unwrap_or_default();
    serde_json::from_str(text).unwrap_or_else(|_| json!({}))
}

/// The place of a location, what it leaves out filled in.
fn place(location: &Location) -> String {
    let kind = location.r#type;
    let path = location.path.as_deref().unwrap_or("/");
    let verb = location.method.as_deref().unwrap_or("*");
    let code = location.status_code.as_deref().unwrap_or("*");
    let name = location.name.as_deref().unwrap_or_default();
    match kind {
        Type::Api => key(kind, "", "", "", ""),
        Type::Authorizer | Type::Model => key(kind, "", "", "", name),
        Type::Resource => key(kind, path, "", "", ""),
        Type::Method | Type::RequestBody => key(kind, path, verb, "", ""),
        Type::PathParameter | Type::QueryParameter | Type::RequestHeader => key(kind, path, verb, "", name),
        Type::Response | Type::ResponseBody => key(kind, path, verb, code, ""),
        Type::ResponseHeader => key(kind, path, verb, code, name),
    }
}

/// Path, method, status code and name, as far as the type has them.
fn key(kind: Type, path: &str, verb: &str, code: &str, name: &str) -> String {
    [kind.as_str(), path, verb, code, name].join("\0")
}
