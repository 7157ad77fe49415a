//! Errors: who is to blame, the code and the text in XML.

use api::ServiceTable;
use bytes::Bytes;
use http::Response;

use super::encode::XML;
use super::xml::{element, text};
use crate::response::response;
use crate::service_error::ServiceError;

/// The response of a failure.
pub(crate) fn encode_error(
    service: Option<&ServiceTable>,
    error: &ServiceError,
    request_id: &str,
) -> Response<Bytes> {
    let status = error.status(service);
    let mut out = match service.map(|service| service.xml_namespace) {
        Some(namespace) if !namespace.is_empty() => format!("<ErrorResponse xmlns=\"{namespace}\">"),
        _ => "<ErrorResponse>".to_owned(),
    };
    element(&mut out, "Error", |out| {
        element(out, "Type", |out| text(out, if status >= 500 { "Receiver" } else { "Sender" }));
        element(out, "Code", |out| text(out, &error.code(service)));
        element(out, "Message", |out| text(out, error.message().unwrap_or_default()));
    });
    element(&mut out, "RequestId", |out| text(out, request_id));
    out.push_str("</ErrorResponse>");
    response(status, XML, request_id, out.into())
}
