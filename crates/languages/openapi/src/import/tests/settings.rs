use super::*;

fn rest_api(members: Value) -> Value {
    serde_json::to_value(clean(swagger(members)).rest_api).unwrap()
}

/// Recorded from AWS.
#[test]
fn info_names_the_api() {
    let info = json!({"info": {"title": "pets", "description": "all of them", "version": "v1"}});
    let expected = json!({"id": "abc", "name": "pets", "description": "all of them", "version": "v1"});
    assert_eq!(rest_api(info), expected);
    // YAML without quotes.
    assert_eq!(rest_api(json!({"info": {"title": "pets", "version": 1.5}}))["version"], "1.5");
}

#[test]
fn versions_of_the_language() {
    for version in [json!({"swagger": "2.0"}), json!({"swagger": 2.0}), json!({"openapi": "3.0.3"})] {
        assert!(import(version, &how()).is_ok());
    }
    for other in [
        json!(null),
        json!([]),
        json!({}),
        json!({"swagger": "1.2"}),
        json!({"swagger": 2}),
        json!({"openapi": "3.1.0"}),
        json!({"openapi": ["3.0.1"]}),
    ] {
        assert_eq!(import(other.clone(), &how()), Err(ImportError::NotOpenApi), "{other}");
    }
}

#[test]
fn extensions_of_the_document() {
    let policy = json!({"Version": "2012-10-17", "Statement": []});
    let api = rest_api(json!({
        "x-amazon-apigateway-api-key-source": "authorizer",
        "x-amazon-apigateway-binary-media-types": ["image/png", "image/png", "*/*"],
        "x-amazon-apigateway-minimum-compression-size": 5,
        "x-amazon-apigateway-policy": policy,
        "x-amazon-apigateway-endpoint-configuration": {
            "disableExecuteApiEndpoint": true, "vpcEndpointIds": ["vpce-1", "vpce-2"],
        },
        "x-amazon-apigateway-security-policy": "TLS_1_2",
        "x-amazon-apigateway-endpoint-access-mode": "BASIC",
        "x-amazon-apigateway-importexport-version": "1.0",
    }));
    let expected = json!({
        "id": "abc",
        "name": "t",
        "version": "1",
        "apiKeySource": "AUTHORIZER",
        "binaryMediaTypes": ["image/png", "*/*"],
        "minimumCompressionSize": 5,
        "policy": policy.to_string(),
        "endpointConfiguration": {"vpcEndpointIds": ["vpce-1", "vpce-2"]},
        "disableExecuteApiEndpoint": true,
        "securityPolicy": "TLS_1_2",
        "endpointAccessMode": "BASIC",
    });
    assert_eq!(api, expected);
}

/// "For OpenAPI 3.0, it should be present under the vendor extensions of the Server object."
#[test]
fn the_endpoint_stands_with_the_server() {
    let endpoint = json!({"disableExecuteApiEndpoint": true});
    let servers = json!([{"url": "/", "x-amazon-apigateway-endpoint-configuration": endpoint}]);
    let api = clean(openapi(json!({"servers": servers}))).rest_api;
    assert_eq!(api.disable_execute_api_endpoint, Some(true));
}

#[test]
fn a_policy_may_be_a_text() {
    assert_eq!(rest_api(json!({"x-amazon-apigateway-policy": "{}"}))["policy"], "{}");
    assert_eq!(rest_api(json!({"x-amazon-apigateway-policy": null}))["policy"], json!(null));
}

#[test]
fn bad_settings() {
    let source = json!({"x-amazon-apigateway-api-key-source": "BODY"});
    assert_eq!(
        wrong(swagger(source)),
        "Invalid API key source specified. Valid options are HEADER,AUTHORIZER"
    );
    for size in [json!("x"), json!(5_000_000_000_i64), json!(-1), json!([])] {
        let document = swagger(json!({"x-amazon-apigateway-minimum-compression-size": size}));
        assert_eq!(imported(document).definition.rest_api.minimum_compression_size, Some(-1));
    }
    let types = imported(swagger(json!({"x-amazon-apigateway-binary-media-types": "image/png"})));
    assert_eq!(
        types.warnings,
        [
            "Invalid format for 'x-amazon-apigateway-binary-media-types'. Expected type array but got 'image/png'"
        ]
    );
}

