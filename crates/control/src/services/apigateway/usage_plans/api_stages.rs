//! The stages that a usage plan opens. A key may come to a stage through one plan only, so a
//! stage can join a plan only if none of its keys has that stage elsewhere.

use std::collections::HashSet;

use api::apigateway::{ApiStage, DeleteRestApiRequest, DeleteStageRequest, UsagePlan};
use api::apigatewayv2::{self as v2, ProtocolType};
use documents::apigateway::{StageDocument, within};
use documents::apigateway_keys::{UsagePlanDocument, UsagePlanKeyDocument};
use documents::apigatewayv2;
use store::Key;

use super::super::refusals::{bad_request, conflict, not_found};
use super::{find, put, settings};
use crate::{Call, Failure, Outcome};

/// A stage by its API's id and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named<'a> {
    pub(super) api: &'a str,
    pub(super) stage: &'a str,
}

impl<'a> Named<'a> {
    /// Reads `api:stage`.
    pub(super) fn read(text: &'a str) -> Outcome<Self> {
        match text.split_once(':') {
            Some((api, stage)) if !api.is_empty() && !stage.is_empty() && !stage.contains(':') => {
                Ok(Self { api, stage })
            }
            _ => Err(malformed()),
        }
    }

    fn of(stage: &'a ApiStage) -> Self {
        let text = |member: &'a Option<String>| member.as_deref().unwrap_or_default();
        Self { api: text(&stage.api_id), stage: text(&stage.stage) }
    }

    /// Whether the stage is there. HTTP APIs take no keys (API Gateway developer guide, "Choose between
    /// REST APIs and HTTP APIs").
    fn exists(self, call: &mut Call<'_, '_>) -> Outcome<bool> {
        let (scope, key) = (&call.context.scope, within(self.api, self.stage));
        if call.tx.get::<StageDocument>(scope, &key)?.is_some() {
            return Ok(true);
        }
        let api = call.tx.get::<apigatewayv2::ApiDocument>(scope, &Key::new([self.api]))?;
        let websocket = api.is_some_and(|found| found.api.protocol_type == ProtocolType::Websocket);
        Ok(websocket && call.tx.get::<apigatewayv2::StageDocument>(scope, &key)?.is_some())
    }

    /// No such stage, or none in this plan (recorded from AWS).
    fn unknown(self, plan: &str) -> Failure {
        let Self { api, stage } = self;
        not_found(format!("Invalid API Stage {{api: {api}, stage: {stage}}} specified for usageplan {plan}"))
    }
}

/// Recorded from AWS.
fn malformed() -> Failure {
    bad_request("Invalid API Stage specified")
}

/// The stages of a new plan.
pub(super) fn given(call: &mut Call<'_, '_>, stages: &[ApiStage]) -> Outcome<Vec<ApiStage>> {
    let mut read: Vec<ApiStage> = Vec::new();
    for stage in stages {
        let named = Named::of(stage);
        if named.api.is_empty() || named.stage.is_empty() {
            return Err(malformed());
        }
        if !named.exists(call)? {
            // Seen in reports of AWS's users.
            return Err(not_found(format!("API Stage not found: {}:{}", named.api, named.stage)));
        }
        let throttle = stage.throttle.as_ref().map(settings::throttles).transpose()?.flatten();
        if position(&read, named).is_none() {
            read.push(ApiStage { throttle, ..stage.clone() });
        }
    }
    Ok(read)
}

/// Adds a stage to a plan. One that is there already stays as it is.
pub(super) fn add(call: &mut Call<'_, '_>, plan: &mut UsagePlan, named: Named<'_>) -> Outcome<()> {
    let id = plan.id.clone().unwrap_or_default();
    let stages = plan.api_stages.get_or_insert_default();
    if position(stages, named).is_some() {
        return Ok(());
    }
    if !named.exists(call)? {
        return Err(named.unknown(&id));
    }
    check_keys_of(call, &id, named)?;
    stages.push(ApiStage {
        api_id: Some(named.api.to_owned()),
        stage: Some(named.stage.to_owned()),
        throttle: None,
    });
    Ok(())
}

/// Takes a stage out of a plan, with the throttles of its methods.
pub(super) fn remove(plan: &mut UsagePlan, named: Named<'_>) -> Outcome<()> {
    let at = position(plan.api_stages.as_deref().unwrap_or_default(), named);
    let (Some(at), Some(stages)) = (at, &mut plan.api_stages) else {
        return Err(named.unknown(plan.id.as_deref().unwrap_or_default()));
    };
    stages.remove(at);
    Ok(())
}

