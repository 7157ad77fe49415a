//! What an OpenAPI 3.0 document says of an HTTP API (API Gateway developer guide, "Working with OpenAPI
//! definitions for HTTP APIs" and "OpenAPI extensions for API Gateway"). As for REST APIs, whether the
//! API may be as described is decided by who stores it.

use api::apigatewayv2::{
    AuthorizationType, Authorizer, AuthorizerType, Cors, Integration, IntegrationType, JWTConfiguration,
    Route, TlsConfig,
};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{DEFAULT_PATH, HttpDefinition, VERBS};
use crate::import::reader::{Place, Reader, Version, flag, string, text};
use crate::{BasePath, ImportError, import, resolve_variables};

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpImported {
    /// The API.
    pub definition: HttpDefinition,
    /// What is valid and without effect in an HTTP API.
    pub info: Vec<String>,
    /// What was left out, and why.
    pub warnings: Vec<String>,
}

/// Reads an HTTP API from a document; `account` and `region` are what `${AWS::AccountId}` and
/// `${AWS::Region}` stand for in it.
///
/// # Errors
/// [`ImportError`]
pub fn import_http(
    mut document: Value,
    account: &str,
    region: &str,
    base_path: BasePath,
) -> Result<HttpImported, ImportError> {
    resolve_variables(&mut document, account, region);
    let mut reader = Reader::new(&document)?;
    if reader.version != Version::OpenApi3 {
        return Err(ImportError::NotOpenApi);
    }
    let mut reading =
        Reading { definition: HttpDefinition::default(), info: Vec::new(), schemes: IndexMap::new() };
    reading.settings(&mut reader);
    reading.schemes(&mut reader)?;
    let base = import::base_path::segments(&reader, base_path);
    let base = base.iter().map(|part| format!("/{part}")).collect::<String>();
    reading.paths(&mut reader, &base)?;
    let warnings = reader.finish()?;
    Ok(HttpImported { definition: reading.definition, info: reading.info, warnings })
}

struct Reading {
    definition: HttpDefinition,
    info: Vec<String>,
    schemes: IndexMap<String, Scheme>,
}

/// What a security scheme is for API Gateway.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Iam,
    Jwt,
    Lambda,
    /// API Gateway does not know it: routes that ask for it are not made.
    Unknown,
}

/// Who may use a route.
#[derive(Default)]
struct Asked {
    kind: Option<AuthorizationType>,
    authorizer: Option<String>,
    scopes: Vec<String>,
    /// It asks for something that cannot be built, so it is not made.
    broken: bool,
}

impl Reading {
    fn settings(&mut self, reader: &mut Reader<'_>) {
        let info = reader.section("info");
        let member =
            |key: &str| info.and_then(|info| info.get(key)).and_then(text).filter(|text| !text.is_empty());
        let own = &mut self.definition;
        own.name = member("title").unwrap_or_default();
        (own.description, own.version) = (member("description"), member("version"));
        own.cors = reader.section("x-amazon-apigateway-cors").map(cors);
        let endpoint = reader.section("x-amazon-apigateway-endpoint-configuration");
        own.disable_execute_api_endpoint =
            endpoint.and_then(|endpoint| endpoint.get("disableExecuteApiEndpoint")).map(flag);
        let tags = reader.root.get("tags").and_then(Value::as_array).into_iter().flatten();
        for tag in tags.filter_map(Value::as_object) {
            if let (Some(name), Some(value)) =
                (string(tag, "name"), tag.get("x-amazon-apigateway-tag-value").and_then(text))
            {
                own.tags.insert(name, value);
            }
        }
    }

    fn schemes(&mut self, reader: &mut Reader<'_>) -> Result<(), ImportError> {
        let components = reader.section("components");
        let given =
            components.and_then(|components| components.get("securitySchemes")).and_then(Value::as_object);
        for (name, given) in given.into_iter().flatten() {
            let Some(given) = reader.follow(given)?.and_then(Value::as_object) else { continue };
            let scheme = match given.get("x-amazon-apigateway-authorizer").and_then(Value::as_object) {
                Some(extension) => self.authorizer(reader, name, given, extension),
                None => match string(given, "x-amazon-apigateway-authtype") {
                    Some(kind) if kind.eq_ignore_ascii_case("awsSigv4") => Scheme::Iam,
                    _ => {
                        reader.warn(format!(
                            "Security scheme '{name}' has no x-amazon-apigateway-authorizer. Any routes with \
                             security: '{name}' will not be created."
                        ));
                        Scheme::Unknown
                    }
                },
            };
            self.schemes.insert(name.clone(), scheme);
        }
        Ok(())
    }

