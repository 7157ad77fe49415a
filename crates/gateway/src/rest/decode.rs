//! A compressed payload is decompressed before anything looks at it (API Gateway developer guide,
//! "Call an API method with a compressed payload in API Gateway").

use http::HeaderValue;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use super::limits::PAYLOAD_BYTES;
use super::measure::unreadable;
use crate::exchange::{Body, DecompressError, Measured, Refusal, TooLarge, decompress};
use crate::mapping::coding;

/// Decompresses the payload as its `Content-Encoding` says, for validation, mapping and integration
/// alike. That is done whatever the API's `minimumCompressionSize`, which is of answers: "By default,
/// API Gateway supports decompression of the method request payload". (Another page of the guide says
/// that payloads below it are not decompressed; but HTTP integrations never see `Content-Encoding`,
/// so nobody could use them.) The bound of payloads holds before and after.
///
/// # Errors
/// 415 if the coding is not supported or the payload is not of it; 413 if it is too large.
pub(super) async fn decode(measured: Measured<'_>) -> Result<Measured<'_>, Refusal> {
    let Measured(mut matched) = measured;
    if matches!(matched.body, Body::Empty) || !matched.headers.contains_key(CONTENT_ENCODING) {
        return Ok(Measured(matched));
    }
    let coding = coding::of_payload(&matched.headers).map_err(|coding::Unsupported(coding)| {
        Refusal::UnsupportedCoding { why: format!("the content coding {coding:?} is not supported") }
    })?;
    let Some(coding) = coding else { return Ok(Measured(matched)) };
    // One request in many: its state is put aside.
    let decompressed = Box::pin(decompress(std::mem::take(&mut matched.body), coding, PAYLOAD_BYTES)).await;
    let payload = decompressed.map_err(|error| match error {
        DecompressError::Malformed { .. } => Refusal::UnsupportedCoding { why: error.to_string() },
        DecompressError::TooLarge { limit } => Refusal::RequestTooLarge(TooLarge::Payload { limit }),
        DecompressError::Body(error) => unreadable(error),
    })?;
    matched.headers.remove(CONTENT_ENCODING);
    if matched.headers.contains_key(CONTENT_LENGTH) {
        matched.headers.insert(CONTENT_LENGTH, HeaderValue::from(payload.len()));
    }
    matched.body = Body::from(payload);
    Ok(Measured(matched))
}
