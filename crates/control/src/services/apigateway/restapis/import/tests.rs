use api::Blob;
use serde_json::{Value, json};

use super::super::super::test_frame::{Frame, bad_request, not_found, text, with};
use super::super::authorizers::get_authorizers;
use super::super::deployments::create_deployment;
use super::super::documentation::parts::get_documentation_parts;
use super::super::gateway_responses::get_gateway_responses;
use super::super::get_rest_apis;
use super::super::models::get_models;
use super::super::request_validators::get_request_validators;
use super::super::resources::get_resources;
use super::super::stages::get_stages;
use super::*;

const FUNCTION: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
                        arn:aws:lambda:us-east-1:000000000000:function:f/invocations";

fn blob(text: &str) -> String {
    Blob::from(text.as_bytes().to_vec()).to_base64()
}

/// The input of an import, `more` included.
fn input(document: &Value, more: Value) -> Value {
    with(json!({"body": blob(&document.to_string())}), more)
}

fn swagger(members: Value) -> Value {
    with(json!({"swagger": "2.0", "info": {"title": "t", "version": "1"}}), members)
}

fn mock() -> Value {
    json!({"x-amazon-apigateway-integration": {"type": "mock"}})
}

fn import(frame: &Frame, document: &Value) -> String {
    text(&frame.ok(import_rest_api, input(document, json!({}))), "id")
}

fn put(frame: &Frame, api: &str, mode: &str, document: &Value) -> Value {
    frame.ok(put_rest_api, input(document, json!({"restApiId": api, "mode": mode})))
}

/// Path, id and verbs of every resource.
fn resources(frame: &Frame, api: &str) -> Vec<(String, String, Vec<String>)> {
    let listed = frame.ok(get_resources, json!({"restApiId": api}));
    let verbs = |item: &Value| {
        let methods = item["resourceMethods"].as_object();
        methods.into_iter().flatten().map(|(verb, _)| verb.clone()).collect()
    };
    listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (text(item, "path"), text(item, "id"), verbs(item)))
        .collect()
}

fn paths(frame: &Frame, api: &str) -> Vec<String> {
    resources(frame, api).into_iter().map(|(path, _, _)| path).collect()
}

fn names(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| text(item, "name")).collect()
}

/// Recorded from AWS.
#[test]
fn an_imported_api_has_awss_defaults_and_no_models_of_its_own() {
    let frame = Frame::new();
    let answer = frame.ok(import_rest_api, input(&swagger(json!({"paths": {}})), json!({})));
    let id = text(&answer, "id");
    assert_eq!(id.len(), 10);
    assert_eq!(
        answer,
        json!({
            "id": id,
            "name": "t",
            "version": "1",
            "createdDate": answer["createdDate"],
            "apiKeySource": "HEADER",
            "disableExecuteApiEndpoint": false,
            "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
            "rootResourceId": answer["rootResourceId"],
        })
    );
    assert_eq!(paths(&frame, &id), ["/"]);
    assert_eq!(frame.ok(get_models, json!({"restApiId": id})), json!({"items": []}));
}

