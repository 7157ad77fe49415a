//! Heads of requests.

use std::mem::MaybeUninit;
use std::ops::Range;

use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{EXPECT, HOST};
use http::{HeaderValue, Method, StatusCode, Uri, Version};

use super::channel::split_off;
use super::head::{ADDED_TO_REQUESTS, Fields, HEADERS, HeadEnd, lines_end_in_crlf, place};
use super::{Fault, Framing, HEAD_BYTES, Persistence, is_host, is_target};
use crate::message::{Headers, RequestParts};

/// A request's head.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) parts: RequestParts,
    /// The bytes it was read from.
    pub(crate) bytes: Bytes,
    /// How long its body is.
    pub(crate) framing: Framing,
    pub(crate) persistence: Persistence,
    /// Whether the client waits to be told to go on before it sends the body.
    pub(crate) expectation: Expectation,
}

/// `Expect: 100-continue`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expectation {
    /// The body comes by itself.
    None,
    /// The client waits.
    Continue,
}

/// A request that is not taken: the status that says so, and why.
#[derive(Debug)]
pub(crate) struct Unacceptable {
    pub(crate) status: StatusCode,
    pub(crate) why: Fault,
}

impl Unacceptable {
    const fn bad(why: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, why: Fault::Malformed(why) }
    }
}

impl From<Fault> for Unacceptable {
    fn from(why: Fault) -> Self {
        let status = match why {
            // RFC 9112, section 6.1.
            Fault::Coding => StatusCode::NOT_IMPLEMENTED,
            Fault::TooLong => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { status, why }
    }
}

/// What has been read of a head, request after request.
#[derive(Debug, Default)]
pub(crate) struct RequestHeads {
    end: HeadEnd,
    /// Bytes of empty lines in front of it.
    skipped: usize,
}

impl RequestHeads {
    /// Takes a head from the front of `buffer`, if it is complete.
    ///
    /// # Errors
    /// If it is none that is understood without doubt. Nothing more can be read from the connection.
    pub(crate) fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<RequestHead>, Unacceptable> {
        // RFC 9112, section 2.2.
        while buffer.starts_with(b"\r\n") {
            buffer.advance(2);
            self.end = HeadEnd::default();
            self.skipped += 2;
            if self.skipped > HEAD_BYTES {
                return Err(Fault::TooLong.into());
            }
        }
        if buffer.is_empty() {
            return Ok(None);
        }
        // Almost every head is here at once, and reading it tells where it ends.
        let at_once = if self.end.is_fresh() { at_once(buffer) } else { None };
        let (read, length) = match at_once {
            Some(read) => read,
            None => {
                let Some(length) = self.end.find(buffer, false)? else { return Ok(None) };
                match read(buffer.get(..length).unwrap_or_default())? {
                    (read, at) if at == length => (read, length),
                    _ => return Err(Unacceptable::bad("it is no request")),
                }
            }
        };
        self.skipped = 0;
        let bytes = split_off(buffer, length);
        read.head(bytes.freeze()).map(Some)
    }
}

/// What a head says, and where.
struct Read {
    method: Method,
    target: Range<usize>,
    version: u8,
    fields: Fields,
}

/// What the head that `bytes` begin with says, and its length; nothing if it is not here or not beyond doubt.
fn at_once(bytes: &[u8]) -> Option<(Read, usize)> {
    let (read, length) = read(bytes).ok()?;
    (length <= HEAD_BYTES && lines_end_in_crlf(bytes.get(..length)?)).then_some((read, length))
}

fn read(bytes: &[u8]) -> Result<(Read, usize), Unacceptable> {
    let mut lines = [const { MaybeUninit::uninit() }; HEADERS];
    let mut parsed = httparse::Request::new(&mut []);
    let length = match parsed.parse_with_uninit_headers(bytes, &mut lines) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Err(Unacceptable::bad("the head is not complete")),
        Err(httparse::Error::TooManyHeaders) => {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Err(Unacceptable { status, why: Fault::Malformed("there are too many headers") });
        }
        Err(_) => return Err(Unacceptable::bad("it is no request")),
    };
    let (Some(method), Some(target), Some(version)) = (parsed.method, parsed.path, parsed.version) else {
        return Err(Unacceptable::bad("it is no request"));
    };
    let fields = Fields::of(bytes, parsed.headers, ADDED_TO_REQUESTS)?;
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| Unacceptable::bad("the method is none"))?;
    let target = place(bytes, target.as_bytes()).ok_or(Unacceptable::bad("the target is none"))?;
    Ok((Read { method, target, version, fields }, length))
}

impl Read {
    /// The head, whose bytes these are.
    fn head(self, bytes: Bytes) -> Result<RequestHead, Unacceptable> {
        let Self { method, target, version, mut fields } = self;
        fields.headers.are_in(bytes.clone());
        let uri = uri(&bytes, target, &method)?;
        let framing = match (fields.chunked, fields.length) {
            (true, _) if version == 0 => return Err(Unacceptable::bad("HTTP/1.0 has no transfer encodings")),
            (true, _) => Framing::Chunked,
            (false, length) => Framing::Length(length.unwrap_or(0)),
        };
        let version = if version == 0 { Version::HTTP_10 } else { Version::HTTP_11 };
        check_host(&fields, version)?;
        let waits = framing != Framing::Length(0) && version == Version::HTTP_11 && expects(&fields.headers);
        let mut persistence = fields.persistence;
        persistence.close |= version == Version::HTTP_10 && !persistence.keep_alive;
        let expectation = if waits { Expectation::Continue } else { Expectation::None };
        let parts = RequestParts { method, uri, version, headers: fields.headers };
        Ok(RequestHead { parts, bytes, framing, persistence, expectation })
    }
}

