//! `securityDefinitions` or `components.securitySchemes`, and `security`: authorizers, API keys and
//! IAM, and which methods ask for them (API Gateway developer guide,
//! "x-amazon-apigateway-authorizer", "-authtype" and "-auth").

use api::apigateway::{Authorizer, AuthorizerType};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::ImportError;
use super::reader::{Place, Reader, Version, string, text};

/// What a security scheme is for API Gateway.
enum Scheme {
    ApiKey,
    Iam,
    Authorizer {
        cognito: bool,
    },
    /// It cannot be built: methods that ask for it are not made.
    Broken,
    /// AWS passes over it, with a warning: a scheme that is "not a configured authorizer" is "ignored",
    /// says AWS's own warning about broken ones (below). Whoever wants such documents refused sets
    /// `failonwarnings`.
    Ignored,
}

/// The schemes of a document, and what its methods ask for if they do not say.
pub(super) struct Security {
    schemes: IndexMap<String, Scheme>,
    default: Authorization,
}

/// What a method asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Authorization {
    pub(super) kind: Option<String>,
    pub(super) authorizer_id: Option<String>,
    pub(super) api_key: bool,
    pub(super) scopes: Vec<String>,
    /// It asks for something that cannot be built, so it is not made.
    pub(super) broken: bool,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(Security, Vec<Authorizer>), ImportError> {
    let given = match reader.version {
        Version::Swagger2 => reader.section("securityDefinitions"),
        Version::OpenApi3 => {
            let components = reader.section("components");
            components.and_then(|components| components.get("securitySchemes")).and_then(Value::as_object)
        }
    };
    let mut security = Security { schemes: IndexMap::new(), default: Authorization::default() };
    let mut authorizers = Vec::new();
    for (name, given) in given.into_iter().flatten() {
        let Some(given) = reader.follow(given)?.and_then(Value::as_object) else { continue };
        let scheme = scheme(reader, name, given, &mut authorizers);
        security.schemes.insert(name.clone(), scheme);
    }
    if let Some(requirements) = reader.root.get("security") {
        security.default = security.required(reader, requirements, None);
    }
    Ok((security, authorizers))
}

fn scheme(
    reader: &mut Reader<'_>,
    name: &str,
    given: &Map<String, Value>,
    authorizers: &mut Vec<Authorizer>,
) -> Scheme {
    let auth_type = string(given, "x-amazon-apigateway-authtype");
    if let Some(extension) = given.get("x-amazon-apigateway-authorizer").and_then(Value::as_object) {
        return match authorizer(reader, name, given, extension, auth_type) {
            Some(authorizer) => {
                let cognito = authorizer.r#type == Some(AuthorizerType::CognitoUserPools);
                authorizers.push(authorizer);
                Scheme::Authorizer { cognito }
            }
            None => Scheme::Broken,
        };
    }
    match (auth_type.as_deref(), given.get("type").and_then(Value::as_str)) {
        (Some(kind), _) if kind.eq_ignore_ascii_case("awsSigv4") => Scheme::Iam,
        (Some(_), _) => {
            // As users of AWS report it.
            reader.warn(format!(
                "Unable to create authorizer from security definition: '{name}'. Extension \
                 x-amazon-apigateway-authorizer is required. Any methods with security: '{name}' will not be \
                 created. If this security definition is not a configured authorizer, remove the \
                 x-amazon-apigateway-authtype extension and it will be ignored."
            ));
            Scheme::Broken
        }
        (None, Some("apiKey")) => Scheme::ApiKey,
        (None, kind) => {
            let kind = kind.unwrap_or_default();
            // The text is not recorded.
            reader.warn(format!("Unsupported security definition type '{kind}' for '{name}'. Ignoring."));
            Scheme::Ignored
        }
    }
}