/// API Gateway API reference, `ImportRestApi`.
#[test]
fn parameters_say_what_the_document_does_not() {
    let frame = Frame::new();
    let document = swagger(json!({
        "basePath": "/a/b",
        "paths": {"/c": {}},
        "x-amazon-apigateway-documentation": {"documentationParts": [{"location": {"type": "API"}, "properties": {}}]},
    }));
    let imported =
        |parameters: Value| frame.ok(import_rest_api, input(&document, json!({"parameters": parameters})));
    let private = imported(json!({
        "endpointConfigurationTypes": "PRIVATE", "vpcEndpointIds": "vpce-1, vpce-2", "mode": "import",
    }));
    assert_eq!(
        private["endpointConfiguration"],
        json!({"types": ["PRIVATE"], "ipAddressType": "dualstack", "vpcEndpointIds": ["vpce-1", "vpce-2"]})
    );
    let regional = imported(json!({"endpointConfigurationTypes": "REGIONAL", "ignore": "documentation"}));
    assert_eq!(regional["endpointConfiguration"], json!({"types": ["REGIONAL"], "ipAddressType": "ipv4"}));
    let parts =
        |api: &Value| frame.ok(get_documentation_parts, json!({"restApiId": api["id"]}))["items"].clone();
    assert_eq!(parts(&private).as_array().unwrap().len(), 1);
    assert_eq!(parts(&regional), json!([]));
    for (base_path, expected) in [
        (json!({"basepath": "ignore"}), vec!["/", "/c"]),
        (json!({"basepath": "prepend"}), vec!["/", "/a", "/a/b", "/a/b/c"]),
        (json!({"basePath": "split"}), vec!["/", "/b", "/b/c"]),
    ] {
        assert_eq!(paths(&frame, &text(&imported(base_path), "id")), expected);
    }
    for (parameters, expected) in [
        (json!({"basepath": "drop"}), "Invalid basepath specified. Valid options are ignore,prepend,split"),
        (
            json!({"endpointConfigurationTypes": "LOCAL"}),
            "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
        ),
        (
            json!({"endpointConfigurationTypes": "EDGE,REGIONAL"}),
            "Cannot create an api with multiple Endpoint Types.",
        ),
        (json!({"vpcEndpointIds": "vpce-1"}), "VPCEndpoints can only be specified with PRIVATE apis."),
    ] {
        let refused = frame.refused(import_rest_api, input(&document, json!({"parameters": parameters})));
        assert_eq!(refused, bad_request(expected));
    }
}

/// Recorded from AWS: the document is parsed before the API is looked up.
#[test]
fn what_is_no_openapi_is_refused() {
    let frame = Frame::new();
    let (api, _) = frame.rest_api();
    for body in ["", "x", "{", "[1]", "{}", "swagger: [", "{\"swagger\": \"1.2\"}", "a: &a [*a]"] {
        let body = blob(body);
        assert_eq!(
            frame.refused(import_rest_api, json!({"body": body})),
            bad_request("Invalid OpenAPI input.")
        );
        let input = json!({"restApiId": api, "body": body});
        assert_eq!(frame.refused(put_rest_api, input), bad_request("Invalid OpenAPI input."));
    }
    let unknown = |body: &str| frame.refused(put_rest_api, json!({"restApiId": "nope", "body": blob(body)}));
    for body in ["{", "{}"] {
        assert_eq!(unknown(body), bad_request("Invalid OpenAPI input."));
    }
    assert_eq!(
        unknown(&swagger(json!({})).to_string()),
        not_found("Invalid API identifier specified 000000000000:nope")
    );
    let large = " ".repeat(6 * 1024 * 1024 + 1);
    assert_eq!(
        frame.refused(import_rest_api, json!({"body": blob(&large)})),
        bad_request("Invalid OpenAPI input. The maximum size of the API definition file is 6MB.")
    );
    let untitled = json!({"body": blob("swagger: '2.0'\npaths: {}\n")});
    assert_eq!(frame.refused(import_rest_api, untitled), bad_request("Invalid API name specified"));
}

#[test]
fn methods_name_validators_and_authorizers_by_their_ids() {
    let frame = Frame::new();
    let document = swagger(json!({
        "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": true}},
        "securityDefinitions": {"auth": {
            "type": "apiKey", "name": "Auth", "in": "header", "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": FUNCTION},
        }},
        "paths": {"/pets": {"get": with(mock(), json!({
            "x-amazon-apigateway-request-validator": "all", "security": [{"auth": []}],
        }))}},
    }));
    let api = import(&frame, &document);
    let method = |frame: &Frame| {
        let listed = frame.ok(get_resources, json!({"restApiId": api, "embed": ["methods"]}));
        (listed["items"][1]["id"].clone(), listed["items"][1]["resourceMethods"]["GET"].clone())
    };
    let validators = frame.ok(get_request_validators, json!({"restApiId": api}));
    let authorizers = frame.ok(get_authorizers, json!({"restApiId": api}));
    let (id, first) = method(&frame);
    assert_eq!(first["requestValidatorId"], validators["items"][0]["id"]);
    assert_eq!(first["authorizerId"], authorizers["items"][0]["id"]);
    assert_eq!(first["authorizationType"], "CUSTOM");
    assert_eq!(
        first["methodIntegration"],
        json!({
            "type": "MOCK",
            "timeoutInMillis": 29_000,
            "passthroughBehavior": "WHEN_NO_MATCH",
            "cacheNamespace": id,
            "cacheKeyParameters": [],
        })
    );
    // A second time, nothing has another id.
    for mode in ["merge", "overwrite"] {
        put(&frame, &api, mode, &document);
        assert_eq!(method(&frame), (id.clone(), first.clone()));
    }
}

