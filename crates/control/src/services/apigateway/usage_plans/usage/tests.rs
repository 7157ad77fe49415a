//! Tests of usage. Nothing of it is recorded from AWS but the refusal of unknown plans; the shape
//! of the answers is that of the API reference.

use std::time::Duration;

use documents::apigateway_usage::{count_usage, usage_key};
use serde_json::{Value, json};

use super::super::super::api_keys::{create_api_key, delete_api_key};
use super::super::super::test_frame::{ACCOUNT, Frame, bad_request, not_found, patch, text, with};
use super::super::keys::{create_usage_plan_key, delete_usage_plan_key};
use super::super::update::update_usage_plan;
use super::super::{create_usage_plan, delete_usage_plan};
use super::*;

/// Tests begin on 2026-11-23, a Monday.
const TODAY: &str = "2026-11-23";

const DAY: Duration = Duration::from_secs(86_400);

struct Place {
    frame: Frame,
    plan: String,
    key: String,
}

impl Place {
    /// A plan with this quota and one key.
    fn new(quota: Value) -> Self {
        let frame = Frame::new();
        let plan = text(&frame.ok(create_usage_plan, json!({"name": "p", "quota": quota})), "id");
        let key = add_key(&frame, &plan);
        Self { frame, plan, key }
    }

    fn daily(limit: i32) -> Self {
        Self::new(json!({"limit": limit, "period": "DAY"}))
    }

    /// Counts requests as the data plane does; whether they count.
    fn count(&self, key: &str, day: &str, requests: u32) -> bool {
        let (plan, key, day) = (self.plan.clone(), key.to_owned(), day.parse().unwrap());
        let scope = Scope::new(ACCOUNT, "us-east-1");
        self.frame.write(move |tx| Ok(count_usage(tx, &scope, &plan, &key, day, requests)?))
    }

    /// What is stored for a key on a day.
    fn stored(&self, key: &str, day: &str) -> u64 {
        let key = usage_key(&self.plan, key, day.parse().unwrap());
        let scope = Scope::new(ACCOUNT, "us-east-1");
        self.frame.write(move |tx| Ok(tx.count::<UsageCounter>(&scope, &key)?))
    }

    fn input(&self, start: &str, end: &str) -> Value {
        json!({"usagePlanId": self.plan, "startDate": start, "endDate": end})
    }

    fn usage(&self, start: &str, end: &str) -> Value {
        self.frame.ok(get_usage, self.input(start, end))["items"][&self.key].clone()
    }

    fn remaining(&self, value: &str) -> Value {
        let patches = patch("replace", "/remaining", Some(value));
        json!({"usagePlanId": self.plan, "keyId": self.key, "patchOperations": patches})
    }
}

fn add_key(frame: &Frame, plan: &str) -> String {
    let key = text(&frame.ok(create_api_key, json!({})), "id");
    frame.ok(create_usage_plan_key, json!({"usagePlanId": plan, "keyId": key, "keyType": "API_KEY"}));
    key
}

#[test]
fn each_day_has_what_was_used_and_what_was_left() {
    let place = Place::daily(100);
    place.count(&place.key, "2026-11-22", 10);
    place.count(&place.key, TODAY, 60);
    place.count(&place.key, TODAY, 50);
    assert_eq!(
        place.frame.ok(get_usage, place.input("2026-11-21", TODAY)),
        json!({
            "usagePlanId": place.plan,
            "startDate": "2026-11-21",
            "endDate": TODAY,
            "items": {&place.key: [[0, 100], [10, 90], [110, 0]]},
        })
    );
}

#[test]
fn a_weeks_quota_lasts_from_sunday_to_saturday() {
    let place = Place::new(json!({"limit": 10, "period": "WEEK"}));
    place.count(&place.key, "2026-11-21", 4);
    place.count(&place.key, "2026-11-22", 1);
    place.count(&place.key, "2026-11-28", 3);
    assert_eq!(place.usage("2026-11-20", "2026-11-22"), json!([[0, 10], [4, 6], [1, 9]]));
    assert_eq!(place.usage("2026-11-27", "2026-11-29"), json!([[0, 9], [3, 6], [0, 10]]));
}

