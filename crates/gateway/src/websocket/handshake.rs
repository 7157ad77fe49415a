//! The opening handshake (RFC 6455, section 4.2): what an upgrade request must have, and the answer
//! that grants it.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{HeaderName, HeaderValue, Method, StatusCode, Version};

use crate::exchange::Body;
use crate::message::{Headers, Response};

/// What is put behind a key before it is hashed.
const SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The version of the protocol that is spoken.
const VERSION: &str = "13";

/// Why a request opens no WebSocket connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HandshakeFault {
    /// It does not ask for one.
    #[error("the request asks for no WebSocket connection")]
    NoUpgrade,
    /// It asks for one in a way that is none of RFC 6455.
    #[error("the handshake is none of RFC 6455: {0}")]
    Malformed(&'static str),
    /// It asks for another version of the protocol.
    #[error("the client speaks another version of the protocol")]
    Version,
}

/// What proves that a handshake was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Accept(HeaderValue);

/// Reads the handshake of a request.
pub(super) fn read(method: &Method, version: Version, headers: &Headers) -> Result<Accept, HandshakeFault> {
    if !names(headers, &UPGRADE, "websocket") || !names(headers, &CONNECTION, "upgrade") {
        return Err(HandshakeFault::NoUpgrade);
    }
    if method != Method::GET || version != Version::HTTP_11 {
        return Err(HandshakeFault::Malformed("it is no GET of HTTP/1.1"));
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != VERSION) {
        return Err(HandshakeFault::Version);
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    if STANDARD.decode(key).ok().is_none_or(|key| key.len() != 16) {
        return Err(HandshakeFault::Malformed("its key is not 16 bytes in base 64"));
    }
    let hash = STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key, SUFFIX].concat()));
    HeaderValue::from_str(&hash).map(Accept).map_err(|_| HandshakeFault::Malformed("its key"))
}

/// Whether one of the words of a header is `word`.
fn names(headers: &Headers, header: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(header).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|own| own.trim().eq_ignore_ascii_case(word))
}

/// The answer that grants a handshake, with the subprotocol that the integration has chosen.
pub(super) fn granted(accept: Accept, protocol: Option<HeaderValue>) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept.0);
    if let Some(protocol) = protocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// The answer to a handshake that cannot be granted. What AWS answers is not recorded; RFC 6455,
/// section 4.4, asks for the version that is spoken.
pub(super) fn refuse_version(response: &mut Response<Body>) {
    *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
    response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(changes: &[(&'static str, &'static str)]) -> Headers {
        let mut headers = Headers::new();
        let sample = [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        for (name, value) in sample.iter().chain(changes) {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn read_get(changes: &[(&'static str, &'static str)]) -> Result<Accept, HandshakeFault> {
        read(&Method::GET, Version::HTTP_11, &headers(changes))
    }

    #[test]
    fn the_sample_of_rfc_6455_is_accepted() {
        // Section 1.3.
        let accept = Accept(HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(read_get(&[]), Ok(accept.clone()));
        assert_eq!(read_get(&[("upgrade", "h2c, WebSocket")]), Ok(accept));
    }

    #[test]
    fn what_is_no_handshake_is_told_apart() {
        use HandshakeFault::{Malformed, NoUpgrade, Version as OtherVersion};
        assert_eq!(read_get(&[("upgrade", "h2c")]), Err(NoUpgrade));
        assert_eq!(read_get(&[("connection", "close")]), Err(NoUpgrade));
        assert_eq!(read_get(&[("sec-websocket-version", "8")]), Err(OtherVersion));
        for key in ["", "c2hvcnQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZSBpcyBsb25n"] {
            assert!(matches!(read_get(&[("sec-websocket-key", key)]), Err(Malformed(_))), "{key}");
        }
        let post = read(&Method::POST, Version::HTTP_11, &headers(&[]));
        assert!(matches!(post, Err(Malformed(_))));
        let old = read(&Method::GET, Version::HTTP_10, &headers(&[]));
        assert!(matches!(old, Err(Malformed(_))));
    }

    #[test]
    fn the_subprotocol_is_named_if_there_is_one() {
        let accept = read_get(&[]).unwrap();
        let response = granted(accept.clone(), None);
        assert_eq!(response.status(), 101);
        assert!(response.headers().get("sec-websocket-protocol").is_none());
        let response = granted(accept, Some(HeaderValue::from_static("chat")));
        assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
    }
}
