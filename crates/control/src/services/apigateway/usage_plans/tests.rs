//! Tests of usage plans. Recorded from AWS unless a test says otherwise.

use std::time::Duration;

use ::api::Operation;
use serde_json::{Value, json};

use super::super::api_keys::create_api_key;
use super::super::restapis::stages::create_stage;
use super::super::test_frame::{Frame, bad_request, conflict, not_found, patch, text, with};
use super::update::update_usage_plan;
use super::*;
use crate::registry::Handler;

/// An API with the stages `dev` and `prod`.
struct Place {
    frame: Frame,
    api: String,
}

impl Place {
    fn new() -> Self {
        let frame = Frame::new();
        let api = deployed(&frame);
        Self { frame, api }
    }

    fn stage(&self, name: &str) -> Value {
        json!({"apiId": self.api, "stage": name})
    }

    fn plan(&self, more: Value) -> Value {
        self.frame.ok(create_usage_plan, with(json!({"name": "p"}), more))
    }

    fn update(&self, plan: &Value, operations: Value) -> Value {
        self.frame.ok(update_usage_plan, json!({"usagePlanId": plan["id"], "patchOperations": operations}))
    }

    fn refused(&self, plan: &Value, operations: Value) -> String {
        let input = json!({"usagePlanId": plan["id"], "patchOperations": operations});
        self.frame.refused(update_usage_plan, input)
    }

    fn key_in(&self, plan: &Value) -> Value {
        let key = self.frame.ok(create_api_key, json!({}));
        self.add(plan, &key);
        key
    }

    fn add(&self, plan: &Value, key: &Value) {
        let input = json!({"usagePlanId": plan["id"], "keyId": key["id"], "keyType": "API_KEY"});
        self.frame.ok(keys::create_usage_plan_key, input);
    }
}

fn deployed(frame: &Frame) -> String {
    let (api, _) = frame.deployable();
    let deployment = frame.deployment(&api);
    for name in ["dev", "prod"] {
        let stage = json!({"restApiId": api, "stageName": name, "deploymentId": deployment});
        frame.ok(create_stage, stage);
    }
    api
}

#[test]
fn a_bare_plan_has_no_stages() {
    let place = Place::new();
    let created = place.plan(json!({}));
    let id = text(&created, "id");
    let expected = json!({"id": id, "name": "p", "apiStages": []});
    assert_eq!(created, expected);
    assert_eq!(place.frame.ok(get_usage_plans, json!({})), json!({"items": [expected]}));
    let got = place.frame.ok(get_usage_plan, json!({"usagePlanId": id}));
    assert_eq!(got, with(expected, json!({"tags": {}})));
}

#[test]
fn what_is_given_is_answered() {
    let place = Place::new();
    let stage =
        with(place.stage("dev"), json!({"throttle": {"/pets/GET": {"burstLimit": 1, "rateLimit": 0.5}}}));
    let given = json!({
        "name": "n",
        "description": "d",
        "apiStages": [stage, place.stage("prod")],
        "throttle": {"burstLimit": 20, "rateLimit": 10.0},
        "quota": {"limit": 100, "offset": 2, "period": "WEEK"},
        "tags": {"a": "1"},
    });
    let created = place.frame.ok(create_usage_plan, given.clone());
    assert_eq!(created, with(given, json!({"id": created["id"]})));
    let got = place.frame.ok(get_usage_plan, json!({"usagePlanId": created["id"]}));
    assert_eq!(got, created);
    let bare = place.plan(json!({"quota": {"limit": 1, "period": "DAY"}, "throttle": {"burstLimit": 1}}));
    assert_eq!(bare["quota"], json!({"limit": 1, "offset": 0, "period": "DAY"}));
    assert_eq!(bare["throttle"], json!({"burstLimit": 1, "rateLimit": 0.0}));
}

/// Not recorded, but for the stage: that and fine-grain throttling are seen in reports of AWS's
/// users.
#[test]
fn bad_settings_are_refused() {
    let place = Place::new();
    let refused = |more: Value| place.frame.refused(create_usage_plan, with(json!({"name": "p"}), more));
    let nope = place.stage("nope");
    assert_eq!(
        refused(json!({"apiStages": [nope]})),
        not_found(&format!("API Stage not found: {}:nope", place.api))
    );
    assert_eq!(refused(json!({"apiStages": [{"stage": "dev"}]})), bad_request("Invalid API Stage specified"));
    let throttle = json!({"throttle": {"/pets/GET": {"burstLimit": 1, "rateLimit": 0.5}}});
    assert_eq!(
        refused(json!({"apiStages": [with(place.stage("dev"), throttle)]})),
        bad_request("Can not define fine grain throttling if usage plan throttle is not defined.")
    );
    assert_eq!(refused(json!({"name": ""})), bad_request("Invalid Usage Plan name specified"));
    assert_eq!(
        refused(json!({"quota": {"limit": 1, "offset": 1, "period": "DAY"}})),
        bad_request("Usage Plan quota offset must be zero in the DAY period")
    );
    assert_eq!(place.frame.ok(get_usage_plans, json!({})), json!({"items": []}));
}

