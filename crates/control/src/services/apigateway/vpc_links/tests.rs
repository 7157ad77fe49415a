//! Tests of VPC links. Recorded from AWS unless a test says otherwise.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::restapis::integrations::put_integration;
use super::super::restapis::stages::{create_stage, delete_stage};
use super::super::test_frame::{Frame, bad_request, not_found, patch, text, with};
use super::*;

const NLB: &str =
    "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/my-nlb/50dc6c495c0c9188";

fn link(frame: &Frame) -> String {
    text(&frame.ok(create_vpc_link, json!({"name": "l", "targetArns": [NLB]})), "id")
}

fn get(frame: &Frame, id: &str) -> Value {
    frame.ok(get_vpc_link, json!({"vpcLinkId": id}))
}

#[test]
fn a_new_link_is_pending_and_then_available() {
    let frame = Frame::new();
    let given = json!({"name": "l", "targetArns": [NLB]});
    let created = frame.ok(create_vpc_link, given.clone());
    let id = text(&created, "id");
    assert_eq!(created, with(given.clone(), json!({"id": id, "status": "PENDING"})));
    let ready = json!({"id": id, "status": "AVAILABLE", "statusMessage": "Your vpc link is ready for use"});
    let listed = with(given, ready);
    assert_eq!(frame.ok(get_vpc_links, json!({})), json!({"items": [listed]}));
    assert_eq!(get(&frame, &id), with(listed, json!({"tags": {}})));
}

#[test]
fn what_is_given_is_answered() {
    let frame = Frame::new();
    let given = json!({"name": "n", "description": "d", "targetArns": [NLB], "tags": {"a": "1"}});
    let created = frame.ok(create_vpc_link, given.clone());
    assert_eq!(created, with(given, json!({"id": created["id"], "status": "PENDING"})));
    let got = get(&frame, &text(&created, "id"));
    assert_eq!((&got["description"], &got["tags"]), (&json!("d"), &json!({"a": "1"})));
}

/// The text for several targets is seen in reports of AWS's users, that for none is not recorded.
#[test]
fn bad_settings_are_refused() {
    let frame = Frame::new();
    let check = |name: &str, arns: Value, expected: &str| {
        let input = json!({"name": name, "targetArns": arns});
        assert_eq!(frame.refused(create_vpc_link, input), bad_request(expected));
    };
    check("l", json!(["invalid-arn"]), "Invalid ARN. ARN is not well formed invalid-arn");
    check("", json!([NLB]), "Name cannot be empty");
    check("l", json!([NLB, NLB]), "More than one target arn specified for vpc link.");
    check("l", json!([]), "No target arn specified for vpc link.");
    assert_eq!(frame.ok(get_vpc_links, json!({})), json!({"items": []}));
}

/// The first text is seen in reports of AWS's users, the second is not recorded.
#[test]
fn a_link_to_something_else_fails() {
    let frame = Frame::new();
    let foreign = "NLB must belong to the account and the region of the vpc link";
    for (arn, expected) in [
        (NLB.replace("/net/", "/app/"), "NLB ARN is malformed"),
        ("arn:aws:s3:::bucket".to_owned(), "NLB ARN is malformed"),
        (NLB.replace("000000000000", "111111111111"), foreign),
        (NLB.replace("us-east-1", "eu-west-1"), foreign),
    ] {
        let created = frame.ok(create_vpc_link, json!({"name": "l", "targetArns": [arn]}));
        assert_eq!(created["status"], json!("PENDING"), "{arn}");
        let got = get(&frame, &text(&created, "id"));
        assert_eq!((&got["status"], &got["statusMessage"]), (&json!("FAILED"), &json!(expected)), "{arn}");
    }
}

#[test]
fn an_unknown_link_is_refused() {
    let frame = Frame::new();
    let (unknown, named) = (not_found("Invalid Vpc Link identifier specified"), json!({"vpcLinkId": "nope"}));
    assert_eq!(frame.refused(get_vpc_link, named.clone()), unknown);
    assert_eq!(frame.refused(update_vpc_link, named.clone()), unknown);
    assert_eq!(frame.refused(delete_vpc_link, named), unknown);
    let id = link(&frame);
    frame.ok(delete_vpc_link, json!({"vpcLinkId": id}));
    assert_eq!(frame.refused(get_vpc_link, json!({"vpcLinkId": id})), unknown);
}

