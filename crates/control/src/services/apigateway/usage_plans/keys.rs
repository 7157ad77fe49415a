//! `/usageplans/{id}/keys`: the API keys of a usage plan.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    ApiKey, CreateUsagePlanKeyRequest, DeleteUsagePlanKeyRequest, GetUsagePlanKeyRequest,
    GetUsagePlanKeysRequest, UsagePlanKey, UsagePlanKeys,
};
use base::Timestamp;
use documents::apigateway_keys::{UsagePlanDocument, UsagePlanKeyDocument};
use store::Key;

use super::super::api_keys::{self, named_like, newest_first, unknown_api_key};
use super::super::limits;
use super::super::refusals::{bad_request, conflict, limit_exceeded};
use super::{api_stages, find, usage};
use crate::paginate::{Page, page};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateUsagePlanKey, create_usage_plan_key)
        .read(op::GetUsagePlanKey, get_usage_plan_key)
        .read(op::GetUsagePlanKeys, get_usage_plan_keys)
        .write(op::DeleteUsagePlanKey, delete_usage_plan_key);
}

/// The one type that keys have (API Gateway API reference, `UsagePlanKey`).
const API_KEY: &str = "API_KEY";

pub(in super::super) fn create_usage_plan_key(
    call: &mut Call<'_, '_>,
    input: &CreateUsagePlanKeyRequest,
) -> Outcome<UsagePlanKey> {
    if input.key_type != API_KEY {
        // Not recorded.
        return Err(bad_request(format!("Invalid key type specified. Valid options are {API_KEY}")));
    }
    if is_in(call, &input.usage_plan_id, &input.key_id)? {
        // Not recorded.
        return Err(conflict(format!(
            "API Key {} is already in usage plan {}",
            input.key_id, input.usage_plan_id
        )));
    }
    Ok(shown(add(call, &input.usage_plan_id, &input.key_id)?))
}

/// Adds a key to a plan; one that is in it already stays in it.
pub(in super::super) fn add(call: &mut Call<'_, '_>, plan: &str, key: &str) -> Outcome<ApiKey> {
    let UsagePlanDocument { usage_plan, .. } = find(call, plan)?;
    let mut document = api_keys::find(call, key)?;
    if document.usage_plans.contains(plan) {
        return Ok(document.api_key);
    }
    if document.usage_plans.len() >= limits::USAGE_PLANS_OF_A_KEY {
        // Not recorded.
        return Err(limit_exceeded(
            "Maximum number of usage plans for this API key has been reached. Please contact AWS if you need \
             additional usage plans.",
        ));
    }
    api_stages::check_key(call, &usage_plan, key, document.usage_plans.clone())?;
    document.usage_plans.insert(plan.to_owned());
    api_keys::put(call, &document)?;
    let added = UsagePlanKeyDocument { added: call.now() };
    call.tx.put(&call.context.scope, &Key::new([plan, key]), &added)?;
    Ok(document.api_key)
}

fn get_usage_plan_key(call: &mut Call<'_, '_>, input: &GetUsagePlanKeyRequest) -> Outcome<UsagePlanKey> {
    find(call, &input.usage_plan_id)?;
    if !is_in(call, &input.usage_plan_id, &input.key_id)? {
        return Err(unknown_api_key());
    }
    Ok(shown(api_keys::find(call, &input.key_id)?.api_key))
}

/// The newest first; those of an unknown plan are none (recorded from AWS).
pub(in super::super) fn get_usage_plan_keys(
    call: &mut Call<'_, '_>,
    input: &GetUsagePlanKeysRequest,
) -> Outcome<UsagePlanKeys> {
    let plan = Key::new([&input.usage_plan_id]);
    let mut keys = Vec::new();
    for (key, document) in call.tx.list::<UsagePlanKeyDocument>(&call.context.scope, &plan)? {
        let key = api_keys::find(call, key.last().unwrap_or_default())?.api_key;
        if named_like(&key, input.name_query.as_deref()) {
            keys.push((document.added, key));
        }
    }
    let place =
        |(added, key): &(Timestamp, ApiKey)| newest_first(*added, key.id.as_deref().unwrap_or_default());
    let Page { items, position } = page(keys, place, input.position.as_deref(), input.limit)?;
    let items = items.into_iter().map(|(_, key)| shown(key)).collect();
    Ok(UsagePlanKeys { position, items: Some(items) })
}

pub(in super::super) fn delete_usage_plan_key(
    call: &mut Call<'_, '_>,
    input: &DeleteUsagePlanKeyRequest,
) -> Outcome<Empty> {
    find(call, &input.usage_plan_id)?;
    if !is_in(call, &input.usage_plan_id, &input.key_id)? {
        return Err(unknown_api_key());
    }
    release(call, &input.usage_plan_id, &input.key_id)?;
    Ok(Empty {})
}

/// Takes all keys out of a plan.
pub(super) fn release_all(call: &mut Call<'_, '_>, plan: &str) -> Outcome<()> {
    for (key, _) in call.tx.list::<UsagePlanKeyDocument>(&call.context.scope, &Key::new([plan]))? {
        release(call, plan, key.last().unwrap_or_default())?;
    }
    Ok(())
}

fn release(call: &mut Call<'_, '_>, plan: &str, key: &str) -> Outcome<()> {
    let mut document = api_keys::find(call, key)?;
    document.usage_plans.remove(plan);
    api_keys::put(call, &document)?;
    call.tx.delete::<UsagePlanKeyDocument>(&call.context.scope, &Key::new([plan, key]))?;
    usage::leave(call, plan, key)
}

