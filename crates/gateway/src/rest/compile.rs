//! From a stage and its deployment's snapshot to what serves requests.
//!
//! What is wrong with the stage as a whole is an error: nothing of it is served. What is
//! wrong with a method closes that method: its requests are answered 500, and the reason
//! stands in the log. Nothing that restricts access is passed over.

use std::sync::Arc;
use std::time::Duration;

use api::apigateway::{
    ApiKeySourceType, EndpointAccessMode, EndpointType, Method, MethodSetting, Resource, Stage, VpcLink,
};
use base::Scope;
use documents::apigateway::{ClientCertificateDocument, SnapshotDocument};
use schema::Models;

use super::compile_method::{Authorizers, MethodFault, Within, compile_method, is_streamed};
use super::limits::{LONGEST_STREAM, LONGEST_TIMEOUT, REGIONAL_URL_BYTES, SHORTEST_TIMEOUT, URL_BYTES};
use super::settings::{Compiling, MethodSettings};
use super::trie::{MethodEntry, RouteError, Routes, Verb};
use super::validation::Validation;
use super::{CompiledMethod, CompiledStage, EndpointRules, GatewayResponses, PrivateApi, StageVariables};
use crate::access::{Authorization, ResourcePolicy};
use crate::cache::ResponseCache;
use crate::exchange::{ConfigurationFault, Refusal, ResourceFacts, StageFacts, Unreachable};
use crate::integration::Integration;
use crate::integration::backends::Backends;
use crate::integration::http::{CertificateError, ClientCertificate};
use crate::mapping::alike::Alike;
use crate::mapping::media::BinaryTypes;
use crate::throttle::{StageBuckets, Throttle};
use crate::tls::Demands;
use crate::trail::{AccessLog, Detail, ExecutionLogs, StageCounters};
use crate::usage_plans::Keys;

/// Why a stage cannot be served at all.
#[derive(Debug, thiserror::Error)]
pub enum StageFault {
    /// The snapshot does not say which API it is of, or the stage which stage it is.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Two resources stand in each other's place.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// Backends cannot be shown the certificate that they are to be shown.
    #[error(transparent)]
    ClientCertificate(#[from] CertificateError),
}

/// What a stage is served with besides itself and its deployment.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Its counters.
    pub counters: Arc<StageCounters>,
    /// How much its methods are used.
    pub buckets: Arc<StageBuckets>,
    /// The cache of its answers, if it has one.
    pub cache: Option<Arc<ResponseCache>>,
    /// The API keys of its account and region.
    pub keys: Arc<Keys>,
    /// How often all APIs of its account and region together may be called, if that is limited.
    pub account: Option<Throttle>,
    /// What is stored under its `clientCertificateId`, if it has one.
    pub client_certificate: Option<ClientCertificateDocument>,
    /// Whether its account lets API Gateway write execution logs.
    pub logs: bool,
    /// Whether it is the stage's canary.
    pub canary: bool,
    /// What its integrations find their backends by.
    pub backends: Arc<Backends>,
    /// The VPC links of its account and region.
    pub vpc_links: Vec<VpcLink>,
}

/// Something that is left out or closed, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The resource's path and the method, `/pets GET`, or the stage.
    pub place: String,
    /// What is the matter.
    pub what: String,
}