/// Name: recorded from AWS. Targets: seen in reports of its users.
#[test]
fn name_and_description_are_replaced() {
    let frame = Frame::new();
    let id = link(&frame);
    let update = |op: &str, path: &str, value: &str| json!({"vpcLinkId": id, "patchOperations": patch(op, path, Some(value))});
    for (path, value, member, expected) in [
        ("/name", "n", "name", json!("n")),
        ("/description", "d", "description", json!("d")),
        ("/description", "", "description", json!(null)),
    ] {
        let updated = frame.ok(update_vpc_link, update("replace", path, value));
        assert_eq!(updated[member], expected, "{path}");
        assert_eq!(updated, get(&frame, &id));
    }
    let check = |op: &str, path: &str, value: &str, expected: &str| {
        assert_eq!(frame.refused(update_vpc_link, update(op, path, value)), bad_request(expected));
    };
    check("replace", "/name", "", "Name cannot be empty");
    check("add", "/targetArns", NLB, "Target arns are not allowed to be changed/added.");
    check(
        "replace",
        "/status",
        "x",
        "Invalid patch path  '/status' specified for op 'replace'. Must be one of: [/name, /description]",
    );
}

/// Seen in reports of AWS's users.
#[test]
fn a_link_in_use_stays() {
    let frame = Frame::new();
    let id = link(&frame);
    let (api, root) = frame.rest_api();
    frame.method(&api, &root, "GET");
    let method = json!({"restApiId": api, "resourceId": root, "httpMethod": "GET"});
    let private = json!({
        "type": "HTTP_PROXY",
        "integrationHttpMethod": "GET",
        "uri": "http://backend.internal/",
        "connectionType": "VPC_LINK",
        "connectionId": id,
    });
    frame.ok(put_integration, with(method, private));
    let named = json!({"vpcLinkId": id});
    let refusal = |users: String, format: &str| {
        bad_request(&format!(
            "Cannot delete vpc link. Vpc link '{id}', is referenced in [{users}] in format of {format}."
        ))
    };
    let defined = refusal(format!("{api}:GET:{root}"), "[RESTApiId:Method:Resource]");
    assert_eq!(frame.refused(delete_vpc_link, named.clone()), defined);
    let stage = json!({"restApiId": api, "stageName": "dev"});
    let deployment = frame.deployment(&api);
    frame.ok(create_stage, with(stage.clone(), json!({"deploymentId": deployment})));
    let deployed = refusal(format!("{api}:GET:{root}:dev"), "[RESTApiId:Method:Resource:Stage]");
    assert_eq!(frame.refused(delete_vpc_link, named.clone()), deployed);
    frame.mock(&api, &root, "GET");
    assert_eq!(frame.refused(delete_vpc_link, named.clone()), deployed);
    frame.ok(delete_stage, stage);
    frame.ok(delete_vpc_link, named);
}

/// "Amazon API Gateway quotas"; the text is not recorded.
#[test]
fn an_account_has_twenty_links() {
    let mut frame = Frame::new();
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(link(&frame));
        frame.after(Duration::from_millis(1));
    }
    assert_eq!(
        frame.refused(create_vpc_link, json!({"name": "l", "targetArns": [NLB]})),
        "429 LimitExceededException \"Maximum number of VPC links for this account has been reached. Please \
         contact AWS if you need additional VPC links.\""
    );
    let page = |input: Value| {
        let listed = frame.ok(get_vpc_links, input);
        let ids = listed["items"].as_array().unwrap().iter().map(|link| text(link, "id"));
        (ids.collect::<Vec<_>>(), listed["position"].clone())
    };
    let (first, position) = page(json!({"limit": 15}));
    assert_eq!(first, ids[..15]);
    let (second, position) = page(json!({"position": position}));
    assert_eq!((&second[..], position), (&ids[15..], json!(null)));
}