    fn authorizer(
        &mut self,
        reader: &mut Reader<'_>,
        name: &str,
        scheme: &Map<String, Value>,
        given: &Map<String, Value>,
    ) -> Scheme {
        let kind = string(given, "type").unwrap_or_default().to_ascii_uppercase();
        let (kind, scheme_kind) = match kind.as_str() {
            "JWT" => (AuthorizerType::Jwt, Scheme::Jwt),
            "REQUEST" => (AuthorizerType::Request, Scheme::Lambda),
            _ => {
                reader.error(format!(
                    "Unable to create authorizer '{name}': Invalid authorizer type specified. Valid options are \
                     JWT,REQUEST"
                ));
                return Scheme::Unknown;
            }
        };
        let sources = match given.get("identitySource") {
            Some(Value::Array(sources)) => sources.iter().filter_map(text).collect(),
            Some(Value::String(sources)) => sources
                .split(',')
                .map(|source| source.trim().to_owned())
                .filter(|source| !source.is_empty())
                .collect(),
            _ => Vec::new(),
        };
        // The header that the scheme names holds the token.
        let header =
            string(scheme, "name").filter(|_| scheme.get("in").and_then(Value::as_str) == Some("header"));
        let sources = match (sources.is_empty(), header) {
            (true, Some(header)) => vec![format!("$request.header.{header}")],
            _ => sources,
        };
        let jwt = given.get("jwtConfiguration").and_then(Value::as_object).map(|jwt| JWTConfiguration {
            audience: match jwt.get("audience") {
                Some(Value::Array(audiences)) => Some(audiences.iter().filter_map(text).collect()),
                other => other.and_then(text).map(|audience| vec![audience]),
            },
            issuer: string(jwt, "issuer"),
        });
        let ttl = given.get("authorizerResultTtlInSeconds").filter(|ttl| !ttl.is_null());
        self.definition.authorizers.push(Authorizer {
            authorizer_id: Some(name.to_owned()),
            name: name.to_owned(),
            authorizer_type: Some(kind),
            authorizer_credentials_arn: string(given, "authorizerCredentials"),
            authorizer_payload_format_version: given.get("authorizerPayloadFormatVersion").and_then(version),
            // What is no number of seconds is as bad as one that is too low.
            authorizer_result_ttl_in_seconds: ttl
                .map(|ttl| text(ttl).and_then(|seconds| seconds.parse().ok()).unwrap_or(-1)),
            authorizer_uri: string(given, "authorizerUri"),
            enable_simple_responses: given.get("enableSimpleResponses").map(flag),
            identity_source: Some(sources),
            identity_validation_expression: string(given, "identityValidationExpression"),
            jwt_configuration: jwt,
        });
        scheme_kind
    }

    fn paths(&mut self, reader: &mut Reader<'_>, base: &str) -> Result<(), ImportError> {
        let default = reader.root.get("security");
        for (path, given) in reader.section("paths").into_iter().flatten() {
            if path.starts_with("x-") {
                continue;
            }
            let Some(given) = reader.follow(given)?.and_then(Value::as_object) else { continue };
            for (member, verb) in VERBS {
                let Some(operation) = given.get(member).filter(|operation| !operation.is_null()) else {
                    continue;
                };
                let Some(operation) = reader.follow(operation)?.and_then(Value::as_object) else { continue };
                self.route(reader, base, Place { path, verb }, operation, default)?;
            }
        }
        Ok(())
    }

