//! A stage of an HTTP API with its deployment, compiled: all that can be decided before a request
//! comes.

use std::sync::Arc;
use std::time::Duration;

use super::cors::Cors;
use super::integrations::Integration;
use super::jwt::JwtAuthorizer;
use super::lambda_authorizer::LambdaAuthorizer;
use super::parameters::{RequestParameters, ResponseParameters};
use super::routes::Routes;
use crate::exchange::{Refusal, StageFacts, StageVariables};
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
    /// The stage variables.
    pub variables: StageVariables,
    /// What it says of other origins, if it says anything.
    pub(super) cors: Option<Cors>,
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
    /// Whom it asks who may call it.
    pub(super) authorization: Authorization,
    /// Its integration.
    pub(super) integration: Integration,
    /// What is changed of requests for it.
    pub(super) request: RequestParameters,
    /// What is changed of its answers.
    pub(super) response: ResponseParameters,
    /// How long the integration may take.
    pub timeout: Duration,
    /// How often it may be called, if that is limited.
    pub throttle: Option<Throttle>,
    /// What is counted of it by itself, if the stage asks for detailed metrics.
    pub counters: Option<Arc<MethodCounters>>,
}

/// Whom a route asks who may call it.
#[derive(Clone, Debug)]
pub(super) enum Authorization {
    /// Nobody: everyone may.
    None,
    /// The policies of whoever signed the request.
    Iam,
    /// Whoever has issued the caller's token.
    Jwt {
        /// The authorizer.
        authorizer: Arc<JwtAuthorizer>,
        /// One of these has to be in the token, if there are any.
        scopes: Box<[Box<str>]>,
    },
    /// A function.
    Lambda(Arc<LambdaAuthorizer>),
}