pub(super) fn is_in(call: &mut Call<'_, '_>, plan: &str, key: &str) -> Outcome<bool> {
    let document = call.tx.get::<UsagePlanKeyDocument>(&call.context.scope, &Key::new([plan, key]))?;
    Ok(document.is_some())
}

/// A key as its plans show it.
fn shown(key: ApiKey) -> UsagePlanKey {
    UsagePlanKey { id: key.id, r#type: Some(API_KEY.to_owned()), value: key.value, name: key.name }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::super::super::api_keys::create_api_key;
    use super::super::super::test_frame::{Frame, bad_request, conflict, not_found, text};
    use super::super::{create_usage_plan, delete_usage_plan, get_usage_plans};
    use super::*;

    fn plan(frame: &Frame) -> String {
        text(&frame.ok(create_usage_plan, json!({"name": "p"})), "id")
    }

    fn key(frame: &Frame, name: &str) -> (String, String) {
        let key = frame.ok(create_api_key, json!({"name": name}));
        (text(&key, "id"), text(&key, "value"))
    }

    fn inside(plan: &str, key: &str) -> Value {
        json!({"usagePlanId": plan, "keyId": key, "keyType": "API_KEY"})
    }

    /// Recorded from AWS.
    #[test]
    fn a_key_is_shown_with_its_value() {
        let frame = Frame::new();
        let plan = plan(&frame);
        let (id, value) = key(&frame, "a");
        let expected = json!({"id": id, "name": "a", "type": "API_KEY", "value": value});
        assert_eq!(frame.ok(create_usage_plan_key, inside(&plan, &id)), expected);
        let named = json!({"usagePlanId": plan, "keyId": id});
        assert_eq!(frame.ok(get_usage_plan_key, named.clone()), expected);
        let listed = frame.ok(get_usage_plan_keys, json!({"usagePlanId": plan}));
        assert_eq!(listed, json!({"items": [expected]}));
        frame.ok(delete_usage_plan_key, named.clone());
        let unknown = not_found("Invalid API Key identifier specified");
        assert_eq!(frame.refused(get_usage_plan_key, named.clone()), unknown);
        assert_eq!(frame.refused(delete_usage_plan_key, named), unknown);
        frame.ok(create_usage_plan_key, inside(&plan, &id));
    }

    /// Recorded from AWS.
    #[test]
    fn the_list_begins_with_the_newest() {
        let mut frame = Frame::new();
        let plan = plan(&frame);
        for name in ["test-a", "test-b", "other"] {
            let (id, _) = key(&frame, name);
            frame.ok(create_usage_plan_key, inside(&plan, &id));
            frame.after(Duration::from_millis(1));
        }
        let names = |input: Value| {
            let listed = frame.ok(get_usage_plan_keys, input);
            let names = listed["items"].as_array().unwrap().iter().map(|key| text(key, "name"));
            (names.collect::<Vec<_>>(), listed["position"].clone())
        };
        assert_eq!(names(json!({"usagePlanId": plan})).0, ["other", "test-b", "test-a"]);
        assert_eq!(names(json!({"usagePlanId": plan, "nameQuery": "test"})).0, ["test-b", "test-a"]);
        let (first, position) = names(json!({"usagePlanId": plan, "limit": 2}));
        assert_eq!(first, ["other", "test-b"]);
        let (second, position) = names(json!({"usagePlanId": plan, "limit": 2, "position": position}));
        assert_eq!((second, position), (vec!["test-a".to_owned()], json!(null)));
        assert_eq!(names(json!({"usagePlanId": "nope"})).0, Vec::<String>::new());
    }

    #[test]
    fn others_are_refused() {
        let frame = Frame::new();
        let plan = plan(&frame);
        let (id, _) = key(&frame, "a");
        frame.ok(create_usage_plan_key, inside(&plan, &id));
        let refused = |input: Value| frame.refused(create_usage_plan_key, input);
        assert_eq!(refused(inside("nope", &id)), not_found("Invalid Usage Plan ID specified"));
        assert_eq!(refused(inside(&plan, "nope")), not_found("Invalid API Key identifier specified"));
        // Not recorded.
        assert_eq!(
            refused(inside(&plan, &id)),
            conflict(&format!("API Key {id} is already in usage plan {plan}"))
        );
        assert_eq!(
            refused(json!({"usagePlanId": plan, "keyId": id, "keyType": "x"})),
            bad_request("Invalid key type specified. Valid options are API_KEY")
        );
        let unknown = not_found("Invalid Usage Plan ID specified");
        let named = json!({"usagePlanId": "nope", "keyId": id});
        assert_eq!(frame.refused(get_usage_plan_key, named.clone()), unknown);
        assert_eq!(frame.refused(delete_usage_plan_key, named), unknown);
    }

    /// "Amazon API Gateway quotas".
    #[test]
    fn a_key_is_in_ten_plans_at_most() {
        let frame = Frame::new();
        let (id, _) = key(&frame, "a");
        let plans: Vec<String> = (0..11).map(|_| plan(&frame)).collect();
        for plan in &plans[..10] {
            frame.ok(create_usage_plan_key, inside(plan, &id));
        }
        assert_eq!(
            frame.refused(create_usage_plan_key, inside(&plans[10], &id)),
            "429 LimitExceededException \"Maximum number of usage plans for this API key has been reached. \
             Please contact AWS if you need additional usage plans.\""
        );
        let listed = frame.ok(get_usage_plans, json!({"keyId": id}));
        assert_eq!(listed["items"].as_array().unwrap().len(), 10);
        frame.ok(delete_usage_plan, json!({"usagePlanId": plans[0]}));
        frame.ok(create_usage_plan_key, inside(&plans[10], &id));
    }
}
