//! What is exported and imported again means the same, in both specifications and both notations.

use super::*;
use crate::{BasePath, Import, import};

/// Choices that shrink towards the first of everything.
struct Tape<'a>(std::slice::Iter<'a, u8>);

impl Tape<'_> {
    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::from(self.0.next().copied().unwrap_or(0)) % of.len()].clone()
    }

    fn maybe(&mut self) -> bool {
        self.pick(&[false, true])
    }

    /// Some of these, in their order.
    fn some<T: Clone>(&mut self, of: &[T]) -> Vec<T> {
        of.iter().filter(|_| self.maybe()).cloned().collect()
    }

    /// `value` under `name` in `of`, or not.
    fn give(&mut self, of: &mut Value, name: &str, value: Value) {
        if self.maybe() {
            of[name] = value;
        }
    }
}

/// Texts that notations could take for something else.
const TEXTS: [&str; 12] = [
    "plain",
    "true",
    "1.0",
    "~",
    "- a: b",
    "two\nlines\n",
    " # no comment",
    "'quoted' \"twice\"",
    "back\\slash\ttab",
    "ü \u{1F600}",
    "$ref",
    "{\"a\": 1}",
];

const PATHS: [&str; 6] = ["/", "/pets", "/pets/{petId}", "/pets/{petId}/toys", "/a b", "/{proxy+}"];
const VERBS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "ANY"];
const STATUSES: [&str; 3] = ["200", "404", "500"];

fn api(tape: &mut Tape<'_>, kind: Kind) -> Value {
    let mut rest_api = json!({"name": tape.pick(&TEXTS), "version": tape.pick(&TEXTS)});
    let text = tape.pick(&TEXTS);
    tape.give(&mut rest_api, "description", text.into());
    tape.give(&mut rest_api, "binaryMediaTypes", json!(["image/png", "*/*"]));
    tape.give(&mut rest_api, "minimumCompressionSize", 0.into());
    tape.give(&mut rest_api, "apiKeySource", "AUTHORIZER".into());
    tape.give(&mut rest_api, "disableExecuteApiEndpoint", true.into());
    tape.give(&mut rest_api, "policy", r#"{"Version":"2012-10-17","Statement":[]}"#.into());
    let mut endpoint = json!({});
    tape.give(&mut endpoint, "vpcEndpointIds", json!(["vpce-1"]));
    tape.give(&mut endpoint, "ipAddressType", "dualstack".into());
    rest_api["endpointConfiguration"] = endpoint;
    let paths = tape.some(&PATHS);
    let resources: Vec<Value> = paths.iter().map(|path| resource(tape, path, kind)).collect();
    json!({
        "restApi": rest_api,
        "resources": resources,
        // Only models that methods use are in documents; `Pet` brings its parts along.
        "models": [
            model("Pet", &json!({"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string", "minLength": 1, "pattern": tape.pick(&["^a$", "\\d+"])},
                "toys": {"type": "array", "items": {"$ref": format!("{MODELS}Toy")}},
            }})),
            model("Toy", &json!({"type": tape.pick(&["string", "object"]), "title": tape.pick(&TEXTS)})),
        ],
        "requestValidators": [
            {"id": "all", "name": "all", "validateRequestBody": true, "validateRequestParameters": true},
            {"id": "body", "name": "body", "validateRequestBody": true, "validateRequestParameters": false},
        ],
        "authorizers": [
            {"id": "token", "name": "token", "type": "TOKEN", "authType": "custom",
             "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations",
             "identitySource": "method.request.header.Auth", "identityValidationExpression": tape.pick(&["^x-.*$", "."]),
             "authorizerResultTtlInSeconds": tape.pick(&[0, 300, 3600])},
            {"id": "request", "name": "request", "type": "REQUEST", "authType": "custom",
             "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/g/invocations",
             "identitySource": "method.request.header.Auth, method.request.querystring.q",
             "authorizerCredentials": "arn:aws:iam::123456789012:role/r"},
            {"id": "pool", "name": "pool", "type": "COGNITO_USER_POOLS", "authType": "cognito_user_pools",
             "identitySource": "method.request.header.Authorization",
             "providerARNs": ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a"]},
        ],
        "gatewayResponses": gateway_responses(tape),
    })
}

const MODELS: &str = "https://apigateway.amazonaws.com/restapis/abc/models/";

fn model(name: &str, schema: &Value) -> Value {
    json!({"name": name, "contentType": "application/json", "schema": schema.to_string()})
}

fn gateway_responses(tape: &mut Tape<'_>) -> Value {
    let kinds = tape.some(&["DEFAULT_4XX", "THROTTLED", "ACCESS_DENIED"]);
    let of = |kind| {
        let mut one = json!({"responseType": kind});
        let text = tape.pick(&TEXTS);
        tape.give(&mut one, "statusCode", "418".into());
        tape.give(&mut one, "responseParameters", json!({"gatewayresponse.header.X": "'*'"}));
        tape.give(&mut one, "responseTemplates", json!({"application/json": text}));
        one
    };
    kinds.into_iter().map(of).collect()
}

