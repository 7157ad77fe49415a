//! `/v2/apis/{id}/integrations`: what answers requests and messages.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    Api, ConnectionType, CreateIntegrationRequest, CreateIntegrationResult, DeleteIntegrationRequest,
    GetIntegrationRequest, GetIntegrationResult, GetIntegrationsRequest, GetIntegrationsResponse,
    Integration, IntegrationType, PassthroughBehavior, ProtocolType, UpdateIntegrationRequest,
    UpdateIntegrationResult,
};
use base::ids;
use documents::apigateway::within;
use documents::apigatewayv2::IntegrationDocument;
use indexmap::IndexMap;
use store::Key;

use super::super::limits;
use super::super::listed;
use super::super::refusals::{bad_request, conflict, description, too_many, unknown};
use super::super::shapes::{changed, merged, same};
use super::{deployments, find as find_api, mapped_parameters, routes};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateIntegration, create_integration)
        .read(op::GetIntegration, get_integration)
        .read(op::GetIntegrations, get_integrations)
        .write(op::UpdateIntegration, update_integration)
        .write(op::DeleteIntegration, delete_integration);
}

/// The first-class integrations of HTTP APIs (API Gateway developer guide, "Integration subtype
/// reference for HTTP APIs").
const SUBTYPES: [&str; 10] = [
    "EventBridge-PutEvents",
    "SQS-SendMessage",
    "SQS-ReceiveMessage",
    "SQS-DeleteMessage",
    "SQS-PurgeQueue",
    "AppConfig-GetConfiguration",
    "Kinesis-PutRecord",
    "StepFunctions-StartExecution",
    "StepFunctions-StartSyncExecution",
    "StepFunctions-StopExecution",
];

const METHODS: [&str; 8] = ["ANY", "GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD"];

/// How WebSocket APIs choose an integration response if their integration has any (API Gateway API
/// reference, `Integration`).
const BY_STATUS: &str = "${integration.response.statuscode}";

pub(in super::super) fn create_integration(
    call: &mut Call<'_, '_>,
    input: &CreateIntegrationRequest,
) -> Outcome<CreateIntegrationResult> {
    let api = find_api(call, &input.api_id)?;
    let integration = create(call, &api, same(input)?)?;
    deployments::follow(call, &input.api_id)?;
    same(&integration)
}

/// Checks and stores an integration that is new.
pub(super) fn create(
    call: &mut Call<'_, '_>,
    api: &Api,
    mut integration: Integration,
) -> Outcome<Integration> {
    let id = api.api_id.as_deref().unwrap_or_default();
    if all(call, id)?.len() >= limits::INTEGRATIONS {
        return Err(too_many("integrations", limits::INTEGRATIONS));
    }
    integration.integration_id = Some(ids::part_id(&call.plane.random));
    let integration = checked(api, integration)?;
    let document = IntegrationDocument { integration, responses: Vec::new() };
    put(call, id, &document)?;
    Ok(document.integration)
}

fn get_integration(call: &mut Call<'_, '_>, input: &GetIntegrationRequest) -> Outcome<GetIntegrationResult> {
    same(&find(call, &input.api_id, &input.integration_id)?.integration)
}

