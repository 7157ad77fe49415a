//! Lambda functions: AWS_PROXY and AWS.

use ports::functions::{InvocationType, InvokeError, InvokeReply, Invoker};
use serde_json::{Value, json};

use crate::house::{Api, House, failure, ok, result};

const URI: &str = "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/\
                   arn:aws:lambda:us-west-2:000000000000:function:orders/invocations";

fn integration(kind: &str, more: Value) -> Value {
    let mut integration = json!({"type": kind, "httpMethod": "POST", "uri": URI});
    integration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    integration
}

fn proxy() -> Api {
    Api::with("/{proxy+}", "ANY", integration("AWS_PROXY", json!({})))
}

fn answering(payload: &'static str) -> House {
    House::with_function(&proxy(), Box::new(move |_| result(payload)))
}

#[test]
fn the_event_is_the_whole_request() {
    let house = answering("{\"statusCode\": 200}");
    house.send("POST /prod/test-path/?a=1&a=2\ntEsT-HEADeR: aValUE\nContent-Type: text/plain", "body");
    let event = house.event();
    for (pointer, expected) in [
        ("/resource", json!("/{proxy+}")),
        ("/path", json!("/test-path/")),
        ("/httpMethod", json!("POST")),
        ("/headers/tEsT-HEADeR", json!("aValUE")),
        ("/headers/Host", json!("abc123.execute-api.us-west-2.localhost:4566")),
        ("/queryStringParameters", json!({"a": "2"})),
        ("/multiValueQueryStringParameters", json!({"a": ["1", "2"]})),
        ("/pathParameters", json!({"proxy": "test-path"})),
        ("/stageVariables", Value::Null),
        ("/requestContext/accountId", json!("000000000000")),
        ("/requestContext/apiId", json!("abc123")),
        ("/requestContext/stage", json!("prod")),
        ("/requestContext/deploymentId", json!("dep001")),
        ("/requestContext/resourceId", json!("res000")),
        ("/requestContext/path", json!("/prod/test-path/")),
        ("/requestContext/identity/sourceIp", json!("127.0.0.1")),
        ("/requestContext/identity/userAgent", Value::Null),
        ("/body", json!("body")),
        ("/isBase64Encoded", json!(false)),
    ] {
        assert_eq!(event.pointer(pointer), Some(&expected), "{pointer}");
    }
}

#[test]
fn the_function_is_invoked_by_the_method_as_it_is_defined() {
    let house = answering("{\"statusCode\": 200}");
    let answer = house.get("/prod/a/b");
    let invoked = house.functions.invoked.lock().unwrap();
    let request = &invoked[0];
    assert_eq!((request.function.name.as_str(), request.function.qualifier.as_deref()), ("orders", None));
    assert_eq!(request.invocation_type, InvocationType::RequestResponse);
    assert_eq!(
        request.invoker,
        Invoker::Service {
            principal: "apigateway.amazonaws.com".into(),
            source_arn: "arn:aws:execute-api:us-west-2:000000000000:abc123/prod/ANY/{proxy+}".into(),
            source_account: "000000000000".into(),
        }
    );
    let event: Value = serde_json::from_slice(&request.payload).unwrap();
    let trace = event["headers"]["X-Amzn-Trace-Id"].as_str().unwrap();
    assert_eq!(request.trace_id.as_deref(), Some(trace));
    assert_eq!(event["requestContext"]["requestId"].as_str(), answer.header("x-amzn-requestid"));
    assert_eq!(event["requestContext"]["extendedRequestId"].as_str(), answer.header("x-amz-apigw-id"));
    let told = answer.header("x-amzn-trace-id").unwrap();
    assert!(told.starts_with(&format!("{trace};Parent=")) && told.ends_with(";Sampled=0"), "{told}");
}

#[test]
fn a_role_invokes_where_the_integration_names_one() {
    let api = Api::with(
        "/x",
        "GET",
        integration(
            "AWS_PROXY",
            json!({"credentials": "arn:aws:iam::000000000000:role/${stageVariables.role}"}),
        ),
    )
    .stage(json!({"variables": {"role": "invoker"}}));
    let house = House::with_function(&api, Box::new(|_| result("{\"statusCode\": 200}")));
    house.get("/prod/x");
    let invoker = house.functions.invoked.lock().unwrap()[0].invoker.clone();
    assert_eq!(
        invoker,
        Invoker::Role {
            arn: "arn:aws:iam::000000000000:role/invoker".into(),
            service: "apigateway.amazonaws.com"
        }
    );
}

#[test]
fn stage_variables_name_functions_and_aliases() {
    let uri = "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/arn:aws:lambda:us-west-2:000000000000:\
               function:${stageVariables.name}:${stageVariables.alias}/invocations";
    let api = Api::with("/x", "GET", integration("AWS_PROXY", json!({"uri": uri})));
    let of = |variables: Value| {
        let api = Api::of(api.resources.clone()).stage(json!({"variables": variables}));
        House::with_function(&api, Box::new(|_| result("{\"statusCode\": 200}")))
    };
    let house = of(json!({"name": "orders", "alias": "live"}));
    assert_eq!(house.get("/prod/x").status, ok());
    let function = house.functions.invoked.lock().unwrap()[0].function.clone();
    assert_eq!((function.name.as_str(), function.qualifier.as_deref()), ("orders", Some("live")));
    of(json!({"name": "orders"})).get("/prod/x").is_internal_server_error();
}