/// A resource with at least one method: without any it is in no document.
fn resource(tape: &mut Tape<'_>, path: &str, kind: Kind) -> Value {
    let mut verbs = tape.some(&VERBS);
    if verbs.is_empty() {
        verbs.push("GET");
    }
    let methods: Map<String, Value> =
        verbs.into_iter().map(|verb| (verb.to_owned(), method(tape, path, kind))).collect();
    json!({"id": path, "path": path, "resourceMethods": methods})
}

fn method(tape: &mut Tape<'_>, path: &str, kind: Kind) -> Value {
    let mut method = json!({"authorizationType": "NONE"});
    match tape.pick(&["NONE", "AWS_IAM", "token", "request", "pool"]) {
        "NONE" => {}
        "AWS_IAM" => method["authorizationType"] = "AWS_IAM".into(),
        "pool" => {
            method["authorizationType"] = "COGNITO_USER_POOLS".into();
            method["authorizerId"] = "pool".into();
            tape.give(&mut method, "authorizationScopes", json!(["a/b", "c"]));
        }
        own => {
            method["authorizationType"] = "CUSTOM".into();
            method["authorizerId"] = own.into();
        }
    }
    tape.give(&mut method, "apiKeyRequired", true.into());
    tape.give(&mut method, "operationName", "Feed".into());
    let validator = tape.pick(&["all", "body"]);
    tape.give(&mut method, "requestValidatorId", validator.into());
    let mut parameters = Map::new();
    for name in path.split(['{', '}', '+', '/']).filter(|name| ["petId", "proxy"].contains(name)) {
        parameters.insert(format!("method.request.path.{name}"), true.into());
    }
    for name in tape.some(&["querystring.page", "header.X-From", "header.true"]) {
        parameters.insert(format!("method.request.{name}"), tape.maybe().into());
    }
    method["requestParameters"] = parameters.into();
    tape.give(&mut method, "requestModels", json!({"application/json": "Pet"}));
    if kind == Kind::OpenApi30 && method.get("requestModels").is_some() {
        // Swagger has one schema for all types.
        let name = "requestModels";
        let model = tape.pick(&["Pet", "Toy"]);
        if tape.maybe() {
            method[name]["text/json"] = model.into();
        }
    }
    let mut responses = Map::new();
    for status in tape.some(&STATUSES) {
        let mut response = json!({"statusCode": status});
        let model = tape.pick(&["Pet", "Toy"]);
        tape.give(&mut response, "responseModels", json!({"application/json": model}));
        tape.give(&mut response, "responseParameters", json!({"method.response.header.X-To": false}));
        responses.insert(status.to_owned(), response);
    }
    method["methodResponses"] = responses.into();
    if tape.maybe() {
        method["methodIntegration"] = integration(tape);
    }
    method
}

fn integration(tape: &mut Tape<'_>) -> Value {
    let kind = tape.pick(&["MOCK", "HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY"]);
    let mut integration = json!({"type": kind});
    if kind != "MOCK" {
        integration["httpMethod"] = tape.pick(&["POST", "ANY"]).into();
        integration["uri"] = match kind {
            "AWS" | "AWS_PROXY" => {
                "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations"
            }
            _ => "https://${stageVariables.host}/{id}?a=b#c",
        }
        .into();
        if kind.starts_with("HTTP") && tape.maybe() {
            integration["connectionType"] = "VPC_LINK".into();
            integration["connectionId"] = "${stageVariables.link}".into();
        }
        tape.give(&mut integration, "tlsConfig", json!({"insecureSkipVerification": true}));
        tape.give(&mut integration, "credentials", "arn:aws:iam::*:user/*".into());
    }
    tape.give(
        &mut integration,
        "requestParameters",
        json!({"integration.request.header.X": "'a'", "integration.request.path.id": "method.request.path.petId"}),
    );
    let (request, response) = (tape.pick(&TEXTS), tape.pick(&TEXTS));
    // Of another type it would be one that the method consumes or produces.
    tape.give(&mut integration, "requestTemplates", json!({"application/json": request}));
    for (name, value) in [
        ("passthroughBehavior", json!(tape.pick(&["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"]))),
        ("timeoutInMillis", json!(tape.pick(&[50, 29_000]))),
        ("cacheNamespace", json!("shared")),
        ("contentHandling", json!(tape.pick(&["CONVERT_TO_TEXT", "CONVERT_TO_BINARY"]))),
        ("cacheKeyParameters", json!(["method.request.querystring.page"])),
        ("responseTransferMode", json!(tape.pick(&["BUFFERED", "STREAM"]))),
    ] {
        tape.give(&mut integration, name, value);
    }
    let mut responses = Map::new();
    for (status, pattern) in [("200", ""), ("404", "4\\d{2}"), ("500", ".*[Ee]rror.*")] {
        if !tape.maybe() {
            continue;
        }
        let mut one = json!({"statusCode": status, "selectionPattern": pattern});
        tape.give(&mut one, "responseParameters", json!({"method.response.header.X-To": "'a'"}));
        tape.give(&mut one, "responseTemplates", json!({"application/json": response}));
        tape.give(&mut one, "contentHandling", "CONVERT_TO_TEXT".into());
        responses.insert(status.to_owned(), one);
    }
    integration["integrationResponses"] = responses.into();
    integration
}

