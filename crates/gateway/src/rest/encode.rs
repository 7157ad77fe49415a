//! Answers are compressed for clients that ask for it (API Gateway developer guide, "Receive an API
//! response with a compressed payload in API Gateway"). It is the last that happens to an answer:
//! caches keep it as it was.

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, VARY};
use http::{HeaderValue, Method, StatusCode};

use super::CompiledStage;
use crate::exchange::{Body, BodyError, Compressed, Peeked, Refusal, Reply, Request, compress, peek};
use crate::integration::http::call::unusable;
use crate::mapping::coding::{self, Coding};
use crate::message::Headers;

/// How an answer is to be compressed, if it is large enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    coding: Coding,
    minimum: usize,
}

/// What the client of a request with `headers` wants and its API does.
pub(super) fn wanted(stage: &CompiledStage, request: &Request, headers: &Headers) -> Option<Wanted> {
    let minimum = stage.minimum_compression?;
    // An answer to HEAD has no payload.
    let coding = coding::wanted(headers).filter(|_| request.method != Method::HEAD)?;
    Some(Wanted { coding, minimum })
}

/// Compresses the reply. One whose length is not known is compressed while it arrives, and read ahead
/// only until it is known to be large enough.
///
/// # Errors
/// If the backend's answer ends early.
pub(super) async fn encode(reply: Reply, wanted: Wanted) -> Result<Reply, Refusal> {
    let Wanted { coding, minimum } = wanted;
    let Reply { status, mut headers, body } = reply;
    let bodiless =
        matches!(body, Body::Empty) || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    // What has a coding already is left as it is, even if that says `identity`.
    if bodiless || headers.contains_key(CONTENT_ENCODING) {
        return Ok(Reply { status, headers, body });
    }
    let (body, enough) = large_enough(body, minimum).await?;
    if !enough {
        return Ok(Reply { status, headers, body });
    }
    let body = match body {
        Body::Whole(payload) => whole(&payload, coding).await?,
        stream @ (Body::Empty | Body::Stream(_) | Body::Bounded(_) | Body::Compressed(_)) => {
            Body::Compressed(Box::new(Compressed::new(stream, coding)))
        }
    };
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    headers.remove(CONTENT_LENGTH);
    if !varies(&headers) {
        // AWS is silent. Without it a cache between here and the client would give what is compressed
        // to clients that cannot read it (RFC 9110, section 12.5.5).
        headers.append(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
    }
    Ok(Reply { status, headers, body })
}

async fn whole(payload: &[u8], coding: Coding) -> Result<Body, Refusal> {
    let compressed = Box::pin(compress(payload, coding)).await;
    compressed.map(Body::from).map_err(|why| unusable(BodyError::Compressor(why)))
}

async fn large_enough(body: Body, minimum: usize) -> Result<(Body, bool), Refusal> {
    if let Some(length) = body.length() {
        return Ok((body, usize::try_from(length).is_ok_and(|length| length >= minimum)));
    }
    let Some(below) = minimum.checked_sub(1) else { return Ok((body, true)) };
    Ok(match Box::pin(peek(body, below)).await.map_err(unusable)? {
        Peeked::Whole(payload) => (Body::from(payload), false),
        Peeked::Larger(body) => (body, true),
    })
}

/// Whether caches are told already that the answer depends on `Accept-Encoding`.
fn varies(headers: &Headers) -> bool {
    let named = |name: &str| name == "*" || name.eq_ignore_ascii_case(ACCEPT_ENCODING.as_str());
    headers
        .get_all(VARY)
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').map(str::trim).any(named))
}
