//! A stage of an HTTP API with its deployment, compiled: all that can be decided before a request
//! comes.

use std::sync::Arc;

use super::routes::Routes;
use crate::exchange::{Refusal, StageFacts};
use crate::throttle::Throttle;
use crate::trail::{AccessLog, MethodCounters, StageCounters};

/// A stage that can be served. Immutable; changes make a new one.
#[derive(Debug)]
pub struct CompiledStage {
    /// Which stage of which API this is.
    pub facts: StageFacts,
    /// The API's name when it was deployed.
    pub api_name: Box<str>,
    /// Whether it is reached by custom domain names alone (`disableExecuteApiEndpoint`).
    pub endpoint_disabled: bool,
    /// Which request meets which route.
    pub routes: Routes,
    /// The routes, as `routes` counts them.
    pub route_list: Vec<Route>,
    /// The access log, if there is one.
    pub access_log: Option<AccessLog>,
    /// How often all APIs of its account and region together may be called, if that is limited.
    pub account: Option<Throttle>,
    /// What is counted; the same over all deployments of the stage.
    pub counters: Arc<StageCounters>,
}

/// A route.
#[derive(Debug)]
pub struct Route {
    /// `GET /pets/{id}`, or `$default`.
    pub key: Box<str>,
    /// Why no request is let through, if that is so.
    pub closed: Option<Refusal>,
    /// How often it may be called, if that is limited.
    pub throttle: Option<Throttle>,
    /// What is counted of it by itself, if the stage asks for detailed metrics.
    pub counters: Option<Arc<MethodCounters>>,
}
