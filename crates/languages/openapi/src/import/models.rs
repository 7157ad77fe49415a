//! `definitions` or `components.schemas`, and the schemas that stand where they are used. A model's
//! schema is JSON Schema draft 4, so what OpenAPI adds to that is left out (API Gateway developer
//! guide, "Amazon API Gateway important notes"); other keywords are for the model's own rules to
//! refuse.

use api::apigateway::Model;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::layout::pretty;
use super::reader::{Reader, Version};

const MODELS: &str = "https://apigateway.amazonaws.com/restapis/";

/// Keywords of OpenAPI alone.
const LEFT_OUT: [&str; 9] = [
    "deprecated",
    "discriminator",
    "example",
    "examples",
    "externalDocs",
    "nullable",
    "readOnly",
    "writeOnly",
    "xml",
];

/// Keywords whose value is a schema, a list of them, or a map to them.
const NESTED: [&str; 4] = ["additionalItems", "additionalProperties", "items", "not"];
const LISTS: [&str; 4] = ["allOf", "anyOf", "items", "oneOf"];
const MAPS: [&str; 4] = ["definitions", "dependencies", "patternProperties", "properties"];

/// The models of a document.
pub(super) struct Models<'d> {
    api_id: &'d str,
    declared: Option<&'d Map<String, Value>>,
    models: IndexMap<String, Model>,
}

impl<'d> Models<'d> {
    /// Those that have a name.
    pub(super) fn declared(reader: &mut Reader<'d>, api_id: &'d str) -> Self {
        let declared = match reader.version {
            Version::Swagger2 => reader.section("definitions"),
            Version::OpenApi3 => {
                let components = reader.section("components");
                components.and_then(|components| components.get("schemas")).and_then(Value::as_object)
            }
        };
        let mut models = Self { api_id, declared, models: IndexMap::new() };
        for (name, schema) in declared.into_iter().flatten() {
            let description = schema.get("description").and_then(Value::as_str).map(str::to_owned);
            let mut schema = models.draft4(reader, schema);
            // It moves to the model (recorded from AWS).
            if let (Some(members), Some(_)) = (schema.as_object_mut(), &description) {
                members.shift_remove("description");
            }
            models.put(name.clone(), description, pretty(&schema));
        }
        models
    }

    /// The name of the model that has the schema: that which it refers to, or a new one.
    pub(super) fn of_schema(&mut self, reader: &mut Reader<'d>, schema: &'d Value) -> Option<String> {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.referred(reader, reference);
        }
        if schema.as_object().is_none_or(Map::is_empty) {
            return None;
        }
        let schema = pretty(&self.draft4(reader, schema));
        let mut salt = 0_u32;
        loop {
            let name = made_up(&schema, salt);
            match self.models.get(&name) {
                Some(model) if model.schema.as_ref() != Some(&schema) => salt += 1,
                Some(_) => return Some(name),
                None => {
                    self.put(name.clone(), None, schema);
                    return Some(name);
                }
            }
        }
    }

    pub(super) fn into_models(self) -> Vec<Model> {
        self.models.into_values().collect()
    }

    fn put(&mut self, name: String, description: Option<String>, schema: String) {
        let model = Model {
            id: None,
            name: Some(name.clone()),
            description,
            schema: Some(schema),
            content_type: Some("application/json".to_owned()),
        };
        self.models.insert(name, model);
    }

    /// The name of a declared model by any reference to it.
    fn referred(&self, reader: &mut Reader<'d>, reference: &str) -> Option<String> {
        let local = ["#/definitions/", "#/components/schemas/"];
        let local = local.iter().find_map(|prefix| reference.strip_prefix(prefix));
        let remote = || reference.strip_prefix(MODELS)?.split_once("/models/").map(|(_, name)| name);
        let name = local.or_else(remote).unwrap_or(reference).replace("~1", "/").replace("~0", "~");
        if self.declared.is_some_and(|declared| declared.contains_key(&name)) {
            return Some(name);
        }
        // As users of AWS report it.
        reader.warn(format!("Reference to model '{name}' not found. Ignoring."));
        None
    }

    fn draft4(&self, reader: &mut Reader<'d>, schema: &Value) -> Value {
        let Value::Object(members) = schema else { return schema.clone() };
        let mut kept = Map::new();
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            // What stands beside a reference has no meaning.
            if let Some(name) = self.referred(reader, reference) {
                let api_id = self.api_id;
                kept.insert("$ref".to_owned(), format!("{MODELS}{api_id}/models/{name}").into());
            }
            return Value::Object(kept);
        }
        for (keyword, value) in members {
            if LEFT_OUT.contains(&keyword.as_str()) || keyword.starts_with("x-") {
                continue;
            }
            let value = match value {
                Value::Object(map) if MAPS.contains(&keyword.as_str()) => {
                    let each = map.iter().map(|(name, schema)| (name.clone(), self.draft4(reader, schema)));
                    Value::Object(each.collect())
                }
                Value::Array(list) if LISTS.contains(&keyword.as_str()) => {
                    list.iter().map(|schema| self.draft4(reader, schema)).collect()
                }
                Value::Object(_) if NESTED.contains(&keyword.as_str()) => self.draft4(reader, value),
                other => other.clone(),
            };
            kept.insert(keyword.clone(), value);
        }
        Value::Object(kept)
    }
}

/// A name as AWS makes them up, `MODELd2a00d`. Here it follows from the schema (FNV-1a), so that a
/// second import of the same document makes the same model.
fn made_up(schema: &str, salt: u32) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in schema.bytes().chain(salt.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("MODEL{:06x}", (hash >> 40) & 0xff_ffff)
}
