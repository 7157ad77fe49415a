//! HTTP and HTTP_PROXY integrations.

use serde_json::{Value, json};

use crate::backend::Backend;
use crate::house::{Api, House, ok};

fn integration(kind: &str, uri: &str, more: Value) -> Value {
    let mut integration = json!({"type": kind, "httpMethod": "ANY", "uri": uri});
    integration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    integration
}

fn proxy(backend: &Backend, path: &str, more: Value) -> House {
    House::of(&Api::with("/posts/{id}", "ANY", integration("HTTP_PROXY", &backend.uri(path), more)))
}

fn custom(backend: &Backend, path: &str, more: Value) -> House {
    let mut more = more;
    if more.get("integrationResponses").is_none() {
        more["integrationResponses"] = json!({"200": {"statusCode": "200"}});
    }
    House::of(&Api::with("/posts/{id}", "ANY", integration("HTTP", &backend.uri(path), more)))
}

/// The first scenario of the acceptance stacks.
#[test]
fn the_tutorials_proxy_reaches_the_backend() {
    let backend = Backend::answering(200, "Content-Type: text/plain", "seven");
    let mapping = json!({"requestParameters": {"integration.request.path.id": "method.request.path.id"}});
    let answer = proxy(&backend, "/posts/{id}", mapping).get("/prod/posts/7");
    assert_eq!((answer.status, answer.text()), (ok(), "seven"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    let received = backend.received();
    assert_eq!(received.line, "GET /posts/7 HTTP/1.1");
    assert_eq!(received.header("x-amzn-apigateway-api-id"), Some("abc123"));
    assert_eq!(received.header("host"), Some(backend.host().as_str()));
    assert_eq!(received.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(received.header("x-forwarded-port"), Some("4566"));
    assert_eq!(received.header("x-forwarded-proto"), Some("http"));
    assert!(received.header("x-amzn-trace-id").unwrap().starts_with("Root=1-66980ecb-"));
}

#[test]
fn a_proxy_hands_on_the_clients_request() {
    let backend = Backend::quiet();
    let house = proxy(&backend, "/x?own=1", json!({}));
    house.send(
        "PUT /prod/posts/7?b=2&a=1&b=%20+3
         Accept: text/html
         Accept-Encoding: br
         Authorization: Bearer t
         Content-Encoding: identity
         Content-Type: text/plain
         Connection: close
         X-Own: 1
         X-Own: 2
         Via: 1.1 x
         User-Agent: client
         X-Forwarded-For: 10.0.0.1
         X-Amzn-Trace-Id: Root=1-3152b799-8954dae64eda91bc9a23a7e8;Sampled=1",
        "payload",
    );
    let received = backend.received();
    assert_eq!(received.line, "PUT /x?own=1&b=2&a=1&b=%20+3 HTTP/1.1");
    assert_eq!(received.body, b"payload");
    assert_eq!(
        received.names(),
        [
            "accept",
            "accept-encoding",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent",
            "x-amzn-apigateway-api-id",
            "x-amzn-trace-id",
            "x-forwarded-for",
            "x-forwarded-port",
            "x-forwarded-proto",
            "x-own",
        ]
    );
    assert_eq!(received.header("x-own"), Some("1, 2"));
    assert_eq!(received.header("x-forwarded-for"), Some("10.0.0.1, 127.0.0.1"));
    let trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Sampled=1";
    assert_eq!(received.header("x-amzn-trace-id"), Some(trace));
}

#[test]
fn a_proxy_hands_back_the_backends_answer() {
    let backend = Backend::raw(
        "HTTP/1.1 404 No\r\nServer: gunicorn\r\nDate: then\r\nX-Own: 1\r\nX-Own: 2\r\nWWW-Authenticate: Basic\r\n\
         x-amzn-RequestId: theirs\r\nAccess-Control-Allow-Origin: *\r\nX-Amzn-Trace-Id: Root=1-2-3\r\n\
         Content-Length: 5\r\n\r\nnever",
    );
    let answer = proxy(&backend, "/", json!({})).get("/prod/posts/7");
    assert_eq!((answer.status, answer.text()), (404, "never"));
    for (name, value) in [
        ("x-amzn-remapped-server", "gunicorn"),
        ("x-amzn-remapped-date", "then"),
        ("x-amzn-remapped-content-length", "5"),
        ("x-amzn-remapped-www-authenticate", "Basic"),
        ("x-amzn-remapped-x-amzn-requestid", "theirs"),
        ("access-control-allow-origin", "*"),
        ("x-amzn-trace-id", "Root=1-2-3"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert_eq!(answer.headers.get_all("x-own").count(), 2);
    assert_eq!(answer.header("x-amzn-requestid").map(str::len), Some(36));
    for absent in ["server", "date", "www-authenticate"] {
        assert_eq!(answer.header(absent), None, "{absent}");
    }
}

#[test]
fn a_proxy_does_not_add_a_trace_to_the_answer() {
    let answer = proxy(&Backend::quiet(), "/", json!({})).get("/prod/posts/7");
    assert_eq!(answer.header("x-amzn-trace-id"), None);
}

/// Recorded from AWS, but for the name of the backend.
#[test]
fn mapped_parameters_go_to_their_places() {
    let backend = Backend::quiet();
    let house = proxy(
        &backend,
        "/?testVar={pathVar}&testQs={qsVar}",
        json!({"httpMethod": "POST", "requestParameters": {
            "integration.request.header.headerVar": "method.request.header.foobar",
            "integration.request.path.qsVar": "method.request.querystring.testVar",
            "integration.request.path.pathVar": "method.request.path.id",
            "integration.request.querystring.queryString": "method.request.querystring.testQueryString",
            "integration.request.querystring.testQs": "method.request.querystring.testQueryString",
            "integration.request.querystring.testEmptyQs": "method.request.header.emptyheader",
        }}),
    );
    house.send(
        "GET /prod/posts/foobar?testQueryString=foo&testVar=bar\nfoobar: mapped-value\nheaderVar: request-value",
        "",
    );
    let received = backend.received();
    assert_eq!(
        received.line,
        "POST /?testVar=foobar&testQs=bar&testQueryString=foo&testVar=bar&queryString=foo&testQs=foo HTTP/1.1"
    );
    assert_eq!(received.header("headervar"), Some("mapped-value"));
    assert_eq!(received.header("foobar"), Some("mapped-value"));
}

#[test]
fn a_mapped_query_parameter_replaces_the_clients_own() {
    let backend = Backend::quiet();
    let mapping = json!({"requestParameters": {
        "integration.request.querystring.a": "method.request.querystring.a",
        "integration.request.querystring.many": "method.request.multivaluequerystring.b",
        "integration.request.querystring.path": "method.request.path.id",
    }});
    proxy(&backend, "/", mapping).get("/prod/posts/x%20y?a=1&b=2&a=3&b=4%264");
    assert_eq!(backend.received().line, "GET /?b=2&b=4%264&a=3&many=2&many=4%264&path=x%2520y HTTP/1.1");
}

#[test]
fn mapped_headers_go_before_everything() {
    let backend = Backend::quiet();
    let mapping = json!({"requestParameters": {
        "integration.request.header.Host": "'elsewhere.example'",
        "integration.request.header.Server": "'s'",
        "integration.request.header.User-Agent": "'u'",
        "integration.request.header.X-Amzn-Apigateway-Api-Id": "'other'",
        "integration.request.header.X-Stage": "stageVariables.color",
        "integration.request.header.X-Resource": "context.resourceId",
        "integration.request.header.X-Many": "method.request.multivalueheader.X-Own",
        "integration.request.header.Via": "'dropped'",
        "integration.request.header.Connection": "'close'",
    }});
    let api = Api::with("/posts/{id}", "ANY", integration("HTTP_PROXY", &backend.uri("/"), mapping))
        .stage(json!({"variables": {"color": "blue"}}));
    House::of(&api).send("GET /prod/posts/7\nUser-Agent: client\nX-Own: 1\nX-Own: 2", "");
    let received = backend.received();
    for (name, value) in [
        ("host", "elsewhere.example"),
        ("server", "s"),
        ("user-agent", "u"),
        ("x-amzn-apigateway-api-id", "other"),
        ("x-stage", "blue"),
        ("x-resource", "res000"),
        ("x-many", "1, 2"),
    ] {
        assert_eq!(received.header(name), Some(value), "{name}");
    }
    assert_eq!((received.header("via"), received.header("connection")), (None, None));
}

#[test]
fn mapping_the_gateways_own_headers_fails() {
    for kind in ["HTTP", "HTTP_PROXY"] {
        for name in ["Content-Length", "Transfer-Encoding"] {
            let backend = Backend::quiet();
            let mapping = json!({"requestParameters": {format!("integration.request.header.{name}"): "'1'"}});
            let api = Api::with("/x", "GET", integration(kind, &backend.uri("/"), mapping));
            House::of(&api).get("/prod/x").is_internal_server_error();
            assert!(backend.received_nothing());
        }
    }
}

#[test]
fn a_value_that_is_no_header_fails() {
    let backend = Backend::quiet();
    let mapping = json!({"requestParameters": {"integration.request.header.X": "method.request.body"}});
    let house = proxy(&backend, "/", mapping);
    assert_eq!(house.send("POST /prod/posts/7", "one line").status, ok());
    let received = backend.received();
    assert_eq!((received.header("x"), &received.body[..]), (Some("one line"), &b"one line"[..]));
    house.send("POST /prod/posts/7", "two\nlines").is_internal_server_error();
    assert!(backend.received_nothing());
}

#[test]
fn stage_variables_are_put_into_uris() {
    let backend = Backend::quiet();
    let stage = json!({"variables": {"host": backend.host(), "path": "v1"}});
    let of = |uri: &str| {
        House::of(&Api::with("/x", "GET", integration("HTTP_PROXY", uri, json!({}))).stage(stage.clone()))
    };
    let uri = "http://${stageVariables.host}/${stageVariables.path}/x?v=${stageVariables.path}";
    assert_eq!(of(uri).get("/prod/x").status, ok());
    assert_eq!(backend.received().line, "GET /v1/x?v=v1 HTTP/1.1");
    of("http://${stageVariables.host}/${stageVariables.absent}").get("/prod/x").is_internal_server_error();
    assert!(backend.received_nothing());
}

#[test]
fn http_sends_what_is_mapped_and_nothing_else() {
    let backend = Backend::quiet();
    let house = custom(&backend, "/x", json!({}));
    house.send("POST /prod/posts/7?a=1\nX-Own: 1\nUser-Agent: client\nAccept: text/html\nContent-Type: application/json", "{\"a\": 1}");
    let received = backend.received();
    assert_eq!(received.line, "POST /x HTTP/1.1");
    assert_eq!(received.body, b"{\"a\": 1}");
    assert_eq!(
        received.names(),
        [
            "accept",
            "content-length",
            "content-type",
            "host",
            "user-agent",
            "x-amzn-apigateway-api-id",
            "x-amzn-trace-id"
        ]
    );
    assert_eq!(received.header("accept"), Some("application/json"));
    assert_eq!(received.header("user-agent"), Some("AmazonAPIGateway_abc123"));
    assert_eq!(received.header("content-type"), Some("application/json"));
}

#[test]
fn http_without_a_body_has_no_content_type() {
    let backend = Backend::quiet();
    custom(&backend, "/x", json!({})).send("POST /prod/posts/7\nContent-Type: application/json", "");
    let received = backend.received();
    assert_eq!((received.header("content-type"), received.header("content-length")), (None, Some("0")));
}

#[test]
fn http_renders_its_request_template() {
    let backend = Backend::quiet();
    let template = "{\"id\": \"$input.params('id')\", \"body\": $input.body}";
    let house = custom(&backend, "/x", json!({"requestTemplates": {"application/json": template}}));
    house.send("POST /prod/posts/7", "[1]");
    assert_eq!(backend.received().body, b"{\"id\": \"7\", \"body\": [1]}");
    house.send("POST /prod/posts/7", "");
    assert_eq!(backend.received().body, b"{\"id\": \"7\", \"body\": {}}");
}

#[test]
fn http_answers_by_its_integration_responses() {
    let responses = json!({"integrationResponses": {
        "200": {"statusCode": "200"},
        "404": {"statusCode": "404", "selectionPattern": "404", "responseTemplates": {"application/json": "{\"message\": \"none\"}"},
            "responseParameters": {
                "method.response.header.X-Backend": "integration.response.header.X-Own",
                "method.response.header.X-Body": "integration.response.body",
                "method.response.header.Date": "integration.response.header.Date",
            }},
    }});
    let found = |status: u16| {
        let backend = Backend::answering(status, "X-Own: o\nDate: then\nContent-Type: text/html", "theirs");
        custom(&backend, "/x", responses.clone()).get("/prod/posts/7")
    };
    let answer = found(404);
    assert_eq!((answer.status, answer.text()), (404, "{\"message\": \"none\"}"));
    assert_eq!(answer.header("x-backend"), Some("o"));
    assert_eq!(answer.header("x-body"), Some("theirs"));
    assert_eq!(answer.header("x-amzn-remapped-date"), Some("then"));
    // The default response, whatever the backend's status (recorded from AWS).
    let answer = found(400);
    assert_eq!((answer.status, answer.text()), (200, "theirs"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-own"), None);
    assert!(answer.header("x-amzn-trace-id").unwrap().starts_with("Root=1-66980ecb-"));
}

#[test]
fn http_without_a_matching_response_is_500() {
    let responses =
        json!({"integrationResponses": {"404": {"statusCode": "404", "selectionPattern": "404"}}});
    custom(&Backend::quiet(), "/x", responses).get("/prod/posts/7").is_internal_server_error();
}

#[test]
fn binary_payloads_are_converted() {
    let of = |handling: Value, response: Value| {
        let backend = Backend::answering(200, "Content-Type: image/png", "iVBORw==");
        let api = Api::with(
            "/x",
            "POST",
            integration(
                "HTTP",
                &backend.uri("/"),
                json!({"contentHandling": handling, "integrationResponses": {"200": {"statusCode": "200", "contentHandling": response}}}),
            ),
        )
        .api(json!({"binaryMediaTypes": ["image/png"]}));
        (House::of(&api), backend)
    };
    let (house, backend) = of(json!("CONVERT_TO_TEXT"), json!("CONVERT_TO_BINARY"));
    let answer = house.send("POST /prod/x\nContent-Type: image/png", &b"\x89PNG"[..]);
    assert_eq!(backend.received().body, b"iVBORw==");
    assert_eq!(answer.body, b"iVBORw==");
    let (house, backend) = of(json!("CONVERT_TO_BINARY"), Value::Null);
    let answer = house.send("POST /prod/x", "iVBORw==");
    assert_eq!(backend.received().body, b"\x89PNG");
    assert_eq!(answer.body, b"aVZCT1J3PT0=");
    house.send("POST /prod/x", "no base 64").is_internal_server_error();
}

#[test]
fn an_unreachable_backend_is_a_network_error() {
    // Bound and never listened on: nothing else can be there.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/", socket.local_addr().unwrap());
    drop(socket);
    for kind in ["HTTP", "HTTP_PROXY"] {
        let api = Api::with("/x", "GET", integration(kind, &uri, json!({})));
        House::of(&api).get("/prod/x").is_refusal(
            504,
            "InternalServerErrorException",
            "{\"message\": \"Network error communicating with endpoint\"}",
        );
    }
}

#[test]
fn a_backend_that_speaks_no_http_is_a_network_error() {
    let backend = Backend::raw("nonsense\r\n\r\n");
    let answer = proxy(&backend, "/", json!({})).get("/prod/posts/7");
    assert_eq!(
        (answer.status, answer.json()["message"].as_str()),
        (504, Some("Network error communicating with endpoint"))
    );
}

#[test]
fn a_backend_that_changes_protocols_is_a_network_error() {
    let backend =
        Backend::raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    assert_eq!(proxy(&backend, "/", json!({})).get("/prod/posts/7").status, 504);
}

#[test]
fn a_silent_backend_times_out() {
    for kind in ["HTTP", "HTTP_PROXY"] {
        let backend = Backend::raw("");
        let api =
            Api::with("/x", "GET", integration(kind, &backend.uri("/"), json!({"timeoutInMillis": 50})));
        House::of(&api).get("/prod/x").is_refusal(
            504,
            "InternalServerErrorException",
            "{\"message\": \"Endpoint request timed out\"}",
        );
    }
}

#[test]
fn a_backend_that_stops_in_its_body_times_out() {
    let backend = Backend::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    let more = json!({"timeoutInMillis": 50, "integrationResponses": {"200": {"statusCode": "200"}}});
    let api = Api::with("/x", "GET", integration("HTTP", &backend.uri("/"), more));
    let answer = House::of(&api).get("/prod/x");
    assert_eq!((answer.status, answer.text()), (504, "{\"message\": \"Endpoint request timed out\"}"));
}

#[test]
fn a_place_that_nothing_is_mapped_to_fails() {
    let backend = Backend::quiet();
    proxy(&backend, "/posts/{id}", json!({})).get("/prod/posts/7").is_internal_server_error();
    let absent =
        json!({"requestParameters": {"integration.request.path.id": "method.request.querystring.none"}});
    proxy(&backend, "/posts/{id}", absent).get("/prod/posts/7").is_internal_server_error();
    assert!(backend.received_nothing());
}
