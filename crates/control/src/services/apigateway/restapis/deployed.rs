//! What a stage serves, as export and SDKs describe it: the deployment's snapshot with the
//! documentation that the stage publishes.

use api::apigateway::{DocumentationVersion, Stage};
use base::Timestamp;
use documents::apigateway::{SnapshotDocument, within};
use openapi::Definition;

use super::super::refusals::unknown_deployment;
use super::documentation::versions;
use super::{deployments, find, stages};
use crate::{Call, Outcome};

/// A stage with what it serves.
pub(super) struct Deployed {
    pub(super) stage: Stage,
    pub(super) definition: Definition,
    /// The documentation's version; its parts are the definition's.
    pub(super) documentation: Option<DocumentationVersion>,
    /// When it was deployed.
    pub(super) since: Timestamp,
}

/// The stage `name` of the API `api` and the deployment that it points at.
pub(super) fn read(call: &mut Call<'_, '_>, api: &str, name: &str) -> Outcome<Deployed> {
    find(call, api)?;
    let stage = stages::get(call, api, name)?;
    let id = stage.deployment_id.as_deref().unwrap_or_default();
    let deployment = deployments::get(call, api, id)?;
    let snapshot = call.tx.get::<SnapshotDocument>(&call.context.scope, &within(api, id))?;
    let snapshot = snapshot.ok_or_else(unknown_deployment)?;
    let (documentation, documentation_parts) = match stage.documentation_version.as_deref() {
        None => (None, Vec::new()),
        Some(version) => {
            let document = versions::get(call, api, version)?;
            (Some(document.documentation_version), document.parts)
        }
    };
    let definition = Definition {
        rest_api: snapshot.rest_api,
        resources: snapshot.resources,
        models: snapshot.models,
        request_validators: snapshot.request_validators,
        authorizers: snapshot.authorizers,
        gateway_responses: snapshot.gateway_responses,
        documentation_parts,
    };
    Ok(Deployed { stage, definition, documentation, since: deployment.created_date.unwrap_or_default() })
}

/// Where AWS serves the API `api`: `{api}.execute-api.{region}.amazonaws.com`.
pub(super) fn host(api: &str, region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("{api}.execute-api.{region}.{suffix}")
}
