use api::apigateway::errors;
use base64_text as b64;
use serde_json::{Value, json};

use crate::testing::{body, found, request};
use crate::{ServiceError, decode, encode, encode_error};

/// Base64 by the shape that carries it.
fn base64_text(bytes: &[u8]) -> String {
    api::Blob::from(bytes.to_vec()).to_base64()
}

// The requests are those that botocore 1.43.11 sends.
fn decoded(method: &str, target: &str, scope: &str, headers: &[(&str, &str)], text: &str) -> Value {
    let request = request(method, target, headers, text);
    decode(&found(&request, scope), &request).unwrap()
}

#[test]
fn path_and_body_make_one_input() {
    let text = r#"{"stageName": "dev", "deploymentId": "d1", "variables": {"a": "b"}, "cacheClusterEnabled": true, "unknown": [{}]}"#;
    assert_eq!(
        decoded("POST", "/restapis/abc/stages", "apigateway", &[], text),
        json!({"stageName": "dev", "deploymentId": "d1", "variables": {"a": "b"}, "cacheClusterEnabled": true, "restApiId": "abc"})
    );
}

#[test]
fn wire_names_become_member_names() {
    // `httpMethod` in the body is another member than the one in the path.
    assert_eq!(
        decoded(
            "PUT",
            "/restapis/a/resources/b/methods/GET/integration",
            "apigateway",
            &[],
            r#"{"type": "MOCK", "httpMethod": "POST"}"#
        ),
        json!({"type": "MOCK", "integrationHttpMethod": "POST", "restApiId": "a", "resourceId": "b", "httpMethod": "GET"})
    );
    assert_eq!(
        decoded(
            "POST",
            "/v2/apis/a1/routes",
            "apigateway",
            &[],
            r#"{"routeKey": "GET /pets/{id}", "authorizationScopes": ["x"]}"#
        ),
        json!({"RouteKey": "GET /pets/{id}", "AuthorizationScopes": ["x"], "ApiId": "a1"})
    );
}

#[test]
fn labels_are_decoded_after_they_matched() {
    let arn = "arn:aws:apigateway:us-east-1::/restapis/abc";
    let target =
        "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fabc?tagKeys=a%20b&tagKeys=c%26d";
    assert_eq!(
        decoded("DELETE", target, "apigateway", &[], ""),
        json!({"resourceArn": arn, "tagKeys": ["a b", "c&d"]})
    );
    assert_eq!(
        decoded("GET", "/domainnames/example.com/basepathmappings/%28none%29", "apigateway", &[], ""),
        json!({"domainName": "example.com", "basePath": "(none)"})
    );
}

#[test]
fn query_members_have_their_types() {
    assert_eq!(
        decoded("GET", "/restapis/a/resources?embed=methods&limit=5&position=x%2By", "apigateway", &[], ""),
        json!({"restApiId": "a", "position": "x+y", "limit": 5, "embed": ["methods"]})
    );
    let request = request("GET", "/restapis?limit=many", &[], "");
    let error = decode(&found(&request, "apigateway"), &request).unwrap_err();
    assert_eq!(
        error.to_string(),
        "SerializationException: class java.lang.String can not be converted to an Integer"
    );
}

#[test]
fn a_map_in_the_query_is_all_that_nothing_else_claims() {
    let document = r#"{"swagger":"2.0"}"#;
    let target = "/restapis?mode=import&failonwarnings=true&basepath=prepend&endpointConfigurationTypes=REGIONAL\
                  &X-Amz-Date=20261123T000000Z";
    assert_eq!(
        decoded("POST", target, "apigateway", &[], document),
        json!({
            "failOnWarnings": true,
            "parameters": {"basepath": "prepend", "endpointConfigurationTypes": "REGIONAL"},
            "body": b64(document.as_bytes()),
        })
    );
}

#[test]
fn headers_and_payload_are_members() {
    let target = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af%3Alive/invocations?Qualifier=%24LATEST";
    let headers = [("X-Amz-Invocation-Type", "Event")];
    assert_eq!(
        decoded("POST", target, "lambda", &headers, "{\"a\":1}"),
        json!({
            "FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:f:live",
            "InvocationType": "Event",
            "Qualifier": "$LATEST",
            "Payload": b64(b"{\"a\":1}"),
        })
    );
    assert_eq!(
        decoded("POST", "/2015-03-31/functions/f/invocations", "lambda", &[], ""),
        json!({"FunctionName": "f"})
    );
    // A body that must be there is there, empty as it is.
    assert_eq!(
        decoded("POST", "/@connections/abc%3D", "execute-api", &[], ""),
        json!({"ConnectionId": "abc=", "Data": ""})
    );
}

#[test]
fn templates_may_be_null_and_other_members_may_not() {
    let text = r#"{"responseTemplates": {"application/json": null, "text/plain": ""},
                   "responseParameters": {"a": null, "b": "c"}, "selectionPattern": null}"#;
    assert_eq!(
        decoded(
            "PUT",
            "/restapis/a/resources/b/methods/GET/integration/responses/200",
            "apigateway",
            &[],
            text
        ),
        json!({
            "responseTemplates": {"application/json": null, "text/plain": ""}, "responseParameters": {"b": "c"},
            "restApiId": "a", "resourceId": "b", "httpMethod": "GET", "statusCode": "200",
        })
    );
}

