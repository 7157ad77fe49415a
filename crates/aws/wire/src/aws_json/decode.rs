//! From the body to the canonical value.

use serde_json::Value;

use crate::dispatch::Match;
use crate::json;
use crate::request::Request;
use crate::service_error::ServiceError;

/// The canonical value of the input.
pub(crate) fn decode(found: &Match, request: &Request) -> Result<Value, ServiceError> {
    json::read(request.body(), found.operation.input).map(Value::Object)
}
