//! Errors: the code in the header `x-amzn-ErrorType`, the text in the body. (Recorded from AWS:
//! bodies carry the message and what else the model names, not the code.)

use api::ServiceTable;
use api::table::Location;
use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value};

use crate::json;
use crate::response::{response, set};
use crate::service_error::ServiceError;

/// The response of a failure.
pub(crate) fn encode_error(
    service: Option<&ServiceTable>,
    error: &ServiceError,
    request_id: &str,
) -> Response<Bytes> {
    let mut body = Map::new();
    let mut headers = Vec::new();
    for (name, value) in error.members() {
        let member = error.table().and_then(|table| table.members.iter().find(|member| member.name == *name));
        match member {
            Some(member) if member.location == Location::Header => {
                headers.extend(json::text(member.shape, value).map(|text| (member.wire_name, text)));
            }
            Some(member) => {
                body.insert(member.wire_name.to_owned(), value.clone());
            }
            None => {
                body.insert((*name).to_owned(), value.clone());
            }
        }
    }
    if let Some(message) = error.message() {
        body.insert(error.message_member(service).to_owned(), message.into());
    }
    let body = Bytes::from(Value::Object(body).to_string());
    let mut response = response(error.status(service), "application/json", request_id, body);
    set(response.headers_mut(), "x-amzn-errortype", &error.code(service));
    for (name, value) in headers {
        set(response.headers_mut(), name, &value);
    }
    response
}
