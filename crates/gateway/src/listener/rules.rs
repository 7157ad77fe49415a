//! What the head of a request over HTTP/2 has to be besides what its parser asks of it. Where two servers
//! could read two different things out of a head, nobody behind this one gets to read it (RFC 9113,
//! section 8.3.1). `crate::http1` does the same for HTTP/1.1.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, COOKIE, HOST};
use http::{HeaderValue, Method, StatusCode};
use memchr::memchr;

use crate::exchange::Body;
use crate::http1::{HEADERS, is_host, is_target};
use crate::message::{Headers, RequestParts, Response};

/// What is wrong with a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("the target is no path, no URL of HTTP's, and no asterisk of OPTIONS")]
    Target,
    #[error("there is not one host")]
    Hosts,
    #[error("the host is not a host and a port, or not that of :authority")]
    Host,
    #[error("there are several lengths")]
    Lengths,
    #[error("a name is no token")]
    Name,
    #[error("there are too many headers")]
    Many,
    #[error("nothing is tunnelled")]
    Tunnel,
}

impl Fault {
    /// The answer to a request with this fault.
    pub(super) fn answer(self) -> Response<Body> {
        let (status, text): (_, &[u8]) = match self {
            // RFC 9110, section 9.1.
            Self::Many => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, br#"{"message":"Bad Request"}"#),
            Self::Tunnel => (StatusCode::NOT_IMPLEMENTED, br#"{"message":"Not Implemented"}"#),
            _ => (StatusCode::BAD_REQUEST, br#"{"message":"Bad Request"}"#),
        };
        let mut response = Response::new(Body::Whole(Bytes::from_static(text)));
        *response.status_mut() = status;
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(http::header::CONTENT_TYPE, json);
        response
    }
}

/// Looks a head over that has been parsed.
///
/// # Errors
/// The first fault that is found.
pub(super) fn check(head: &RequestParts) -> Result<(), Fault> {
    // Clients divide their cookies (RFC 9113, section 8.2.3), which become one line again.
    if head.headers.iter().filter(|(name, _)| **name != COOKIE).nth(HEADERS).is_some() {
        return Err(Fault::Many);
    }
    if head.method == Method::CONNECT {
        return Err(Fault::Tunnel);
    }
    if !is_target(&head.method, &head.uri) {
        return Err(Fault::Target);
    }
    let several = |headers: &Headers, name| headers.get_all(name).nth(1).is_some();
    if several(&head.headers, CONTENT_LENGTH) {
        return Err(Fault::Lengths);
    }
    if several(&head.headers, HOST) {
        return Err(Fault::Hosts);
    }
    // The type for names lets this one pass, which is in no token.
    if head.headers.iter().any(|(name, _)| memchr(b'"', name.as_str().as_bytes()).is_some()) {
        return Err(Fault::Name);
    }
    match (head.uri.authority(), head.headers.get(HOST)) {
        (None, None) => Err(Fault::Hosts),
        (Some(authority), Some(host))
            if !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) =>
        {
            Err(Fault::Host)
        }
        (_, Some(host)) if !is_host(host.as_bytes()) => Err(Fault::Host),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(method: Method, target: &str, lines: &str) -> Result<(), Fault> {
        let mut builder = http::Request::builder().method(method).uri(target);
        for line in lines.split_terminator("\r\n") {
            let (name, value) = line.split_once(':').unwrap();
            builder = builder.header(name, value.trim());
        }
        check(&builder.body(()).unwrap().into_parts().0.into())
    }

    #[test]
    fn a_request_names_one_host() {
        for (target, lines, expected) in [
            ("http://a/x", "", Ok(())),
            ("http://a/x", "host: A\r\n", Ok(())),
            ("http://a/x", "host: b\r\n", Err(Fault::Host)),
            ("http://a/x", "host: a\r\nhost: a\r\n", Err(Fault::Hosts)),
            ("http://a/x", "content-length: 1\r\ncontent-length: 1\r\n", Err(Fault::Lengths)),
            ("http://me@a/x", "", Err(Fault::Target)),
            ("/x", "host: a\r\n", Ok(())),
            ("/x", "host: a/b\r\n", Err(Fault::Host)),
            ("/x", "", Err(Fault::Hosts)),
        ] {
            assert_eq!(checked(Method::GET, target, lines), expected, "{target} {lines:?}");
        }
        assert_eq!(checked(Method::CONNECT, "http://a/x", ""), Err(Fault::Tunnel));
    }

    #[test]
    fn a_request_has_so_many_headers() {
        let lines = |many: usize| "a: b\r\n".repeat(many) + &"cookie: c\r\n".repeat(500);
        assert_eq!(checked(Method::GET, "http://a/x", &lines(HEADERS)), Ok(()));
        assert_eq!(checked(Method::GET, "http://a/x", &lines(HEADERS + 1)), Err(Fault::Many));
        assert_eq!(Fault::Many.answer().status(), 431);
    }

    #[test]
    fn names_are_tokens() {
        let name = http::HeaderName::from_lowercase(b"x\"").unwrap();
        let (head, ()) = http::Request::get("http://a/x").header(name, "a").body(()).unwrap().into_parts();
        assert_eq!(check(&head.into()), Err(Fault::Name));
    }
}
