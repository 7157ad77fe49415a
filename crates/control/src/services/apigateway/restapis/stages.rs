//! `/restapis/{id}/stages`: named places where a deployment is served. How one is patched is in
//! `stage_update`.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    CacheClusterSize, CacheClusterStatus, CreateStageRequest, DeleteStageRequest, DeploymentCanarySettings,
    GetStageRequest, GetStagesRequest, Stage, Stages,
};
use base::Timestamp;
use documents::apigateway::{StageDocument, within};
use indexmap::IndexMap;
use store::Key;

use super::super::limits;
use super::super::refusals::{bad_request, conflict, description, limit_exceeded, unknown_stage};
use super::documentation::versions;
use super::{canary, deployments, find, stage_update, stage_variables};
use crate::{Call, Failure, Outcome, Registry, tags};

/// How long a cache that was switched off is being removed. AWS needs minutes, and clients (the
/// Terraform provider) fail if their next look does not find it under way.
const CACHE_REMOVAL_MILLIS: i64 = 10_000;

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateStage, create_stage)
        .read(op::GetStage, get_stage)
        .read(op::GetStages, get_stages)
        .write(op::UpdateStage, stage_update::update_stage)
        .write(op::DeleteStage, delete_stage);
}

/// What `CreateDeployment` may set of the stage that it makes or repoints.
pub(super) struct Settings {
    pub(super) description: Option<String>,
    pub(super) cache_cluster_enabled: Option<bool>,
    pub(super) cache_cluster_size: Option<CacheClusterSize>,
    pub(super) variables: Option<IndexMap<String, String>>,
    pub(super) tracing_enabled: Option<bool>,
    pub(super) canary: Option<DeploymentCanarySettings>,
}

pub(in super::super) fn create_stage(call: &mut Call<'_, '_>, input: &CreateStageRequest) -> Outcome<Stage> {
    let api = &input.rest_api_id;
    check_name(&input.stage_name)?;
    let mut stage = new(call, &input.stage_name);
    stage.description = description(input.description.as_deref())?;
    stage.tracing_enabled = Some(input.tracing_enabled.unwrap_or(false));
    stage.variables = stage_variables::read(input.variables.as_ref())?;
    stage.cache_cluster_size = input.cache_cluster_size;
    set_cache_cluster(&mut stage, input.cache_cluster_enabled.unwrap_or(false));
    let mut given = IndexMap::new();
    if let Some(tags) = &input.tags {
        tags::add(&mut given, tags)?;
    }
    stage.tags = Some(given).filter(|tags| !tags.is_empty());
    find(call, api)?;
    if read(call, api, &input.stage_name)?.is_some() {
        return Err(conflict("Stage already exists"));
    }
    check_deployment(call, api, &input.deployment_id)?;
    stage.documentation_version = input.documentation_version.clone().filter(|version| !version.is_empty());
    if let Some(version) = &stage.documentation_version {
        versions::check(call, api, version)?;
    }
    check_room(call, api)?;
    stage.deployment_id = Some(input.deployment_id.clone());
    if let Some(given) = &input.canary_settings {
        stage.canary_settings = Some(canary::of_stage(call, api, given, &input.deployment_id)?);
    }
    put(call, api, &stage)?;
    let before = new(call, &input.stage_name);
    Ok(shown(settling(stage, &before)))
}

pub(in super::super) fn get_stage(call: &mut Call<'_, '_>, input: &GetStageRequest) -> Outcome<Stage> {
    Ok(shown(get(call, &input.rest_api_id, &input.stage_name)?))
}

pub(super) fn get_stages(call: &mut Call<'_, '_>, input: &GetStagesRequest) -> Outcome<Stages> {
    find(call, &input.rest_api_id)?;
    let prefix = Key::new([&input.rest_api_id]);
    let documents = call.tx.list::<StageDocument>(&call.context.scope, &prefix)?;
    let now = call.now();
    let wanted = input.deployment_id.as_ref().filter(|id| !id.is_empty());
    let stages = documents
        .into_iter()
        .map(|(_, document)| as_of(document.stage, now))
        .filter(|stage| wanted.is_none() || stage.deployment_id.as_ref() == wanted)
        .map(shown)
        .collect();
    Ok(Stages { item: Some(stages) })
}

