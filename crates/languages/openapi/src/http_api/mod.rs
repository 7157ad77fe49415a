//! OpenAPI 3.0 as HTTP APIs read and write it.

mod export;
mod import;

use api::apigatewayv2::{Authorizer, Cors, Integration, Route};
use indexmap::IndexMap;

pub use export::{HttpExport, export_http};
pub use import::{HttpImported, import_http};

/// The verbs of OpenAPI, and the one of API Gateway.
const VERBS: [(&str, &str); 8] = [
    ("get", "GET"),
    ("put", "PUT"),
    ("post", "POST"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
    ("head", "HEAD"),
    ("patch", "PATCH"),
    ("x-amazon-apigateway-any-method", "ANY"),
];

/// The path that stands for `$default`.
const DEFAULT_PATH: &str = "/$default";

/// An HTTP API as a document describes it.
///
/// Things name each other by what they are called in the document: a route's `target` is
/// `integrations/{id}` of an integration here, and its `authorizerId` the name of an authorizer. Who
/// stores the definition puts real ids in their place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpDefinition {
    /// `info.title`
    pub name: String,
    /// `info.description`
    pub description: Option<String>,
    /// `info.version`
    pub version: Option<String>,
    /// `x-amazon-apigateway-cors`
    pub cors: Option<Cors>,
    /// `disableExecuteApiEndpoint` of `x-amazon-apigateway-endpoint-configuration`
    pub disable_execute_api_endpoint: Option<bool>,
    /// `tags` with `x-amazon-apigateway-tag-value`
    pub tags: IndexMap<String, String>,
    /// Integrations.
    pub integrations: Vec<Integration>,
    /// Authorizers.
    pub authorizers: Vec<Authorizer>,
    /// Routes.
    pub routes: Vec<Route>,
}
