//! Parameters that are mapped from a part of a body.

use serde_json::json;

use crate::backend::Backend;
use crate::house::{Api, House, ok};

const ORDER: &str = r#"{"id": 7, "customer": {"name": "Ada L.", "tags": ["a", "b"]}, "none": null}"#;

#[test]
fn a_part_of_the_request_becomes_a_parameter() {
    let backend = Backend::quiet();
    let integration = json!({
        "type": "HTTP_PROXY", "httpMethod": "POST", "uri": backend.uri("/orders/{id}"),
        "requestParameters": {
            "integration.request.path.id": "method.request.body.$.id",
            "integration.request.querystring.name": "method.request.body.customer.name",
            "integration.request.header.X-Tags": "method.request.body.$.customer.tags",
            "integration.request.header.X-Names": "method.request.body.$..name",
            "integration.request.header.X-None": "method.request.body.$.none",
            "integration.request.header.X-Absent": "method.request.body.$.customer.age",
        },
    });
    let house = House::of(&Api::with("/", "POST", integration));
    assert_eq!(house.send("POST /prod/", ORDER).status, ok());
    let received = backend.received();
    assert_eq!(received.line, "POST /orders/7?name=Ada%20L. HTTP/1.1");
    assert_eq!(received.header("x-tags"), Some(r#"["a","b"]"#));
    assert_eq!(received.header("x-names"), Some(r#"["Ada L."]"#));
    assert_eq!((received.header("x-none"), received.header("x-absent")), (None, None));
    assert_eq!(received.body, ORDER.as_bytes());
}

#[test]
fn a_part_of_the_answer_becomes_a_header() {
    let backend = Backend::answering(200, "Content-Type: application/json", ORDER);
    let integration = json!({
        "type": "HTTP", "httpMethod": "GET", "uri": backend.uri("/"),
        "integrationResponses": {"200": {"statusCode": "200", "responseParameters": {
            "method.response.header.X-Name": "integration.response.body.$.customer.name",
            "method.response.header.X-Id": "integration.response.body.id",
            "method.response.header.X-Absent": "integration.response.body.$.absent",
        }}},
    });
    let answer = House::of(&Api::with("/", "GET", integration)).get("/prod/");
    assert_eq!((answer.header("x-name"), answer.header("x-id")), (Some("Ada L."), Some("7")));
    assert_eq!(answer.header("x-absent"), None);
    assert_eq!(answer.text(), ORDER);
}

#[test]
fn a_body_that_is_no_json_has_no_parts() {
    let backend = Backend::quiet();
    let integration = json!({
        "type": "HTTP_PROXY", "httpMethod": "POST", "uri": backend.uri("/"),
        "requestParameters": {"integration.request.header.X-Id": "method.request.body.$.id"},
    });
    let house = House::of(&Api::with("/", "POST", integration));
    assert_eq!(house.send("POST /prod/", "id=7").status, ok());
    assert_eq!(backend.received().header("x-id"), None);
}
