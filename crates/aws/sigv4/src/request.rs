//! The parts of a request that a signature covers.

use aws_lc_rs::digest;
use http::{HeaderMap, Method, Uri};

/// A request as it came off, or will go onto, the wire: nothing in it has been decoded.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// The path as sent, percent escapes and all; empty means `/`.
    pub path: &'a str,
    /// The query as sent, without the question mark; empty if there is none.
    pub query: &'a str,
    /// The host where it is not in the headers: HTTP/2's `:authority`.
    pub authority: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
}

impl<'a> Request<'a> {
    /// The parts of an HTTP request's head.
    #[must_use]
    pub fn new(method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        Self {
            method: method.as_str(),
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            authority: uri.authority().map(http::uri::Authority::as_str),
            headers,
        }
    }

    /// The first value of a header, if it is visible ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A request's body, as far as its signature is concerned.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// The body itself.
    Bytes(&'a [u8]),
    /// The body's SHA-256, computed while it passed by.
    Sha256([u8; 32]),
    /// Signing: the body shall not be covered (`UNSIGNED-PAYLOAD`). Verifying: the body has
    /// not been read, so only signatures that do not cover it can hold.
    Unsigned,
}

/// What a canonical request ends with when the body is not covered.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

impl Payload<'_> {
    /// The body's hash in lower-case hexadecimal; `None` if it is not covered.
    pub(crate) fn hash(&self) -> Option<String> {
        match self {
            Self::Bytes(bytes) => Some(hex(digest::digest(&digest::SHA256, bytes).as_ref())),
            Self::Sha256(hash) => Some(hex(hash)),
            Self::Unsigned => None,
        }
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_known_by_its_hash() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Payload::Bytes(b"").hash().as_deref(), Some(empty));
        let mut hash = [0; 32];
        hash[0] = 0xE3;
        assert!(Payload::Sha256(hash).hash().is_some_and(|hash| hash.starts_with("e300")));
        assert_eq!(Payload::Unsigned.hash(), None);
    }
}
