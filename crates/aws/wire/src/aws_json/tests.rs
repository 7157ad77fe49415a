use serde_json::json;

use crate::testing::{body, found, request};
use crate::{ServiceError, decode, encode, encode_error};

// As botocore 1.43.11 sends it.
const PUT: [(&str, &str); 2] =
    [("X-Amz-Target", "Logs_20140328.PutLogEvents"), ("Content-Type", "application/x-amz-json-1.1")];

#[test]
fn the_body_is_the_input() {
    let text = r#"{"logGroupName": "/aws/lambda/f", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]}"#;
    let request = request("POST", "/", &PUT, text);
    assert_eq!(
        decode(&found(&request, "logs"), &request).unwrap(),
        json!({"logGroupName": "/aws/lambda/f", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]})
    );
}

#[test]
fn a_target_of_another_service_is_unknown() {
    let request = request("POST", "/", &[("x-amz-target", "DynamoDB_20120810.PutLogEvents")], "{}");
    let error = crate::dispatch(&request, Some("logs")).unwrap_err();
    assert_eq!(error.message(), Some("The operation DynamoDB_20120810.PutLogEvents is unknown."));
}

#[test]
fn results_and_errors_are_json_bodies() {
    let operation = found(&request("POST", "/", &PUT, ""), "logs").operation;
    let response = encode(operation, json!({"nextSequenceToken": "t"}), "r-1");
    assert_eq!((response.status().as_u16(), body(&response)), (200, r#"{"nextSequenceToken":"t"}"#));
    assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.1");
    assert_eq!(response.headers()["x-amzn-requestid"], "r-1");

    let table = &api::logs::errors::RESOURCE_NOT_FOUND_EXCEPTION;
    let error = ServiceError::new(table, "The specified log group does not exist.");
    let response = encode_error(Some(&api::logs::SERVICE), &error, "r-1");
    assert_eq!(response.status(), 400);
    let text =
        r#"{"__type":"ResourceNotFoundException","message":"The specified log group does not exist."}"#;
    assert_eq!(body(&response), text);
}

#[test]
fn an_operation_without_output_answers_with_nothing() {
    let operation = <api::logs::operations::CreateLogGroup as api::Operation>::TABLE;
    assert_eq!(body(&encode(operation, json!({}), "r-1")), "");
}

// CloudWatch Logs API reference, "Common Errors".
#[test]
fn every_fault_of_the_caller_is_400() {
    for (error, code) in [
        (ServiceError::missing_authentication_token(), "MissingAuthenticationTokenException"),
        (ServiceError::unrecognized_client(), "UnrecognizedClientException"),
        (ServiceError::throttling(), "ThrottlingException"),
        (ServiceError::validation("v"), "InvalidParameterException"),
    ] {
        assert_eq!(error.status(Some(&api::logs::SERVICE)), 400);
        assert_eq!(error.code(Some(&api::logs::SERVICE)), code);
    }
    assert_eq!(ServiceError::internal_failure().status(Some(&api::logs::SERVICE)), 500);
}
