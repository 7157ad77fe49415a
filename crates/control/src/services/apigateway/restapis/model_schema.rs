//! The schemas of models: JSON Schema draft 4, with references to the API's other models. The
//! check is that of the draft's own schema; keywords that are not the draft's are refused (as AWS
//! refuses them), not passed over.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::Outcome;

use super::super::limits;
use super::super::refusals::bad_request;

/// How a schema names another model of its API (API Gateway developer guide, "Data models for
/// REST APIs").
const MODELS: &str = "https://apigateway.amazonaws.com/restapis/";

/// The types there are.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Keywords whose value is one schema (or, for two of them, a boolean).
const SCHEMA: [&str; 4] = ["additionalItems", "additionalProperties", "items", "not"];

/// Keywords whose value is a list of schemas.
const LISTS: [&str; 4] = ["allOf", "anyOf", "items", "oneOf"];

/// Keywords whose value is a map to schemas.
const MAPS: [&str; 4] = ["definitions", "dependencies", "patternProperties", "properties"];

/// Refuses what is no schema; answers the names of the models of the API `api` that it refers to.
/// The texts are AWS's own, as users report them, but for that of the size.
pub(super) fn check(api: &str, text: &str) -> Outcome<BTreeSet<String>> {
    if text.len() > limits::MODEL_SCHEMA {
        let limit = limits::MODEL_SCHEMA;
        return Err(bad_request(format!("The schema of a model can be at most {limit} bytes long.")));
    }
    let Ok(mut schema) = serde_json::from_str::<Value>(text) else { return Err(invalid(&[BAD.to_owned()])) };
    let mut faults = Faults::default();
    faults.schema(&schema);
    let (mut models, mut canonical) = (BTreeSet::new(), true);
    each_reference(&mut schema, &mut |reference| {
        if let Some(name) = model(api, reference) {
            models.insert(name.to_owned());
        } else if !reference.starts_with('#') {
            canonical = false;
        }
    });
    let mut texts = Vec::new();
    if !faults.unknown.is_empty() {
        let unknown: Vec<_> = faults.unknown.iter().map(|keyword| format!("{keyword:?}")).collect();
        texts.push(format!("{BAD}. Unsupported keyword(s): [{}]", unknown.join(",")));
    } else if faults.broken || !canonical {
        texts.push(BAD.to_owned());
    }
    if !canonical {
        texts.push("Model reference must be in canonical form".to_owned());
    }
    // What remains is what only shows when the schema is put to use: patterns that are none,
    // references into it that lead nowhere, a schema that leads to itself.
    if texts.is_empty() && schema::check(api, text).is_err() {
        texts.push(BAD.to_owned());
    }
    if texts.is_empty() { Ok(models) } else { Err(invalid(&texts)) }
}

/// Refuses references to models that are not there.
pub(super) fn unknown_models(names: &[&String]) -> crate::Failure {
    let texts: Vec<_> = names.iter().map(|name| format!("Invalid model specified: {name}")).collect();
    invalid(&texts)
}

const BAD: &str = "Invalid model schema specified";

fn invalid(texts: &[String]) -> crate::Failure {
    let errors = texts.join(", ");
    bad_request(format!("Invalid model specified: Validation Result: warnings : [], errors : [{errors}]"))
}

/// The name of the model that `reference` names, if it names one of the API `api`.
pub(super) fn model<'a>(api: &str, reference: &'a str) -> Option<&'a str> {
    let name = reference.strip_prefix(MODELS)?.strip_prefix(api)?.strip_prefix("/models/")?;
    is_name(name).then_some(name)
}

/// Whether a model may have the name.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric())
}

/// `schema` with the references to models of the API `from` made into such to those of `to`.
pub(super) fn moved(schema: &str, from: &str, to: &str) -> String {
    schema.replace(&format!("{MODELS}{from}/models/"), &format!("{MODELS}{to}/models/"))
}