pub(in super::super) fn delete_stage(call: &mut Call<'_, '_>, input: &DeleteStageRequest) -> Outcome<Empty> {
    let key = within(&input.rest_api_id, &input.stage_name);
    if call.tx.delete::<StageDocument>(&call.context.scope, &key)? {
        Ok(Empty {})
    } else {
        Err(unknown_stage())
    }
}

/// Points the stage `name`, or its canary, at a deployment, and makes the stage if it is not
/// there. What `settings` leave out stays as it is.
///
/// # Errors
/// Why it cannot.
pub(super) fn pointed(
    call: &mut Call<'_, '_>,
    api: &str,
    name: &str,
    deployment: &str,
    settings: Settings,
) -> Outcome<StageDocument> {
    let known = document(call, api, name)?;
    let mut stage = match &known {
        Some(known) => as_of(known.stage.clone(), call.now()),
        None => {
            check_room(call, api)?;
            new(call, name)
        }
    };
    match &settings.canary {
        Some(given) => stage.canary_settings = Some(canary::of_deployment(given, deployment)?),
        None if stage.canary_settings.is_some() => {
            // API Gateway developer guide, "Set up an API Gateway Canary Release Deployment". The
            // text is not recorded.
            return Err(bad_request(format!(
                "Invalid deployment content specified.Stage {name} has a canary, so canarySettings must be \
                 provided"
            )));
        }
        None => stage.deployment_id = Some(deployment.to_owned()),
    }
    stage.last_updated_date = Some(call.now());
    stage.description = settings.description.or(stage.description);
    stage.tracing_enabled = settings.tracing_enabled.or(stage.tracing_enabled);
    stage.cache_cluster_size = settings.cache_cluster_size.or(stage.cache_cluster_size);
    let enabled = settings.cache_cluster_enabled.or(stage.cache_cluster_enabled).unwrap_or(false);
    set_cache_cluster(&mut stage, enabled);
    if settings.variables.is_some() {
        stage.variables = stage_variables::read(settings.variables.as_ref())?;
    }
    Ok(match known {
        Some(known) => StageDocument { stage, ..known },
        None => StageDocument::new(stage),
    })
}

/// The stage `name` of the API `api`.
pub(in super::super) fn get(call: &mut Call<'_, '_>, api: &str, name: &str) -> Outcome<Stage> {
    read(call, api, name)?.ok_or_else(unknown_stage)
}

/// Stores a stage. What is known of its caches stays as it is.
pub(in super::super) fn put(call: &mut Call<'_, '_>, api: &str, stage: &Stage) -> Outcome<()> {
    let name = stage.stage_name.as_deref().unwrap_or_default();
    let document = match document(call, api, name)? {
        Some(known) => StageDocument { stage: stage.clone(), ..known },
        None => StageDocument::new(stage.clone()),
    };
    Ok(call.tx.put(&call.context.scope, &within(api, name), &document)?)
}

/// A stage as it is answered.
pub(super) fn shown(mut stage: Stage) -> Stage {
    stage.created_date = stage.created_date.map(Timestamp::truncated_to_secs);
    stage.last_updated_date = stage.last_updated_date.map(Timestamp::truncated_to_secs);
    stage
}

/// Refuses what cannot be in a URL's first segment. The text is recorded from AWS; hyphens, which
/// it does not name, are taken (API Gateway developer guide, "Set up a stage for a REST API").
pub(super) fn check_name(name: &str) -> Outcome<()> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    if (1..=limits::STAGE_NAME).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(bad_request("Stage name only allows a-zA-Z0-9_"))
}