    fn route<'d>(
        &mut self,
        reader: &mut Reader<'d>,
        base: &str,
        at: Place<'_>,
        operation: &'d Map<String, Value>,
        default: Option<&Value>,
    ) -> Result<(), ImportError> {
        let Place { path, verb } = at;
        let route_key = if path == DEFAULT_PATH {
            "$default".to_owned()
        } else {
            let path = if path == "/" && !base.is_empty() { "" } else { path };
            format!("{verb} {base}{path}")
        };
        if operation.contains_key("requestBody") {
            self.info.push(format!(
                "requestBody is not supported for HTTP APIs. Ignoring it for route {route_key}."
            ));
        }
        let asked = self.asked(reader, operation, default, &route_key)?;
        if asked.broken {
            reader
                .warn(format!("Route {route_key} is not created, because its security cannot be enforced."));
            return Ok(());
        }
        let target = match operation.get("x-amazon-apigateway-integration").filter(|given| !given.is_null()) {
            None => None,
            Some(given) => {
                let Some(given) = reader.follow(given)?.and_then(Value::as_object) else {
                    reader.warn(format!("The integration of route {route_key} is not an object. Ignoring."));
                    return Ok(());
                };
                match integration(reader, at, given) {
                    // It cannot be built, and a route without it would answer nothing.
                    None => return Ok(()),
                    Some(mut integration) => {
                        let id = self.definition.integrations.len().to_string();
                        integration.integration_id = Some(id.clone());
                        self.definition.integrations.push(integration);
                        Some(format!("integrations/{id}"))
                    }
                }
            }
        };
        self.definition.routes.push(Route {
            route_key,
            target,
            operation_name: string(operation, "operationId"),
            authorization_type: asked.kind,
            authorizer_id: asked.authorizer,
            authorization_scopes: Some(asked.scopes).filter(|scopes| !scopes.is_empty()),
            ..Route::default()
        });
        Ok(())
    }

    /// By its own `security`, or else by `x-amazon-apigateway-auth`, or else by the document's. "Each
    /// operation can have only one of IAM authorization, a Lambda authorizer, or a JWT authorizer."
    fn asked(
        &self,
        reader: &mut Reader<'_>,
        operation: &Map<String, Value>,
        default: Option<&Value>,
        route_key: &str,
    ) -> Result<Asked, ImportError> {
        let auth = operation
            .get("x-amazon-apigateway-auth")
            .and_then(|auth| auth.get("type"))
            .and_then(Value::as_str);
        let own = operation.get("security");
        let given = own.or(if auth.is_some() { None } else { default });
        let mut asked = Asked::default();
        let requirements =
            given.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).flatten();
        for (name, scopes) in requirements {
            reader.spend(1)?;
            let kind = match self.schemes.get(name) {
                Some(Scheme::Iam) => AuthorizationType::AwsIam,
                Some(Scheme::Jwt) => AuthorizationType::Jwt,
                Some(Scheme::Lambda) => AuthorizationType::Custom,
                Some(Scheme::Unknown) => {
                    asked.broken = true;
                    continue;
                }
                None => {
                    reader.warn(format!("Reference to security scheme '{name}' not found."));
                    asked.broken = true;
                    continue;
                }
            };
            if asked.kind.is_some() {
                reader.error(format!("Only one security requirement is supported for route {route_key}"));
            }
            asked.kind = Some(kind);
            asked.authorizer = (kind != AuthorizationType::AwsIam).then(|| name.clone());
            let scopes = scopes.as_array().into_iter().flatten().filter_map(text);
            asked.scopes.extend(scopes.filter(|_| kind == AuthorizationType::Jwt));
        }
        match auth.map(str::to_ascii_uppercase).as_deref() {
            None | Some("NONE") => {}
            Some("AWS_IAM") if asked.kind.is_none_or(|kind| kind == AuthorizationType::AwsIam) => {
                asked.kind = Some(AuthorizationType::AwsIam);
            }
            Some(_) => asked.broken = true,
        }
        Ok(asked)
    }
}

