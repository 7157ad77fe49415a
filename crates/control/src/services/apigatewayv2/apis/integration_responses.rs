//! `/v2/apis/{id}/integrations/{id}/integrationresponses`: how answers of a WebSocket API's
//! integration become messages.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    CreateIntegrationResponseRequest, CreateIntegrationResponseResponse, DeleteIntegrationResponseRequest,
    GetIntegrationResponseRequest, GetIntegrationResponseResponse, GetIntegrationResponsesRequest,
    GetIntegrationResponsesResponse, IntegrationResponse, ProtocolType, UpdateIntegrationResponseRequest,
    UpdateIntegrationResponseResponse,
};
use base::ids;
use documents::apigatewayv2::IntegrationDocument;

use super::super::limits;
use super::super::listed;
use super::super::refusals::{bad_request, conflict, too_many, unknown};
use super::super::shapes::{changed, merged, same};
use super::{deployments, find as find_api, integrations};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateIntegrationResponse, create_integration_response)
        .read(op::GetIntegrationResponse, get_integration_response)
        .read(op::GetIntegrationResponses, get_integration_responses)
        .write(op::UpdateIntegrationResponse, update_integration_response)
        .write(op::DeleteIntegrationResponse, delete_integration_response);
}

/// What says which response is meant.
const IDENTIFIERS: [&str; 3] = ["ApiId", "IntegrationId", "IntegrationResponseId"];

fn create_integration_response(
    call: &mut Call<'_, '_>,
    input: &CreateIntegrationResponseRequest,
) -> Outcome<CreateIntegrationResponseResponse> {
    if find_api(call, &input.api_id)?.protocol_type == ProtocolType::Http {
        return Err(bad_request("Integration responses are supported only for WebSocket APIs"));
    }
    let mut document = integrations::find(call, &input.api_id, &input.integration_id)?;
    if document.responses.len() >= limits::ENTRIES {
        return Err(too_many("integration responses", limits::ENTRIES));
    }
    let mut response: IntegrationResponse = same(input)?;
    response.integration_response_id = Some(ids::part_id(&call.plane.random));
    check(&document, &response)?;
    document.responses.push(response.clone());
    integrations::put(call, &input.api_id, &document)?;
    deployments::follow(call, &input.api_id)?;
    same(&response)
}

fn get_integration_response(
    call: &mut Call<'_, '_>,
    input: &GetIntegrationResponseRequest,
) -> Outcome<GetIntegrationResponseResponse> {
    let document = integrations::find(call, &input.api_id, &input.integration_id)?;
    let found = document
        .responses
        .iter()
        .find(|own| own.integration_response_id.as_ref() == Some(&input.integration_response_id));
    same(found.ok_or_else(|| unknown("IntegrationResponse"))?)
}

fn get_integration_responses(
    call: &mut Call<'_, '_>,
    input: &GetIntegrationResponsesRequest,
) -> Outcome<GetIntegrationResponsesResponse> {
    let document = integrations::find(call, &input.api_id, &input.integration_id)?;
    let place = |response: &IntegrationResponse| response.integration_response_id.clone().unwrap_or_default();
    let (token, most) = (input.next_token.as_deref(), input.max_results.as_deref());
    let (items, next_token) = listed(document.responses, place, token, most)?;
    Ok(GetIntegrationResponsesResponse { items: Some(items), next_token })
}

fn update_integration_response(
    call: &mut Call<'_, '_>,
    input: &UpdateIntegrationResponseRequest,
) -> Outcome<UpdateIntegrationResponseResponse> {
    let mut document = integrations::find(call, &input.api_id, &input.integration_id)?;
    let at = position(&document, &input.integration_response_id)?;
    let before = document.responses.remove(at);
    let mut response: IntegrationResponse = changed(&before, input, &IDENTIFIERS)?;
    response.response_parameters =
        merged(before.response_parameters.as_ref(), input.response_parameters.as_ref());
    response.response_templates =
        merged(before.response_templates.as_ref(), input.response_templates.as_ref());
    check(&document, &response)?;
    document.responses.insert(at, response.clone());
    integrations::put(call, &input.api_id, &document)?;
    deployments::follow(call, &input.api_id)?;
    same(&response)
}

fn delete_integration_response(
    call: &mut Call<'_, '_>,
    input: &DeleteIntegrationResponseRequest,
) -> Outcome<Empty> {
    let mut document = integrations::find(call, &input.api_id, &input.integration_id)?;
    let at = position(&document, &input.integration_response_id)?;
    document.responses.remove(at);
    integrations::put(call, &input.api_id, &document)?;
    deployments::follow(call, &input.api_id)?;
    Ok(Empty {})
}

fn position(document: &IntegrationDocument, id: &str) -> Outcome<usize> {
    let at = document.responses.iter().position(|own| own.integration_response_id.as_deref() == Some(id));
    at.ok_or_else(|| unknown("IntegrationResponse"))
}

/// Refuses a key that is none (`$default`, or an expression between slashes) or that another
/// response has.
fn check(document: &IntegrationDocument, response: &IntegrationResponse) -> Outcome<()> {
    let key = &response.integration_response_key;
    let expression = key.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    if key != "$default" && expression.is_none_or(str::is_empty) {
        return Err(bad_request(format!("Invalid integration response key specified: {key}")));
    }
    if document.responses.iter().any(|other| other.integration_response_key == *key) {
        return Err(conflict(format!(
            "Integration response with key {key} already exists for this integration"
        )));
    }
    Ok(())
}