/// Refuses a deployment that the API does not have. The text is recorded from AWS.
pub(super) fn check_deployment(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<()> {
    match deployments::get(call, api, id) {
        Ok(_) => Ok(()),
        Err(Failure::Service(_)) => Err(bad_request("Deployment id does not exist")),
        Err(fault) => Err(fault),
    }
}

/// Switches the cache. Its size is the least if none was given.
pub(super) fn set_cache_cluster(stage: &mut Stage, enabled: bool) {
    let was_enabled = stage.cache_cluster_enabled.replace(enabled) == Some(true);
    if enabled {
        stage.cache_cluster_status = Some(CacheClusterStatus::Available);
    } else if was_enabled {
        stage.cache_cluster_status = Some(CacheClusterStatus::DeleteInProgress);
    } else {
        stage.cache_cluster_status.get_or_insert(CacheClusterStatus::NotAvailable);
    }
    if enabled {
        stage.cache_cluster_size.get_or_insert(CacheClusterSize::V0_5);
    }
}

/// A stage as the call that changed it answers it. AWS's caches take minutes to come and to change
/// their size, and the answer says so; here there is nothing to wait for, so the next look finds it
/// done.
pub(super) fn settling(mut stage: Stage, before: &Stage) -> Stage {
    let (was, is) = (before.cache_cluster_enabled, stage.cache_cluster_enabled);
    if is == Some(true) && (was != is || before.cache_cluster_size != stage.cache_cluster_size) {
        stage.cache_cluster_status = Some(CacheClusterStatus::CreateInProgress);
    }
    stage
}

/// A stored stage as it is at `now`: a cache that was switched off is gone after a while.
fn as_of(mut stage: Stage, now: Timestamp) -> Stage {
    let changed = stage.last_updated_date.unwrap_or_default().as_millis();
    let gone = now.as_millis().saturating_sub(changed) >= CACHE_REMOVAL_MILLIS;
    if gone && stage.cache_cluster_status == Some(CacheClusterStatus::DeleteInProgress) {
        stage.cache_cluster_status = Some(CacheClusterStatus::NotAvailable);
    }
    stage
}

fn read(call: &mut Call<'_, '_>, api: &str, name: &str) -> Outcome<Option<Stage>> {
    let now = call.now();
    Ok(document(call, api, name)?.map(|document| as_of(document.stage, now)))
}

/// All that is stored of the stage `name`.
pub(super) fn document(call: &mut Call<'_, '_>, api: &str, name: &str) -> Outcome<Option<StageDocument>> {
    Ok(call.tx.get(&call.context.scope, &within(api, name))?)
}

/// A stage that points nowhere yet.
fn new(call: &Call<'_, '_>, name: &str) -> Stage {
    let mut stage = Stage {
        stage_name: Some(name.to_owned()),
        method_settings: Some(IndexMap::new()),
        tracing_enabled: Some(false),
        created_date: Some(call.now()),
        last_updated_date: Some(call.now()),
        ..Stage::default()
    };
    set_cache_cluster(&mut stage, false);
    stage
}

fn check_room(call: &mut Call<'_, '_>, api: &str) -> Outcome<()> {
    let stages = call.tx.list::<StageDocument>(&call.context.scope, &Key::new([api]))?;
    if stages.len() < limits::STAGES {
        return Ok(());
    }
    // The text is not recorded.
    Err(limit_exceeded(
        "Maximum number of stages for this API has been reached. Please contact AWS if you need additional stages.",
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, STARTED, bad_request, conflict, not_found, text, with};
    use super::*;

    struct Place {
        frame: Frame,
        api: String,
        deployment: String,
    }

    impl Place {
        fn new() -> Self {
            let frame = Frame::new();
            let (api, _) = frame.deployable();
            let deployment = frame.deployment(&api);
            Self { frame, api, deployment }
        }

        fn input(&self, name: &str, more: Value) -> Value {
            let input = json!({"restApiId": self.api, "stageName": name, "deploymentId": self.deployment});
            with(input, more)
        }

        fn create(&self, name: &str, more: Value) -> Value {
            self.frame.ok(create_stage, self.input(name, more))
        }

        fn refused(&self, name: &str, more: Value) -> String {
            self.frame.refused(create_stage, self.input(name, more))
        }
    }

    /// Recorded from AWS.
    #[test]
    fn a_new_stage_has_awss_defaults() {
        let place = Place::new();
        let created = place.create("dev", json!({"description": "", "variables": {}, "tags": {}}));
        let expected = json!({
            "stageName": "dev",
            "deploymentId": place.deployment,
            "createdDate": STARTED,
            "lastUpdatedDate": STARTED,
            "cacheClusterEnabled": false,
            "cacheClusterStatus": "NOT_AVAILABLE",
            "methodSettings": {},
            "tracingEnabled": false,
        });
        assert_eq!(created, expected);
        assert_eq!(place.frame.ok(get_stage, json!({"restApiId": place.api, "stageName": "dev"})), expected);
        let given = json!({
            "description": "for us",
            "variables": {"host": "example.com"},
            "tracingEnabled": true,
            "tags": {"env": "demo"},
        });
        let created = place.create("prod-1", given.clone());
        assert_eq!(created, with(with(expected, given), json!({"stageName": "prod-1"})));
    }

    #[test]
    fn an_enabled_cache_is_made_and_then_available() {
        let place = Place::new();
        let created = place.create("a", json!({"cacheClusterEnabled": true}));
        assert_eq!(
            (&created["cacheClusterStatus"], &created["cacheClusterSize"]),
            (&json!("CREATE_IN_PROGRESS"), &json!("0.5"))
        );
        let got = place.frame.ok(get_stage, json!({"restApiId": place.api, "stageName": "a"}));
        assert_eq!(got, with(created, json!({"cacheClusterStatus": "AVAILABLE"})));
        let created = place.create("b", json!({"cacheClusterEnabled": true, "cacheClusterSize": "237"}));
        assert_eq!(created["cacheClusterSize"], "237");
    }

    #[test]
    fn bad_stages_are_refused() {
        let place = Place::new();
        // Texts recorded from AWS.
        let name = bad_request("Stage name only allows a-zA-Z0-9_");
        for bad in ["", "a b", "a.b", "a/b", "$default", &"a".repeat(129)] {
            assert_eq!(place.refused(bad, json!({})), name, "{bad}");
        }
        place.create(&"a".repeat(128), json!({}));
        place.create("dev", json!({}));
        assert_eq!(place.refused("dev", json!({})), conflict("Stage already exists"));
        assert_eq!(
            place.refused("x", json!({"deploymentId": "nope"})),
            bad_request("Deployment id does not exist")
        );
        assert_eq!(
            place.refused("x", json!({"restApiId": "nope"})),
            not_found("Invalid API identifier specified 000000000000:nope")
        );
        // Not recorded.
        assert_eq!(
            place.refused("x", json!({"documentationVersion": "1"})),
            not_found("Invalid Documentation version specified")
        );
    }

    /// "Amazon API Gateway quotas": 10 stages of an API.
    #[test]
    fn ten_fit() {
        let place = Place::new();
        for n in 0..10 {
            place.create(&format!("s{n}"), json!({}));
        }
        let full = "429 LimitExceededException \"Maximum number of stages for this API has been reached. Please \
                    contact AWS if you need additional stages.\"";
        assert_eq!(place.refused("more", json!({})), full);
        let deploy = json!({"restApiId": place.api, "stageName": "more"});
        assert_eq!(place.frame.refused(deployments::create_deployment, deploy), full);
    }

    /// Recorded from AWS: the list's member is `item`.
    #[test]
    fn the_list_can_be_of_one_deployment() {
        let place = Place::new();
        place.create("b", json!({}));
        place.create("a", json!({}));
        let other = place.frame.deployment(&place.api);
        place.create("c", json!({"deploymentId": other}));
        let names = |more: Value| {
            let list = place.frame.ok(get_stages, with(json!({"restApiId": place.api}), more));
            list["item"].as_array().unwrap().iter().map(|stage| text(stage, "stageName")).collect::<Vec<_>>()
        };
        assert_eq!(names(json!({})), ["a", "b", "c"]);
        assert_eq!(names(json!({"deploymentId": other})), ["c"]);
        assert_eq!(names(json!({"deploymentId": "nope"})), Vec::<String>::new());
    }

    #[test]
    fn a_deleted_stage_is_gone() {
        let place = Place::new();
        place.create("dev", json!({}));
        let dev = json!({"restApiId": place.api, "stageName": "dev"});
        place.frame.ok(delete_stage, dev.clone());
        let unknown = not_found("Invalid stage identifier specified");
        assert_eq!(place.frame.refused(delete_stage, dev.clone()), unknown);
        assert_eq!(place.frame.refused(get_stage, dev), unknown);
    }
}