fn authorizer(
    reader: &mut Reader<'_>,
    name: &str,
    scheme: &Map<String, Value>,
    given: &Map<String, Value>,
    auth_type: Option<String>,
) -> Option<Authorizer> {
    let kind = given.get("type").and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
    let Ok(kind) = kind.parse::<AuthorizerType>() else {
        reader.error(format!(
            "Unable to create authorizer '{name}': Invalid authorizer type specified. Valid options are \
             TOKEN,REQUEST,COGNITO_USER_POOLS"
        ));
        return None;
    };
    // The header that the scheme names holds the token (recorded from AWS for user pools).
    let header = string(scheme, "name").filter(|_| {
        kind != AuthorizerType::Request && scheme.get("in").and_then(Value::as_str) == Some("header")
    });
    let source = string(given, "identitySource");
    let ttl = given.get("authorizerResultTtlInSeconds").filter(|ttl| !ttl.is_null());
    let providers = given.get("providerARNs").and_then(Value::as_array);
    Some(Authorizer {
        id: Some(name.to_owned()),
        name: Some(name.to_owned()),
        r#type: Some(kind),
        provider_ar_ns: providers.map(|arns| arns.iter().filter_map(text).collect()),
        auth_type,
        authorizer_uri: string(given, "authorizerUri"),
        authorizer_credentials: string(given, "authorizerCredentials"),
        identity_source: source.or_else(|| header.map(|name| format!("method.request.header.{name}"))),
        identity_validation_expression: string(given, "identityValidationExpression"),
        // What is no number of seconds is as bad as one that is too low.
        authorizer_result_ttl_in_seconds: ttl
            .map(|ttl| text(ttl).and_then(|seconds| seconds.parse().ok()).unwrap_or(-1)),
    })
}

impl Security {
    /// What a method asks for: by its own `security`, or else by `x-amazon-apigateway-auth`, or
    /// else by the document's `security`. A method's own requirement is never weakened.
    pub(super) fn of_operation(
        &self,
        reader: &mut Reader<'_>,
        operation: &Map<String, Value>,
        at: Place<'_>,
    ) -> Result<Authorization, ImportError> {
        let own = operation.get("security").map(|given| self.required(reader, given, Some(at)));
        let auth = operation.get("x-amazon-apigateway-auth").and_then(|auth| auth.get("type"));
        let auth = auth.and_then(Value::as_str).map(str::to_ascii_uppercase);
        let mut asked = match &own {
            Some(own) => own.clone(),
            None => {
                reader.spend(self.default.scopes.iter().map(String::len).sum())?;
                self.default.clone()
            }
        };
        let decided = own.is_some_and(|own| own.kind.is_some());
        if let Some(kind) = auth.filter(|_| !decided) {
            asked.kind = Some(kind);
            asked.authorizer_id = None;
            asked.scopes.clear();
        }
        Ok(asked)
    }

    /// What a list of requirements comes to. A method has one authorizer at most, and the API key
    /// beside it.
    fn required(&self, reader: &mut Reader<'_>, given: &Value, at: Option<Place<'_>>) -> Authorization {
        let mut asked = Authorization::default();
        let requirements = given.as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
        for (name, scopes) in requirements {
            let other = |kind: &str, id: Option<&String>| {
                asked.kind.as_deref().is_some_and(|known| known != kind || asked.authorizer_id.as_ref() != id)
            };
            match self.schemes.get(name) {
                Some(Scheme::ApiKey) => asked.api_key = true,
                Some(Scheme::Iam) if other("AWS_IAM", None) => second(reader, name, at),
                Some(Scheme::Iam) => asked.kind = Some("AWS_IAM".to_owned()),
                Some(Scheme::Authorizer { cognito }) => {
                    let kind = if *cognito { "COGNITO_USER_POOLS" } else { "CUSTOM" };
                    if other(kind, Some(name)) {
                        second(reader, name, at);
                        continue;
                    }
                    asked.kind = Some(kind.to_owned());
                    asked.authorizer_id = Some(name.clone());
                    let scopes = scopes.as_array().into_iter().flatten().filter_map(text);
                    asked.scopes.extend(scopes.filter(|_| *cognito));
                }
                Some(Scheme::Broken) => asked.broken = true,
                Some(Scheme::Ignored) => {}
                // SAM asks for `NONE`, without defining it, where a method asks for nothing.
                None if name == "NONE" => {}
                None => {
                    // Fails closed; what AWS does is not recorded.
                    reader.warn(format!(
                        "Reference to security definition '{name}' not found. Any methods with security: '{name}' \
                         will not be created."
                    ));
                    asked.broken = true;
                }
            }
        }
        asked
    }
}

/// The text is not recorded.
fn second(reader: &mut Reader<'_>, name: &str, at: Option<Place<'_>>) {
    let of = at.map_or_else(String::new, |at| format!(" of resource '{}' and method '{}'", at.path, at.verb));
    reader.warn(format!("Only one authorizer can be required. Ignoring '{name}'{of}."));
}
