//! Gateway responses of an API's own (API Gateway developer guide, "Gateway responses in API
//! Gateway" and "Set up gateway response customization in OpenAPI").

use serde_json::{Value, json};

use crate::house::{Answer, Api, House};

/// `GET /pets/{id}`, which needs the query parameter `q`; a MOCK without a status at `/broken`.
fn house(responses: &Value) -> House {
    let mock = |template: &str| {
        json!({
            "authorizationType": "NONE", "requestValidatorId": "v1",
            "requestParameters": {"method.request.querystring.q": true},
            "methodIntegration": {"type": "MOCK", "requestTemplates": {"application/json": template},
                "integrationResponses": {"200": {"statusCode": "200"}}},
        })
    };
    let api =
        Api::of(json!({"/pets/{id}": {"GET": mock("{statusCode: 200}")}, "/broken": {"GET": mock("{}")}}));
    let more = json!({
        "request_validators": [{"id": "v1", "validateRequestParameters": true}],
        "gateway_responses": responses,
    });
    House::of(&api.more(more).stage(json!({"variables": {"site": "shop.example.com"}})))
}

fn told(answer: &Answer) -> (u16, &str, Option<&str>) {
    (answer.status, answer.text(), answer.header("x-amzn-errortype"))
}

/// The guide's example: another status, headers and a body with what went wrong.
#[test]
fn a_type_has_its_own_response() {
    let house = house(&json!([{
        "responseType": "MISSING_AUTHENTICATION_TOKEN",
        "statusCode": "404",
        "responseParameters": {
            "gatewayresponse.header.x-request-path": "method.request.path.id",
            "gatewayresponse.header.Access-Control-Allow-Origin": "'a.b.c'",
            "gatewayresponse.header.x-request-query": "method.request.querystring.q",
            "gatewayresponse.header.x-request-header": "method.request.header.Accept",
            "gatewayresponse.header.x-why": "context.error.responseType",
            "gatewayresponse.header.x-site": "stageVariables.site",
        },
        "responseTemplates": {"application/json":
            "{\"message\":$context.error.messageString,\"type\":\"$context.error.responseType\",\"stage\":\
             \"$context.stage\",\"path\":\"$context.resourcePath\",\"site\":\"$stageVariables.site\",\"price\":\
             \"$5 $nothing ${x}\"}"},
    }]));
    let answer = house.send("GET /prod/nowhere?q=bar\nAccept: application/json", "");
    assert_eq!(
        told(&answer),
        (
            404,
            "{\"message\":\"Missing Authentication Token\",\"type\":\"MISSING_AUTHENTICATION_TOKEN\",\"stage\":\
             \"prod\",\"path\":\"\",\"site\":\"shop.example.com\",\"price\":\"$5 $nothing ${x}\"}",
            Some("MissingAuthenticationTokenException")
        )
    );
    for (name, expected) in [
        ("x-request-path", None),
        ("access-control-allow-origin", Some("a.b.c")),
        ("x-request-query", Some("bar")),
        ("x-request-header", Some("application/json")),
        ("x-why", Some("MISSING_AUTHENTICATION_TOKEN")),
        ("x-site", Some("shop.example.com")),
        ("content-type", Some("application/json")),
    ] {
        assert_eq!(answer.header(name), expected, "{name}");
    }
    assert!(house.remarks.is_empty());
    // Others are AWS's.
    assert_eq!(
        house.get("/prod/pets/7").text(),
        "{\"message\": \"Missing required request parameters: [q]\"}"
    );
}

#[test]
fn the_parameters_of_a_request_that_met_a_method_are_there() {
    let house = house(&json!([{
        "responseType": "BAD_REQUEST_PARAMETERS",
        "responseTemplates": {"text/plain":
            "$context.httpMethod $context.resourcePath id=$method.request.path.id \
             x=$method.request.header.X-Own. all=$context.error.validationErrorString"},
    }]));
    let answer = house.send("GET /prod/pets/7\nX-Own: yes", "");
    assert_eq!(
        (answer.status, answer.text(), answer.header("content-type")),
        (
            400,
            "GET /pets/{id} id=7 x=yes. all=[Missing required request parameters: [q]]",
            Some("text/plain")
        )
    );
}