/// API Gateway API reference, `QuotaSettings`.
#[test]
fn the_offset_is_taken_off_in_the_initial_period() {
    let place = Place::new(json!({"limit": 10, "period": "MONTH", "offset": 4}));
    place.count(&place.key, TODAY, 1);
    assert_eq!(place.usage("2026-11-30", "2026-12-01"), json!([[0, 5], [0, 10]]));
}

#[test]
fn without_a_quota_nothing_is_left_to_count() {
    let frame = Frame::new();
    let plan = text(&frame.ok(create_usage_plan, json!({"name": "p"})), "id");
    let key = add_key(&frame, &plan);
    let place = Place { frame, plan, key };
    place.count(&place.key, TODAY, 7);
    assert_eq!(place.usage(TODAY, TODAY), json!([[7, -1]]));
    assert_eq!(
        place.frame.refused(update_usage, place.remaining("5")),
        bad_request(&format!("Usage Plan {} has no quota", place.plan))
    );
}

#[test]
fn the_keys_come_in_pages_and_one_can_be_asked_for() {
    let place = Place::daily(5);
    let mut keys =
        vec![place.key.clone(), add_key(&place.frame, &place.plan), add_key(&place.frame, &place.plan)];
    keys.sort();
    let names = |more: Value| {
        let answer = place.frame.ok(get_usage, with(place.input(TODAY, TODAY), more));
        let names: Vec<String> = answer["items"].as_object().unwrap().keys().cloned().collect();
        (names, answer["position"].clone())
    };
    assert_eq!(names(json!({})), (keys.clone(), Value::Null));
    let (first, position) = names(json!({"limit": 2}));
    assert_eq!(first, keys[..2]);
    assert_eq!(names(json!({"limit": 2, "position": position})), (keys[2..].to_vec(), Value::Null));
    assert_eq!(names(json!({"keyId": keys[1]})), (vec![keys[1].clone()], Value::Null));
    let unknown = not_found("Invalid API Key identifier specified");
    let input = with(place.input(TODAY, TODAY), json!({"keyId": "nope"}));
    assert_eq!(place.frame.refused(get_usage, input), unknown);
}

#[test]
fn bad_dates_are_refused() {
    let place = Place::daily(5);
    let check = |start: &str, end: &str, expected: &str| {
        assert_eq!(place.frame.refused(get_usage, place.input(start, end)), bad_request(expected));
    };
    check("yesterday", TODAY, "Invalid startDate specified. Dates are of the form YYYY-MM-DD");
    check(TODAY, "2026-11-31", "Invalid endDate specified. Dates are of the form YYYY-MM-DD");
    check(TODAY, "2026-11-22", "Invalid date range specified. The startDate must not be after the endDate");
    check("2024-01-01", "2025-01-01", "Invalid date range specified. At most 366 days can be asked for");
    assert_eq!(place.usage("2024-01-01", "2024-12-31").as_array().unwrap().len(), 366);
    let mut unknown = place.input(TODAY, TODAY);
    unknown["usagePlanId"] = json!("nope");
    assert_eq!(place.frame.refused(get_usage, unknown), not_found("Invalid Usage Plan ID specified"));
}

#[test]
fn what_is_left_can_be_set_for_the_current_period() {
    let mut place = Place::new(json!({"limit": 10, "period": "WEEK"}));
    place.count(&place.key, TODAY, 10);
    let answer = place.frame.ok(update_usage, place.remaining("50"));
    assert_eq!(
        answer,
        json!({
            "usagePlanId": place.plan, "startDate": TODAY, "endDate": TODAY, "items": {&place.key: [[10, 50]]},
        })
    );
    place.frame.after(DAY);
    place.count(&place.key, "2026-11-24", 20);
    assert_eq!(
        place.usage("2026-11-22", "2026-11-29"),
        json!([[0, 10], [10, 50], [20, 30], [0, 30], [0, 30], [0, 30], [0, 30], [0, 10],])
    );
    // Down as well as up, and again on the same day.
    for (given, left) in [("0", 0), ("3", 3), ("2147483647", i64::from(i32::MAX))] {
        place.frame.ok(update_usage, place.remaining(given));
        assert_eq!(place.usage("2026-11-24", "2026-11-24"), json!([[20, left]]), "{given}");
    }
    assert_eq!(place.usage(TODAY, TODAY), json!([[10, 50]]));
}

