//! An HTTP API as an OpenAPI 3.0.1 document, with the members that AWS's `ExportApi` has (API Gateway
//! developer guide, "Exporting an HTTP API from API Gateway").

use std::collections::HashMap;

use api::apigatewayv2::{AuthorizationType, Authorizer, AuthorizerType, Integration, Route};
use serde_json::{Map, Value, json};

use super::{DEFAULT_PATH, HttpDefinition, VERBS};

/// What is exported, and how.
#[derive(Clone, Copy, Debug)]
pub struct HttpExport<'a> {
    /// The API. Routes name integrations and authorizers by their ids.
    pub definition: &'a HttpDefinition,
    /// `{api}.execute-api.{region}.amazonaws.com`
    pub host: &'a str,
    /// The stage that is exported; `None` for the API as it is defined now, and for `$default`.
    pub stage: Option<&'a str>,
    /// Whether it has API Gateway's extensions.
    pub extensions: bool,
}

/// The document.
#[must_use]
pub fn export_http(export: &HttpExport<'_>) -> Value {
    let HttpExport { definition, host, stage, extensions } = *export;
    let mut info = Map::new();
    info.insert("title".to_owned(), definition.name.as_str().into());
    info.extend(definition.description.as_deref().map(|text| ("description".to_owned(), text.into())));
    info.insert("version".to_owned(), definition.version.as_deref().unwrap_or_default().into());
    let base = stage.map(|stage| format!("/{stage}")).unwrap_or_default();
    let server = json!({
        "url": format!("https://{host}/{{basePath}}"),
        "variables": {"basePath": {"default": base.trim_start_matches('/')}},
    });
    let mut document = json!({"openapi": "3.0.1", "info": info, "servers": [server], "paths": paths(definition, extensions)});
    let Some(members) = document.as_object_mut() else { return document };
    let tags: Vec<Value> = definition
        .tags
        .iter()
        .map(|(name, value)| json!({"name": name, "x-amazon-apigateway-tag-value": value}))
        .collect();
    if !tags.is_empty() {
        members.insert("tags".to_owned(), tags.into());
    }
    let schemes: Map<String, Value> =
        definition.authorizers.iter().map(|own| (own.name.clone(), scheme(own, extensions))).collect();
    if !schemes.is_empty() {
        members.insert("components".to_owned(), json!({"securitySchemes": schemes}));
    }
    if extensions {
        members.extend(
            definition.cors.as_ref().map(|cors| ("x-amazon-apigateway-cors".to_owned(), camel(cors))),
        );
        if definition.disable_execute_api_endpoint == Some(true) {
            let configuration = json!({"disableExecuteApiEndpoint": true});
            members.insert("x-amazon-apigateway-endpoint-configuration".to_owned(), configuration);
        }
        members.insert("x-amazon-apigateway-importexport-version".to_owned(), "1.0".into());
    }
    document
}

fn paths(definition: &HttpDefinition, extensions: bool) -> Map<String, Value> {
    let integrations: HashMap<_, _> = definition
        .integrations
        .iter()
        .filter_map(|own| Some((format!("integrations/{}", own.integration_id.as_deref()?), own)))
        .collect();
    let authorizers: HashMap<_, _> =
        definition.authorizers.iter().filter_map(|own| Some((own.authorizer_id.as_deref()?, own))).collect();
    let mut routes: Vec<&Route> = definition.routes.iter().collect();
    routes.sort_by_key(|route| route.route_key.split(' ').next_back());
    let mut paths = Map::new();
    for route in routes {
        let (verb, path) = route.route_key.split_once(' ').unwrap_or(("ANY", DEFAULT_PATH));
        let member = VERBS
            .iter()
            .find(|(_, own)| *own == verb)
            .map_or("x-amazon-apigateway-any-method", |(own, _)| own);
        let integration = route.target.as_ref().and_then(|target| integrations.get(target));
        let authorizer = route.authorizer_id.as_deref().and_then(|id| authorizers.get(id));
        let operation = operation(route, integration.copied(), authorizer.copied(), extensions);
        let entry = paths.entry(path.to_owned()).or_insert_with(|| Value::Object(Map::new()));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(member.to_owned(), operation);
            let parameters = parameters(path);
            if !parameters.is_empty() {
                entry.insert("parameters".to_owned(), parameters.into());
            }
        }
    }
    paths
}