/// Recorded from AWS, but for what the developer guide says of methods ("Import an OpenAPI file to
/// update an existing API definition").
#[test]
fn a_merge_unites_and_an_overwrite_replaces() {
    let frame = Frame::new();
    let first = swagger(json!({
        "info": {"title": "one", "description": "first", "version": "1"},
        "x-amazon-apigateway-binary-media-types": ["image/png"],
        "x-amazon-apigateway-minimum-compression-size": 10,
        "x-amazon-apigateway-gateway-responses": {"THROTTLED": {"statusCode": 420}},
        "definitions": {"A": {"type": "object"}, "B": {"type": "object"}},
        "paths": {"/a": {"get": mock(), "post": mock()}, "/b/c": {"get": mock()}},
    }));
    let second = swagger(json!({
        "info": {"title": "two", "version": "2"},
        "x-amazon-apigateway-binary-media-types": ["image/gif", "image/png"],
        "definitions": {"B": {"type": "string"}, "C": {"type": "object"}},
        "paths": {"/a": {"get": with(mock(), json!({"operationId": "new"}))}, "/b": {"get": mock()}, "/d": {}},
    }));
    let api = import(&frame, &first);
    let before = resources(&frame, &api);
    let models = || names(&frame.ok(get_models, json!({"restApiId": api})));
    let customized = || {
        let all = frame.ok(get_gateway_responses, json!({"restApiId": api}))["items"].clone();
        all.as_array().unwrap().iter().filter(|response| response["defaultResponse"] == false).count()
    };

    let merged = put(&frame, &api, "merge", &second);
    assert_eq!(
        json!([merged["name"], merged["description"], merged["version"], merged["binaryMediaTypes"]]),
        json!(["two", "first", "2", ["image/png", "image/gif"]])
    );
    assert_eq!((merged["minimumCompressionSize"].clone(), merged["tags"].clone()), (json!(10), json!({})));
    let now = resources(&frame, &api);
    let verbs = |path: &str, verbs: &[&str]| {
        let found = now.iter().find(|(known, _, _)| known == path).unwrap();
        assert_eq!(found.2, verbs, "{path}");
    };
    verbs("/a", &["GET", "POST"]);
    verbs("/b", &["GET"]);
    verbs("/b/c", &["GET"]);
    verbs("/d", &[]);
    let ids = |list: &[(String, String, Vec<String>)], path: &str| {
        list.iter().find(|(known, _, _)| known == path).unwrap().1.clone()
    };
    for path in ["/", "/a", "/b", "/b/c"] {
        assert_eq!(ids(&now, path), ids(&before, path));
    }
    assert_eq!((models(), customized()), (vec!["A".to_owned(), "B".to_owned(), "C".to_owned()], 1));

    let over = put(&frame, &api, "overwrite", &second);
    assert_eq!(
        json!([over["name"], over["description"], over["version"], over["binaryMediaTypes"]]),
        json!(["two", null, "2", ["image/gif", "image/png"]])
    );
    assert_eq!(over["minimumCompressionSize"], json!(null));
    let now = resources(&frame, &api);
    let shown: Vec<_> = now.iter().map(|(path, _, verbs)| (path.as_str(), verbs.join(","))).collect();
    let expected = [("/", ""), ("/a", "GET"), ("/b", "GET"), ("/d", "")];
    assert_eq!(shown, expected.map(|(path, verbs)| (path, verbs.to_owned())));
    for path in ["/", "/a", "/b"] {
        assert_eq!(ids(&now, path), ids(&before, path));
    }
    assert_eq!((models(), customized()), (vec!["B".to_owned(), "C".to_owned()], 0));
}

