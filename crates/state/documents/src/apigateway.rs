//! Documents of REST APIs.
//!
//! A resource's document holds its methods, their integrations and all responses, nested as
//! AWS nests them in `GetResources?embed=methods`: they live and die together, and every
//! change to one is a change to that resource.
//!
//! Moments are stored to the millisecond; answers cut them to seconds.

use api::apigateway::{
    Account, Authorizer, ClientCertificate, Deployment, DocumentationPart, DocumentationVersion,
    GatewayResponse, MethodSetting, Model, RequestValidator, Resource, RestApi, Stage,
};
use base::{Secret, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Document, Key};

/// An API. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RestApiDocument {
    /// As `GetRestApi` answers, tags included, but with the policy as plain JSON (answers
    /// escape it), its resources written out as ARNs.
    pub rest_api: RestApi,
}

impl Document for RestApiDocument {
    const COLLECTION: &'static str = "apigateway/restapis";
}

/// A resource with everything below it. Key: API id, resource id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceDocument {
    /// As `GetResource` with `embed=methods` answers.
    pub resource: Resource,
}

impl Document for ResourceDocument {
    const COLLECTION: &'static str = "apigateway/resources";
}

/// A deployment. Key: API id, deployment id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentDocument {
    /// As `GetDeployment` answers.
    pub deployment: Deployment,
}

impl Document for DeploymentDocument {
    const COLLECTION: &'static str = "apigateway/deployments";
}

/// The API as it was when it was deployed. Never changed; key as its deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotDocument {
    /// The API's own settings, as in [`RestApiDocument`].
    pub rest_api: RestApi,
    /// Every resource with its methods.
    pub resources: Vec<Resource>,
    /// Every model.
    #[serde(default)]
    pub models: Vec<Model>,
    /// Every request validator.
    #[serde(default)]
    pub request_validators: Vec<RequestValidator>,
    /// Every authorizer.
    #[serde(default)]
    pub authorizers: Vec<Authorizer>,
    /// The customized gateway responses, as in [`GatewayResponseDocument`]. Types that are not
    /// here answer as AWS's defaults, or as the customized `DEFAULT_4XX` and `DEFAULT_5XX`.
    #[serde(default)]
    pub gateway_responses: Vec<GatewayResponse>,
}

impl Document for SnapshotDocument {
    const COLLECTION: &'static str = "apigateway/snapshots";
}

/// A model. Key: API id, model name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelDocument {
    /// As `GetModel` answers.
    pub model: Model,
}

impl Document for ModelDocument {
    const COLLECTION: &'static str = "apigateway/models";
}

/// A request validator. Key: API id, validator id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestValidatorDocument {
    /// As `GetRequestValidator` answers.
    pub request_validator: RequestValidator,
}

impl Document for RequestValidatorDocument {
    const COLLECTION: &'static str = "apigateway/requestvalidators";
}

/// An authorizer. Key: API id, authorizer id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorizerDocument {
    /// As `GetAuthorizer` answers.
    pub authorizer: Authorizer,
}

impl Document for AuthorizerDocument {
    const COLLECTION: &'static str = "apigateway/authorizers";
}

/// A gateway response that was customized. Key: API id, response type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GatewayResponseDocument {
    /// Its type and what was given; what was not is absent here and has its default in answers.
    pub gateway_response: GatewayResponse,
}

impl Document for GatewayResponseDocument {
    const COLLECTION: &'static str = "apigateway/gatewayresponses";
}

/// A documentation part. Key: API id, part id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentationPartDocument {
    /// As `GetDocumentationPart` answers.
    pub documentation_part: DocumentationPart,
}

impl Document for DocumentationPartDocument {
    const COLLECTION: &'static str = "apigateway/documentationparts";
}

/// A documentation version. Key: API id, version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentationVersionDocument {
    /// As `GetDocumentationVersion` answers.
    pub documentation_version: DocumentationVersion,
    /// The parts as they were when the version was made.
    pub parts: Vec<DocumentationPart>,
}

impl Document for DocumentationVersionDocument {
    const COLLECTION: &'static str = "apigateway/documentationversions";
}

/// A client certificate. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientCertificateDocument {
    /// As `GetClientCertificate` answers.
    pub client_certificate: ClientCertificate,
    /// The private key, PEM (PKCS #8). Never answered.
    pub private_key: Secret,
}

impl Document for ClientCertificateDocument {
    const COLLECTION: &'static str = "apigateway/clientcertificates";
}