/// Compiles `stage` of the API in `snapshot`, without its canary. The remarks are for the log:
/// they tell what of the stage is not served as it asks for.
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
        api_id: snapshot.rest_api.id.as_deref().ok_or(StageFault::Missing("the API's id"))?.into(),
        stage: stage.stage_name.as_deref().ok_or(StageFault::Missing("the stage's name"))?.into(),
        deployment_id: stage.deployment_id.as_deref().unwrap_or_default().into(),
        endpoint_type: Some(endpoint_type(snapshot)),
        is_canary: stage.canary_settings.is_some().then_some(surroundings.canary),
    };
    let variables = StageVariables::new(stage.variables.clone().into_iter().flatten());
    let certificate = stage.client_certificate_id.as_deref().filter(|id| !id.is_empty());
    let certificate = certificate
        .map(|id| ClientCertificate::load(id, surroundings.client_certificate.as_ref()))
        .transpose()?;
    let models = models(snapshot);
    let authorizers = Authorizers::compile(&snapshot.authorizers, &facts, &variables);
    let within = Within {
        stage: &facts,
        validators: &snapshot.request_validators,
        models: &models,
        variables: &variables,
        certificate: certificate.as_ref(),
        authorizers: &authorizers,
        backends: &surroundings.backends,
        vpc_links: &surroundings.vpc_links,
        alike: &Alike::default(),
    };
    let api_key_source = snapshot.rest_api.api_key_source.unwrap_or(ApiKeySourceType::Header);
    let mut remarks = Vec::new();
    let (policy, unreadable) = match resource_policy(snapshot, &facts) {
        Ok(policy) => (policy, None),
        Err(refusal) => (None, Some(refusal)),
    };
    let closed = closed(snapshot).or(unreadable);
    let endpoint_disabled = snapshot.rest_api.disable_execute_api_endpoint == Some(true);
    let disabled = endpoint_disabled.then_some(Refusal::Forbidden(Unreachable::EndpointDisabled));
    for refusal in closed.iter().chain(&disabled) {
        remarks.push(Remark { place: "the API".to_owned(), what: refusal.to_string() });
    }
    remarks.extend(ignored(stage, surroundings.logs));
    let responses = &snapshot.gateway_responses;
    let gateway_responses = GatewayResponses::compile(responses, &variables, |kind, why| {
        remarks.push(Remark { place: format!("the gateway response {kind}"), what: why });
    });
    let access_log = AccessLog::compile(stage.access_log_settings.as_ref(), &facts).unwrap_or_else(|error| {
        remarks.push(Remark { place: "the stage".to_owned(), what: error.to_string() });
        None
    });
    let mut routes = Routes::default();
    let mut methods = Vec::with_capacity(snapshot.resources.len());
    for resource in &snapshot.resources {
        let resource_facts = resource_facts(resource)?;
        let mut entries = Vec::new();
        for (verb, stored) in resource.resource_methods.iter().flatten() {
            entries.push(MethodEntry { verb: Verb::named(verb), index: methods.len() });
            let (mut method, what) = one_method(&within, &resource_facts, verb, stored, api_key_source);
            let with = Compiling {
                stage,
                resource: &resource_facts,
                method: stored,
                variables: &variables,
                buckets: &surroundings.buckets,
                counters: &surroundings.counters,
                canary: surroundings.canary,
                logs: surroundings.logs,
            };
            method.settings = MethodSettings::compile(&with, verb, |error| {
                let what = format!("its answers are not cached: {error}");
                remarks.push(Remark { place: format!("{} {verb}", resource_facts.path), what });
            });
            base::give_way();
            let remark = |what| Remark { place: format!("{} {verb}", resource_facts.path), what };
            remarks.extend(what.map(remark));
            methods.push(method);
        }
        routes.add(&resource_facts.path, entries)?;
    }
    let binary = BinaryTypes::new(snapshot.rest_api.binary_media_types.as_deref().unwrap_or_default());
    let compiled = CompiledStage {
        closed,
        private: private(snapshot),
        policy,
        endpoint_disabled,
        endpoint: endpoint_rules(snapshot),
        url_bytes: url_bytes(snapshot),
        routes,
        methods,
        variables,
        binary,
        minimum_compression: minimum_compression(snapshot),
        gateway_responses,
        access_log,
        execution_logs: surroundings.logs.then(|| ExecutionLogs::new(&facts)),
        api_name: snapshot.rest_api.name.as_deref().unwrap_or_default().into(),
        facts,
        cache: surroundings.cache,
        keys: surroundings.keys,
        account: surroundings.account,
        counters: surroundings.counters,
        canary: None,
    };
    Ok((compiled, remarks))
}

/// The API's endpoint type; an API that names none is edge-optimized (API reference, `RestApi`).
fn endpoint_type(snapshot: &SnapshotDocument) -> EndpointType {
    let types = snapshot.rest_api.endpoint_configuration.as_ref().and_then(|own| own.types.as_ref());
    types.and_then(|types| types.first().copied()).unwrap_or(EndpointType::Edge)
}

/// `minimumCompressionSize`; without it nothing is compressed.
fn minimum_compression(snapshot: &SnapshotDocument) -> Option<usize> {
    usize::try_from(snapshot.rest_api.minimum_compression_size?).ok()
}

/// The models of a snapshot's API.
pub(super) fn models(snapshot: &SnapshotDocument) -> Models<'_> {
    let models = snapshot.models.iter();
    let named = models.filter_map(|model| Some((model.name.as_deref()?, model.schema.as_deref()?)));
    Models::new(snapshot.rest_api.id.as_deref().unwrap_or_default(), named)
}

fn resource_facts(resource: &Resource) -> Result<ResourceFacts, StageFault> {
    Ok(ResourceFacts {
        id: resource.id.as_deref().ok_or(StageFault::Missing("a resource's id"))?.into(),
        path: resource.path.as_deref().ok_or(StageFault::Missing("a resource's path"))?.into(),
    })
}