#[test]
fn an_unknown_plan_is_refused() {
    let frame = Frame::new();
    let unknown = not_found("Invalid Usage Plan ID specified");
    let named = json!({"usagePlanId": "nope"});
    assert_eq!(frame.refused(get_usage_plan, named.clone()), unknown);
    assert_eq!(frame.refused(update_usage_plan, named.clone()), unknown);
    assert_eq!(frame.refused(delete_usage_plan, named), unknown);
}

#[test]
fn stages_come_and_go() {
    let place = Place::new();
    let plan = place.plan(json!({}));
    let named = format!("{}:dev", place.api);
    let change = |op: &str| patch(op, "/apiStages", Some(&named));
    let added = place.update(&plan, change("add"));
    assert_eq!(added, json!({"id": plan["id"], "name": "p", "apiStages": [place.stage("dev")], "tags": {}}));
    assert_eq!(place.update(&plan, change("add"))["apiStages"], json!([place.stage("dev")]));
    assert_eq!(place.update(&plan, change("remove"))["apiStages"], json!([]));
    let unknown = |api: &str, stage: &str| {
        let id = text(&plan, "id");
        not_found(&format!("Invalid API Stage {{api: {api}, stage: {stage}}} specified for usageplan {id}"))
    };
    for op in ["add", "remove"] {
        for value in [None, Some(""), Some("x"), Some(":dev"), Some("x:"), Some("a:b:c")] {
            let malformed = bad_request("Invalid API Stage specified");
            assert_eq!(place.refused(&plan, patch(op, "/apiStages", value)), malformed, "{op} {value:?}");
        }
        let nope = format!("{}:nope", place.api);
        assert_eq!(place.refused(&plan, patch(op, "/apiStages", Some(&nope))), unknown(&place.api, "nope"));
        assert_eq!(place.refused(&plan, patch(op, "/apiStages", Some("no:dev"))), unknown("no", "dev"));
    }
}

/// The forms of the Terraform provider and those of the developer guide, "Manage a usage plan by
/// using the AWS CLI".
#[test]
fn methods_have_throttles_of_their_own() {
    let place = Place::new();
    let plan = place.plan(json!({"throttle": {"burstLimit": 9, "rateLimit": 9.0}}));
    let (stage, name) = (place.stage("dev"), format!("{}:dev", place.api));
    let at = |rest: &str| format!("/apiStages/{name}/throttle{rest}");
    let set = |rest: &str, value: &str| json!({"op": "replace", "path": at(rest), "value": value});
    let terraform = json!([
        {"op": "add", "path": "/apiStages", "value": name},
        set("//GET/rateLimit", "5"),
        set("//GET/burstLimit", "3"),
        set("//pets/{id}/GET/rateLimit", "0.5"),
        set("//pets/{id}/GET/burstLimit", "1"),
    ]);
    let throttles = |updated: Value| updated["apiStages"][0]["throttle"].clone();
    assert_eq!(
        throttles(place.update(&plan, terraform)),
        json!({
            "/GET": {"burstLimit": 3, "rateLimit": 5.0},
            "/pets/{id}/GET": {"burstLimit": 1, "rateLimit": 0.5},
        })
    );
    // An escaped slash is the same as one that is not.
    let escaped = json!([set("/~1pets~1{id}/GET/burstLimit", "7")]);
    assert_eq!(throttles(place.update(&plan, escaped))["/pets/{id}/GET"]["burstLimit"], json!(7));
    let removed = place.update(&plan, patch("remove", &at("//pets/{id}/GET"), Some("")));
    assert_eq!(throttles(removed), json!({"/GET": {"burstLimit": 3, "rateLimit": 5.0}}));
    let given = r#"{"/pets/GET":{"rateLimit":1.0,"burstLimit":1},"//GET":{"rateLimit":1.0,"burstLimit":1}}"#;
    assert_eq!(
        throttles(place.update(&plan, json!([set("", given)]))),
        serde_json::from_str::<Value>(given).unwrap()
    );
    let cleared = place.update(&plan, patch("remove", &at(""), Some("")));
    assert_eq!(cleared["apiStages"], json!([stage]));
    // A stage goes with its throttles.
    place.update(&plan, json!([set("//GET/rateLimit", "5")]));
    let gone = place.update(&plan, patch("remove", "/apiStages", Some(&name)));
    assert_eq!(gone["apiStages"], json!([]));
}

