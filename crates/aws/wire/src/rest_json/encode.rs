//! From the canonical value to status, headers and body.

use api::table::{Location, Shape};
use api::{Blob, OperationTable};
use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value};

use crate::json;
use crate::response::{response, set};

const JSON: &str = "application/json";

/// The response of a success.
pub(crate) fn encode(operation: &OperationTable, output: Value, request_id: &str) -> Response<Bytes> {
    let table = operation.output;
    let mut members = match output {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let mut status = operation.success;
    let mut headers = Vec::new();
    for member in table.members {
        if member.location == Location::Body {
            continue;
        }
        let Some(value) = members.remove(member.name) else { continue };
        match (member.location, &value) {
            (Location::StatusCode, value) => {
                status = value.as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(status);
            }
            (Location::Headers, Value::Object(entries)) => {
                for (name, value) in entries {
                    headers.extend(
                        json::text(Shape::Document, value)
                            .map(|text| (format!("{}{name}", member.wire_name), text)),
                    );
                }
            }
            (_, value) => {
                headers
                    .extend(json::text(member.shape, value).map(|text| (member.wire_name.to_owned(), text)));
            }
        }
    }

    let payload = table.payload.and_then(|name| table.member(name));
    let (content_type, body) = match payload.map(|member| (member.shape, members.remove(member.name))) {
        Some((Shape::Blob(_), value)) => {
            let blob = value.as_ref().and_then(Value::as_str).and_then(Blob::from_base64).unwrap_or_default();
            (if blob.0.is_empty() { "" } else { payload_type(operation) }, blob.0)
        }
        Some((shape, Some(value))) => (JSON, Bytes::from(json::write(shape, value).to_string())),
        Some((_, None)) => ("", Bytes::new()),
        // An operation without output answers with an empty body, one with an empty output with {}.
        None if table.members.is_empty() && table.name == "Empty" => ("", Bytes::new()),
        None => (JSON, Bytes::from(json::write_structure(table, Value::Object(members)).to_string())),
    };
    let (content_type, body) = if status == 204 { ("", Bytes::new()) } else { (content_type, body) };
    let mut response = response(status, content_type, request_id, body);
    for (name, value) in headers {
        set(response.headers_mut(), &name, &value);
    }
    response
}

/// The content type of a body of bytes, unless a member says it. Lambda's payloads are JSON.
fn payload_type(operation: &OperationTable) -> &'static str {
    if operation.service.name == "lambda" { JSON } else { "application/octet-stream" }
}
