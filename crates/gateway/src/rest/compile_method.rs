//! One method: may anyone call it, and what is its integration.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::apigateway::{
    Authorizer, AuthorizerType, ConnectionType, EndpointType, Integration as Stored, IntegrationType, Method,
    RequestValidator, ResponseTransferMode, VpcLink,
};
use base::Scope;
use http::HeaderValue;
use schema::{Models, SchemaError};

use super::StageVariables;
use super::limits::{EDGE_STREAM_IDLE, STREAM_IDLE};
use super::validation::Validation;
use crate::access::cognito::CognitoAuthorizer;
use crate::access::lambda_authorizer::{AuthorizerFault, LambdaAuthorizer};
use crate::access::{AskedFunction, AskedUserPools, Authorization};
use crate::exchange::{ConfigurationFault, ResourceFacts, StageFacts};
use crate::integration::Integration;
use crate::integration::aws::{Right, Service, ServiceApi, ServiceCall, ServiceError, ServiceUri};
use crate::integration::backends::Backends;
use crate::integration::http::call::{Exchange, HttpCall, Mapping};
use crate::integration::http::endpoint::Endpoint;
use crate::integration::http::{ClientCertificate, Route};
use crate::integration::lambda::{
    FunctionUriError, Invocation, Lambda, LambdaProxy, Manner, OWN_RIGHT, ProxyEvent, function,
};
use crate::integration::mock::Mock;
use crate::mapping::alike::Alike;
use crate::mapping::parameters::RequestParameters;
use crate::mapping::responses::{IntegrationResponses, ResponseError};
use crate::mapping::source::MappingError;
use crate::mapping::templates::{Passthrough, Templates, TemplatesError};

/// Why a method does not serve requests.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MethodFault {
    /// It asks for something that is not built. It can be deployed and refuses everything.
    #[error("{0} is not built yet")]
    NotBuilt(String),
    /// Its authorizer cannot be asked. It can be deployed and refuses everything.
    #[error("the authorizer: {0}")]
    Authorizer(String),
    /// It is set up so that no request can succeed, as AWS finds out at run time too.
    #[error(transparent)]
    Unusable(ConfigurationFault),
    /// It cannot be deployed.
    #[error(transparent)]
    Undeployable(#[from] DeployFault),
}

/// Why a method cannot be deployed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DeployFault {
    /// It has no integration (recorded from AWS, in these words).
    #[error("No integration defined for method")]
    NoIntegration,
    /// A request template cannot be compiled.
    #[error("the request template: {0}")]
    RequestTemplate(#[from] TemplatesError),
    /// A request parameter is no mapping.
    #[error("the request parameters: {0}")]
    RequestParameter(#[from] MappingError),
    /// An integration response cannot be compiled.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// A model that requests are held to cannot be used.
    #[error("the request model: {0}")]
    Model(#[from] SchemaError),
    /// The integration does not say what kind it is.
    #[error("the integration has no type")]
    NoType,
}

/// What all methods of a stage are compiled with.
#[derive(Clone, Copy)]
pub(super) struct Within<'a> {
    /// The stage.
    pub(super) stage: &'a StageFacts,
    /// The API's request validators.
    pub(super) validators: &'a [RequestValidator],
    /// The API's models.
    pub(super) models: &'a Models<'a>,
    /// The stage's variables.
    pub(super) variables: &'a StageVariables,
    /// The certificate that the stage shows to HTTP backends.
    pub(super) certificate: Option<&'a ClientCertificate>,
    /// The API's authorizers.
    pub(super) authorizers: &'a Authorizers,
    /// What integrations find their backends by.
    pub(super) backends: &'a Backends,
    /// The VPC links of the account and region.
    pub(super) vpc_links: &'a [VpcLink],
    /// What the methods have in common.
    pub(super) alike: &'a Alike,
}

/// The authorizers of an API by id, compiled with a stage.
#[derive(Debug, Default)]
pub(super) struct Authorizers(HashMap<Box<str>, Result<Compiled, AuthorizerFault>>);

#[derive(Clone, Debug)]
enum Compiled {
    Lambda(Arc<LambdaAuthorizer>),
    Cognito(Arc<CognitoAuthorizer>),
}

impl Authorizers {
    pub(super) fn compile(stored: &[Authorizer], stage: &StageFacts, variables: &StageVariables) -> Self {
        let compiled = stored.iter().filter_map(|stored| {
            let compiled = match stored.r#type {
                Some(AuthorizerType::CognitoUserPools) => {
                    CognitoAuthorizer::compile(stored).map(|own| Compiled::Cognito(Arc::new(own)))
                }
                _ => LambdaAuthorizer::compile(stored, stage, variables)
                    .map(|own| Compiled::Lambda(Arc::new(own))),
            };
            Some((stored.id.as_deref()?.into(), compiled))
        });
        Self(compiled.collect())
    }

    fn get(&self, id: &str) -> Result<Compiled, MethodFault> {
        let fault = |why: String| MethodFault::Authorizer(why);
        let found = self.0.get(id).ok_or_else(|| fault(format!("there is no authorizer {id}")))?;
        found.clone().map_err(|why| fault(why.to_string()))
    }
}

