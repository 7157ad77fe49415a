//! From the canonical value to XML.

use api::OperationTable;
use bytes::Bytes;
use http::Response;
use serde_json::Value;

use crate::query::{XML, element, structure, text};
use crate::response::response;

/// The response of a success. An operation without an output answers that it was done.
pub(crate) fn encode(operation: &OperationTable, output: &Value, request_id: &str) -> Response<Bytes> {
    let (name, namespace) = (operation.name, operation.service.xml_namespace);
    let mut out = format!("<{name}Response xmlns=\"{namespace}/\">");
    element(&mut out, "requestId", |out| text(out, request_id));
    if operation.output.members.is_empty() {
        element(&mut out, "return", |out| text(out, "true"));
    }
    structure(&mut out, operation.output, output);
    out.push_str("</");
    out.push_str(name);
    out.push_str("Response>");
    response(operation.success, XML, request_id, out.into())
}
