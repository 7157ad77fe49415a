//! From a flat form to the canonical value: `TagSpecification.1.Tag.1.Key=team`.

use serde_json::Value;

use crate::dispatch::Match;
use crate::query::{Dialect, decode_in};
use crate::request::Request;
use crate::service_error::ServiceError;

/// The canonical value of the input.
pub(crate) fn decode(found: &Match, request: &Request) -> Result<Value, ServiceError> {
    decode_in(Dialect::Ec2, found, request)
}
