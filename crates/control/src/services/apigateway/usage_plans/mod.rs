//! `/usageplans`: what API keys may call, how fast and how often. A plan's keys are in `keys`, its
//! stages in `api_stages`, how one is patched is in `update`.

mod api_stages;
pub(super) mod keys;
mod settings;
mod update;
pub(crate) mod usage;

pub(crate) use api_stages::{leave_routed_api, leave_routed_stage};

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    CreateUsagePlanRequest, DeleteUsagePlanRequest, GetUsagePlanRequest, GetUsagePlansRequest, UsagePlan,
    UsagePlans,
};
use base::ids;
use documents::apigateway_keys::UsagePlanDocument;
use indexmap::IndexMap;
use store::Key;

use super::limits;
use super::refusals::{bad_request, description, limit_exceeded, not_found};
use super::{api_keys, usage_plans::settings::check_fine_grain};
use crate::paginate::{Page, page};
use crate::{Call, Failure, Outcome, Registry, tags};

/// To be called after the registration of stages and of API keys, which it follows.
pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateUsagePlan, create_usage_plan)
        .read(op::GetUsagePlan, get_usage_plan)
        .read(op::GetUsagePlans, get_usage_plans)
        .write(op::UpdateUsagePlan, update::update_usage_plan)
        .write(op::DeleteUsagePlan, delete_usage_plan)
        .after(op::DeleteStage, api_stages::leave_stage)
        .after(op::DeleteRestApi, api_stages::leave_api);
    keys::register(registry);
    usage::register(registry);
}

pub(super) fn create_usage_plan(
    call: &mut Call<'_, '_>,
    input: &CreateUsagePlanRequest,
) -> Outcome<UsagePlan> {
    let mut given = IndexMap::new();
    if let Some(tags) = &input.tags {
        tags::add(&mut given, tags)?;
    }
    let usage_plan = UsagePlan {
        id: Some(ids::part_id(&call.plane.random)),
        name: Some(name(&input.name)?),
        description: description(input.description.as_deref())?,
        throttle: input.throttle.as_ref().map(settings::throttle).transpose()?,
        quota: input.quota.as_ref().map(settings::quota).transpose()?,
        api_stages: Some(api_stages::given(call, input.api_stages.as_deref().unwrap_or_default())?),
        product_code: None,
        tags: Some(given),
    };
    check_fine_grain(&usage_plan)?;
    check_room(call)?;
    let document = UsagePlanDocument { usage_plan, created: call.now() };
    put(call, &document)?;
    Ok(listed(document.usage_plan))
}

pub(super) fn get_usage_plan(call: &mut Call<'_, '_>, input: &GetUsagePlanRequest) -> Outcome<UsagePlan> {
    Ok(shown(find(call, &input.usage_plan_id)?.usage_plan))
}

/// All plans, or those that the key `keyId` is in. AWS's order is not recorded; this is the order
/// in which they were made.
pub(super) fn get_usage_plans(call: &mut Call<'_, '_>, input: &GetUsagePlansRequest) -> Outcome<UsagePlans> {
    let plans = match input.key_id.as_deref().filter(|key| !key.is_empty()) {
        Some(key) => of_key(call, key)?,
        None => {
            let documents = call.tx.list::<UsagePlanDocument>(&call.context.scope, &Key::root())?;
            documents.into_iter().map(|(_, document)| document).collect()
        }
    };
    let place = |document: &UsagePlanDocument| {
        let id = document.usage_plan.id.as_deref().unwrap_or_default();
        format!("{:020}{id}", document.created.as_millis())
    };
    let Page { items, position } = page(plans, place, input.position.as_deref(), input.limit)?;
    let items = items.into_iter().map(|document| listed(document.usage_plan)).collect();
    Ok(UsagePlans { position, items: Some(items) })
}

/// The plans of a key; an unknown key has none.
fn of_key(call: &mut Call<'_, '_>, key: &str) -> Outcome<Vec<UsagePlanDocument>> {
    let ids = api_keys::read(call, key)?.map(|document| document.usage_plans).unwrap_or_default();
    ids.iter().map(|id| find(call, id)).collect()
}

/// Removes a plan and lets go of its keys. One with stages stays (seen in reports of AWS's users).
pub(super) fn delete_usage_plan(call: &mut Call<'_, '_>, input: &DeleteUsagePlanRequest) -> Outcome<Empty> {
    let id = &input.usage_plan_id;
    let plan = find(call, id)?.usage_plan;
    if let Some(stage) = plan.api_stages.iter().flatten().next() {
        let text = |member: &Option<String>| member.clone().unwrap_or_default();
        return Err(bad_request(format!(
            "Cannot delete Usage Plan {id} because there are API Stages associated with it, including {}:{}",
            text(&stage.api_id),
            text(&stage.stage)
        )));
    }
    keys::release_all(call, id)?;
    usage::forget_plan(call, id)?;
    call.tx.delete::<UsagePlanDocument>(&call.context.scope, &Key::new([id]))?;
    Ok(Empty {})
}

/// The plan `id`.
pub(super) fn find(call: &mut Call<'_, '_>, id: &str) -> Outcome<UsagePlanDocument> {
    let document = call.tx.get(&call.context.scope, &Key::new([id]))?;
    document.ok_or_else(unknown_usage_plan)
}

/// Stores a plan.
pub(super) fn put(call: &mut Call<'_, '_>, document: &UsagePlanDocument) -> Outcome<()> {
    let id = document.usage_plan.id.as_deref().unwrap_or_default();
    Ok(call.tx.put(&call.context.scope, &Key::new([id]), document)?)
}

/// Recorded from AWS.
fn unknown_usage_plan() -> Failure {
    not_found("Invalid Usage Plan ID specified")
}

fn check_room(call: &mut Call<'_, '_>) -> Outcome<()> {
    let plans = call.tx.list::<UsagePlanDocument>(&call.context.scope, &Key::root())?;
    if plans.len() < limits::USAGE_PLANS {
        return Ok(());
    }
    // The text is not recorded.
    Err(limit_exceeded(
        "Maximum number of usage plans for this account has been reached. Please contact AWS if you need \
         additional usage plans.",
    ))
}

/// A plan as creating and listing answer it: an empty collection of tags is left out there.
fn listed(mut plan: UsagePlan) -> UsagePlan {
    plan.tags = plan.tags.filter(|tags| !tags.is_empty());
    plan
}

/// A plan as getting and updating answer it: tags are there even if there are none.
fn shown(plan: UsagePlan) -> UsagePlan {
    let mut plan = listed(plan);
    plan.tags.get_or_insert_default();
    plan
}

/// The text is not recorded.
fn name(text: &str) -> Outcome<String> {
    if text.trim().is_empty() || text.chars().count() > limits::NAME {
        return Err(bad_request("Invalid Usage Plan name specified"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
