//! `x-amazon-apigateway-integration`: what is not said has AWS's default.

use api::apigateway::{ConnectionType, Integration, IntegrationResponse};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

/// What an integration may take if nothing else is set, in milliseconds.
const TIMEOUT: i32 = 29_000;

/// The extension of a method whose resource has the id `resource`.
pub(super) fn write(integration: &Integration, resource: Option<&str>) -> Value {
    let mut written = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        written.extend(value.map(|value| (name.to_owned(), value)));
    };
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    add("connectionId", text(&integration.connection_id));
    add("credentials", text(&integration.credentials));
    add("httpMethod", text(&integration.http_method));
    add("uri", text(&integration.uri));
    add("integrationTarget", text(&integration.integration_target));
    add("responses", integration.integration_responses.as_ref().and_then(responses));
    add("requestParameters", map(integration.request_parameters.as_ref()));
    add("requestTemplates", map(integration.request_templates.as_ref()));
    let lower = |text: &str| Value::from(text.to_ascii_lowercase());
    add("passthroughBehavior", integration.passthrough_behavior.as_deref().map(lower));
    let connection = integration.connection_type.filter(|of| *of == ConnectionType::VpcLink);
    add("connectionType", connection.map(|of| of.as_str().into()));
    add("timeoutInMillis", integration.timeout_in_millis.filter(|time| *time != TIMEOUT).map(Value::from));
    let insecure = integration.tls_config.as_ref().and_then(|tls| tls.insecure_skip_verification);
    add("tlsConfig", insecure.filter(|skips| *skips).map(|skips| json!({"insecureSkipVerification": skips})));
    let keys = integration.cache_key_parameters.as_ref().filter(|keys| !keys.is_empty());
    // A cache has the resource's id for a name unless another is given.
    let namespace = integration.cache_namespace.as_deref();
    add(
        "cacheNamespace",
        namespace.filter(|name| keys.is_some() || Some(*name) != resource).map(Value::from),
    );
    add("responseTransferMode", integration.response_transfer_mode.map(|mode| mode.as_str().into()));
    add("cacheKeyParameters", keys.map(|keys| json!(keys)));
    add("contentHandling", integration.content_handling.map(|handling| handling.as_str().into()));
    add("type", integration.r#type.map(|of| lower(of.as_str())));
    Value::Object(written)
}

/// Responses by their pattern; the one without is the default (recorded from AWS).
fn responses(responses: &IndexMap<String, IntegrationResponse>) -> Option<Value> {
    let mut written = Map::new();
    for (code, response) in responses {
        let pattern = response.selection_pattern.as_deref().filter(|pattern| !pattern.is_empty());
        let mut one = Map::new();
        one.insert("statusCode".into(), response.status_code.as_deref().unwrap_or(code).into());
        one.extend(map(response.response_parameters.as_ref()).map(|map| ("responseParameters".into(), map)));
        one.extend(map(response.response_templates.as_ref()).map(|map| ("responseTemplates".into(), map)));
        one.extend(
            response.content_handling.map(|handling| ("contentHandling".into(), handling.as_str().into())),
        );
        // Of two that match the same the gateway takes the first.
        written.entry(pattern.unwrap_or("default")).or_insert(Value::Object(one));
    }
    (!written.is_empty()).then_some(Value::Object(written))
}

fn map<T: serde::Serialize>(map: Option<&IndexMap<String, T>>) -> Option<Value> {
    map.filter(|map| !map.is_empty()).map(|map| json!(map))
}
