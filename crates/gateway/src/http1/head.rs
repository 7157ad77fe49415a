//! What request heads and response heads have in common: where they end, their headers, and how
//! long a body follows.

use std::ops::Range;

use http::HeaderName;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};

use super::names::with_names;
use super::{Fault, HEAD_BYTES};
use crate::message::Headers;

/// The header lines that a head may have.
pub(crate) const HEADERS: usize = 100;

/// Headers that a request gets on its way, and an answer, for which there is room from the beginning.
pub(super) const ADDED_TO_REQUESTS: usize = 7;
pub(super) const ADDED_TO_ANSWERS: usize = 3;

/// Where a message's body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// After so many bytes.
    Length(u64),
    /// Where its last chunk says.
    Chunked,
    /// Where the connection ends.
    UntilClosed,
}

/// What a head says of its connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Persistence {
    /// `Connection: close`.
    pub(crate) close: bool,
    /// `Connection: keep-alive`.
    pub(crate) keep_alive: bool,
    /// `Connection: upgrade`.
    pub(crate) upgrade: bool,
}

/// Finds the end of the head that a buffer begins with, however slowly it comes: no byte is looked
/// at twice.
#[derive(Debug, Default)]
pub(crate) struct HeadEnd {
    /// Where the line begins that was not complete.
    line: usize,
    /// Up to where it was looked at.
    seen: usize,
}

impl HeadEnd {
    /// Whether nothing of the head has been looked at yet.
    pub(crate) const fn is_fresh(&self) -> bool {
        self.seen == 0
    }

    /// The length of the head with its empty line, if it is complete.
    ///
    /// # Errors
    /// If a line ends without CR, unless `bare` line feeds are taken; or if the head is too long.
    pub(crate) fn find(&mut self, bytes: &[u8], bare: bool) -> Result<Option<usize>, Fault> {
        while let Some(at) = memchr::memchr(b'\n', bytes.get(self.seen..).unwrap_or_default()) {
            let end = self.seen + at;
            let line = bytes.get(self.line..end).unwrap_or_default();
            self.line = end + 1;
            self.seen = self.line;
            if self.line > HEAD_BYTES {
                return Err(Fault::TooLong);
            }
            match line {
                b"\r" => return self.ended(),
                b"" if bare => return self.ended(),
                [.., b'\r'] => {}
                _ if bare => {}
                _ => return Err(Fault::Malformed("a line ends without CR")),
            }
        }
        self.seen = bytes.len();
        if self.seen > HEAD_BYTES {
            return Err(Fault::TooLong);
        }
        Ok(None)
    }

    fn ended(&mut self) -> Result<Option<usize>, Fault> {
        let length = self.line;
        *self = Self::default();
        Ok(Some(length))
    }
}

/// A head's headers, and what they say of its framing.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) headers: Headers,
    /// `Content-Length`, if there is one.
    pub(crate) length: Option<u64>,
    /// `Transfer-Encoding` says `chunked`, and nothing else.
    pub(crate) chunked: bool,
    /// It says something else.
    other_coding: bool,
    pub(crate) persistence: Persistence,
    /// How many lines name the host.
    pub(crate) hosts: usize,
}

impl Fields {
    /// Of the lines that `httparse` has found in `head`, with room for so many that are `added`. The headers are yet
    /// to be told [where they are](Headers::are_in).
    ///
    /// # Errors
    /// If the framing is not clear beyond doubt.
    pub(crate) fn of(head: &[u8], lines: &[httparse::Header<'_>], added: usize) -> Result<Self, Fault> {
        let headers = Headers::with_capacity(lines.len() + added);
        let mut fields = Self { headers, ..Self::default() };
        with_names(|names| {
            for line in lines {
                let name = names.read(line.name.as_bytes());
                let name = name.map_err(|_| Fault::Malformed("a header's name is none"))?;
                // `httparse` lets no byte through that a value may not have (see the test below).
                let place = place(head, line.value).ok_or(Fault::Malformed("a header's value is none"))?;
                fields.note(&name, line.value)?;
                fields.headers.append_read(name, place);
            }
            Ok::<(), Fault>(())
        })?;
        if (fields.chunked || fields.other_coding) && fields.length.is_some() {
            return Err(Fault::Malformed("there are both a length and a transfer coding"));
        }
        if fields.other_coding {
            return Err(Fault::Coding);
        }
        Ok(fields)
    }

    fn note(&mut self, name: &HeaderName, value: &[u8]) -> Result<(), Fault> {
        if *name == CONTENT_LENGTH {
            if self.length.is_some() {
                return Err(Fault::Malformed("there is more than one length"));
            }
            self.length = Some(length(value).ok_or(Fault::Malformed("the length is none"))?);
        } else if *name == TRANSFER_ENCODING {
            if self.chunked || self.other_coding {
                return Err(Fault::Malformed("there are several transfer codings"));
            }
            self.chunked = value.eq_ignore_ascii_case(b"chunked");
            self.other_coding = !self.chunked;
            // RFC 9112, section 6.3: nobody knows where such a body ends.
            let last = value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
            if !last.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                return Err(Fault::Malformed("the last transfer coding is not chunked"));
            }
        } else if *name == CONNECTION {
            for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                self.persistence.close |= option.eq_ignore_ascii_case(b"close");
                self.persistence.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                self.persistence.upgrade |= option.eq_ignore_ascii_case(b"upgrade");
            }
        } else if *name == HOST {
            self.hosts += 1;
        }
        Ok(())
    }
}

