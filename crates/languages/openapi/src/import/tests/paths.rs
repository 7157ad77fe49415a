use super::*;

fn paths(document: Value, base_path: BasePath) -> Vec<String> {
    let imported = import(document, &Import { base_path, ..how() }).unwrap();
    imported.definition.resources.into_iter().map(|resource| resource.path.unwrap()).collect()
}

/// "Set the OpenAPI `basePath` property".
#[test]
fn base_paths() {
    let given = json!({"/e": {}, "/f": {}});
    let two = swagger(json!({"basePath": "/a/b/c", "paths": given}));
    let url = "https://example.com/{basePath}?x";
    let server = json!([{"url": url, "variables": {"basePath": {"default": "/a/b/c"}}}, {"url": "/z"}]);
    let three = openapi(json!({"servers": server, "paths": given}));
    let plain = openapi(json!({"servers": [{"url": "//a/b/c/"}], "paths": given}));
    for document in [two, three, plain] {
        assert_eq!(paths(document.clone(), BasePath::Ignore), ["/", "/e", "/f"]);
        let prepended = ["/", "/a", "/a/b", "/a/b/c", "/a/b/c/e", "/a/b/c/f"];
        assert_eq!(paths(document.clone(), BasePath::Prepend), prepended);
        assert_eq!(paths(document, BasePath::Split), ["/", "/b", "/b/c", "/b/c/e", "/b/c/f"]);
    }
    let none = swagger(json!({"paths": {"/e": {}}}));
    assert_eq!(paths(none, BasePath::Prepend), ["/", "/e"]);
}

#[test]
fn parents_are_made_and_empty_parts_are_not() {
    let document = swagger(json!({"paths": {"/a/{b}/{proxy+}": {}, "/c/": {}, "d": {}, "x-notes": {}}}));
    let definition = clean(document);
    let parts: Vec<_> = definition
        .resources
        .iter()
        .map(|resource| (resource.path.as_deref().unwrap(), resource.path_part.as_deref()))
        .collect();
    let expected = [
        ("/", None),
        ("/a", Some("a")),
        ("/a/{b}", Some("{b}")),
        ("/a/{b}/{proxy+}", Some("{proxy+}")),
        ("/c", Some("c")),
        ("/d", Some("d")),
    ];
    assert_eq!(parts, expected);
}

#[test]
fn every_method() {
    let operations: Value = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]
        .into_iter()
        .chain(["x-amazon-apigateway-any-method", "x-other", "parameters"])
        .map(|key| (key.to_owned(), json!({})))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let imported = imported(swagger(json!({"paths": {"/": operations}})));
    let methods = imported.definition.resources[0].resource_methods.clone().unwrap();
    let verbs: Vec<_> = methods.keys().collect();
    assert_eq!(verbs, ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "ANY"]);
    assert_eq!(imported.warnings, ["Unsupported method 'TRACE' of resource '/'. Ignoring."]);
}

