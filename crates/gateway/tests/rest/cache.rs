//! The response cache (API Gateway developer guide, "Enabling API caching to enhance
//! responsiveness"). How long entries live is tested beside the cache, where time is an argument.

use serde_json::{Value, json};

use crate::backend::Backend;
use crate::house::{Answer, Api, House, ok};

const WARNING: &str = "199 Cache-control headers were ignored because the caller was unauthorized.";

/// `/pets/{id}` with GET and POST, which reach the backend; its `setting` for all methods.
fn house(backend: &Backend, integration: &Value, setting: &Value) -> House {
    let mut stored =
        json!({"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": backend.uri("/"), "cacheNamespace": "n"});
    stored.as_object_mut().unwrap().extend(integration.as_object().unwrap().clone());
    let method = json!({"authorizationType": "NONE", "methodIntegration": stored});
    let mut for_all = json!({"cachingEnabled": true});
    for_all.as_object_mut().unwrap().extend(setting.as_object().unwrap().clone());
    let stage = json!({"cacheClusterEnabled": true, "methodSettings": {"*/*": for_all}});
    House::of(&Api::of(json!({"/pets/{id}": {"GET": method, "POST": method}})).stage(stage))
}

fn fresh(house: &House, target: &str) -> Answer {
    house.send(&format!("GET {target}\nCache-Control: max-age=0"), "")
}

/// How often the backend was asked.
fn asked(backend: &Backend) -> usize {
    let mut times = 0;
    while !backend.received_nothing() {
        times += 1;
    }
    times
}

#[test]
fn a_second_request_does_not_reach_the_backend() {
    for encrypted in [false, true] {
        let backend = Backend::answering(200, "Content-Type: text/plain\nX-Own: a\nX-Own: b", "hello");
        let house = house(&backend, &json!({}), &json!({"cacheDataEncrypted": encrypted}));
        let first = house.get("/prod/pets/1");
        let second = house.get("/prod/pets/1?x=1");
        assert_eq!(asked(&backend), 1);
        for answer in [&first, &second] {
            assert_eq!((answer.status, answer.text()), (ok(), "hello"));
            assert_eq!(answer.header("content-type"), Some("text/plain"));
            assert_eq!(answer.headers.get_all("x-own").collect::<Vec<_>>(), ["a", "b"]);
            assert_eq!(answer.header("warning"), None);
        }
        // Each answer has an identifier of its own.
        assert_ne!(first.header("x-amzn-requestid"), second.header("x-amzn-requestid"));
        let totals = house.apis.totals()[0].totals;
        assert_eq!((totals.cache_hits, totals.cache_misses, totals.requests), (1, 1, 2));
    }
}

#[test]
fn only_named_parameters_tell_requests_apart() {
    let backend = Backend::answering(200, "", "hello");
    let keys = json!({
        "cacheKeyParameters":
            ["method.request.path.id", "method.request.querystring.type", "integration.request.header.own"],
        "requestParameters": {"integration.request.header.own": "method.request.header.X-Client"},
    });
    let house = house(&backend, &keys, &json!({}));
    for (target, client, times) in [
        ("/prod/pets/1", "a", 1),
        ("/prod/pets/1?other=1", "a", 0),
        ("/prod/pets/2", "a", 1),
        ("/prod/pets/1?type=", "a", 1),
        ("/prod/pets/1?type=admin&department=A", "a", 1),
        ("/prod/pets/1?type=admin&department=B", "a", 0),
        ("/prod/pets/1?type=admin&department=A", "b", 1),
        ("/prod/pets/1", "a", 0),
    ] {
        let answer = house.send(&format!("GET {target}\nX-Client: {client}"), "");
        assert_eq!((answer.status, answer.text()), (ok(), "hello"));
        assert_eq!(asked(&backend), times, "{target} {client}");
    }
}

#[test]
fn only_get_is_cached_by_settings_for_all_methods() {
    let backend = Backend::answering(200, "", "hello");
    let house = house(&backend, &json!({}), &json!({}));
    for _ in 0..2 {
        house.send("POST /prod/pets/1", "");
    }
    assert_eq!(asked(&backend), 2);
    house.get("/prod/pets/1");
    assert_eq!(asked(&backend), 1);
}

