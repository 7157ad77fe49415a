//! `PUT /restapis/{id}/documentation/parts`: the parts in the
//! `x-amazon-apigateway-documentation` of an OpenAPI document (API Gateway developer guide, "Import
//! API documentation").

use std::collections::{HashMap, HashSet};

use api::apigateway::operations as op;
use api::apigateway::{DocumentationPart, DocumentationPartIds, ImportDocumentationPartsRequest, PutMode};
use base::ids;
use documents::apigateway::DocumentationPartDocument;
use serde_json::Value;
use store::Key;

use super::super::super::refusals::bad_request;
use super::super::find;
use super::super::import::check_warnings;
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
    let document = openapi::text::read(input.body.as_ref()).map_err(|_| no_importer())?;
    if !["swagger", "openapi"].iter().any(|version| document.get(version).is_some_and(is_version)) {
        return Err(no_importer());
    }
    let openapi::Documentation { parts, mut warnings } = openapi::documentation(&document);
    let (parts, more) = located(parts);
    warnings.extend(more);
    check_warnings(input.fail_on_warnings, &warnings)?;
    find(call, api)?;
    let ids = put_all(call, api, parts, input.mode.unwrap_or(PutMode::Merge))?;
    Ok(DocumentationPartIds {
        ids: Some(ids),
        warnings: Some(warnings).filter(|warnings| !warnings.is_empty()),
    })
}

/// The parts that may be where they are said to be, and what is wrong with the others.
pub(in super::super) fn located(given: Vec<DocumentationPart>) -> (Vec<DocumentationPart>, Vec<String>) {
    let (mut parts, mut warnings) = (Vec::new(), Vec::new());
    for part in given {
        match part.location.as_ref().map(locations::read) {
            Some(Ok(location)) => parts.push(DocumentationPart { location: Some(location), ..part }),
            Some(Err(why)) => {
                let n = part.id.unwrap_or_default();
                // The text is not recorded.
                warnings.push(format!("Documentation part {n} was ignored: {why}"));
            }
            None => {}
        }
    }
    (parts, warnings)
}

/// Stores parts, which get ids of their own; answers these.
pub(in super::super) fn put_all(
    call: &mut Call<'_, '_>,
    api: &str,
    given: Vec<DocumentationPart>,
    mode: PutMode,
) -> Outcome<Vec<String>> {
    let mut known = HashMap::new();
    if mode == PutMode::Overwrite {
        call.tx.delete_prefix::<DocumentationPartDocument>(&call.context.scope, &Key::new([api]))?;
    } else {
        for part in parts::all(call, api)? {
            known.insert(place(&part), part);
        }
    }
    let mut ids = Vec::new();
    for given in given {
        let place = place(&given);
        let mut properties = parts::properties(given.properties.as_deref().unwrap_or("{}"))?;
        let part = match known.get(&place) {
            Some(part) => {
                // What the document says takes the place of what there was, attribute by attribute.
                let mut merged = parts::properties(part.properties.as_deref().unwrap_or("{}"))?;
                merged.append(&mut properties);
                DocumentationPart { properties: Some(Value::Object(merged).to_string()), ..part.clone() }
            }
            None => DocumentationPart { id: Some(ids::part_id(&call.plane.random)), ..given },
        };
        ids.extend(part.id.clone());
        known.insert(place, part.clone());
        parts::check_room(known.len())?;
        parts::put(call, api, part)?;
    }
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    Ok(ids)
}

fn place(part: &DocumentationPart) -> String {
    part.location
        .as_ref()
        .map(locations::whole)
        .map_or_else(String::new, |whole| locations::described(&whole))
}

/// YAML without quotes makes a number of it.
fn is_version(version: &Value) -> bool {
    version.is_string() || version.is_f64()
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
            "Documentation part 2 was ignored: Invalid documentation part location specified",
            "Documentation part 3 was ignored: Invalid documentation part properties specified",
            "Documentation part 4 was ignored: Invalid documentation part location specified",
            "Documentation part 1 was ignored: Invalid documentation part location specified: path is not valid for type API",
        ];
        assert_eq!(
            frame.refused(import_documentation_parts, strict),
            bad_request(&format!("Warnings found during import:\n\t{}", warnings.join("\n\t")))
        );
        let imported = frame.ok(import_documentation_parts, input(&api, &document, json!({})));
        assert_eq!(imported["warnings"], json!(warnings));
        assert_eq!(listed(&frame, &api), [pair("API", "{\"a\":1}")]);
    }

    #[test]
    fn yaml_is_read_too() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let document = "swagger: 2.0\nx-amazon-apigateway-documentation:\n  documentationParts:\n  - location: \
                        {type: API}\n    properties: {description: all}\n";
        frame.ok(import_documentation_parts, input(&api, document, json!({})));
        assert_eq!(listed(&frame, &api), [pair("API", "{\"description\":\"all\"}")]);
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
        assert_eq!(refused("swagger: *a\n"), bad_request("Unable to build importer with provided input."));
        assert_eq!(
            frame.refused(
                import_documentation_parts,
                input("nope", &document(json!([])).to_string(), json!({}))
            ),
            not_found("Invalid API identifier specified 000000000000:nope")
        );
    }
}
