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
use store::{Document, Field, Key, StoreFault, Text};

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

impl ResourceDocument {
    /// The field by which resources are listed with their texts, for [`SnapshotDocument::with_resources`].
    pub const RESOURCE: Field<Self, Resource> = Field::new("resource", |document| document.resource);
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

impl SnapshotDocument {
    /// This snapshot with `resources` in place of its own, and its text, in which their texts are as they were
    /// stored: of the whole snapshot they are nearly all.
    ///
    /// # Errors
    ///
    /// The rest cannot be written as JSON.
    pub fn with_resources(
        mut self,
        resources: Vec<(Resource, Text<Resource>)>,
    ) -> Result<(Self, Text<Self>), StoreFault> {
        #[derive(Serialize)]
        struct Others<'a> {
            rest_api: &'a RestApi,
            models: &'a [Model],
            request_validators: &'a [RequestValidator],
            authorizers: &'a [Authorizer],
            gateway_responses: &'a [GatewayResponse],
        }
        let texts: Vec<_>;
        (self.resources, texts) = resources.into_iter().unzip();
        // Nothing is left out, so that a new field is not forgotten.
        let Self { rest_api, resources: _, models, request_validators, authorizers, gateway_responses } =
            &self;
        let others = Others { rest_api, models, request_validators, authorizers, gateway_responses };
        let text = Text::with_list(&others, "resources", &texts)?;
        Ok((self, text))
    }
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
    use base::{Clock, Scope};
    use serde_json::{Value, json};
    use store::{Location, Store, StoreOptions, Transaction};

    use super::*;

    fn stage(keys: &[&str]) -> Stage {
        let setting = |at: usize| MethodSetting {
            cache_ttl_in_seconds: i32::try_from(at).ok(),
            ..MethodSetting::default()
        };
        let settings = keys.iter().enumerate().map(|(at, key)| ((*key).to_owned(), setting(at))).collect();
        Stage { method_settings: Some(settings), ..Stage::default() }
    }

    /// A document of the collection of resources as another version may have written it.
    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct OtherResource(Value);

    impl Document for OtherResource {
        const COLLECTION: &'static str = ResourceDocument::COLLECTION;
    }

    /// With a value in every field.
    fn resource(id: &str) -> Value {
        let text = "\"\\/ }]\u{1}\r\n\u{7f}ä€😀\u{2028}";
        json!({
            "id": id,
            "parentId": text,
            "pathPart": text,
            "path": format!("/{text}"),
            "resourceMethods": {
                "GET": {},
                text: {
                    "httpMethod": text,
                    "authorizationType": text,
                    "authorizerId": text,
                    "apiKeyRequired": true,
                    "requestValidatorId": text,
                    "operationName": text,
                    "requestParameters": {text: true, "b": false, "a": true},
                    "requestModels": {text: text},
                    "methodResponses": {
                        text: {
                            "statusCode": text,
                            "responseParameters": {text: false},
                            "responseModels": {text: text},
                        },
                    },
                    "methodIntegration": {
                        "type": "AWS",
                        "httpMethod": text,
                        "uri": text,
                        "connectionType": "VPC_LINK",
                        "connectionId": text,
                        "credentials": text,
                        "requestParameters": {text: text, "": ""},
                        "requestTemplates": {text: text, "none": null},
                        "passthroughBehavior": text,
                        "contentHandling": "CONVERT_TO_TEXT",
                        "timeoutInMillis": -29,
                        "cacheNamespace": text,
                        "cacheKeyParameters": [text, ""],
                        "integrationResponses": {
                            text: {
                                "statusCode": text,
                                "selectionPattern": text,
                                "responseParameters": {text: text},
                                "responseTemplates": {text: text, "none": null},
                                "contentHandling": "CONVERT_TO_BINARY",
                            },
                        },
                        "tlsConfig": {"insecureSkipVerification": true},
                        "responseTransferMode": "STREAM",
                        "integrationTarget": text,
                    },
                    "authorizationScopes": [text],
                },
            },
        })
    }

    /// The resources with these documents, listed with their texts.
    fn listed(documents: Vec<Value>) -> Vec<(Resource, Text<Resource>)> {
        let clock = Clock::standing_at(Timestamp::from_millis(0));
        let store = Store::open(StoreOptions { location: Location::Memory, clock }).unwrap();
        let work = move |tx: &mut Transaction<'_>| {
            let scope = Scope::new("000000000000", "us-east-1");
            for (index, document) in documents.iter().enumerate() {
                tx.put(&scope, &within("api", &index.to_string()), &OtherResource(document.clone()))?;
            }
            tx.list_field(&scope, &Key::new(["api"]), &ResourceDocument::RESOURCE)
        };
        store.blocking_write(work).map_err(|fault: StoreFault| fault).unwrap().0
    }

    fn decoded<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_snapshots_text_holds_the_snapshot() {
        let text = "\"resources\":[]}ä\\";
        let others: SnapshotDocument = decoded(json!({
            "rest_api": {"id": text, "createdDate": 1500, "tags": {text: text}},
            "resources": [],
            "models": [{"name": text, "schema": "{\"type\": \"object\"}"}, {"name": "b"}],
            "request_validators": [{"id": text, "validateRequestBody": true}],
            "authorizers": [{"id": text, "type": "TOKEN", "providerARNs": [text]}],
            "gateway_responses": [{"responseType": "DEFAULT_4XX", "responseTemplates": {text: text}}],
        }));
        let none = SnapshotDocument {
            rest_api: RestApi::default(),
            resources: Vec::new(),
            models: Vec::new(),
            request_validators: Vec::new(),
            authorizers: Vec::new(),
            gateway_responses: Vec::new(),
        };
        for rest in [others, none] {
            for ids in [&[][..], &["a"], &["c", "a", "b"]] {
                let documents = ids.iter().map(|id| json!({"resource": resource(id)})).collect();
                let (snapshot, text) = rest.clone().with_resources(listed(documents)).unwrap();
                let resources = ids.iter().map(|id| decoded(resource(id))).collect();
                assert_eq!(snapshot, SnapshotDocument { resources, ..rest.clone() });
                let stored: SnapshotDocument = serde_json::from_str(text.as_str()).unwrap();
                assert_eq!(stored, snapshot, "{}", text.as_str());
                let fields = |json: &str| serde_json::from_str::<Value>(json).unwrap();
                assert_eq!(fields(text.as_str()), fields(&serde_json::to_string(&snapshot).unwrap()));
            }
        }
    }

    /// A resource's text is taken out of its document as it is, and so are fields of a newer version inside of
    /// it; a document of another form is read as a whole.
    #[test]
    fn resources_are_listed_with_their_texts() {
        let document = ResourceDocument { resource: decoded(resource("a")) };
        let text = serde_json::to_string(&document.resource).unwrap();
        assert_eq!(serde_json::to_string(&document).unwrap(), format!("{{\"resource\":{text}}}"));
        let newer = json!({"id": "a", "newer": {"b": [1]}});
        let found = listed(vec![
            json!({"resource": newer}),
            json!({"resource": newer, "zone": 1}),
            json!({"age": {"resource": 1}, "resource": newer}),
        ]);
        let texts: Vec<_> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, [newer.to_string().as_str(), r#"{"id":"a"}"#, r#"{"id":"a"}"#]);
        for (resource, text) in found {
            assert_eq!(resource, decoded(json!({"id": "a"})));
            assert_eq!(resource, serde_json::from_str(text.as_str()).unwrap());
        }
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
