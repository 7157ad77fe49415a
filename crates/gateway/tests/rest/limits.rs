//! Both sides of each size.

use serde_json::json;

use crate::backend::Backend;
use crate::house::{Api, House, ok};

const TOO_LONG: &str = "{\"message\":\"Request Too Long\"}";

fn mock() -> House {
    House::of(&Api::with(
        "/x",
        "POST",
        json!({
            "type": "MOCK",
            "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
            "integrationResponses": {"200": {"statusCode": "200"}}
        }),
    ))
}

#[test]
fn header_values_have_10240_bytes_at_most() {
    let house = mock();
    let with = |bytes: usize| {
        house.send(&format!("POST /prod/x\nHost: {}\nX-A: {}", crate::house::HOST, "a".repeat(bytes)), "")
    };
    let host = crate::house::HOST.len();
    assert_eq!(with(10_240 - host).status, ok());
    with(10_241 - host).is_refusal(413, "RequestTooLargeException", TOO_LONG);
}

/// Quotas of the developer guide, "API Gateway quotas for configuring and running a REST API": the
/// length of a URL is 10,240 characters for regional APIs and 8,192 for edge-optimized ones.
#[test]
fn urls_have_10240_bytes_at_most_and_those_of_edge_optimized_apis_8192() {
    let mock = json!({
        "type": "MOCK",
        "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
        "integrationResponses": {"200": {"statusCode": "200"}}
    });
    let start = format!("http://{}/prod/x?a=", crate::house::HOST).len();
    for (types, limit) in [(json!(["REGIONAL"]), 10_240), (json!(["EDGE"]), 8_192), (json!(null), 8_192)] {
        let api = Api::with("/x", "GET", mock.clone());
        let house = House::of(&api.api(json!({"endpointConfiguration": {"types": types}})));
        let with = |bytes: usize| house.get(&format!("/prod/x?a={}", "a".repeat(bytes - start)));
        assert_eq!(with(limit).status, ok());
        with(limit + 1).is_refusal(414, "RequestTooLargeException", "{\"message\":\"Request URI too long\"}");
    }
}

#[test]
fn payloads_have_ten_megabytes_at_most() {
    let house = mock();
    assert_eq!(house.send("POST /prod/x", vec![b' '; 10_485_760]).status, ok());
    house.send("POST /prod/x", vec![b' '; 10_485_761]).is_refusal(413, "RequestTooLargeException", TOO_LONG);
}

#[test]
fn answers_have_ten_megabytes_at_most() {
    for (size, proxy, status) in
        [(10_485_760, true, 200), (10_485_761, true, 500), (10_485_760, false, 200), (10_485_761, false, 500)]
    {
        let backend = Backend::answering(200, "", &" ".repeat(size));
        let house = House::of(&Api::with(
            "/x",
            "GET",
            json!({
                "type": if proxy { "HTTP_PROXY" } else { "HTTP" },
                "httpMethod": "GET",
                "uri": backend.uri("/"),
                "integrationResponses": {"200": {"statusCode": "200"}}
            }),
        ));
        let answer = house.get("/prod/x");
        assert_eq!(answer.status, status, "{size} {proxy}");
        if status == 500 {
            answer.is_internal_server_error();
        } else {
            assert_eq!(answer.body.len(), size);
        }
    }
}

#[test]
fn templates_print_ten_megabytes_at_most() {
    let template = "{\"statusCode\": 200, \"a\": \"$input.body$input.body\"}";
    let house = House::of(&Api::with(
        "/x",
        "POST",
        json!({
            "type": "MOCK",
            "requestTemplates": {"application/json": template},
            "integrationResponses": {"200": {"statusCode": "200"}}
        }),
    ));
    assert_eq!(house.send("POST /prod/x", vec![b'x'; 5_000_000]).status, ok());
    house.send("POST /prod/x", vec![b'x'; 6_000_000]).is_internal_server_error();
}

#[test]
fn mapped_values_fit_into_headers_and_urls() {
    let backend = Backend::quiet();
    let of = |parameter: &str| {
        let parameters = json!({parameter: "method.request.body"});
        House::of(&Api::with(
            "/x",
            "POST",
            json!({"type": "HTTP_PROXY", "httpMethod": "POST", "uri": backend.uri("/{a}"), "requestParameters": parameters}),
        ))
    };
    let house = House::of(&Api::with(
        "/x",
        "POST",
        json!({"type": "HTTP_PROXY", "httpMethod": "POST", "uri": backend.uri("/"),
            "requestParameters": {"integration.request.header.X": "method.request.body"}}),
    ));
    assert_eq!(house.send("POST /prod/x", vec![b'x'; 10_240]).status, ok());
    house.send("POST /prod/x", vec![b'x'; 10_241]).is_internal_server_error();
    assert_eq!(of("integration.request.path.a").send("POST /prod/x", vec![b'x'; 60_000]).status, ok());
    for parameter in ["integration.request.path.a", "integration.request.querystring.a"] {
        of(parameter).send("POST /prod/x", vec![b'x'; 70_000]).is_internal_server_error();
    }
}

/// Nobody takes more, and each costs a look at all before it.
#[test]
fn templates_make_1000_headers_at_most() {
    let backend = Backend::quiet();
    let template = |side: &str, extra: &str| {
        let set = format!("#set($context.{side}Override.header[\"x$i\"] = '1')");
        format!("#foreach($i in [1..990]){set}#end{extra}{{\"statusCode\": 200}}")
    };
    let extra = |side: &str| {
        format!("#foreach($i in [991..1010])#set($context.{side}Override.header[\"x$i\"] = '1')#end")
    };
    for (beyond, status) in [(false, ok()), (true, 500)] {
        let more = |side: &str| if beyond { extra(side) } else { String::new() };
        let request = json!({"type": "HTTP", "httpMethod": "GET", "uri": backend.uri("/"),
            "requestTemplates": {"application/json": template("request", &more("request"))},
            "integrationResponses": {"200": {"statusCode": "200"}}});
        let response = json!({"type": "MOCK",
            "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
            "integrationResponses": {"200": {"statusCode": "200",
                "responseTemplates": {"application/json": template("response", &more("response"))}}}});
        for integration in [request, response] {
            let house = House::of(&Api::with("/x", "GET", integration.clone()));
            assert_eq!(house.get("/prod/x").status, status, "{integration}");
        }
    }
}
