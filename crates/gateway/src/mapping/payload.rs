//! Whether a payload crosses the gateway as bytes, as text or as base 64: `contentHandling`
//! (API Gateway developer guide, "Content type conversions in API Gateway"; recorded from
//! AWS).

use api::apigateway::ContentHandlingStrategy;
use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use bytes::Bytes;

/// Takes base 64 with and without its padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A payload was to be converted to binary and is not base 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBase64;

/// The client's payload as the integration sees it; `binary` says whether its content type
/// is one of the API's binary ones.
///
/// # Errors
/// If it has to be decoded and cannot be.
pub fn of_request(
    payload: Bytes,
    binary: bool,
    handling: Option<ContentHandlingStrategy>,
) -> Result<Bytes, NotBase64> {
    match (handling, binary) {
        (None | Some(ContentHandlingStrategy::ConvertToBinary), true) => Ok(payload),
        (None | Some(ContentHandlingStrategy::ConvertToText), false) => Ok(text(payload)),
        (Some(ContentHandlingStrategy::ConvertToText), true) => Ok(encoded(&payload)),
        (Some(ContentHandlingStrategy::ConvertToBinary), false) => decoded(&payload),
    }
}

/// The integration's payload as the client sees it; `binary` says whether its content type
/// is one of the API's binary ones, `accepted` whether the client takes one of them.
///
/// # Errors
/// If it has to be decoded and cannot be.
pub fn of_response(
    payload: Bytes,
    binary: bool,
    accepted: bool,
    handling: Option<ContentHandlingStrategy>,
) -> Result<Bytes, NotBase64> {
    match (handling, binary) {
        (None, true) if accepted => Ok(payload),
        (None, true) => Ok(encoded(&payload)),
        (None, false) if accepted => decoded(&payload),
        (None, false) => Ok(text(payload)),
        (Some(ContentHandlingStrategy::ConvertToText), true) => Ok(encoded(&payload)),
        (Some(ContentHandlingStrategy::ConvertToText), false) => Ok(text(payload)),
        (Some(ContentHandlingStrategy::ConvertToBinary), true) => Ok(payload),
        (Some(ContentHandlingStrategy::ConvertToBinary), false) => decoded(&payload),
    }
}

/// As UTF-8: recorded from AWS, each byte sequence that is none becomes U+FFFD.
fn text(payload: Bytes) -> Bytes {
    match String::from_utf8_lossy(&payload) {
        std::borrow::Cow::Borrowed(_) => payload,
        std::borrow::Cow::Owned(replaced) => replaced.into(),
    }
}

/// In base 64, as AWS writes it.
#[must_use]
pub fn encoded(payload: &[u8]) -> Bytes {
    STANDARD.encode(payload).into()
}

/// Out of base 64.
///
/// # Errors
/// If it is none.
pub fn decoded(payload: &[u8]) -> Result<Bytes, NotBase64> {
    LENIENT.decode(payload.trim_ascii()).map(Into::into).map_err(|_| NotBase64)
}

#[cfg(test)]
mod tests {
    use ContentHandlingStrategy::{ConvertToBinary, ConvertToText};

    use super::*;

    const PNG: &[u8] = b"\x89PNG";
    const PNG_AS_TEXT: &[u8] = "\u{FFFD}PNG".as_bytes();
    const PNG_AS_BASE64: &[u8] = b"iVBORw==";

    #[test]
    fn requests_are_converted_as_recorded() {
        let check = |payload: &'static [u8], binary, handling, expected: Result<&'static [u8], NotBase64>| {
            let found = of_request(Bytes::from_static(payload), binary, handling);
            assert_eq!(
                found.as_deref(),
                expected.as_ref().map(|expected| *expected),
                "{handling:?} {binary}"
            );
        };
        check(PNG, true, None, Ok(PNG));
        check(PNG, false, None, Ok(PNG_AS_TEXT));
        check(PNG, true, Some(ConvertToText), Ok(PNG_AS_BASE64));
        check(PNG, false, Some(ConvertToText), Ok(PNG_AS_TEXT));
        check(PNG_AS_BASE64, false, Some(ConvertToBinary), Ok(PNG));
        check(b"iVBORw", false, Some(ConvertToBinary), Ok(PNG));
        check(PNG, true, Some(ConvertToBinary), Ok(PNG));
        check(b"no base 64!", false, Some(ConvertToBinary), Err(NotBase64));
    }

    #[test]
    fn responses_are_converted_as_recorded() {
        let check = |payload: &'static [u8],
                     binary,
                     accepted,
                     handling,
                     expected: Result<&'static [u8], NotBase64>| {
            let found = of_response(Bytes::from_static(payload), binary, accepted, handling);
            assert_eq!(
                found.as_deref(),
                expected.as_ref().map(|expected| *expected),
                "{handling:?} {binary} {accepted}"
            );
        };
        check(PNG, true, true, None, Ok(PNG));
        check(PNG_AS_BASE64, false, true, None, Ok(PNG));
        check(b"no base 64!", false, true, None, Err(NotBase64));
        check(PNG, true, false, None, Ok(PNG_AS_BASE64));
        check(PNG, false, false, None, Ok(PNG_AS_TEXT));
        for accepted in [true, false] {
            check(PNG, true, accepted, Some(ConvertToText), Ok(PNG_AS_BASE64));
            check(PNG, false, accepted, Some(ConvertToText), Ok(PNG_AS_TEXT));
            check(PNG_AS_BASE64, false, accepted, Some(ConvertToBinary), Ok(PNG));
            check(PNG, true, accepted, Some(ConvertToBinary), Ok(PNG));
        }
    }
}
