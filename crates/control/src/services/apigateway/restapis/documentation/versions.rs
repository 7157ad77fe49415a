//! `/restapis/{id}/documentation/versions`: the documentation parts as they were at a time, which
//! stages publish.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    CreateDocumentationVersionRequest, DeleteDocumentationVersionRequest, DocumentationVersion,
    DocumentationVersions, GetDocumentationVersionRequest, GetDocumentationVersionsRequest, Op,
    UpdateDocumentationVersionRequest,
};
use base::Timestamp;
use documents::apigateway::{DocumentationVersionDocument, StageDocument, within};
use store::Key;

use super::super::super::refusals::{bad_request, conflict, description, not_found};
use super::super::{find, references, stages};
use super::parts;
use crate::paginate::{Page, page};
use crate::patch::{Table, Wording, row};
use crate::{Call, Failure, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateDocumentationVersion, create_documentation_version)
        .read(op::GetDocumentationVersion, get_documentation_version)
        .read(op::GetDocumentationVersions, get_documentation_versions)
        .write(op::UpdateDocumentationVersion, update_documentation_version)
        .write(op::DeleteDocumentationVersion, delete_documentation_version);
}

/// What may be patched (API Gateway API reference, "Patch Operations").
const TABLE: Table = Table { wording: Wording::Listed, rows: &[row("/description", &[Op::Replace])] };

/// Keeps the parts as they are now, and has a stage publish them if one is named.
pub(in super::super) fn create_documentation_version(
    call: &mut Call<'_, '_>,
    input: &CreateDocumentationVersionRequest,
) -> Outcome<DocumentationVersion> {
    let (api, version) = (&input.rest_api_id, &input.documentation_version);
    if !references::is_key(version) || version.trim().is_empty() {
        // The text is not recorded.
        return Err(bad_request("Invalid Documentation version specified"));
    }
    let documentation_version = DocumentationVersion {
        version: Some(version.clone()),
        created_date: Some(call.now()),
        description: description(input.description.as_deref())?,
    };
    find(call, api)?;
    if read(call, api, version)?.is_some() {
        // The text is not recorded.
        return Err(conflict("Documentation version already exists for this REST API"));
    }
    if let Some(name) = input.stage_name.as_deref().filter(|name| !name.is_empty()) {
        let mut stage = stages::get(call, api, name)?;
        stage.documentation_version = Some(version.clone());
        stage.last_updated_date = Some(call.now());
        stages::put(call, api, &stage)?;
    }
    let parts = parts::all(call, api)?;
    put(
        call,
        api,
        DocumentationVersionDocument { documentation_version: documentation_version.clone(), parts },
    )?;
    Ok(shown(documentation_version))
}

fn get_documentation_version(
    call: &mut Call<'_, '_>,
    input: &GetDocumentationVersionRequest,
) -> Outcome<DocumentationVersion> {
    let document = get(call, &input.rest_api_id, &input.documentation_version)?;
    Ok(shown(document.documentation_version))
}

fn get_documentation_versions(
    call: &mut Call<'_, '_>,
    input: &GetDocumentationVersionsRequest,
) -> Outcome<DocumentationVersions> {
    find(call, &input.rest_api_id)?;
    let prefix = Key::new([&input.rest_api_id]);
    let documents = call.tx.list::<DocumentationVersionDocument>(&call.context.scope, &prefix)?;
    let versions = documents.into_iter().map(|(_, document)| document.documentation_version).collect();
    // Oldest first.
    let place = |version: &DocumentationVersion| {
        let created = version.created_date.unwrap_or_default().as_millis();
        format!("{created:020}{}", version.version.as_deref().unwrap_or_default())
    };
    let Page { items, position } = page(versions, place, input.position.as_deref(), input.limit)?;
    Ok(DocumentationVersions { position, items: Some(items.into_iter().map(shown).collect()) })
}

fn update_documentation_version(
    call: &mut Call<'_, '_>,
    input: &UpdateDocumentationVersionRequest,
) -> Outcome<DocumentationVersion> {
    let mut document = get(call, &input.rest_api_id, &input.documentation_version)?;
    for patch in TABLE.read(&input.patch_operations) {
        document.documentation_version.description = description(patch?.value)?;
    }
    let version = document.documentation_version.clone();
    put(call, &input.rest_api_id, document)?;
    Ok(shown(version))
}

fn delete_documentation_version(
    call: &mut Call<'_, '_>,
    input: &DeleteDocumentationVersionRequest,
) -> Outcome<Empty> {
    let (api, version) = (&input.rest_api_id, &input.documentation_version);
    get(call, api, version)?;
    let stages = call.tx.list::<StageDocument>(&call.context.scope, &Key::new([api]))?;
    let published = |document: &StageDocument| document.stage.documentation_version.as_ref() == Some(version);
    if stages.iter().any(|(_, document)| published(document)) {
        // Worded like the refusal of deployments; this one is not recorded.
        return Err(bad_request(
            "Active stages pointing to this documentation version must be moved or deleted",
        ));
    }
    call.tx.delete::<DocumentationVersionDocument>(&call.context.scope, &within(api, version))?;
    Ok(Empty {})
}

/// Refuses a version that the API does not have.
pub(in super::super) fn check(call: &mut Call<'_, '_>, api: &str, version: &str) -> Outcome<()> {
    read(call, api, version)?.map(|_| ()).ok_or_else(unknown)
}

fn read(call: &mut Call<'_, '_>, api: &str, version: &str) -> Outcome<Option<DocumentationVersionDocument>> {
    if !references::is_key(version) {
        return Ok(None);
    }
    Ok(call.tx.get(&call.context.scope, &within(api, version))?)
}