#[test]
fn validators_and_gateway_responses() {
    let definition = clean(swagger(json!({
        "x-amazon-apigateway-request-validators": {
            "all": {"validateRequestBody": true, "validateRequestParameters": true},
            "none": {},
        },
        "x-amazon-apigateway-request-validator": "all",
        "x-amazon-apigateway-gateway-responses": {
            "DEFAULT_4XX": {
                "statusCode": 418,
                "responseParameters": {"gatewayresponse.header.x": "'y'"},
                "responseTemplates": {"application/json": "{}"},
            },
            "ACCESS_DENIED": {},
        },
        "paths": {"/": {"get": {}, "put": {"x-amazon-apigateway-request-validator": "none"}}},
    })));
    assert_eq!(
        serde_json::to_value(&definition.request_validators).unwrap(),
        json!([
            {"id": "all", "name": "all", "validateRequestBody": true, "validateRequestParameters": true},
            {"id": "none", "name": "none", "validateRequestBody": false, "validateRequestParameters": false},
        ])
    );
    assert_eq!(method(&definition, "/", "GET")["requestValidatorId"], "all");
    assert_eq!(method(&definition, "/", "PUT")["requestValidatorId"], "none");
    assert_eq!(
        serde_json::to_value(&definition.gateway_responses).unwrap(),
        json!([
            {
                "responseType": "DEFAULT_4XX",
                "statusCode": "418",
                "responseParameters": {"gatewayresponse.header.x": "'y'"},
                "responseTemplates": {"application/json": "{}"},
            },
            {"responseType": "ACCESS_DENIED"},
        ])
    );
    let unknown = json!({"x-amazon-apigateway-gateway-responses": {"TEAPOT": {}}});
    assert_eq!(
        wrong(swagger(unknown)),
        "Unable to put gateway response 'TEAPOT': Invalid response type specified"
    );
}

#[test]
fn documentation_parts() {
    let document = swagger(json!({"x-amazon-apigateway-documentation": {
        "version": "1",
        "documentationParts": [
            {"location": {"type": "API"}, "properties": {"description": "all"}},
            {"location": {"type": "NOTHING"}, "properties": {}},
            {"location": {"type": "METHOD", "method": "GET"}, "properties": "{\"a\": 1}"},
            {"location": {"type": "API"}, "properties": "[]"},
        ],
    }}));
    let Imported { definition, warnings } = imported(document.clone());
    assert_eq!(
        serde_json::to_value(&definition.documentation_parts).unwrap(),
        json!([
            {"id": "0", "location": {"type": "API"}, "properties": "{\"description\":\"all\"}"},
            {"id": "2", "location": {"type": "METHOD", "method": "GET"}, "properties": "{\"a\": 1}"},
        ])
    );
    assert_eq!(
        warnings,
        [
            "Documentation part 1 was ignored: Invalid documentation part location specified",
            "Documentation part 3 was ignored: Invalid documentation part properties specified",
        ]
    );
    let without = import(document, &Import { documentation: false, ..how() }).unwrap();
    assert_eq!((without.definition.documentation_parts, without.warnings), (vec![], vec![]));
}

/// "AWS variables for OpenAPI import".
#[test]
fn variables_are_the_imports() {
    let uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/\
               arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${stageVariables.f}/invocations";
    let integration = json!({"type": "aws_proxy", "httpMethod": "POST", "uri": uri});
    let definition = clean(get(json!({"x-amazon-apigateway-integration": integration})));
    assert_eq!(
        method(&definition, "/", "GET")["methodIntegration"]["uri"],
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\
         arn:aws:lambda:eu-west-1:111122223333:function:${stageVariables.f}/invocations"
    );
}
