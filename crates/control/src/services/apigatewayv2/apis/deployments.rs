//! `/v2/apis/{id}/deployments`: snapshots of an API that stages serve.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    CreateDeploymentRequest, CreateDeploymentResponse, DeleteDeploymentRequest, Deployment, DeploymentStatus,
    GetDeploymentRequest, GetDeploymentResponse, GetDeploymentsRequest, GetDeploymentsResponse,
    UpdateDeploymentRequest, UpdateDeploymentResponse,
};
use base::{Timestamp, ids};
use documents::apigateway::within;
use documents::apigatewayv2::{DeploymentDocument, SnapshotDocument};
use serde::de::DeserializeOwned;
use store::Key;

use super::super::limits;
use super::super::listed;
use super::super::refusals::{bad_request, description, unknown};
use super::super::shapes::same;
use super::{authorizers, find as find_api, integrations, models, routes, stages};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateDeployment, create_deployment)
        .read(op::GetDeployment, get_deployment)
        .read(op::GetDeployments, get_deployments)
        .write(op::UpdateDeployment, update_deployment)
        .write(op::DeleteDeployment, delete_deployment);
}

pub(in super::super) fn create_deployment(
    call: &mut Call<'_, '_>,
    input: &CreateDeploymentRequest,
) -> Outcome<CreateDeploymentResponse> {
    find_api(call, &input.api_id)?;
    let stage = match input.stage_name.as_deref().filter(|name| !name.is_empty()) {
        None => None,
        Some(name) => Some(stages::get(call, &input.api_id, name)?),
    };
    if stage.as_ref().is_some_and(|stage| stage.auto_deploy == Some(true)) {
        return Err(bad_request("Deployment cannot be made to a stage that is deployed automatically"));
    }
    let deployment = make(call, &input.api_id, description(input.description.as_deref())?, false)?;
    if let Some(mut stage) = stage {
        stage.deployment_id.clone_from(&deployment.deployment_id);
        stage.last_updated_date = Some(call.now());
        stages::put(call, &input.api_id, stage)?;
    }
    shown(deployment)
}

fn get_deployment(call: &mut Call<'_, '_>, input: &GetDeploymentRequest) -> Outcome<GetDeploymentResponse> {
    shown(find(call, &input.api_id, &input.deployment_id)?)
}

