//! From a stage of an HTTP API and its deployment's snapshot to what serves requests.
//!
//! What is wrong with the stage as a whole is an error: nothing of it is served. What is wrong with a
//! route closes that route: its requests are answered 500, and the reason stands in the log. Nothing
//! that restricts access is passed over.

use std::sync::Arc;

use api::apigatewayv2::{RouteSettings, Stage, VpcLink};
use base::Scope;
use documents::apigatewayv2::{RouteDocument, SnapshotDocument};

use super::routes::{RouteError, Routes};
use super::{CompiledStage, Route};
use crate::exchange::{ConfigurationFault, Refusal, StageFacts};
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
    let mut routes = Routes::default();
    let mut route_list = Vec::new();
    for document in &snapshot.routes {
        let key = document.route.route_key.as_str();
        routes.add(key, route_list.len())?;
        let (route, what) = one_route(document, stage, &surroundings);
        remarks.extend(what.map(|what| Remark { place: key.to_owned(), what }));
        route_list.push(route);
    }
    let compiled = CompiledStage {
        api_name: snapshot.api.name.as_str().into(),
        facts,
        endpoint_disabled,
        routes,
        route_list,
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
    document: &RouteDocument,
    stage: &Stage,
    surroundings: &Surroundings,
) -> (Route, Option<String>) {
    let key = document.route.route_key.as_str();
    let fault = ConfigurationFault::NotBuilt { feature: "traffic of HTTP APIs".to_owned() };
    let what = fault.to_string();
    let own = stage.route_settings.as_ref().and_then(|settings| settings.get(key));
    let common = stage.default_route_settings.as_ref();
    let limit = own.and_then(limit).or_else(|| common.and_then(limit));
    let detailed = own.or(common).and_then(|settings| settings.detailed_metrics_enabled) == Some(true);
    let (verb, path) = key.split_once(' ').unwrap_or(("", key));
    let route = Route {
        key: key.into(),
        closed: Some(Refusal::ApiConfigurationError(fault)),
        throttle: limit.map(|limit| Throttle { limit, bucket: surroundings.buckets.of(path, verb) }),
        counters: detailed.then(|| surroundings.counters.of_method(false, path, verb)),
    };
    (route, Some(what))
}

/// How often the settings let a route be called.
fn limit(settings: &RouteSettings) -> Option<Limit> {
    let (rate, burst) = (settings.throttling_rate_limit, settings.throttling_burst_limit);
    Limit::new(rate.unwrap_or(-1.0), burst.unwrap_or(-1))
}
