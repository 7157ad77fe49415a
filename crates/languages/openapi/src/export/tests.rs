//! Whole documents, and what holds of all of them.

mod round_trip;

use proptest::prelude::*;
use saphyr::{LoadableYamlNode as _, ScalarOwned, YamlOwned};
use serde_json::json;

use super::*;

/// A definition from JSON in AWS's shapes.
fn definition(value: Value) -> Definition {
    let part = |name: &str| value.get(name).cloned();
    fn list<T: serde::de::DeserializeOwned>(part: Option<Value>) -> Vec<T> {
        serde_json::from_value(part.unwrap_or_else(|| json!([]))).unwrap()
    }
    Definition {
        rest_api: serde_json::from_value(part("restApi").unwrap_or_else(|| json!({"name": "pets"}))).unwrap(),
        resources: list(part("resources")),
        models: list(part("models")),
        request_validators: list(part("requestValidators")),
        authorizers: list(part("authorizers")),
        gateway_responses: list(part("gatewayResponses")),
        documentation_parts: list(part("documentationParts")),
    }
}

fn exported(definition: &Definition, kind: Kind, extensions: &str) -> Result<Value, ExportFault> {
    let version = DocumentationVersion {
        version: Some("1.0.0".into()),
        created_date: Some(Timestamp::from_millis(1_479_854_500_000)),
        ..DocumentationVersion::default()
    };
    document(&Export {
        definition,
        kind,
        extensions: Extensions::read(extensions).unwrap(),
        host: "abc.execute-api.us-east-1.amazonaws.com",
        stage: "dev",
        region: "us-east-1",
        documentation: Some(&version),
    })
}

fn check(definition: &Definition, kind: Kind, extensions: &str, expected: &str) {
    assert_eq!(to_json(&exported(definition, kind, extensions).unwrap()), expected.trim());
}

const EMPTY: &str =
    r#"{"$schema": "http://json-schema.org/draft-04/schema#", "title": "Empty Schema", "type": "object"}"#;

/// `GET /pets/{petId}` with one of everything that a method can have.
fn one_of_everything() -> Definition {
    definition(json!({
        "restApi": {
            "name": "pets", "description": "of all kinds", "createdDate": 1_479_854_354_120_i64,
            "binaryMediaTypes": ["image/png"], "minimumCompressionSize": 1000, "apiKeySource": "AUTHORIZER",
            "disableExecuteApiEndpoint": true,
            "endpointConfiguration": {"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-1"], "ipAddressType": "ipv4"},
            "policy": r#"{"Version": "2012-10-17", "Statement": []}"#,
        },
        "resources": [
            {"id": "r0", "path": "/"},
            {"id": "r1", "path": "/pets/{petId}", "resourceMethods": {
                "ANY": {"authorizationType": "NONE", "methodIntegration": {"type": "MOCK"}},
                "POST": {
                    "authorizationType": "CUSTOM", "authorizerId": "a1", "apiKeyRequired": true,
                    "operationName": "FeedPet", "requestValidatorId": "v1",
                    "requestParameters": {
                        "method.request.path.petId": true, "method.request.querystring.page": false,
                        "method.request.header.X-From": true,
                    },
                    "requestModels": {"application/json": "Food"},
                    "methodResponses": {"200": {
                        "statusCode": "200", "responseModels": {"application/json": "Empty"},
                        "responseParameters": {"method.response.header.X-To": false},
                    }},
                    "methodIntegration": {
                        "type": "HTTP", "httpMethod": "POST", "uri": "http://example.com/{id}",
                        "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000,
                        "cacheNamespace": "r1", "cacheKeyParameters": [],
                        "requestParameters": {"integration.request.path.id": "method.request.path.petId"},
                        "integrationResponses": {
                            "200": {"statusCode": "200", "responseTemplates": {"application/json": "x"}},
                            "400": {"statusCode": "400", "selectionPattern": "4\\d{2}"},
                        },
                    },
                },
                "GET": {"authorizationType": "AWS_IAM", "methodIntegration": {
                    "type": "HTTP_PROXY", "connectionType": "VPC_LINK", "connectionId": "l1",
                    "timeoutInMillis": 5000, "tlsConfig": {"insecureSkipVerification": true},
                    "cacheNamespace": "c", "contentHandling": "CONVERT_TO_TEXT", "credentials": "arn:aws:iam::1:role/r",
                }},
            }},
        ],
        "models": [
            {"name": "Empty", "contentType": "application/json", "schema": EMPTY},
            {"name": "Error", "contentType": "application/json", "schema": EMPTY},
            {"name": "Food", "contentType": "application/json", "schema": json!({
                "properties": {
                    "of": {"$ref": "https://apigateway.amazonaws.com/restapis/abc/models/Kind"},
                    "more": {"items": {"$ref": "#"}, "type": "array"},
                },
                "required": ["of"], "type": "object", "title": "food",
            }).to_string()},
            {"name": "Kind", "contentType": "application/json", "schema": r#"{"enum": ["dog"], "type": "string"}"#},
        ],
        "requestValidators": [
            {"id": "v1", "name": "all", "validateRequestBody": true, "validateRequestParameters": false},
        ],
        "authorizers": [{
            "id": "a1", "name": "guard", "type": "TOKEN", "authType": "custom", "authorizerUri": "arn:f",
            "identitySource": "method.request.header.Authorization", "authorizerResultTtlInSeconds": 60,
        }],
        "gatewayResponses": [{
            "responseType": "ACCESS_DENIED", "statusCode": "404",
            "responseTemplates": {"application/json": "{}"},
        }],
    }))
}

