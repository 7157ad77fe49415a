//! `/v2/apis/{id}/stages`: named places where a deployment is served.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    AccessLogSettings, Api, CreateStageRequest, CreateStageResponse, DeleteAccessLogSettingsRequest,
    DeleteRouteSettingsRequest, DeleteStageRequest, GetStageRequest, GetStageResponse, GetStagesRequest,
    GetStagesResponse, LoggingLevel, ProtocolType, ResetAuthorizersCacheRequest, RouteSettings, Stage,
    UpdateStageRequest, UpdateStageResponse,
};
use base::{Arn, Timestamp};
use documents::apigateway::within;
use documents::apigatewayv2::StageDocument;
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use store::Key;

use super::super::limits;
use super::super::listed;
use super::super::refusals::{bad_request, conflict, description, too_many, unknown};
use super::super::shapes::{merged, same};
use super::{deployments, find as find_api};
use crate::{Call, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateStage, create_stage)
        .read(op::GetStage, get_stage)
        .read(op::GetStages, get_stages)
        .write(op::UpdateStage, update_stage)
        .write(op::DeleteRouteSettings, delete_route_settings)
        .write(op::DeleteAccessLogSettings, delete_access_log_settings)
        .write(op::ResetAuthorizersCache, reset_authorizers_cache)
        .write(op::DeleteStage, delete_stage);
}

pub(in super::super) fn create_stage(
    call: &mut Call<'_, '_>,
    input: &CreateStageRequest,
) -> Outcome<CreateStageResponse> {
    let api = find_api(call, &input.api_id)?;
    let stage: Stage = same(input)?;
    shown(create(call, &api, stage)?)
}

/// Checks and stores a stage that is new, and deploys it if it is to be deployed automatically.
pub(super) fn create(call: &mut Call<'_, '_>, api: &Api, mut stage: Stage) -> Outcome<Stage> {
    let id = api.api_id.clone().unwrap_or_default();
    check_name(api, &stage.stage_name)?;
    let others = all(call, &id)?;
    if others.iter().any(|other| other.stage_name == stage.stage_name) {
        // As version 1 answers it.
        return Err(conflict("Stage already exists"));
    }
    if others.len() >= limits::STAGES {
        return Err(too_many("stages", limits::STAGES));
    }
    let mut given = IndexMap::new();
    if let Some(tags) = &stage.tags {
        tags::add(&mut given, tags)?;
    }
    stage.tags = Some(given);
    (stage.created_date, stage.last_updated_date) = (Some(call.now()), Some(call.now()));
    stage.auto_deploy.get_or_insert(false);
    let mut stage = checked(call, api, stage)?;
    if stage.auto_deploy == Some(true) {
        let deployment = deployments::automatic(call, &id)?;
        stage.last_deployment_status_message = Some(deployments::message(&deployment));
        stage.deployment_id = deployment.deployment_id;
    }
    put(call, &id, stage)
}

fn get_stage(call: &mut Call<'_, '_>, input: &GetStageRequest) -> Outcome<GetStageResponse> {
    find_api(call, &input.api_id)?;
    shown(get(call, &input.api_id, &input.stage_name)?)
}

