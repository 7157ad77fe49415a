//! Tests of `LookupEvents`. Shapes and limits: CloudTrail API reference.

use std::time::Duration;

use serde_json::{Value, json};

use crate::test_frame::{Frame, Sent, Signer, text, with};

/// Makes so many REST APIs, a second after each other: `a0`, `a1` and so on.
fn make(frame: &mut Frame, count: usize) -> Vec<String> {
    let names = (0..count).map(|at| format!("a{at}"));
    names
        .map(|name| {
            let body = json!({"name": name}).to_string();
            let sent = Sent::new("POST", "/restapis").with("content-type", "application/json").body(body);
            let made = frame.development().signed(&Signer::root(), "apigateway", &sent);
            frame.after(Duration::from_secs(1));
            text(&made.json(), "id")
        })
        .collect()
}

fn lookup(frame: &Frame, input: Value) -> Value {
    frame.ok("cloudtrail:LookupEvents", input)
}

/// The names of the APIs that the events made.
fn apis(answer: &Value) -> Vec<String> {
    let events = answer["Events"].as_array().unwrap().iter();
    events
        .map(|event| {
            let event: Value = serde_json::from_str(&text(event, "CloudTrailEvent")).unwrap();
            text(&event["requestParameters"], "name")
        })
        .collect()
}

fn by(key: &str, value: &str) -> Value {
    json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]})
}

#[test]
fn an_event_is_shown_with_its_attributes() {
    let mut frame = Frame::new();
    let id = make(&mut frame, 1).remove(0);
    let answer = lookup(&frame, json!({}));
    let event = &answer["Events"][0];
    let trail: Value = serde_json::from_str(&text(event, "CloudTrailEvent")).unwrap();
    assert_eq!(
        answer,
        json!({"Events": [{
            "EventId": trail["eventID"],
            "EventName": "CreateRestApi",
            "ReadOnly": "false",
            "AccessKeyId": Signer::root().key,
            "EventTime": 1_795_421_083_000_i64,
            "EventSource": "apigateway.amazonaws.com",
            "Username": "root",
            "Resources": [{"ResourceType": "AWS::ApiGateway::RestApi", "ResourceName": id}],
            "CloudTrailEvent": event["CloudTrailEvent"],
        }]})
    );
}

#[test]
fn each_attribute_finds_its_events() {
    let mut frame = Frame::new();
    let ids = make(&mut frame, 2);
    let newest = lookup(&frame, json!({}))["Events"][0].clone();
    for (key, value, expected) in [
        ("EventId", &*text(&newest, "EventId"), vec!["a1"]),
        ("EventName", "CreateRestApi", vec!["a1", "a0"]),
        ("EventName", "createRestApi", vec![]),
        ("ReadOnly", "false", vec!["a1", "a0"]),
        ("ReadOnly", "true", vec![]),
        ("Username", "root", vec!["a1", "a0"]),
        ("ResourceType", "AWS::ApiGateway::RestApi", vec!["a1", "a0"]),
        ("ResourceName", &*ids[0], vec!["a0"]),
        ("EventSource", "apigateway.amazonaws.com", vec!["a1", "a0"]),
        ("EventSource", "iam.amazonaws.com", vec![]),
        ("AccessKeyId", &*Signer::root().key, vec!["a1", "a0"]),
    ] {
        assert_eq!(apis(&lookup(&frame, by(key, value))), expected, "{key} {value}");
    }
}

#[test]
fn pages_hold_fifty_events_or_fewer() {
    let mut frame = Frame::new();
    make(&mut frame, 51);
    let first = lookup(&frame, json!({}));
    assert_eq!(first["Events"].as_array().unwrap().len(), 50);
    let second = lookup(&frame, json!({"NextToken": first["NextToken"]}));
    assert_eq!((apis(&second), &second["NextToken"]), (vec!["a0".to_owned()], &Value::Null));
    // A page that ends with the last event has no other behind it.
    let older = |most: i32| {
        lookup(&frame, with(json!({"NextToken": first["NextToken"]}), json!({"MaxResults": most})))
    };
    assert_eq!(older(1)["NextToken"], Value::Null);
    let two = lookup(&frame, json!({"MaxResults": 2}));
    assert_eq!(apis(&two), ["a50", "a49"]);
    let next = lookup(&frame, json!({"MaxResults": 2, "NextToken": two["NextToken"]}));
    assert_eq!(apis(&next), ["a48", "a47"]);
}

#[test]
fn a_span_of_time_has_both_its_ends() {
    const START: i64 = 1_795_421_083_000;
    let mut frame = Frame::new();
    make(&mut frame, 4);
    let between = |start: i64, end: i64| json!({"StartTime": START + start, "EndTime": START + end});
    // Each event happened 120 milliseconds after its second began.
    assert_eq!(apis(&lookup(&frame, between(1_000, 2_000))), ["a2", "a1"]);
    assert_eq!(apis(&lookup(&frame, between(3_121, 9_000))), [""; 0]);
    assert_eq!(apis(&lookup(&frame, json!({"StartTime": START + 2_000}))), ["a3", "a2"]);
    assert_eq!(apis(&lookup(&frame, json!({"EndTime": START}))), ["a0"]);
}

/// The texts are not recorded.
#[test]
fn what_makes_no_sense_is_refused() {
    let frame = Frame::new();
    let refused = |input: Value| frame.refused("cloudtrail:LookupEvents", input);
    assert_eq!(
        refused(json!({"StartTime": 2_000, "EndTime": 1_000})),
        "400 InvalidTimeRangeException \"The start time must not be after the end time.\""
    );
    let one = json!({"AttributeKey": "EventName", "AttributeValue": "x"});
    assert_eq!(
        refused(json!({"LookupAttributes": [one, one]})),
        "400 InvalidLookupAttributesException \"Lookup attributes must not be more than one.\""
    );
    for token in ["x", "", "MTIz", "!"] {
        assert_eq!(
            refused(json!({"NextToken": token})),
            "400 InvalidNextTokenException \"The next token is invalid.\"",
            "{token}"
        );
    }
    assert_eq!(lookup(&frame, json!({"EventCategory": "insight"})), json!({"Events": []}));
}