/// Order and spelling are those of documents that users of AWS have published.
#[test]
fn swagger_with_everything() {
    let expected = include_str!("tests/swagger.json");
    check(&one_of_everything(), Kind::Swagger, "apigateway,postman", expected);
}

/// Order and spelling are those of documents that users of AWS have published.
#[test]
fn openapi_with_everything() {
    let expected = include_str!("tests/oas30.json");
    check(&one_of_everything(), Kind::OpenApi30, "integrations,authorizers", expected);
}

/// Nothing in the plain document is API Gateway's.
#[test]
fn the_plain_document_has_no_extensions() {
    for kind in [Kind::Swagger, Kind::OpenApi30] {
        let document = exported(&one_of_everything(), kind, "").unwrap();
        let mut text = to_json(&document);
        // This is a name of OpenAPI's own making for what OpenAPI has no name for.
        text = text.replace("x-amazon-apigateway-any-method", "");
        assert!(!text.contains("x-amazon"), "{text}");
        assert!(text.contains("\"guard\"") && text.contains("\"api_key\"") && text.contains("\"sigv4\""));
    }
}

#[test]
fn extensions_are_named_in_a_list() {
    let integrations = Extensions { integrations: true, ..Extensions::default() };
    assert_eq!(Extensions::read(""), Ok(Extensions::default()));
    assert_eq!(Extensions::read("integrations"), Ok(integrations));
    let all = Extensions { postman: true, ..Extensions::APIGATEWAY };
    assert_eq!(Extensions::read("postman, apigateway"), Ok(all));
    assert_eq!(Extensions::read("integrations,authorizers,documentation,postman"), Ok(all));
    assert_eq!(Extensions::read("integrations,x"), Err("x"));
}

/// The example of the developer guide, "Publish API documentation by exporting".
#[test]
fn documentation_is_merged_and_listed() {
    let about = |location: Value, properties: Value| json!({"location": location, "properties": properties.to_string()});
    let definition = definition(json!({
        "restApi": {"name": "doc", "createdDate": 1_479_854_354_000_i64},
        "resources": [{"id": "r", "path": "/", "resourceMethods": {"GET": {
            "authorizationType": "NONE",
            "methodResponses": {"200": {"statusCode": "200", "responseModels": {"application/json": "Empty"}}},
        }}}],
        "models": [{"name": "Empty", "contentType": "application/json", "schema": EMPTY}],
        "documentationParts": [
            about(json!({"type": "API"}), json!({
                "description": "API description", "foo": "API foo", "x-bar": "API x-bar",
                "info": {"description": "API info description", "version": "API info version", "x-bar": "API info x-bar"},
            })),
            about(json!({"type": "METHOD", "method": "GET"}), json!({
                "description": "Method description.", "x-example": "x- Method example", "foo": "Method foo",
                "x-amazon-apigateway-integration": {"type": "mock"},
            })),
            about(json!({"type": "RESOURCE"}), json!({"description": "resource description", "x-bar": "resource x-bar"})),
        ],
    }));
    let document = exported(&definition, Kind::Swagger, "documentation").unwrap();
    assert_eq!(
        document["info"],
        json!({
            "description": "API info description", "version": "2016-11-22T22:39:14Z", "title": "doc",
            "x-bar": "API info x-bar",
        })
    );
    let item = json!({
        "get": {
            "description": "Method description.",
            "produces": ["application/json"],
            "responses": {"200": {"description": "200 response", "schema": {"$ref": "#/definitions/Empty"}}},
            "x-example": "x- Method example",
        },
        "x-bar": "resource x-bar",
    });
    assert_eq!(document["paths"], json!({"/": item}));
    assert_eq!(document["x-bar"], "API x-bar");
    let listed = &document["x-amazon-apigateway-documentation"];
    assert_eq!(
        (&listed["version"], &listed["createdDate"]),
        (&json!("1.0.0"), &json!("2016-11-22T22:41:40Z"))
    );
    assert_eq!(listed["documentationParts"].as_array().unwrap().len(), 3);
    assert_eq!(
        listed["documentationParts"][2],
        json!({
            "location": {"type": "RESOURCE"},
            "properties": {"description": "resource description", "x-bar": "resource x-bar"},
        })
    );
    let plain = exported(&definition, Kind::Swagger, "integrations").unwrap();
    assert!(!plain.to_string().contains("escription."));
}

