//! What is not built yet refuses traffic, and says so to the operator.

use serde_json::{Value, json};

use crate::backend::Backend;
use crate::house::{Api, House};

#[track_caller]
fn refuses(method: Value, api: Value, reason: &str) {
    let backend = Backend::quiet();
    let mut method = method;
    if method.get("methodIntegration").is_none() {
        method["methodIntegration"] =
            json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": backend.uri("/secret")});
    }
    let house = House::of(&Api::of(json!({"/secret": {"GET": method}})).api(api));
    house.get("/prod/secret").is_internal_server_error();
    assert!(backend.received_nothing());
    let reasons: Vec<_> = house.remarks.iter().map(|remark| remark.what.as_str()).collect();
    assert_eq!(reasons, [reason]);
}

#[test]
fn restricted_methods_let_nobody_in() {
    let reason = "the authorization type SOMETHING_NEW is not built yet, so the request is refused";
    refuses(json!({"authorizationType": "SOMETHING_NEW"}), json!({}), reason);
}

#[test]
fn unbuilt_integrations_refuse() {
    let integration = json!({"type": "AWS_PROXY", "httpMethod": "POST",
        "uri": "arn:aws:apigateway:us-west-2:firehose:action/PutRecord"});
    refuses(
        json!({"authorizationType": "NONE", "methodIntegration": integration}),
        json!({}),
        "the AWS integration with firehose is not built yet, so the request is refused",
    );
}

/// What only an operator can say is not guessed.
#[test]
fn backends_that_nobody_has_named_are_not_called() {
    let integration =
        |integration: Value| json!({"authorizationType": "NONE", "methodIntegration": integration});
    let aws = |rest: &str, credentials: Value| {
        json!({"type": "AWS", "httpMethod": "POST", "uri": format!("arn:aws:apigateway:us-west-2:{rest}"),
            "credentials": credentials})
    };
    let role = json!("arn:aws:iam::000000000000:role/r");
    for (stored, reason) in [
        (
            json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://127.0.0.1:1/",
                "connectionType": "VPC_LINK", "connectionId": "v1"}),
            "there is no VPC link v1",
        ),
        (
            json!({"type": "HTTP", "httpMethod": "GET", "uri": "http://127.0.0.1:1/",
                "connectionType": "VPC_LINK", "connectionId": "${stageVariables.link}"}),
            "the stage variable link is not defined",
        ),
        (
            aws("s3:path/b/k", json!(null)),
            "the integration with s3 names no role by whose right it is called",
        ),
        (
            aws("dynamodb:action/Scan", role.clone()),
            "no endpoint is configured for the AWS service dynamodb: name one under [aws_endpoints], dynamodb = \
             \"http://…\" or default = \"aws\"",
        ),
        (
            aws("{b}.s3:path/k", role.clone()),
            "Invalid endpoint address: arn:aws:apigateway:us-west-2:{b}.s3:path/k names no host",
        ),
        (
            aws("lambda:path/2015-03-31/functions/f/invocations?x=1", role.clone()),
            "Invalid endpoint address: arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/f/invocations?x=1 \
             does not invoke a Lambda function",
        ),
    ] {
        refuses(integration(stored), json!({}), reason);
    }
}

#[test]
fn private_and_disabled_apis_are_forbidden() {
    for (settings, reason) in [
        (
            json!({"endpointConfiguration": {"types": ["PRIVATE"]}}),
            "the API is private and has no resource policy",
        ),
        (json!({"disableExecuteApiEndpoint": true}), "the API's default endpoint is disabled"),
    ] {
        let api = Api::with("/x", "GET", json!({"type": "MOCK"})).api(settings);
        let house = House::of(&api);
        house.get("/prod/x").is_forbidden();
        house.get("/prod/unknown").is_forbidden();
        assert_eq!(house.remarks[0].what, reason);
    }
}

#[test]
fn none_in_any_casing_restricts_nothing() {
    let method = json!({"authorizationType": "none", "apiKeyRequired": false, "requestValidatorId": "",
        "methodIntegration": {"type": "MOCK", "requestTemplates": {"application/json": "{statusCode: 200}"},
            "integrationResponses": {"200": {"statusCode": "200"}}}});
    let house = House::of(&Api::of(json!({"/x": {"GET": method}})).api(json!({"policy": ""})));
    assert_eq!(house.get("/prod/x").status, 200);
    assert_eq!(house.remarks, []);
}

#[test]
fn a_validator_that_validates_nothing_restricts_nothing() {
    let of = |validator: Value| {
        let mut method = json!({"authorizationType": "NONE", "requestValidatorId": "v1"});
        method["methodIntegration"] = json!({"type": "MOCK", "requestTemplates": {"application/json": "{statusCode: 200}"},
            "integrationResponses": {"200": {"statusCode": "200"}}});
        let api = Api::of(json!({"/x": {"GET": method}})).more(json!({"request_validators": [validator]}));
        House::of(&api).get("/prod/x").status
    };
    assert_eq!(
        of(json!({"id": "v1", "validateRequestBody": false, "validateRequestParameters": false})),
        200
    );
    assert_eq!(of(json!({"id": "v1"})), 200);
}

#[test]
fn what_restricts_nothing_is_served_and_told() {
    let api = Api::with("/x", "GET", json!({"type": "MOCK"})).stage(json!({
        "cacheClusterEnabled": true,
        "methodSettings": {"*/*": {"loggingLevel": "INFO"}},
        "accessLogSettings": {"format": "$context.requestId", "destinationArn": "arn:aws:firehose:us-west-2:1:deliverystream/amazon-apigateway-x"},
    }));
    let house = House::of(&api);
    let told: Vec<_> = house.remarks.iter().map(|remark| remark.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "asks for execution logs, but its account names no role that may write them",
            "access logs to arn:aws:firehose:us-west-2:1:deliverystream/amazon-apigateway-x are not built yet",
        ]
    );
}
