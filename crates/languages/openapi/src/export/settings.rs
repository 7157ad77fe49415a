//! The extensions that are about the whole API.

use api::apigateway::{ApiKeySourceType, IpAddressType, RestApi};
use serde_json::{Map, Value, json};

use super::{Export, Kind, insert};

/// Where an API's endpoint is configured: at the top of Swagger 2.0, in the server of OpenAPI 3.0.
pub(super) const ENDPOINT: &str = "x-amazon-apigateway-endpoint-configuration";

/// Adds what differs from AWS's defaults.
pub(super) fn write(export: &Export<'_>, document: &mut Map<String, Value>) {
    let rest_api = &export.definition.rest_api;
    insert(document, "x-amazon-apigateway-request-validators", validators(export));
    insert(document, "x-amazon-apigateway-gateway-responses", gateway_responses(export));
    if export.kind == Kind::Swagger {
        insert(document, ENDPOINT, endpoint_configuration(rest_api));
    }
    let mut add = |name: &str, value: Option<Value>| {
        document.extend(value.map(|value| (format!("x-amazon-apigateway-{name}"), value)));
    };
    let binary = rest_api.binary_media_types.as_ref().filter(|types| !types.is_empty());
    add("binary-media-types", binary.map(|types| json!(types)));
    add("minimum-compression-size", rest_api.minimum_compression_size.map(Value::from));
    let source = rest_api.api_key_source.filter(|source| *source != ApiKeySourceType::Header);
    add("api-key-source", source.map(|source| source.as_str().into()));
    add("security-policy", rest_api.security_policy.map(|policy| policy.as_str().into()));
    let policy = rest_api.policy.as_deref().filter(|policy| !policy.is_empty());
    // A policy is stored as JSON.
    add("policy", policy.map(|text| serde_json::from_str(text).unwrap_or_else(|_| text.into())));
    add("endpoint-access-mode", rest_api.endpoint_access_mode.map(|mode| mode.as_str().into()));
}

/// What is said about the endpoint, if anything.
pub(super) fn endpoint_configuration(rest_api: &RestApi) -> Map<String, Value> {
    let mut written = Map::new();
    if rest_api.disable_execute_api_endpoint == Some(true) {
        written.insert("disableExecuteApiEndpoint".into(), true.into());
    }
    if let Some(endpoint) = &rest_api.endpoint_configuration {
        if let Some(ids) = endpoint.vpc_endpoint_ids.as_ref().filter(|ids| !ids.is_empty()) {
            written.insert("vpcEndpointIds".into(), json!(ids));
        }
        if let Some(both) = endpoint.ip_address_type.filter(|of| *of == IpAddressType::Dualstack) {
            written.insert("ipAddressType".into(), both.as_str().into());
        }
    }
    written
}

fn validators(export: &Export<'_>) -> Map<String, Value> {
    let written = export.definition.request_validators.iter().filter_map(|validator| {
        let checks = json!({
            "validateRequestParameters": validator.validate_request_parameters.unwrap_or(false),
            "validateRequestBody": validator.validate_request_body.unwrap_or(false),
        });
        Some((validator.name.clone()?, checks))
    });
    written.collect()
}

fn gateway_responses(export: &Export<'_>) -> Map<String, Value> {
    let written = export.definition.gateway_responses.iter().filter_map(|response| {
        let mut one = Map::new();
        if let Some(code) = response.status_code.as_deref().filter(|code| !code.is_empty()) {
            // AWS writes a number.
            let number = code.parse::<u16>().map_or_else(|_| Value::from(code), Value::from);
            one.insert("statusCode".into(), number);
        }
        let maps = [
            ("responseParameters", &response.response_parameters),
            ("responseTemplates", &response.response_templates),
        ];
        for (name, map) in maps {
            if let Some(map) = map.as_ref().filter(|map| !map.is_empty()) {
                one.insert(name.into(), json!(map));
            }
        }
        Some((response.response_type?.as_str().to_owned(), Value::Object(one)))
    });
    written.collect()
}