/// What a definition means: without what is the same as not said, and without the ids of
/// resources, which are the importer's.
fn meaning(definition: &Definition) -> Value {
    let mut resources: Vec<Value> = Vec::new();
    for resource in &definition.resources {
        let mut methods = json!(resource.resource_methods);
        for method in methods.as_object_mut().into_iter().flat_map(Map::values_mut) {
            method.as_object_mut().unwrap().shift_remove("httpMethod");
            // Of parameters, false says that they are there.
            for parameters in ["requestParameters", "responseParameters"] {
                told_apart(method, parameters);
            }
            for response in method["methodResponses"].as_object_mut().into_iter().flat_map(Map::values_mut) {
                told_apart(response, "responseParameters");
            }
            let integration = &mut method["methodIntegration"];
            for (name, default) in [("timeoutInMillis", json!(29_000)), ("connectionType", "INTERNET".into())]
            {
                if integration.get(name) == Some(&default) {
                    integration[name] = Value::Null;
                }
            }
        }
        let methods = said(methods);
        if methods != Value::Null {
            resources.push(json!([resource.path, methods]));
        }
    }
    resources.sort_by_key(Value::to_string);
    let schema = |text: &Option<String>| serde_json::from_str::<Value>(text.as_deref().unwrap()).unwrap();
    let mut models: Vec<Value> =
        definition.models.iter().map(|model| sorted(json!([model.name, schema(&model.schema)]))).collect();
    models.sort_by_key(Value::to_string);
    let mut rest_api = json!(definition.rest_api);
    rest_api.as_object_mut().unwrap().shift_remove("id");
    said(sorted(json!({
        "restApi": rest_api, "resources": resources, "models": models,
        "requestValidators": definition.request_validators, "authorizers": definition.authorizers,
        "gatewayResponses": definition.gateway_responses,
    })))
}

fn told_apart(of: &mut Value, name: &str) {
    for required in of[name].as_object_mut().into_iter().flat_map(Map::values_mut) {
        *required = if *required == json!(true) { "required" } else { "optional" }.into();
    }
}

/// Without what is nothing.
fn said(value: Value) -> Value {
    let is_nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    let value = match value {
        Value::Object(map) => {
            let kept = map.into_iter().map(|(name, value)| (name, said(value)));
            Value::Object(kept.filter(|(_, value)| !is_nothing(value)).collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(said).collect()),
        other => other,
    };
    if is_nothing(&value) { Value::Null } else { value }
}

/// Members in the order of their names.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// A definition without the models that no method leads to: a document has only the others.
fn with_used_models(mut definition: Definition) -> Definition {
    let methods = json!(definition.resources.iter().map(|of| &of.resource_methods).collect::<Vec<_>>());
    let uses = |name: &str| methods.to_string().contains(&format!("\":\"{name}\""));
    let (pet, toy) = (uses("Pet"), uses("Pet") || uses("Toy"));
    definition.models.retain(|model| if model.name.as_deref() == Some("Pet") { pet } else { toy });
    definition
}

proptest! {
    #[test]
    fn what_is_exported_imports_to_the_same_api(
        choices in proptest::collection::vec(any::<u8>(), 0..600),
        kind in prop_oneof![Just(Kind::Swagger), Just(Kind::OpenApi30)],
        as_yaml in any::<bool>(),
    ) {
        let before = with_used_models(definition(api(&mut Tape(choices.iter()), kind)));
        let exported = exported(&before, kind, "integrations,authorizers").unwrap();
        let text = if as_yaml { to_yaml(&exported) } else { to_json(&exported) };
        let document = crate::text::read(text.as_bytes()).unwrap();
        let how = Import {
            api_id: "abc",
            account: "123456789012",
            region: "us-east-1",
            base_path: BasePath::Ignore,
            documentation: false,
        };
        let imported = import(document, &how).unwrap();
        prop_assert_eq!(&imported.warnings, &Vec::<String>::new());
        let (before, after) = (meaning(&before), meaning(&imported.definition));
        prop_assert!(before == after, "{}\n\n{:#}\n\n{:#}", text, before, after);
    }
}