/// A stage. Key: API id, stage name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageDocument {
    /// As `GetStage` answers.
    pub stage: Stage,
    /// When its cache of responses was last flushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_flushed: Option<Timestamp>,
    /// When its cache of authorizers' results was last flushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorizers_cache_flushed: Option<Timestamp>,
}

impl StageDocument {
    /// A stage whose caches were never flushed.
    #[must_use]
    pub fn new(stage: Stage) -> Self {
        Self { stage, cache_flushed: None, authorizers_cache_flushed: None }
    }

    /// Which age the cache of responses is in.
    #[must_use]
    pub fn cache_age(&self) -> CacheAge {
        CacheAge { made: self.stage.created_date, flushed: self.cache_flushed }
    }

    /// Which age the cache of authorizers' results is in.
    #[must_use]
    pub fn authorizers_cache_age(&self) -> CacheAge {
        CacheAge { made: self.stage.created_date, flushed: self.authorizers_cache_flushed }
    }
}

/// The age that a stage's cache is in: it begins with the stage, and anew with each flush, and no
/// two of them are equal. It is part of the key by which any node's cache keeps and finds
/// entries. So nothing that was cached before a flush is served after it, on whichever node, as
/// soon as that node has followed the change feed; entries of earlier ages are never found again,
/// and a cache drops them when it needs the room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CacheAge {
    made: Option<Timestamp>,
    flushed: Option<Timestamp>,
}

impl Document for StageDocument {
    const COLLECTION: &'static str = "apigateway/stages";
}

/// The settings of a stage for the method `verb` of the resource at `path`: its own, or else
/// those for all methods (`*/*`); `None` if there are neither.
#[must_use]
pub fn method_setting<'a>(stage: &'a Stage, path: &str, verb: &str) -> Option<&'a MethodSetting> {
    own_method_setting(stage, path, verb).or_else(|| stage.method_settings.as_ref()?.get("*/*"))
}

/// The same without those for all methods.
#[must_use]
pub fn own_method_setting<'a>(stage: &'a Stage, path: &str, verb: &str) -> Option<&'a MethodSetting> {
    let own = stage.method_settings.as_ref()?.iter().find(|(key, _)| {
        key.rsplit_once('/').is_some_and(|(known, of)| of == verb && plain_path(known) == plain_path(path))
    });
    own.map(|(_, setting)| setting)
}

/// A resource's path as a key of `methodSettings` may write it, with slashes escaped or not and
/// with or without the first one, in the one form by which keys can be compared.
#[must_use]
pub fn plain_path(written: &str) -> String {
    written.replace("~1", "/").replace("~0", "~").trim_start_matches('/').to_owned()
}

/// The account's settings in one region. Key: [`Key::root`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountDocument {
    /// As `GetAccount` answers.
    pub account: Account,
}

impl Document for AccountDocument {
    const COLLECTION: &'static str = "apigateway/account";
}

/// The key of a thing inside an API.
#[must_use]
pub fn within(api_id: &str, id: &str) -> Key {
    Key::new([api_id, id])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(keys: &[&str]) -> Stage {
        let setting = |at: usize| MethodSetting {
            cache_ttl_in_seconds: i32::try_from(at).ok(),
            ..MethodSetting::default()
        };
        let settings = keys.iter().enumerate().map(|(at, key)| ((*key).to_owned(), setting(at))).collect();
        Stage { method_settings: Some(settings), ..Stage::default() }
    }

    #[test]
    fn a_methods_own_settings_come_before_those_for_all() {
        let stage = stage(&["*/*", "pets/GET", "a~1b/GET", "c/d/{e}/PUT", "~1/GET"]);
        let ttl =
            |path, verb| method_setting(&stage, path, verb).and_then(|setting| setting.cache_ttl_in_seconds);
        for (path, verb, expected) in [
            ("/pets", "GET", 1),
            ("/pets", "PUT", 0),
            ("/a/b", "GET", 2),
            ("/c/d/{e}", "PUT", 3),
            ("/", "GET", 4),
            ("/", "PUT", 0),
        ] {
            assert_eq!(ttl(path, verb), Some(expected), "{verb} {path}");
        }
    }

    #[test]
    fn there_may_be_no_settings() {
        assert_eq!(method_setting(&stage(&["pets/GET"]), "/dogs", "GET"), None);
        assert_eq!(method_setting(&Stage::default(), "/", "GET"), None);
    }
}