/// A method that serves requests.
pub(super) struct Served {
    pub(super) validation: Validation,
    pub(super) integration: Integration,
    pub(super) authorization: Authorization,
    /// Why the integration cannot be run, if that is so.
    pub(super) what: Option<String>,
}

/// Compiles the method `verb` of a resource.
///
/// # Errors
/// Why it does not serve requests.
pub(super) fn compile_method(
    within: &Within<'_>,
    resource: &ResourceFacts,
    verb: &str,
    method: &Method,
) -> Result<Served, MethodFault> {
    let stored = method.method_integration.as_ref().ok_or(DeployFault::NoIntegration)?;
    // What cannot be deployed goes first: it is the same whoever may call.
    let compiled = integration(within, resource, verb, stored);
    if let Err(fault @ MethodFault::Undeployable(_)) = compiled {
        return Err(fault);
    }
    let validation =
        Validation::compile(method, within.validators, within.models).map_err(DeployFault::Model)?;
    let authorization = restricted(within, resource, method)?;
    // Whoever may not call a method learns nothing of its integration.
    let (integration, what) = match compiled {
        Ok(integration) if integration.is_by_signer() && !matches!(authorization, Authorization::Iam) => {
            let why = "it is called by the caller's own right, but the method does not ask for AWS_IAM";
            let why = why.to_owned();
            let fault = match integration {
                Integration::Service(_) => ConfigurationFault::Role { why },
                _ => ConfigurationFault::LambdaPermission { why },
            };
            let what = fault.to_string();
            (Integration::Unusable(fault), Some(what))
        }
        Ok(integration) => (integration, None),
        Err(MethodFault::Unusable(fault)) => {
            let what = fault.to_string();
            (Integration::Unusable(fault), Some(what))
        }
        Err(other) => return Err(other),
    };
    Ok(Served { validation, integration, authorization, what })
}

/// Whom the method asks who may call it. Access that nothing here can check is a fault.
fn restricted(
    within: &Within<'_>,
    resource: &ResourceFacts,
    method: &Method,
) -> Result<Authorization, MethodFault> {
    let authorization = method.authorization_type.as_deref().unwrap_or("NONE");
    let not_built = |what: String| Err(MethodFault::NotBuilt(what));
    if authorization.eq_ignore_ascii_case("NONE") {
        return Ok(Authorization::None);
    }
    if authorization.eq_ignore_ascii_case("AWS_IAM") {
        return Ok(Authorization::Iam);
    }
    let custom = authorization.eq_ignore_ascii_case("CUSTOM");
    if custom || authorization.eq_ignore_ascii_case("COGNITO_USER_POOLS") {
        let id = method.authorizer_id.as_deref().unwrap_or_default();
        return match within.authorizers.get(id)? {
            Compiled::Lambda(authorizer) if custom => {
                let event = ProxyEvent::new(within.stage, resource, within.variables);
                Ok(Authorization::Lambda(Box::new(AskedFunction { authorizer, event })))
            }
            Compiled::Cognito(authorizer) if !custom => {
                let scopes = method.authorization_scopes.clone().unwrap_or_default();
                Ok(Authorization::Cognito(Box::new(AskedUserPools { authorizer, scopes })))
            }
            Compiled::Lambda(_) | Compiled::Cognito(_) => Err(MethodFault::Authorizer(format!(
                "the authorizer {id} is not of the type {authorization}"
            ))),
        };
    }
    not_built(format!("the authorization type {authorization}"))
}