/// API reference, "DocumentationPartLocation".
#[test]
fn particular_documentation_stands_before_general() {
    let about = |location: Value, text: &str| json!({"location": location, "properties": json!({"description": text}).to_string()});
    let method = json!({"authorizationType": "NONE", "methodResponses": {"200": {}, "404": {}}});
    let definition = definition(json!({
        "resources": [
            {"path": "/pets", "resourceMethods": {"GET": method, "PUT": method}},
            {"path": "/pets/{id}", "resourceMethods": {"GET": method}},
            {"path": "/petshop", "resourceMethods": {"GET": method}},
        ],
        "documentationParts": [
            about(json!({"type": "METHOD", "path": "/pets"}), "of pets"),
            about(json!({"type": "METHOD", "path": "/pets", "method": "PUT"}), "a new pet"),
            about(json!({"type": "RESPONSE", "statusCode": "404"}), "nothing there"),
            about(json!({"type": "RESPONSE", "path": "/pets/{id}", "method": "GET"}), "a pet or none"),
        ],
    }));
    let paths = exported(&definition, Kind::OpenApi30, "documentation").unwrap()["paths"].clone();
    let description =
        |path: &str, verb: &str| paths[path][verb]["description"].as_str().unwrap_or("none").to_owned();
    assert_eq!(description("/pets", "get"), "of pets");
    assert_eq!(description("/pets", "put"), "a new pet");
    assert_eq!(description("/pets/{id}", "get"), "of pets");
    assert_eq!(description("/petshop", "get"), "none");
    let response = |path: &str, code: &str| paths[path]["get"]["responses"][code]["description"].clone();
    assert_eq!(response("/pets", "200"), "200 response");
    assert_eq!(response("/pets", "404"), "nothing there");
    assert_eq!(response("/pets/{id}", "404"), "a pet or none");
}

/// Developer guide, "Export a REST API from API Gateway".
#[test]
fn bodies_that_are_not_json_are_refused() {
    let of = |models: Value| {
        definition(json!({
            "resources": [{"path": "/a", "resourceMethods": {"PUT": {"requestModels": models}}}],
            "models": [{"name": "X", "contentType": "application/xml", "schema": "<x/>"}],
        }))
    };
    let refused = exported(&of(json!({"application/xml": "X"})), Kind::Swagger, "").unwrap_err();
    assert_eq!(refused.to_string(), "Only found non-JSON body models for PUT /a");
    assert_eq!(exported(&of(json!({"application/xml": "X"})), Kind::OpenApi30, ""), Err(refused));
    let both = of(json!({"application/xml": "X", "application/json": "Empty"}));
    let document = exported(&both, Kind::OpenApi30, "").unwrap();
    let body = &document["paths"]["/a"]["put"]["requestBody"];
    assert_eq!(*body, json!({"content": {"application/xml": {}, "application/json": {}}, "required": true}));
}

#[test]
fn members_named_like_keywords_are_members() {
    let schema = r##"{"properties": {"$ref": {"type": "string"}, "id": {"$ref": "#/properties/$ref"}}}"##;
    let definition = definition(json!({
        "resources": [{"path": "/a", "resourceMethods": {"PUT": {"requestModels": {"application/json": "X"}}}}],
        "models": [{"name": "X", "contentType": "application/json", "schema": schema}],
    }));
    let document = exported(&definition, Kind::OpenApi30, "").unwrap();
    assert_eq!(
        document["components"]["schemas"]["X"],
        json!({"properties": {
            "$ref": {"type": "string"}, "id": {"$ref": "#/components/schemas/X/properties/$ref"},
        }})
    );
}