fn operation(
    route: &Route,
    integration: Option<&Integration>,
    authorizer: Option<&Authorizer>,
    extensions: bool,
) -> Value {
    let mut operation = Map::new();
    let responses = json!({"default": {"description": format!("Default response for {}", route.route_key)}});
    operation.extend(route.operation_name.as_deref().map(|name| ("operationId".to_owned(), name.into())));
    operation.insert("responses".to_owned(), responses);
    if let Some(authorizer) = authorizer {
        let scopes = route.authorization_scopes.clone().unwrap_or_default();
        operation.insert("security".to_owned(), json!([{authorizer.name.as_str(): scopes}]));
    }
    // Which is a restriction, so it is told whatever else is.
    if route.authorization_type == Some(AuthorizationType::AwsIam) {
        operation.insert("x-amazon-apigateway-auth".to_owned(), json!({"type": "AWS_IAM"}));
    }
    if route.route_key == "$default" {
        operation.insert("isDefaultRoute".to_owned(), true.into());
    }
    if let Some(integration) = integration.filter(|_| extensions) {
        operation.insert("x-amazon-apigateway-integration".to_owned(), extension(integration));
    }
    operation.into()
}

fn extension(integration: &Integration) -> Value {
    let mut members = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        members.extend(value.map(|value| (name.to_owned(), value)));
    };
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    put("payloadFormatVersion", text(&integration.payload_format_version));
    put("type", integration.integration_type.map(|kind| kind.as_str().to_ascii_lowercase().into()));
    put("integrationSubtype", text(&integration.integration_subtype));
    put("httpMethod", text(&integration.integration_method));
    put("uri", text(&integration.integration_uri));
    put("credentials", text(&integration.credentials_arn));
    put("description", text(&integration.description));
    put("requestParameters", integration.request_parameters.as_ref().map(|map| json!(map)));
    put("responseParameters", integration.response_parameters.as_ref().map(|map| json!(map)));
    put("connectionType", integration.connection_type.map(|kind| kind.as_str().into()));
    put("connectionId", text(&integration.connection_id));
    put("timeoutInMillis", integration.timeout_in_millis.map(Value::from));
    let server = integration.tls_config.as_ref().and_then(|tls| tls.server_name_to_verify.as_deref());
    put("tlsConfig", server.map(|name| json!({"serverNameToVerify": name})));
    members.into()
}

fn scheme(authorizer: &Authorizer, extensions: bool) -> Value {
    let sources = authorizer.identity_source.clone().unwrap_or_default();
    let mut members = Map::new();
    let jwt = authorizer.authorizer_type == Some(AuthorizerType::Jwt);
    if jwt {
        members.insert("type".to_owned(), "oauth2".into());
    } else {
        let header =
            sources.iter().find_map(|source| source.strip_prefix("$request.header.")).unwrap_or("Unused");
        members.extend([
            ("type".to_owned(), "apiKey".into()),
            ("name".to_owned(), header.into()),
            ("in".to_owned(), "header".into()),
        ]);
    }
    if !extensions {
        return members.into();
    }
    let mut own = Map::new();
    let mut put = |name: &str, value: Option<Value>| own.extend(value.map(|value| (name.to_owned(), value)));
    put("type", Some(if jwt { "jwt" } else { "request" }.into()));
    put("identitySource", (!sources.is_empty()).then(|| sources.join(", ").into()));
    put("jwtConfiguration", authorizer.jwt_configuration.as_ref().map(camel));
    put("authorizerUri", authorizer.authorizer_uri.as_deref().map(Value::from));
    put("authorizerCredentials", authorizer.authorizer_credentials_arn.as_deref().map(Value::from));
    put(
        "authorizerPayloadFormatVersion",
        authorizer.authorizer_payload_format_version.as_deref().map(Value::from),
    );
    put("authorizerResultTtlInSeconds", authorizer.authorizer_result_ttl_in_seconds.map(Value::from));
    put("enableSimpleResponses", authorizer.enable_simple_responses.map(Value::from));
    members.insert("x-amazon-apigateway-authorizer".to_owned(), own.into());
    members.into()
}

/// A shape of the service with the names of its members as documents write them.
fn camel(shape: &impl serde::Serialize) -> Value {
    let members = match serde_json::to_value(shape) {
        Ok(Value::Object(members)) => members,
        _ => return Value::Null,
    };
    let renamed = members.into_iter().map(|(name, value)| {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        (first.into_iter().chain(letters).collect::<String>(), value)
    });
    Value::Object(renamed.collect())
}