fn encoded(method: &str, target: &str, scope: &str, output: Value) -> http::Response<bytes::Bytes> {
    let found = found(&request(method, target, &[], ""), scope);
    encode(found.operation, output, "r-1")
}

#[test]
fn version_1_lists_are_item_and_its_moments_are_seconds() {
    let output = json!({"items": [{"id": "a", "createdDate": 1_795_421_083_000_i64}], "position": null});
    let response = encoded("GET", "/restapis", "apigateway", output);
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["x-amzn-requestid"], "r-1");
    assert_eq!(body(&response), r#"{"item":[{"id":"a","createdDate":1795421083}]}"#);

    let response = encoded("GET", "/restapis/a", "apigateway", json!({"createdDate": 1_795_421_083_250_i64}));
    assert_eq!(body(&response), r#"{"createdDate":1795421083.25}"#);
}

#[test]
fn version_2_moments_are_text() {
    let response = encoded(
        "GET",
        "/v2/apis/a",
        "apigateway",
        json!({"ApiId": "a", "CreatedDate": 1_795_421_083_000_i64}),
    );
    assert_eq!(body(&response), r#"{"apiId":"a","createdDate":"2026-11-23T08:04:43Z"}"#);
}

#[test]
fn status_and_body_follow_the_operation() {
    let created = encoded("POST", "/restapis", "apigateway", json!({"id": "a"}));
    assert_eq!((created.status().as_u16(), body(&created)), (201, r#"{"id":"a"}"#));
    let deleted = encoded("DELETE", "/restapis/a", "apigateway", json!({}));
    assert_eq!((deleted.status().as_u16(), body(&deleted)), (202, ""));
    assert!(!deleted.headers().contains_key("content-type"));
    let deleted = encoded("DELETE", "/restapis/a/resources/b/methods/GET", "apigateway", json!({}));
    assert_eq!((deleted.status().as_u16(), body(&deleted)), (204, ""));
    // An empty output is not no output.
    let put = encoded("PATCH", "/account", "apigateway", json!({}));
    assert_eq!((put.status().as_u16(), body(&put)), (200, "{}"));
}

#[test]
fn outputs_reach_into_status_headers_and_payload() {
    let output = json!({"StatusCode": 202, "FunctionError": "Unhandled", "ExecutedVersion": "$LATEST", "Payload": b64(b"{}")});
    let response = encoded("POST", "/2015-03-31/functions/f/invocations", "lambda", output);
    assert_eq!((response.status().as_u16(), body(&response)), (202, "{}"));
    assert_eq!(response.headers()["x-amz-function-error"], "Unhandled");
    assert_eq!(response.headers()["x-amz-executed-version"], "$LATEST");

    let output =
        json!({"contentType": "application/yaml", "contentDisposition": "attachment", "body": b64(b"a: b")});
    let response = encoded("GET", "/restapis/a/stages/s/exports/oas30", "apigateway", output);
    assert_eq!(
        (response.headers()["content-type"].to_str().unwrap(), body(&response)),
        ("application/yaml", "a: b")
    );
}

#[test]
fn an_error_has_its_code_in_a_header_and_its_text_in_the_body() {
    let service = &api::apigateway::SERVICE;
    let error = ServiceError::new(&errors::NOT_FOUND_EXCEPTION, "Invalid Resource identifier specified");
    let response = encode_error(Some(service), &error, "r-1");
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["x-amzn-errortype"], "NotFoundException");
    assert_eq!(response.headers()["x-amzn-requestid"], "r-1");
    assert_eq!(body(&response), r#"{"message":"Invalid Resource identifier specified"}"#);

    let error = ServiceError::new(&errors::TOO_MANY_REQUESTS_EXCEPTION, "Too Many Requests")
        .with("retryAfterSeconds", "2");
    let response = encode_error(Some(service), &error, "r-1");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"2".parse().unwrap())
    );
    assert_eq!(body(&response), r#"{"message":"Too Many Requests"}"#);
}

#[test]
fn lambda_says_who_is_to_blame_and_capitalises_some_messages() {
    let table = &api::lambda::errors::RESOURCE_NOT_FOUND_EXCEPTION;
    let error = ServiceError::new(table, "Function not found: f").with("Type", "User");
    let response = encode_error(Some(&api::lambda::SERVICE), &error, "r-1");
    assert_eq!(response.status(), 404);
    assert_eq!(body(&response), r#"{"Type":"User","Message":"Function not found: f"}"#);
}

// Recorded from AWS: API Gateway writes `Message` for these two and `message` for all others.
#[test]
fn validation_and_serialization_errors_of_api_gateway_have_a_capital_message() {
    let check = |error: &ServiceError, status: u16, code: &str, text: &str| {
        let response = encode_error(Some(&api::apigateway::SERVICE), error, "r-1");
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers()["x-amzn-errortype"], code);
        assert_eq!(body(&response), text);
    };
    check(&ServiceError::validation("v"), 400, "ValidationException", r#"{"Message":"v"}"#);
    check(&ServiceError::serialization("s"), 400, "SerializationException", r#"{"Message":"s"}"#);
    let operation = <api::apigateway::operations::GetSdk as api::Operation>::TABLE;
    let text = r#"{"message":"The operation apigateway:GetSdk is not built."}"#;
    check(&ServiceError::not_implemented(operation), 501, "NotImplemented", text);
    let text = r#"{"message":"Missing Authentication Token"}"#;
    check(&ServiceError::missing_authentication_token(), 403, "MissingAuthenticationTokenException", text);
}