#[test]
fn the_functions_answer_is_the_clients() {
    let house = answering(
        "{\"statusCode\": \"201\", \"headers\": {\"X-Own\": true, \"Content-Type\": \"text/plain\", \"Server\": \"f\"}, \
         \"multiValueHeaders\": {\"Set-Cookie\": [\"a=1\", \"b=2\"]}, \"body\": \"made\"}",
    );
    let answer = house.get("/prod/x");
    assert_eq!((answer.status, answer.text()), (201, "made"));
    assert_eq!(answer.header("x-own"), Some("true"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.header("x-amzn-remapped-server"), Some("f"));
    assert_eq!(answer.headers.get_all("set-cookie").count(), 2);
}

#[test]
fn an_answer_without_a_content_type_is_json() {
    for payload in ["{\"statusCode\": 200}", "null", "{\"headers\": {}}"] {
        let answer = answering(payload).get("/prod/x");
        assert_eq!(
            (answer.status, answer.text(), answer.header("content-type")),
            (200, "", Some("application/json"))
        );
    }
}

#[track_caller]
fn is_bad_gateway(house: &House) {
    house.get("/prod/x").is_refusal(
        502,
        "InternalServerErrorException",
        "{\"message\": \"Internal server error\"}",
    );
}

#[test]
fn malformed_answers_and_failures_are_502() {
    for payload in [
        "\"text\"",
        "{}",
        "[]",
        "no json",
        "{\"statusCode\": 200, \"wrongValue\": 1}",
        "{\"statusCode\": \"x\"}",
    ] {
        is_bad_gateway(&answering(payload));
    }
    is_bad_gateway(&House::with_function(&proxy(), Box::new(|_| failure("boom"))));
}

#[test]
fn what_lambda_refuses_is_an_error() {
    let of = |error: InvokeError| {
        House::with_function(&proxy(), Box::new(move |_| Some(Err(error.clone())))).get("/prod/x")
    };
    let arn = || "arn:aws:lambda:us-west-2:000000000000:function:orders".to_owned();
    of(InvokeError::Denied { invoker: "apigateway.amazonaws.com".into(), arn: arn() })
        .is_internal_server_error();
    of(InvokeError::NotFound { arn: arn() }).is_internal_server_error();
    of(InvokeError::Throttled).is_internal_server_error();
    of(InvokeError::Unavailable { why: "no python".into() }).is_internal_server_error();
    of(InvokeError::TooLarge { size: 7, limit: 6, invocation_type: "RequestResponse" }).is_refusal(
        413,
        "RequestTooLargeException",
        "{\"message\":\"Request Too Long\"}",
    );
}

#[test]
fn a_function_that_takes_too_long_times_out() {
    let api = Api::with("/x", "GET", integration("AWS_PROXY", json!({"timeoutInMillis": 50})));
    House::with_function(&api, Box::new(|_| None)).get("/prod/x").is_refusal(
        504,
        "InternalServerErrorException",
        "{\"message\": \"Endpoint request timed out\"}",
    );
}

#[test]
fn any_other_integration_method_than_post_fails() {
    for kind in ["AWS", "AWS_PROXY"] {
        let api = Api::with("/x", "GET", integration(kind, json!({"httpMethod": "GET"})));
        House::of(&api).get("/prod/x").is_internal_server_error();
    }
}

#[test]
fn headers_that_cannot_be_mapped_fail_every_request() {
    for kind in ["AWS", "AWS_PROXY"] {
        for name in [
            "Authorization",
            "Connection",
            "Content-Length",
            "Expect",
            "Proxy-Authenticate",
            "TE",
            "Transfer-Encoding",
        ] {
            let mapping = json!({"requestParameters": {format!("integration.request.header.{name}"): "'x'"}});
            House::of(&Api::with("/x", "GET", integration(kind, mapping)))
                .get("/prod/x")
                .is_internal_server_error();
        }
    }
}

#[test]
fn mapped_parameters_do_not_change_an_event() {
    let mapping = json!({"requestParameters": {
        "integration.request.header.X-Mapped": "'x'",
        "integration.request.querystring.mapped": "'x'",
    }});
    let api = Api::with("/x", "GET", integration("AWS_PROXY", mapping));
    let house = House::with_function(&api, Box::new(|_| result("{\"statusCode\": 200}")));
    house.get("/prod/x");
    assert_eq!(house.event()["headers"].get("X-Mapped"), None);
    assert_eq!(house.event()["queryStringParameters"], Value::Null);
}

/// All cases recorded from AWS.
#[test]
fn base_64_answers_are_decoded_for_clients_that_accept_binary() {
    let payload = "{\"statusCode\": 200, \"body\": \"iVBORw==\", \"isBase64Encoded\": true, \"headers\": {\"Content-Type\": \"image/png\"}}";
    let of = |types: Value| {
        let api = proxy().api(json!({"binaryMediaTypes": types}));
        House::with_function(&api, Box::new(move |_| result(payload)))
    };
    let check = |house: &House, accept: &str, decoded: bool| {
        let answer = house.send(&format!("GET /prod/x\nAccept: {accept}"), "");
        let expected: &[u8] = if decoded { b"\x89PNG" } else { b"iVBORw==" };
        assert_eq!(answer.body, expected, "{accept}");
    };
    let house = of(json!(["image/png", "application/*", "*/test"]));
    check(&house, "image/png,image/*,*/*;q=0.8", true);
    check(&house, "image/webp,image/png", false);
    check(&house, "image/*", false);
    check(&house, "*/*", false);
    check(&house, "application/pdf", true);
    check(&house, "any/test", false);
    check(&of(json!([])), "image/png", false);
    check(&of(json!(["*/*"])), "anything/else", true);
    let broken = "{\"body\": \"no base 64\", \"isBase64Encoded\": true}";
    let api = proxy().api(json!({"binaryMediaTypes": ["*/*"]}));
    House::with_function(&api, Box::new(move |_| result(broken))).get("/prod/x").is_internal_server_error();
}

#[test]
fn binary_requests_are_encoded() {
    let api = proxy().api(json!({"binaryMediaTypes": ["image/png"]}));
    let house = House::with_function(&api, Box::new(|_| result("{\"statusCode\": 200}")));
    house.send("POST /prod/x\nContent-Type: image/png", &b"\x89PNG"[..]);
    let event = house.event();
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("iVBORw=="), &json!(true)));
}