fn integration(reader: &mut Reader<'_>, at: Place<'_>, given: &Map<String, Value>) -> Option<Integration> {
    let kind = string(given, "type").unwrap_or_default().to_ascii_uppercase();
    let Some(kind) = kind
        .parse()
        .ok()
        .filter(|kind| matches!(kind, IntegrationType::HttpProxy | IntegrationType::AwsProxy))
    else {
        // The guide names the case, not its words.
        let Place { path, verb } = at;
        reader.warn(format!(
            "HTTP APIs support only HTTP_PROXY and AWS_PROXY integrations. Route '{verb} {path}' with the type '{kind}' is \
             not created."
        ));
        return None;
    };
    let timeout = given.get("timeoutInMillis").filter(|timeout| !timeout.is_null());
    let responses = given.get("responseParameters").and_then(Value::as_object).map(|responses| {
        let by_status = responses
            .iter()
            .filter_map(|(status, mappings)| Some((status.clone(), strings(mappings.as_object()?))));
        by_status.collect()
    });
    let tls = given.get("tlsConfig").and_then(Value::as_object);
    let subtype = string(given, "integrationSubtype");
    Some(Integration {
        connection_id: string(given, "connectionId"),
        connection_type: string(given, "connectionType")
            .and_then(|kind| kind.to_ascii_uppercase().parse().ok()),
        credentials_arn: string(given, "credentials"),
        description: string(given, "description"),
        integration_method: string(given, "httpMethod").map(|verb| verb.to_ascii_uppercase()),
        integration_type: Some(kind),
        integration_uri: string(given, "uri"),
        payload_format_version: given.get("payloadFormatVersion").and_then(version).or_else(|| {
            // "1.0" is what proxies to addresses have, and what exports of REST APIs mean.
            subtype.is_none().then(|| "1.0".to_owned())
        }),
        integration_subtype: subtype,
        request_parameters: given.get("requestParameters").and_then(Value::as_object).map(strings),
        response_parameters: responses,
        // What is no number of milliseconds is as bad as one that is too low.
        timeout_in_millis: timeout.map(|timeout| text(timeout).and_then(|ms| ms.parse().ok()).unwrap_or(-1)),
        tls_config: tls
            .and_then(|tls| string(tls, "serverNameToVerify"))
            .map(|name| TlsConfig { server_name_to_verify: Some(name) }),
        ..Integration::default()
    })
}

/// `1.0` and `2.0`, which documents write as numbers too.
fn version(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => number.as_f64().map(|number| format!("{number:.1}")),
        other => text(other),
    }
}

