use std::time::{Duration, Instant};

use super::*;

/// Ends in `expected`, and soon.
fn ends(document: Value, expected: ImportError) {
    let began = Instant::now();
    assert_eq!(import(document, &how()), Err(expected));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn circular_references_are_named() {
    let circular = |reference: &str| ImportError::Circular(reference.to_owned());
    ends(
        swagger(json!({
            "parameters": {"a": {"$ref": "#/parameters/b"}, "b": {"$ref": "#/parameters/a"}},
            "paths": {"/": {"parameters": [{"$ref": "#/parameters/a"}], "get": {}}},
        })),
        circular("#/parameters/a"),
    );
    ends(swagger(json!({"paths": {"/a": {"$ref": "#/paths/~1a"}}})), circular("#/paths/~1a"));
    let response = json!({"responses": {"200": {"$ref": "#/paths/~1/get/responses/200"}}});
    ends(get(response), circular("#/paths/~1/get/responses/200"));
}

/// A document cannot say little and mean much.
#[test]
fn references_do_not_multiply() {
    let headers: serde_json::Map<_, _> = (0..20_000).map(|n| (format!("X-{n}"), json!({}))).collect();
    let statuses: serde_json::Map<_, _> =
        (100..600).map(|status| (status.to_string(), json!({"$ref": "#/responses/Big"}))).collect();
    let paths: serde_json::Map<_, _> =
        (0..100).map(|n| (format!("/p{n}"), json!({"get": {"responses": statuses}}))).collect();
    ends(swagger(json!({"responses": {"Big": {"headers": headers}}, "paths": paths})), ImportError::TooMuch);
    let types: Vec<_> = (0..20_000).map(|n| format!("a/{n}")).collect();
    let schema = json!({"schema": {"$ref": "#/definitions/A"}});
    let statuses: serde_json::Map<_, _> =
        (100..600).map(|status| (status.to_string(), schema.clone())).collect();
    let operation = json!({"responses": statuses});
    ends(
        swagger(json!({
            "produces": types,
            "definitions": {"A": {"type": "object"}},
            "paths": {"/": {"get": operation, "put": operation, "post": operation, "delete": operation}},
        })),
        ImportError::TooMuch,
    );
    ends(swagger(json!({"paths": {"/a".repeat(100_000): {}}})), ImportError::TooMuch);
    let scopes: Vec<_> = (0..50_000).map(|n| format!("scope/{n}")).collect();
    let authorizer = json!({"type": "cognito_user_pools"});
    let paths: serde_json::Map<_, _> = (0..100).map(|n| (format!("/p{n}"), json!({"get": {}}))).collect();
    ends(
        swagger(json!({
            "securityDefinitions": {"pool": {"x-amazon-apigateway-authorizer": authorizer}},
            "security": [{"pool": scopes}],
            "paths": paths,
        })),
        ImportError::TooMuch,
    );
}

/// Warnings are many, but not as many as a document can have faults.
#[test]
fn warnings_are_bounded() {
    let parameters: Vec<_> = (0..3_000).map(|n| json!({"name": "x".repeat(n), "in": "nowhere"})).collect();
    let imported = imported(get(json!({"parameters": parameters})));
    assert_eq!(imported.warnings.len(), 1_000);
}

#[test]
fn all_errors_are_told() {
    let operation = json!({"x-amazon-apigateway-integration": {"type": "ftp"}});
    let document = swagger(json!({"paths": {"/": {"get": operation, "put": operation}}}));
    assert_eq!(
        wrong(document),
        "Unable to put integration on 'GET' for resource at path '/': Invalid type specified: ftp\n\tUnable to put \
         integration on 'PUT' for resource at path '/': Invalid type specified: ftp"
    );
}