fn uri(bytes: &Bytes, target: Range<usize>, method: &Method) -> Result<Uri, Unacceptable> {
    if *method == Method::CONNECT {
        let why = Fault::Malformed("nothing is tunnelled");
        return Err(Unacceptable { status: StatusCode::NOT_IMPLEMENTED, why });
    }
    let target = bytes.slice(target);
    // The parser would leave a fragment away, which no client sends.
    if target.contains(&b'#') {
        return Err(Unacceptable::bad("the target has a fragment"));
    }
    let uri = Uri::from_maybe_shared(target).map_err(|_| Unacceptable::bad("the target is none"))?;
    if is_target(method, &uri) { Ok(uri) } else { Err(Unacceptable::bad("the target is none")) }
}

/// RFC 9112, section 3.2: a request of HTTP/1.1 has one `Host`, and none has two. Where the target names
/// another, that has the last word (section 3.2.2).
fn check_host(fields: &Fields, version: Version) -> Result<(), Unacceptable> {
    if fields.hosts > 1 || (fields.hosts == 0 && version == Version::HTTP_11) {
        return Err(Unacceptable::bad("there is not one host"));
    }
    match fields.headers.first(HOST) {
        Some(host) if !is_host(host) => Err(Unacceptable::bad("the host is none")),
        _ => Ok(()),
    }
}

fn expects(headers: &Headers) -> bool {
    headers
        .get(EXPECT)
        .is_some_and(|value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn take(bytes: &str) -> Result<Option<RequestHead>, Unacceptable> {
        RequestHeads::default().take(&mut BytesMut::from(bytes))
    }

    fn taken(bytes: &str) -> RequestHead {
        take(bytes).unwrap().unwrap()
    }

    fn status(bytes: &str) -> u16 {
        take(bytes).map(|_| ()).unwrap_err().status.as_u16()
    }

    #[test]
    fn a_head_is_read() {
        let head = taken(
            "\r\nPOST /a%2Fb?c=d HTTP/1.1\r\nHOST: h:1\r\nA:  b \r\na: c\r\nContent-Length: 5\r\n\r\nhello",
        );
        assert_eq!((head.parts.method, head.parts.version), (Method::POST, Version::HTTP_11));
        assert_eq!(head.parts.uri, "/a%2Fb?c=d");
        assert_eq!(head.parts.headers.get_all("a").collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(head.framing, Framing::Length(5));
        assert_eq!(head.persistence, Persistence::default());
        assert!(head.bytes.ends_with(b"Content-Length: 5\r\n\r\n"));
        assert!(take("GET / HTTP/1.1\r\nHost: a\r\n").unwrap().is_none());
    }

    #[test]
    fn what_a_head_says_of_its_connection() {
        let close = |head: &str| taken(&format!("{head}\r\nHost: a\r\n\r\n")).persistence.close;
        assert!(!close("GET / HTTP/1.1"));
        assert!(close("GET / HTTP/1.1\r\nConnection: x, Close"));
        assert!(close("GET / HTTP/1.0"));
        assert!(!close("GET / HTTP/1.0\r\nConnection: keep-alive"));
    }

    /// RFC 9112, sections 2.2, 3, 5 and 6, and what of it others are known to read differently.
    #[test]
    fn what_is_not_clear_is_refused() {
        for lines in [
            "GET / HTTP/1.1",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a",
            "GET / HTTP/1.1\r\nHost: a b",
            "GET / HTTP/1.1\r\nHost: u@a",
            "GET ftp://a/ HTTP/1.1\r\nHost: a",
            "GET /a#b HTTP/1.1\r\nHost: a",
            "GET a HTTP/1.1\r\nHost: a",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked",
            "GET / HTTP/1.1\r\nHost : a",
            "GET / HTTP/1.1\r\nHost: a\r\n b: c",
            "GET / HTTP/1.1\r\nHost: a\r\nb\r\nc: d",
            "GET / HTTP/1.1\r\nHost: a\r\n: c",
            "GET / HTTP/1.1\r\nHost: a\r\nb: \0",
            "GET / HTTP/1.1\r\nHost: a\r\nb: c\rd: e",
            "GET  / HTTP/1.1\r\nHost: a",
            "GET / HTTP/1.1 \r\nHost: a",
            "G@T / HTTP/1.1\r\nHost: a",
            "\x16\x03\x01",
        ] {
            assert_eq!(status(&format!("{lines}\r\n\r\n")), 400, "{lines:?}");
        }
        assert_eq!(status("GET / HTTP/1.1\nHost: a\n\n"), 400);
        assert_eq!(status("GET / HTTP/3.0\r\nHost: a\r\n\r\n"), 400);
        assert_eq!(status("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"), 501);
        for coding in ["gzip, chunked", "chunked, chunked"] {
            let head = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {coding}\r\n\r\n");
            assert_eq!(status(&head), 501, "{coding}");
        }
        let many = "A: b\r\n".repeat(HEADERS);
        assert_eq!(status(&format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")), 431);
        assert_eq!(status(&format!("GET / HTTP/1.1\r\nA: {}", "x".repeat(70_000))), 431);
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = RequestHeads::default().take(&mut BytesMut::from(&bytes[..]));
        }

        #[test]
        fn what_is_taken_has_one_reading(lines in prop::collection::vec("(?i)(content-length|transfer-encoding|host|a): ?[0-9a-z, ]{0,9}", 0..5)) {
            let text = format!("POST / HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n"));
            if let Ok(Some(head)) = take(&text) {
                prop_assert!(head.parts.headers.get_all("content-length").count() <= 1);
                prop_assert!(!(head.parts.headers.contains_key("content-length") && head.framing == Framing::Chunked));
                prop_assert_eq!(head.parts.headers.get_all("host").count(), 1);
            }
        }
    }
}
