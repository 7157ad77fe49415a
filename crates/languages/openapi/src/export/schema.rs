//! Models as the schemas of a document: those that methods use, and what these refer to. A schema
//! loses what identifies it as a document of its own, and its references are to its neighbours.

use std::collections::{BTreeSet, HashMap};

use api::apigateway::DocumentationPartType;
use serde_json::{Map, Value, json};

use super::Kind;
use super::documentation::Documentation;
use crate::Definition;

/// How a stored schema names another model: this, the API's id, `/models/` and the name.
const RESTAPIS: &str = "https://apigateway.amazonaws.com/restapis/";

/// The members that come first in a schema of Swagger 2.0. The others stay as they are.
const SWAGGER_ORDER: [&str; 10] =
    ["$ref", "type", "format", "required", "properties", "items", "enum", "minimum", "maximum", "title"];

/// The same for OpenAPI 3.0.
const OPENAPI_ORDER: [&str; 19] = [
    "title",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "required",
    "type",
    "properties",
    "additionalProperties",
    "description",
];

/// Keywords whose value is one schema.
const ONE: [&str; 4] = ["additionalItems", "additionalProperties", "items", "not"];

/// Keywords whose value is a list of schemas.
const MANY: [&str; 4] = ["allOf", "anyOf", "items", "oneOf"];

/// Keywords whose value is a map to schemas.
const NAMED: [&str; 4] = ["definitions", "dependencies", "patternProperties", "properties"];

/// The models of an API, and which of them the document has.
pub(super) struct Models<'a> {
    kind: Kind,
    schemas: HashMap<&'a str, &'a str>,
    used: BTreeSet<&'a str>,
}

impl<'a> Models<'a> {
    pub(super) fn of(definition: &'a Definition, kind: Kind) -> Self {
        let schemas = definition.models.iter().filter_map(|model| {
            let text = model.schema.as_deref()?;
            is_json(model.content_type.as_deref().unwrap_or_default())
                .then_some((model.name.as_deref()?, text))
        });
        Self { kind, schemas: schemas.collect(), used: BTreeSet::new() }
    }

    /// A reference to the model `name`, which the document will have. `None` if its schema is
    /// none in JSON.
    pub(super) fn refer(&mut self, name: &str) -> Option<Value> {
        let (name, _) = self.schemas.get_key_value(name)?;
        self.used.insert(name);
        Some(json!({"$ref": self.place(name)}))
    }

    /// The schemas of all models that were referred to.
    pub(super) fn written(&mut self, documentation: &Documentation) -> Map<String, Value> {
        let mut waiting: Vec<&str> = self.used.iter().copied().collect();
        let mut written: HashMap<&str, Value> = HashMap::new();
        while let Some(name) = waiting.pop() {
            let text = self.schemas.get(name).copied().unwrap_or_default();
            // What is stored was checked; a document that was stored otherwise has an open schema.
            let mut schema = serde_json::from_str(text).unwrap_or_else(|_| json!({}));
            let mut found = Vec::new();
            self.rewrite(&mut schema, name, &mut found);
            waiting.extend(found.into_iter().filter(|found| self.used.insert(found)));
            if let Value::Object(members) = &mut schema {
                members.shift_remove("$schema");
                members.shift_remove("id");
                let part = documentation.named(DocumentationPartType::Model, name);
                part.merge(&["title", "description", "externalDocs", "example"], members);
            }
            written.insert(name, schema);
        }
        let in_order = self.used.iter().filter_map(|name| Some(((*name).to_owned(), written.remove(name)?)));
        in_order.collect()
    }

    fn place(&self, name: &str) -> String {
        match self.kind {
            Kind::Swagger => format!("#/definitions/{name}"),
            Kind::OpenApi30 => format!("#/components/schemas/{name}"),
        }
    }

    /// Puts the members of `schema`, which is in the model `of`, into order and its references in the
    /// document's form; collects the models that it refers to.
    fn rewrite(&self, schema: &mut Value, of: &str, found: &mut Vec<&'a str>) {
        let Value::Object(members) = schema else { return };
        if let Some(Value::String(reference)) = members.get_mut("$ref") {
            if let Some(inside) = reference.strip_prefix('#') {
                *reference = format!("{}{inside}", self.place(of));
            } else if let Some((name, _)) = model(reference).and_then(|name| self.schemas.get_key_value(name))
            {
                *reference = self.place(name);
                found.push(name);
            }
        }
        for (keyword, value) in members.iter_mut() {
            let keyword = keyword.as_str();
            match value {
                Value::Object(map) if NAMED.contains(&keyword) => {
                    map.values_mut().for_each(|schema| self.rewrite(schema, of, found));
                }
                Value::Array(list) if MANY.contains(&keyword) => {
                    list.iter_mut().for_each(|schema| self.rewrite(schema, of, found));
                }
                Value::Object(_) if ONE.contains(&keyword) => self.rewrite(value, of, found),
                _ => {}
            }
        }
        let order: &[&str] = match self.kind {
            Kind::Swagger => &SWAGGER_ORDER,
            Kind::OpenApi30 => &OPENAPI_ORDER,
        };
        let mut rest = std::mem::take(members);
        members.extend(order.iter().filter_map(|name| rest.shift_remove_entry(*name)));
        members.extend(rest);
    }
}

/// The name of the model that a stored schema's reference is to.
fn model(reference: &str) -> Option<&str> {
    let (_, name) = reference.strip_prefix(RESTAPIS)?.split_once("/models/")?;
    Some(name)
}

/// Whether bodies of the type are JSON.
pub(super) fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    essence.ends_with("/json") || essence.ends_with("+json")
}