fn get_integrations(
    call: &mut Call<'_, '_>,
    input: &GetIntegrationsRequest,
) -> Outcome<GetIntegrationsResponse> {
    find_api(call, &input.api_id)?;
    let integrations = all(call, &input.api_id)?.into_iter().map(|document| document.integration).collect();
    let place = |integration: &Integration| integration.integration_id.clone().unwrap_or_default();
    let (items, next_token) =
        listed(integrations, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    Ok(GetIntegrationsResponse { items: Some(items), next_token })
}

fn update_integration(
    call: &mut Call<'_, '_>,
    input: &UpdateIntegrationRequest,
) -> Outcome<UpdateIntegrationResult> {
    let api = find_api(call, &input.api_id)?;
    let IntegrationDocument { integration: before, responses } =
        find(call, &input.api_id, &input.integration_id)?;
    let mut integration: Integration = changed(&before, input, &["ApiId", "IntegrationId"])?;
    integration.request_parameters =
        merged(before.request_parameters.as_ref(), input.request_parameters.as_ref());
    integration.request_templates =
        merged(before.request_templates.as_ref(), input.request_templates.as_ref());
    if let Some(given) = &input.response_parameters {
        let mut all = before.response_parameters.unwrap_or_default();
        for (status, mappings) in given {
            let own = merged(all.get(status), Some(mappings)).unwrap_or_default();
            // A status without mappings is none.
            if mappings.is_empty() || own.is_empty() {
                all.shift_remove(status);
            } else {
                all.insert(status.clone(), own);
            }
        }
        integration.response_parameters = Some(all);
    }
    let integration = replace(call, &api, IntegrationDocument { integration, responses })?;
    deployments::follow(call, &input.api_id)?;
    same(&integration)
}

/// Checks and stores an integration in place of what it was before.
pub(super) fn replace(
    call: &mut Call<'_, '_>,
    api: &Api,
    document: IntegrationDocument,
) -> Outcome<Integration> {
    let document = IntegrationDocument { integration: checked(api, document.integration)?, ..document };
    put(call, api.api_id.as_deref().unwrap_or_default(), &document)?;
    Ok(document.integration)
}

fn delete_integration(call: &mut Call<'_, '_>, input: &DeleteIntegrationRequest) -> Outcome<Empty> {
    find(call, &input.api_id, &input.integration_id)?;
    let target = format!("integrations/{}", input.integration_id);
    let routes = routes::all(call, &input.api_id)?;
    let used = routes.iter().find(|document| document.route.target.as_ref() == Some(&target));
    if let Some(route) = used {
        // As users of AWS report it.
        return Err(conflict(format!(
            "Cannot delete Integration with id '{}'. It is used by route with key '{}'",
            input.integration_id, route.route.route_key
        )));
    }
    call.tx
        .delete::<IntegrationDocument>(&call.context.scope, &within(&input.api_id, &input.integration_id))?;
    deployments::follow(call, &input.api_id)?;
    Ok(Empty {})
}

/// The integration `id` of an API, which has to be there too.
pub(super) fn find(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<IntegrationDocument> {
    find_api(call, api)?;
    call.tx.get(&call.context.scope, &within(api, id))?.ok_or_else(|| unknown("Integration"))
}

/// Whether an API has the integration `id`.
pub(super) fn exists(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<bool> {
    Ok(call.tx.get::<IntegrationDocument>(&call.context.scope, &within(api, id))?.is_some())
}

/// All integrations of an API.
pub(super) fn all(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<IntegrationDocument>> {
    let documents = call.tx.list::<IntegrationDocument>(&call.context.scope, &Key::new([api]))?;
    Ok(documents.into_iter().map(|(_, document)| document).collect())
}

pub(super) fn put(call: &mut Call<'_, '_>, api: &str, document: &IntegrationDocument) -> Outcome<()> {
    let id = document.integration.integration_id.as_deref().unwrap_or_default();
    Ok(call.tx.put(&call.context.scope, &within(api, id), document)?)
}

/// An integration that can be run, with what AWS sets if it is not said.
fn checked(api: &Api, mut integration: Integration) -> Outcome<Integration> {
    let texts = [
        &mut integration.connection_id,
        &mut integration.credentials_arn,
        &mut integration.integration_method,
        &mut integration.integration_subtype,
        &mut integration.integration_uri,
        &mut integration.template_selection_expression,
    ];
    for text in texts {
        *text = text.take().filter(|text| !text.is_empty());
    }
    integration.description = description(integration.description.as_deref())?;
    integration.request_parameters = integration.request_parameters.filter(|map| !map.is_empty());
    integration.request_templates = integration.request_templates.filter(|map| !map.is_empty());
    integration.response_parameters = integration.response_parameters.filter(|map| !map.is_empty());
    check_sizes(&integration)?;
    let kind = integration.integration_type.ok_or_else(|| bad_request("IntegrationType is required"))?;
    let connection = *integration.connection_type.get_or_insert(ConnectionType::Internet);
    match (connection, &integration.connection_id) {
        (ConnectionType::VpcLink, None) => return Err(bad_request("ConnectionId is required for VPC_LINK")),
        (ConnectionType::Internet, Some(_)) => {
            return Err(bad_request("ConnectionId is supported only for VPC_LINK"));
        }
        _ => {}
    }
    match api.protocol_type {
        ProtocolType::Http => http(integration, kind),
        ProtocolType::Websocket => websocket(integration, kind),
    }
}

fn check_sizes(integration: &Integration) -> Outcome<()> {
    let maps: [Option<&IndexMap<String, String>>; 2] =
        [integration.request_parameters.as_ref(), integration.request_templates.as_ref()];
    let responses = integration.response_parameters.as_ref();
    let sizes = maps.into_iter().flatten().map(IndexMap::len).chain(responses.map(IndexMap::len));
    let more = responses.into_iter().flat_map(|all| all.values().map(IndexMap::len));
    if sizes.chain(more).any(|size| size > limits::ENTRIES) {
        return Err(bad_request(format!("An integration can have at most {} parameters", limits::ENTRIES)));
    }
    Ok(())
}

/// Of an HTTP API (API Gateway developer guide, "Create integrations for HTTP APIs").
fn http(mut integration: Integration, kind: IntegrationType) -> Outcome<Integration> {
    let timeout = *integration.timeout_in_millis.get_or_insert(*limits::HTTP_TIMEOUT_MILLIS.end());
    if !limits::HTTP_TIMEOUT_MILLIS.contains(&timeout) {
        return Err(bad_request("Timeout should be between 50 ms and 30000 ms"));
    }
    for (given, what) in [
        (integration.request_templates.is_some(), "RequestTemplates"),
        (integration.template_selection_expression.is_some(), "TemplateSelectionExpression"),
        (integration.passthrough_behavior.is_some(), "PassthroughBehavior"),
        (integration.content_handling_strategy.is_some(), "ContentHandlingStrategy"),
    ] {
        if given {
            return Err(bad_request(format!("{what} is supported only for WebSocket APIs")));
        }
    }
    check_method(&integration)?;
    // Of a subtype they are the action's parameters.
    let of_requests =
        integration.request_parameters.as_ref().filter(|_| integration.integration_subtype.is_none());
    mapped_parameters::check(of_requests, integration.response_parameters.as_ref())?;
    let version = integration.payload_format_version.clone();
    match (kind, integration.integration_subtype.as_deref()) {
        (IntegrationType::HttpProxy, None) => {
            if integration.integration_uri.is_none() {
                return Err(bad_request("IntegrationUri is required for HTTP_PROXY integrations"));
            }
            if integration.integration_method.is_none() {
                return Err(bad_request("HttpMethod is required for HTTP_PROXY integrations"));
            }
            if version.as_deref().is_some_and(|version| version != "1.0") {
                return Err(bad_request("PayloadFormatVersion must be 1.0 for HTTP_PROXY integrations"));
            }
            integration.payload_format_version = Some("1.0".to_owned());
        }
        (IntegrationType::AwsProxy, None) => {
            if integration.integration_uri.is_none() {
                return Err(bad_request("IntegrationUri is required for AWS_PROXY integrations"));
            }
            match version.as_deref() {
                Some("1.0" | "2.0") => {}
                Some(_) => return Err(bad_request("PayloadFormatVersion must be 1.0 or 2.0")),
                // As users of AWS report it.
                None => {
                    return Err(bad_request("PayloadFormatVersion is a required parameter for integration"));
                }
            }
            integration.integration_method.get_or_insert_with(|| "POST".to_owned());
        }
        (IntegrationType::AwsProxy, Some(subtype)) => {
            if !SUBTYPES.contains(&subtype) {
                return Err(bad_request(format!("Invalid integration subtype specified: {subtype}")));
            }
            if integration.integration_uri.is_some() {
                return Err(bad_request("IntegrationUri is not supported for integrations with a subtype"));
            }
            if integration.credentials_arn.is_none() {
                return Err(bad_request("CredentialsArn is required for integrations with a subtype"));
            }
            integration.payload_format_version.get_or_insert_with(|| "1.0".to_owned());
        }
        (_, Some(_)) => return Err(bad_request("IntegrationSubtype is supported only for AWS_PROXY")),
        (other, None) => {
            return Err(bad_request(format!(
                "IntegrationType {} is not supported for HTTP APIs. It must be HTTP_PROXY or AWS_PROXY",
                other.as_str()
            )));
        }
    }
    Ok(integration)
}

/// Of a WebSocket API (API Gateway developer guide, "Set up a WebSocket API integration request").
fn websocket(mut integration: Integration, kind: IntegrationType) -> Outcome<Integration> {
    let timeout = *integration.timeout_in_millis.get_or_insert(*limits::WEBSOCKET_TIMEOUT_MILLIS.end());
    if !limits::WEBSOCKET_TIMEOUT_MILLIS.contains(&timeout) {
        // As version 1 answers it.
        return Err(bad_request("Timeout should be between 50 ms and 29000 ms"));
    }
    for (given, what) in [
        (integration.integration_subtype.is_some(), "IntegrationSubtype"),
        (integration.response_parameters.is_some(), "ResponseParameters"),
        (integration.tls_config.is_some(), "TlsConfig"),
    ] {
        if given {
            return Err(bad_request(format!("{what} is supported only for HTTP APIs")));
        }
    }
    check_method(&integration)?;
    if integration.payload_format_version.as_deref().is_some_and(|version| version != "1.0") {
        return Err(bad_request("PayloadFormatVersion must be 1.0 for WebSocket APIs"));
    }
    integration.payload_format_version = Some("1.0".to_owned());
    if kind != IntegrationType::Mock {
        if integration.integration_uri.is_none() {
            return Err(bad_request(format!(
                "IntegrationUri is required for {} integrations",
                kind.as_str()
            )));
        }
        if integration.integration_method.is_none() {
            return Err(bad_request(format!("HttpMethod is required for {} integrations", kind.as_str())));
        }
    }
    integration.passthrough_behavior.get_or_insert(PassthroughBehavior::WhenNoMatch);
    integration.integration_response_selection_expression = Some(BY_STATUS.to_owned());
    Ok(integration)
}

fn check_method(integration: &Integration) -> Outcome<()> {
    match integration.integration_method.as_deref() {
        Some(method) if !METHODS.contains(&method) => {
            Err(bad_request(format!("Invalid HTTP method specified: {method}")))
        }
        _ => Ok(()),
    }
}
