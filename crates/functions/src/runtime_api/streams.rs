//! Results that a process streams: a chunked post with `Lambda-Runtime-Function-Response-Mode:
//! streaming`, whose trailers say whether the function has failed on the way (Lambda developer
//! guide, "Building a custom runtime", "Response streaming").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::mpsc;

use crate::limits::{MAXIMUM_DISCARDED_BYTES, MAXIMUM_STREAM_BYTES};
use crate::payload::error_object;

const MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");
pub(super) const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");

/// Where the parts of a result go.
#[derive(Debug)]
pub(crate) enum Place {
    /// There is no such invocation.
    Nowhere,
    /// Whoever waits for it wants it whole.
    Whole,
    /// To whoever waits for it.
    Parts(mpsc::Sender<Bytes>),
}

/// How a streamed result ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StreamOutcome {
    Complete,
    /// The function says that it has failed.
    Failed(FunctionFailed),
    TooLarge,
    /// The connection failed.
    Broken,
}

/// What the trailers tell of a function's failure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FunctionFailed {
    pub(crate) error_type: Option<String>,
    /// The error object, JSON.
    pub(crate) payload: Bytes,
}

/// Whether a post with these headers is a stream.
pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    headers.get(MODE).is_some_and(|mode| mode.as_bytes().eq_ignore_ascii_case(b"streaming"))
}

/// Hands `body` on, part by part, as fast as the parts are taken. If nobody takes them any more
/// they are thrown away: Lambda does not stop a function whose caller has gone.
pub(super) async fn hand_on(body: &mut Incoming, parts: mpsc::Sender<Bytes>) -> StreamOutcome {
    let mut size = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return StreamOutcome::Broken };
        match frame.into_data() {
            Ok(data) if data.is_empty() => {}
            Ok(data) => {
                size = size.saturating_add(data.len());
                if size > MAXIMUM_STREAM_BYTES {
                    discard(body).await;
                    return StreamOutcome::TooLarge;
                }
                let _ = parts.send(data).await;
            }
            Err(frame) => {
                if let Some(failed) = frame.trailers_ref().and_then(failure) {
                    return StreamOutcome::Failed(failed);
                }
            }
        }
    }
    StreamOutcome::Complete
}

/// Reads what is not wanted and throws it away, up to a limit, so that the process can read its answer.
pub(super) async fn discard(body: &mut Incoming) {
    let mut left = MAXIMUM_DISCARDED_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(less) => left = less,
            None => return,
        }
    }
}

/// The failure that trailers tell of. One without a readable object gets one of its type.
pub(super) fn failure(trailers: &HeaderMap) -> Option<FunctionFailed> {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let error_type = trailers.get(ERROR_TYPE).and_then(text);
    let told = trailers.get(ERROR_BODY);
    if error_type.is_none() && told.is_none() {
        return None;
    }
    let object = told.and_then(|told| STANDARD.decode(told.as_bytes()).ok());
    let object = object.filter(|object| serde_json::from_slice::<serde::de::IgnoredAny>(object).is_ok());
    let payload = object.map(Bytes::from);
    let payload =
        payload.unwrap_or_else(|| error_object(error_type.as_deref().unwrap_or("Runtime.Unknown"), ""));
    Some(FunctionFailed { error_type, payload })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_tell_of_failures() {
        let check = |trailers: &[(HeaderName, &str)], expected: Option<(Option<&str>, &str)>| {
            let trailers =
                trailers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
            let failed = failure(&trailers.collect());
            let told = failed
                .as_ref()
                .map(|failed| (failed.error_type.as_deref(), std::str::from_utf8(&failed.payload).unwrap()));
            assert_eq!(told, expected);
        };
        check(&[], None);
        check(&[(HeaderName::from_static("x-checksum"), "7")], None);
        // {"errorMessage":"no"}
        let object = STANDARD.encode(r#"{"errorMessage":"no"}"#);
        check(
            &[(ERROR_TYPE, "Function.Odd"), (ERROR_BODY, &object)],
            Some((Some("Function.Odd"), r#"{"errorMessage":"no"}"#)),
        );
        check(&[(ERROR_BODY, &object)], Some((None, r#"{"errorMessage":"no"}"#)));
        for unreadable in ["%%%", &STANDARD.encode("no json")] {
            check(
                &[(ERROR_TYPE, "Function.Odd"), (ERROR_BODY, unreadable)],
                Some((Some("Function.Odd"), r#"{"errorType":"Function.Odd","errorMessage":""}"#)),
            );
        }
    }
}
