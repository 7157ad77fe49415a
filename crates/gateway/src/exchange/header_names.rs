//! Header names as their sender wrote them. API Gateway shows a Lambda function the names in
//! the client's own casing over HTTP/1.1 (recorded from AWS: `tEsT-HEADeR` arrives as
//! `tEsT-HEADeR`), while a parsed `Headers` knows only lower case.
//!
//! The listener keeps the bytes of each request's head; this value reads names from them when
//! somebody asks, which costs nothing for all the requests where nobody does.

use std::fmt;

use bytes::Bytes;
use http::HeaderName;

/// The names of one request's headers, as sent. Empty (and so answering in lower case) where
/// the protocol has no other case, as in HTTP/2, or where the head was not kept.
#[derive(Clone, Default)]
pub struct HeaderNames(Bytes);

impl HeaderNames {
    /// Of the bytes of an HTTP/1 head: request line, header lines, empty line.
    #[must_use]
    pub const fn of_head(head: Bytes) -> Self {
        Self(head)
    }

    /// The name of the `nth` line (from 0) that `name` stands on, as sent; `name` itself if the
    /// head has no such line. The answer differs from `name` in case at most.
    #[must_use]
    pub fn as_sent<'a>(&'a self, name: &'a HeaderName, nth: usize) -> &'a str {
        self.in_order()
            .filter(|sent| sent.eq_ignore_ascii_case(name.as_str()))
            .nth(nth)
            .unwrap_or(name.as_str())
    }

    /// The name on each header line, in the order of the lines, repeated names included.
    pub fn in_order(&self) -> impl Iterator<Item = &str> {
        lines(&self.0).skip(1).filter_map(|line| {
            let colon = memchr::memchr(b':', line)?;
            std::str::from_utf8(line.get(..colon)?).ok()
        })
    }
}

fn leading_line_ends(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// The lines before the first empty one, without their ends.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.get(leading_line_ends(head)..)
        .unwrap_or_default()
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| !line.is_empty())
}

/// Names only: the head's values may be secrets.
impl fmt::Debug for HeaderNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.in_order()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(head: &'static str) -> HeaderNames {
        HeaderNames::of_head(Bytes::from_static(head.as_bytes()))
    }

    fn name(text: &'static str) -> HeaderName {
        HeaderName::from_static(text)
    }

    #[test]
    fn each_line_keeps_its_own_casing() {
        let names = of("GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\ntEsT-HEADeR: 2\r\nx-ONE: 3\r\n\r\n");
        assert_eq!(names.as_sent(&name("test-header"), 0), "tEsT-HEADeR");
        assert_eq!(names.as_sent(&name("x-one"), 0), "X-One");
        assert_eq!(names.as_sent(&name("x-one"), 1), "x-ONE");
        assert_eq!(names.in_order().collect::<Vec<_>>(), ["Host", "X-One", "tEsT-HEADeR", "x-ONE"]);
    }

    #[test]
    fn what_the_head_does_not_have_is_lower_case() {
        let names = of("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(names.as_sent(&name("host"), 1), "host");
        assert_eq!(names.as_sent(&name("accept"), 0), "accept");
        assert_eq!(HeaderNames::default().as_sent(&name("host"), 0), "host");
    }

    #[test]
    fn lines_may_end_in_bare_line_feeds_and_follow_empty_ones() {
        let names = of("\r\n\nGET / HTTP/1.1\nHOST: a\n\nBody: not a header\n");
        assert_eq!(names.in_order().collect::<Vec<_>>(), ["HOST"]);
    }

    #[test]
    fn a_request_line_is_not_a_header() {
        assert_eq!(of("GET http://a:80/ HTTP/1.1\r\n\r\n").in_order().count(), 0);
    }

    #[test]
    fn debug_shows_no_values() {
        assert_eq!(
            format!("{:?}", of("GET / HTTP/1.1\r\nAuthorization: secret\r\n\r\n")),
            "[\"Authorization\"]"
        );
    }
}