/// A stage of a plan.
pub(super) fn within_plan<'p>(plan: &'p mut UsagePlan, named: Named<'_>) -> Outcome<&'p mut ApiStage> {
    let unknown = named.unknown(plan.id.as_deref().unwrap_or_default());
    plan.api_stages.iter_mut().flatten().find(|stage| Named::of(stage) == named).ok_or(unknown)
}

/// Refuses a key in `plan` if one of the plans that it is in has a stage of this one.
pub(super) fn check_key(
    call: &mut Call<'_, '_>,
    plan: &UsagePlan,
    key: &str,
    others: impl IntoIterator<Item = String>,
) -> Outcome<()> {
    for other in others {
        let other = find(call, &other)?.usage_plan;
        let shared = other.api_stages.iter().flatten().find(|stage| {
            position(plan.api_stages.as_deref().unwrap_or_default(), Named::of(stage)).is_some()
        });
        if let Some(stage) = shared {
            return Err(twice(key, Named::of(stage)));
        }
    }
    Ok(())
}

/// Refuses a stage in the plan `id` if one of its keys has it through another plan.
fn check_keys_of(call: &mut Call<'_, '_>, id: &str, named: Named<'_>) -> Outcome<()> {
    let scope = &call.context.scope;
    let mut own: Option<HashSet<String>> = None;
    for (_, document) in call.tx.list::<UsagePlanDocument>(scope, &Key::root())? {
        let other = document.usage_plan;
        let other_id = other.id.as_deref().unwrap_or_default();
        let has = position(other.api_stages.as_deref().unwrap_or_default(), named).is_some();
        if other_id == id || !has {
            continue;
        }
        if own.is_none() {
            own = Some(keys_of(call, id)?.into_iter().collect());
        }
        let shared = keys_of(call, other_id)?
            .into_iter()
            .find(|key| own.as_ref().is_some_and(|own| own.contains(key)));
        if let Some(key) = shared {
            return Err(twice(&key, named));
        }
    }
    Ok(())
}

fn keys_of(call: &mut Call<'_, '_>, plan: &str) -> Outcome<Vec<String>> {
    let keys = call.tx.list::<UsagePlanKeyDocument>(&call.context.scope, &Key::new([plan]))?;
    Ok(keys.into_iter().filter_map(|(key, _)| key.last().map(str::to_owned)).collect())
}

/// A key cannot have a stage through two plans (API Gateway developer guide, "Creating and using
/// usage plans with API keys"). AWS's text is not recorded.
fn twice(key: &str, Named { api, stage }: Named<'_>) -> Failure {
    conflict(format!(
        "API Key {key} cannot be added because it already subscribes to api/stages through other usage plans: \
         {api}:{stage}"
    ))
}

fn position(stages: &[ApiStage], named: Named<'_>) -> Option<usize> {
    stages.iter().position(|stage| Named::of(stage) == named)
}

/// A deleted stage leaves all plans. One of the same name that is made later is another stage, and
/// in no plan (seen in reports of AWS's users).
pub(super) fn leave_stage(call: &mut Call<'_, '_>, input: &DeleteStageRequest) -> Outcome<()> {
    leave(call, &input.rest_api_id, Some(&input.stage_name))
}

/// A deleted API's stages leave all plans.
pub(super) fn leave_api(call: &mut Call<'_, '_>, input: &DeleteRestApiRequest) -> Outcome<()> {
    leave(call, &input.rest_api_id, None)
}

/// The same of a WebSocket API's stage.
pub(crate) fn leave_routed_stage(call: &mut Call<'_, '_>, input: &v2::DeleteStageRequest) -> Outcome<()> {
    leave(call, &input.api_id, Some(&input.stage_name))
}

/// And of all of them.
pub(crate) fn leave_routed_api(call: &mut Call<'_, '_>, input: &v2::DeleteApiRequest) -> Outcome<()> {
    leave(call, &input.api_id, None)
}

/// Takes one stage of the API `api`, or all of them, out of all plans.
fn leave(call: &mut Call<'_, '_>, api: &str, stage: Option<&str>) -> Outcome<()> {
    let plans = call.tx.list::<UsagePlanDocument>(&call.context.scope, &Key::root())?;
    for (_, mut document) in plans {
        let Some(stages) = &mut document.usage_plan.api_stages else { continue };
        let before = stages.len();
        stages.retain(|kept| {
            let kept = Named::of(kept);
            kept.api != api || stage.is_some_and(|stage| kept.stage != stage)
        });
        if stages.len() < before {
            put(call, &document)?;
        }
    }
    Ok(())
}
