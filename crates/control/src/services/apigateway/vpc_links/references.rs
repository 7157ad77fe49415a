//! Which methods use a VPC link: those that are deployed, and those that are only defined. AWS
//! keeps a link for as long as there are any (seen in reports of its users, who quote both texts).

use api::apigateway::Resource;
use documents::apigateway::{ResourceDocument, SnapshotDocument, StageDocument, within};
use store::Key;

use super::super::refusals::bad_request;
use crate::{Call, Outcome};

/// Refuses if a method uses the link `id`.
pub(super) fn check_unused(call: &mut Call<'_, '_>, id: &str) -> Outcome<()> {
    let deployed = deployed(call, id)?;
    if !deployed.is_empty() {
        return Err(refusal(id, &deployed, "[RESTApiId:Method:Resource:Stage]"));
    }
    let mut defined = Vec::new();
    for (key, document) in call.tx.list::<ResourceDocument>(&call.context.scope, &Key::root())? {
        let api = key.part(0).unwrap_or_default();
        defined.extend(users(&document.resource, id).map(|user| format!("{api}:{user}")));
    }
    if defined.is_empty() { Ok(()) } else { Err(refusal(id, &defined, "[RESTApiId:Method:Resource]")) }
}

/// The methods that stages serve by the link, each as `api:method:resource:stage`.
fn deployed(call: &mut Call<'_, '_>, id: &str) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    for (key, document) in call.tx.list::<StageDocument>(&call.context.scope, &Key::root())? {
        let (api, stage) = (key.part(0).unwrap_or_default(), document.stage);
        let canary = stage.canary_settings.and_then(|canary| canary.deployment_id);
        let name = stage.stage_name.unwrap_or_default();
        for deployment in stage.deployment_id.iter().chain(&canary) {
            let snapshot = call.tx.get::<SnapshotDocument>(&call.context.scope, &within(api, deployment))?;
            for resource in snapshot.iter().flat_map(|snapshot| &snapshot.resources) {
                found.extend(users(resource, id).map(|user| format!("{api}:{user}:{name}")));
            }
        }
    }
    Ok(found)
}

/// The methods of a resource that use the link, each as `method:resource`.
fn users<'r>(resource: &'r Resource, id: &'r str) -> impl Iterator<Item = String> + 'r {
    let methods = resource.resource_methods.iter().flatten();
    let using = methods.filter(move |(_, method)| {
        let integration = method.method_integration.as_ref();
        integration.and_then(|integration| integration.connection_id.as_deref()) == Some(id)
    });
    using.map(|(verb, _)| format!("{verb}:{}", resource.id.as_deref().unwrap_or_default()))
}

fn refusal(id: &str, users: &[String], format: &str) -> crate::Failure {
    let users = users.join(", ");
    bad_request(format!(
        "Cannot delete vpc link. Vpc link '{id}', is referenced in [{users}] in format of {format}."
    ))
}
