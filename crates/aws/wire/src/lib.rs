//! AWS's protocols, driven by the tables of `api`: which operation a request is for
//! ([`dispatch`]), what it says ([`decode`]), whether that is within the model's constraints
//! ([`validate`]), and how results and errors go back ([`encode`], [`encode_error`]).
//!
//! Between the wire and the operations stands the canonical value (see `api`). The folders
//! `rest_json`, `aws_json`, `query` and `ec2` hold one protocol each, in the same files. Whether a
//! request may be served (signatures, policies) is not decided here.

mod aws_json;
mod dispatch;
mod ec2;
mod event_stream;
mod form;
mod json;
pub mod limits;
mod query;
mod request;
mod response;
mod rest_json;
mod service_error;
#[cfg(test)]
mod testing;
mod validate;

use api::table::Protocol;
use api::{OperationTable, ServiceTable};
use bytes::Bytes;
use serde_json::Value;

pub use dispatch::{Match, dispatch};
pub use event_stream::{encode_event, encode_stream};
pub use request::Request;
pub use service_error::{CommonError, ServiceError};
pub use validate::validate;

/// The canonical value of a request's input.
///
/// # Errors
/// `SerializationException` if the request cannot be read as the operation's input.
pub fn decode(found: &Match, request: &Request) -> Result<Value, ServiceError> {
    match found.service.protocol {
        Protocol::RestJson => rest_json::decode(found, request),
        Protocol::AwsJson { .. } => aws_json::decode(found, request),
        Protocol::AwsQuery => query::decode(found, request),
        Protocol::Ec2Query => ec2::decode(found, request),
    }
}

/// The response that carries `output`, a canonical value of the operation's output.
#[must_use]
pub fn encode(operation: &OperationTable, output: Value, request_id: &str) -> http::Response<Bytes> {
    match operation.service.protocol {
        Protocol::RestJson => rest_json::encode(operation, output, request_id),
        Protocol::AwsJson { version } => aws_json::encode(operation, output, version, request_id),
        Protocol::AwsQuery => query::encode(operation, &output, request_id),
        Protocol::Ec2Query => ec2::encode(operation, &output, request_id),
    }
}

/// The response that carries `error`, as `service` words it; where that is not known, as the
/// error itself knows it, else as restJson1. Always JSON or XML.
#[must_use]
pub fn encode_error(
    service: Option<&'static ServiceTable>,
    error: &ServiceError,
    request_id: &str,
) -> http::Response<Bytes> {
    let service = service.or(error.service());
    match service.map(|service| service.protocol).or(error.protocol()) {
        None | Some(Protocol::RestJson) => rest_json::encode_error(service, error, request_id),
        Some(Protocol::AwsJson { version }) => aws_json::encode_error(service, error, version, request_id),
        Some(Protocol::AwsQuery) => query::encode_error(service, error, request_id),
        Some(Protocol::Ec2Query) => ec2::encode_error(service, error, request_id),
    }
}
