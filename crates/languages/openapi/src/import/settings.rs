//! `info` and the extensions of the document that are settings of the API itself.

use api::apigateway::{ApiKeySourceType, EndpointConfiguration, IpAddressType, RestApi};
use serde_json::Value;

use super::reader::{Reader, flag, string, text};

pub(super) fn read(reader: &mut Reader<'_>, api_id: &str) -> RestApi {
    let info = reader.section("info");
    let of_info =
        |key: &str| info.and_then(|info| info.get(key)).and_then(text).filter(|text| !text.is_empty());
    let (endpoint_configuration, disable_execute_api_endpoint) = endpoint(reader);
    RestApi {
        id: Some(api_id.to_owned()),
        name: of_info("title"),
        description: of_info("description"),
        version: of_info("version"),
        binary_media_types: strings(reader, "x-amazon-apigateway-binary-media-types"),
        minimum_compression_size: compression_size(reader),
        api_key_source: named::<ApiKeySourceType>(
            reader,
            "x-amazon-apigateway-api-key-source",
            "API key source",
            &ApiKeySourceType::ALL.iter().map(|source| source.as_str()).collect::<Vec<_>>().join(","),
        ),
        endpoint_configuration,
        policy: policy(reader),
        disable_execute_api_endpoint,
        security_policy: named(
            reader,
            "x-amazon-apigateway-security-policy",
            "security policy",
            "TLS_1_0,TLS_1_2",
        ),
        endpoint_access_mode: named(
            reader,
            "x-amazon-apigateway-endpoint-access-mode",
            "endpoint access mode",
            "BASIC,STRICT",
        ),
        ..RestApi::default()
    }
}

/// `x-amazon-apigateway-endpoint-configuration`: of the document in Swagger 2.0, of the first
/// server in OpenAPI 3.0.
fn endpoint(reader: &mut Reader<'_>) -> (Option<EndpointConfiguration>, Option<bool>) {
    const KEY: &str = "x-amazon-apigateway-endpoint-configuration";
    let servers = reader.root.get("servers").and_then(Value::as_array);
    let of_server = servers.and_then(|servers| servers.first()?.get(KEY));
    let Some(given) = reader.root.get(KEY).or(of_server) else { return (None, None) };
    let ids = given.get("vpcEndpointIds").and_then(Value::as_array);
    let ids: Option<Vec<String>> = ids.map(|ids| ids.iter().filter_map(text).collect());
    let ids = ids.filter(|ids| !ids.is_empty());
    let Some(members) = given.as_object() else {
        reader.wrong_extension(KEY, "object", given);
        return (None, None);
    };
    let ip_address_type = string(members, "ipAddressType").and_then(|kind| {
        let known = kind.to_ascii_lowercase().parse::<IpAddressType>().ok();
        if known.is_none() {
            reader.error("Invalid IP address type specified. Valid options are ipv4,dualstack".to_owned());
        }
        known
    });
    let says_something = ids.is_some() || ip_address_type.is_some();
    let configuration = says_something.then(|| EndpointConfiguration {
        vpc_endpoint_ids: ids,
        ip_address_type,
        ..EndpointConfiguration::default()
    });
    (configuration, members.get("disableExecuteApiEndpoint").map(flag))
}

/// Written as an object, or as its text.
fn policy(reader: &mut Reader<'_>) -> Option<String> {
    const KEY: &str = "x-amazon-apigateway-policy";
    match reader.root.get(KEY)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        policy => Some(policy.to_string()),
    }
}

/// What is no number of bytes at all is as bad as one that is too low.
fn compression_size(reader: &mut Reader<'_>) -> Option<i32> {
    let size = reader.root.get("x-amazon-apigateway-minimum-compression-size")?;
    let size = size.as_str().map_or_else(|| size.as_i64(), |text| text.parse().ok());
    Some(size.and_then(|size| i32::try_from(size).ok()).unwrap_or(-1))
}

fn strings(reader: &mut Reader<'_>, key: &str) -> Option<Vec<String>> {
    let given = reader.root.get(key)?;
    let Some(values) = given.as_array() else {
        reader.wrong_extension(key, "array", given);
        return None;
    };
    let mut strings: Vec<String> = Vec::new();
    for value in values.iter().filter_map(text) {
        if !strings.contains(&value) {
            strings.push(value);
        }
    }
    Some(strings).filter(|strings| !strings.is_empty())
}

/// One of an enumeration's values. The refusal is worded like those of `UpdateRestApi`.
fn named<T: std::str::FromStr>(reader: &mut Reader<'_>, key: &str, what: &str, options: &str) -> Option<T> {
    let given = string(reader.root, key)?;
    let value = given.parse().or_else(|_| given.to_ascii_uppercase().parse()).ok();
    if value.is_none() {
        reader.error(format!("Invalid {what} specified. Valid options are {options}"));
    }
    value
}