/// What a YAML text says, by a parser that knows nothing of the writer.
fn read(yaml: &str) -> Value {
    fn value(node: &YamlOwned) -> Value {
        match node {
            YamlOwned::Value(ScalarOwned::Null) => Value::Null,
            YamlOwned::Value(ScalarOwned::Boolean(is)) => (*is).into(),
            YamlOwned::Value(ScalarOwned::Integer(number)) => (*number).into(),
            YamlOwned::Value(ScalarOwned::FloatingPoint(number)) => number.into_inner().into(),
            YamlOwned::Value(ScalarOwned::String(text)) => text.as_str().into(),
            YamlOwned::Sequence(items) => items.iter().map(value).collect(),
            YamlOwned::Mapping(members) => Value::Object(
                members.iter().map(|(name, of)| (name.as_str().unwrap().to_owned(), value(of))).collect(),
            ),
            other => panic!("{other:?}"),
        }
    }
    let documents = YamlOwned::load_from_str(yaml).unwrap_or_else(|why| panic!("{why}: {yaml}"));
    assert_eq!(documents.len(), 1, "{yaml}");
    value(&documents[0])
}

/// Texts that YAML likes to read as something else, and any others.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "(yes|no|y|n|on|off|null|~|true|True|1e3|1_0|0x1f|0o7|12:30:45|2016-11-22|=|<<|\\.inf|-|\\?|:|#|&a|\\*a|!t|%|@|`|'|\"|\\{|\\[|,|\\|)?",
        "[a-zA-Z0-9:#\\-? \n\t\"'\\\\,{}\\[\\]&*!|>%@`]{0,12}",
        "\\PC{0,8}",
        any::<String>(),
        "[a-z]{1000,1100}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(word(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Methods of an API: which verbs at which paths.
fn methods() -> impl Strategy<Value = Vec<(String, Vec<&'static str>)>> {
    let verbs = prop::sample::subsequence(
        vec!["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "ANY"],
        0..=8,
    );
    prop::collection::btree_map("/[a-z{}+.-]{0,6}", verbs, 0..6).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn yaml_is_read_as_what_was_written(value in json_value()) {
        prop_assert_eq!(read(&to_yaml(&value)), value);
    }

    #[test]
    fn json_is_read_as_what_was_written(value in json_value()) {
        // Against its own writer, because the reader rounds some numbers.
        let read = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        prop_assert_eq!(read(to_json(&value)), read(value.to_string()));
    }

    #[test]
    fn every_method_appears_once(
        methods in methods(), swagger in any::<bool>(), extensions in "(|integrations|apigateway|postman)",
        names in prop::collection::vec(word(), 3),
    ) {
        let resources: Vec<Value> = methods.iter().map(|(path, verbs)| {
            let method = json!({
                "operationName": names[0], "requestParameters": {format!("method.request.header.{}", names[1]): true},
                "methodResponses": {"200": {}}, "methodIntegration": {"type": "MOCK", "uri": names[2]},
            });
            let of: Map<String, Value> = verbs.iter().map(|verb| ((*verb).to_owned(), method.clone())).collect();
            json!({"id": path, "path": path, "resourceMethods": of})
        }).collect();
        let definition = definition(json!({"resources": resources}));
        let kind = if swagger { Kind::Swagger } else { Kind::OpenApi30 };
        let document = exported(&definition, kind, &extensions).unwrap();
        prop_assert_eq!(&document, &exported(&definition, kind, &extensions).unwrap());
        prop_assert_eq!(&serde_json::from_str::<Value>(&to_json(&document)).unwrap(), &document);
        prop_assert_eq!(&read(&to_yaml(&document)), &document);
        let mut found = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for name in item.as_object().unwrap().keys() {
                let verb = if name == "x-amazon-apigateway-any-method" { "ANY".into() } else { name.to_uppercase() };
                found.push((path.clone(), verb));
            }
        }
        let mut expected: Vec<(String, String)> = methods.iter()
            .flat_map(|(path, verbs)| verbs.iter().map(|verb| (path.clone(), (*verb).to_owned())))
            .collect();
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected);
    }
}
