//! `/v2/apis/{id}/routes`: which requests and messages go to which integration.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    Api, AuthorizationType, AuthorizerType, CreateRouteRequest, CreateRouteResult, DeleteRouteRequest,
    DeleteRouteRequestParameterRequest, GetRouteRequest, GetRouteResult, GetRoutesRequest, GetRoutesResponse,
    ProtocolType, Route, UpdateRouteRequest, UpdateRouteResult,
};
use base::ids;
use documents::apigateway::within;
use documents::apigatewayv2::RouteDocument;
use store::Key;

use super::super::limits;
use super::super::listed;
use super::super::refusals::{bad_request, conflict, too_many, unknown};
use super::super::shapes::{changed, same};
use super::{authorizers, deployments, find as find_api, integrations, route_key};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateRoute, create_route)
        .read(op::GetRoute, get_route)
        .read(op::GetRoutes, get_routes)
        .write(op::UpdateRoute, update_route)
        .write(op::DeleteRouteRequestParameter, delete_route_request_parameter)
        .write(op::DeleteRoute, delete_route);
}

/// What says which route is meant.
const IDENTIFIERS: [&str; 2] = ["ApiId", "RouteId"];

pub(in super::super) fn create_route(
    call: &mut Call<'_, '_>,
    input: &CreateRouteRequest,
) -> Outcome<CreateRouteResult> {
    let api = find_api(call, &input.api_id)?;
    let route = Route { route_id: Some(ids::part_id(&call.plane.random)), ..same(input)? };
    let route = create(call, &api, route)?;
    deployments::follow(call, &input.api_id)?;
    same(&route)
}

/// Checks and stores a route that is new.
pub(super) fn create(call: &mut Call<'_, '_>, api: &Api, route: Route) -> Outcome<Route> {
    let id = api.api_id.as_deref().unwrap_or_default();
    let others = all(call, id)?;
    if others.len() >= limits::ROUTES {
        return Err(too_many("routes", limits::ROUTES));
    }
    check(call, api, &others, &route)?;
    let route = completed(api, route);
    let document = RouteDocument { route, responses: Vec::new() };
    put(call, id, &document)?;
    Ok(document.route)
}

fn get_route(call: &mut Call<'_, '_>, input: &GetRouteRequest) -> Outcome<GetRouteResult> {
    same(&find(call, &input.api_id, &input.route_id)?.route)
}