#[test]
fn other_patches_are_refused() {
    let place = Place::daily(5);
    let check = |value: &str| {
        assert_eq!(
            place.frame.refused(update_usage, place.remaining(value)),
            bad_request(&format!("Invalid value specified for path /remaining: {value}"))
        );
    };
    ["-1", "", "many", "1.5", "2147483648"].into_iter().for_each(check);
    let refused = |op: &str, path: &str| {
        let patches = patch(op, path, Some("1"));
        let input = json!({"usagePlanId": place.plan, "keyId": place.key, "patchOperations": patches});
        place.frame.refused(update_usage, input)
    };
    assert_eq!(
        refused("replace", "/used"),
        bad_request("Invalid patch path  '/used' specified for op 'replace'. Must be one of: [/remaining]")
    );
    assert_eq!(
        refused("add", "/remaining"),
        bad_request(
            "Invalid patch path  '/remaining' specified for op 'add'. Please choose supported operations"
        )
    );
    for (member, text) in [
        ("usagePlanId", "Invalid Usage Plan ID specified"),
        ("keyId", "Invalid API Key identifier specified"),
    ] {
        let input = with(place.remaining("1"), json!({member: "nope"}));
        assert_eq!(place.frame.refused(update_usage, input), not_found(text));
    }
}

#[test]
fn a_changed_quota_holds_at_once() {
    let place = Place::daily(5);
    place.count(&place.key, TODAY, 4);
    let patches = patch("replace", "/quota/limit", Some("50"));
    place.frame.ok(update_usage_plan, json!({"usagePlanId": place.plan, "patchOperations": patches}));
    assert_eq!(place.usage(TODAY, TODAY), json!([[4, 46]]));
}

#[test]
fn leaving_a_plan_gives_no_new_quota() {
    let place = Place::daily(5);
    place.count(&place.key, "2026-09-01", 2);
    place.count(&place.key, TODAY, 3);
    let inside = json!({"usagePlanId": place.plan, "keyId": place.key, "keyType": "API_KEY"});
    place.frame.ok(delete_usage_plan_key, inside.clone());
    assert!(!place.count(&place.key, TODAY, 1), "it has left the plan");
    place.frame.ok(create_usage_plan_key, inside);
    assert_eq!(place.usage(TODAY, TODAY), json!([[3, 2]]));
    assert_eq!(place.usage("2026-09-01", "2026-09-01"), json!([[0, 5]]));
}

#[test]
fn usage_goes_with_its_key_and_its_plan() {
    let place = Place::daily(5);
    let other = add_key(&place.frame, &place.plan);
    for key in [&place.key, &other] {
        assert!(place.count(key, TODAY, 3));
    }
    place.frame.ok(delete_usage_plan_key, json!({"usagePlanId": place.plan, "keyId": place.key}));
    place.frame.ok(delete_api_key_and_usage, json!({"apiKey": place.key}));
    assert_eq!((place.stored(&place.key, TODAY), place.stored(&other, TODAY)), (0, 3));
    place.frame.ok(delete_usage_plan, json!({"usagePlanId": place.plan}));
    assert_eq!(place.stored(&other, TODAY), 0);
}

/// `DeleteApiKey` as it is registered: with what follows it.
fn delete_api_key_and_usage(call: &mut Call<'_, '_>, input: &DeleteApiKeyRequest) -> Outcome<()> {
    delete_api_key(call, input)?;
    forget_key(call, input)
}

#[test]
fn usage_is_kept_for_a_time() {
    let place = Place::new(json!({"limit": 9, "period": "WEEK"}));
    // 400 days before the last is the first that is kept.
    for day in ["2025-10-19", "2025-10-20", TODAY] {
        assert!(place.count(&place.key, day, 1));
    }
    place.frame.ok(update_usage, place.remaining("9"));
    place.frame.keep_retention();
    let stored = ["2025-10-19", "2025-10-20", TODAY].map(|day| place.stored(&place.key, day));
    assert_eq!(stored, [0, 1, 1]);
    assert_eq!(place.usage(TODAY, TODAY), json!([[1, 9]]));
}
