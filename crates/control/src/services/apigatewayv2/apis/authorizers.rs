//! `/v2/apis/{id}/authorizers`: who says whether a caller may use a route.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    Api, Authorizer, AuthorizerType, CreateAuthorizerRequest, CreateAuthorizerResponse,
    DeleteAuthorizerRequest, GetAuthorizerRequest, GetAuthorizerResponse, GetAuthorizersRequest,
    GetAuthorizersResponse, ProtocolType, UpdateAuthorizerRequest, UpdateAuthorizerResponse,
};
use base::ids;
use documents::apigateway::within;
use documents::apigatewayv2::AuthorizerDocument;
use store::Key;

use super::super::limits;
use super::super::listed;
use super::super::refusals::{bad_request, conflict, name, too_many, unknown};
use super::super::shapes::{changed, same};
use super::{deployments, find as find_api, routes};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateAuthorizer, create_authorizer)
        .read(op::GetAuthorizer, get_authorizer)
        .read(op::GetAuthorizers, get_authorizers)
        .write(op::UpdateAuthorizer, update_authorizer)
        .write(op::DeleteAuthorizer, delete_authorizer);
}

/// Where identities of HTTP APIs' callers are (API Gateway developer guide, "AWS Lambda authorizers for
/// HTTP APIs").
const HTTP_SOURCES: [&str; 4] =
    ["$request.header.", "$request.querystring.", "$context.", "$stageVariables."];

/// The same for WebSocket APIs (API Gateway API reference, `CreateAuthorizer`).
const WEBSOCKET_SOURCES: [&str; 4] =
    ["route.request.header.", "route.request.querystring.", "context.", "stageVariables."];

pub(in super::super) fn create_authorizer(
    call: &mut Call<'_, '_>,
    input: &CreateAuthorizerRequest,
) -> Outcome<CreateAuthorizerResponse> {
    let api = find_api(call, &input.api_id)?;
    let authorizer = create(call, &api, same(input)?)?;
    deployments::follow(call, &input.api_id)?;
    same(&authorizer)
}

/// Checks and stores an authorizer that is new.
pub(super) fn create(call: &mut Call<'_, '_>, api: &Api, mut authorizer: Authorizer) -> Outcome<Authorizer> {
    let id = api.api_id.as_deref().unwrap_or_default();
    let others = all(call, id)?;
    if others.len() >= limits::AUTHORIZERS {
        return Err(too_many("authorizers", limits::AUTHORIZERS));
    }
    authorizer.authorizer_id = Some(ids::part_id(&call.plane.random));
    let authorizer = checked(api, &others, authorizer)?;
    put(call, id, authorizer)
}

fn get_authorizer(call: &mut Call<'_, '_>, input: &GetAuthorizerRequest) -> Outcome<GetAuthorizerResponse> {
    same(&find(call, &input.api_id, &input.authorizer_id)?)
}

