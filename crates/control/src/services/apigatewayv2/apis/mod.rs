//! `/v2/apis`: the APIs themselves. What belongs to one is in the files of this folder.

pub(super) mod authorizers;
mod cors;
pub(super) mod deployments;
mod export;
mod import;
pub(super) mod integration_responses;
pub(super) mod integrations;
mod mapped_parameters;
pub(super) mod models;
mod quick_create;
mod route_key;
pub(super) mod route_responses;
pub(super) mod routes;
pub(super) mod stages;

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    Api, CreateApiRequest, CreateApiResponse, DeleteApiRequest, DeleteCorsConfigurationRequest,
    GetApiRequest, GetApiResponse, GetApisRequest, GetApisResponse, IpAddressType, ProtocolType,
    UpdateApiRequest, UpdateApiResponse,
};
use base::{Scope, Timestamp, ids};
use documents::apigatewayv2::{
    ApiDocument, AuthorizerDocument, DeploymentDocument, IntegrationDocument, ModelDocument, RouteDocument,
    SnapshotDocument, StageDocument,
};
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use store::Key;

use super::refusals::{bad_request, description, name, text, unknown_api};
use super::shapes::same;
use super::{limits, listed};
use crate::{Call, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateApi, create_api)
        .read(op::GetApi, get_api)
        .read(op::GetApis, get_apis)
        .write(op::UpdateApi, update_api)
        .write(op::DeleteCorsConfiguration, delete_cors_configuration)
        .write(op::DeleteApi, delete_api);
    authorizers::register(registry);
    deployments::register(registry);
    export::register(registry);
    import::register(registry);
    integration_responses::register(registry);
    integrations::register(registry);
    models::register(registry);
    route_responses::register(registry);
    routes::register(registry);
    stages::register(registry);
}

/// How HTTP APIs choose a route, which cannot be set (API Gateway API reference, `CreateApi`).
const BY_METHOD_AND_PATH: &str = "$request.method $request.path";

/// Where WebSocket APIs look for API keys if they do not say.
const KEY_HEADER: &str = "$request.header.x-api-key";

pub(super) fn create_api(call: &mut Call<'_, '_>, input: &CreateApiRequest) -> Outcome<CreateApiResponse> {
    let mut given = IndexMap::new();
    if let Some(tags) = &input.tags {
        tags::add(&mut given, tags)?;
    }
    let quick = quick_create::Asked::of(input)?;
    let api = Api {
        description: description(input.description.as_deref())?,
        version: text("version", input.version.as_deref(), limits::VERSION)?,
        cors_configuration: input.cors_configuration.as_ref().map(cors::checked).transpose()?,
        disable_schema_validation: input.disable_schema_validation,
        disable_execute_api_endpoint: Some(input.disable_execute_api_endpoint.unwrap_or(false)),
        ip_address_type: Some(input.ip_address_type.unwrap_or(IpAddressType::Ipv4)),
        api_key_selection_expression: input.api_key_selection_expression.clone(),
        tags: Some(given),
        ..new(call, input.protocol_type, &input.name, input.route_selection_expression.as_deref())?
    };
    check_protocol(&api)?;
    let api = put(call, api)?;
    if let Some(quick) = quick {
        quick.create(call, &api)?;
    }
    shown(&api)
}

/// An API that is not stored yet, with an id and what AWS sets by itself.
fn new(call: &Call<'_, '_>, protocol: ProtocolType, given: &str, selection: Option<&str>) -> Outcome<Api> {
    let id = ids::api_id(&call.plane.random);
    let route_selection_expression = match (protocol, selection.filter(|text| !text.is_empty())) {
        (ProtocolType::Http, None | Some(BY_METHOD_AND_PATH)) => BY_METHOD_AND_PATH,
        (ProtocolType::Http, Some(_)) => {
            return Err(bad_request(format!(
                "The route selection expression of an HTTP API must be {BY_METHOD_AND_PATH}"
            )));
        }
        (ProtocolType::Websocket, Some(expression)) => expression,
        (ProtocolType::Websocket, None) => {
            return Err(bad_request("RouteSelectionExpression is required for WebSocket APIs"));
        }
    };
    Ok(Api {
        api_endpoint: Some(endpoint(call.scope(), protocol, &id)),
        api_id: Some(id),
        created_date: Some(call.now()),
        name: name("API", given)?,
        protocol_type: protocol,
        route_selection_expression: route_selection_expression.to_owned(),
        api_key_selection_expression: None,
        api_gateway_managed: None,
        cors_configuration: None,
        description: None,
        disable_schema_validation: None,
        disable_execute_api_endpoint: None,
        import_info: None,
        ip_address_type: None,
        tags: None,
        version: None,
        warnings: None,
    })
}

fn endpoint(scope: &Scope, protocol: ProtocolType, id: &str) -> String {
    let scheme = match protocol {
        ProtocolType::Http => "https",
        ProtocolType::Websocket => "wss",
    };
    format!("{scheme}://{id}.execute-api.{}.amazonaws.com", scope.region())
}

/// Refuses what APIs of this protocol do not have, and sets what they have if it is not said.
fn check_protocol(api: &Api) -> Outcome<()> {
    if api.protocol_type == ProtocolType::Websocket && api.cors_configuration.is_some() {
        return Err(bad_request("CORS is supported only for HTTP APIs"));
    }
    if api.protocol_type == ProtocolType::Http
        && api
            .api_key_selection_expression
            .as_deref()
            .is_some_and(|text| text != KEY_HEADER && !text.is_empty())
    {
        return Err(bad_request("ApiKeySelectionExpression is supported only for WebSocket APIs"));
    }
    let known = [KEY_HEADER, "$context.authorizer.usageIdentifierKey", ""];
    if api.api_key_selection_expression.as_deref().is_some_and(|text| !known.contains(&text)) {
        return Err(bad_request("Invalid ApiKeySelectionExpression specified"));
    }
    Ok(())
}

