//! What cannot be deployed, and what can although it will not run.

use api::apigateway::Stage;
use base::Scope;
use gateway::rest::{self, Surroundings};
use serde_json::{Value, json};

use crate::house::{Api, House};

fn faults(resources: Value) -> Vec<String> {
    let snapshot = Api::of(resources).snapshot();
    let faults = rest::faults(&snapshot);
    // A stage that is compiled in place of the check says the same.
    let (scope, stage) = (Scope::new("000000000000", "us-west-2"), Stage::default());
    let stage = Stage { stage_name: Some("prod".into()), ..stage };
    let compiled = rest::compile_stage(&scope, &stage, &snapshot, Surroundings::default());
    assert_eq!(compiled.is_ok_and(|(compiled, _)| compiled.is_deployable()), faults.is_empty());
    faults.iter().map(|fault| format!("{}: {}", fault.place, fault.why)).collect()
}

fn method(integration: Value) -> Value {
    json!({"/pets": {"GET": {"authorizationType": "NONE", "methodIntegration": integration}}})
}

#[test]
fn an_api_needs_methods_and_methods_need_integrations() {
    assert_eq!(faults(json!({"/": {}})), [": The REST API doesn't contain any methods"]);
    assert_eq!(
        faults(json!({"/pets": {"GET": {"authorizationType": "NONE"}}})),
        ["/pets GET: No integration defined for method"]
    );
}

#[test]
fn templates_that_are_not_understood_are_refused() {
    assert_eq!(
        faults(method(json!({"type": "MOCK", "requestTemplates": {"application/json": "#set($a = 1\n{}"}}))),
        [
            "/pets GET: the request template: the template for application/json: line 2, column 1: \"{\" is not expected here"
        ]
    );
    assert_eq!(
        faults(method(json!({"type": "MOCK", "integrationResponses": {
            "200": {"statusCode": "200", "responseTemplates": {"application/json": "{\"a\": #include('x')}"}}}}))),
        [
            "/pets GET: the response 200: the template for application/json: line 1, column 7: the directive #include reads files, of which there are none"
        ]
    );
}

#[test]
fn mappings_and_patterns_that_cannot_run_are_refused() {
    let http = |more: Value| {
        let mut integration = json!({"type": "HTTP", "httpMethod": "GET", "uri": "http://127.0.0.1:1/"});
        integration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        faults(method(integration))
    };
    assert_eq!(
        http(json!({"requestParameters": {"integration.request.header.X": "method.request.body.$.a.."}})),
        [
            "/pets GET: the request parameters: Invalid mapping expression specified: method.request.body.$.a.. (the path must not end with a '.' or '..')"
        ]
    );
    assert_eq!(
        http(json!({"requestParameters": {"integration.request.header.X": "true"}})),
        ["/pets GET: the request parameters: Invalid mapping expression specified: true"]
    );
    let pattern =
        http(json!({"integrationResponses": {"400": {"statusCode": "400", "selectionPattern": "(?=x)"}}}));
    assert!(
        pattern[0]
            .starts_with("/pets GET: the selection pattern \"(?=x)\" of the response 400 cannot be run")
    );
}

#[test]
fn colliding_resources_are_refused() {
    let mock = json!({"GET": {"methodIntegration": {"type": "MOCK"}}});
    assert_eq!(faults(json!({"/{a}": mock, "/{b}": mock})), ["/{b}: /{b} collides with another resource"]);
}

/// As on AWS, where these are found out by the first request.
#[test]
fn what_fails_at_run_time_can_be_deployed() {
    let lambda = "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/f/invocations";
    for integration in [
        json!({"type": "MOCK"}),
        json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://${stageVariables.host}/"}),
        json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://127.0.0.1:1/{unmapped}"}),
        json!({"type": "HTTP", "httpMethod": "GET", "uri": "http://127.0.0.1:1/",
            "requestParameters": {"integration.request.header.Content-Length": "'1'"}}),
        json!({"type": "AWS_PROXY", "httpMethod": "GET", "uri": lambda}),
        json!({"type": "AWS", "httpMethod": "POST", "uri": "arn:aws:apigateway:us-west-2:s3:path/b/k"}),
    ] {
        let resources = method(integration.clone());
        assert_eq!(faults(resources.clone()), Vec::<String>::new(), "{integration}");
        House::of(&Api::of(resources)).get("/prod/pets").is_internal_server_error();
    }
}

#[test]
fn restricted_methods_can_be_deployed() {
    let resources = json!({"/pets": {"GET": {"authorizationType": "CUSTOM", "authorizerId": "a1",
        "methodIntegration": {"type": "MOCK"}}}});
    assert_eq!(faults(resources), Vec::<String>::new());
}