fn custom(more: Value, function: crate::house::Function) -> House {
    let mut more = more;
    if more.get("integrationResponses").is_none() {
        more["integrationResponses"] = json!({"200": {"statusCode": "200"}});
    }
    House::with_function(&Api::with("/x", "ANY", integration("AWS", more)), function)
}

#[test]
fn a_custom_integration_hands_over_what_its_template_makes() {
    let echo = || -> crate::house::Function {
        Box::new(|request| result(String::from_utf8_lossy(&request.payload)))
    };
    let house = custom(
        json!({"requestTemplates": {"application/json": "{\"param1\": \"$input.params('param1')\"}"}}),
        echo(),
    );
    let answer = house.get("/prod/x?param1=foobar");
    assert_eq!((answer.status, answer.text()), (200, "{\"param1\": \"foobar\"}"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.header("x-amzn-trace-id").unwrap().starts_with("Root=1-"));
    // Without a template the payload is passed on, and none is an empty object.
    assert_eq!(custom(json!({}), echo()).send("POST /prod/x", "{\"a\": 1}").text(), "{\"a\": 1}");
    assert_eq!(custom(json!({}), echo()).get("/prod/x").text(), "{}");
}

/// Recorded from AWS.
#[test]
fn selection_patterns_meet_the_error_message() {
    let responses = json!({"integrationResponses": {
        "200": {"statusCode": "200"},
        "400": {"statusCode": "400", "selectionPattern": ".*400.*"},
        "500": {"statusCode": "500", "selectionPattern": ".*500.*"},
    }});
    for (message, status) in [
        ("Error: Raising 400 from within the Lambda function", 400),
        ("Error: Raising 500 from within the Lambda function", 500),
        ("Error: something else", 200),
    ] {
        let house = custom(responses.clone(), Box::new(move |_| failure(message)));
        let answer = house.get("/prod/x");
        assert_eq!((answer.status, answer.json()["errorMessage"].as_str()), (status, Some(message)));
    }
    // What has not failed meets the default, whatever it says.
    let house = custom(responses, Box::new(|_| result("{\"errorMessage\": \"400\"}")));
    assert_eq!(house.get("/prod/x").status, 200);
}

#[test]
fn an_error_that_nothing_matches_is_500() {
    let responses = json!({"integrationResponses": {"400": {"statusCode": "400", "selectionPattern": "x"}}});
    custom(responses, Box::new(|_| failure("y"))).get("/prod/x").is_internal_server_error();
}

#[test]
fn an_event_invocation_is_answered_at_once() {
    let mapping =
        json!({"requestParameters": {"integration.request.header.X-Amz-Invocation-Type": "'Event'"}});
    let house = custom(
        mapping,
        Box::new(|_| {
            Some(Ok(InvokeReply {
                payload: bytes::Bytes::new(),
                function_error: None,
                executed_version: "$LATEST".into(),
                request_id: "8f507cfc".into(),
                log_tail: None,
            }))
        }),
    );
    let answer = house.send("POST /prod/x", "{}");
    assert_eq!((answer.status, answer.text()), (200, ""));
    assert_eq!(house.functions.invoked.lock().unwrap()[0].invocation_type, InvocationType::Event);
}

#[test]
fn a_payload_that_is_no_json_is_the_clients_fault() {
    let house =
        custom(json!({}), Box::new(|_| Some(Err(InvokeError::NotJson { why: "Unexpected end".into() }))));
    house.send("POST /prod/x", "{").is_refusal(
        400,
        "BadRequestException",
        "{\"message\": \"Could not parse request body into json: Unexpected end\"}",
    );
}
