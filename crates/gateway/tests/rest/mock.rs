//! MOCK integrations.

use serde_json::{Value, json};

use crate::house::{Api, House, ok};

const OK_TEMPLATE: &str = "{\"statusCode\": 200}";

fn mock(request_templates: Value, responses: Value) -> House {
    House::of(&Api::with(
        "/posts",
        "ANY",
        json!({"type": "MOCK", "requestTemplates": request_templates, "integrationResponses": responses}),
    ))
}

/// The first scenario of the acceptance stacks.
#[test]
fn the_tutorials_mock_answers_with_its_mapped_header() {
    let house = mock(
        json!({"application/json": OK_TEMPLATE}),
        json!({"200": {
            "statusCode": "200",
            "responseTemplates": {"application/json": "{\"posts\": []}"},
            "responseParameters": {"method.response.header.X-Demo": "'yes'"}
        }}),
    );
    let answer = house.get("/prod/posts");
    assert_eq!((answer.status, answer.text()), (ok(), "{\"posts\": []}"));
    assert_eq!(answer.header("x-demo"), Some("yes"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-amzn-requestid").map(str::len), Some(36));
    assert!(answer.header("x-amz-apigw-id").unwrap().ends_with('='));
    assert_eq!(answer.header("x-amzn-trace-id"), None);
    assert_eq!(answer.header("x-amzn-errortype"), None);
}

#[test]
fn no_two_answers_have_the_same_identifiers() {
    let house = mock(json!({"application/json": OK_TEMPLATE}), json!({"200": {"statusCode": "200"}}));
    let (one, other) = (house.get("/prod/posts"), house.get("/prod/posts"));
    for id in ["x-amzn-requestid", "x-amz-apigw-id"] {
        assert_ne!(one.header(id), other.header(id));
    }
}

#[test]
fn the_status_code_of_the_template_selects_the_response() {
    let responses = json!({
        "200": {"statusCode": "200", "responseTemplates": {"application/json": "default"}},
        "404": {"statusCode": "404", "selectionPattern": "4\\d{2}", "responseTemplates": {"application/json": "none"}},
    });
    for (template, status, body) in [
        (OK_TEMPLATE, 200, "default"),
        ("{statusCode: 404}", 404, "none"),
        ("{\"statusCode\": \"499\"}", 404, "none"),
        ("{\"statusCode\": 500}", 200, "default"),
    ] {
        let answer = mock(json!({"application/json": template}), responses.clone()).get("/prod/posts");
        assert_eq!((answer.status, answer.text()), (status, body), "{template}");
    }
}

#[test]
fn without_a_status_code_the_answer_is_500() {
    let responses = json!({"200": {"statusCode": "200"}});
    mock(json!({}), responses.clone()).get("/prod/posts").is_internal_server_error();
    mock(json!({"application/json": "{}"}), responses.clone()).get("/prod/posts").is_internal_server_error();
    mock(json!({"application/json": "nonsense"}), responses).get("/prod/posts").is_internal_server_error();
}

#[test]
fn without_a_default_response_the_answer_is_500() {
    let responses = json!({"404": {"statusCode": "404", "selectionPattern": "404"}});
    let template = json!({"application/json": OK_TEMPLATE});
    mock(template.clone(), responses).get("/prod/posts").is_internal_server_error();
    mock(template, json!({})).get("/prod/posts").is_internal_server_error();
}

#[test]
fn an_impossible_status_code_is_500() {
    let responses = json!({"abc": {"statusCode": "abc"}});
    mock(json!({"application/json": OK_TEMPLATE}), responses).get("/prod/posts").is_internal_server_error();
}

#[test]
fn the_content_type_selects_the_template() {
    let house = mock(
        json!({"application/json": OK_TEMPLATE, "text/plain": "{\"statusCode\": 404}"}),
        json!({"200": {"statusCode": "200"}, "404": {"statusCode": "404", "selectionPattern": "404"}}),
    );
    assert_eq!(house.get("/prod/posts").status, 200);
    assert_eq!(house.send("POST /prod/posts\nContent-Type: text/plain; charset=utf-8", "x").status, 404);
    // No template and passed on: the client's own payload gives the status.
    assert_eq!(house.send("POST /prod/posts\nContent-Type: a/b", "{\"statusCode\": 404}").status, 404);
    house.send("POST /prod/posts\nContent-Type: a/b", "x").is_internal_server_error();
}

#[test]
fn a_strict_integration_refuses_other_content_types() {
    let api = Api::with(
        "/posts",
        "POST",
        json!({
            "type": "MOCK",
            "passthroughBehavior": "NEVER",
            "requestTemplates": {"application/json": OK_TEMPLATE},
            "integrationResponses": {"200": {"statusCode": "200"}}
        }),
    );
    let house = House::of(&api);
    assert_eq!(house.send("POST /prod/posts", "").status, 200);
    house.send("POST /prod/posts\nContent-Type: a/b", "x").is_refusal(
        415,
        "BadRequestException",
        "{\"message\": \"Unsupported Media Type\"}",
    );
}

#[test]
fn the_accept_header_selects_the_answers_template() {
    let house = mock(
        json!({"application/json": OK_TEMPLATE}),
        json!({"200": {"statusCode": "200", "responseTemplates": {"application/xml": "<a/>", "application/json": "{}"}}}),
    );
    let check = |accept: &str, content_type: &str, body: &str| {
        let answer = house.send(&format!("GET /prod/posts\nAccept: {accept}"), "");
        assert_eq!((answer.header("content-type"), answer.text()), (Some(content_type), body), "{accept}");
    };
    check("application/xml", "application/xml", "<a/>");
    check("application/json", "application/json", "{}");
    check("text/plain", "application/json", "{}");
}

#[test]
fn templates_see_the_request() {
    let text = "$context.httpMethod $context.resourcePath $context.stage $context.identity.sourceIp \
                $input.params('a') $input.params('X-B') $stageVariables.color|$stageVariables.none|$context.identity.user|";
    let api = Api::with(
        "/posts/{id}",
        "GET",
        json!({
            "type": "MOCK",
            "requestTemplates": {"application/json": OK_TEMPLATE},
            "integrationResponses": {"200": {"statusCode": "200", "responseTemplates": {"text/plain": text}}}
        }),
    )
    .stage(json!({"variables": {"color": "blue"}}));
    let answer = House::of(&api).send("GET /prod/posts/7?a=x%20y\nX-B: z", "");
    assert_eq!(answer.text(), "GET /posts/{id} prod 127.0.0.1 x y z blue|||");
    assert_eq!(answer.header("content-type"), Some("text/plain"));
}

#[test]
fn mapped_headers_are_renamed_where_aws_renames_them() {
    let house = mock(
        json!({"application/json": OK_TEMPLATE}),
        json!({"200": {"statusCode": "200", "responseParameters": {
            "method.response.header.Server": "'s'",
            "method.response.header.Date": "'d'",
            "method.response.header.Transfer-Encoding": "'chunked'",
            "method.response.header.Content-Type": "'text/html'",
            "method.response.header.Via": "'v'",
            "method.response.header.X-Request": "context.requestId",
            "method.response.header.X-Color": "stageVariables.none",
            "method.response.header.X-Backend": "integration.response.header.none"
        }}}),
    );
    let answer = house.get("/prod/posts");
    assert_eq!(answer.header("x-amzn-remapped-server"), Some("s"));
    assert_eq!(answer.header("x-amzn-remapped-date"), Some("d"));
    assert_eq!(answer.header("content-type"), Some("text/html"));
    assert_eq!(answer.header("via"), Some("v"));
    assert_eq!(answer.header("x-request"), answer.header("x-amzn-requestid"));
    for absent in ["server", "date", "transfer-encoding", "x-color", "x-backend"] {
        assert_eq!(answer.header(absent), None, "{absent}");
    }
}
