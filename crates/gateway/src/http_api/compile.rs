//! From a stage of an HTTP API and its deployment's snapshot to what serves requests.
//!
//! What is wrong with the stage as a whole is an error: nothing of it is served. What is wrong with a
//! route closes that route: its requests are answered 500, and the reason stands in the log. Nothing
//! that restricts access is passed over.

use std::sync::Arc;
use std::time::Duration;

use api::apigatewayv2::{Route as StoredRoute, RouteSettings, Stage, VpcLink};
use base::Scope;
use documents::apigatewayv2::{RouteDocument, SnapshotDocument};

use super::compile_route::{self, Authorizers, Parts, Within};
use super::cors::Cors;
use super::integrations::Integration;
use super::limits::{LONGEST_TIMEOUT, SHORTEST_TIMEOUT};
use super::parameters::{RequestParameters, ResponseParameters};
use super::routes::{RouteError, Routes};
use super::stage::Authorization;
use super::{CompiledStage, Route};
use crate::exchange::{ConfigurationFault, Refusal, StageFacts, StageVariables};
use crate::integration::backends::Backends;
use crate::rest::Remark;
use crate::throttle::{Limit, StageBuckets, Throttle};
use crate::trail::{AccessLog, StageCounters};

/// Why a stage cannot be served at all.
#[derive(Debug, thiserror::Error)]
pub enum StageFault {
    /// The snapshot does not say which API it is of.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A route has no key that is one, or another's.
    #[error(transparent)]
    Route(#[from] RouteError),
}

/// What a stage is served with besides itself and its deployment.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Its counters.
    pub counters: Arc<StageCounters>,
    /// How much its routes are used.
    pub buckets: Arc<StageBuckets>,
    /// How often all APIs of its account and region together may be called, if that is limited.
    pub account: Option<Throttle>,
    /// What its integrations find their backends by.
    pub backends: Arc<Backends>,
    /// The VPC links of its account and region.
    pub vpc_links: Vec<VpcLink>,
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
    let facts = StageFacts {
        account_id: scope.account().into(),
        region: scope.region().into(),
        api_id: snapshot.api.api_id.as_deref().ok_or(StageFault::Missing("the API's id"))?.into(),
        stage: stage.stage_name.as_str().into(),
        deployment_id: stage.deployment_id.as_deref().unwrap_or_default().into(),
        endpoint_type: None,
        is_canary: None,
    };
    let mut remarks = Vec::new();
    let access_log = access_log(stage, &facts).unwrap_or_else(|what| {
        remarks.push(Remark { place: "the stage".to_owned(), what });
        None
    });
    let endpoint_disabled = snapshot.api.disable_execute_api_endpoint == Some(true);
    let variables = StageVariables::new(stage.stage_variables.clone().into_iter().flatten());
    let authorizers = Authorizers::compile(&snapshot.authorizers, &facts, &variables);
    let integrations = snapshot.integrations.iter().map(|document| &document.integration);
    let integrations = integrations.filter_map(|own| Some((own.integration_id.as_deref()?, own))).collect();
    let within = Within {
        stage: &facts,
        variables: &variables,
        integrations: &integrations,
        authorizers: &authorizers,
        backends: &surroundings.backends,
        vpc_links: &surroundings.vpc_links,
    };
    let mut routes = Routes::default();
    let mut route_list = Vec::new();
    for RouteDocument { route: stored, .. } in &snapshot.routes {
        let key = stored.route_key.as_str();
        routes.add(key, route_list.len())?;
        let (route, what) = one_route(&within, stored, stage, &surroundings);
        remarks.extend(what.map(|what| Remark { place: key.to_owned(), what }));
        route_list.push(route);
    }
    let compiled = CompiledStage {
        api_name: snapshot.api.name.as_str().into(),
        facts,
        endpoint_disabled,
        routes,
        route_list,
        variables,
        cors: Cors::compile(snapshot.api.cors_configuration.as_ref()),
        access_log,
        account: surroundings.account,
        counters: surroundings.counters,
    };
    Ok((compiled, remarks))
}

fn access_log(stage: &Stage, facts: &StageFacts) -> Result<Option<AccessLog>, String> {
    let settings = stage.access_log_settings.as_ref().map(|own| api::apigateway::AccessLogSettings {
        format: own.format.clone(),
        destination_arn: own.destination_arn.clone(),
    });
    AccessLog::compile(settings.as_ref(), facts).map_err(|error| error.to_string())
}

/// A route that runs, or one that refuses everything and why.
fn one_route(
    within: &Within<'_>,
    stored: &StoredRoute,
    stage: &Stage,
    surroundings: &Surroundings,
) -> (Route, Option<String>) {
    let key = stored.route_key.as_str();
    let (closed, authorization, parts) = match compile_route::authorization(within, stored) {
        Ok(authorization) => {
            let parts = compile_route::parts(within, stored, &authorization);
            (None, authorization, parts)
        }
        // Whoever may not call a route learns nothing of its integration.
        Err(why) => {
            let closed = Refusal::AuthorizerConfigurationError { why: format!("the authorizer: {why}") };
            (Some(closed), Authorization::None, Err(ConfigurationFault::Stage { why }))
        }
    };
    let (parts, timeout, what) = match parts {
        Ok((parts, timeout)) => (parts, timeout, None),
        Err(fault) => {
            let what = closed.as_ref().map_or_else(|| fault.to_string(), ToString::to_string);
            let integration = Integration::Unusable(fault);
            let (request, response) = (RequestParameters::default(), ResponseParameters::default());
            (Parts { integration, request, response }, None, Some(what))
        }
    };
    let own = stage.route_settings.as_ref().and_then(|settings| settings.get(key));
    let common = stage.default_route_settings.as_ref();
    let limit = own.and_then(limit).or_else(|| common.and_then(limit));
    let detailed = |settings: &RouteSettings| settings.detailed_metrics_enabled;
    let detailed = own.and_then(detailed).or_else(|| common.and_then(detailed)) == Some(true);
    let (verb, path) = key.split_once(' ').unwrap_or(("", key));
    let Parts { integration, request, response } = parts;
    let timeout = timeout.and_then(|millis| u64::try_from(millis).ok()).map(Duration::from_millis);
    let route = Route {
        key: key.into(),
        closed,
        authorization,
        integration,
        request,
        response,
        timeout: timeout.unwrap_or(LONGEST_TIMEOUT).clamp(SHORTEST_TIMEOUT, LONGEST_TIMEOUT),
        throttle: limit.map(|limit| Throttle { limit, bucket: surroundings.buckets.of(path, verb) }),
        counters: detailed.then(|| surroundings.counters.of_method(false, path, verb)),
    };
    (route, what)
}

/// How often the settings let a route be called.
fn limit(settings: &RouteSettings) -> Option<Limit> {
    let (rate, burst) = (settings.throttling_rate_limit, settings.throttling_burst_limit);
    Limit::new(rate.unwrap_or(-1.0), burst.unwrap_or(-1))
}
