//! `/restapis/{id}/deployments`. A deployment is the API as it was when it was made: the
//! snapshot is stored once, is compiled by the gateway for every stage that points at it, and
//! never changes.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    CreateDeploymentRequest, DeleteDeploymentRequest, Deployment, Deployments, GetDeploymentRequest,
    GetDeploymentsRequest, MethodSnapshot, Op, Resource, Stage, UpdateDeploymentRequest,
};
use base::{Timestamp, ids};
use documents::apigateway::{DeploymentDocument, SnapshotDocument, StageDocument, within};
use indexmap::IndexMap;
use ports::deployments::DeploymentFault;
use store::{Key, Text};

use super::super::refusals::{bad_request, description, unknown_deployment};
use super::stages::{self, Settings};
use super::{authorizers, canary, find, gateway_responses, models, request_validators, resources};
use crate::paginate::{Page, page};
use crate::patch::{Table, Wording, row};
use crate::{Call, Failure, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateDeployment, create_deployment)
        .read(op::GetDeployment, get_deployment)
        .read(op::GetDeployments, get_deployments)
        .write(op::UpdateDeployment, update_deployment)
        .write(op::DeleteDeployment, delete_deployment);
}

/// What may be patched (API Gateway API reference, "Patch Operations").
const TABLE: Table = Table { wording: Wording::Listed, rows: &[row("/description", &[Op::Replace])] };

/// Deploys an API, and points a stage at the deployment if one is named.
pub(in super::super) fn create_deployment(
    call: &mut Call<'_, '_>,
    input: &CreateDeploymentRequest,
) -> Outcome<Deployment> {
    let api = &input.rest_api_id;
    let stage_name = input.stage_name.as_deref().filter(|name| !name.is_empty());
    if let Some(name) = stage_name {
        stages::check_name(name)?;
    } else if input.canary_settings.is_some() {
        return Err(canary::no_stage(input.stage_name.as_deref()));
    }
    let settings = Settings {
        description: description(input.stage_description.as_deref())?,
        cache_cluster_enabled: input.cache_cluster_enabled,
        cache_cluster_size: input.cache_cluster_size,
        variables: input.variables.clone(),
        tracing_enabled: input.tracing_enabled,
        canary: input.canary_settings.clone(),
    };
    let deployment = Deployment {
        id: Some(ids::part_id(&call.plane.random)),
        description: description(input.description.as_deref())?,
        created_date: Some(call.now()),
        api_summary: None,
    };
    find(call, api)?;
    if let Some(name) = stage_name.filter(|_| input.canary_settings.is_some()) {
        canary::check_stage(call, api, name)?;
    }
    let (snapshot, text) = snapshot_and_text(call, api)?;
    check_methods(&snapshot)?;
    let id = deployment.id.clone().unwrap_or_default();
    let pointed = stage_name.map(|name| {
        let stage = stages::pointed(call, api, name, &id, settings)?;
        Ok::<_, Failure>((within(api, name), stage))
    });
    let (scope, check) = (&call.context.scope, &call.plane.deployments);
    let compiled = match &pointed {
        Some(Ok((key, stage))) => check.compile(call.tx, scope, key, stage, &snapshot)?,
        _ => None,
    };
    if compiled.is_none() {
        // What is wrong with the API is told before what is wrong with the stage.
        refuse(check.faults(&snapshot))?;
    }
    let (pointed, key) = (pointed.transpose()?, within(api, &id));
    call.tx.put_text(scope, &key, &text)?;
    call.tx.put(scope, &key, &DeploymentDocument { deployment: deployment.clone() })?;
    match (pointed, compiled) {
        (Some((key, stage)), Some(compiled)) => call.tx.put_made(scope, &key, &stage, compiled)?,
        (Some((key, stage)), None) => call.tx.put(scope, &key, &stage)?,
        (None, _) => {}
    }
    Ok(shown(deployment))
}

/// The API as it is now.
pub(super) fn snapshot(call: &mut Call<'_, '_>, api: &str) -> Outcome<SnapshotDocument> {
    let snapshot = without_resources(call, api)?;
    Ok(SnapshotDocument { resources: resources::all(call, api)?, ..snapshot })
}

/// The same with the text that is stored of it.
fn snapshot_and_text(
    call: &mut Call<'_, '_>,
    api: &str,
) -> Outcome<(SnapshotDocument, Text<SnapshotDocument>)> {
    let snapshot = without_resources(call, api)?;
    Ok(snapshot.with_resources(resources::all_with_texts(call, api)?)?)
}

fn without_resources(call: &mut Call<'_, '_>, api: &str) -> Outcome<SnapshotDocument> {
    Ok(SnapshotDocument {
        rest_api: find(call, api)?.rest_api,
        resources: Vec::new(),
        models: models::all(call, api)?,
        request_validators: request_validators::all(call, api)?,
        authorizers: authorizers::all(call, api)?,
        gateway_responses: gateway_responses::customized(call, api)?,
    })
}