/// "Import an OpenAPI file to update an existing API definition": the endpoint's type and the stages
/// stay.
#[test]
fn an_overwrite_keeps_endpoint_stages_and_tags() {
    let frame = Frame::new();
    let parameters = json!({"parameters": {"endpointConfigurationTypes": "REGIONAL"}});
    let document = swagger(json!({"paths": {"/": {"get": mock()}}}));
    let api = text(&frame.ok(import_rest_api, input(&document, parameters)), "id");
    frame.ok(create_deployment, json!({"restApiId": api, "stageName": "dev"}));
    let stages = frame.ok(get_stages, json!({"restApiId": api}));
    let other =
        json!({"parameters": {"endpointConfigurationTypes": "EDGE"}, "restApiId": api, "mode": "overwrite"});
    let over = frame.ok(put_rest_api, input(&swagger(json!({})), other));
    assert_eq!(over["endpointConfiguration"], json!({"types": ["REGIONAL"], "ipAddressType": "ipv4"}));
    assert_eq!(frame.ok(get_stages, json!({"restApiId": api})), stages);
}

/// The frames are as users of AWS report them. Nothing is left of what was refused.
#[test]
fn all_broken_rules_are_told_and_nothing_is_changed() {
    let frame = Frame::new();
    let api = import(&frame, &swagger(json!({"paths": {"/kept": {"get": mock()}}})));
    let before = (resources(&frame, &api), frame.ok(get_rest_apis, json!({})));
    let integration = |given: Value| json!({"x-amazon-apigateway-integration": given});
    let broken = swagger(json!({
        "definitions": {"in_valid": {"type": "object"}, "Bad": {"type": "thing"}},
        "securityDefinitions": {"auth": {"x-amazon-apigateway-authorizer": {"type": "token"}}},
        "x-amazon-apigateway-gateway-responses": {"THROTTLED": {"responseParameters": {"x": "'y'"}}},
        "paths": {
            "/a b": {"get": mock()},
            "/{a}": {"get": integration(json!({"type": "http", "httpMethod": "GET", "uri": "ftp://x"}))},
            "/{b}": {"get": mock()},
            "/c": {
                "get": with(mock(), json!({"x-amazon-apigateway-request-validator": "nope"})),
                "put": integration(json!({"type": "aws", "httpMethod": "POST", "uri": "arn:aws:s3:::x"})),
                "post": integration(json!({"type": "mock", "responses": {"default": {
                    "statusCode": 200, "responseParameters": {"method.response.header.a": "'b'"},
                }}})),
            },
        },
    }));
    let invalid = "Invalid mapping expression specified: Validation Result: warnings : [], errors";
    let expected = [
        "Errors found during import:".to_owned(),
        "Unable to create model 'in_valid': Model name must be alphanumeric: in_valid".to_owned(),
        "Unable to create model 'Bad': Invalid model specified: Validation Result: warnings : [], errors : [Invalid \
         model schema specified]"
            .to_owned(),
        "Unable to create authorizer 'auth': Invalid Authorizer URI: null. Authorizer URI should be a valid API \
         Gateway ARN that represents a Lambda function invocation."
            .to_owned(),
        format!("Unable to put gateway response 'THROTTLED': {invalid} : [Invalid mapping expression parameter specified: x]"),
        "Unable to create resource at path '/a b': Resource's path part only allow a-zA-Z0-9._-: or a valid greedy \
         path variable and curly braces at the beginning and the end."
            .to_owned(),
        "Unable to put integration response on 'POST' for resource at path '/c': Invalid mapping expression specified: \
         Validation Result: warnings : [], errors : [No method response exists for method.]"
            .to_owned(),
        "Unable to put integration on 'PUT' for resource at path '/c': AWS ARN for integration must contain path or \
         action"
            .to_owned(),
        "Unable to put method 'GET' on resource at path '/c': Invalid Request Validator identifier specified".to_owned(),
        "Unable to put integration on 'GET' for resource at path '/{a}': Invalid HTTP endpoint specified for URI".to_owned(),
        "Unable to create resource at path '/{b}': A sibling ({a}) of this resource already has a variable path part \
         -- only one is allowed"
            .to_owned(),
    ];
    let told = |refused: String| {
        let text =
            refused.strip_prefix("400 BadRequestException \"").unwrap().strip_suffix('"').unwrap().to_owned();
        let mut lines: Vec<_> = text.split("\n\t").map(str::to_owned).collect();
        lines[1..].sort();
        lines
    };
    let mut sorted = expected.clone();
    sorted[1..].sort();
    assert_eq!(told(frame.refused(import_rest_api, input(&broken, json!({})))), sorted);
    let over = input(&broken, json!({"restApiId": api, "mode": "overwrite"}));
    assert_eq!(told(frame.refused(put_rest_api, over)), sorted);
    assert_eq!((resources(&frame, &api), frame.ok(get_rest_apis, json!({}))), before);
}

