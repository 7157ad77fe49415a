//! Access logs and counters.

use gateway::trail::Totals;
use serde_json::json;

use crate::house::{Api, House, result, scope};

const FORMAT: &str = "$context.httpMethod $context.resourcePath $context.status $context.responseLength \
                      $context.integrationStatus $context.integration.status $context.error.responseType \
                      $context.error.message $context.nonsense";

fn house(format: &str) -> House {
    let api = Api::of(json!({
        "/mock": {"GET": {"authorizationType": "NONE", "methodIntegration": {
            "type": "MOCK",
            "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
            "integrationResponses": {"200": {"statusCode": "200", "responseTemplates": {"application/json": "four"}}}}}},
        "/function": {"GET": {"authorizationType": "NONE", "methodIntegration": {
            "type": "AWS_PROXY", "httpMethod": "POST",
            "uri": "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/orders/invocations"}}},
        "/closed": {"GET": {"authorizationType": "AWS_IAM", "methodIntegration": {"type": "MOCK"}}},
    }))
    .stage(json!({"accessLogSettings": {
        "format": format,
        "destinationArn": "arn:aws:logs:us-west-2:000000000000:log-group:/apigw/example/access",
    }}));
    House::with_function(&api, Box::new(|_| result("{\"statusCode\": 404, \"body\": \"no\"}")))
}

fn lines(house: &House) -> Vec<String> {
    house.door.trail().flush();
    let kept = house.logs.0.lock().unwrap();
    kept.iter().map(|(_, _, _, line)| line.message.clone()).collect()
}

#[test]
fn every_answer_has_its_line() {
    let house = house(FORMAT);
    house.get("/prod/mock");
    house.get("/prod/function");
    house.get("/prod/unknown");
    house.get("/prod/closed");
    assert_eq!(
        lines(&house),
        [
            "GET /mock 200 4 - - - - -",
            "GET /function 404 2 200 404 - - -",
            "GET - 403 42 - - MISSING_AUTHENTICATION_TOKEN Missing Authentication Token -",
            "GET /closed 500 36 - - API_CONFIGURATION_ERROR Internal server error -",
        ]
    );
}

#[test]
fn lines_go_to_the_log_group_of_the_stage() {
    let house = house("$context.requestId $context.requestTimeEpoch");
    let answer = house.get("/prod/mock");
    house.door.trail().flush();
    let kept = house.logs.0.lock().unwrap();
    let (to, group, stream, line) = &kept[0];
    assert_eq!((to, group.as_str(), stream.len()), (&scope(), "/apigw/example/access", 32));
    assert_eq!(line.timestamp, crate::house::NOW);
    assert_eq!(line.message, format!("{} 1721241291500", answer.header("x-amzn-requestid").unwrap()));
}

#[test]
fn answers_are_counted() {
    let house = house(FORMAT);
    for target in ["/prod/mock", "/prod/function", "/prod/unknown", "/prod/closed", "/dev/mock"] {
        house.get(target);
    }
    let totals = house.apis.totals();
    assert_eq!(totals.len(), 1);
    assert_eq!((&*totals[0].api, &*totals[0].stage), ("abc123", "prod"));
    assert_eq!(totals[0].totals, Totals { requests: 4, client_errors: 2, server_errors: 1 });
}