/// The variables of a path.
fn parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            json!({
                "name": name,
                "in": "path",
                "description": format!("Generated path parameter for {name}"),
                "required": true,
                "schema": {"type": "string"},
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::import_http;
    use super::*;
    use crate::BasePath;

    fn read(document: Value) -> HttpDefinition {
        let imported = import_http(document, "111122223333", "us-west-2", BasePath::Ignore).unwrap();
        assert_eq!(imported.warnings, Vec::<String>::new());
        imported.definition
    }

    fn export(definition: &HttpDefinition, extensions: bool) -> Value {
        let host = "abc.execute-api.us-west-2.amazonaws.com";
        export_http(&HttpExport { definition, host, stage: Some("prod"), extensions })
    }

    fn sample() -> Value {
        json!({
            "openapi": "3.0.1",
            "info": {"title": "items", "description": "d", "version": "1.0"},
            "tags": [{"name": "t", "x-amazon-apigateway-tag-value": "v"}],
            "paths": {
                "/$default": {"x-amazon-apigateway-any-method": {"isDefaultRoute": true,
                    "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "ANY",
                        "uri": "http://localhost/{proxy}", "payloadFormatVersion": "1.0",
                        "requestParameters": {"append:header.a": "1"},
                        "responseParameters": {"404": {"overwrite:statuscode": "410"}}}}},
                "/items/{id}": {
                    "get": {"operationId": "get", "security": [{"jwt": ["read"]}],
                        "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST",
                            "uri": "arn:aws:lambda:us-west-2:111122223333:function:f",
                            "payloadFormatVersion": "2.0", "timeoutInMillis": 1000}},
                    "post": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}},
                    "put": {"security": [{"function": []}]},
                },
            },
            "components": {"securitySchemes": {
                "jwt": {"type": "oauth2", "x-amazon-apigateway-authorizer": {"type": "jwt",
                    "identitySource": "$request.header.Authorization",
                    "jwtConfiguration": {"issuer": "https://issuer", "audience": ["a"]}}},
                "function": {"type": "apiKey", "name": "Auth", "in": "header",
                    "x-amazon-apigateway-authorizer": {"type": "request", "authorizerUri": "arn:f",
                        "identitySource": "$request.header.Auth, $context.routeKey",
                        "authorizerPayloadFormatVersion": "2.0", "enableSimpleResponses": true,
                        "authorizerResultTtlInSeconds": 30}},
            }},
            "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "maxAge": 60},
        })
    }

    #[test]
    fn what_is_exported_imports_to_the_same_api() {
        let definition = read(sample());
        let mut again = read(export(&definition, true));
        // Integrations are numbered as routes come.
        let targets = |definition: &HttpDefinition| {
            let mut routes: Vec<_> = definition
                .routes
                .iter()
                .map(|route| {
                    let target =
                        route.target.as_deref().and_then(|target| target.strip_prefix("integrations/"));
                    let to = target.and_then(|id| {
                        definition.integrations.iter().find(|own| own.integration_id.as_deref() == Some(id))
                    });
                    let mut to = to.cloned().unwrap_or_default();
                    to.integration_id = None;
                    (route.route_key.clone(), Route { target: None, ..route.clone() }, to)
                })
                .collect();
            routes.sort_by(|a, b| a.0.cmp(&b.0));
            routes
        };
        assert_eq!(targets(&definition), targets(&again));
        again.routes.clone_from(&definition.routes);
        again.integrations.clone_from(&definition.integrations);
        assert_eq!(definition, again);
    }

    /// The form of the guide's examples.
    #[test]
    fn documents_have_awss_form() {
        let document = export(&read(sample()), true);
        assert_eq!(
            document["servers"],
            json!([{"url": "https://abc.execute-api.us-west-2.amazonaws.com/{basePath}",
                "variables": {"basePath": {"default": "prod"}}}])
        );
        let get = &document["paths"]["/items/{id}"]["get"];
        assert_eq!(
            get["responses"],
            json!({"default": {"description": "Default response for GET /items/{id}"}})
        );
        assert_eq!(get["security"], json!([{"jwt": ["read"]}]));
        assert_eq!(
            document["paths"]["/items/{id}"]["parameters"],
            json!([{"name": "id", "in": "path", "description": "Generated path parameter for id", "required": true,
                "schema": {"type": "string"}}])
        );
        assert_eq!(document["paths"]["/$default"]["x-amazon-apigateway-any-method"]["isDefaultRoute"], true);
        assert_eq!(document["x-amazon-apigateway-importexport-version"], "1.0");
        let plain = export(&read(sample()), false);
        assert!(!plain.to_string().contains("x-amazon-apigateway-integration"));
        assert!(!plain.to_string().contains("x-amazon-apigateway-authorizer"));
    }
}
