//! Request validation: parameters, bodies, and models that refer to each other.

use gateway::rest;
use serde_json::{Value, json};

use crate::backend::Backend;
use crate::house::{Api, House, ok};

const MODELS: &str = "https://apigateway.amazonaws.com/restapis/abc123/models/";

fn api(method: Value, schemas: &[(&str, Value)]) -> Api {
    let mut method = method;
    method["authorizationType"] = "NONE".into();
    if method.get("methodIntegration").is_none() {
        method["methodIntegration"] = json!({
            "type": "MOCK",
            "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
            "integrationResponses": {"200": {"statusCode": "200"}},
        });
    }
    let models: Vec<_> =
        schemas.iter().map(|(name, schema)| json!({"name": name, "schema": schema.to_string()})).collect();
    Api::of(json!({"/pets/{id}": {"POST": method}})).more(json!({
        "models": models,
        "request_validators": [
            {"id": "all", "validateRequestBody": true, "validateRequestParameters": true},
            {"id": "body", "validateRequestBody": true, "validateRequestParameters": false},
            {"id": "none"},
        ],
    }))
}

fn pet() -> Value {
    json!({
        "type": "object",
        "required": ["name", "age"],
        "properties": {
            "name": {"type": "string", "pattern": "^[A-Z]"},
            "age": {"type": "integer"},
            "friends": {"type": "array", "items": {"$ref": format!("{MODELS}Pet")}},
        },
    })
}

fn with_pet(validator: &str) -> Api {
    api(
        json!({
            "requestValidatorId": validator,
            "requestModels": {"application/json": "Pet"},
            "requestParameters": {"method.request.header.X-One": true, "method.request.querystring.two": true},
        }),
        &[("Pet", pet())],
    )
}

const WRONG: &str = "{\"message\": \"Invalid request body\"}";

/// Recorded from AWS, but for the blank, which is as users quote it.
#[test]
fn missing_parameters_come_before_a_wrong_body() {
    let house = House::of(&with_pet("all"));
    house.send("POST /prod/pets/1", "{}").is_refusal(
        400,
        "BadRequestException",
        "{\"message\": \"Missing required request parameters: [X-One, two]\"}",
    );
    house.send("POST /prod/pets/1?two=2\nX-One:", "{}").is_refusal(
        400,
        "BadRequestException",
        "{\"message\": \"Missing required request parameters: [X-One]\"}",
    );
    house.send("POST /prod/pets/1?two=2\nX-One: 1", "{}").is_refusal(400, "BadRequestException", WRONG);
    let answer = house.send("POST /prod/pets/1?two=2\nX-One: 1", r#"{"name": "Rex", "age": 3}"#);
    assert_eq!(answer.status, ok());
}

#[test]
fn bodies_are_held_to_the_model_of_their_type() {
    let house = House::of(&with_pet("body"));
    let send = |headers: &str, body: &'static str| house.send(&format!("POST /prod/pets/1\n{headers}"), body);
    let accepted = |headers: &str, body: &'static str| assert_eq!(send(headers, body).status, ok(), "{body}");
    let refused = |headers: &str, body: &'static str| {
        send(headers, body).is_refusal(400, "BadRequestException", WRONG);
    };
    accepted("", r#"{"name": "Rex", "age": 3}"#);
    accepted("", r#"{"name": "Rex", "age": 3, "friends": [{"name": "Tom", "age": 1, "friends": []}]}"#);
    refused("", r#"{"name": "Rex", "age": 3, "friends": [{"name": "tom", "age": 1}]}"#);
    refused("", r#"{"name": "rex", "age": 3}"#);
    refused("", r#"{"name": "Rex", "age": "3"}"#);
    refused("", "");
    refused("", "{");
    refused("Content-Type: application/json; charset=utf-8", "[]");
    // No model, no validation: the template for JSON is not chosen either.
    assert_ne!(send("Content-Type: text/plain", "[]").text(), WRONG);
}

#[test]
fn a_validator_that_asks_for_nothing_lets_all_through() {
    let house = House::of(&with_pet("none"));
    assert_eq!(house.send("POST /prod/pets/1", "[").status, ok());
}

#[test]
fn a_validated_body_goes_on_whole() {
    let backend = Backend::quiet();
    let method = json!({
        "requestValidatorId": "body",
        "requestModels": {"application/json": "Pet"},
        "methodIntegration": {"type": "HTTP_PROXY", "httpMethod": "POST", "uri": backend.uri("/")},
    });
    let house = House::of(&api(method, &[("Pet", pet())]));
    let body = r#"{ "name": "Rex",  "age": 3 }"#;
    house.send("POST /prod/pets/1\nContent-Type: application/json", body);
    assert_eq!(backend.received().body, body.as_bytes());
    house.send("POST /prod/pets/1\nContent-Type: application/json", "{}");
    assert!(backend.received_nothing());
}

#[test]
fn what_is_wrong_stands_in_the_access_log() {
    let log = json!({"accessLogSettings": {
        "format": "$context.error.responseType $context.error.validationErrorString",
        "destinationArn": "arn:aws:logs:us-west-2:000000000000:log-group:/apigw/example/access",
    }});
    let house = House::of(&with_pet("body").stage(log));
    house.send("POST /prod/pets/1", r#"{"age": "x"}"#);
    house.door.trail().flush();
    let lines = house.logs.0.lock().unwrap();
    assert_eq!(
        lines[0].3.message,
        "BAD_REQUEST_BODY [object has missing required properties ([\"name\"]), instance type (string) does \
         not match any allowed primitive type (allowed: [\"integer\"])]"
    );
}

#[test]
fn models_that_cannot_be_used_are_not_deployed() {
    let faults = |schemas: &[(&str, Value)]| {
        let method = json!({"requestValidatorId": "body", "requestModels": {"application/json": "Pet"}});
        let faults = rest::faults(&api(method, schemas).snapshot());
        faults.iter().map(|fault| format!("{}: {}", fault.place, fault.why)).collect::<Vec<_>>()
    };
    assert!(faults(&[("Pet", pet())]).is_empty());
    assert_eq!(faults(&[]), ["/pets/{id} POST: the request model: there is no model Pet"]);
    assert_eq!(
        faults(&[("Pet", json!({"$ref": format!("{MODELS}Pet")}))]),
        ["/pets/{id} POST: the request model: the schema of the model Pet leads to itself"]
    );
    // Nobody asks for it, so it may be what it is.
    assert!(faults(&[("Pet", pet()), ("Other", json!({"pattern": "("}))]).is_empty());
}
