//! From a stage of a WebSocket API and its deployment's snapshot to what serves connections.
//!
//! What is wrong with a route closes that route: what takes it fails, and the reason stands in the
//! log. Nothing that restricts access is passed over.

use std::collections::HashMap;
use std::sync::Arc;

use api::apigateway::{self, ApiKeySourceType, VpcLink};
use api::apigatewayv2::{AuthorizationType, Authorizer, Route as StoredRoute, RouteSettings, Stage};
use base::Scope;
use documents::apigatewayv2::{RouteDocument, SnapshotDocument};
use schema::Models;

use super::compile_target::{self, mapping};
use super::selection::Selection;
use super::stage::{Access, CONNECT, CompiledStage, Place, Route, RouteModels};
use crate::access::lambda_authorizer::LambdaAuthorizer;
use crate::exchange::{ConfigurationFault, Refusal, ResourceFacts, StageFacts, StageVariables};
use crate::integration::backends::Backends;
use crate::integration::http::ClientCertificate;
use crate::mapping::alike::Alike;
use crate::rest::Remark;
use crate::throttle::{Limit, StageBuckets, Throttle};
use crate::trail::{AccessLog, Detail, ExecutionLogs, StageCounters};
use crate::usage_plans::Keys;

/// How messages are routed where the API does not say; AWS asks every API to say.
const BY_ACTION: &str = "$request.body.action";

/// Why a stage cannot be served at all.
#[derive(Debug, thiserror::Error)]
pub enum StageFault {
    /// The snapshot does not say which API it is of.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Backends cannot be shown the certificate that they are to be shown.
    #[error("the client certificate: {0}")]
    ClientCertificate(String),
}

/// What a stage is served with besides itself and its deployment.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Its counters.
    pub counters: Arc<StageCounters>,
    /// How much its routes are used.
    pub buckets: Arc<StageBuckets>,
    /// The API keys of its account and region.
    pub keys: Arc<Keys>,
    /// How often all APIs of its account and region together may be called, if that is limited.
    pub account: Option<Throttle>,
    /// Whether its account lets API Gateway write execution logs.
    pub logs: bool,
    /// What its integrations find their backends by.
    pub backends: Arc<Backends>,
    /// The VPC links of REST and WebSocket APIs of its account and region.
    pub vpc_links: Vec<VpcLink>,
    /// The certificate that it shows to backends, if it names one.
    pub client_certificate: Option<documents::apigateway::ClientCertificateDocument>,
}

/// What all routes of a stage are compiled with.
pub(super) struct Within<'a> {
    pub(super) facts: &'a StageFacts,
    pub(super) snapshot: &'a SnapshotDocument,
    pub(super) stage: &'a Stage,
    pub(super) variables: &'a StageVariables,
    pub(super) models: Models<'a>,
    pub(super) certificate: Option<&'a ClientCertificate>,
    /// Whether it is proved who connects.
    pub(super) clients_sign: bool,
    pub(super) surroundings: &'a Surroundings,
    /// What the routes have in common.
    pub(super) alike: Alike,
}

/// Compiles `stage` of the API in `snapshot`. The remarks are for the log: they tell what of the stage
/// is not served as it asks for.
///
/// # Errors
/// Why nothing of the stage can be served.
pub fn compile_stage(
    scope: &Scope,
    stage: &Stage,
    snapshot: &SnapshotDocument,
    surroundings: Surroundings,
) -> Result<(CompiledStage, Vec<Remark>), StageFault> {
    let api = &snapshot.api;
    let facts = StageFacts {
        account_id: scope.account().into(),
        region: scope.region().into(),
        api_id: api.api_id.as_deref().ok_or(StageFault::Missing("the API's id"))?.into(),
        stage: stage.stage_name.as_str().into(),
        deployment_id: stage.deployment_id.as_deref().unwrap_or_default().into(),
        endpoint_type: None,
        is_canary: None,
    };
    let variables = StageVariables::new(stage.stage_variables.clone().into_iter().flatten());
    let certificate = stage.client_certificate_id.as_deref().filter(|id| !id.is_empty());
    let certificate = certificate
        .map(|id| ClientCertificate::load(id, surroundings.client_certificate.as_ref()))
        .transpose()
        .map_err(|error| StageFault::ClientCertificate(error.to_string()))?;
    let models = snapshot.models.iter();
    let models = models.filter_map(|model| Some((model.name.as_str(), model.schema.as_deref()?)));
    let mut remarks = Vec::new();
    let mut remark = |place: &str, what: String| remarks.push(Remark { place: place.to_owned(), what });
    let expression = Some(api.route_selection_expression.as_str()).filter(|text| !text.is_empty());
    let selection = Selection::compile(expression.unwrap_or(BY_ACTION), &variables).map_err(|error| {
        let why = format!("its route selection expression: {error}");
        remark("the API", why.clone());
        Refusal::ApiConfigurationError(ConfigurationFault::Stage { why })
    });
    let access_log = access_log(stage, &facts).unwrap_or_else(|what| {
        remark("the stage", what);
        None
    });
    let within = Within {
        facts: &facts,
        snapshot,
        stage,
        variables: &variables,
        models: Models::new(&facts.api_id, models),
        certificate: certificate.as_ref(),
        clients_sign: snapshot.routes.iter().any(|own| {
            let route = &own.route;
            route.route_key == CONNECT && route.authorization_type == Some(AuthorizationType::AwsIam)
        }),
        surroundings: &surroundings,
        alike: Alike::default(),
    };
    let mut routes = HashMap::new();
    for document in &snapshot.routes {
        let key = document.route.route_key.as_str();
        let (route, what) = one_route(&within, document);
        if let Some(what) = what {
            remark(key, what);
        }
        routes.insert(key.into(), route);
    }
    surroundings.counters.websocket().keep_routes(|key| routes.contains_key(key));
    let asks_for_logs = routes.values().any(|route| route.log.is_some());
    if asks_for_logs && !surroundings.logs {
        let what = "asks for execution logs, but its account names no role that may write them";
        remark("the stage", what.to_owned());
        routes.values_mut().for_each(|route| route.log = None);
    }
    let compiled = CompiledStage {
        api_name: api.name.as_str().into(),
        endpoint_disabled: api.disable_execute_api_endpoint == Some(true),
        selection,
        routes,
        access_log,
        execution_logs: surroundings.logs.then(|| ExecutionLogs::new(&facts)),
        keys: surroundings.keys,
        account: surroundings.account,
        counters: surroundings.counters,
        facts,
        variables,
    };
    Ok((compiled, remarks))
}