fn get_api(call: &mut Call<'_, '_>, input: &GetApiRequest) -> Outcome<GetApiResponse> {
    shown(&find(call, &input.api_id)?)
}

/// Oldest first.
fn get_apis(call: &mut Call<'_, '_>, input: &GetApisRequest) -> Outcome<GetApisResponse> {
    let documents = call.tx.list::<ApiDocument>(&call.context.scope, &Key::root())?;
    let apis = documents.into_iter().map(|(_, document)| document.api).collect();
    let place = |api: &Api| {
        let created = api.created_date.unwrap_or_default().as_millis();
        format!("{created:020}{}", api.api_id.as_deref().unwrap_or_default())
    };
    let (items, next_token) = listed(apis, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    let items = items.iter().map(shown).collect::<Outcome<_>>()?;
    Ok(GetApisResponse { items: Some(items), next_token })
}

fn update_api(call: &mut Call<'_, '_>, input: &UpdateApiRequest) -> Outcome<UpdateApiResponse> {
    let mut api = find(call, &input.api_id)?;
    if let Some(given) = &input.name {
        api.name = name("API", given)?;
    }
    if input.description.is_some() {
        api.description = description(input.description.as_deref())?;
    }
    if input.version.is_some() {
        api.version = text("version", input.version.as_deref(), limits::VERSION)?;
    }
    if let Some(given) = &input.cors_configuration {
        api.cors_configuration = Some(cors::checked(given)?);
    }
    if let Some(expression) = &input.route_selection_expression {
        if api.protocol_type == ProtocolType::Http && expression != BY_METHOD_AND_PATH {
            return Err(bad_request(format!(
                "The route selection expression of an HTTP API must be {BY_METHOD_AND_PATH}"
            )));
        }
        api.route_selection_expression.clone_from(expression);
    }
    api.api_key_selection_expression =
        input.api_key_selection_expression.clone().or(api.api_key_selection_expression);
    api.disable_schema_validation = input.disable_schema_validation.or(api.disable_schema_validation);
    api.disable_execute_api_endpoint =
        input.disable_execute_api_endpoint.or(api.disable_execute_api_endpoint);
    api.ip_address_type = input.ip_address_type.or(api.ip_address_type);
    check_protocol(&api)?;
    quick_create::update(call, &api, input)?;
    let api = put(call, api)?;
    deployments::follow(call, &input.api_id)?;
    shown(&api)
}

fn delete_cors_configuration(
    call: &mut Call<'_, '_>,
    input: &DeleteCorsConfigurationRequest,
) -> Outcome<Empty> {
    let mut api = find(call, &input.api_id)?;
    api.cors_configuration = None;
    put(call, api)?;
    deployments::follow(call, &input.api_id)?;
    Ok(Empty {})
}

/// Removes an API and everything in it.
fn delete_api(call: &mut Call<'_, '_>, input: &DeleteApiRequest) -> Outcome<Empty> {
    let scope = &call.context.scope;
    let key = Key::new([&input.api_id]);
    if !call.tx.delete::<ApiDocument>(scope, &key)? {
        return Err(unknown_api(scope, &input.api_id));
    }
    call.tx.delete_prefix::<StageDocument>(scope, &key)?;
    forget_parts(call, &input.api_id)?;
    call.tx.delete_prefix::<DeploymentDocument>(&call.context.scope, &key)?;
    call.tx.delete_prefix::<SnapshotDocument>(&call.context.scope, &key)?;
    Ok(Empty {})
}

/// Removes what an API is made of.
fn forget_parts(call: &mut Call<'_, '_>, api: &str) -> Outcome<()> {
    let (scope, key) = (&call.context.scope, Key::new([api]));
    call.tx.delete_prefix::<RouteDocument>(scope, &key)?;
    call.tx.delete_prefix::<IntegrationDocument>(scope, &key)?;
    call.tx.delete_prefix::<AuthorizerDocument>(scope, &key)?;
    call.tx.delete_prefix::<ModelDocument>(scope, &key)?;
    Ok(())
}

/// The API `id`.
pub(super) fn find(call: &mut Call<'_, '_>, id: &str) -> Outcome<Api> {
    let document = call.tx.get::<ApiDocument>(&call.context.scope, &Key::new([id]))?;
    document.map(|document| document.api).ok_or_else(|| unknown_api(&call.context.scope, id))
}

/// Stores an API.
pub(super) fn put(call: &mut Call<'_, '_>, api: Api) -> Outcome<Api> {
    let key = Key::new([api.api_id.as_deref().unwrap_or_default()]);
    let document = ApiDocument { api };
    call.tx.put(&call.context.scope, &key, &document)?;
    Ok(document.api)
}

/// An API as it is answered.
fn shown<T: DeserializeOwned>(api: &Api) -> Outcome<T> {
    let mut api = api.clone();
    api.created_date = api.created_date.map(Timestamp::truncated_to_secs);
    api.api_key_selection_expression.get_or_insert_with(|| KEY_HEADER.to_owned());
    api.tags.get_or_insert_default();
    same(&api)
}
