//! What a request's head has to be besides what the parsers ask of it. Where two servers could read two
//! different things out of a head, nobody behind this one gets to read it: it is refused, and over HTTP/1
//! its connection ends with that (RFC 9112, sections 2.2, 3.2, 6.1 and 11.2; RFC 9113, section 8.3.1).

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderMap, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::Uri;
use http::{HeaderValue, Method, Response, StatusCode, Version};
use memchr::{memchr, memchr_iter};

use crate::exchange::{Body, HeaderNames};

/// What is wrong with a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// Its bytes were not followed to here, so nobody knows where it began.
    #[error("nobody knows where the head begins")]
    Unknown,
    #[error("a line ends without a carriage return")]
    LineEnd,
    #[error("the target is no path, no URL of HTTP's, and no asterisk of OPTIONS")]
    Target,
    #[error("the target's authority is not a host and a port")]
    Authority,
    #[error("there is not one Host")]
    Hosts,
    #[error("the Host is not a host and a port, or not that of :authority")]
    Host,
    #[error("there are several lengths, or a length and a transfer coding")]
    Lengths,
    #[error("there are several transfer codings")]
    Codings,
    #[error("the transfer coding is not chunked")]
    Coding,
    #[error("a name is no token")]
    Name,
    #[error("nothing is tunnelled")]
    Tunnel,
}

