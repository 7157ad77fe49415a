//! Functions that stream their answer (API Gateway developer guide, "Set up a Lambda proxy
//! integration with payload response streaming"): an object of status and headers, eight NULs, and
//! then the payload as it comes.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use ports::functions::{Functions, InvokeRequest, Part, Parts, StreamReply};
use tokio::time::{Instant, timeout_at};

use super::call::{error_message, refusal};
use super::proxy_answer::decode_metadata;
use crate::exchange::{Body, EndpointResponse, IntegrationFault, Refusal, Subject};
use crate::integration::http::call::timeout;

/// What stands between metadata and payload.
const DELIMITER: [u8; 8] = [0; 8];

/// Metadata and delimiter must be there within these bytes.
const METADATA_BYTES: usize = 16 * 1024;

/// The longest part of a function's error that is kept for the operator.
const SHOWN_OF_ERRORS: usize = 1024;

/// A function's answer, from the first byte of its payload on.
#[derive(Debug)]
pub struct StreamedAnswer {
    /// What the function knows its invocation by.
    pub request_id: String,
    /// Status and headers as the function has set them, and the payload that is still to come.
    pub answer: EndpointResponse,
}

/// Invokes a function and waits until it has said with what status and headers it answers. All of
/// the answer must have come within `limit`, and no part of its payload may be longer in coming than
/// `idle`.
///
/// # Errors
/// What the client gets if that is not said.
pub async fn invoke_streaming(
    functions: &dyn Functions,
    request: InvokeRequest,
    limit: Duration,
    idle: Duration,
) -> Result<StreamedAnswer, Refusal> {
    let until = Instant::now() + limit;
    let begun = async {
        let reply = functions.invoke_streaming(request).await.map_err(refusal)?;
        let StreamReply { request_id, mut parts, .. } = reply;
        let (metadata, ahead) = metadata(&mut parts).await?;
        Ok((request_id, metadata, ahead, parts))
    };
    let (request_id, metadata, ahead, parts) =
        timeout_at(until, begun).await.map_err(|_| timeout(limit))??;
    let (status, headers) = decode_metadata(&metadata).map_err(malformed)?;
    let body = Body::of_function(parts, ahead).over_by(until.into_std()).never_idle_for(idle);
    Ok(StreamedAnswer {
        request_id,
        answer: EndpointResponse { status, headers, body, subject: Subject::Success },
    })
}

/// What stands before the delimiter, and what of the payload has come with it.
async fn metadata(parts: &mut Parts) -> Result<(Bytes, Bytes), Refusal> {
    let mut read = BytesMut::new();
    loop {
        match parts.next().await {
            Some(Part::Data(data)) => read.extend_from_slice(&data),
            Some(Part::End(end)) => {
                return Err(match end.error {
                    Some(object) => {
                        let why = error_message(&object).chars().take(SHOWN_OF_ERRORS).collect();
                        Refusal::IntegrationFailure(IntegrationFault::FunctionError { why })
                    }
                    None => malformed("it ended without a delimiter behind its metadata".to_owned()),
                });
            }
            None => {
                let why = "the function's answer was cut off".to_owned();
                return Err(Refusal::IntegrationFailure(IntegrationFault::Unavailable { why }));
            }
        }
        match split(&read) {
            Some(at) => {
                let metadata = read.split_to(at).freeze();
                let mut payload = read.freeze();
                return Ok((metadata, payload.split_off(DELIMITER.len())));
            }
            None if read.len() >= METADATA_BYTES => {
                return Err(malformed(format!("no delimiter within its first {METADATA_BYTES} bytes")));
            }
            None => {}
        }
    }
}

/// Where the delimiter begins, if all of it is there and within its bound. JSON holds no NUL, so it
/// is the first one.
fn split(read: &[u8]) -> Option<usize> {
    let at = read.iter().take(METADATA_BYTES).position(|byte| *byte == 0)?;
    let end = at.checked_add(DELIMITER.len()).filter(|end| *end <= METADATA_BYTES)?;
    (read.get(at..end) == Some(&DELIMITER[..])).then_some(at)
}

fn malformed(why: String) -> Refusal {
    Refusal::IntegrationFailure(IntegrationFault::MalformedProxyResponse { why })
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use ports::functions::StreamEnd;

    use super::*;

    fn data(bytes: &[u8]) -> Part {
        Part::Data(Bytes::copy_from_slice(bytes))
    }

    fn end(error: Option<&'static str>) -> Part {
        Part::End(StreamEnd { error: error.map(Into::into), log_tail: None })
    }

    async fn read(parts: Vec<Part>) -> Result<(String, Vec<u8>), String> {
        let mut parts = stream::iter(parts).boxed();
        let (metadata, payload) = metadata(&mut parts).await.map_err(|refusal| refusal.to_string())?;
        Ok((String::from_utf8(metadata.to_vec()).unwrap(), payload.to_vec()))
    }

    #[tokio::test]
    async fn metadata_ends_at_eight_nuls_however_it_is_cut() {
        let whole = b"{\"statusCode\":200}\0\0\0\0\0\0\0\0\0payload";
        // The ninth NUL is the payload's first byte.
        let expected = ("{\"statusCode\":200}".to_owned(), b"\0payload".to_vec());
        assert_eq!(read(vec![data(whole)]).await, Ok(expected.clone()));
        let single: Vec<Part> = whole.iter().map(|byte| data(&[*byte])).collect();
        assert_eq!(read(single).await.unwrap().0, expected.0);
    }

    #[tokio::test]
    async fn without_a_delimiter_an_answer_is_malformed() {
        for parts in [
            vec![end(None)],
            vec![data(b"{\"statusCode\":200,\"body\":\"whole\"}"), end(None)],
            vec![data(b"{}\0\0\0\0\0\0\0"), end(None)],
            vec![data(b"{}\0\0\0\0x\0\0\0\0\0\0\0\0"), end(None)],
        ] {
            let why = read(parts).await.unwrap_err();
            assert!(why.contains("delimiter"), "{why}");
        }
    }

    #[tokio::test]
    async fn the_delimiter_is_within_sixteen_kilobytes() {
        let of = |size: usize| {
            let mut all = format!("{{\"headers\":{{\"a\":\"{}\"}}}}", "x".repeat(size - 8 - 20)).into_bytes();
            all.extend_from_slice(&DELIMITER);
            assert_eq!(all.len(), size);
            all
        };
        assert!(read(vec![data(&of(16 * 1024)), end(None)]).await.is_ok());
        let longer = of(16 * 1024 + 1);
        let why = read(vec![data(&longer), end(None)]).await.unwrap_err();
        assert!(why.contains("no delimiter within its first 16384 bytes"), "{why}");
    }

    #[tokio::test]
    async fn a_function_that_fails_before_it_answers_is_told_apart() {
        let why = read(vec![end(Some("{\"errorMessage\":\"no\",\"errorType\":\"E\"}"))]).await.unwrap_err();
        assert!(why.contains("no"), "{why}");
        assert!(read(vec![data(b"{}")]).await.unwrap_err().contains("cut off"));
    }
}