/// Where an integration stands that is no REST API's.
#[derive(Clone, Copy)]
pub(crate) struct IntegrationPlace<'a> {
    /// The stage.
    pub(crate) stage: &'a StageFacts,
    /// Its variables.
    pub(crate) variables: &'a StageVariables,
    /// The certificate that it shows to HTTP backends.
    pub(crate) certificate: Option<&'a ClientCertificate>,
    /// What integrations find their backends by.
    pub(crate) backends: &'a Backends,
    /// The VPC links of the account and region.
    pub(crate) vpc_links: &'a [VpcLink],
}

/// Compiles the integration of a route as a method's. Functions are asked on behalf of
/// `…/{stage}/{route}`. The integration responses are the caller's to compile.
///
/// # Errors
/// Why it does not run.
pub(crate) fn compile_integration(
    place: IntegrationPlace<'_>,
    route: &str,
    stored: &Stored,
) -> Result<Integration, ConfigurationFault> {
    let IntegrationPlace { stage, variables, certificate, backends, vpc_links } = place;
    let within = Within {
        stage,
        validators: &[],
        models: &Models::new(&stage.api_id, []),
        variables,
        certificate,
        authorizers: &Authorizers::default(),
        backends,
        vpc_links,
        alike: &Alike::default(),
    };
    integration(&within, &ResourceFacts::default(), route, stored).or_else(|fault| match fault {
        MethodFault::Unusable(fault) => Ok(Integration::Unusable(fault)),
        MethodFault::NotBuilt(feature) => Err(ConfigurationFault::NotBuilt { feature }),
        fault @ (MethodFault::Authorizer(_) | MethodFault::Undeployable(_)) => {
            Err(ConfigurationFault::Stage { why: fault.to_string() })
        }
    })
}

/// Whether the answer is handed on as it arrives, whatever its size. Only proxies can be told to.
pub(super) fn is_streamed(stored: &Stored) -> bool {
    let proxy = matches!(stored.r#type, Some(IntegrationType::HttpProxy | IntegrationType::AwsProxy));
    proxy && stored.response_transfer_mode == Some(ResponseTransferMode::Stream)
}

/// How long the answer may stand still, if it is streamed.
fn idle_limit(stage: &StageFacts, stored: &Stored) -> Option<Duration> {
    is_streamed(stored).then_some(match stage.endpoint_type {
        Some(EndpointType::Regional | EndpointType::Private) => STREAM_IDLE,
        Some(EndpointType::Edge) | None => EDGE_STREAM_IDLE,
    })
}

fn integration(
    within: &Within<'_>,
    resource: &ResourceFacts,
    verb: &str,
    stored: &Stored,
) -> Result<Integration, MethodFault> {
    let Within { stage, variables, .. } = *within;
    let parts = || Parts::compile(stored, within);
    match stored.r#type.ok_or(DeployFault::NoType)? {
        IntegrationType::Mock => {
            let Parts { templates, passthrough, responses, .. } = parts()?;
            Ok(Integration::Mock(Mock::new(templates, passthrough, responses)))
        }
        IntegrationType::Http => {
            let Parts { templates, passthrough, responses, parameters } = parts()?;
            let exchange = Exchange::Mapping(Box::new(Mapping {
                templates,
                passthrough,
                handling: stored.content_handling,
                responses,
                user_agent: user_agent(stage),
                aws: false,
                implied: Vec::new(),
            }));
            http(within, stored, parameters, exchange)
        }
        IntegrationType::HttpProxy => {
            let parameters = parameters(stored, variables)?;
            http(within, stored, parameters, Exchange::Passing)
        }
        IntegrationType::AwsProxy => {
            // Mapped parameters have no effect on a function's event, but for those that make
            // every request fail (both recorded from AWS).
            unmappable(&parameters(stored, variables).unwrap_or_default(), true)?;
            let invocation = invocation(stage, resource, verb, stored, variables)?;
            let event = ProxyEvent::new(stage, resource, variables);
            let streams = idle_limit(stage, stored);
            Ok(Integration::LambdaProxy(Box::new(LambdaProxy { invocation, event, streams })))
        }
        IntegrationType::Aws => {
            let parts = parts()?;
            unmappable(&parts.parameters, true)?;
            if let Some(service) = service_uri(&uri(stored, variables)?) {
                return service_call(within, stored, service, parts);
            }
            let Parts { templates, passthrough, responses, parameters } = parts;
            let invocation = invocation(stage, resource, verb, stored, variables)?;
            Ok(Integration::Lambda(Box::new(Lambda {
                invocation,
                parameters,
                templates,
                passthrough,
                handling: stored.content_handling,
                responses,
            })))
        }
    }
}