/// AWS's text for missing throttles of the plan is seen in reports of its users, the others are
/// not recorded.
#[test]
fn bad_throttles_of_methods_are_refused() {
    let place = Place::new();
    let plan = place.plan(json!({"apiStages": [place.stage("dev")]}));
    let path = format!("/apiStages/{}:dev/throttle//GET/rateLimit", place.api);
    assert_eq!(
        place.refused(&plan, patch("replace", &path, Some("1"))),
        bad_request("Can not define fine grain throttling if usage plan throttle is not defined.")
    );
    place.update(&plan, patch("add", "/throttle/rateLimit", Some("1")));
    assert_eq!(
        place.refused(&plan, patch("replace", &path, Some("x"))),
        bad_request(&format!("Invalid value 'x' specified for path '{path}'"))
    );
    assert_eq!(
        place.refused(&plan, patch("replace", &path.replace("/GET", "/*"), Some("1"))),
        bad_request("Invalid method throttle path specified: /*")
    );
    let other = path.replace(":dev", ":prod");
    assert_eq!(
        place.refused(&plan, patch("replace", &other, Some("1"))),
        not_found(&format!(
            "Invalid API Stage {{api: {}, stage: prod}} specified for usageplan {}",
            place.api,
            text(&plan, "id")
        ))
    );
    let method = path.replace("/rateLimit", "");
    assert_eq!(
        place.refused(&plan, patch("remove", &method, None)),
        bad_request("Cannot remove method throttle /GET because there is none for this method")
    );
    let all = format!("/apiStages/{}:dev/throttle", place.api);
    assert_eq!(
        place.refused(&plan, patch("add", &all, Some("{"))),
        bad_request("Invalid method throttle specified")
    );
}

/// "Amazon API Gateway quotas"; the text is not recorded.
#[test]
fn twenty_methods_of_a_stage_have_throttles_of_their_own_at_most() {
    let place = Place::new();
    let plan = place.plan(json!({"throttle": {"rateLimit": 9.0}, "apiStages": [place.stage("dev")]}));
    let all = format!("/apiStages/{}:dev/throttle", place.api);
    let throttles = |count: usize| {
        let throttles: serde_json::Map<_, _> =
            (0..count).map(|n| (format!("/p{n}/GET"), json!({"rateLimit": 1.0}))).collect();
        json!(throttles).to_string()
    };
    let full =
        "429 LimitExceededException \"A usage plan can have at most 20 method throttles for each stage.\"";
    assert_eq!(place.refused(&plan, patch("add", &all, Some(&throttles(21)))), full);
    place.update(&plan, patch("add", &all, Some(&throttles(20))));
    let one = |name: &str| patch("replace", &format!("{all}/~1{name}/GET/rateLimit"), Some("2"));
    assert_eq!(place.refused(&plan, one("p20")), full);
    place.update(&plan, one("p19"));
}

/// As the Terraform provider sends them.
#[test]
fn throttle_and_quota_are_set_part_by_part() {
    let place = Place::new();
    let plan = place.plan(json!({}));
    let set = |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
    let parts = json!([
        set("/throttle/rateLimit", "10.5"),
        set("/throttle/burstLimit", "20"),
        set("/quota/limit", "1000"),
        set("/quota/offset", "2"),
        set("/quota/period", "WEEK"),
    ]);
    let updated = place.update(&plan, parts);
    assert_eq!(updated["throttle"], json!({"burstLimit": 20, "rateLimit": 10.5}));
    assert_eq!(updated["quota"], json!({"limit": 1000, "offset": 2, "period": "WEEK"}));
    // A bad part on the way to a good whole.
    let daily = json!([set("/quota/period", "DAY"), set("/quota/offset", "0")]);
    assert_eq!(place.update(&plan, daily)["quota"], json!({"limit": 1000, "offset": 0, "period": "DAY"}));
    assert_eq!(
        place.refused(&plan, json!([set("/quota/offset", "1")])),
        bad_request("Usage Plan quota offset must be zero in the DAY period")
    );
    for (path, value) in [
        ("/quota/limit", "x"),
        ("/quota/limit", "2147483648"),
        ("/quota/period", "YEAR"),
        ("/quota/offset", ""),
    ] {
        let expected = format!("Invalid value '{value}' specified for path '{path}'");
        assert_eq!(place.refused(&plan, json!([set(path, value)])), bad_request(&expected));
    }
    let cleared = json!([{"op": "remove", "path": "/throttle"}, {"op": "remove", "path": "/quota"}]);
    let cleared = place.update(&plan, cleared);
    assert_eq!((&cleared["throttle"], &cleared["quota"]), (&json!(null), &json!(null)));
    let half = patch("add", "/quota/limit", Some("1"));
    assert_eq!(place.refused(&plan, half), bad_request("Usage Plan quota period must be specified"));
}