/// Hands every reference in `schema` to `see`, which may change it.
pub(super) fn each_reference(schema: &mut Value, see: &mut dyn FnMut(&mut String)) {
    let Value::Object(members) = schema else { return };
    if let Some(Value::String(reference)) = members.get_mut("$ref") {
        see(reference);
    }
    for (keyword, value) in members {
        let keyword = keyword.as_str();
        match value {
            Value::Object(map) if MAPS.contains(&keyword) => {
                map.values_mut().for_each(|schema| each_reference(schema, see));
            }
            Value::Array(list) if LISTS.contains(&keyword) => {
                list.iter_mut().for_each(|schema| each_reference(schema, see));
            }
            Value::Object(_) if SCHEMA.contains(&keyword) => each_reference(value, see),
            _ => {}
        }
    }
}

/// What is wrong with a schema.
#[derive(Default)]
struct Faults {
    broken: bool,
    unknown: BTreeSet<String>,
}

impl Faults {
    fn schema(&mut self, schema: &Value) {
        let Value::Object(members) = schema else {
            self.broken = true;
            return;
        };
        if let Some(reference) = members.get("$ref") {
            // What stands beside a reference has no meaning in draft 4.
            self.require(reference.is_string());
            return;
        }
        for (keyword, value) in members {
            self.keyword(keyword, value);
        }
        for (limit, exclusive) in [("maximum", "exclusiveMaximum"), ("minimum", "exclusiveMinimum")] {
            self.require(!members.contains_key(exclusive) || members.contains_key(limit));
        }
    }

    fn keyword(&mut self, keyword: &str, value: &Value) {
        match keyword {
            "$schema" | "description" | "format" | "id" | "pattern" | "title" => {
                self.require(value.is_string());
            }
            "default" => {}
            "type" => match value {
                Value::Array(types) => self.require(distinct(types) && types.iter().all(is_type)),
                one => self.require(is_type(one)),
            },
            "enum" => self.require(value.as_array().is_some_and(|values| distinct(values))),
            "required" => self.require(is_names(value)),
            "maximum" | "minimum" => self.require(value.is_number()),
            "multipleOf" => self.require(value.as_f64().is_some_and(|factor| factor > 0.0)),
            "exclusiveMaximum" | "exclusiveMinimum" | "uniqueItems" => self.require(value.is_boolean()),
            "maxItems" | "maxLength" | "maxProperties" | "minItems" | "minLength" | "minProperties" => {
                self.require(value.is_u64());
            }
            "additionalItems" | "additionalProperties" if value.is_boolean() => {}
            "additionalItems" | "additionalProperties" | "not" => self.schema(value),
            "items" if !value.is_array() => self.schema(value),
            "allOf" | "anyOf" | "items" | "oneOf" => self.list(value),
            "dependencies" => {
                for value in self.map(value) {
                    if !is_names(value) {
                        self.schema(value);
                    }
                }
            }
            "definitions" | "patternProperties" | "properties" => {
                for schema in self.map(value) {
                    self.schema(schema);
                }
            }
            unknown => {
                self.unknown.insert(unknown.to_owned());
            }
        }
    }

    fn list(&mut self, value: &Value) {
        let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
        self.require(!list.is_empty());
        list.iter().for_each(|schema| self.schema(schema));
    }

    fn map<'v>(&mut self, value: &'v Value) -> impl Iterator<Item = &'v Value> + use<'v> {
        let map: Option<&'v Map<String, Value>> = value.as_object();
        self.require(map.is_some());
        map.into_iter().flat_map(Map::values)
    }

    fn require(&mut self, holds: bool) {
        self.broken |= !holds;
    }
}

fn is_type(value: &Value) -> bool {
    value.as_str().is_some_and(|name| TYPES.contains(&name))
}

fn is_names(value: &Value) -> bool {
    value.as_array().is_some_and(|names| distinct(names) && names.iter().all(Value::is_string))
}

