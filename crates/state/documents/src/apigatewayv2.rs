//! Documents of HTTP and WebSocket APIs.
//!
//! A route's document holds its responses, and an integration's its own: they live and die together.
//! Moments are stored to the millisecond; answers cut them to seconds.

use api::apigatewayv2::{
    Api, Authorizer, Deployment, Integration, IntegrationResponse, Model, Route, RouteResponse, Stage,
    VpcLink,
};
use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::Document;

/// The headers that an HTTP API's parameters cannot be mapped to (API Gateway developer guide, "Transform API
/// requests and responses for HTTP APIs in API Gateway").
const RESERVED_HEADERS: [&str; 18] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "via",
];

/// How the names of others begin.
const RESERVED_FAMILIES: [&str; 4] = ["access-control-", "apigw-", "x-amz-", "x-amzn-"];

/// Whether no parameter can be mapped to this header; `name` is in lower case. Who defines such a mapping is
/// refused, and a route that has one is closed.
#[must_use]
pub fn is_reserved_header(name: &str) -> bool {
    RESERVED_HEADERS.contains(&name) || RESERVED_FAMILIES.iter().any(|family| name.starts_with(family))
}

/// An API. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiDocument {
    /// As `GetApi` answers, tags included.
    pub api: Api,
}

impl Document for ApiDocument {
    const COLLECTION: &'static str = "apigatewayv2/apis";
}

/// A route with its responses. Key: API id, route id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouteDocument {
    /// As `GetRoute` answers.
    pub route: Route,
    /// As `GetRouteResponses` answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<RouteResponse>,
}

impl Document for RouteDocument {
    const COLLECTION: &'static str = "apigatewayv2/routes";
}

/// An integration with its responses. Key: API id, integration id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntegrationDocument {
    /// As `GetIntegration` answers.
    pub integration: Integration,
    /// As `GetIntegrationResponses` answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<IntegrationResponse>,
}

impl Document for IntegrationDocument {
    const COLLECTION: &'static str = "apigatewayv2/integrations";
}

/// An authorizer. Key: API id, authorizer id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorizerDocument {
    /// As `GetAuthorizer` answers.
    pub authorizer: Authorizer,
}

impl Document for AuthorizerDocument {
    const COLLECTION: &'static str = "apigatewayv2/authorizers";
}

/// A model. Key: API id, model id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelDocument {
    /// As `GetModel` answers.
    pub model: Model,
}

impl Document for ModelDocument {
    const COLLECTION: &'static str = "apigatewayv2/models";
}

/// A deployment. Key: API id, deployment id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentDocument {
    /// As `GetDeployment` answers.
    pub deployment: Deployment,
}

impl Document for DeploymentDocument {
    const COLLECTION: &'static str = "apigatewayv2/deployments";
}

/// The API as it was when it was deployed. Never changed; key as its deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotDocument {
    /// The API's own settings.
    pub api: Api,
    /// Every route.
    pub routes: Vec<RouteDocument>,
    /// Every integration.
    pub integrations: Vec<IntegrationDocument>,
    /// Every authorizer.
    pub authorizers: Vec<Authorizer>,
    /// Every model.
    pub models: Vec<Model>,
}

impl Document for SnapshotDocument {
    const COLLECTION: &'static str = "apigatewayv2/snapshots";
}

/// A stage. Key: API id, stage name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageDocument {
    /// As `GetStage` answers.
    pub stage: Stage,
    /// When its authorizers were last to be asked anew, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorizers_cache_reset: Option<Timestamp>,
}

impl Document for StageDocument {
    const COLLECTION: &'static str = "apigatewayv2/stages";
}

/// A VPC link of HTTP APIs. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VpcLinkDocument {
    /// As `GetVpcLink` answers.
    pub vpc_link: VpcLink,
}

impl Document for VpcLinkDocument {
    const COLLECTION: &'static str = "apigatewayv2/vpclinks";
}