fn strings(members: &Map<String, Value>) -> IndexMap<String, String> {
    members.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

fn cors(given: &Map<String, Value>) -> Cors {
    let list = |member: &str| match given.get(member) {
        Some(Value::Array(values)) => Some(values.iter().filter_map(text).collect()),
        other => other.and_then(text).map(|one| vec![one]),
    };
    Cors {
        allow_credentials: given.get("allowCredentials").map(flag),
        allow_headers: list("allowHeaders"),
        allow_methods: list("allowMethods"),
        allow_origins: list("allowOrigins"),
        expose_headers: list("exposeHeaders"),
        max_age: given.get("maxAge").and_then(text).and_then(|seconds| seconds.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(document: Value) -> Result<HttpImported, ImportError> {
        import_http(document, "111122223333", "us-west-2", BasePath::Ignore)
    }

    fn document(paths: Value, components: Value) -> Value {
        json!({"openapi": "3.0.1", "info": {"title": "pets", "version": 1.0}, "paths": paths, "components": components})
    }

    fn proxy() -> Value {
        json!({"type": "http_proxy", "httpMethod": "get", "uri": "http://localhost/", "payloadFormatVersion": 1.0})
    }

    /// The example of the guide, in short.
    #[test]
    fn operations_become_routes() {
        let mut given = document(
            json!({
                "/pets": {"get": {"operationId": "GET HTTP", "x-amazon-apigateway-integration": proxy()}},
                "/pets/{petId}": {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": {
                    "type": "AWS_PROXY", "httpMethod": "POST", "payloadFormatVersion": "2.0",
                    "uri": "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:pets",
                }}},
                "/$default": {"x-amazon-apigateway-any-method": {"isDefaultRoute": true}},
            }),
            json!({}),
        );
        given["x-amazon-apigateway-cors"] = json!({"allowOrigins": ["*"], "maxAge": 60});
        let HttpImported { definition, warnings, .. } = read(given).unwrap();
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!((definition.name.as_str(), definition.version.as_deref()), ("pets", Some("1.0")));
        let routes: Vec<_> = definition
            .routes
            .iter()
            .map(|route| (route.route_key.as_str(), route.target.as_deref()))
            .collect();
        assert_eq!(
            routes,
            [
                ("GET /pets", Some("integrations/0")),
                ("ANY /pets/{petId}", Some("integrations/1")),
                ("$default", None)
            ]
        );
        let [http, function] = definition.integrations.as_slice() else { panic!("{definition:?}") };
        assert_eq!(http.integration_method.as_deref(), Some("GET"));
        assert_eq!(http.payload_format_version.as_deref(), Some("1.0"));
        assert_eq!(
            function.integration_uri.as_deref(),
            Some("arn:aws:lambda:us-west-2:111122223333:function:pets")
        );
        assert_eq!(definition.cors.unwrap().allow_origins, Some(vec!["*".to_owned()]));
    }

    #[test]
    fn routes_ask_for_what_their_operations_ask() {
        let with = |more: Value| {
            let mut operation = json!({"x-amazon-apigateway-integration": proxy()});
            operation.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"get": operation})
        };
        let jwt = json!({"type": "jwt", "identitySource": "$request.header.Authorization",
            "jwtConfiguration": {"issuer": "https://issuer", "audience": ["a", "b"]}});
        let schemes = json!({"securitySchemes": {
            "jwt": {"type": "oauth2", "x-amazon-apigateway-authorizer": jwt},
            "function": {"type": "apiKey", "name": "Auth", "in": "header",
                "x-amazon-apigateway-authorizer": {"type": "request", "authorizerUri": "arn:f",
                    "authorizerPayloadFormatVersion": 2.0, "enableSimpleResponses": true}},
            "unknown": {"type": "http", "scheme": "bearer"},
        }});
        let paths = json!({
            "/jwt": with(json!({"security": [{"jwt": ["read"]}]})),
            "/function": with(json!({"security": [{"function": []}]})),
            "/iam": with(json!({"x-amazon-apigateway-auth": {"type": "AWS_IAM"}})),
            "/open": with(json!({})),
            "/unknown": with(json!({"security": [{"unknown": []}]})),
            "/absent": with(json!({"security": [{"absent": []}]})),
        });
        let HttpImported { definition, warnings, .. } = read(document(paths, schemes)).unwrap();
        let routes: Vec<_> = definition
            .routes
            .iter()
            .map(|route| (route.route_key.as_str(), route.authorization_type, route.authorizer_id.as_deref()))
            .collect();
        // What cannot be enforced is not made.
        assert_eq!(
            routes,
            [
                ("GET /jwt", Some(AuthorizationType::Jwt), Some("jwt")),
                ("GET /function", Some(AuthorizationType::Custom), Some("function")),
                ("GET /iam", Some(AuthorizationType::AwsIam), None),
                ("GET /open", None, None),
            ]
        );
        assert_eq!(definition.routes[0].authorization_scopes, Some(vec!["read".to_owned()]));
        assert_eq!(warnings.len(), 4, "{warnings:?}");
        let function = &definition.authorizers[1];
        assert_eq!(function.identity_source, Some(vec!["$request.header.Auth".to_owned()]));
        assert_eq!(function.authorizer_payload_format_version.as_deref(), Some("2.0"));
    }

    #[test]
    fn what_is_no_http_api_is_refused() {
        let swagger = json!({"swagger": "2.0", "info": {"title": "x"}, "paths": {}});
        assert_eq!(read(swagger), Err(ImportError::NotOpenApi));
        let aws =
            json!({"/x": {"get": {"x-amazon-apigateway-integration": {"type": "AWS", "uri": "arn:x"}}}});
        let imported = read(document(aws, json!({}))).unwrap();
        assert_eq!((imported.definition.routes.len(), imported.warnings.len()), (0, 1));
        let schemes = json!({"securitySchemes": {
            "a": {"x-amazon-apigateway-authtype": "awsSigv4"},
            "b": {"x-amazon-apigateway-authorizer": {"type": "request", "authorizerUri": "arn:f"}},
        }});
        let both = json!({"/x": {"get": {"security": [{"a": [], "b": []}]}}});
        assert!(matches!(read(document(both, schemes)), Err(ImportError::Wrong(_))));
    }
}
