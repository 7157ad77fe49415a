//! `/restapis/{id}/documentation/parts`.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    CreateDocumentationPartRequest, DeleteDocumentationPartRequest, DocumentationPart,
    DocumentationPartLocation, DocumentationParts, GetDocumentationPartRequest, GetDocumentationPartsRequest,
    LocationStatusType, Op, UpdateDocumentationPartRequest,
};
use base::ids;
use documents::apigateway::{DocumentationPartDocument, within};
use serde_json::{Map, Value};
use store::Key;

use super::super::super::limits;
use super::super::super::refusals::{bad_request, conflict, limit_exceeded, not_found};
use super::super::find;
use super::{locations, undocumented};
use crate::paginate::{Page, page};
use crate::patch::{Table, Wording, row};
use crate::{Call, Failure, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateDocumentationPart, create_documentation_part)
        .read(op::GetDocumentationPart, get_documentation_part)
        .read(op::GetDocumentationParts, get_documentation_parts)
        .write(op::UpdateDocumentationPart, update_documentation_part)
        .write(op::DeleteDocumentationPart, delete_documentation_part);
}

/// What may be patched. Recorded from AWS.
const TABLE: Table = Table { wording: Wording::Listed, rows: &[row("/properties", &[Op::Replace])] };

pub(in super::super) fn create_documentation_part(
    call: &mut Call<'_, '_>,
    input: &CreateDocumentationPartRequest,
) -> Outcome<DocumentationPart> {
    let api = &input.rest_api_id;
    let location = locations::read(&input.location).map_err(bad_request)?;
    properties(&input.properties)?;
    find(call, api)?;
    let parts = all(call, api)?;
    if at(&parts, &location).is_some() {
        // As users of AWS report it for the type API.
        return Err(conflict(format!(
            "Documentation part already exists for the specified location: {}",
            locations::described(&location)
        )));
    }
    check_room(parts.len() + 1)?;
    let part = DocumentationPart {
        id: Some(ids::part_id(&call.plane.random)),
        location: Some(location),
        properties: Some(input.properties.clone()),
    };
    put(call, api, part.clone())?;
    Ok(part)
}

fn get_documentation_part(
    call: &mut Call<'_, '_>,
    input: &GetDocumentationPartRequest,
) -> Outcome<DocumentationPart> {
    get(call, &input.rest_api_id, &input.documentation_part_id)
}

/// The parts of an API, or the things in it that have none, by type, path and the beginning of
/// their name.
pub(in super::super) fn get_documentation_parts(
    call: &mut Call<'_, '_>,
    input: &GetDocumentationPartsRequest,
) -> Outcome<DocumentationParts> {
    find(call, &input.rest_api_id)?;
    let mut parts = match input.location_status {
        Some(LocationStatusType::Undocumented) => undocumented::parts(call, &input.rest_api_id)?,
        Some(LocationStatusType::Documented) | None => all(call, &input.rest_api_id)?,
    };
    let path = input.path.as_deref().filter(|path| !path.is_empty());
    let name = input.name_query.as_deref().filter(|name| !name.is_empty());
    parts.retain(|part| {
        let Some(location) = part.location.as_ref().map(locations::whole) else { return false };
        input.r#type.is_none_or(|kind| location.r#type == kind)
            && path.is_none_or(|path| location.path.as_deref() == Some(path))
            && name.is_none_or(|start| location.name.is_some_and(|name| name.starts_with(start)))
    });
    let place = |part: &DocumentationPart| {
        part.id.clone().or_else(|| part.location.as_ref().map(locations::described)).unwrap_or_default()
    };
    let Page { items, position } = page(parts, place, input.position.as_deref(), input.limit)?;
    Ok(DocumentationParts { position, items: Some(items) })
}