/// Newest first.
fn get_deployments(
    call: &mut Call<'_, '_>,
    input: &GetDeploymentsRequest,
) -> Outcome<GetDeploymentsResponse> {
    find_api(call, &input.api_id)?;
    let place = |deployment: &Deployment| {
        let created = deployment.created_date.unwrap_or_default().as_millis();
        format!("{:020}{}", i64::MAX - created, deployment.deployment_id.as_deref().unwrap_or_default())
    };
    let all = all(call, &input.api_id)?;
    let (items, next_token) = listed(all, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    let items = items.into_iter().map(shown).collect::<Outcome<_>>()?;
    Ok(GetDeploymentsResponse { items: Some(items), next_token })
}

fn update_deployment(
    call: &mut Call<'_, '_>,
    input: &UpdateDeploymentRequest,
) -> Outcome<UpdateDeploymentResponse> {
    let mut deployment = find(call, &input.api_id, &input.deployment_id)?;
    if input.description.is_some() {
        deployment.description = description(input.description.as_deref())?;
    }
    shown(put(call, &input.api_id, deployment)?)
}

fn delete_deployment(call: &mut Call<'_, '_>, input: &DeleteDeploymentRequest) -> Outcome<Empty> {
    find(call, &input.api_id, &input.deployment_id)?;
    let stages = stages::all(call, &input.api_id)?;
    if stages.iter().any(|stage| stage.deployment_id.as_ref() == Some(&input.deployment_id)) {
        // As version 1 answers it.
        return Err(bad_request("Active stages pointing to this deployment must be moved or deleted"));
    }
    forget(call, &input.api_id, &input.deployment_id)?;
    Ok(Empty {})
}

/// The deployment `id` of an API, which has to be there too.
pub(super) fn find(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<Deployment> {
    find_api(call, api)?;
    let document = call.tx.get::<DeploymentDocument>(&call.context.scope, &within(api, id))?;
    document.map(|document| document.deployment).ok_or_else(|| unknown("Deployment"))
}

/// An API has changed: stages that are deployed automatically get it as it is now.
pub(super) fn follow(call: &mut Call<'_, '_>, api: &str) -> Outcome<()> {
    let stages = stages::all(call, api)?;
    let following: Vec<_> = stages.into_iter().filter(|stage| stage.auto_deploy == Some(true)).collect();
    if following.is_empty() {
        return Ok(());
    }
    let deployment = automatic(call, api)?;
    for mut stage in following {
        stage.deployment_id.clone_from(&deployment.deployment_id);
        stage.last_deployment_status_message = Some(message(&deployment));
        stages::put(call, api, stage)?;
    }
    // They come with every change; those that no stage serves are of no use but for the last ones.
    let served: Vec<_> =
        stages::all(call, api)?.into_iter().filter_map(|stage| stage.deployment_id).collect();
    let mut idle: Vec<_> = all(call, api)?
        .into_iter()
        .filter(|deployment| deployment.auto_deployed == Some(true))
        .filter_map(|deployment| Some((deployment.created_date, deployment.deployment_id?)))
        .filter(|(_, id)| !served.contains(id))
        .collect();
    idle.sort();
    for (_, id) in idle.iter().rev().skip(limits::AUTO_DEPLOYMENTS) {
        forget(call, api, id)?;
    }
    Ok(())
}

/// A deployment for a stage that is deployed automatically.
pub(super) fn automatic(call: &mut Call<'_, '_>, api: &str) -> Outcome<Deployment> {
    // AWS's words.
    let why = "Automatic deployment triggered by changes to the Api configuration".to_owned();
    make(call, api, Some(why), true)
}

/// What a stage says of the deployment that it got by itself (AWS's words).
pub(super) fn message(deployment: &Deployment) -> String {
    let id = deployment.deployment_id.as_deref().unwrap_or_default();
    format!("Successfully deployed stage with deployment ID '{id}'")
}

/// An API as it is defined now.
pub(super) fn snapshot(call: &mut Call<'_, '_>, api: &str) -> Outcome<SnapshotDocument> {
    Ok(SnapshotDocument {
        api: find_api(call, api)?,
        routes: routes::all(call, api)?,
        integrations: integrations::all(call, api)?,
        authorizers: authorizers::all(call, api)?,
        models: models::all(call, api)?,
    })
}

fn make(
    call: &mut Call<'_, '_>,
    api: &str,
    description: Option<String>,
    automatic: bool,
) -> Outcome<Deployment> {
    let snapshot = snapshot(call, api)?;
    if !automatic && snapshot.routes.is_empty() {
        // As users of AWS report it.
        return Err(bad_request("At least one route is required before deploying the Api."));
    }
    let id = ids::part_id(&call.plane.random);
    call.tx.put(&call.context.scope, &within(api, &id), &snapshot)?;
    let deployment = Deployment {
        auto_deployed: Some(automatic),
        created_date: Some(call.now()),
        deployment_id: Some(id),
        deployment_status: Some(DeploymentStatus::Deployed),
        deployment_status_message: None,
        description,
    };
    put(call, api, deployment)
}

fn all(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<Deployment>> {
    let documents = call.tx.list::<DeploymentDocument>(&call.context.scope, &Key::new([api]))?;
    Ok(documents.into_iter().map(|(_, document)| document.deployment).collect())
}

fn put(call: &mut Call<'_, '_>, api: &str, deployment: Deployment) -> Outcome<Deployment> {
    let key = within(api, deployment.deployment_id.as_deref().unwrap_or_default());
    let document = DeploymentDocument { deployment };
    call.tx.put(&call.context.scope, &key, &document)?;
    Ok(document.deployment)
}

fn forget(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<()> {
    call.tx.delete::<DeploymentDocument>(&call.context.scope, &within(api, id))?;
    call.tx.delete::<SnapshotDocument>(&call.context.scope, &within(api, id))?;
    Ok(())
}

/// A deployment as it is answered.
fn shown<T: DeserializeOwned>(mut deployment: Deployment) -> Outcome<T> {
    deployment.created_date = deployment.created_date.map(Timestamp::truncated_to_secs);
    same(&deployment)
}