#[test]
fn texts_are_replaced() {
    let place = Place::new();
    let plan = place.plan(json!({"description": "d"}));
    for (op, path, value, member, expected) in [
        ("replace", "/name", Some("n"), "name", json!("n")),
        ("replace", "/description", Some("e"), "description", json!("e")),
        ("replace", "/description", Some(""), "description", json!(null)),
        ("add", "/productCode", Some("c"), "productCode", json!("c")),
        ("replace", "/productCode", Some("e"), "productCode", json!("e")),
        ("remove", "/productCode", None, "productCode", json!(null)),
    ] {
        let updated = place.update(&plan, patch(op, path, value));
        assert_eq!(updated[member], expected, "{op} {path}");
        let got = place.frame.ok(get_usage_plan, json!({"usagePlanId": plan["id"]}));
        assert_eq!(got, updated);
    }
}

/// The paths for `remove` are seen in reports of AWS's users.
#[test]
fn other_paths_are_refused_with_those_of_the_verb() {
    let place = Place::new();
    let plan = place.plan(json!({}));
    let check = |op: &str, path: &str, expected: &str| {
        let text = format!("Invalid patch path  '{path}' specified for op '{op}'. {expected}");
        assert_eq!(place.refused(&plan, patch(op, path, Some("x"))), bad_request(&text));
    };
    let removable = "Must be one of: [/apiStages, /quota, /throttle, /productCode, \
                     /apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>, \
                     /apiStages/<apidId:stageName>/throttle]";
    check("remove", "/apiStages/abc:dev", removable);
    check("remove", "/apiStages/0/abc:dev", removable);
    check("remove", "/id", removable);
    check("copy", "/id", "Must be one of: []");
    let supported = "Please choose supported operations";
    check("add", "/name", supported);
    check("replace", "/apiStages", supported);
    check("replace", "/quota", supported);
    check("replace", "/apiStages/abc:dev/throttle//GET", supported);
}

#[test]
fn an_update_is_all_or_nothing() {
    let place = Place::new();
    let plan = place.plan(json!({}));
    let operations = json!([
        {"op": "replace", "path": "/name", "value": "changed"},
        {"op": "add", "path": "/apiStages", "value": "x"},
    ]);
    assert_eq!(place.refused(&plan, operations), bad_request("Invalid API Stage specified"));
    let got = place.frame.ok(get_usage_plan, json!({"usagePlanId": plan["id"]}));
    assert_eq!(got["name"], json!("p"));
}

/// Seen in reports of AWS's users.
#[test]
fn a_plan_with_stages_cannot_be_deleted() {
    let place = Place::new();
    let plan = place.plan(json!({"apiStages": [place.stage("dev")]}));
    let key = place.key_in(&plan);
    let id = text(&plan, "id");
    let expected = format!(
        "Cannot delete Usage Plan {id} because there are API Stages associated with it, including {}:dev",
        place.api
    );
    let named = json!({"usagePlanId": id});
    assert_eq!(place.frame.refused(delete_usage_plan, named.clone()), bad_request(&expected));
    place.update(&plan, patch("remove", "/apiStages", Some(&format!("{}:dev", place.api))));
    place.frame.ok(delete_usage_plan, named.clone());
    assert_eq!(
        place.frame.refused(get_usage_plan, named.clone()),
        not_found("Invalid Usage Plan ID specified")
    );
    assert_eq!(place.frame.ok(keys::get_usage_plan_keys, named), json!({"items": []}));
    let of_key = place.frame.ok(get_usage_plans, json!({"keyId": key["id"]}));
    assert_eq!(of_key, json!({"items": []}));
}

