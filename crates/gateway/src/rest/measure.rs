//! The sizes that a request may have.

use super::limits::{HEADER_BYTES, PAYLOAD_BYTES, PRIVATE_HEADER_BYTES};
use crate::exchange::{Admitted, Body, BodyError, Measured, Refusal, TooLarge};

/// Refuses a request whose URL, headers or announced payload are too large. A payload whose size
/// is not announced is cut off where it grows too large.
///
/// What AWS answers to a URL beyond its quota is not recorded: it is taken for what the quotas
/// page says of method ARNs that are too long.
///
/// # Errors
/// 413, and 414 for the URL.
pub(super) fn measure(admitted: Admitted<'_>) -> Result<Measured<'_>, Refusal> {
    let Admitted(mut matched) = admitted;
    let limit = matched.stage.url_bytes;
    if matched.request.url_length() > limit {
        return Err(Refusal::UriTooLong { what: "the URL", limit });
    }
    let size = matched.headers.bytes().map(|(_, value)| value.len()).sum();
    let limit = if matched.stage.private.is_some() { PRIVATE_HEADER_BYTES } else { HEADER_BYTES };
    if size > limit {
        return Err(Refusal::RequestTooLarge(TooLarge::Headers { size, limit }));
    }
    if !matches!(matched.body, Body::Empty) {
        let body = std::mem::take(&mut matched.body);
        matched.body = body.within(PAYLOAD_BYTES).map_err(unreadable)?;
    }
    Ok(Measured(matched))
}

/// What a client gets whose body cannot be read.
pub(crate) fn unreadable(error: BodyError) -> Refusal {
    match error {
        // A client's body is neither watched for idleness nor compressed here.
        BodyError::Broken(_)
        | BodyError::Idle { .. }
        | BodyError::Late
        | BodyError::Function { .. }
        | BodyError::Compressor(_) => Refusal::BrokenBody,
        BodyError::TooLarge { limit } => Refusal::RequestTooLarge(TooLarge::Payload { limit }),
    }
}