/// The version with its parts.
pub(in super::super) fn get(
    call: &mut Call<'_, '_>,
    api: &str,
    version: &str,
) -> Outcome<DocumentationVersionDocument> {
    read(call, api, version)?.ok_or_else(unknown)
}

fn put(call: &mut Call<'_, '_>, api: &str, document: DocumentationVersionDocument) -> Outcome<()> {
    let key = within(api, document.documentation_version.version.as_deref().unwrap_or_default());
    call.tx.put(&call.context.scope, &key, &document)?;
    Ok(())
}

/// The text is not recorded.
fn unknown() -> Failure {
    not_found("Invalid Documentation version specified")
}

fn shown(mut version: DocumentationVersion) -> DocumentationVersion {
    version.created_date = version.created_date.map(Timestamp::truncated_to_secs);
    version
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::super::test_frame::{
        Frame, STARTED, bad_request, conflict, not_found, patch, with,
    };
    use super::super::super::stage_update::update_stage;
    use super::super::super::stages::{create_stage, get_stage};
    use super::super::parts::create_documentation_part;
    use super::*;

    fn at(api: &str, version: &str) -> Value {
        json!({"restApiId": api, "documentationVersion": version})
    }

    /// Recorded from AWS, but for the refusals.
    #[test]
    fn a_version_is_a_name_and_a_date() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let created = frame.ok(create_documentation_version, at(&api, "1.0"));
        assert_eq!(created, json!({"version": "1.0", "createdDate": STARTED}));
        assert_eq!(frame.ok(get_documentation_version, at(&api, "1.0")), created);
        let listed = frame.ok(get_documentation_versions, json!({"restApiId": api}));
        assert_eq!(listed, json!({"items": [created]}));
        let update =
            |path: &str| with(at(&api, "1.0"), json!({"patchOperations": patch("replace", path, Some("d"))}));
        let updated = frame.ok(update_documentation_version, update("/description"));
        assert_eq!(updated, with(created, json!({"description": "d"})));
        assert_eq!(
            frame.refused(update_documentation_version, update("/version")),
            bad_request(
                "Invalid patch path  '/version' specified for op 'replace'. Must be one of: [/description]"
            )
        );
        assert_eq!(
            frame.refused(create_documentation_version, at(&api, "1.0")),
            conflict("Documentation version already exists for this REST API")
        );
        for version in ["", " ", &"v".repeat(1025)] {
            assert_eq!(
                frame.refused(create_documentation_version, at(&api, version)),
                bad_request("Invalid Documentation version specified")
            );
        }
        frame.ok(create_documentation_version, at(&api, &"v".repeat(1024)));
        frame.ok(delete_documentation_version, at(&api, "1.0"));
        let unknown = not_found("Invalid Documentation version specified");
        assert_eq!(frame.refused(get_documentation_version, at(&api, "1.0")), unknown);
        assert_eq!(frame.refused(update_documentation_version, update("/description")), unknown);
        assert_eq!(frame.refused(delete_documentation_version, at(&api, "1.0")), unknown);
        let api = not_found("Invalid API identifier specified 000000000000:nope");
        assert_eq!(frame.refused(create_documentation_version, at("nope", "1")), api);
        assert_eq!(frame.refused(get_documentation_versions, json!({"restApiId": "nope"})), api);
    }

    #[test]
    fn a_version_does_not_follow_the_parts() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let create = |kind: &str| {
            let input = json!({"restApiId": api, "location": {"type": kind}, "properties": "{}"});
            frame.ok(create_documentation_part, input)
        };
        create("API");
        frame.ok(create_documentation_version, at(&api, "1"));
        create("RESOURCE");
        let document = frame.document::<DocumentationVersionDocument>(within(&api, "1")).unwrap();
        assert_eq!(document.parts.len(), 1);
    }

    #[test]
    fn stages_publish_versions() {
        let frame = Frame::new();
        let (api, _) = frame.deployable();
        let deployment = frame.deployment(&api);
        let stage = json!({"restApiId": api, "stageName": "dev"});
        let create = |version: &str| {
            with(stage.clone(), json!({"deploymentId": deployment, "documentationVersion": version}))
        };
        let unknown = not_found("Invalid Documentation version specified");
        assert_eq!(frame.refused(create_stage, create("1")), unknown);
        frame.ok(create_documentation_version, at(&api, "1"));
        assert_eq!(frame.ok(create_stage, create("1"))["documentationVersion"], "1");
        assert_eq!(
            frame.refused(delete_documentation_version, at(&api, "1")),
            bad_request("Active stages pointing to this documentation version must be moved or deleted")
        );
        let missing = with(at(&api, "2"), json!({"stageName": "nope"}));
        assert_eq!(
            frame.refused(create_documentation_version, missing),
            not_found("Invalid stage identifier specified")
        );
        frame.ok(create_documentation_version, with(at(&api, "2"), json!({"stageName": "dev"})));
        assert_eq!(frame.ok(get_stage, stage.clone())["documentationVersion"], "2");
        frame.ok(delete_documentation_version, at(&api, "1"));
        let patched = |value: &str| {
            with(
                stage.clone(),
                json!({"patchOperations": patch("replace", "/documentationVersion", Some(value))}),
            )
        };
        assert_eq!(frame.refused(update_stage, patched("1")), unknown);
        assert_eq!(frame.ok(update_stage, patched(""))["documentationVersion"], json!(null));
        assert_eq!(frame.ok(update_stage, patched("2"))["documentationVersion"], "2");
    }
}
