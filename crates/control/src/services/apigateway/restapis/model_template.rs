//! What is made from a model: the schema with the models it refers to written into it, and a
//! mapping template that shows its form.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::super::limits;
use super::model_schema::{each_reference, model};

/// The models of an API, name → schema.
pub(in super::super::super) type Schemas = BTreeMap<String, Value>;

/// The schema of the model `root` of the API `api`, with every model it refers to, directly or
/// not, among its definitions (API Gateway API reference, `GetModel`, `flatten`).
pub(super) fn flatten(api: &str, root: &str, schemas: &Schemas) -> Value {
    let mut schema = schemas.get(root).cloned().unwrap_or_default();
    let taken: Vec<String> = schema
        .get("definitions")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
        .cloned()
        .collect();
    // Where each model is written. The schema's own definitions keep their names.
    let mut places = BTreeMap::from([(root.to_owned(), String::new())]);
    let mut waiting = Vec::new();
    rewrite(api, &mut schema, "", &taken, &mut places, &mut waiting);
    let mut definitions = Vec::new();
    while let Some(name) = waiting.pop() {
        let place = places.get(&name).cloned().unwrap_or_default();
        let mut definition = schemas.get(&name).cloned().unwrap_or_default();
        rewrite(api, &mut definition, &place, &taken, &mut places, &mut waiting);
        definitions.push((place.trim_start_matches("/definitions/").to_owned(), definition));
    }
    if let Value::Object(members) = &mut schema
        && !definitions.is_empty()
    {
        definitions.sort_by(|a, b| a.0.cmp(&b.0));
        let known = members.entry("definitions").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(known) = known {
            known.extend(definitions);
        }
    }
    schema
}

/// Points the references of a schema that is written at `place` to where things are now.
fn rewrite(
    api: &str,
    schema: &mut Value,
    place: &str,
    taken: &[String],
    places: &mut BTreeMap<String, String>,
    waiting: &mut Vec<String>,
) {
    each_reference(schema, &mut |reference| {
        let Some(name) = model(api, reference).map(str::to_owned) else {
            if let Some(inside) = reference.strip_prefix('#') {
                *reference = format!("#{place}{inside}");
            }
            return;
        };
        let to = places.entry(name.clone()).or_insert_with(|| {
            waiting.push(name.clone());
            let mut own = name;
            while taken.contains(&own) {
                own.push('_');
            }
            format!("/definitions/{own}")
        });
        *reference = format!("#{to}");
    });
}

/// A mapping template that makes a payload in the form of the model `root` (API Gateway API
/// reference, `GetModelTemplate`). Its values are samples.
pub(in super::super::super) fn template(api: &str, root: &str, schemas: &Schemas) -> String {
    let mut template = Template { api, root, schemas, text: String::new(), values: 0 };
    template.text.push_str("#set($inputRoot = $input.path('$'))\n");
    template.value(schemas.get(root).unwrap_or(&Value::Null), root, "$inputRoot", 0, 0);
    template.text
}

struct Template<'a> {
    api: &'a str,
    root: &'a str,
    schemas: &'a Schemas,
    text: String,
    /// How many values are written: references can make a small model's form endless.
    values: usize,
}

impl<'a> Template<'a> {
    /// Writes the sample of `schema`, which is part of the model `of`. `input` is the expression
    /// that stands for it in the payload to map, `depth` its place among the models, `indent` its
    /// place in the text.
    fn value(&mut self, schema: &'a Value, of: &'a str, input: &str, depth: usize, indent: usize) {
        self.values += 1;
        if depth > limits::MODEL_DEPTH || self.values > limits::MODEL_VALUES {
            self.text.push_str("{ }");
            return;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let (of, schema) = self.referred(reference, of);
            return self.value(schema, of, input, depth + 1, indent);
        }
        match kind(schema) {
            "object" => self.object(schema, of, input, depth, indent),
            "array" => self.array(schema, of, input, depth, indent),
            "boolean" => self.text.push_str("true"),
            "integer" | "number" => self.text.push_str("42"),
            "null" => self.text.push_str("null"),
            _ => self.text.push_str("\"foo\""),
        }
    }