/// Recorded from AWS.
#[test]
fn parameters_bodies_and_responses_of_swagger_2() {
    let definition = clean(swagger(json!({
        "consumes": ["application/xml"],
        "parameters": {"Limit": {"name": "limit", "in": "query", "required": true}},
        "responses": {"Missing": {"schema": {"$ref": "#/definitions/Error"}}},
        "definitions": {"Pet": {"type": "object"}, "Error": {"type": "object"}},
        "paths": {"/{id}": {
            "parameters": [{"name": "id", "in": "path"}, {"name": "q", "in": "query"}],
            "post": {
                "operationId": "makePet",
                "consumes": ["application/json", "text/plain"],
                "produces": ["application/pdf"],
                "parameters": [
                    {"name": "q", "in": "query", "required": true},
                    {"name": "X-Trace", "in": "header", "required": false},
                    {"$ref": "#/parameters/Limit"},
                    {"name": "pet", "in": "body", "schema": {"$ref": "#/definitions/Pet"}},
                ],
                "responses": {
                    "404": {"$ref": "#/responses/Missing"},
                    "200": {"headers": {"X-Next": {"type": "string"}}},
                    "default": {},
                },
            },
            "put": {"parameters": [{"name": "pet", "in": "body", "schema": {"$ref": "#/definitions/Pet"}}]},
        }},
    })));
    assert_eq!(
        method(&definition, "/{id}", "POST"),
        json!({
            "httpMethod": "POST",
            "authorizationType": "NONE",
            "apiKeyRequired": false,
            "operationName": "makePet",
            "requestParameters": {
                "method.request.path.id": true,
                "method.request.querystring.q": true,
                "method.request.header.X-Trace": false,
                "method.request.querystring.limit": true,
            },
            "requestModels": {"application/json": "Pet", "text/plain": "Pet"},
            "methodResponses": {
                "200": {"statusCode": "200", "responseParameters": {"method.response.header.X-Next": false}},
                "404": {"statusCode": "404", "responseModels": {"application/pdf": "Error"}},
            },
        })
    );
    assert_eq!(method(&definition, "/{id}", "PUT")["requestModels"], json!({"application/xml": "Pet"}));
}

/// Recorded from AWS.
#[test]
fn parameters_bodies_and_responses_of_openapi_3() {
    let pet = json!({"schema": {"$ref": "#/components/schemas/Pet"}});
    let definition = clean(openapi(json!({
        "components": {
            "schemas": {"Pet": {"type": "object"}},
            "parameters": {"Limit": {"name": "limit", "in": "query"}},
            "requestBodies": {"Pet": {"content": {"application/json": pet, "text/plain": {}}}},
            "responses": {"Pet": {"content": {"application/json": pet}, "headers": {"ETag": {}}}},
        },
        "paths": {
            "/pets": {"$ref": "#/paths/~1animals"},
            "/animals": {"post": {
                "parameters": [{"$ref": "#/components/parameters/Limit"}],
                "requestBody": {"$ref": "#/components/requestBodies/Pet"},
                "responses": {"201": {"$ref": "#/components/responses/Pet"}, "500": {"content": {}}},
            }},
        },
    })));
    let expected = json!({
        "httpMethod": "POST",
        "authorizationType": "NONE",
        "apiKeyRequired": false,
        "requestParameters": {"method.request.querystring.limit": false},
        "requestModels": {"application/json": "Pet"},
        "methodResponses": {
            "201": {
                "statusCode": "201",
                "responseParameters": {"method.response.header.ETag": false},
                "responseModels": {"application/json": "Pet"},
            },
            "500": {"statusCode": "500"},
        },
    });
    assert_eq!(method(&definition, "/animals", "POST"), expected);
    assert_eq!(method(&definition, "/pets", "POST"), expected);
}

#[test]
fn what_methods_cannot_have_is_warned_of() {
    let imported = imported(get(json!({
        "parameters": [{"name": "f", "in": "formData"}, {"$ref": "#/parameters/Nope"}],
        "responses": {"4XX": {}},
    })));
    assert_eq!(
        imported.warnings,
        [
            "Unsupported parameter type 'formData' of parameter 'f' of method 'GET /'. Ignoring.",
            "Reference '#/parameters/Nope' not found. Ignoring.",
            "Unsupported response '4XX' to method 'GET /'. Ignoring.",
        ]
    );
}

