//! `x-amazon-apigateway-gateway-responses`.

use api::apigateway::{GatewayResponse, GatewayResponseType};
use indexmap::IndexMap;
use serde_json::Value;

use super::reader::{Reader, text};

const KEY: &str = "x-amazon-apigateway-gateway-responses";

pub(super) fn read(reader: &mut Reader<'_>) -> Vec<GatewayResponse> {
    let mut responses = Vec::new();
    for (name, given) in reader.section(KEY).into_iter().flatten() {
        let Ok(kind) = name.parse::<GatewayResponseType>() else {
            // The text is not recorded.
            reader.error(format!("Unable to put gateway response '{name}': Invalid response type specified"));
            continue;
        };
        responses.push(GatewayResponse {
            response_type: Some(kind),
            status_code: given.get("statusCode").and_then(text),
            response_parameters: map(reader, given, "responseParameters"),
            response_templates: map(reader, given, "responseTemplates"),
            default_response: None,
        });
    }
    responses
}

fn map(reader: &mut Reader<'_>, given: &Value, member: &str) -> Option<IndexMap<String, String>> {
    let given = given.get(member).filter(|given| !given.is_null())?;
    let Some(members) = given.as_object() else {
        reader.wrong_extension(member, "object", given);
        return None;
    };
    let mut map = IndexMap::new();
    for (name, value) in members {
        match value.as_str() {
            Some(text) => drop(map.insert(name.clone(), text.to_owned())),
            None => reader.wrong_extension(&format!("{member}.{name}"), "string", value),
        }
    }
    Some(map)
}
