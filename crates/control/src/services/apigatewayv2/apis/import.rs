//! `PUT /v2/apis` and `PUT /v2/apis/{id}`: an HTTP API from an OpenAPI document (API Gateway developer
//! guide, "Working with OpenAPI definitions for HTTP APIs"). The crate `openapi` reads the document; here
//! it meets the rules of the single operations and is stored.

use std::collections::HashMap;

use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    Api, ImportApiRequest, ImportApiResponse, ProtocolType, ReimportApiRequest, ReimportApiResponse,
};
use base::ids;
use openapi::{BasePath, HttpDefinition, HttpImported, ImportError};
use serde::de::DeserializeOwned;

use super::super::limits;
use super::super::refusals::{bad_request, description, text};
use super::{authorizers, cors, deployments, find, forget_parts, integrations, new, put, routes, shown};
use crate::{Call, Failure, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry.write(op::ImportApi, import_api).write(op::ReimportApi, reimport_api);
}

pub(in super::super) fn import_api(
    call: &mut Call<'_, '_>,
    input: &ImportApiRequest,
) -> Outcome<ImportApiResponse> {
    let imported = read(call, &input.body, input.basepath.as_deref(), input.fail_on_warnings)?;
    let api = Api {
        disable_execute_api_endpoint: Some(false),
        ip_address_type: Some(api::apigatewayv2::IpAddressType::Ipv4),
        ..new(call, ProtocolType::Http, &imported.definition.name, None)?
    };
    store(call, api, imported)
}

/// Puts a document in the place of an API's definition. Its id, its stages and its deployments stay as
/// they are.
fn reimport_api(call: &mut Call<'_, '_>, input: &ReimportApiRequest) -> Outcome<ReimportApiResponse> {
    let imported = read(call, &input.body, input.basepath.as_deref(), input.fail_on_warnings)?;
    let mut api = find(call, &input.api_id)?;
    if api.protocol_type != ProtocolType::Http {
        return Err(bad_request("Only HTTP APIs can be imported"));
    }
    forget_parts(call, &input.api_id)?;
    api.name = super::super::refusals::name("API", &imported.definition.name)?;
    store(call, api, imported)
}

fn read(
    call: &Call<'_, '_>,
    body: &str,
    base_path: Option<&str>,
    fail_on_warnings: Option<bool>,
) -> Outcome<HttpImported> {
    let base_path = match base_path.filter(|mode| !mode.is_empty()) {
        None | Some("ignore") => BasePath::Ignore,
        Some("prepend") => BasePath::Prepend,
        Some("split") => BasePath::Split,
        Some(other) => return Err(bad_request(format!("Invalid basepath specified: {other}"))),
    };
    // As version 1 answers it.
    let invalid = || bad_request("Invalid OpenAPI input.");
    let document = openapi::text::read(body.as_bytes()).map_err(|_| invalid())?;
    let imported = openapi::import_http(document, call.scope().account(), call.scope().region(), base_path);
    let imported = imported.map_err(|why| match why {
        ImportError::NotOpenApi => invalid(),
        other => bad_request(format!("Errors found during import:\n\t{other}")),
    })?;
    if fail_on_warnings == Some(true) && !imported.warnings.is_empty() {
        let warnings = imported.warnings.join("\n\t");
        return Err(bad_request(format!("Warnings found during import:\n\t{warnings}")));
    }
    Ok(imported)
}

/// Stores what was read, part by part as the single operations do.
fn store<T: DeserializeOwned>(call: &mut Call<'_, '_>, mut api: Api, imported: HttpImported) -> Outcome<T> {
    let HttpImported { definition, info, warnings } = imported;
    let HttpDefinition { integrations, authorizers, routes, tags, .. } = definition;
    api.description = description(definition.description.as_deref())?;
    api.version = text("version", definition.version.as_deref(), limits::VERSION)?;
    api.cors_configuration = definition.cors.as_ref().map(cors::checked).transpose()?;
    api.disable_execute_api_endpoint =
        definition.disable_execute_api_endpoint.or(api.disable_execute_api_endpoint);
    tags::add(api.tags.get_or_insert_default(), &tags)?;
    let mut api = put(call, api)?;
    let mut targets = HashMap::new();
    for integration in integrations {
        let name = integration.integration_id.clone().unwrap_or_default();
        let made = integrations::create(call, &api, integration).map_err(within("integration"))?;
        targets.insert(format!("integrations/{name}"), made.integration_id.unwrap_or_default());
    }
    let mut named = HashMap::new();
    for authorizer in authorizers {
        let name = authorizer.name.clone();
        let made = authorizers::create(call, &api, authorizer).map_err(within("authorizer"))?;
        named.insert(name, made.authorizer_id);
    }
    for mut route in routes {
        route.route_id = Some(ids::part_id(&call.plane.random));
        let target =
            route.target.and_then(|target| targets.get(&target).map(|id| format!("integrations/{id}")));
        route.target = target;
        route.authorizer_id = route.authorizer_id.and_then(|name| named.get(&name).cloned()).flatten();
        routes::create(call, &api, route).map_err(within("route"))?;
    }
    deployments::follow(call, api.api_id.as_deref().unwrap_or_default())?;
    api.import_info = Some(info).filter(|info| !info.is_empty());
    api.warnings = Some(warnings).filter(|warnings| !warnings.is_empty());
    shown(&api)
}

/// A refusal of a part, in the frame that version 1 has for errors of an import.
fn within(what: &'static str) -> impl Fn(Failure) -> Failure {
    move |failure| match failure {
        Failure::Service(error) => {
            let why = error.message().unwrap_or_default();
            bad_request(format!("Errors found during import:\n\tUnable to create {what}: {why}"))
        }
        other => other,
    }
}
