//! One route: whom does it ask who may call it, and what is it integrated with.

use std::collections::HashMap;
use std::sync::Arc;

use api::apigateway::{VpcLink as RestVpcLink, VpcLinkStatus as RestStatus};
use api::apigatewayv2::{
    AuthorizationType, Authorizer, AuthorizerType, ConnectionType, Integration as Stored, IntegrationType,
    Route as StoredRoute, VpcLink, VpcLinkStatus,
};
use base::Arn;

use super::event::PayloadFormat;
use super::http_proxy::{HttpProxy, Tail};
use super::integrations::{Integration, LambdaProxy, ServiceAction};
use super::jwt::JwtAuthorizer;
use super::lambda_authorizer::LambdaAuthorizer;
use super::parameters::{RequestParameters, ResponseParameters};
use super::routes::DEFAULT;
use super::stage::Authorization;
use crate::exchange::{ConfigurationFault, ResourceFacts, StageFacts, StageVariables};
use crate::integration::backends::Backends;
use crate::integration::http::endpoint::Endpoint;
use crate::integration::lambda::{Invocation, Manner, OWN_RIGHT, function};

/// What all routes of a stage are compiled with.
#[derive(Clone, Copy)]
pub(super) struct Within<'a> {
    /// The stage.
    pub(super) stage: &'a StageFacts,
    /// Its variables.
    pub(super) variables: &'a StageVariables,
    /// The API's integrations, by id.
    pub(super) integrations: &'a HashMap<&'a str, &'a Stored>,
    /// The API's authorizers.
    pub(super) authorizers: &'a Authorizers,
    /// What integrations find their backends by.
    pub(super) backends: &'a Backends,
    /// The VPC links of the account and region.
    pub(super) vpc_links: &'a [VpcLink],
}

/// The authorizers of an API by id, compiled with a stage.
#[derive(Debug, Default)]
pub(super) struct Authorizers(HashMap<Box<str>, Result<Compiled, String>>);

#[derive(Clone, Debug)]
enum Compiled {
    Jwt(Arc<JwtAuthorizer>),
    Lambda(Arc<LambdaAuthorizer>),
}

/// A route's parts that may fail.
pub(super) struct Parts {
    pub(super) integration: Integration,
    pub(super) request: RequestParameters,
    pub(super) response: ResponseParameters,
}

impl Authorizers {
    pub(super) fn compile(stored: &[Authorizer], stage: &StageFacts, variables: &StageVariables) -> Self {
        let compiled = stored.iter().filter_map(|stored| {
            let compiled = match stored.authorizer_type {
                Some(AuthorizerType::Jwt) => JwtAuthorizer::compile(stored, variables)
                    .map(|own| Compiled::Jwt(Arc::new(own)))
                    .map_err(|fault| fault.to_string()),
                Some(AuthorizerType::Request) => LambdaAuthorizer::compile(stored, stage, variables)
                    .map(|own| Compiled::Lambda(Arc::new(own)))
                    .map_err(|fault| fault.to_string()),
                None => Err("it has no type".to_owned()),
            };
            Some((stored.authorizer_id.as_deref()?.into(), compiled))
        });
        Self(compiled.collect())
    }
}

/// Whom a route asks who may call it.
///
/// # Errors
/// Why nobody can be asked: then nobody may call it.
pub(super) fn authorization(within: &Within<'_>, route: &StoredRoute) -> Result<Authorization, String> {
    let kind = match route.authorization_type {
        None | Some(AuthorizationType::None) => return Ok(Authorization::None),
        Some(AuthorizationType::AwsIam) => return Ok(Authorization::Iam),
        Some(kind) => kind,
    };
    let id = route.authorizer_id.as_deref().unwrap_or_default();
    let found = within.authorizers.0.get(id).ok_or_else(|| format!("there is no authorizer {id}"))?;
    let scopes = route.authorization_scopes.iter().flatten().map(|scope| scope.as_str().into()).collect();
    match (kind, found.clone()?) {
        (AuthorizationType::Jwt, Compiled::Jwt(authorizer)) => Ok(Authorization::Jwt { authorizer, scopes }),
        (AuthorizationType::Custom, Compiled::Lambda(authorizer)) => Ok(Authorization::Lambda(authorizer)),
        _ => Err(format!("the authorizer {id} is not of the type {}", kind.as_str())),
    }
}

/// What a route is integrated with.
///
/// # Errors
/// Why it cannot be.
pub(super) fn parts(
    within: &Within<'_>,
    route: &StoredRoute,
    authorization: &Authorization,
) -> Result<(Parts, Option<i32>), ConfigurationFault> {
    let id = route.target.as_deref().and_then(|target| target.strip_prefix("integrations/"));
    let stored = id.and_then(|id| within.integrations.get(id)).ok_or(ConfigurationFault::NoIntegration)?;
    let integration = integration(within, route, stored)?;
    if integration.is_by_signer() && !matches!(authorization, Authorization::Iam) {
        let why = "it is invoked by the caller's own right, but the route does not ask for AWS_IAM";
        return Err(ConfigurationFault::LambdaPermission { why: why.to_owned() });
    }
    let wrong = |error: &dyn std::fmt::Display| ConfigurationFault::Endpoint { why: error.to_string() };
    // Of a subtype they are the action's parameters.
    let mapped =
        stored.request_parameters.as_ref().filter(|_| !matches!(integration, Integration::Service(_)));
    let request = RequestParameters::compile(mapped, within.variables).map_err(|error| wrong(&error))?;
    let response = ResponseParameters::compile(stored.response_parameters.as_ref(), within.variables)
        .map_err(|error| wrong(&error))?;
    Ok((Parts { integration, request, response }, stored.timeout_in_millis))
}