#[test]
fn a_method_that_takes_any_verb_is_cached_for_get() {
    let backend = Backend::answering(200, "", "hello");
    let stored = json!({"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": backend.uri("/")});
    let method = json!({"authorizationType": "NONE", "methodIntegration": stored});
    let stage = json!({"cacheClusterEnabled": true, "methodSettings": {"*/*": {"cachingEnabled": true}}});
    let house = House::of(&Api::of(json!({"/pets": {"ANY": method}})).stage(stage));
    for (verb, times) in [("GET", 1), ("GET", 0), ("POST", 1), ("POST", 1), ("HEAD", 1)] {
        house.send(&format!("{verb} /prod/pets"), "");
        assert_eq!(asked(&backend), times, "{verb}");
    }
}

/// As users of AWS report it: answers of backends are kept whatever their status; what the gateway
/// says itself is not.
#[test]
fn a_backends_errors_are_kept_and_the_gateways_are_not() {
    let backend = Backend::answering(500, "", "broken");
    let own = house(&backend, &json!({}), &json!({}));
    for _ in 0..2 {
        assert_eq!((own.get("/prod/pets/1").status, own.get("/prod/pets/1").text()), (500, "broken"));
    }
    assert_eq!(asked(&backend), 1);
    let backend = Backend::raw("nonsense\r\n\r\n");
    let house = house(&backend, &json!({}), &json!({}));
    for _ in 0..2 {
        assert_eq!(house.get("/prod/pets/1").status, 504);
    }
    assert!(asked(&backend) >= 2);
}

#[test]
fn who_may_invalidate_is_the_methods_choice() {
    let strategy = |name: &str| json!({"unauthorizedCacheControlHeaderStrategy": name});
    for (setting, times, warning) in [
        (json!({"requireAuthorizationForCacheControl": false}), 1, None),
        (json!({}), 0, Some(WARNING)),
        (strategy("SUCCEED_WITH_RESPONSE_HEADER"), 0, Some(WARNING)),
        (strategy("SUCCEED_WITHOUT_RESPONSE_HEADER"), 0, None),
    ] {
        let backend = Backend::answering(200, "", "hello");
        let house = house(&backend, &json!({}), &setting);
        house.get("/prod/pets/1");
        assert_eq!(asked(&backend), 1);
        let answer = fresh(&house, "/prod/pets/1");
        assert_eq!((answer.status, answer.text(), answer.header("warning")), (ok(), "hello", warning));
        assert_eq!(asked(&backend), times, "{setting}");
        // A warning is for one client and not for the next.
        assert_eq!(house.get("/prod/pets/1").header("warning"), None);
    }
    let backend = Backend::answering(200, "", "hello");
    let house = house(&backend, &json!({}), &strategy("FAIL_WITH_403"));
    assert_eq!(fresh(&house, "/prod/pets/1").status, 403);
    assert_eq!(asked(&backend), 0);
}

#[test]
fn an_invalidated_entry_is_replaced() {
    let backend = Backend::answering(200, "", "hello");
    let house = house(&backend, &json!({}), &json!({"requireAuthorizationForCacheControl": false}));
    fresh(&house, "/prod/pets/1");
    fresh(&house, "/prod/pets/1");
    assert_eq!(asked(&backend), 2);
    house.get("/prod/pets/1");
    assert_eq!(asked(&backend), 0);
}

#[test]
fn what_is_too_large_passes_and_is_not_kept() {
    let body = "x".repeat(1_048_577);
    let backend = Backend::raw(format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n80000\r\n{}\r\n80001\r\n{}\r\n0\r\n\r\n",
        &body[..0x80000],
        &body[0x80000..]
    ));
    let house = house(&backend, &json!({}), &json!({}));
    for _ in 0..2 {
        assert_eq!(house.get("/prod/pets/1").text(), body);
    }
    assert_eq!(asked(&backend), 2);
}

/// Not recorded: the safe reading. AWS refuses such a key when the integration is put.
#[test]
fn a_key_that_no_request_has_keeps_a_method_from_being_cached() {
    let backend = Backend::answering(200, "", "hello");
    let keys = json!({"cacheKeyParameters": ["integration.request.querystring.unmapped"]});
    let house = house(&backend, &keys, &json!({}));
    for _ in 0..2 {
        house.get("/prod/pets/1");
    }
    assert_eq!(asked(&backend), 2);
    let remark = &house.remarks[0];
    assert_eq!(
        (remark.place.as_str(), remark.what.as_str()),
        (
            "/pets/{id} GET",
            "its answers are not cached: Invalid mapping expression parameter specified: \
             integration.request.querystring.unmapped"
        )
    );
}
