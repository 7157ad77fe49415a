//! What a document and an API have in common.

use api::apigateway::{
    Authorizer, DocumentationPart, GatewayResponse, Model, RequestValidator, Resource, RestApi,
};

/// An API as a document describes it: what import makes of a document, and what export makes a
/// document of.
///
/// Things name each other as they do in the store: a method's `authorizerId` and
/// `requestValidatorId` are the `id` of an entry of [`authorizers`](Self::authorizers) and
/// [`request_validators`](Self::request_validators), and schemas name models by
/// `https://apigateway.amazonaws.com/restapis/{api}/models/{name}`. Import, which knows no ids
/// yet, uses the names as ids; who stores the definition puts real ones in their place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    /// The API's own settings.
    pub rest_api: RestApi,
    /// Every resource by its `path`, with its methods, integrations and responses nested as in
    /// `GetResources?embed=methods`.
    pub resources: Vec<Resource>,
    /// Models.
    pub models: Vec<Model>,
    /// Request validators.
    pub request_validators: Vec<RequestValidator>,
    /// Authorizers.
    pub authorizers: Vec<Authorizer>,
    /// Gateway responses that are customized.
    pub gateway_responses: Vec<GatewayResponse>,
    /// Documentation parts.
    pub documentation_parts: Vec<DocumentationPart>,
}
