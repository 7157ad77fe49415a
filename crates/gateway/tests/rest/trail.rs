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
        "/closed": {"GET": {"authorizationType": "SOMETHING_NEW", "methodIntegration": {"type": "MOCK"}}},
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
    assert_eq!(
        totals[0].totals,
        Totals { requests: 4, client_errors: 2, server_errors: 1, ..Totals::default() }
    );
}

fn logging(level: &str, data: bool, role: bool) -> House {
    let mock = |status: &str| {
        json!({"GET": {"authorizationType": "NONE", "methodIntegration": {
            "type": "MOCK",
            "requestTemplates": {"application/json": status},
            "integrationResponses": {"200": {"statusCode": "200", "responseTemplates": {"application/json": "four"}}}}}})
    };
    let api = Api::of(json!({
        "/mock": mock("{\"statusCode\": 200}"),
        "/broken": mock("{}"),
        "/closed": {"GET": {"authorizationType": "SOMETHING_NEW", "methodIntegration": {"type": "MOCK"}}},
        "/quiet": mock("{}"),
    }))
    .stage(json!({"methodSettings": {
        "*/*": {"loggingLevel": level, "dataTraceEnabled": data},
        "quiet/GET": {"loggingLevel": "OFF"},
    }}))
    .logs(role);
    House::of(&api)
}

/// The lines of the execution log, without the request's id.
fn executed(house: &House, answer: &crate::house::Answer) -> Vec<String> {
    house.door.trail().flush();
    let id = format!("({}) ", answer.header("x-amzn-requestid").unwrap());
    let kept = house.logs.0.lock().unwrap();
    let own = kept.iter().filter(|(_, _, _, line)| line.message.starts_with(&id));
    own.map(|(to, group, stream, line)| {
        assert_eq!(
            (to, group.as_str(), stream.len()),
            (&scope(), "API-Gateway-Execution-Logs_abc123/prod", 32)
        );
        line.message[id.len()..].replace(&id[1..37], "ID")
    })
    .collect()
}

/// Recorded from AWS, but for which of them belong to `INFO` alone.
#[test]
fn executions_are_logged_step_by_step() {
    let house = logging("INFO", true, true);
    let answer = house.send("GET /prod/mock?a=b\nX-Api-Key: a1b2c3d4e5f6a1b2c3d4", "body");
    let extended = answer.header("x-amz-apigw-id").unwrap().to_owned();
    let expected = [
        format!("Extended Request Id: {extended}"),
        "Verifying Usage Plan for request: ID. API Key: API Stage: abc123/prod".to_owned(),
        "API Key authorized because method 'GET /mock' does not require API Key. Request will not contribute to \
         throttle or quota limits"
            .to_owned(),
        "Usage Plan check succeeded for API Key and API Stage abc123/prod".to_owned(),
        "Starting execution for request: ID".to_owned(),
        "HTTP Method: GET, Resource Path: /mock".to_owned(),
        "Method request path: {}".to_owned(),
        "Method request query string: {a=b}".to_owned(),
        format!("Method request headers: {{X-Api-Key=**************b2c3d4, Host={}}}", crate::house::HOST),
        "Method request body before transformations: body".to_owned(),
        "Method response body after transformations: four".to_owned(),
        "Method response headers: {Content-Type=application/json}".to_owned(),
        "Successfully completed execution".to_owned(),
        "Method completed with status: 200".to_owned(),
    ];
    assert_eq!(executed(&house, &answer), expected);

    let house = logging("INFO", false, true);
    let steps = executed(&house, &house.get("/prod/mock"));
    assert_eq!(
        steps[4..],
        [
            "Starting execution for request: ID",
            "HTTP Method: GET, Resource Path: /mock",
            "Successfully completed execution",
            "Method completed with status: 200",
        ]
    );
}

#[test]
fn errors_alone_are_logged_if_that_is_asked_for() {
    let house = logging("ERROR", true, true);
    assert_eq!(executed(&house, &house.get("/prod/mock")), Vec::<String>::new());
    assert_eq!(
        executed(&house, &house.get("/prod/broken")),
        [
            "Execution failed due to configuration error: statusCode should be an integer which defined in request \
             template",
            "Method completed with status: 500",
        ]
    );
    assert_eq!(
        executed(&house, &house.get("/prod/closed"))[0],
        "Execution failed due to configuration error: the authorization type SOMETHING_NEW is not built yet, so the \
         request is refused"
    );
}

#[test]
fn nothing_is_logged_where_that_is_off_or_not_allowed() {
    for house in [logging("OFF", true, true), logging("INFO", true, false)] {
        assert_eq!(executed(&house, &house.get("/prod/broken")), Vec::<String>::new());
    }
    let house = logging("INFO", true, true);
    assert_eq!(executed(&house, &house.get("/prod/quiet")), Vec::<String>::new());
    // Without a method there is nothing to be executed.
    assert_eq!(executed(&house, &house.get("/prod/unknown")), Vec::<String>::new());
}
