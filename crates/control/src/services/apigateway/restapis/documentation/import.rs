//! `PUT /restapis/{id}/documentation/parts`: the parts in the
//! `x-amazon-apigateway-documentation` of an OpenAPI document (API Gateway developer guide, "Import
//! API documentation").

use api::apigateway::operations as op;
use api::apigateway::{
    DocumentationPart, DocumentationPartIds, DocumentationPartLocation, ImportDocumentationPartsRequest,
    PutMode,
};
use base::ids;
use documents::apigateway::DocumentationPartDocument;
use serde_json::{Map, Value};
use store::Key;

use super::super::super::refusals::bad_request;
use super::super::find;
use super::{locations, parts};
use crate::{Call, Failure, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry.write(op::ImportDocumentationParts, import_documentation_parts);
}

/// Merging is the default (API Gateway API reference, `ImportDocumentationParts`).
fn import_documentation_parts(
    call: &mut Call<'_, '_>,
    input: &ImportDocumentationPartsRequest,
) -> Outcome<DocumentationPartIds> {
    let api = &input.rest_api_id;
    let (given, warnings) = read(input.body.as_ref())?;
    if input.fail_on_warnings == Some(true) && !warnings.is_empty() {
        // The frame is that of importing APIs; warnings as such are not recorded.
        return Err(bad_request(format!("Warnings found during import:\n\t{}", warnings.join("\n\t"))));
    }
    find(call, api)?;
    let mut known = parts::all(call, api)?;
    if input.mode == Some(PutMode::Overwrite) {
        call.tx.delete_prefix::<DocumentationPartDocument>(&call.context.scope, &Key::new([api]))?;
        known.clear();
    }
    let mut ids = Vec::new();
    for (location, mut properties) in given {
        let part = match parts::at(&known, &location) {
            Some(part) => {
                // What the document says takes the place of what there was, attribute by attribute.
                let mut merged = parts::properties(part.properties.as_deref().unwrap_or("{}"))?;
                merged.append(&mut properties);
                DocumentationPart { properties: Some(Value::Object(merged).to_string()), ..part.clone() }
            }
            None => DocumentationPart {
                id: Some(ids::part_id(&call.plane.random)),
                location: Some(location),
                properties: Some(Value::Object(properties).to_string()),
            },
        };
        known.retain(|other| other.id != part.id);
        known.push(part.clone());
        parts::check_room(known.len())?;
        ids.extend(part.id.clone().filter(|id| !ids.contains(id)));
        parts::put(call, api, part)?;
    }
    Ok(DocumentationPartIds {
        ids: Some(ids),
        warnings: Some(warnings).filter(|warnings| !warnings.is_empty()),
    })
}

type Given = (DocumentationPartLocation, Map<String, Value>);

/// The parts of a document, and what is left out of it and why.
fn read(body: &[u8]) -> Outcome<(Vec<Given>, Vec<String>)> {
    let document: Value = serde_json::from_slice(body).map_err(|_| unreadable(body))?;
    if !["swagger", "openapi"].iter().any(|version| document.get(version).is_some_and(Value::is_string)) {
        return Err(no_importer());
    }
    let parts = document.pointer("/x-amazon-apigateway-documentation/documentationParts");
    let mut given = Vec::new();
    let mut warnings = Vec::new();
    for (n, part) in parts.and_then(Value::as_array).into_iter().flatten().enumerate() {
        match one(part) {
            Ok(part) => given.push(part),
            Err(why) => warnings.push(format!("Documentation part {n} was ignored: {why}")),
        }
    }
    Ok((given, warnings))
}

fn one(part: &Value) -> Result<Given, String> {
    let location = part.get("location").cloned().unwrap_or_default();
    let location: DocumentationPartLocation =
        serde_json::from_value(location).map_err(|_| "Invalid documentation part location specified")?;
    let location = locations::read(&location)?;
    // Written as a map, or as `GetDocumentationPart` answers it.
    let properties = match part.get("properties") {
        Some(Value::Object(properties)) => Some(properties.clone()),
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        _ => None,
    };
    let properties = properties.ok_or("Invalid documentation part properties specified")?;
    Ok((location, properties))
}

/// What is no JSON may be YAML, which AWS takes.
fn unreadable(body: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(body);
    let yaml = text.lines().any(|line| line.starts_with("swagger:") || line.starts_with("openapi:"));
    if yaml {
        return bad_request(
            "Reading documentation from YAML is not built yet. Please send the same document as JSON.",
        );
    }
    no_importer()
}

/// Recorded from AWS.
fn no_importer() -> Failure {
    bad_request("Unable to build importer with provided input.")
}

#[cfg(test)]
mod tests {
    use api::Blob;
    use serde_json::json;