    fn object(&mut self, schema: &'a Value, of: &'a str, input: &str, depth: usize, indent: usize) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let blank = "  ".repeat(indent);
        self.text.push('{');
        for (n, (name, property)) in properties.into_iter().flatten().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            let name_text = Value::from(name.as_str());
            let _ = write!(self.text, "{comma}\n{blank}  {name_text} : ");
            self.value(property, of, &format!("{input}.{name}"), depth + 1, indent + 1);
        }
        let _ = write!(self.text, "\n{blank}}}");
    }

    fn array(&mut self, schema: &'a Value, of: &'a str, input: &str, depth: usize, indent: usize) {
        let blank = "  ".repeat(indent);
        let items = match schema.get("items") {
            Some(Value::Array(items)) => items.first(),
            items => items,
        };
        let _ = write!(
            self.text,
            "[\n##TODO: Update this foreach loop to reference array from input json\n\
             #foreach($elem in {input})\n{blank}  "
        );
        self.value(items.unwrap_or(&Value::Null), of, "$elem", depth + 1, indent + 1);
        let _ = write!(self.text, "\n#if($foreach.hasNext),#end\n#end\n{blank}]");
    }

    /// What a reference in the model `of` leads to, and in which model that is.
    fn referred(&self, reference: &str, of: &'a str) -> (&'a str, &'a Value) {
        let (name, pointer) = match model(self.api, reference) {
            Some(name) => (name, ""),
            None => (of, reference.strip_prefix('#').unwrap_or_default()),
        };
        let found = self.schemas.get_key_value(name);
        let (name, schema) =
            found.map_or((self.root, &Value::Null), |(name, schema)| (name.as_str(), schema));
        (name, schema.pointer(pointer).unwrap_or(&Value::Null))
    }
}

/// The type a schema asks for, or the one that its other members speak of.
fn kind(schema: &Value) -> &str {
    let named = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        named => named.and_then(Value::as_str),
    };
    named.unwrap_or_else(|| {
        if schema.get("properties").is_some() || schema.is_null() {
            "object"
        } else if schema.get("items").is_some() {
            "array"
        } else {
            "string"
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn url(name: &str) -> String {
        format!("https://apigateway.amazonaws.com/restapis/abc/models/{name}")
    }

    fn schemas(of: &[(&str, Value)]) -> Schemas {
        of.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect()
    }

    /// The line of arrays is AWS's own, as users report it; the samples are not recorded.
    #[test]
    fn a_template_shows_the_form() {
        let pets = json!({
            "type": "array",
            "items": {"properties": {
                "id": {"type": "integer"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "dead": {"type": ["null", "boolean"]},
                "owner": {"$ref": url("Owner")},
            }},
        });
        let owner = json!({"type": "object", "properties": {"name": {"$ref": "#/definitions/name"}}, "definitions": {"name": {"type": "string"}}});
        assert_eq!(
            template("abc", "Pets", &schemas(&[("Pets", pets), ("Owner", owner)])),
            "#set($inputRoot = $input.path('$'))\n\
             [\n\
             ##TODO: Update this foreach loop to reference array from input json\n\
             #foreach($elem in $inputRoot)\n  {\n    \"id\" : 42,\n    \"tags\" : [\n\
             ##TODO: Update this foreach loop to reference array from input json\n\
             #foreach($elem in $elem.tags)\n      \"foo\"\n\
             #if($foreach.hasNext),#end\n\
             #end\n    ],\n    \"dead\" : true,\n    \"owner\" : {\n      \"name\" : \"foo\"\n    }\n  }\n\
             #if($foreach.hasNext),#end\n\
             #end\n\
             ]"
        );
        let empty = json!({"title": "Empty Schema", "type": "object"});
        assert_eq!(
            template("abc", "Empty", &schemas(&[("Empty", empty)])),
            "#set($inputRoot = $input.path('$'))\n{\n}"
        );
    }

    #[test]
    fn endless_models_end() {
        let twice = json!({"properties": {"a": {"$ref": url("T")}, "b": {"$ref": url("T")}}});
        let text = template("abc", "T", &schemas(&[("T", twice)]));
        assert!(text.len() < 2_000_000, "{}", text.len());
        let circle = json!({"$ref": "#"});
        assert_eq!(
            template("abc", "C", &schemas(&[("C", circle)])),
            "#set($inputRoot = $input.path('$'))\n{ }"
        );
    }

    #[test]
    fn flattening_writes_models_into_the_definitions() {
        let pet = json!({
            "properties": {"owner": {"$ref": url("Owner")}, "mother": {"$ref": url("Pet")}, "x": {"$ref": "#/definitions/Owner"}},
            "definitions": {"Owner": {"type": "null"}},
        });
        let owner = json!({"properties": {
            "pets": {"items": {"$ref": url("Pet")}},
            "self": {"$ref": url("Owner")},
            "name": {"$ref": "#/definitions/name"},
        }});
        assert_eq!(
            flatten("abc", "Pet", &schemas(&[("Pet", pet), ("Owner", owner)])),
            json!({
                "properties": {
                    "owner": {"$ref": "#/definitions/Owner_"},
                    "mother": {"$ref": "#"},
                    "x": {"$ref": "#/definitions/Owner"},
                },
                "definitions": {
                    "Owner": {"type": "null"},
                    "Owner_": {"properties": {
                        "pets": {"items": {"$ref": "#"}},
                        "self": {"$ref": "#/definitions/Owner_"},
                        "name": {"$ref": "#/definitions/Owner_/definitions/name"},
                    }},
                },
            })
        );
        let plain = json!({"type": "string"});
        assert_eq!(flatten("abc", "P", &schemas(&[("P", plain.clone())])), plain);
    }
}
