use super::*;

/// Name, description and schema of every model.
fn models(document: Value) -> Vec<(String, Option<String>, String)> {
    let models = clean(document).models.into_iter();
    models.map(|model| (model.name.unwrap(), model.description, model.schema.unwrap())).collect()
}

/// Recorded from AWS: references become canonical, circular ones too, and the description moves.
#[test]
fn schemas_refer_to_models() {
    let schemas = |prefix: &str| {
        json!({
            "Cat": {"type": "object", "description": "a cat", "properties": {
                "dog": {"$ref": format!("{prefix}Dog"), "description": "beside"},
                "cats": {"type": "array", "items": {"$ref": format!("{prefix}Cat")}},
            }},
            "Dog": {"allOf": [{"$ref": format!("{prefix}Cat")}, {"type": "object", "required": ["a", "b"]}]},
        })
    };
    let expected = vec![
        (
            "Cat".to_owned(),
            Some("a cat".to_owned()),
            "{\n  \"type\" : \"object\",\n  \"properties\" : {\n    \"dog\" : {\n      \"$ref\" : \
             \"https://apigateway.amazonaws.com/restapis/abc/models/Dog\"\n    },\n    \"cats\" : {\n      \"type\" : \
             \"array\",\n      \"items\" : {\n        \"$ref\" : \
             \"https://apigateway.amazonaws.com/restapis/abc/models/Cat\"\n      }\n    }\n  }\n}"
                .to_owned(),
        ),
        (
            "Dog".to_owned(),
            None,
            "{\n  \"allOf\" : [ {\n    \"$ref\" : \"https://apigateway.amazonaws.com/restapis/abc/models/Cat\"\n  }, \
             {\n    \"type\" : \"object\",\n    \"required\" : [ \"a\", \"b\" ]\n  } ]\n}"
                .to_owned(),
        ),
    ];
    assert_eq!(models(swagger(json!({"definitions": schemas("#/definitions/")}))), expected);
    let three = json!({"components": {"schemas": schemas("#/components/schemas/")}});
    assert_eq!(models(openapi(three)), expected);
    let canonical = schemas("https://apigateway.amazonaws.com/restapis/other/models/");
    assert_eq!(models(swagger(json!({"definitions": canonical}))), expected);
}

/// "Amazon API Gateway important notes": what is OpenAPI's alone has no place in a model. Properties
/// may have such names.
#[test]
fn keywords_of_openapi_are_left_out() {
    let schema = json!({
        "type": "object",
        "discriminator": "kind",
        "example": {"kind": "cat"},
        "x-notes": 1,
        "externalDocs": {},
        "properties": {
            "example": {"type": "string", "readOnly": true, "nullable": true, "xml": {}},
            "x-y": {"type": "integer", "format": "int32", "deprecated": true},
        },
    });
    let [(_, _, text)] = models(swagger(json!({"definitions": {"A": schema}}))).try_into().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!({"type": "object", "properties": {
            "example": {"type": "string"},
            "x-y": {"type": "integer", "format": "int32"},
        }})
    );
}

/// As users of AWS report their names: `MODELd2a00d`.
#[test]
fn inline_schemas_get_models() {
    let schema = json!({"type": "array", "items": {"$ref": "#/definitions/Pet"}});
    let response = json!({"schema": schema});
    let other = json!({"schema": {"type": "string"}});
    let document = swagger(json!({
        "definitions": {"Pet": {"type": "object"}},
        "paths": {"/": {"get": {"responses": {"200": response, "201": response, "202": other, "204": {"schema": {}}}}}},
    }));
    let definition = clean(document.clone());
    let responses = &method(&definition, "/", "GET")["methodResponses"];
    let name = |status: &str| responses[status]["responseModels"]["application/json"].clone();
    assert_eq!(name("200"), name("201"));
    assert_ne!(name("200"), name("202"));
    assert_eq!(responses["204"], json!({"statusCode": "204"}));
    assert_eq!(definition.models.len(), 3);
    let made = name("200").as_str().unwrap().to_owned();
    let hex = made.strip_prefix("MODEL").unwrap();
    assert!(hex.len() == 6 && hex.bytes().all(|c| c.is_ascii_hexdigit()), "{made}");
    let model = definition.models.iter().find(|model| model.name.as_ref() == Some(&made)).unwrap();
    assert_eq!(
        model.schema.as_deref().unwrap(),
        "{\n  \"type\" : \"array\",\n  \"items\" : {\n    \"$ref\" : \
         \"https://apigateway.amazonaws.com/restapis/abc/models/Pet\"\n  }\n}"
    );
    // The same document makes the same models.
    assert_eq!(clean(document), definition);
}

/// As users of AWS report it.
#[test]
fn unknown_models_are_warned_of() {
    let imported = imported(swagger(json!({
        "definitions": {"A": {"properties": {"b": {"$ref": "#/definitions/B"}}}},
        "paths": {"/": {"get": {"responses": {"200": {"schema": {"$ref": "#/definitions/C"}}}}}},
    })));
    assert_eq!(
        imported.warnings,
        ["Reference to model 'B' not found. Ignoring.", "Reference to model 'C' not found. Ignoring."]
    );
    let schema = imported.definition.models[0].schema.clone().unwrap();
    assert_eq!(schema, "{\n  \"properties\" : {\n    \"b\" : { }\n  }\n}");
    let response = &method(&imported.definition, "/", "GET")["methodResponses"]["200"];
    assert_eq!(*response, json!({"statusCode": "200"}));
}