fn get_authorizers(
    call: &mut Call<'_, '_>,
    input: &GetAuthorizersRequest,
) -> Outcome<GetAuthorizersResponse> {
    find_api(call, &input.api_id)?;
    let place = |authorizer: &Authorizer| authorizer.authorizer_id.clone().unwrap_or_default();
    let all = all(call, &input.api_id)?;
    let (items, next_token) = listed(all, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    Ok(GetAuthorizersResponse { items: Some(items), next_token })
}

fn update_authorizer(
    call: &mut Call<'_, '_>,
    input: &UpdateAuthorizerRequest,
) -> Outcome<UpdateAuthorizerResponse> {
    let api = find_api(call, &input.api_id)?;
    let before = find(call, &input.api_id, &input.authorizer_id)?;
    let authorizer: Authorizer = changed(&before, input, &["ApiId", "AuthorizerId"])?;
    if authorizer.authorizer_type != before.authorizer_type {
        // Routes that name it would ask for another kind.
        return Err(bad_request("The type of an authorizer cannot be changed"));
    }
    let others = all(call, &input.api_id)?;
    let authorizer = checked(&api, &others, authorizer)?;
    let authorizer = put(call, &input.api_id, authorizer)?;
    deployments::follow(call, &input.api_id)?;
    same(&authorizer)
}

fn delete_authorizer(call: &mut Call<'_, '_>, input: &DeleteAuthorizerRequest) -> Outcome<Empty> {
    find(call, &input.api_id, &input.authorizer_id)?;
    let routes = routes::all(call, &input.api_id)?;
    if let Some(user) =
        routes.iter().find(|document| document.route.authorizer_id.as_ref() == Some(&input.authorizer_id))
    {
        return Err(conflict(format!(
            "Cannot delete Authorizer with id '{}'. It is used by route with key '{}'",
            input.authorizer_id, user.route.route_key
        )));
    }
    call.tx
        .delete::<AuthorizerDocument>(&call.context.scope, &within(&input.api_id, &input.authorizer_id))?;
    deployments::follow(call, &input.api_id)?;
    Ok(Empty {})
}

fn find(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<Authorizer> {
    find_api(call, api)?;
    get(call, api, id)?.ok_or_else(|| unknown("Authorizer"))
}

/// The authorizer `id` of an API, if there is one.
pub(super) fn get(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<Option<Authorizer>> {
    let document = call.tx.get::<AuthorizerDocument>(&call.context.scope, &within(api, id))?;
    Ok(document.map(|document| document.authorizer))
}

/// All authorizers of an API.
pub(super) fn all(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<Authorizer>> {
    let documents = call.tx.list::<AuthorizerDocument>(&call.context.scope, &Key::new([api]))?;
    Ok(documents.into_iter().map(|(_, document)| document.authorizer).collect())
}

fn put(call: &mut Call<'_, '_>, api: &str, authorizer: Authorizer) -> Outcome<Authorizer> {
    let key = within(api, authorizer.authorizer_id.as_deref().unwrap_or_default());
    let document = AuthorizerDocument { authorizer };
    call.tx.put(&call.context.scope, &key, &document)?;
    Ok(document.authorizer)
}

/// An authorizer that can be asked, with what AWS sets if it is not said.
fn checked(api: &Api, others: &[Authorizer], mut authorizer: Authorizer) -> Outcome<Authorizer> {
    name("authorizer", &authorizer.name)?;
    let is_other = |other: &&Authorizer| other.authorizer_id != authorizer.authorizer_id;
    if others.iter().filter(is_other).any(|other| other.name == authorizer.name) {
        return Err(conflict(format!(
            "Authorizer name must be unique. Authorizer {} already exists",
            authorizer.name
        )));
    }
    let texts = [
        &mut authorizer.authorizer_credentials_arn,
        &mut authorizer.authorizer_uri,
        &mut authorizer.identity_validation_expression,
        &mut authorizer.authorizer_payload_format_version,
    ];
    for text in texts {
        *text = text.take().filter(|text| !text.is_empty());
    }
    if authorizer.authorizer_result_ttl_in_seconds.is_some_and(|ttl| !limits::TTL_SECONDS.contains(&ttl)) {
        return Err(bad_request("Authorizer result TTL must be between 0 and 3600 seconds"));
    }
    let http = api.protocol_type == ProtocolType::Http;
    let starts = if http { HTTP_SOURCES } else { WEBSOCKET_SOURCES };
    for source in authorizer.identity_source.iter().flatten() {
        let named = starts.iter().find_map(|start| source.strip_prefix(start));
        if named.is_none_or(str::is_empty) {
            return Err(bad_request(format!("Invalid identity source specified: {source}")));
        }
    }
    match authorizer.authorizer_type {
        Some(AuthorizerType::Jwt) if http => jwt(authorizer),
        Some(AuthorizerType::Jwt) => Err(bad_request("JWT authorizers are supported only for HTTP APIs")),
        Some(AuthorizerType::Request) => request(authorizer, http),
        None => Err(bad_request("AuthorizerType is required")),
    }
}

/// API Gateway developer guide, "Control access to HTTP APIs with JWT authorizers".
fn jwt(authorizer: Authorizer) -> Outcome<Authorizer> {
    let sources = authorizer.identity_source.as_deref().unwrap_or_default();
    let [source] = sources else {
        return Err(bad_request("A JWT authorizer must have exactly one identity source"));
    };
    if !["$request.header.", "$request.querystring."].iter().any(|start| source.starts_with(start)) {
        return Err(bad_request(format!("Invalid identity source specified: {source}")));
    }
    let configuration = authorizer.jwt_configuration.clone().unwrap_or_default();
    let issuer = configuration.issuer.as_deref().unwrap_or_default();
    if !issuer.starts_with("https://") && !issuer.starts_with("http://") {
        return Err(bad_request(format!("Invalid issuer: {issuer}. Issuer must have a valid URL")));
    }
    let audiences = configuration.audience.as_deref().unwrap_or_default();
    if audiences.is_empty() || audiences.len() > limits::AUDIENCES {
        return Err(bad_request(format!("A JWT authorizer must have 1 to {} audiences", limits::AUDIENCES)));
    }
    for (given, what) in [
        (authorizer.authorizer_uri.is_some(), "AuthorizerUri"),
        (authorizer.authorizer_credentials_arn.is_some(), "AuthorizerCredentialsArn"),
        (authorizer.authorizer_payload_format_version.is_some(), "AuthorizerPayloadFormatVersion"),
        (authorizer.enable_simple_responses == Some(true), "EnableSimpleResponses"),
        (authorizer.identity_validation_expression.is_some(), "IdentityValidationExpression"),
    ] {
        if given {
            return Err(bad_request(format!("{what} is not supported for JWT authorizers")));
        }
    }
    Ok(authorizer)
}

/// API Gateway developer guide, "Control access to HTTP APIs with AWS Lambda authorizers".
fn request(mut authorizer: Authorizer, http: bool) -> Outcome<Authorizer> {
    if authorizer.authorizer_uri.is_none() {
        return Err(bad_request("AuthorizerUri is required for REQUEST authorizers"));
    }
    if authorizer.jwt_configuration.is_some() {
        return Err(bad_request("JwtConfiguration is supported only for JWT authorizers"));
    }
    if !http {
        if authorizer.authorizer_payload_format_version.is_some()
            || authorizer.enable_simple_responses == Some(true)
        {
            return Err(bad_request("AuthorizerPayloadFormatVersion is supported only for HTTP APIs"));
        }
        return Ok(authorizer);
    }
    let version = match authorizer.authorizer_payload_format_version.as_deref() {
        Some(version @ ("1.0" | "2.0")) => version,
        // As users of AWS report it.
        None => {
            return Err(bad_request(
                "AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer",
            ));
        }
        Some(_) => return Err(bad_request("AuthorizerPayloadFormatVersion must be 1.0 or 2.0")),
    };
    if version == "1.0" && authorizer.enable_simple_responses == Some(true) {
        return Err(bad_request(
            "EnableSimpleResponses is supported only for the payload format version 2.0",
        ));
    }
    let cached = authorizer.authorizer_result_ttl_in_seconds.get_or_insert(0);
    if *cached > 0 && authorizer.identity_source.as_deref().unwrap_or_default().is_empty() {
        return Err(bad_request("An identity source is required if results are cached"));
    }
    Ok(authorizer)
}