/// As users of AWS report them.
#[test]
fn warnings_are_answered_or_refused() {
    let frame = Frame::new();
    let document = swagger(
        json!({"paths": {"/": {"get": {"responses": {"200": {"schema": {"$ref": "#/definitions/A"}}}}}}}),
    );
    let warning = "Reference to model 'A' not found. Ignoring.";
    let answer = frame.ok(import_rest_api, input(&document, json!({"failOnWarnings": false})));
    assert_eq!(answer["warnings"], json!([warning]));
    let refused = bad_request(&format!("Warnings found during import:\n\t{warning}"));
    assert_eq!(frame.refused(import_rest_api, input(&document, json!({"failOnWarnings": true}))), refused);
    let strict = json!({"failOnWarnings": true, "restApiId": answer["id"], "mode": "overwrite"});
    assert_eq!(frame.refused(put_rest_api, input(&document, strict)), refused);
    // They are not kept.
    assert_eq!(frame.ok(get_rest_apis, json!({}))["items"][0]["warnings"], json!(null));
}

/// As users of AWS report it.
#[test]
fn circular_references_are_refused() {
    let frame = Frame::new();
    let document = swagger(json!({"paths": {"/a": {"$ref": "#/paths/~1a"}}}));
    assert_eq!(
        frame.refused(import_rest_api, input(&document, json!({}))),
        bad_request("Errors found during import:\n\tReference '#/paths/~1a' is circular.")
    );
}

/// As users of AWS report it.
#[test]
fn limits_are_those_of_the_operations() {
    let frame = Frame::new();
    let paths = |count: usize| {
        let paths: serde_json::Map<_, _> =
            (0..count).map(|n| (format!("/p{n}"), json!({"get": mock()}))).collect();
        swagger(json!({"paths": paths}))
    };
    import(&frame, &paths(299));
    assert_eq!(
        frame.refused(import_rest_api, input(&paths(300), json!({}))),
        "429 LimitExceededException \"Maximum number of Resources for this API has been reached.  Please contact AWS \
         if you need additional Resources.\""
    );
    let validators: serde_json::Map<_, _> = (0..21).map(|n| (format!("v{n}"), json!({}))).collect();
    let validators = swagger(json!({"x-amazon-apigateway-request-validators": validators}));
    let refused = frame.refused(import_rest_api, input(&validators, json!({})));
    assert!(refused.starts_with("429 LimitExceededException"), "{refused}");
}

/// The policy is escaped in answers, and its resources are written out (recorded from AWS).
#[test]
fn a_policy_is_imported() {
    let frame = Frame::new();
    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    let document = swagger(json!({"x-amazon-apigateway-policy": policy}));
    let answer = frame.ok(import_rest_api, input(&document, json!({})));
    let (id, policy) = (text(&answer, "id"), text(&answer, "policy"));
    assert!(policy.contains(&format!("arn:aws:execute-api:us-east-1:000000000000:{id}/*")), "{policy}");
    assert!(policy.starts_with("{\\\"Version\\\""), "{policy}");
    // An overwrite without one removes it.
    assert_eq!(put(&frame, &id, "merge", &swagger(json!({})))["policy"], json!(policy));
    assert_eq!(put(&frame, &id, "overwrite", &swagger(json!({})))["policy"], json!(null));
    let bad = swagger(json!({"x-amazon-apigateway-policy": {"Statement": 1}}));
    assert_eq!(
        frame.refused(import_rest_api, input(&bad, json!({}))),
        bad_request(
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
        )
    );
}