impl Fault {
    const fn status(self) -> StatusCode {
        match self {
            // RFC 9112, section 6.1; RFC 9110, section 9.1.
            Self::Coding | Self::Tunnel => StatusCode::NOT_IMPLEMENTED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The answer to a request with this fault.
    pub(super) fn answer(self, version: Version) -> Response<Body> {
        let text: &[u8] = match self.status() {
            StatusCode::NOT_IMPLEMENTED => br#"{"message":"Not Implemented"}"#,
            _ => br#"{"message":"Bad Request"}"#,
        };
        let mut response = Response::new(Body::Whole(Bytes::from_static(text)));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if version < Version::HTTP_2 {
            headers.insert(http::header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Looks a head over that has been parsed.
///
/// # Errors
/// The first fault that is found.
pub(super) fn check(head: &Parts, names: &HeaderNames) -> Result<(), Fault> {
    if head.method == Method::CONNECT {
        return Err(Fault::Tunnel);
    }
    target(&head.method, &head.uri)?;
    if head.version < Version::HTTP_2 {
        lines(head, names.head())?;
    } else {
        fields(head)?;
    }
    match head.headers.get(HOST) {
        Some(host) if !is_host(host.as_bytes()) => Err(Fault::Host),
        _ => Ok(()),
    }
}

fn target(method: &Method, uri: &Uri) -> Result<(), Fault> {
    let path = uri.path();
    if !path.starts_with('/') && !(path == "*" && method == Method::OPTIONS) {
        return Err(Fault::Target);
    }
    if !matches!(uri.scheme_str(), None | Some("http" | "https")) {
        return Err(Fault::Target);
    }
    match uri.authority() {
        Some(authority) if !is_host(authority.as_str().as_bytes()) => Err(Fault::Authority),
        _ => Ok(()),
    }
}

/// The lines of a head of HTTP/1, as they were sent.
fn lines(head: &Parts, bytes: &[u8]) -> Result<(), Fault> {
    if bytes.is_empty() {
        return Err(Fault::Unknown);
    }
    let (mut hosts, mut lengths, mut codings) = (0, 0, 0);
    let (mut at, mut first) = (0, true);
    for end in memchr_iter(b'\n', bytes) {
        let line = bytes.get(at..end).and_then(|line| line.strip_suffix(b"\r")).ok_or(Fault::LineEnd)?;
        at = end + 1;
        if line.is_empty() {
            continue;
        }
        if std::mem::take(&mut first) {
            // Parsers leave fragments away, which no client sends.
            if memchr(b'#', line).is_some() {
                return Err(Fault::Target);
            }
            continue;
        }
        let name = memchr(b':', line).and_then(|colon| line.get(..colon)).unwrap_or_default();
        let count = match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => &mut hosts,
            14 if name.eq_ignore_ascii_case(b"content-length") => &mut lengths,
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => &mut codings,
            _ => continue,
        };
        *count += 1;
    }
    if hosts > 1 || hosts == 0 && head.version == Version::HTTP_11 {
        return Err(Fault::Hosts);
    }
    if lengths > 1 || lengths > 0 && codings > 0 {
        return Err(Fault::Lengths);
    }
    if codings > 1 {
        return Err(Fault::Codings);
    }
    let coding = head.headers.get(TRANSFER_ENCODING);
    if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return Err(Fault::Coding);
    }
    Ok(())
}

/// The fields of a head of HTTP/2.
fn fields(head: &Parts) -> Result<(), Fault> {
    let several = |headers: &HeaderMap, name| headers.get_all(name).iter().nth(1).is_some();
    if several(&head.headers, CONTENT_LENGTH) {
        return Err(Fault::Lengths);
    }
    if several(&head.headers, HOST) {
        return Err(Fault::Hosts);
    }
    // The type for names lets this one pass, which is in no token.
    if head.headers.keys().any(|name| memchr(b'"', name.as_str().as_bytes()).is_some()) {
        return Err(Fault::Name);
    }
    match (head.uri.authority(), head.headers.get(HOST)) {
        (None, None) => Err(Fault::Hosts),
        (Some(authority), Some(host))
            if !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) =>
        {
            Err(Fault::Host)
        }
        _ => Ok(()),
    }
}

/// Whether this is a host with or without a port (RFC 9110, section 7.2), and no more than that: nobody's
/// name and password, and no list.
fn is_host(text: &[u8]) -> bool {
    let (name, port) = match text.strip_prefix(b"[") {
        Some(rest) => {
            let Some(end) = memchr(b']', rest) else { return false };
            let (address, behind) = rest.split_at(end);
            let in_address = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
            if !address.iter().all(in_address) {
                return false;
            }
            let port = match behind {
                b"]" => None,
                [b']', b':', port @ ..] => Some(port),
                _ => return false,
            };
            (address, port)
        }
        None => match memchr(b':', text) {
            Some(colon) => (text.get(..colon).unwrap_or_default(), text.get(colon + 1..)),
            None => (text, None),
        },
    };
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+;=:".contains(byte);
    let is_port = |port: &[u8]| port.len() <= 5 && port.iter().all(u8::is_ascii_digit);
    !name.is_empty() && name.iter().all(in_name) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head as the parser and the one who follows the bytes would give it.
    fn checked(version: Version, target: &str, lines: &str) -> Result<(), Fault> {
        let mut builder = http::Request::get(target).version(version);
        for line in lines.split_terminator("\r\n") {
            let (name, value) = line.split_once(':').unwrap();
            builder = builder.header(name, value.trim());
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let bytes = format!("GET {target} HTTP/1.1\r\n{lines}\r\n");
        check(&head, &HeaderNames::of_head(Bytes::from(bytes)))
    }

    fn http1(lines: &str) -> Result<(), Fault> {
        checked(Version::HTTP_11, "/x", lines)
    }

    #[test]
    fn a_head_has_one_host_and_one_framing() {
        for (lines, expected) in [
            ("Host: a\r\n", Ok(())),
            ("hOST: a:80\r\n", Ok(())),
            ("Host: [::1]:80\r\n", Ok(())),
            ("Accept: x\r\n", Err(Fault::Hosts)),
            ("Host: a\r\nHost: a\r\n", Err(Fault::Hosts)),
            ("Host: a, b\r\n", Err(Fault::Host)),
            ("Host: a@b\r\n", Err(Fault::Host)),
            ("Host: a/b\r\n", Err(Fault::Host)),
            ("Host: a:b\r\n", Err(Fault::Host)),
            ("Host: a:1:2\r\n", Err(Fault::Host)),
            ("Host:\r\n", Err(Fault::Host)),
            ("Host: [::1\r\n", Err(Fault::Host)),
            ("Host: [::1]x\r\n", Err(Fault::Host)),
            ("Host: a\r\nContent-Length: 1\r\n", Ok(())),
            ("Host: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n", Err(Fault::Lengths)),
            ("Host: a\r\nTransfer-Encoding: chunked\r\ncontent-length: 1\r\n", Err(Fault::Lengths)),
            ("Host: a\r\nTransfer-Encoding: Chunked\r\n", Ok(())),
            ("Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", Err(Fault::Coding)),
            ("Host: a\r\nTransfer-Encoding: a\r\nTransfer-Encoding: chunked\r\n", Err(Fault::Codings)),
        ] {
            assert_eq!(http1(lines), expected, "{lines:?}");
        }
        assert_eq!(checked(Version::HTTP_10, "/x", "Accept: x\r\n"), Ok(()));
        assert_eq!(checked(Version::HTTP_10, "/x", "Host: a\r\nHost: b\r\n"), Err(Fault::Hosts));
    }

    #[test]
    fn lines_end_as_they_have_to() {
        let (head, ()) = http::Request::get("/x").header("host", "a").body(()).unwrap().into_parts();
        for (bytes, expected) in [
            (&b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"[..], Ok(())),
            (b"\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n", Ok(())),
            (b"\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n", Err(Fault::LineEnd)),
            (b"GET /x HTTP/1.1\nHost: a\r\n\r\n", Err(Fault::LineEnd)),
            (b"GET /x HTTP/1.1\r\nHost: a\n\r\n", Err(Fault::LineEnd)),
            (b"GET /x HTTP/1.1\r\nHost: a\r\n\n", Err(Fault::LineEnd)),
            (b"GET /x#y HTTP/1.1\r\nHost: a\r\n\r\n", Err(Fault::Target)),
            (b"", Err(Fault::Unknown)),
        ] {
            let names = HeaderNames::of_head(Bytes::from_static(bytes));
            assert_eq!(check(&head, &names), expected, "{bytes:?}");
        }
    }

    #[test]
    fn targets_are_paths_or_urls_of_http() {
        for (target, expected) in [
            ("http://a:80/x", Ok(())),
            ("https://a", Ok(())),
            ("ftp://a/x", Err(Fault::Target)),
            ("http://me@a/x", Err(Fault::Authority)),
            ("*", Err(Fault::Target)),
            ("a:80", Err(Fault::Target)),
        ] {
            assert_eq!(checked(Version::HTTP_11, target, "Host: a\r\n"), expected, "{target}");
        }
        let (mut head, ()) = http::Request::options("*").header("host", "a").body(()).unwrap().into_parts();
        let names = HeaderNames::of_head(Bytes::from_static(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(check(&head, &names), Ok(()));
        head.method = Method::CONNECT;
        assert_eq!(check(&head, &names), Err(Fault::Tunnel));
    }

    #[test]
    fn http2_names_one_host() {
        for (target, lines, expected) in [
            ("http://a/x", "", Ok(())),
            ("http://a/x", "host: A\r\n", Ok(())),
            ("http://a/x", "host: b\r\n", Err(Fault::Host)),
            ("http://a/x", "host: a\r\nhost: a\r\n", Err(Fault::Hosts)),
            ("http://a/x", "content-length: 1\r\ncontent-length: 1\r\n", Err(Fault::Lengths)),
            ("/x", "host: a\r\n", Ok(())),
            ("/x", "", Err(Fault::Hosts)),
        ] {
            assert_eq!(checked(Version::HTTP_2, target, lines), expected, "{target} {lines:?}");
        }
    }

    #[test]
    fn names_of_http2_are_tokens() {
        let name = http::HeaderName::from_lowercase(b"x\"").unwrap();
        let (head, ()) = http::Request::get("http://a/x").header(name, "a").body(()).unwrap().into_parts();
        assert_eq!(fields(&head), Err(Fault::Name));
    }
}