/// Whether there are any, and no two the same.
fn distinct(values: &[Value]) -> bool {
    let texts: BTreeSet<String> = values.iter().map(Value::to_string).collect();
    !values.is_empty() && texts.len() == values.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Failure;

    fn refusal(schema: &str) -> String {
        match check("abc", schema) {
            Ok(_) => String::new(),
            Err(Failure::Service(error)) => error.message().unwrap_or_default().to_owned(),
            Err(Failure::Store(fault)) => fault.to_string(),
        }
    }

    fn errors(texts: &str) -> String {
        format!("Invalid model specified: Validation Result: warnings : [], errors : [{texts}]")
    }

    /// Reported by users of AWS: an empty `required`, a repeated value of an enumeration, text that
    /// is no JSON.
    #[test]
    fn broken_schemas_are_refused() {
        for schema in [
            "[]",
            "x",
            r#"{"type": "text"}"#,
            r#"{"type": []}"#,
            r#"{"required": []}"#,
            r#"{"required": [1]}"#,
            r#"{"enum": ["A", "A"]}"#,
            r#"{"enum": []}"#,
            r#"{"properties": []}"#,
            r#"{"properties": {"a": true}}"#,
            r#"{"properties": {"a": {"items": []}}}"#,
            r#"{"items": {"minLength": -1}}"#,
            r#"{"minimum": "1"}"#,
            r#"{"exclusiveMinimum": true}"#,
            r#"{"multipleOf": 0}"#,
            r#"{"allOf": []}"#,
            r#"{"dependencies": {"a": []}}"#,
            r#"{"$ref": 1}"#,
            r##"{"$ref": "#/definitions/none"}"##,
            r##"{"allOf": [{"$ref": "#"}]}"##,
            r#"{"pattern": "("}"#,
            // Java's, which the validator here does not have.
            r#"{"pattern": "a++"}"#,
            &format!("{}1{}", r#"{"not":"#.repeat(200), "}".repeat(200)),
        ] {
            assert_eq!(refusal(schema), errors("Invalid model schema specified"), "{schema}");
        }
    }

    #[test]
    fn every_keyword_of_draft_4_is_taken() {
        let schema = json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "id": "x", "title": "t", "description": "d", "default": null, "format": "date",
            "type": ["object", "null"],
            "required": ["a"],
            "minProperties": 1, "maxProperties": 2,
            "properties": {
                "a": {"type": "integer", "minimum": 0, "exclusiveMinimum": true, "maximum": 9, "multipleOf": 0.5},
                "b": {"type": "string", "minLength": 1, "maxLength": 2, "pattern": "^a", "enum": ["a", "b"]},
                "c": {"items": [{"type": "null"}], "additionalItems": false, "uniqueItems": true, "minItems": 1, "maxItems": 2},
                "$ref": {"type": "string"},
            },
            "patternProperties": {"^x": {}},
            "additionalProperties": {"$ref": "#/definitions/d"},
            "dependencies": {"a": ["b"], "b": {"not": {}}},
            "definitions": {"d": {"anyOf": [{}], "allOf": [{}], "oneOf": [{}, {"additionalProperties": true}]}},
        });
        assert_eq!(refusal(&schema.to_string()), "");
        assert_eq!(refusal("{}"), "");
    }

    #[test]
    fn keywords_of_other_drafts_are_named() {
        let schema = r#"{"properties": {"a": {"nullable": true, "example": 1}}, "$id": "x"}"#;
        assert_eq!(
            refusal(schema),
            errors(r#"Invalid model schema specified. Unsupported keyword(s): ["$id","example","nullable"]"#)
        );
    }

    #[test]
    fn references_are_to_models_or_inside() {
        let other = "https://apigateway.amazonaws.com/restapis/abc/models/Pet";
        let schema = json!({"items": {"$ref": other}, "oneOf": [{"$ref": other}, {"$ref": "#/definitions/x"}],
                "definitions": {"x": {}}});
        assert_eq!(check("abc", &schema.to_string()).unwrap(), BTreeSet::from(["Pet".to_owned()]));
        for reference in ["Pet", "./a.yaml", "https://apigateway.amazonaws.com/restapis/xyz/models/Pet"] {
            let schema = json!({"properties": {"a": {"$ref": reference}}});
            assert_eq!(
                refusal(&schema.to_string()),
                errors("Invalid model schema specified, Model reference must be in canonical form"),
                "{reference}"
            );
        }
    }

    #[test]
    fn a_schema_has_a_size() {
        let of = |length: usize| format!("{{\"title\":\"{}\"}}", "x".repeat(length - 12));
        assert_eq!(refusal(&of(400 * 1024)), "");
        assert_eq!(refusal(&of(400 * 1024 + 1)), "The schema of a model can be at most 409600 bytes long.");
    }
}
