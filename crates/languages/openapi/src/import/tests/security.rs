use super::*;

const LAMBDA: &str = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\
                      arn:aws:lambda:eu-west-1:111122223333:function:auth/invocations";

fn schemes() -> Value {
    json!({
        "token": {
            "type": "apiKey", "name": "Auth", "in": "header",
            "x-amazon-apigateway-authtype": "oauth2",
            "x-amazon-apigateway-authorizer": {
                "type": "token",
                "authorizerUri": LAMBDA,
                "authorizerCredentials": "arn:aws:iam::111122223333:role/r",
                "identityValidationExpression": "^x-[a-z]+",
                "authorizerResultTtlInSeconds": 60,
            },
        },
        "request": {
            "type": "apiKey", "name": "Unused", "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "REQUEST", "authorizerUri": LAMBDA, "identitySource": "method.request.header.a",
            },
        },
        "pool": {
            "type": "apiKey", "name": "Authorization", "in": "header",
            "x-amazon-apigateway-authtype": "cognito_user_pools",
            "x-amazon-apigateway-authorizer": {
                "type": "cognito_user_pools",
                "providerARNs": ["arn:aws:cognito-idp:eu-west-1:111122223333:userpool/x"],
            },
        },
        "sigv4": {
            "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4",
        },
        "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    })
}

/// Recorded from AWS: those that no method uses are there too.
#[test]
fn authorizers() {
    let expected = json!([
        {
            "id": "token",
            "name": "token",
            "type": "TOKEN",
            "authType": "oauth2",
            "authorizerUri": LAMBDA,
            "authorizerCredentials": "arn:aws:iam::111122223333:role/r",
            "identitySource": "method.request.header.Auth",
            "identityValidationExpression": "^x-[a-z]+",
            "authorizerResultTtlInSeconds": 60,
        },
        {
            "id": "request",
            "name": "request",
            "type": "REQUEST",
            "authType": "custom",
            "authorizerUri": LAMBDA,
            "identitySource": "method.request.header.a",
        },
        {
            "id": "pool",
            "name": "pool",
            "type": "COGNITO_USER_POOLS",
            "providerARNs": ["arn:aws:cognito-idp:eu-west-1:111122223333:userpool/x"],
            "authType": "cognito_user_pools",
            "identitySource": "method.request.header.Authorization",
        },
    ]);
    let two = clean(swagger(json!({"securityDefinitions": schemes()})));
    assert_eq!(serde_json::to_value(&two.authorizers).unwrap(), expected);
    let three = clean(openapi(json!({"components": {"securitySchemes": schemes()}})));
    assert_eq!(serde_json::to_value(&three.authorizers).unwrap(), expected);
}

/// What a method asks for: type, authorizer, key, scopes.
fn asked(top: Value, operation: Value) -> Value {
    let mut document = swagger(json!({"securityDefinitions": schemes(), "paths": {"/": {"get": operation}}}));
    if !top.is_null() {
        document = with(document, json!({"security": top}));
    }
    let method = method(&clean(document), "/", "GET");
    json!([
        method["authorizationType"],
        method["authorizerId"],
        method["apiKeyRequired"],
        method["authorizationScopes"]
    ])
}

#[test]
fn methods_ask_for_schemes() {
    let none = json!(["NONE", null, false, null]);
    for (top, operation, expected) in [
        (json!(null), json!({}), none.clone()),
        (json!(null), json!({"security": [{"token": []}]}), json!(["CUSTOM", "token", false, null])),
        (json!(null), json!({"security": [{"sigv4": []}]}), json!(["AWS_IAM", null, false, null])),
        (
            json!(null),
            json!({"security": [{"pool": ["a/read", "b"]}]}),
            json!(["COGNITO_USER_POOLS", "pool", false, ["a/read", "b"]]),
        ),
        // Both of one requirement and of two.
        (
            json!(null),
            json!({"security": [{"api_key": [], "sigv4": []}]}),
            json!(["AWS_IAM", null, true, null]),
        ),
        (
            json!(null),
            json!({"security": [{"api_key": []}, {"token": []}]}),
            json!(["CUSTOM", "token", true, null]),
        ),
        // Recorded from AWS: the document's holds where a method has none.
        (json!([{"request": []}]), json!({}), json!(["CUSTOM", "request", false, null])),
        (
            json!([{"request": []}]),
            json!({"security": [{"token": []}]}),
            json!(["CUSTOM", "token", false, null]),
        ),
        (json!([{"request": []}]), json!({"security": []}), none.clone()),
        (json!([{"request": []}]), json!({"security": [{"NONE": []}]}), none.clone()),
        (json!([{"request": []}]), json!({"security": [{"api_key": []}]}), json!(["NONE", null, true, null])),
    ] {
        assert_eq!(asked(top, operation.clone()), expected, "{operation}");
    }
}

/// "x-amazon-apigateway-auth": case does not matter. It never weakens a method's own requirement.
#[test]
fn auth_names_a_type() {
    let auth = |kind: &str| json!({"x-amazon-apigateway-auth": {"type": kind}});
    assert_eq!(asked(json!(null), auth("aws_iam")), json!(["AWS_IAM", null, false, null]));
    assert_eq!(asked(json!(null), auth("NONE")), json!(["NONE", null, false, null]));
    assert_eq!(asked(json!([{"token": []}]), auth("none")), json!(["NONE", null, false, null]));
    let both = with(auth("NONE"), json!({"security": [{"token": []}]}));
    assert_eq!(asked(json!(null), both), json!(["CUSTOM", "token", false, null]));
}

/// The first text is as users of AWS report it.
#[test]
fn what_cannot_be_asked_for() {
    let imported = imported(swagger(json!({
        "securityDefinitions": {
            "lost": {"type": "apiKey", "name": "a", "in": "header", "x-amazon-apigateway-authtype": "custom"},
            "store": {"type": "oauth2"},
            "sigv4": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"},
            "token": {"type": "apiKey", "x-amazon-apigateway-authorizer": {"type": "token"}},
        },
        "paths": {"/": {
            "get": {"security": [{"lost": []}]},
            "put": {"security": [{"nowhere": []}]},
            "post": {"security": [{"store": ["a"]}]},
            "delete": {"security": [{"sigv4": []}, {"token": []}]},
        }},
    })));
    assert_eq!(
        imported.warnings,
        [
            "Unable to create authorizer from security definition: 'lost'. Extension x-amazon-apigateway-authorizer is \
             required. Any methods with security: 'lost' will not be created. If this security definition is not a \
             configured authorizer, remove the x-amazon-apigateway-authtype extension and it will be ignored.",
            "Unsupported security definition type 'oauth2' for 'store'. Ignoring.",
            "Reference to security definition 'nowhere' not found. Any methods with security: 'nowhere' will not be \
             created.",
            "Only one authorizer can be required. Ignoring 'token' of resource '/' and method 'DELETE'.",
        ]
    );
    assert_eq!(method(&imported.definition, "/", "GET"), json!(null));
    assert_eq!(method(&imported.definition, "/", "PUT"), json!(null));
    assert_eq!(method(&imported.definition, "/", "POST")["authorizationType"], "NONE");
    assert_eq!(method(&imported.definition, "/", "DELETE")["authorizationType"], "AWS_IAM");
    let jwt = json!({"securityDefinitions": {"a": {"x-amazon-apigateway-authorizer": {"type": "jwt"}}}});
    assert_eq!(
        wrong(swagger(jwt)),
        "Unable to create authorizer 'a': Invalid authorizer type specified. Valid options are \
         TOKEN,REQUEST,COGNITO_USER_POOLS"
    );
}
