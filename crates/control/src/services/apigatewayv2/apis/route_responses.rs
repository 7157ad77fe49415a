//! `/v2/apis/{id}/routes/{id}/routeresponses`: that a WebSocket API's route answers its messages.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    CreateRouteResponseRequest, CreateRouteResponseResponse, DeleteRouteResponseRequest,
    GetRouteResponseRequest, GetRouteResponseResponse, GetRouteResponsesRequest, GetRouteResponsesResponse,
    ProtocolType, RouteResponse, UpdateRouteResponseRequest, UpdateRouteResponseResponse,
};
use base::ids;
use documents::apigatewayv2::RouteDocument;

use super::super::listed;
use super::super::refusals::{bad_request, conflict, unknown};
use super::super::shapes::{changed, same};
use super::{deployments, find as find_api, routes};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateRouteResponse, create_route_response)
        .read(op::GetRouteResponse, get_route_response)
        .read(op::GetRouteResponses, get_route_responses)
        .write(op::UpdateRouteResponse, update_route_response)
        .write(op::DeleteRouteResponse, delete_route_response);
}

/// What says which response is meant.
const IDENTIFIERS: [&str; 3] = ["ApiId", "RouteId", "RouteResponseId"];

fn create_route_response(
    call: &mut Call<'_, '_>,
    input: &CreateRouteResponseRequest,
) -> Outcome<CreateRouteResponseResponse> {
    if find_api(call, &input.api_id)?.protocol_type == ProtocolType::Http {
        return Err(bad_request("Route responses are supported only for WebSocket APIs"));
    }
    let mut document = routes::find(call, &input.api_id, &input.route_id)?;
    let mut response: RouteResponse = same(input)?;
    response.route_response_id = Some(ids::part_id(&call.plane.random));
    check(&document, &response)?;
    document.responses.push(response.clone());
    routes::put(call, &input.api_id, &document)?;
    deployments::follow(call, &input.api_id)?;
    same(&response)
}

fn get_route_response(
    call: &mut Call<'_, '_>,
    input: &GetRouteResponseRequest,
) -> Outcome<GetRouteResponseResponse> {
    let document = routes::find(call, &input.api_id, &input.route_id)?;
    let found = document
        .responses
        .iter()
        .find(|own| own.route_response_id.as_ref() == Some(&input.route_response_id));
    same(found.ok_or_else(|| unknown("RouteResponse"))?)
}

fn get_route_responses(
    call: &mut Call<'_, '_>,
    input: &GetRouteResponsesRequest,
) -> Outcome<GetRouteResponsesResponse> {
    let document = routes::find(call, &input.api_id, &input.route_id)?;
    let place = |response: &RouteResponse| response.route_response_id.clone().unwrap_or_default();
    let (token, most) = (input.next_token.as_deref(), input.max_results.as_deref());
    let (items, next_token) = listed(document.responses, place, token, most)?;
    Ok(GetRouteResponsesResponse { items: Some(items), next_token })
}

fn update_route_response(
    call: &mut Call<'_, '_>,
    input: &UpdateRouteResponseRequest,
) -> Outcome<UpdateRouteResponseResponse> {
    let mut document = routes::find(call, &input.api_id, &input.route_id)?;
    let at = position(&document, &input.route_response_id)?;
    let response: RouteResponse = changed(&document.responses.remove(at), input, &IDENTIFIERS)?;
    check(&document, &response)?;
    document.responses.insert(at, response.clone());
    routes::put(call, &input.api_id, &document)?;
    deployments::follow(call, &input.api_id)?;
    same(&response)
}

fn delete_route_response(call: &mut Call<'_, '_>, input: &DeleteRouteResponseRequest) -> Outcome<Empty> {
    let mut document = routes::find(call, &input.api_id, &input.route_id)?;
    let at = position(&document, &input.route_response_id)?;
    document.responses.remove(at);
    routes::put(call, &input.api_id, &document)?;
    deployments::follow(call, &input.api_id)?;
    Ok(Empty {})
}

fn position(document: &RouteDocument, id: &str) -> Outcome<usize> {
    let at = document.responses.iter().position(|own| own.route_response_id.as_deref() == Some(id));
    at.ok_or_else(|| unknown("RouteResponse"))
}

/// A route has one response, `$default` (API Gateway developer guide, "Set up route responses for
/// WebSocket APIs").
fn check(document: &RouteDocument, response: &RouteResponse) -> Outcome<()> {
    if response.route_response_key != "$default" {
        return Err(bad_request(format!(
            "Invalid route response key specified: {}. It must be $default",
            response.route_response_key
        )));
    }
    if !document.responses.is_empty() {
        return Err(conflict("Route response with key $default already exists for this route"));
    }
    Ok(())
}
