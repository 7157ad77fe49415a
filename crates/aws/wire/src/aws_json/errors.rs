//! Errors: code and text in the body.

use api::ServiceTable;
use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value};

use super::encode::content_type;
use crate::response::response;
use crate::service_error::ServiceError;

/// The response of a failure.
pub(crate) fn encode_error(
    service: Option<&ServiceTable>,
    error: &ServiceError,
    version: &str,
    request_id: &str,
) -> Response<Bytes> {
    let mut body = Map::new();
    body.insert("__type".to_owned(), error.code(service).into_owned().into());
    for (name, value) in error.members() {
        body.insert((*name).to_owned(), value.clone());
    }
    if let Some(message) = error.message() {
        body.insert(error.message_member(service).to_owned(), message.into());
    }
    let body = Bytes::from(Value::Object(body).to_string());
    response(error.status(service), &content_type(version), request_id, body)
}