/// API Gateway developer guide, "Creating and using usage plans with API keys"; the texts are not
/// recorded.
#[test]
fn a_key_has_one_plan_a_stage() {
    let place = Place::new();
    let dev = place.plan(json!({"apiStages": [place.stage("dev")]}));
    let prod = place.plan(json!({"apiStages": [place.stage("prod")]}));
    let key = place.key_in(&dev);
    place.add(&prod, &key);
    let expected = |stage: &str| {
        conflict(&format!(
            "API Key {} cannot be added because it already subscribes to api/stages through other usage \
             plans: {}:{stage}",
            text(&key, "id"),
            place.api
        ))
    };
    // By way of the stage …
    let named = format!("{}:dev", place.api);
    let add = patch("add", "/apiStages", Some(&named));
    assert_eq!(place.refused(&prod, add.clone()), expected("dev"));
    // … and by way of the key.
    let second = place.plan(json!({"apiStages": [place.stage("dev")]}));
    let input = json!({"usagePlanId": second["id"], "keyId": key["id"], "keyType": "API_KEY"});
    assert_eq!(place.frame.refused(keys::create_usage_plan_key, input.clone()), expected("dev"));
    // A key of another plan does not matter.
    place.key_in(&second);
    place.update(&dev, patch("remove", "/apiStages", Some(&named)));
    place.frame.ok(keys::create_usage_plan_key, input);
    assert_eq!(place.refused(&prod, add), expected("dev"));
}

/// `O` as clients reach it, with what follows it.
fn registered<O: Operation>(call: &mut Call<'_, '_>, input: &Value) -> Outcome<Value> {
    let registry = crate::registry();
    let Some(Handler::Write(run)) = registry.handler(O::TABLE) else { panic!("{}", O::TABLE.name) };
    run(call, input)
}

/// Seen in reports of AWS's users.
#[test]
fn a_deleted_stage_leaves_its_plans() {
    let place = Place::new();
    let other = deployed(&place.frame);
    let elsewhere = json!({"apiId": other, "stage": "dev"});
    let plan = place.plan(json!({"apiStages": [place.stage("dev"), place.stage("prod"), elsewhere]}));
    let stages = || place.frame.ok(get_usage_plan, json!({"usagePlanId": plan["id"]}))["apiStages"].clone();
    let dev = json!({"restApiId": place.api, "stageName": "dev"});
    place.frame.ok(registered::<op::DeleteStage>, dev.clone());
    assert_eq!(stages(), json!([place.stage("prod"), elsewhere]));
    assert_eq!(
        place.frame.refused(registered::<op::DeleteStage>, dev.clone()),
        not_found("Invalid stage identifier specified")
    );
    // A stage of the same name is another stage.
    let deployment = place.frame.deployment(&place.api);
    place.frame.ok(create_stage, with(dev, json!({"deploymentId": deployment})));
    assert_eq!(stages(), json!([place.stage("prod"), elsewhere]));
    place.frame.ok(registered::<op::DeleteRestApi>, json!({"restApiId": place.api}));
    assert_eq!(stages(), json!([elsewhere]));
}

#[test]
fn plans_are_listed_page_by_page_and_by_key() {
    let mut frame = Frame::new();
    for name in ["a", "b", "c"] {
        frame.ok(create_usage_plan, json!({"name": name}));
        frame.after(Duration::from_millis(1));
    }
    let names = |input: Value| {
        let listed = frame.ok(get_usage_plans, input);
        let names = listed["items"].as_array().unwrap().iter().map(|plan| text(plan, "name"));
        (names.collect::<Vec<_>>(), listed["position"].clone())
    };
    let (first, position) = names(json!({"limit": 2}));
    assert_eq!(first, ["a", "b"]);
    let (second, position) = names(json!({"limit": 2, "position": position}));
    assert_eq!((second, position), (vec!["c".to_owned()], json!(null)));
    assert_eq!(names(json!({"keyId": "nope"})).0, Vec::<String>::new());
}

/// "Amazon API Gateway quotas"; the text is not recorded.
#[test]
fn an_account_has_three_hundred_plans() {
    let frame = Frame::new();
    for _ in 0..300 {
        frame.ok(create_usage_plan, json!({"name": "p"}));
    }
    assert_eq!(
        frame.refused(create_usage_plan, json!({"name": "p"})),
        "429 LimitExceededException \"Maximum number of usage plans for this account has been reached. Please \
         contact AWS if you need additional usage plans.\""
    );
}