fn update_documentation_part(
    call: &mut Call<'_, '_>,
    input: &UpdateDocumentationPartRequest,
) -> Outcome<DocumentationPart> {
    let mut part = get(call, &input.rest_api_id, &input.documentation_part_id)?;
    for patch in TABLE.read(&input.patch_operations) {
        let patch = patch?;
        properties(patch.text())?;
        part.properties = Some(patch.text().to_owned());
    }
    put(call, &input.rest_api_id, part.clone())?;
    Ok(part)
}

fn delete_documentation_part(
    call: &mut Call<'_, '_>,
    input: &DeleteDocumentationPartRequest,
) -> Outcome<Empty> {
    find(call, &input.rest_api_id)?;
    let key = within(&input.rest_api_id, &input.documentation_part_id);
    if call.tx.delete::<DocumentationPartDocument>(&call.context.scope, &key)? {
        Ok(Empty {})
    } else {
        Err(unknown())
    }
}

/// All parts of an API.
pub(in super::super) fn all(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<DocumentationPart>> {
    let documents = call.tx.list::<DocumentationPartDocument>(&call.context.scope, &Key::new([api]))?;
    Ok(documents.into_iter().map(|(_, document)| document.documentation_part).collect())
}

/// Stores a part.
pub(in super::super) fn put(
    call: &mut Call<'_, '_>,
    api: &str,
    documentation_part: DocumentationPart,
) -> Outcome<()> {
    let key = within(api, documentation_part.id.as_deref().unwrap_or_default());
    call.tx.put(&call.context.scope, &key, &DocumentationPartDocument { documentation_part })?;
    Ok(())
}

/// The part about the same thing as `location`.
pub(super) fn at<'a>(
    parts: &'a [DocumentationPart],
    location: &DocumentationPartLocation,
) -> Option<&'a DocumentationPart> {
    let wanted = locations::whole(location);
    parts.iter().find(|part| part.location.as_ref().map(locations::whole).as_ref() == Some(&wanted))
}

/// The content of a part: a map, written as JSON. The text is not recorded.
pub(super) fn properties(text: &str) -> Outcome<Map<String, Value>> {
    serde_json::from_str(text).map_err(|_| {
        bad_request("Invalid documentation part properties specified. Properties must be a JSON object.")
    })
}

/// Refuses more parts than an API may have. The text is not recorded.
pub(super) fn check_room(count: usize) -> Outcome<()> {
    if count <= limits::DOCUMENTATION_PARTS {
        return Ok(());
    }
    Err(limit_exceeded(
        "Maximum number of Documentation parts for this API has been reached. Please contact AWS if you need \
         additional Documentation parts.",
    ))
}

