//! Errors: the code and the text in XML.

use api::ServiceTable;
use bytes::Bytes;
use http::Response;

use crate::query::{XML, element, text};
use crate::response::response;
use crate::service_error::ServiceError;

/// The response of a failure.
pub(crate) fn encode_error(
    service: Option<&ServiceTable>,
    error: &ServiceError,
    request_id: &str,
) -> Response<Bytes> {
    let mut out = String::new();
    element(&mut out, "Response", |out| {
        element(out, "Errors", |out| {
            element(out, "Error", |out| {
                element(out, "Code", |out| text(out, &error.code(service)));
                element(out, "Message", |out| text(out, error.message().unwrap_or_default()));
            });
        });
        element(out, "RequestID", |out| text(out, request_id));
    });
    response(error.status(service), XML, request_id, out.into())
}