fn get_stages(call: &mut Call<'_, '_>, input: &GetStagesRequest) -> Outcome<GetStagesResponse> {
    find_api(call, &input.api_id)?;
    let all = all(call, &input.api_id)?;
    let place = |stage: &Stage| stage.stage_name.clone();
    let (items, next_token) = listed(all, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    let items = items.into_iter().map(shown).collect::<Outcome<_>>()?;
    Ok(GetStagesResponse { items: Some(items), next_token })
}

fn update_stage(call: &mut Call<'_, '_>, input: &UpdateStageRequest) -> Outcome<UpdateStageResponse> {
    let api = find_api(call, &input.api_id)?;
    let mut stage = get(call, &input.api_id, &input.stage_name)?;
    let was_automatic = stage.auto_deploy == Some(true);
    stage.auto_deploy = input.auto_deploy.or(stage.auto_deploy);
    let is_automatic = stage.auto_deploy == Some(true);
    if let Some(deployment) = input.deployment_id.as_ref().filter(|id| !id.is_empty()) {
        if is_automatic && stage.deployment_id.as_ref() != Some(deployment) {
            return Err(bad_request(
                "Deployment id cannot be set for a stage that is deployed automatically",
            ));
        }
        stage.deployment_id = Some(deployment.clone());
    }
    if input.description.is_some() {
        stage.description.clone_from(&input.description);
    }
    if input.client_certificate_id.is_some() {
        stage.client_certificate_id.clone_from(&input.client_certificate_id);
    }
    if input.access_log_settings.is_some() {
        stage.access_log_settings.clone_from(&input.access_log_settings);
    }
    if input.default_route_settings.is_some() {
        stage.default_route_settings.clone_from(&input.default_route_settings);
    }
    stage.route_settings.get_or_insert_default().extend(input.route_settings.clone().into_iter().flatten());
    stage.stage_variables = merged(stage.stage_variables.as_ref(), input.stage_variables.as_ref());
    stage.last_updated_date = Some(call.now());
    let mut stage = checked(call, &api, stage)?;
    if is_automatic && !was_automatic {
        let deployment = deployments::automatic(call, &input.api_id)?;
        stage.last_deployment_status_message = Some(deployments::message(&deployment));
        stage.deployment_id = deployment.deployment_id;
    }
    shown(put(call, &input.api_id, stage)?)
}

fn delete_route_settings(call: &mut Call<'_, '_>, input: &DeleteRouteSettingsRequest) -> Outcome<Empty> {
    find_api(call, &input.api_id)?;
    let mut stage = get(call, &input.api_id, &input.stage_name)?;
    let removed = stage.route_settings.as_mut().and_then(|all| all.shift_remove(&input.route_key));
    removed.ok_or_else(|| unknown("route settings"))?;
    stage.last_updated_date = Some(call.now());
    put(call, &input.api_id, stage)?;
    Ok(Empty {})
}

fn delete_access_log_settings(
    call: &mut Call<'_, '_>,
    input: &DeleteAccessLogSettingsRequest,
) -> Outcome<Empty> {
    find_api(call, &input.api_id)?;
    let mut stage = get(call, &input.api_id, &input.stage_name)?;
    stage.access_log_settings = None;
    stage.last_updated_date = Some(call.now());
    put(call, &input.api_id, stage)?;
    Ok(Empty {})
}

fn delete_stage(call: &mut Call<'_, '_>, input: &DeleteStageRequest) -> Outcome<Empty> {
    find_api(call, &input.api_id)?;
    if call.tx.delete::<StageDocument>(&call.context.scope, &within(&input.api_id, &input.stage_name))? {
        Ok(Empty {})
    } else {
        Err(unknown("stage"))
    }
}

/// Has all that its authorizers have said asked anew: who follows the stage forgets it with the stage
/// that it was said to.
fn reset_authorizers_cache(call: &mut Call<'_, '_>, input: &ResetAuthorizersCacheRequest) -> Outcome<Empty> {
    if find_api(call, &input.api_id)?.protocol_type != ProtocolType::Http {
        // API Gateway API reference: "Supported only for HTTP APIs." The text is not recorded.
        return Err(bad_request("Resetting the authorizers cache is supported only for HTTP APIs"));
    }
    let stage = get(call, &input.api_id, &input.stage_name)?;
    let document = StageDocument { stage, authorizers_cache_reset: Some(call.now()) };
    call.tx.put(&call.context.scope, &within(&input.api_id, &input.stage_name), &document)?;
    Ok(Empty {})
}

/// The stage `name` of an API.
pub(in super::super) fn get(call: &mut Call<'_, '_>, api: &str, name: &str) -> Outcome<Stage> {
    let document = call.tx.get::<StageDocument>(&call.context.scope, &within(api, name))?;
    document.map(|document| document.stage).ok_or_else(|| unknown("stage"))
}

/// All stages of an API.
pub(super) fn all(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<Stage>> {
    let documents = call.tx.list::<StageDocument>(&call.context.scope, &Key::new([api]))?;
    Ok(documents.into_iter().map(|(_, document)| document.stage).collect())
}

/// Stores a stage.
pub(in super::super) fn put(call: &mut Call<'_, '_>, api: &str, stage: Stage) -> Outcome<Stage> {
    let key = within(api, &stage.stage_name);
    let known = call.tx.get::<StageDocument>(&call.context.scope, &key)?;
    let authorizers_cache_reset = known.and_then(|known| known.authorizers_cache_reset);
    let document = StageDocument { stage, authorizers_cache_reset };
    call.tx.put(&call.context.scope, &key, &document)?;
    Ok(document.stage)
}

/// `$default` serves an HTTP API without a stage in its URLs.
fn check_name(api: &Api, name: &str) -> Outcome<()> {
    let known = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    let is_name = (1..=limits::STAGE_NAME).contains(&name.len()) && name.bytes().all(known);
    if is_name || (name == "$default" && api.protocol_type == ProtocolType::Http) {
        return Ok(());
    }
    Err(bad_request("Stage name only allows alphanumeric characters, hyphens, underscores or $default"))
}

/// A stage that can be served, with what AWS sets if it is not said.
fn checked(call: &mut Call<'_, '_>, api: &Api, mut stage: Stage) -> Outcome<Stage> {
    stage.description = description(stage.description.as_deref())?;
    stage.client_certificate_id = stage.client_certificate_id.filter(|id| !id.is_empty());
    if let Some(id) = stage.deployment_id.as_ref().filter(|id| !id.is_empty()) {
        deployments::find(call, api.api_id.as_deref().unwrap_or_default(), id)?;
    }
    let http = api.protocol_type == ProtocolType::Http;
    let settings = stage.default_route_settings.get_or_insert_default();
    complete(settings, http)?;
    for settings in stage.route_settings.get_or_insert_default().values_mut() {
        complete(settings, http)?;
    }
    for (name, value) in stage.stage_variables.get_or_insert_default() {
        // As version 1 holds them.
        let known = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c);
        let is_name = !name.is_empty()
            && name.len() <= 64
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name || value.len() > 512 || !value.chars().all(known) {
            return Err(bad_request(format!(
                "Stage variable {name} is not valid. Names must be alphanumeric characters and underscores; values \
                 may have A-Z, a-z, 0-9 and -._~:/?#&=,"
            )));
        }
    }
    if let Some(settings) = &stage.access_log_settings {
        stage.access_log_settings = Some(access_log(call, settings)?);
    }
    Ok(stage)
}

fn complete(settings: &mut RouteSettings, http: bool) -> Outcome<()> {
    settings.detailed_metrics_enabled.get_or_insert(false);
    if settings.throttling_burst_limit.is_some_and(|burst| burst < 0)
        || settings.throttling_rate_limit.is_some_and(|rate| rate < 0.0 || !rate.is_finite())
    {
        return Err(bad_request("Throttling limits must not be negative"));
    }
    if !http {
        settings.data_trace_enabled.get_or_insert(false);
        settings.logging_level.get_or_insert(LoggingLevel::Off);
        return Ok(());
    }
    // What terraform sends for HTTP APIs says the same as nothing.
    if settings.data_trace_enabled == Some(true) {
        return Err(bad_request("Data trace is supported only for WebSocket APIs"));
    }
    if settings.logging_level.is_some_and(|level| level != LoggingLevel::Off) {
        return Err(bad_request("Execution logs are not supported on protocolType HTTP"));
    }
    (settings.data_trace_enabled, settings.logging_level) = (None, None);
    Ok(())
}

fn access_log(call: &Call<'_, '_>, settings: &AccessLogSettings) -> Outcome<AccessLogSettings> {
    let (Some(destination), Some(format)) = (&settings.destination_arn, &settings.format) else {
        return Err(bad_request("Access log settings must have a destination and a format"));
    };
    // The ARN of a log group may end with the `:*` that policies want.
    let destination = destination.strip_suffix(":*").unwrap_or(destination);
    let arn: Option<Arn> = destination.parse().ok();
    let known = arn.is_some_and(|arn| {
        let place = (arn.service.as_str(), arn.resource.as_str());
        arn.region == call.scope().region()
            && matches!(place, ("logs", group) if group.starts_with("log-group:"))
    });
    if !known {
        return Err(bad_request(format!("Invalid ARN specified in the request: {destination}")));
    }
    if format.is_empty() {
        return Err(bad_request("Access log format must not be empty"));
    }
    Ok(AccessLogSettings { destination_arn: Some(destination.to_owned()), format: Some(format.clone()) })
}

/// A stage as it is answered.
fn shown<T: DeserializeOwned>(mut stage: Stage) -> Outcome<T> {
    stage.created_date = stage.created_date.map(Timestamp::truncated_to_secs);
    stage.last_updated_date = stage.last_updated_date.map(Timestamp::truncated_to_secs);
    same(&stage)
}
