//! What mappings lead to: REST APIs as the first version has them, and HTTP and WebSocket APIs, which
//! stay for as long as a domain name leads to them.

use api::apigateway::{BasePathMapping, DomainName, EndpointType};
use api::apigatewayv2::{DeleteApiRequest, DeleteStageRequest, ProtocolType};
use documents::apigateway_domain_names::BasePathMappingDocument;
use documents::apigatewayv2::ApiDocument;
use store::Key;

use super::super::super::apigateway::base_path_mappings::{self, domains_leading_to, still_mapped};
use super::super::apis::stages;
use super::super::limits;
use super::super::refusals::bad_request;
use crate::{Call, Outcome};

/// Refuses a mapping of the domain name at `key` to nothing, or to what the name cannot reach. Texts are
/// not recorded.
pub(super) fn check(
    call: &mut Call<'_, '_>,
    domain: &DomainName,
    key: &Key,
    mapping: &BasePathMapping,
) -> Outcome<()> {
    let id = mapping.rest_api_id.as_deref().unwrap_or_default();
    let protocol = protocol(call, id)?;
    let websocket = protocol == Some(ProtocolType::Websocket);
    // "WebSocket APIs can't be mapped to the same custom domain name as HTTP and REST APIs" (API Gateway
    // developer guide, "Set up custom domain names for WebSocket APIs").
    for (_, other) in call.tx.list::<BasePathMappingDocument>(&call.context.scope, key)? {
        let other = other.mapping.rest_api_id.unwrap_or_default();
        if other != id && (self::protocol(call, &other)? == Some(ProtocolType::Websocket)) != websocket {
            return Err(bad_request(
                "WebSocket APIs cannot be mapped to the same custom domain name as HTTP and REST APIs",
            ));
        }
    }
    if protocol.is_none() {
        return base_path_mappings::check_target(call, domain, mapping);
    }
    stages::get(call, id, mapping.stage.as_deref().unwrap_or_default())?;
    let types = domain.endpoint_configuration.as_ref().and_then(|endpoints| endpoints.types.as_deref());
    if types != Some(&[EndpointType::Regional]) {
        return Err(bad_request("Only REST APIs can be mapped to EDGE and PRIVATE custom domain names"));
    }
    if websocket && domain.mutual_tls_authentication.is_some() {
        return Err(bad_request("WebSocket APIs do not support mutual TLS"));
    }
    Ok(())
}

/// What kind of API `id` is, if it is one of this version's.
fn protocol(call: &mut Call<'_, '_>, id: &str) -> Outcome<Option<ProtocolType>> {
    if id.is_empty() || id.len() > limits::NAME {
        return Ok(None);
    }
    let document = call.tx.get::<ApiDocument>(&call.context.scope, &Key::new([id]))?;
    Ok(document.map(|document| document.api.protocol_type))
}

pub(super) fn check_stage_unmapped(call: &mut Call<'_, '_>, input: &DeleteStageRequest) -> Outcome<()> {
    let domains = domains_leading_to(call, &input.api_id, Some(&input.stage_name))?;
    still_mapped(&domains, &format!("stage {}", input.stage_name), "stage")
}

pub(super) fn check_api_unmapped(call: &mut Call<'_, '_>, input: &DeleteApiRequest) -> Outcome<()> {
    let domains = domains_leading_to(call, &input.api_id, None)?;
    still_mapped(&domains, &format!("API {}", input.api_id), "API")
}