/// Developer guide, "Gateway response types": the defaults of a class are those of all its types
/// that have no response of their own.
#[test]
fn defaults_stand_for_what_has_no_response_of_its_own() {
    let house = house(&json!([
        {"responseType": "DEFAULT_4XX", "statusCode": "418",
            "responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}},
        {"responseType": "DEFAULT_5XX", "responseTemplates": {"application/json": "{\"oops\":$context.error.messageString}"}},
        {"responseType": "BAD_REQUEST_PARAMETERS", "responseTemplates": {"application/json": "{}"}},
    ]));
    let answer = house.get("/prod/nowhere");
    assert_eq!((answer.status, answer.text()), (418, "{\"message\":\"Missing Authentication Token\"}"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    // Its own, but for the status that it does not set.
    let answer = house.get("/prod/pets/7");
    assert_eq!((answer.status, answer.text()), (418, "{}"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let answer = house.get("/prod/broken?q=1");
    assert_eq!((answer.status, answer.text()), (500, "{\"oops\":\"Internal server error\"}"));
    assert_eq!(house.get("/prod/pets/7?q=1").status, 200);
}

#[test]
fn the_client_chooses_among_templates() {
    let house = house(&json!([{
        "responseType": "DEFAULT_4XX",
        "responseTemplates": {"application/xml": "<no/>", "application/json": "{}"},
    }]));
    for (accept, content_type, body) in [
        ("application/xml", "application/xml", "<no/>"),
        ("application/xml;q=0.5, application/json", "application/xml", "<no/>"),
        ("application/json", "application/json", "{}"),
        ("text/html", "application/json", "{}"),
    ] {
        let answer = house.send(&format!("GET /prod/nowhere\nAccept: {accept}"), "");
        assert_eq!((answer.header("content-type"), answer.text()), (Some(content_type), body), "{accept}");
    }
}

/// Not recorded: what cannot be a header is left out, and a client cannot put one in.
#[test]
fn a_value_that_is_none_in_a_header_is_left_out() {
    let house = house(&json!([{
        "responseType": "DEFAULT_4XX",
        "responseParameters": {"gatewayresponse.header.X-Q": "method.request.querystring.q"},
    }]));
    assert_eq!(house.get("/prod/nowhere?q=a%0D%0AX-Evil:%201").header("x-evil"), None);
    assert_eq!(house.get("/prod/nowhere?q=a%0D%0AX-Evil:%201").header("x-q"), None);
    assert_eq!(house.get("/prod/nowhere?q=a").header("x-q"), Some("a"));
}

/// A client's header, repeated by a template, fills no memory: beyond 10 MB the body is AWS's.
#[test]
fn what_a_template_makes_is_bounded() {
    let house = house(&json!([{
        "responseType": "DEFAULT_4XX",
        "responseTemplates": {"text/plain": "$method.request.header.X-Own ".repeat(8_000)},
    }]));
    let sent = |length: usize| {
        house.send(&format!("GET /prod/nowhere\nX-Own: {}", "x".repeat(length)), "").body.len()
    };
    assert_eq!(sent(1_000), 8_000 * 1_001);
    assert_eq!(sent(2_000), "{\"message\":\"Missing Authentication Token\"}".len());
}

/// Not recorded: a final answer cannot have an interim status.
#[test]
fn an_interim_status_is_left_out_and_told() {
    let house = house(&json!([{"responseType": "DEFAULT_4XX", "statusCode": "101"}]));
    assert_eq!(house.get("/prod/nowhere").status, 403);
    assert_eq!(house.remarks[0].place, "the gateway response DEFAULT_4XX");
}