    use super::super::super::super::test_frame::{Frame, bad_request, not_found, with};
    use super::super::parts::{create_documentation_part, get_documentation_parts};
    use super::*;

    fn document(parts: Value) -> Value {
        json!({
            "swagger": "2.0",
            "paths": {},
            "x-amazon-apigateway-documentation": {"version": "1", "documentationParts": parts},
        })
    }

    fn input(api: &str, document: &str, more: Value) -> Value {
        let body = Blob::from(document.as_bytes().to_vec()).to_base64();
        with(json!({"restApiId": api, "body": body}), more)
    }

    fn listed(frame: &Frame, api: &str) -> Vec<(String, String)> {
        let listed = frame.ok(get_documentation_parts, json!({"restApiId": api}));
        let items = listed["items"].as_array().unwrap().iter();
        let mut parts: Vec<_> = items
            .map(|part| {
                let kind = part["location"]["type"].as_str().unwrap().to_owned();
                (kind, part["properties"].as_str().unwrap().to_owned())
            })
            .collect();
        parts.sort();
        parts
    }

    fn pair(kind: &str, properties: &str) -> (String, String) {
        (kind.to_owned(), properties.to_owned())
    }

    /// The answer is recorded from AWS; merging and overwriting: API Gateway developer guide,
    /// "Import API documentation".
    #[test]
    fn parts_are_merged_or_overwritten() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        for (kind, properties) in [("API", "{\"a\":1,\"b\":1}"), ("RESOURCE", "{}")] {
            let part = json!({"restApiId": api, "location": {"type": kind}, "properties": properties});
            frame.ok(create_documentation_part, part);
        }
        let document = document(json!([
            {"location": {"type": "API"}, "properties": {"b": 2, "c": 2}},
            {"location": {"type": "METHOD", "method": "GET"}, "properties": {"description": "d"}},
        ]))
        .to_string();
        let merged = frame.ok(import_documentation_parts, input(&api, &document, json!({})));
        assert_eq!(merged["ids"].as_array().unwrap().len(), 2);
        assert_eq!(merged["warnings"], json!(null));
        assert_eq!(
            listed(&frame, &api),
            [
                pair("API", "{\"a\":1,\"b\":2,\"c\":2}"),
                pair("METHOD", "{\"description\":\"d\"}"),
                pair("RESOURCE", "{}"),
            ]
        );
        frame.ok(import_documentation_parts, input(&api, &document, json!({"mode": "overwrite"})));
        assert_eq!(
            listed(&frame, &api),
            [pair("API", "{\"b\":2,\"c\":2}"), pair("METHOD", "{\"description\":\"d\"}")]
        );
    }

    #[test]
    fn bad_parts_are_warned_of() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let document = document(json!([
            {"location": {"type": "API"}, "properties": "{\"a\":1}"},
            {"location": {"type": "API", "path": "/"}, "properties": {}},
            {"location": {"type": "NOTHING"}, "properties": {}},
            {"location": {"type": "RESOURCE"}},
            7,
        ]))
        .to_string();
        let strict = input(&api, &document, json!({"failOnWarnings": true}));
        let warnings = [
            "Documentation part 1 was ignored: Invalid documentation part location specified: path is not valid for type API",
            "Documentation part 2 was ignored: Invalid documentation part location specified",
            "Documentation part 3 was ignored: Invalid documentation part properties specified",
            "Documentation part 4 was ignored: Invalid documentation part location specified",
        ];
        assert_eq!(
            frame.refused(import_documentation_parts, strict),
            bad_request(&format!("Warnings found during import:\n\t{}", warnings.join("\n\t")))
        );
        let imported = frame.ok(import_documentation_parts, input(&api, &document, json!({})));
        assert_eq!(imported["warnings"], json!(warnings));
        assert_eq!(listed(&frame, &api), [pair("API", "{\"a\":1}")]);
    }

    /// The first text is recorded from AWS.
    #[test]
    fn what_is_no_openapi_is_refused() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let refused = |body: &str| {
            frame.refused(import_documentation_parts, input(&api, body, json!({"mode": "overwrite"})))
        };
        let nested = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
        for body in ["", "x", "{", "[]", "{}", "{\"swagger\": 2}", &nested] {
            assert_eq!(refused(body), bad_request("Unable to build importer with provided input."), "{body}");
        }
        assert_eq!(
            refused("swagger: \"2.0\"\n"),
            bad_request(
                "Reading documentation from YAML is not built yet. Please send the same document as JSON."
            )
        );
        assert_eq!(
            frame.refused(
                import_documentation_parts,
                input("nope", &document(json!([])).to_string(), json!({}))
            ),
            not_found("Invalid API identifier specified 000000000000:nope")
        );
    }
}