fn access_log(stage: &Stage, facts: &StageFacts) -> Result<Option<AccessLog>, String> {
    let settings = stage.access_log_settings.as_ref().map(|own| apigateway::AccessLogSettings {
        format: own.format.clone(),
        destination_arn: own.destination_arn.clone(),
    });
    AccessLog::compile(settings.as_ref(), facts).map_err(|error| error.to_string())
}

/// A route that runs, or one that refuses everything and why.
fn one_route(within: &Within<'_>, document: &RouteDocument) -> (Route, Option<String>) {
    let stored = &document.route;
    let key = stored.route_key.as_str();
    let settings = settings(within.stage, key);
    let limit = settings.as_ref().and_then(limit);
    let mut route = Route {
        facts: ResourceFacts { id: stored.route_id.as_deref().unwrap_or_default().into(), path: key.into() },
        closed: None,
        access: Access::Anyone,
        api_key: api_key(within, stored),
        required: Vec::new(),
        models: None,
        target: None,
        two_way: stored.route_response_selection_expression.is_some() && !document.responses.is_empty(),
        throttle: limit.map(|limit| Throttle { limit, bucket: within.surroundings.buckets.of(key, "") }),
        log: settings.as_ref().and_then(detail),
        detailed: settings.as_ref().is_some_and(|own| own.detailed_metrics_enabled == Some(true)),
    };
    match restrictions(within, stored, &mut route) {
        Ok(()) => {}
        Err(refusal) => {
            let what = refusal.to_string();
            route.closed = Some(refusal);
            return (route, Some(what));
        }
    }
    match compile_target::target(within, stored) {
        Ok(compiled) => {
            let what = compiled.as_ref().and_then(compile_target::unusable);
            route.target = compiled;
            (route, what)
        }
        Err(fault) => {
            let what = fault.to_string();
            route.closed = Some(Refusal::ApiConfigurationError(fault));
            (route, Some(what))
        }
    }
}

/// What keeps events from the route's integration.
fn restrictions(within: &Within<'_>, stored: &StoredRoute, route: &mut Route) -> Result<(), Refusal> {
    route.access = access(within, stored)?;
    let fault = |why: String| Refusal::ApiConfigurationError(ConfigurationFault::Stage { why });
    if let Some(ApiKeyFault(expression)) = api_key_fault(within, stored) {
        return Err(fault(format!("{expression} is nothing that names an API key")));
    }
    for (name, constraints) in stored.request_parameters.iter().flatten() {
        if constraints.required != Some(true) {
            continue;
        }
        let place = required(name).ok_or_else(|| fault(format!("{name} is no request parameter")))?;
        route.required.push(place);
    }
    let expression = stored.model_selection_expression.as_deref().filter(|text| !text.is_empty());
    route.models = expression
        .map(|expression| {
            let selection =
                Selection::compile(expression, within.variables).map_err(|error| error.to_string())?;
            let named = stored.request_models.iter().flatten();
            let models = named.map(|(key, name)| {
                let schema = within.models.schema(name).map_err(|error| error.to_string())?;
                Ok((key.as_str().into(), schema))
            });
            Ok(RouteModels { selection, models: models.collect::<Result<_, String>>()? })
        })
        .transpose()
        .map_err(|why: String| fault(format!("its models: {why}")))?;
    Ok(())
}