/// A method that runs, or one that refuses everything and why.
fn one_method(
    within: &Within<'_>,
    resource: &ResourceFacts,
    verb: &str,
    method: &Method,
    api_key_source: ApiKeySourceType,
) -> (CompiledMethod, Option<String>) {
    let stored = method.method_integration.as_ref();
    let timeout = stored.and_then(|integration| integration.timeout_in_millis);
    let streams = stored.is_some_and(is_streamed);
    let mut validation = Validation::default();
    let mut authorization = Authorization::None;
    let api_key = (method.api_key_required == Some(true)).then_some(api_key_source);
    let (closed, integration, what) = match compile_method(within, resource, verb, method) {
        Ok(served) => {
            validation = served.validation;
            authorization = served.authorization;
            (None, served.integration, served.what)
        }
        Err(fault @ MethodFault::Authorizer(_)) => {
            let what = fault.to_string();
            let closed = Refusal::AuthorizerConfigurationError { why: what.clone() };
            let fault = ConfigurationFault::Stage { why: what.clone() };
            (Some(closed), Integration::Unusable(fault), Some(what))
        }
        Err(MethodFault::NotBuilt(feature)) => {
            let fault = ConfigurationFault::NotBuilt { feature };
            let what = fault.to_string();
            (Some(Refusal::ApiConfigurationError(fault.clone())), Integration::Unusable(fault), Some(what))
        }
        Err(MethodFault::Unusable(fault)) => {
            let what = fault.to_string();
            (Some(Refusal::ApiConfigurationError(fault.clone())), Integration::Unusable(fault), Some(what))
        }
        Err(fault @ MethodFault::Undeployable(_)) => {
            let what = fault.to_string();
            let fault = ConfigurationFault::Stage { why: what.clone() };
            (Some(Refusal::ApiConfigurationError(fault.clone())), Integration::Unusable(fault), Some(what))
        }
    };
    (
        CompiledMethod {
            resource: resource.clone(),
            closed,
            authorization,
            api_key,
            validation,
            integration,
            settings: MethodSettings::default(),
            timeout: timeout_of(timeout, streams),
        },
        what,
    )
}

/// Streams may be given longer than other answers.
fn timeout_of(millis: Option<i32>, streams: bool) -> Duration {
    let asked = millis.and_then(|millis| u64::try_from(millis).ok()).map(Duration::from_millis);
    let longest = if streams { LONGEST_STREAM } else { LONGEST_TIMEOUT };
    asked.unwrap_or(LONGEST_TIMEOUT).clamp(SHORTEST_TIMEOUT, longest)
}

/// What the default endpoint asks of connections: what was deployed counts.
fn endpoint_rules(snapshot: &SnapshotDocument) -> EndpointRules {
    let api = &snapshot.rest_api;
    EndpointRules {
        demands: Demands::of(api.security_policy),
        strict: api.endpoint_access_mode == Some(EndpointAccessMode::Strict),
    }
}

/// How long URLs of the API may be.
fn url_bytes(snapshot: &SnapshotDocument) -> usize {
    if endpoint_type(snapshot) == EndpointType::Regional { REGIONAL_URL_BYTES } else { URL_BYTES }
}

/// Why no request of the API is let through.
fn closed(snapshot: &SnapshotDocument) -> Option<Refusal> {
    let api = &snapshot.rest_api;
    let has_policy = api.policy.as_deref().is_some_and(|policy| !policy.trim().is_empty());
    if private(snapshot).is_some() && !has_policy {
        return Some(Refusal::Forbidden(Unreachable::PrivateWithoutPolicy));
    }
    None
}

/// What a private API says of the ways to it.
fn private(snapshot: &SnapshotDocument) -> Option<PrivateApi> {
    let configuration = snapshot.rest_api.endpoint_configuration.as_ref()?;
    let is_private = configuration.types.as_deref().unwrap_or_default().contains(&EndpointType::Private);
    is_private
        .then(|| PrivateApi { endpoint_ids: configuration.vpc_endpoint_ids.clone().unwrap_or_default() })
}

/// The API's resource policy. One that cannot be read closes the API.
fn resource_policy(snapshot: &SnapshotDocument, of: &StageFacts) -> Result<Option<ResourcePolicy>, Refusal> {
    let text = snapshot.rest_api.policy.as_deref().filter(|text| !text.trim().is_empty());
    let compiled = text.map(|text| ResourcePolicy::compile(text, of)).transpose();
    compiled.map_err(|error| {
        let why = format!("its resource policy cannot be read: {error}");
        Refusal::ApiConfigurationError(ConfigurationFault::Stage { why })
    })
}

/// What a stage asks for that is not built and lets nobody in that should stay out.
fn ignored(stage: &Stage, logs: bool) -> Vec<Remark> {
    let settings = || stage.method_settings.iter().flatten().map(|(_, setting)| setting);
    let asks_for_logs = |setting: &MethodSetting| Detail::of_setting(setting).is_some();
    let mut remarks = Vec::new();
    if !logs && settings().any(asks_for_logs) {
        let what = "asks for execution logs, but its account names no role that may write them".to_owned();
        remarks.push(Remark { place: "the stage".to_owned(), what });
    }
    remarks
}
