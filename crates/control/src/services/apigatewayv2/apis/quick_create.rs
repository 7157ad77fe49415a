//! Quick create: an HTTP API with one integration, one route and a stage that is deployed
//! automatically, in one call (API Gateway API reference, `CreateApi`, `target`). What is made so is
//! managed by the API: `target`, `routeKey` and `credentialsArn` of `UpdateApi` change it.

use api::apigatewayv2::{
    Api, CreateApiRequest, Integration, IntegrationType, ProtocolType, Route, Stage, UpdateApiRequest,
};
use documents::apigatewayv2::{IntegrationDocument, RouteDocument};

use super::super::refusals::bad_request;
use super::{integrations, routes, stages};
use crate::{Call, Outcome};

/// What a quick create asks for.
pub(super) struct Asked {
    target: String,
    route_key: String,
    credentials: Option<String>,
}

impl Asked {
    /// Of a request, if it asks for that.
    pub(super) fn of(input: &CreateApiRequest) -> Outcome<Option<Self>> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (route_key, credentials) = (given(&input.route_key), given(&input.credentials_arn));
        let Some(target) = given(&input.target) else {
            if route_key.is_some() || credentials.is_some() {
                return Err(bad_request("RouteKey and CredentialsArn need a Target"));
            }
            return Ok(None);
        };
        if input.protocol_type != ProtocolType::Http {
            return Err(bad_request("Quick create is supported only for HTTP APIs"));
        }
        Ok(Some(Self { target, route_key: route_key.unwrap_or_else(|| "$default".to_owned()), credentials }))
    }

    /// Makes the integration, the route and the stage.
    pub(super) fn create(self, call: &mut Call<'_, '_>, api: &Api) -> Outcome<()> {
        let integration = Integration {
            api_gateway_managed: Some(true),
            credentials_arn: self.credentials,
            ..to(&self.target)
        };
        let integration = integrations::create(call, api, integration)?;
        let id = integration.integration_id.unwrap_or_default();
        let route = Route {
            api_gateway_managed: Some(true),
            route_id: Some(base::ids::part_id(&call.plane.random)),
            route_key: self.route_key,
            target: Some(format!("integrations/{id}")),
            ..Route::default()
        };
        routes::create(call, api, route)?;
        let stage = Stage {
            api_gateway_managed: Some(true),
            auto_deploy: Some(true),
            stage_name: "$default".to_owned(),
            ..Stage::default()
        };
        stages::create(call, api, stage).map(drop)
    }
}

/// Changes what was made so.
pub(super) fn update(call: &mut Call<'_, '_>, api: &Api, input: &UpdateApiRequest) -> Outcome<()> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (target, route_key) = (given(&input.target), given(&input.route_key));
    if target.is_none() && route_key.is_none() && input.credentials_arn.is_none() {
        return Ok(());
    }
    let id = api.api_id.as_deref().unwrap_or_default();
    let managed = |managed: Option<bool>| managed == Some(true);
    let route = routes::all(call, id)?.into_iter().find(|own| managed(own.route.api_gateway_managed));
    let integration =
        integrations::all(call, id)?.into_iter().find(|own| managed(own.integration.api_gateway_managed));
    let (Some(route), Some(integration)) = (route, integration) else {
        return Err(bad_request("Only APIs that were made with a Target can be changed so"));
    };
    if let Some(route_key) = route_key {
        let changed = Route { route_key, ..route.route };
        routes::replace(call, api, RouteDocument { route: changed, responses: route.responses })?;
    }
    if target.is_some() || input.credentials_arn.is_some() {
        let before = integration.integration;
        let mut changed = match &target {
            Some(target) => Integration {
                integration_id: before.integration_id,
                credentials_arn: before.credentials_arn,
                api_gateway_managed: Some(true),
                ..to(target)
            },
            None => before,
        };
        if input.credentials_arn.is_some() {
            changed.credentials_arn = given(&input.credentials_arn);
        }
        let document = IntegrationDocument { integration: changed, responses: integration.responses };
        integrations::replace(call, api, document)?;
    }
    Ok(())
}

/// An integration that leads to a target: an address, or a function.
fn to(target: &str) -> Integration {
    let function = target.starts_with("arn:");
    let (kind, method, version) = if function {
        (IntegrationType::AwsProxy, "POST", "2.0")
    } else {
        (IntegrationType::HttpProxy, "ANY", "1.0")
    };
    Integration {
        integration_type: Some(kind),
        integration_method: Some(method.to_owned()),
        integration_uri: Some(target.to_owned()),
        payload_format_version: Some(version.to_owned()),
        ..Integration::default()
    }
}