fn access(within: &Within<'_>, stored: &StoredRoute) -> Result<Access, Refusal> {
    let kind = stored.authorization_type.unwrap_or(AuthorizationType::None);
    let not_built =
        |feature: String| Err(Refusal::ApiConfigurationError(ConfigurationFault::NotBuilt { feature }));
    if kind != AuthorizationType::None && stored.route_key != CONNECT {
        return not_built(format!("authorization of the route {}", stored.route_key));
    }
    match kind {
        AuthorizationType::None => Ok(Access::Anyone),
        AuthorizationType::AwsIam => Ok(Access::Iam),
        AuthorizationType::Jwt => not_built("JWT authorizers of WebSocket APIs".to_owned()),
        AuthorizationType::Custom => {
            let fault = |why: String| Refusal::AuthorizerConfigurationError { why };
            let id = stored.authorizer_id.as_deref().unwrap_or_default();
            let mut all = within.snapshot.authorizers.iter();
            let found = all.find(|authorizer| authorizer.authorizer_id.as_deref() == Some(id));
            let found = found.ok_or_else(|| fault(format!("there is no authorizer {id}")))?;
            let compiled = LambdaAuthorizer::compile(&as_v1(found), within.facts, within.variables);
            compiled
                .map(|compiled| Access::Function(Box::new(compiled)))
                .map_err(|error| fault(error.to_string()))
        }
    }
}

/// An authorizer in the words of REST APIs. What it has said is not kept (API Gateway API reference,
/// `Authorizer`: a time to live is "supported only for HTTP API Lambda authorizers").
fn as_v1(stored: &Authorizer) -> apigateway::Authorizer {
    let sources = stored.identity_source.iter().flatten().map(|source| mapping(source));
    let sources: Vec<_> = sources.collect();
    apigateway::Authorizer {
        id: stored.authorizer_id.clone(),
        name: Some(stored.name.clone()),
        r#type: Some(apigateway::AuthorizerType::Request),
        authorizer_uri: stored.authorizer_uri.clone(),
        authorizer_credentials: stored.authorizer_credentials_arn.clone(),
        identity_source: (!sources.is_empty()).then(|| sources.join(",")),
        authorizer_result_ttl_in_seconds: Some(0),
        ..apigateway::Authorizer::default()
    }
}

struct ApiKeyFault<'a>(&'a str);

/// Where a route's API keys come from (developer guide, "API key selection expressions": one of two).
fn api_key(within: &Within<'_>, stored: &StoredRoute) -> Option<ApiKeySourceType> {
    if stored.api_key_required != Some(true) {
        return None;
    }
    match within.snapshot.api.api_key_selection_expression.as_deref() {
        Some("$context.authorizer.usageIdentifierKey") => Some(ApiKeySourceType::Authorizer),
        _ => Some(ApiKeySourceType::Header),
    }
}

fn api_key_fault<'a>(within: &Within<'a>, stored: &StoredRoute) -> Option<ApiKeyFault<'a>> {
    let expression = within.snapshot.api.api_key_selection_expression.as_deref()?;
    let known = ["", "$request.header.x-api-key", "$context.authorizer.usageIdentifierKey"];
    let wanted = stored.api_key_required == Some(true);
    (wanted && !known.contains(&expression)).then_some(ApiKeyFault(expression))
}

/// `route.request.querystring.x` and its like.
fn required(name: &str) -> Option<(Box<str>, Place)> {
    let (place, name) = name.strip_prefix("route.request.")?.split_once('.')?;
    let place = match place {
        "querystring" | "multivaluequerystring" => Place::Query,
        "header" | "multivalueheader" => Place::Header(name.parse().ok()?),
        _ => return None,
    };
    Some((name.into(), place))
}

/// What a stage sets for a route: its own settings before the default ones, member by member.
fn settings(stage: &Stage, key: &str) -> Option<RouteSettings> {
    let own = stage.route_settings.as_ref().and_then(|all| all.get(key)).cloned();
    let common = stage.default_route_settings.clone();
    match (own, common) {
        (Some(own), Some(common)) => Some(RouteSettings {
            data_trace_enabled: own.data_trace_enabled.or(common.data_trace_enabled),
            detailed_metrics_enabled: own.detailed_metrics_enabled.or(common.detailed_metrics_enabled),
            logging_level: own.logging_level.or(common.logging_level),
            throttling_burst_limit: own.throttling_burst_limit.or(common.throttling_burst_limit),
            throttling_rate_limit: own.throttling_rate_limit.or(common.throttling_rate_limit),
        }),
        (own, common) => own.or(common),
    }
}

fn limit(settings: &RouteSettings) -> Option<Limit> {
    let (rate, burst) = (settings.throttling_rate_limit, settings.throttling_burst_limit);
    Limit::new(rate.unwrap_or(-1.0), burst.unwrap_or(-1))
}

fn detail(settings: &RouteSettings) -> Option<Detail> {
    let level = settings.logging_level.map(|level| level.as_str());
    Detail::of(level, settings.data_trace_enabled == Some(true))
}
