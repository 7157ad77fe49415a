//! Who may call: API keys, signatures and authorizers as security schemes, and what methods ask of
//! them.

use std::collections::BTreeSet;

use api::apigateway::{Authorizer, AuthorizerType, DocumentationPartType, Method};
use serde_json::{Map, Value, json};

use super::Writer;

/// The scheme of API keys. The name is AWS's.
const API_KEY: &str = "api_key";

/// The scheme of signed requests. The name is AWS's.
const SIGV4: &str = "sigv4";

/// The header of an authorizer that is told of more than one.
const UNUSED: &str = "Unused";

/// What methods ask for.
#[derive(Default)]
pub(super) struct Used<'a> {
    api_key: bool,
    sigv4: bool,
    authorizers: BTreeSet<&'a str>,
}

impl<'a> Writer<'a> {
    /// What a method asks for; each a requirement of its own, as AWS writes it.
    pub(super) fn security(&mut self, method: &'a Method) -> Vec<Value> {
        let mut security = Vec::new();
        let mut require = |name: &str, scopes: &[String]| {
            let mut requirement = Map::new();
            requirement.insert(name.to_owned(), json!(scopes));
            security.push(Value::Object(requirement));
        };
        match method.authorization_type.as_deref() {
            Some("AWS_IAM") => {
                self.schemes.sigv4 = true;
                require(SIGV4, &[]);
            }
            Some("CUSTOM" | "COGNITO_USER_POOLS") => {
                let id = method.authorizer_id.as_deref();
                if let Some((id, name)) = id.and_then(|id| self.authorizers.get_key_value(id)) {
                    self.schemes.authorizers.insert(id);
                    require(name, method.authorization_scopes.as_deref().unwrap_or_default());
                }
            }
            _ => {}
        }
        if method.api_key_required == Some(true) {
            self.schemes.api_key = true;
            require(API_KEY, &[]);
        }
        security
    }

    /// The schemes that methods ask for, and every authorizer if their extension is asked for.
    pub(super) fn security_schemes(&self) -> Map<String, Value> {
        let mut schemes = Map::new();
        for authorizer in &self.export.definition.authorizers {
            let (Some(id), Some(name)) = (authorizer.id.as_deref(), authorizer.name.as_deref()) else {
                continue;
            };
            if self.export.extensions.authorizers || self.schemes.authorizers.contains(id) {
                schemes.insert(name.to_owned(), self.authorizer(name, authorizer));
            }
        }
        if self.schemes.sigv4 {
            let mut scheme = scheme("Authorization");
            if self.export.extensions.authorizers || self.export.extensions.integrations {
                scheme.insert("x-amazon-apigateway-authtype".into(), "awsSigv4".into());
            }
            schemes.insert(SIGV4.into(), Value::Object(scheme));
        }
        if self.schemes.api_key {
            schemes.insert(API_KEY.into(), Value::Object(scheme("x-api-key")));
        }
        schemes
    }

    fn authorizer(&self, name: &str, authorizer: &Authorizer) -> Value {
        let source = authorizer.identity_source.as_deref().unwrap_or_default();
        let header = source.strip_prefix("method.request.header.").filter(|name| !name.contains(','));
        let header = header.filter(|_| authorizer.r#type != Some(AuthorizerType::Request));
        let mut scheme = scheme(header.unwrap_or(UNUSED));
        let part = self.documentation.named(DocumentationPartType::Authorizer, name);
        part.merge(&["description"], &mut scheme);
        if self.export.extensions.authorizers {
            let cognito = authorizer.r#type == Some(AuthorizerType::CognitoUserPools);
            let default = if cognito { "cognito_user_pools" } else { "custom" };
            let kind = authorizer.auth_type.as_deref().filter(|kind| !kind.is_empty()).unwrap_or(default);
            scheme.insert("x-amazon-apigateway-authtype".into(), kind.into());
            scheme.insert("x-amazon-apigateway-authorizer".into(), decision(authorizer));
        }
        Value::Object(scheme)
    }
}

fn scheme(header: &str) -> Map<String, Value> {
    let mut scheme = Map::new();
    scheme.insert("type".into(), "apiKey".into());
    scheme.insert("name".into(), header.into());
    scheme.insert("in".into(), "header".into());
    scheme
}

/// How an authorizer decides.
fn decision(authorizer: &Authorizer) -> Value {
    let mut decision = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        decision.extend(value.map(|value| (name.to_owned(), value)));
    };
    let text = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(Value::from);
    let source = text(&authorizer.identity_source);
    add("identitySource", source.filter(|_| authorizer.r#type == Some(AuthorizerType::Request)));
    add("authorizerUri", text(&authorizer.authorizer_uri));
    let pools = authorizer.provider_ar_ns.as_ref().filter(|pools| !pools.is_empty());
    add("providerARNs", pools.map(|pools| json!(pools)));
    add("authorizerCredentials", text(&authorizer.authorizer_credentials));
    add("authorizerResultTtlInSeconds", authorizer.authorizer_result_ttl_in_seconds.map(Value::from));
    add("identityValidationExpression", text(&authorizer.identity_validation_expression));
    add("type", authorizer.r#type.map(|of| of.as_str().to_ascii_lowercase().into()));
    Value::Object(decision)
}