fn get_routes(call: &mut Call<'_, '_>, input: &GetRoutesRequest) -> Outcome<GetRoutesResponse> {
    find_api(call, &input.api_id)?;
    let routes = all(call, &input.api_id)?.into_iter().map(|document| document.route).collect();
    let place = |route: &Route| route.route_id.clone().unwrap_or_default();
    let (items, next_token) =
        listed(routes, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    Ok(GetRoutesResponse { items: Some(items), next_token })
}

fn update_route(call: &mut Call<'_, '_>, input: &UpdateRouteRequest) -> Outcome<UpdateRouteResult> {
    let api = find_api(call, &input.api_id)?;
    let RouteDocument { route, responses } = find(call, &input.api_id, &input.route_id)?;
    let mut route: Route = changed(&route, input, &IDENTIFIERS)?;
    if route.authorization_type.unwrap_or(AuthorizationType::None) == AuthorizationType::None {
        (route.authorizer_id, route.authorization_scopes) = (None, None);
    }
    let route = replace(call, &api, RouteDocument { route, responses })?;
    deployments::follow(call, &input.api_id)?;
    same(&route)
}

/// Checks and stores a route in place of what it was before.
pub(super) fn replace(call: &mut Call<'_, '_>, api: &Api, document: RouteDocument) -> Outcome<Route> {
    let id = api.api_id.as_deref().unwrap_or_default();
    let others = all(call, id)?;
    check(call, api, &others, &document.route)?;
    let document = RouteDocument { route: completed(api, document.route), ..document };
    put(call, id, &document)?;
    Ok(document.route)
}

fn delete_route_request_parameter(
    call: &mut Call<'_, '_>,
    input: &DeleteRouteRequestParameterRequest,
) -> Outcome<Empty> {
    let mut document = find(call, &input.api_id, &input.route_id)?;
    let parameters = document.route.request_parameters.as_mut();
    let removed = parameters.and_then(|all| all.shift_remove(&input.request_parameter_key));
    removed.ok_or_else(|| unknown("request parameter"))?;
    put(call, &input.api_id, &document)?;
    deployments::follow(call, &input.api_id)?;
    Ok(Empty {})
}

fn delete_route(call: &mut Call<'_, '_>, input: &DeleteRouteRequest) -> Outcome<Empty> {
    find(call, &input.api_id, &input.route_id)?;
    call.tx.delete::<RouteDocument>(&call.context.scope, &within(&input.api_id, &input.route_id))?;
    deployments::follow(call, &input.api_id)?;
    Ok(Empty {})
}

/// The route `id` of an API, which has to be there too.
pub(super) fn find(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<RouteDocument> {
    find_api(call, api)?;
    call.tx.get(&call.context.scope, &within(api, id))?.ok_or_else(|| unknown("Route"))
}

/// All routes of an API.
pub(super) fn all(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<RouteDocument>> {
    let documents = call.tx.list::<RouteDocument>(&call.context.scope, &Key::new([api]))?;
    Ok(documents.into_iter().map(|(_, document)| document).collect())
}

pub(super) fn put(call: &mut Call<'_, '_>, api: &str, document: &RouteDocument) -> Outcome<()> {
    let id = document.route.route_id.as_deref().unwrap_or_default();
    Ok(call.tx.put(&call.context.scope, &within(api, id), document)?)
}

/// With what AWS sets if it is not said.
fn completed(api: &Api, mut route: Route) -> Route {
    let texts = [
        &mut route.target,
        &mut route.authorizer_id,
        &mut route.operation_name,
        &mut route.model_selection_expression,
        &mut route.route_response_selection_expression,
    ];
    for text in texts {
        *text = text.take().filter(|text| !text.is_empty());
    }
    route.authorization_scopes = route.authorization_scopes.filter(|scopes| !scopes.is_empty());
    route.authorization_type.get_or_insert(AuthorizationType::None);
    route.api_key_required.get_or_insert(false);
    if api.protocol_type == ProtocolType::Http {
        (route.request_models, route.request_parameters) = (None, None);
    }
    route
}

fn check(call: &mut Call<'_, '_>, api: &Api, others: &[RouteDocument], route: &Route) -> Outcome<()> {
    let id = api.api_id.as_deref().unwrap_or_default();
    route_key::check(api.protocol_type, &route.route_key)?;
    let is_other = |other: &&RouteDocument| other.route.route_id != route.route_id;
    if others.iter().filter(is_other).any(|other| other.route.route_key == route.route_key) {
        // As users of AWS report it.
        return Err(conflict(format!("Route with key {} already exists for this API", route.route_key)));
    }
    if let Some(target) = route.target.as_deref().filter(|target| !target.is_empty()) {
        let integration = target.strip_prefix("integrations/").unwrap_or_default();
        if !integrations::exists(call, id, integration)? {
            return Err(bad_request(format!("Invalid target specified: {target}")));
        }
    }
    if api.protocol_type == ProtocolType::Http {
        check_http(route)?;
    } else if route.api_key_required == Some(true) && route.route_key != "$connect" {
        return Err(bad_request("API keys are supported only for the $connect route"));
    }
    check_authorization(call, api, route)
}

/// What only WebSocket APIs have.
fn check_http(route: &Route) -> Outcome<()> {
    let refused = |what: &str| Err(bad_request(format!("{what} is supported only for WebSocket APIs")));
    if route.api_key_required == Some(true) {
        return refused("ApiKeyRequired");
    }
    if route.model_selection_expression.as_deref().is_some_and(|text| !text.is_empty()) {
        return refused("ModelSelectionExpression");
    }
    if route.route_response_selection_expression.as_deref().is_some_and(|text| !text.is_empty()) {
        return refused("RouteResponseSelectionExpression");
    }
    if route.request_models.as_ref().is_some_and(|models| !models.is_empty()) {
        return refused("RequestModels");
    }
    if route.request_parameters.as_ref().is_some_and(|parameters| !parameters.is_empty()) {
        return refused("RequestParameters");
    }
    Ok(())
}

/// Refuses a route whose authorizer is none of its kind: it would let nobody in, or everybody.
fn check_authorization(call: &mut Call<'_, '_>, api: &Api, route: &Route) -> Outcome<()> {
    let kind = route.authorization_type.unwrap_or(AuthorizationType::None);
    let websocket = api.protocol_type == ProtocolType::Websocket;
    if websocket && kind != AuthorizationType::None && route.route_key != "$connect" {
        return Err(bad_request("Authorization is supported only for the $connect route"));
    }
    let scopes = route.authorization_scopes.as_deref().unwrap_or_default();
    if scopes.len() > limits::SCOPES {
        return Err(bad_request(format!("A route can have at most {} authorization scopes", limits::SCOPES)));
    }
    if !scopes.is_empty() && kind != AuthorizationType::Jwt {
        return Err(bad_request("Authorization scopes are supported only for routes with a JWT authorizer"));
    }
    let wanted = match kind {
        AuthorizationType::None | AuthorizationType::AwsIam => {
            return match route.authorizer_id.as_deref().filter(|id| !id.is_empty()) {
                None => Ok(()),
                Some(_) => Err(bad_request(format!(
                    "An authorizer is not supported for the authorization type {}",
                    kind.as_str()
                ))),
            };
        }
        AuthorizationType::Jwt if websocket => {
            return Err(bad_request("JWT authorizers are supported only for HTTP APIs"));
        }
        AuthorizationType::Jwt => AuthorizerType::Jwt,
        AuthorizationType::Custom => AuthorizerType::Request,
    };
    let id = route.authorizer_id.as_deref().unwrap_or_default();
    let found = authorizers::get(call, api.api_id.as_deref().unwrap_or_default(), id)?;
    match found {
        Some(authorizer) if authorizer.authorizer_type == Some(wanted) => Ok(()),
        _ => Err(bad_request(format!(
            "Invalid authorizer specified for the authorization type {}",
            kind.as_str()
        ))),
    }
}
