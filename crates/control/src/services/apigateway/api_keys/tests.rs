//! Tests of API keys. Recorded from AWS unless a test says otherwise.

use std::time::Duration;

use api::Blob;
use serde_json::{Value, json};

use super::super::restapis::stages::create_stage;
use super::super::test_frame::{Frame, STARTED, bad_request, conflict, not_found, patch, text, with};
use super::super::usage_plans::{create_usage_plan, keys};
use super::*;

fn unknown() -> String {
    not_found("Invalid API Key identifier specified")
}

#[test]
fn a_new_key_has_awss_defaults() {
    let frame = Frame::new();
    let created = frame.ok(create_api_key, json!({"name": "", "value": ""}));
    let (id, value) = (text(&created, "id"), text(&created, "value"));
    assert_eq!((id.len(), value.len()), (10, 40));
    let expected = json!({
        "id": id,
        "enabled": false,
        "createdDate": STARTED,
        "lastUpdatedDate": STARTED,
        "stageKeys": [],
    });
    assert_eq!(created, with(expected.clone(), json!({"value": value})));
    assert_eq!(frame.ok(get_api_key, json!({"apiKey": id})), with(expected.clone(), json!({"tags": {}})));
    assert_eq!(
        frame.ok(get_api_key, json!({"apiKey": id, "includeValue": true})),
        with(expected.clone(), json!({"tags": {}, "value": value}))
    );
    assert_eq!(frame.ok(get_api_keys, json!({})), json!({"items": [expected]}));
    assert_eq!(
        frame.ok(get_api_keys, json!({"includeValues": true})),
        json!({"items": [with(expected, json!({"value": value}))]})
    );
}

#[test]
fn what_is_given_is_answered() {
    let frame = Frame::new();
    let given = json!({
        "name": "n",
        "description": "d",
        "enabled": true,
        "value": "v".repeat(20),
        "customerId": "c",
        "generateDistinctId": true,
        "tags": {"a": "1"},
    });
    let created = frame.ok(create_api_key, given.clone());
    for member in ["name", "description", "enabled", "value", "customerId", "tags"] {
        assert_eq!(created[member], given[member], "{member}");
    }
    let got = frame.ok(get_api_key, json!({"apiKey": created["id"], "includeValue": true}));
    assert_eq!(got, created);
}

#[test]
fn both_sides_of_each_border() {
    let frame = Frame::new();
    let fits = |input: Value| drop(frame.ok(create_api_key, input));
    let check = |input: Value, expected: &str| {
        assert_eq!(frame.refused(create_api_key, input), bad_request(expected));
    };
    fits(json!({"name": "n".repeat(1024)}));
    check(json!({"name": "n".repeat(1025)}), "Invalid API Key name, can be at most 1024 characters.");
    fits(json!({"value": "a".repeat(20)}));
    check(json!({"value": "a".repeat(19)}), "API Key value should be at least 20 characters");
    fits(json!({"value": "a".repeat(128)}));
    check(json!({"value": "a".repeat(129)}), "API Key value exceeds maximum size of 128 characters");
    fits(json!({"description": "d".repeat(1024)}));
    check(json!({"description": "d".repeat(1025)}), "Invalid API Key description specified.");
}

/// Seen in reports of AWS's users.
#[test]
fn a_value_belongs_to_one_key() {
    let frame = Frame::new();
    let value = "0123456789abcdefghij";
    let key = frame.ok(create_api_key, json!({"name": "a", "value": value}));
    let again = json!({"name": "b", "value": value});
    assert_eq!(frame.refused(create_api_key, again.clone()), conflict("API Key already exists"));
    frame.in_scope("111111111111", "us-east-1").ok(create_api_key, again.clone());
    frame.ok(delete_api_key, json!({"apiKey": key["id"]}));
    frame.ok(create_api_key, again);
}

/// `Amazon API Gateway quotas`; the text is not recorded.
#[test]
fn an_account_has_ten_thousand_keys() {
    let frame = Frame::new();
    let file = |rows: usize| {
        let rows: String = (0..rows).map(|n| format!("a,{n:030}\n")).collect();
        json!({"format": "csv", "body": Blob(format!("name,key\n{rows}").into()).to_base64()})
    };
    frame.ok(import::import_api_keys, file(9_999));
    frame.ok(create_api_key, json!({}));
    let expected = "429 LimitExceededException \"Maximum number of API keys for this account has been \
                    reached. Please contact AWS if you need additional API keys.\"";
    assert_eq!(frame.refused(create_api_key, json!({})), expected);
    assert_eq!(frame.refused(import::import_api_keys, file(10_000)), expected);
    assert_eq!(frame.refused(import::import_api_keys, file(10_001)), expected);
}