fn get(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<DocumentationPart> {
    let document = call.tx.get::<DocumentationPartDocument>(&call.context.scope, &within(api, id))?;
    Ok(document.ok_or_else(unknown)?.documentation_part)
}

/// Recorded from AWS.
fn unknown() -> Failure {
    not_found("Invalid Documentation part identifier specified")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::super::test_frame::{
        Frame, bad_request, conflict, not_found, patch, text, with,
    };
    use super::*;

    fn create(frame: &Frame, api: &str, location: Value) -> Value {
        let input = json!({"restApiId": api, "location": location, "properties": "{\"a\": 1}"});
        frame.ok(create_documentation_part, input)
    }

    fn at(api: &str, id: &str) -> Value {
        json!({"restApiId": api, "documentationPartId": id})
    }

    /// Recorded from AWS.
    #[test]
    fn a_part_is_kept_as_it_is_given() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let created = create(&frame, &api, json!({"type": "API"}));
        let id = text(&created, "id");
        assert_eq!(created, json!({"id": id, "location": {"type": "API"}, "properties": "{\"a\": 1}"}));
        assert_eq!(frame.ok(get_documentation_part, at(&api, &id)), created);
        let update = |op: &str, path: &str, value: &str| {
            with(at(&api, &id), json!({"patchOperations": patch(op, path, Some(value))}))
        };
        let updated = frame.ok(update_documentation_part, update("replace", "/properties", "{}"));
        assert_eq!(updated, with(created, json!({"properties": "{}"})));
        for (op, path, expected) in [
            (
                "add",
                "/properties",
                "Invalid patch path  '/properties' specified for op 'add'. Please choose supported operations",
            ),
            (
                "replace",
                "/location",
                "Invalid patch path  '/location' specified for op 'replace'. Must be one of: [/properties]",
            ),
        ] {
            let refused = frame.refused(update_documentation_part, update(op, path, "{}"));
            assert_eq!(refused, bad_request(expected));
        }
        frame.ok(delete_documentation_part, at(&api, &id));
        let unknown = not_found("Invalid Documentation part identifier specified");
        assert_eq!(frame.refused(delete_documentation_part, at(&api, &id)), unknown);
        assert_eq!(frame.refused(get_documentation_part, at(&api, &id)), unknown);
        assert_eq!(frame.refused(update_documentation_part, at(&api, &id)), unknown);
    }

    /// Recorded from AWS.
    #[test]
    fn unknown_apis() {
        let frame = Frame::new();
        let api = not_found("Invalid API identifier specified 000000000000:nope");
        let input = json!({"restApiId": "nope", "location": {"type": "API"}, "properties": "{}"});
        assert_eq!(frame.refused(create_documentation_part, input), api);
        assert_eq!(frame.refused(get_documentation_parts, json!({"restApiId": "nope"})), api);
        assert_eq!(frame.refused(delete_documentation_part, at("nope", "x")), api);
        let part = not_found("Invalid Documentation part identifier specified");
        assert_eq!(frame.refused(get_documentation_part, at("nope", "x")), part);
        assert_eq!(frame.refused(update_documentation_part, at("nope", "x")), part);
    }

    /// The first text is as users of AWS report it; the others are not recorded.
    #[test]
    fn one_part_a_location_and_its_content_is_a_map() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let refused = |location: Value, properties: &str| {
            let input = json!({"restApiId": api, "location": location, "properties": properties});
            frame.refused(create_documentation_part, input)
        };
        create(&frame, &api, json!({"type": "API"}));
        create(&frame, &api, json!({"type": "METHOD", "path": "/", "method": "GET"}));
        assert_eq!(
            refused(json!({"type": "API"}), "{}"),
            conflict("Documentation part already exists for the specified location: type 'API'")
        );
        assert_eq!(
            refused(json!({"type": "METHOD", "method": "GET"}), "{}"),
            conflict(
                "Documentation part already exists for the specified location: type 'METHOD', method 'GET'"
            )
        );
        for properties in ["", "x", "[]", "1"] {
            assert_eq!(
                refused(json!({"type": "RESOURCE"}), properties),
                bad_request(
                    "Invalid documentation part properties specified. Properties must be a JSON object."
                )
            );
        }
        assert_eq!(
            refused(json!({"type": "API", "path": "/"}), "{}"),
            bad_request("Invalid documentation part location specified: path is not valid for type API")
        );
    }

    #[test]
    fn lists_are_filtered() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        create(&frame, &api, json!({"type": "API"}));
        create(&frame, &api, json!({"type": "RESOURCE"}));
        create(&frame, &api, json!({"type": "RESOURCE", "path": "/pets"}));
        create(&frame, &api, json!({"type": "MODEL", "name": "Pet"}));
        let count = |more: Value| {
            let listed = frame.ok(get_documentation_parts, with(json!({"restApiId": api}), more));
            listed["items"].as_array().unwrap().len()
        };
        for (filter, expected) in [
            (json!({}), 4),
            (json!({"locationStatus": "DOCUMENTED", "nameQuery": "", "path": ""}), 4),
            (json!({"type": "RESOURCE"}), 2),
            (json!({"path": "/"}), 1),
            (json!({"path": "/pets", "type": "RESOURCE"}), 1),
            (json!({"nameQuery": "P"}), 1),
            (json!({"nameQuery": "p"}), 0),
        ] {
            assert_eq!(count(filter.clone()), expected, "{filter}");
        }
    }
}