/// Where `value`, which is a part of `head`, is in it.
pub(super) fn place(head: &[u8], value: &[u8]) -> Option<Range<usize>> {
    let start = value.as_ptr().addr().checked_sub(head.as_ptr().addr())?;
    let end = start.checked_add(value.len())?;
    (end <= head.len()).then_some(start..end)
}

/// Whether no line of `head` ends in a line feed alone.
pub(super) fn lines_end_in_crlf(head: &[u8]) -> bool {
    let bare = |(before, byte): (&u8, &u8)| *byte == b'\n' && *before != b'\r';
    // Without a way out on the way: several bytes are looked at at a time.
    let any = head.iter().zip(head.iter().skip(1)).fold(false, |any, pair| any | bare(pair));
    !any && head.first() != Some(&b'\n')
}

/// A length in decimal digits, and nothing else (RFC 9110, section 8.6).
fn length(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u64, |length, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        length.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// Values are made of what the parser has taken without being looked at again.
    #[test]
    fn what_the_parser_takes_for_a_value_is_one() {
        for byte in 0..=u8::MAX {
            let is_value = HeaderValue::from_bytes(&[b'x', byte, b'y']).is_ok();
            for start in ["GET / HTTP/1.1", "HTTP/1.1 200 OK"] {
                let head = [start.as_bytes(), b"\r\nA: x", &[byte], b"y\r\nB: c\r\n\r\n"].concat();
                let mut lines = [httparse::EMPTY_HEADER; 4];
                let read = if start.starts_with("GET") {
                    httparse::Request::new(&mut lines).parse(&head)
                } else {
                    httparse::Response::new(&mut lines).parse(&head)
                };
                let taken = read.is_ok_and(|read| read.is_complete());
                let values = lines.iter().filter(|line| !line.name.is_empty());
                let mut values = values.map(|line| HeaderValue::from_bytes(line.value));
                assert!(!taken || values.all(|value| value.is_ok()), "{byte}");
                assert!(!taken || is_value || byte == b'\n', "{byte}");
            }
        }
    }

    #[test]
    fn a_bare_line_feed_is_seen_wherever_it_is() {
        for head in ["", "a", "\r\n", "GET / HTTP/1.1\r\nA: b\r\n\r\n", "\r", "\r\r\n"] {
            assert!(lines_end_in_crlf(head.as_bytes()), "{head:?}");
        }
        let long = format!("{}\n", "x".repeat(200));
        for head in ["\n", "a\n", "\r\n\n", "a\r\nb\nc\r\n\r\n", &long] {
            assert!(!lines_end_in_crlf(head.as_bytes()), "{head:?}");
        }
    }

    #[test]
    fn a_head_ends_with_its_first_empty_line() {
        for (bytes, strict, bare) in [
            ("GET / HTTP/1.1\r\n\r\n", Some(18), Some(18)),
            ("GET / HTTP/1.1\r\nA: b\r\n\r\nrest", Some(24), Some(24)),
            ("GET / HTTP/1.1\r\nA: b\r\n", None, None),
            ("GET / HTTP/1.1\r\n\r", None, None),
            ("", None, None),
        ] {
            assert_eq!(HeadEnd::default().find(bytes.as_bytes(), false).unwrap(), strict, "{bytes:?}");
            assert_eq!(HeadEnd::default().find(bytes.as_bytes(), true).unwrap(), bare, "{bytes:?}");
        }
        for bytes in ["GET / HTTP/1.1\n\nrest", "GET / HTTP/1.1\r\nA: b\n\r\n", "\n"] {
            assert!(HeadEnd::default().find(bytes.as_bytes(), false).is_err(), "{bytes:?}");
        }
        assert_eq!(HeadEnd::default().find(b"HTTP/1.1 200 OK\n\nrest", true).unwrap(), Some(17));
    }

    #[test]
    fn a_head_may_come_byte_by_byte() {
        let bytes = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut end = HeadEnd::default();
        for length in 0..bytes.len() {
            assert_eq!(end.find(&bytes[..length], false).unwrap(), None);
        }
        assert_eq!(end.find(bytes, false).unwrap(), Some(bytes.len()));
        assert_eq!(end.find(b"\r\n", false).unwrap(), Some(2));
    }

    #[test]
    fn an_endless_head_is_given_up() {
        let mut end = HeadEnd::default();
        assert!(end.find(&vec![b'x'; HEAD_BYTES], false).unwrap().is_none());
        assert!(end.find(&vec![b'x'; HEAD_BYTES + 1], false).is_err());
        let lines = "A: b\r\n".repeat(HEAD_BYTES / 6 + 1);
        assert!(HeadEnd::default().find(lines.as_bytes(), false).is_err());
    }

    /// RFC 9110, section 8.6: one or more digits.
    #[test]
    fn a_length_is_digits() {
        for (text, expected) in [
            ("0", Some(0)),
            ("5", Some(5)),
            ("0005", Some(5)),
            ("00000000000000000000000005", Some(5)),
            ("18446744073709551615", Some(u64::MAX)),
        ] {
            assert_eq!(length(text.as_bytes()), expected);
        }
        for text in ["", "+5", "-5", "5 5", "5,5", "0x5", "5a", "1e3", "18446744073709551616", "\u{665}"] {
            assert_eq!(length(text.as_bytes()), None, "{text:?}");
        }
    }
}