fn get_deployment(call: &mut Call<'_, '_>, input: &GetDeploymentRequest) -> Outcome<Deployment> {
    let mut deployment = shown(get(call, &input.rest_api_id, &input.deployment_id)?);
    if input.embed.iter().flatten().any(|what| what == "apisummary") {
        let key = within(&input.rest_api_id, &input.deployment_id);
        let snapshot = call.tx.get::<SnapshotDocument>(&call.context.scope, &key)?;
        deployment.api_summary = Some(summary(&snapshot.ok_or_else(unknown_deployment)?.resources));
    }
    Ok(deployment)
}

/// Newest first (recorded from AWS).
fn get_deployments(call: &mut Call<'_, '_>, input: &GetDeploymentsRequest) -> Outcome<Deployments> {
    find(call, &input.rest_api_id)?;
    let prefix = Key::new([&input.rest_api_id]);
    let documents = call.tx.list::<DeploymentDocument>(&call.context.scope, &prefix)?;
    let deployments = documents.into_iter().map(|(_, document)| document.deployment).collect();
    let place = |deployment: &Deployment| {
        let created = deployment.created_date.unwrap_or_default().as_millis();
        let id = deployment.id.as_deref().unwrap_or_default();
        format!("{:020}{id}", i64::MAX.saturating_sub(created))
    };
    let Page { items, position } = page(deployments, place, input.position.as_deref(), input.limit)?;
    Ok(Deployments { position, items: Some(items.into_iter().map(shown).collect()) })
}

fn update_deployment(call: &mut Call<'_, '_>, input: &UpdateDeploymentRequest) -> Outcome<Deployment> {
    let mut deployment = get(call, &input.rest_api_id, &input.deployment_id)?;
    for patch in TABLE.read(&input.patch_operations) {
        deployment.description = description(patch?.value)?;
    }
    let key = within(&input.rest_api_id, &input.deployment_id);
    call.tx.put(&call.context.scope, &key, &DeploymentDocument { deployment: deployment.clone() })?;
    Ok(shown(deployment))
}

pub(in super::super) fn delete_deployment(
    call: &mut Call<'_, '_>,
    input: &DeleteDeploymentRequest,
) -> Outcome<Empty> {
    let api = &input.rest_api_id;
    get(call, api, &input.deployment_id)?;
    let stages = call.tx.list::<StageDocument>(&call.context.scope, &Key::new([api]))?;
    let points = |stage: &Stage| {
        let canary = stage.canary_settings.as_ref().and_then(|canary| canary.deployment_id.as_ref());
        stage.deployment_id.iter().chain(canary).any(|id| *id == input.deployment_id)
    };
    if stages.iter().any(|(_, document)| points(&document.stage)) {
        // Recorded from AWS.
        return Err(bad_request("Active stages pointing to this deployment must be moved or deleted"));
    }
    let key = within(api, &input.deployment_id);
    call.tx.delete::<DeploymentDocument>(&call.context.scope, &key)?;
    call.tx.delete::<SnapshotDocument>(&call.context.scope, &key)?;
    Ok(Empty {})
}

/// The deployment `id` of the API `api`.
pub(super) fn get(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<Deployment> {
    let document = call.tx.get::<DeploymentDocument>(&call.context.scope, &within(api, id))?;
    Ok(document.ok_or_else(unknown_deployment)?.deployment)
}

/// Refuses an API without methods, and methods without integrations.
fn check_methods(snapshot: &SnapshotDocument) -> Outcome<()> {
    let mut methods = snapshot.resources.iter().flat_map(|r| r.resource_methods.iter().flatten()).peekable();
    if methods.peek().is_none() {
        return Err(bad_request("The REST API doesn't contain any methods"));
    }
    if methods.any(|(_, method)| method.method_integration.is_none()) {
        return Err(bad_request("No integration defined for method"));
    }
    Ok(())
}

/// Refuses what the gateway finds that it cannot run.
fn refuse(faults: Vec<DeploymentFault>) -> Outcome<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let faults: Vec<String> =
        faults.into_iter().map(|fault| format!("{}: {}", fault.place, fault.why)).collect();
    Err(bad_request(format!("Invalid deployment content specified. {}", faults.join("; "))))
}

/// What is deployed: path → verb → how it is guarded.
fn summary(resources: &[Resource]) -> IndexMap<String, IndexMap<String, MethodSnapshot>> {
    let mut summary = IndexMap::new();
    for resource in resources {
        let methods: IndexMap<_, _> = resource
            .resource_methods
            .iter()
            .flatten()
            .map(|(verb, method)| {
                let guard = MethodSnapshot {
                    authorization_type: method.authorization_type.clone(),
                    api_key_required: method.api_key_required,
                };
                (verb.clone(), guard)
            })
            .collect();
        if let Some(path) = resource.path.clone().filter(|_| !methods.is_empty()) {
            summary.insert(path, methods);
        }
    }
    summary
}