/// "x-amazon-apigateway-integration object": every member.
#[test]
fn integrations_have_every_member() {
    let definition = clean(get(json!({"x-amazon-apigateway-integration": {
        "type": "http",
        "httpMethod": "POST",
        "uri": "https://example.com/{id}",
        "connectionType": "vpc_link",
        "connectionId": "${stageVariables.link}",
        "credentials": "arn:aws:iam::111122223333:role/r",
        "requestParameters": {"integration.request.header.a": "'b'"},
        "requestTemplates": {"application/json": "{}", "text/plain": "", "text/html": null},
        "passthroughBehavior": "when_no_templates",
        "contentHandling": "CONVERT_TO_TEXT",
        "timeoutInMillis": 1000,
        "cacheNamespace": "ns",
        "cacheKeyParameters": ["integration.request.header.a"],
        "tlsConfig": {"insecureSkipVerification": true},
        "responseTransferMode": "BUFFERED",
        "integrationTarget": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/b",
        "responses": {
            "4\\d{2}": {
                "statusCode": "400",
                "contentHandling": "convert_to_binary",
                "responseParameters": {"method.response.header.a": "integration.response.header.a"},
                "responseTemplates": {"application/json": null},
            },
            "default": {"statusCode": 200},
        },
    }})));
    assert_eq!(
        method(&definition, "/", "GET")["methodIntegration"],
        json!({
            "type": "HTTP",
            "httpMethod": "POST",
            "uri": "https://example.com/{id}",
            "connectionType": "VPC_LINK",
            "connectionId": "${stageVariables.link}",
            "credentials": "arn:aws:iam::111122223333:role/r",
            "requestParameters": {"integration.request.header.a": "'b'"},
            "requestTemplates": {"application/json": "{}", "text/plain": "", "text/html": null},
            "passthroughBehavior": "WHEN_NO_TEMPLATES",
            "contentHandling": "CONVERT_TO_TEXT",
            "timeoutInMillis": 1000,
            "cacheNamespace": "ns",
            "cacheKeyParameters": ["integration.request.header.a"],
            "integrationResponses": {
                "200": {"statusCode": "200"},
                "400": {
                    "statusCode": "400",
                    "selectionPattern": "4\\d{2}",
                    "responseParameters": {"method.response.header.a": "integration.response.header.a"},
                    "responseTemplates": {"application/json": null},
                    "contentHandling": "CONVERT_TO_BINARY",
                },
            },
            "tlsConfig": {"insecureSkipVerification": true},
            "responseTransferMode": "BUFFERED",
            "integrationTarget": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/b",
        })
    );
}

/// Recorded from AWS: the entry is left out, but a string that looks like a flag is none.
#[test]
fn wrong_types_are_warned_of() {
    let document = swagger(json!({"basePath": "/base-url/part", "paths": {"/test": {"get": {
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestParameters": {
                "integration.request.header.nothing": true,
                "integration.request.header.kept": "'True'",
            },
        },
    }}}}));
    let imported = import(document, &Import { base_path: BasePath::Prepend, ..how() }).unwrap();
    assert_eq!(
        imported.warnings,
        ["Invalid format for 'requestParameters'. Expected type string for property \
          'integration.request.header.nothing' of resource '/base-url/part/test' and method 'GET' but got 'true'"]
    );
    let kept = method(&imported.definition, "/base-url/part/test", "GET");
    assert_eq!(
        kept["methodIntegration"]["requestParameters"],
        json!({"integration.request.header.kept": "'True'"})
    );
}

#[test]
fn bad_integrations_are_errors() {
    let at = "for resource at path '/': Invalid";
    for (integration, expected) in [
        (
            json!("x"),
            "Unable to put integration on 'GET' for resource at path '/': The integration is not an object"
                .into(),
        ),
        (json!({}), format!("Unable to put integration on 'GET' {at} type specified: ")),
        (json!({"type": "ftp"}), format!("Unable to put integration on 'GET' {at} type specified: ftp")),
        (
            json!({"type": "mock", "contentHandling": "x"}),
            format!("Unable to put integration on 'GET' {at} contentHandling specified: x"),
        ),
        (
            json!({"type": "mock", "responses": {"default": {"statusCode": "600"}}}),
            format!("Unable to put integration response on 'GET' {at} status code specified for 'default'"),
        ),
    ] {
        assert_eq!(wrong(get(json!({"x-amazon-apigateway-integration": integration}))), expected);
    }
}
