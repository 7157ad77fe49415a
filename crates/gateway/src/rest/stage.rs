//! A stage with its deployment, compiled: all that can be decided before a request comes.

use std::sync::Arc;
use std::time::Duration;

use api::apigateway::ApiKeySourceType;

use super::settings::MethodSettings;
use super::trie::Routes;
use super::validation::Validation;
use super::{GatewayResponses, StageVariables};
use crate::access::{Authorization, ResourcePolicy};
use crate::cache::ResponseCache;
use crate::exchange::{ConfigurationFault, Refusal, ResourceFacts, StageFacts};
use crate::integration::Integration;
use crate::mapping::media::BinaryTypes;
use crate::throttle::Throttle;
use crate::tls::Demands;
use crate::trail::{AccessLog, ExecutionLogs, StageCounters};
use crate::usage_plans::Keys;

/// A stage that can be served. Immutable; changes make a new one.
#[derive(Debug)]
pub struct CompiledStage {
    /// Which stage of which API this is.
    pub facts: StageFacts,
    /// The API's name when it was deployed.
    pub api_name: Box<str>,
    /// Why no request is let through, if that is so.
    pub closed: Option<Refusal>,
    /// Whether only VPC endpoints lead to the API, and by which hosts' names they may do so.
    pub private: Option<PrivateApi>,
    /// The API's resource policy, if it has one.
    pub policy: Option<ResourcePolicy>,
    /// Whether it is reached by custom domain names alone (`disableExecuteApiEndpoint`).
    pub endpoint_disabled: bool,
    /// What its default endpoint asks of connections.
    pub endpoint: EndpointRules,
    /// The bytes that a URL may have.
    pub url_bytes: usize,
    /// The resources.
    pub routes: Routes,
    /// The methods, as `routes` counts them.
    pub methods: Vec<CompiledMethod>,
    /// The stage variables.
    pub variables: StageVariables,
    /// The API's binary media types.
    pub binary: BinaryTypes,
    /// The least bytes of an answer that is compressed for clients that ask for it, if any is.
    pub minimum_compression: Option<usize>,
    /// The API's own gateway responses.
    pub gateway_responses: GatewayResponses,
    /// The access log, if there is one.
    pub access_log: Option<AccessLog>,
    /// Where execution logs go, if there are any.
    pub execution_logs: Option<ExecutionLogs>,
    /// The cache of its answers, if it has one.
    pub cache: Option<Arc<ResponseCache>>,
    /// The API keys of its account and region.
    pub keys: Arc<Keys>,
    /// How often all APIs of its account and region together may be called, if that is limited.
    pub account: Option<Throttle>,
    /// What is counted; the same over all deployments of the stage.
    pub counters: Arc<StageCounters>,
    /// What gets a share of the requests in its place, if there is such a thing.
    pub canary: Option<Box<Canary>>,
}

impl CompiledStage {
    /// Whether its deployment has no faults ([`faults`](super::faults)): a method that could not be deployed
    /// refuses everything with a fault of the stage, as [`compile_stage`](super::compile_stage) leaves it.
    #[must_use]
    pub fn is_deployable(&self) -> bool {
        let undeployable = |method: &CompiledMethod| {
            matches!(method.closed, Some(Refusal::ApiConfigurationError(ConfigurationFault::Stage { .. })))
        };
        !self.methods.is_empty() && !self.methods.iter().any(undeployable)
    }
}

/// What a default endpoint asks of connections (API Gateway developer guide, "Security policies for
/// REST APIs").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndpointRules {
    /// `securityPolicy`.
    pub demands: Demands,
    /// `endpointAccessMode` STRICT: the name in the handshake must be the one in the request, and
    /// the API's own.
    pub strict: bool,
}

/// What is known of a private API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateApi {
    /// The VPC endpoints that have a host name for it, `{api}-{vpce}.execute-api.…`.
    pub endpoint_ids: Vec<String>,
}

/// A stage's canary.
#[derive(Debug)]
pub struct Canary {
    /// Its share of the requests, from 0.0 to 100.0.
    pub percent: f64,
    /// What serves them. It has no canary itself.
    pub stage: CompiledStage,
}

/// A method of a resource.
#[derive(Debug)]
pub struct CompiledMethod {
    /// Its resource.
    pub resource: ResourceFacts,
    /// Why no request is let through, if that is so.
    pub closed: Option<Refusal>,
    /// Whom it asks who may call it.
    pub authorization: Authorization,
    /// Where the API key comes from that it requires, if it requires one.
    pub api_key: Option<ApiKeySourceType>,
    /// What it requires of its requests.
    pub validation: Validation,
    /// Its integration.
    pub integration: Integration,
    /// What its stage sets for it.
    pub settings: MethodSettings,
    /// How long the integration may take.
    pub timeout: Duration,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A stage of nothing.
    pub(crate) fn empty_stage() -> CompiledStage {
        CompiledStage {
            facts: StageFacts::default(),
            api_name: "".into(),
            closed: None,
            private: None,
            policy: None,
            endpoint_disabled: false,
            endpoint: EndpointRules::default(),
            url_bytes: 0,
            routes: Routes::default(),
            methods: Vec::new(),
            variables: StageVariables::default(),
            binary: BinaryTypes::new(&[]),
            minimum_compression: None,
            gateway_responses: GatewayResponses::default(),
            access_log: None,
            cache: None,
            keys: Arc::default(),
            account: None,
            counters: Arc::default(),
            execution_logs: None,
            canary: None,
        }
    }
}