/// What integrations have that map requests and answers.
struct Parts {
    templates: Templates,
    passthrough: Passthrough,
    responses: IntegrationResponses,
    parameters: RequestParameters,
}

impl Parts {
    fn compile(stored: &Stored, within: &Within<'_>) -> Result<Self, DeployFault> {
        let Within { variables, alike, .. } = *within;
        let responses = stored.integration_responses.as_ref();
        Ok(Self {
            templates: Templates::compile(stored.request_templates.as_ref(), alike)?,
            passthrough: Passthrough::named(stored.passthrough_behavior.as_deref()),
            responses: IntegrationResponses::compile(responses, variables, alike)?,
            parameters: parameters(stored, variables)?,
        })
    }
}

fn parameters(stored: &Stored, variables: &StageVariables) -> Result<RequestParameters, DeployFault> {
    Ok(RequestParameters::compile(stored.request_parameters.as_ref(), variables)?)
}

fn unmappable(parameters: &RequestParameters, aws: bool) -> Result<(), MethodFault> {
    match parameters.unmappable_header(aws) {
        Some(name) => Err(MethodFault::Unusable(ConfigurationFault::MappedHeader { name: name.to_string() })),
        None => Ok(()),
    }
}

fn http(
    within: &Within<'_>,
    stored: &Stored,
    parameters: RequestParameters,
    exchange: Exchange,
) -> Result<Integration, MethodFault> {
    unmappable(&parameters, false)?;
    let endpoint = Endpoint::new(&uri(stored, within.variables)?).map_err(|error| no_endpoint(&error))?;
    let insecure = stored.tls_config.as_ref().and_then(|tls| tls.insecure_skip_verification);
    let mut endpoint = endpoint.showing(within.certificate).trusting_any_authority(insecure == Some(true));
    if stored.connection_type == Some(ConnectionType::VpcLink) {
        endpoint = endpoint.through(vpc_link(within, stored)?);
    }
    http_call(within, stored, endpoint, parameters, exchange).map(|call| Integration::Http(Box::new(call)))
}

fn http_call(
    within: &Within<'_>,
    stored: &Stored,
    endpoint: Endpoint,
    parameters: RequestParameters,
    exchange: Exchange,
) -> Result<HttpCall, MethodFault> {
    let method = match stored.http_method.as_deref() {
        None | Some("ANY") => None,
        Some(name) => Some(name.parse().map_err(|_| no_endpoint(&format!("{name} is not a method")))?),
    };
    let api_id = HeaderValue::from_str(&within.stage.api_id).map_err(|error| no_endpoint(&error))?;
    let streams = idle_limit(within.stage, stored);
    Ok(HttpCall { endpoint, method, parameters, api_id, exchange, streams })
}

fn user_agent(stage: &StageFacts) -> HeaderValue {
    let named = HeaderValue::from_str(&format!("AmazonAPIGateway_{}", stage.api_id));
    named.unwrap_or_else(|_| HeaderValue::from_static("AmazonAPIGateway"))
}

/// Where the integration's VPC link leads.
fn vpc_link<'a>(within: &Within<'a>, stored: &Stored) -> Result<&'a Arc<Route>, MethodFault> {
    let no_place = |why: String| MethodFault::Unusable(ConfigurationFault::NoPlace { why });
    let id = stored.connection_id.as_deref().unwrap_or_default();
    let id = within.variables.substitute(id).map_err(|error| no_place(error.to_string()))?;
    let route = within.backends.vpc_links.route(within.vpc_links, &id, stored.integration_target.as_deref());
    route.map_err(|error| no_place(error.to_string()))
}

/// What an AWS integration calls, if that is no function's invocation.
fn service_uri(uri: &str) -> Option<Result<ServiceUri, MethodFault>> {
    let parsed = uri.parse::<ServiceUri>();
    if let Ok(ServiceUri { service, api: ServiceApi::Path(path), .. }) = &parsed
        && service == "lambda"
        && path.contains("/functions/")
        && path.split('?').next().is_some_and(|path| path.ends_with("invocations"))
    {
        return None;
    }
    Some(parsed.map_err(|error| no_endpoint(&error)))
}

