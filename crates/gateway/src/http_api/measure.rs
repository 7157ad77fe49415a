//! The sizes that a request may have.

use super::limits::{HEAD_BYTES, PAYLOAD_BYTES};
use crate::exchange::{Body, Refusal, Request, TooLarge};
use crate::message::Headers;
use crate::rest::measure::unreadable;

/// Refuses a request whose head or announced payload is too large. A payload whose size is not
/// announced is cut off where it grows too large.
///
/// # Errors
/// 431 for the head, 413 for the payload.
pub(super) fn measure(request: &Request, headers: &Headers, body: Body) -> Result<Body, Refusal> {
    let target = request.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let line = request.method.as_str().len() + target + " HTTP/1.1 ".len();
    let fields: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let size = line + fields;
    if size > HEAD_BYTES {
        return Err(Refusal::RequestTooLarge(TooLarge::Headers { size, limit: HEAD_BYTES }));
    }
    body.within(PAYLOAD_BYTES).map_err(unreadable)
}