fn shown(mut deployment: Deployment) -> Deployment {
    deployment.created_date = deployment.created_date.map(Timestamp::truncated_to_secs);
    deployment
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, STARTED, bad_request, not_found, patch, text, with};
    use super::super::integrations::put_integration;
    use super::super::request_validators::create_request_validator;
    use super::super::stages::{delete_stage, get_stage};
    use super::*;

    fn at(api: &str, id: &str) -> Value {
        json!({"restApiId": api, "deploymentId": id})
    }

    fn list(frame: &Frame, api: &str) -> Vec<String> {
        let list = frame.ok(get_deployments, json!({"restApiId": api}));
        list["items"].as_array().unwrap().iter().map(|item| text(item, "id")).collect()
    }

    /// Recorded from AWS.
    #[test]
    fn a_deployment_is_an_id_and_a_date() {
        let frame = Frame::new();
        let (api, _) = frame.deployable();
        let created =
            frame.ok(create_deployment, json!({"restApiId": api, "description": "first", "stageName": ""}));
        let id = text(&created, "id");
        assert_eq!(created, json!({"id": id, "createdDate": STARTED, "description": "first"}));
        assert_eq!(id.len(), 6);
        assert_eq!(frame.ok(get_deployment, at(&api, &id)), created);
        assert_eq!(frame.ok(get_deployments, json!({"restApiId": api})), json!({"items": [created]}));
        let second = frame.ok(create_deployment, json!({"restApiId": api, "description": ""}));
        assert_eq!(second, json!({"id": second["id"], "createdDate": STARTED}));
    }

    /// Recorded from AWS.
    #[test]
    fn methods_need_integrations() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let input = json!({"restApiId": api, "stageName": "dev"});
        assert_eq!(
            frame.refused(create_deployment, input.clone()),
            bad_request("The REST API doesn't contain any methods")
        );
        frame.method(&api, &root, "GET");
        assert_eq!(
            frame.refused(create_deployment, input.clone()),
            bad_request("No integration defined for method")
        );
        frame.mock(&api, &root, "GET");
        frame.ok(create_deployment, input);
        assert_eq!(
            frame.refused(create_deployment, json!({"restApiId": "nope"})),
            not_found("Invalid API identifier specified 000000000000:nope")
        );
    }

    #[test]
    fn what_the_gateway_cannot_run_is_not_deployed() {
        let frame = Frame::new();
        let (api, _) = frame.deployable();
        let fault = |place: &str, why: &str| DeploymentFault { place: place.into(), why: why.into() };
        frame.snapshots_have(vec![fault("/ GET", "a bad template"), fault("/a PUT", "a bad uri")]);
        assert_eq!(
            frame.refused(create_deployment, json!({"restApiId": api, "stageName": "dev"})),
            bad_request("Invalid deployment content specified. / GET: a bad template; /a PUT: a bad uri")
        );
        assert_eq!(list(&frame, &api), Vec::<String>::new());
        assert_eq!(
            frame.refused(get_stage, json!({"restApiId": api, "stageName": "dev"})),
            not_found("Invalid stage identifier specified")
        );
    }

    #[test]
    fn a_stage_is_compiled_once() {
        let frame = Frame::new();
        let (api, _) = frame.deployable();
        let input = json!({"restApiId": api, "stageName": "dev"});
        frame.ok(create_deployment, input.clone());
        assert_eq!((frame.stages_compiled(), frame.snapshots_checked()), (1, 0));
        // Without a stage there is only a check.
        frame.ok(create_deployment, json!({"restApiId": api}));
        assert_eq!((frame.stages_compiled(), frame.snapshots_checked()), (1, 1));
        frame.snapshots_have(vec![DeploymentFault { place: "/ GET".into(), why: "x".into() }]);
        frame.refused(create_deployment, input);
        assert_eq!((frame.stages_compiled(), frame.snapshots_checked()), (2, 2));
    }

    /// Recorded from AWS.
    #[test]
    fn a_named_stage_is_made_and_then_repointed() {
        let mut frame = Frame::new();
        let (api, _) = frame.deployable();
        let stage = json!({"restApiId": api, "stageName": "dev"});
        let settings = json!({
            "stageDescription": "for us",
            "variables": {"a": "1"},
            "tracingEnabled": true,
            "cacheClusterEnabled": true,
            "cacheClusterSize": "1.6",
        });
        let first = frame.ok(create_deployment, with(stage.clone(), settings));
        let expected = json!({
            "stageName": "dev",
            "deploymentId": first["id"],
            "description": "for us",
            "variables": {"a": "1"},
            "tracingEnabled": true,
            "cacheClusterEnabled": true,
            "cacheClusterSize": "1.6",
            "cacheClusterStatus": "AVAILABLE",
            "methodSettings": {},
            "createdDate": STARTED,
            "lastUpdatedDate": STARTED,
        });
        assert_eq!(frame.ok(get_stage, stage.clone()), expected);
        let delete = |id: &Value| at(&api, id.as_str().unwrap());
        let active = bad_request("Active stages pointing to this deployment must be moved or deleted");
        assert_eq!(frame.refused(delete_deployment, delete(&first["id"])), active);
        frame.after(Duration::from_secs(1));
        let second = frame.ok(create_deployment, stage.clone());
        let moved = json!({"deploymentId": second["id"], "lastUpdatedDate": STARTED + 1000});
        assert_eq!(frame.ok(get_stage, stage.clone()), with(expected, moved));
        frame.ok(delete_deployment, delete(&first["id"]));
        assert_eq!(frame.refused(delete_deployment, delete(&second["id"])), active);
        frame.ok(delete_stage, stage);
        frame.ok(delete_deployment, delete(&second["id"]));
        let unknown = not_found("Invalid Deployment identifier specified");
        assert_eq!(frame.refused(delete_deployment, delete(&second["id"])), unknown);
        assert_eq!(frame.refused(get_deployment, delete(&second["id"])), unknown);
    }

    #[test]
    fn the_snapshot_does_not_follow_the_api() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        let id = frame.deployment(&api);
        frame.method(&api, &root, "POST");
        let embed = with(at(&api, &id), json!({"embed": ["apisummary"]}));
        assert_eq!(
            frame.ok(get_deployment, embed)["apiSummary"],
            json!({"/": {"GET": {"authorizationType": "NONE", "apiKeyRequired": false}}})
        );
        let snapshot = frame.document::<SnapshotDocument>(within(&api, &id)).unwrap();
        assert_eq!(snapshot.resources[0].resource_methods.as_ref().unwrap().len(), 1);
    }

    /// It is stored as a text that is put together of those of its resources.
    #[test]
    fn what_is_stored_is_what_was_compiled() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        for part in ["pets", "cats", "{proxy+}"] {
            let resource = frame.resource(&api, &root, part);
            frame.method(&api, &resource, "ANY");
            let template = format!("{part} \"}}]\\\u{1}\nä€😀");
            let integration = json!({"type": "MOCK", "requestTemplates": {"application/json": template}});
            let method = json!({"restApiId": api, "resourceId": resource, "httpMethod": "ANY"});
            frame.ok(put_integration, with(method, integration));
        }
        frame.ok(
            create_request_validator,
            json!({"restApiId": api, "name": "all \"ä\"", "validateRequestBody": true}),
        );
        for input in [json!({"restApiId": api}), json!({"restApiId": api, "stageName": "dev"})] {
            let id = text(&frame.ok(create_deployment, input), "id");
            let stored = frame.document::<SnapshotDocument>(within(&api, &id)).unwrap();
            let paths: Vec<_> = stored.resources.iter().filter_map(|r| r.path.as_deref()).collect();
            assert_eq!(paths, ["/", "/cats", "/pets", "/{proxy+}"]);
            assert_eq!((stored.models.len(), stored.request_validators.len()), (2, 1));
            assert_eq!(stored, frame.last_snapshot());
        }
    }

    /// Recorded from AWS.
    #[test]
    fn the_newest_is_listed_first() {
        let mut frame = Frame::new();
        let (api, _) = frame.deployable();
        let first = frame.deployment(&api);
        frame.after(Duration::from_millis(1));
        let second = frame.deployment(&api);
        assert_eq!(list(&frame, &api), [second.clone(), first.clone()]);
        let page = frame.ok(get_deployments, json!({"restApiId": api, "limit": 1}));
        assert_eq!(text(&page["items"][0], "id"), second);
        let page =
            frame.ok(get_deployments, json!({"restApiId": api, "limit": 1, "position": page["position"]}));
        assert_eq!((text(&page["items"][0], "id"), page["position"].clone()), (first, json!(null)));
    }

    #[test]
    fn the_description_can_be_patched() {
        let frame = Frame::new();
        let (api, _) = frame.deployable();
        let id = frame.deployment(&api);
        let update = |op: &str, path: &str, value: &str| {
            with(at(&api, &id), json!({"patchOperations": patch(op, path, Some(value))}))
        };
        let updated = frame.ok(update_deployment, update("replace", "/description", "second"));
        assert_eq!(updated, json!({"id": id, "createdDate": STARTED, "description": "second"}));
        assert_eq!(
            frame.refused(update_deployment, update("replace", "/x", "second")),
            bad_request(
                "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/description]"
            )
        );
    }
}