/// The call of another service than Lambda.
fn service_call(
    within: &Within<'_>,
    stored: &Stored,
    uri: Result<ServiceUri, MethodFault>,
    parts: Parts,
) -> Result<Integration, MethodFault> {
    let uri = uri?;
    let StageFacts { account_id, region, .. } = within.stage;
    let role = role(stored, within.variables)?;
    let right = match role.as_deref() {
        Some(OWN_RIGHT) => Right::Caller,
        Some(role) => Right::Role(role),
        None => return Err(MethodFault::Unusable(ConfigurationFault::NoRole { service: uri.service })),
    };
    let scope = Scope::new(account_id, region);
    let service = Service::of(&uri, &within.backends.aws, &scope, right).map_err(|error| match error {
        ServiceError::NoEndpoint(error) => {
            MethodFault::Unusable(ConfigurationFault::NoPlace { why: error.to_string() })
        }
        ServiceError::Endpoint(error) => no_endpoint(&error),
        ServiceError::Stranger { .. } => {
            MethodFault::Unusable(ConfigurationFault::Role { why: error.to_string() })
        }
    })?;
    let Service { endpoint, signature, implied } = service;
    let Parts { templates, passthrough, responses, parameters } = parts;
    let exchange = Exchange::Mapping(Box::new(Mapping {
        templates,
        passthrough,
        handling: stored.content_handling,
        responses: responses.reading_xml(),
        user_agent: user_agent(within.stage),
        aws: true,
        implied,
    }));
    let http = http_call(within, stored, endpoint, parameters, exchange)?;
    Ok(Integration::Service(Box::new(ServiceCall { http, signature })))
}

/// The role that the integration acts as, if it names one; [`OWN_RIGHT`] stands for the caller.
fn role(stored: &Stored, variables: &StageVariables) -> Result<Option<String>, MethodFault> {
    match stored.credentials.as_deref().filter(|role| !role.is_empty()) {
        None => Ok(None),
        Some(OWN_RIGHT) => Ok(Some(OWN_RIGHT.to_owned())),
        Some(role) => variables.substitute(role).map(Some).map_err(|error| no_endpoint(&error)),
    }
}

/// The URI with its stage variables replaced. Recorded from AWS: with one that is not defined
/// every request is answered 500.
fn uri(stored: &Stored, variables: &StageVariables) -> Result<String, MethodFault> {
    let uri = stored.uri.as_deref().ok_or_else(|| no_endpoint(&"there is no URI"))?;
    variables.substitute(uri).map_err(|error| no_endpoint(&error))
}

fn no_endpoint(why: &impl std::fmt::Display) -> MethodFault {
    MethodFault::Unusable(ConfigurationFault::Endpoint { why: why.to_string() })
}

fn invocation(
    stage: &StageFacts,
    resource: &ResourceFacts,
    verb: &str,
    stored: &Stored,
    variables: &StageVariables,
) -> Result<Invocation, MethodFault> {
    let uri = uri(stored, variables)?;
    let manner = if is_streamed(stored) { Manner::Streaming } else { Manner::Whole };
    let function = function(&uri, &stage.account_id, manner).map_err(|error| match error {
        FunctionUriError::OtherService { service, .. } => {
            MethodFault::NotBuilt(format!("the AWS integration with {service}"))
        }
        FunctionUriError::NotAnInvocation { .. }
        | FunctionUriError::OtherManner { .. }
        | FunctionUriError::NotAnIntegration { .. } => no_endpoint(&error),
    })?;
    // Recorded from AWS: any other integration method than POST is answered 500.
    if let Some(method) = stored.http_method.as_deref()
        && !matches!(method, "POST" | "ANY")
    {
        let method = method.to_owned();
        return Err(MethodFault::Unusable(ConfigurationFault::IntegrationMethod { method }));
    }
    if stored.credentials.as_deref() == Some(OWN_RIGHT) {
        return Ok(Invocation::by_signer(function));
    }
    let role = role(stored, variables)?;
    Ok(Invocation::new(function, role, stage, resource, verb))
}