fn integration(
    within: &Within<'_>,
    route: &StoredRoute,
    stored: &Stored,
) -> Result<Integration, ConfigurationFault> {
    let key = route.route_key.as_str();
    let wrong = |why: &dyn std::fmt::Display| ConfigurationFault::Endpoint { why: why.to_string() };
    let substitute = |text: &str| within.variables.substitute(text).map_err(|error| wrong(&error));
    let role = stored.credentials_arn.as_deref().filter(|role| !role.is_empty());
    let role = role.map(substitute).transpose()?;
    match (stored.integration_type, stored.integration_subtype.as_deref()) {
        (Some(IntegrationType::AwsProxy), Some(subtype)) => {
            let Some(role) = role else {
                return Err(ConfigurationFault::NoRole { service: subtype.to_owned() });
            };
            let parameters = stored.request_parameters.as_ref();
            let Within { stage, variables, backends, .. } = *within;
            let action = ServiceAction::compile(subtype, parameters, &role, stage, variables, backends)?;
            Ok(Integration::Service(Box::new(action)))
        }
        (Some(IntegrationType::AwsProxy), None) => {
            let format = PayloadFormat::named(stored.payload_format_version.as_deref());
            let format = format.ok_or_else(|| wrong(&"the payload format is none"))?;
            let uri = substitute(stored.integration_uri.as_deref().unwrap_or_default())?;
            let function = function(&function_uri(&uri), &within.stage.account_id, Manner::Whole);
            let function = function.map_err(|error| wrong(&error))?;
            let invocation = if role.as_deref() == Some(OWN_RIGHT) {
                Invocation::by_signer(function)
            } else {
                let (verb, path) = key.split_once(' ').unwrap_or((DEFAULT, ""));
                let resource = ResourceFacts { id: "".into(), path: path.into() };
                Invocation::new(function, role, within.stage, &resource, verb)
            };
            Ok(Integration::Lambda(Box::new(LambdaProxy { invocation, format })))
        }
        (Some(IntegrationType::HttpProxy), _) => http_proxy(within, key, stored),
        (other, _) => {
            let other = other.map_or("none", |kind| kind.as_str());
            Err(wrong(&format!("an HTTP API has no integration of the type {other}")))
        }
    }
}

fn http_proxy(within: &Within<'_>, key: &str, stored: &Stored) -> Result<Integration, ConfigurationFault> {
    let wrong = |why: &dyn std::fmt::Display| ConfigurationFault::Endpoint { why: why.to_string() };
    let uri = stored.integration_uri.as_deref().unwrap_or_default();
    let uri = within.variables.substitute(uri).map_err(|error| wrong(&error))?;
    let method = match stored.integration_method.as_deref() {
        None | Some("ANY") => None,
        Some(name) => Some(name.parse().map_err(|_| wrong(&format!("{name} is not a method")))?),
    };
    let greedy = key.rsplit_once('{').and_then(|(_, last)| last.strip_suffix("+}")).map(Into::into);
    let whole = key == DEFAULT;
    let private = stored.connection_type == Some(ConnectionType::VpcLink);
    let (endpoint, tail) = if private {
        let endpoint = through_link(within, stored, &uri)?;
        (endpoint, Tail::PathWithStage)
    } else {
        let endpoint = Endpoint::new(&uri).map_err(|error| wrong(&error))?;
        (endpoint, if whole { Tail::Path } else { Tail::None })
    };
    Ok(Integration::Http(Box::new(HttpProxy { endpoint, method, tail, private, greedy })))
}

/// The backend behind the integration's VPC link. Its URI is the ARN of a listener or of a Cloud Map
/// service, and where that is only the operator knows. Traffic is HTTP unless a name is to be verified
/// (developer guide, "Create private integrations for HTTP APIs in API Gateway").
fn through_link(within: &Within<'_>, stored: &Stored, uri: &str) -> Result<Endpoint, ConfigurationFault> {
    let no_place = |why: String| ConfigurationFault::NoPlace { why };
    let id = stored.connection_id.as_deref().unwrap_or_default();
    let id = within.variables.substitute(id).map_err(|error| no_place(error.to_string()))?;
    // A Cloud Map service may have conditions behind it.
    let behind = uri.split('?').next().unwrap_or_default();
    let links: Vec<RestVpcLink> = within
        .vpc_links
        .iter()
        .map(|link| RestVpcLink {
            id: Some(link.vpc_link_id.clone()),
            name: Some(link.name.clone()),
            target_arns: Some(vec![behind.to_owned()]),
            status: Some(match link.vpc_link_status {
                Some(VpcLinkStatus::Available) => RestStatus::Available,
                _ => RestStatus::Pending,
            }),
            ..RestVpcLink::default()
        })
        .collect();
    let route = within.backends.vpc_links.route(&links, &id, None);
    let route = route.map_err(|error| no_place(error.to_string()))?;
    let name = stored.tls_config.as_ref().and_then(|tls| tls.server_name_to_verify.as_deref());
    let origin = match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("https://{name}"),
        None if stored.tls_config.is_some() => {
            return Err(no_place("no name is given that TLS could verify".to_owned()));
        }
        None => format!("http://{id}"),
    };
    let endpoint = Endpoint::new(&origin);
    let endpoint = endpoint.map_err(|error| ConfigurationFault::Endpoint { why: error.to_string() })?;
    Ok(endpoint.through(route))
}

/// The URI of a function's invocation: integrations and authorizers of HTTP APIs may name the function
/// itself.
pub(super) fn function_uri(uri: &str) -> String {
    match uri.parse::<Arn>() {
        Ok(arn) if arn.service == "lambda" => {
            format!("arn:aws:apigateway:{}:lambda:path/2015-03-31/functions/{uri}/invocations", arn.region)
        }
        _ => uri.to_owned(),
    }
}
