//! From the canonical value to the body.

use api::OperationTable;
use bytes::Bytes;
use http::Response;
use serde_json::Value;

use crate::json;
use crate::response::response;

/// The response of a success. An operation without output answers with an empty body, as AWS does.
pub(crate) fn encode(
    operation: &OperationTable,
    output: Value,
    version: &str,
    request_id: &str,
) -> Response<Bytes> {
    let table = operation.output;
    let body = if table.members.is_empty() && table.name == "Empty" {
        Bytes::new()
    } else {
        Bytes::from(json::write_structure(table, output).to_string())
    };
    response(operation.success, &content_type(version), request_id, body)
}

pub(super) fn content_type(version: &str) -> String {
    format!("application/x-amz-json-{version}")
}