#[test]
fn the_list_begins_with_the_newest() {
    let mut frame = Frame::new();
    for name in ["test-a", "test-b", "Test-c", "other"] {
        frame.ok(create_api_key, json!({"name": name, "customerId": name}));
        frame.after(Duration::from_millis(1));
    }
    let names = |input: Value| {
        let listed = frame.ok(get_api_keys, input);
        let items = listed["items"].as_array().unwrap().iter().map(|key| text(key, "name"));
        (items.collect::<Vec<_>>(), listed["position"].as_str().map(str::to_owned))
    };
    assert_eq!(names(json!({})).0, ["other", "Test-c", "test-b", "test-a"]);
    assert_eq!(names(json!({"nameQuery": "test"})).0, ["test-b", "test-a"]);
    assert_eq!(names(json!({"nameQuery": "est"})).0, Vec::<String>::new());
    assert_eq!(names(json!({"customerId": "other"})).0, ["other"]);
    assert_eq!(names(json!({"limit": -1})).0, Vec::<String>::new());
    let (first, position) = names(json!({"limit": 3}));
    assert_eq!(first, ["other", "Test-c", "test-b"]);
    let (second, position) = names(json!({"limit": 3, "position": position}));
    assert_eq!((second, position), (vec!["test-a".to_owned()], None));
}

#[test]
fn members_are_replaced() {
    let mut frame = Frame::new();
    let key = frame.ok(create_api_key, json!({"name": "a", "enabled": true}));
    frame.after(Duration::from_secs(5));
    let update = |op: &str, path: &str, value: &str| json!({"apiKey": key["id"], "patchOperations": patch(op, path, Some(value))});
    for (path, value, member, expected) in [
        ("/name", "b", "name", json!("b")),
        ("/name", "", "name", json!(null)),
        ("/description", "d", "description", json!("d")),
        ("/description", "", "description", json!(null)),
        ("/enabled", "test", "enabled", json!(false)),
        ("/enabled", "true", "enabled", json!(true)),
        ("/customerId", "c", "customerId", json!("c")),
    ] {
        let updated = frame.ok(update_api_key, update("replace", path, value));
        assert_eq!(updated[member], expected, "{path} {value}");
        assert_eq!((&updated["tags"], &updated["value"]), (&json!({}), &json!(null)));
        assert_eq!(updated["createdDate"], json!(STARTED));
        assert_eq!(updated["lastUpdatedDate"], json!(STARTED + 5_000));
        assert_eq!(frame.ok(get_api_key, json!({"apiKey": key["id"]})), updated);
    }
    let check = |op, path, value: &str, expected: &str| {
        assert_eq!(frame.refused(update_api_key, update(op, path, value)), bad_request(expected));
    };
    check(
        "replace",
        "/id",
        "x",
        "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, /enabled, /name, \
         /customerId]",
    );
    check(
        "add",
        "/name",
        "x",
        "Invalid patch path  '/name' specified for op 'add'. Please choose supported operations",
    );
    let long = "d".repeat(1025);
    check("replace", "/description", &long, "Invalid API Key description specified.");
    check("replace", "/name", &long, "Invalid API Key name, can be at most 1024 characters.");
}

/// Texts seen in reports of AWS's users.
#[test]
fn a_deleted_key_is_gone_also_from_its_plans() {
    let frame = Frame::new();
    let plan = frame.ok(create_usage_plan, json!({"name": "p"}));
    let key = frame.ok(create_api_key, json!({}));
    let inside = json!({"usagePlanId": plan["id"], "keyId": key["id"], "keyType": "API_KEY"});
    frame.ok(keys::create_usage_plan_key, inside);
    let named = json!({"apiKey": key["id"]});
    frame.ok(delete_api_key, named.clone());
    assert_eq!(frame.refused(delete_api_key, named.clone()), unknown());
    assert_eq!(frame.refused(get_api_key, named.clone()), unknown());
    assert_eq!(frame.refused(update_api_key, named), unknown());
    let listed = frame.ok(keys::get_usage_plan_keys, json!({"usagePlanId": plan["id"]}));
    assert_eq!(listed, json!({"items": []}));
}

/// API Gateway API reference, `CreateApiKey`; the refusals are those of the things themselves.
#[test]
fn stage_keys_name_stages_that_are_there() {
    let frame = Frame::new();
    let (api, _) = frame.deployable();
    let deployment = frame.deployment(&api);
    frame.ok(create_stage, json!({"restApiId": api, "stageName": "dev", "deploymentId": deployment}));
    let given = |api: &str, stage: &str| {
        let key = json!({"restApiId": api, "stageName": stage});
        json!({"stageKeys": [key, key]})
    };
    let created = frame.ok(create_api_key, given(&api, "dev"));
    assert_eq!(created["stageKeys"], json!([format!("{api}/dev")]));
    assert_eq!(
        frame.refused(create_api_key, given(&api, "nope")),
        not_found("Invalid stage identifier specified")
    );
    assert_eq!(
        frame.refused(create_api_key, given("nope", "dev")),
        not_found("Invalid API identifier specified 000000000000:nope")
    );
}
