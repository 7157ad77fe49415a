//! The schemas within a schema.

use serde_json::{Map, Value};

/// Keywords whose value is one schema.
const ONE: [&str; 4] = ["additionalItems", "additionalProperties", "items", "not"];
/// Keywords whose value is a list of schemas.
const LIST: [&str; 4] = ["allOf", "anyOf", "items", "oneOf"];
/// Keywords whose value is a map to schemas.
const MAP: [&str; 4] = ["definitions", "dependencies", "patternProperties", "properties"];

/// Hands `schema` and every schema within to `see`.
pub(crate) fn each_schema(schema: &mut Value, see: &mut dyn FnMut(&mut Map<String, Value>)) {
    let Value::Object(members) = schema else { return };
    see(members);
    for (keyword, value) in members {
        let keyword = keyword.as_str();
        match value {
            Value::Object(map) if MAP.contains(&keyword) => {
                map.values_mut().for_each(|schema| each_schema(schema, see));
            }
            Value::Array(list) if LIST.contains(&keyword) => {
                list.iter_mut().for_each(|schema| each_schema(schema, see));
            }
            Value::Object(_) if ONE.contains(&keyword) => each_schema(value, see),
            _ => {}
        }
    }
}
