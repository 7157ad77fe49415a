//! Heads of responses.

use std::mem::MaybeUninit;

use bytes::BytesMut;
use http::{Method, StatusCode};

use super::channel::split_off;
use super::head::{ADDED_TO_ANSWERS, Fields, HEADERS, HeadEnd};
use super::{Fault, Framing, HEAD_BYTES};
use crate::message::Headers;

/// A response's head.
#[derive(Debug)]
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    pub(crate) headers: Headers,
    /// How long its body is.
    pub(crate) framing: Framing,
    /// Whether its connection can be used again once it is over.
    pub(crate) persists: bool,
}

/// What has been read of a response's head.
#[derive(Debug, Default)]
pub(crate) struct ResponseHeads(HeadEnd);

impl ResponseHeads {
    /// Takes the head of the answer to a `method` from the front of `buffer`, if it is complete.
    /// Interim answers in front of it are dropped (RFC 9110, section 15.2). Backends may end lines
    /// with a line feed alone; nobody else reads what they say.
    ///
    /// # Errors
    /// If it is no answer, or one whose body could be read in more than one way.
    pub(crate) fn take(
        &mut self,
        buffer: &mut BytesMut,
        method: &Method,
    ) -> Result<Option<ResponseHead>, Fault> {
        loop {
            if buffer.is_empty() {
                return Ok(None);
            }
            // Almost every head is here at once, and reading it tells where it ends.
            let at_once = if self.0.is_fresh() { at_once(buffer, method) } else { None };
            let (mut head, length) = match at_once {
                Some(read) => read,
                None => {
                    let Some(length) = self.0.find(buffer, true)? else { return Ok(None) };
                    match read(buffer.get(..length).unwrap_or_default(), method)? {
                        (head, at) if at == length => (head, length),
                        _ => return Err(Fault::Malformed("it is no answer in HTTP")),
                    }
                }
            };
            let bytes = split_off(buffer, length);
            head.headers.are_in(bytes.freeze());
            match head.status {
                StatusCode::SWITCHING_PROTOCOLS => {
                    return Err(Fault::Malformed("another protocol was not asked for"));
                }
                status if status.is_informational() => {}
                _ => return Ok(Some(head)),
            }
        }
    }
}

/// What the head that `bytes` begin with says, and its length; nothing if it is not here or not beyond doubt.
fn at_once(bytes: &[u8], method: &Method) -> Option<(ResponseHead, usize)> {
    // The parser passes over empty lines in front of a head.
    let begins = bytes.first() == Some(&b'H');
    begins.then(|| read(bytes, method).ok()).flatten().filter(|(_, length)| *length <= HEAD_BYTES)
}

/// What a head says, its headers without their bytes, and its length.
fn read(bytes: &[u8], method: &Method) -> Result<(ResponseHead, usize), Fault> {
    let mut lines = [const { MaybeUninit::uninit() }; HEADERS];
    let mut parsed = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    let length = match config.parse_response_with_uninit_headers(&mut parsed, bytes, &mut lines) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) | Err(_) => return Err(Fault::Malformed("it is no answer in HTTP")),
    };
    let (Some(code), Some(version)) = (parsed.code, parsed.version) else {
        return Err(Fault::Malformed("it is no answer in HTTP"));
    };
    let status = StatusCode::from_u16(code).map_err(|_| Fault::Malformed("the status is none"))?;
    let fields = Fields::of(bytes, parsed.headers, ADDED_TO_ANSWERS)?;
    // RFC 9112, section 6.3.
    let bodiless = *method == Method::HEAD
        || status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let framing = match (bodiless, fields.chunked, fields.length) {
        (true, ..) => Framing::Length(0),
        (false, true, _) if version == 0 => {
            return Err(Fault::Malformed("HTTP/1.0 has no transfer encodings"));
        }
        (false, true, _) => Framing::Chunked,
        (false, false, Some(length)) => Framing::Length(length),
        (false, false, None) => Framing::UntilClosed,
    };
    let asked_for = if version == 0 { fields.persistence.keep_alive } else { !fields.persistence.close };
    let persists = asked_for && framing != Framing::UntilClosed;
    Ok((ResponseHead { status, headers: fields.headers, framing, persists }, length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn take(bytes: &str, method: &Method) -> Result<Option<ResponseHead>, Fault> {
        ResponseHeads::default().take(&mut BytesMut::from(bytes), method)
    }

    #[test]
    fn where_an_answers_body_ends() {
        let framing = |lines: &str, method| {
            let head = take(&format!("{lines}\r\n\r\n"), &method).unwrap().unwrap();
            (head.framing, head.persists)
        };
        for (lines, method, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5", Method::GET, (Framing::Length(5), true)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5", Method::HEAD, (Framing::Length(0), true)),
            ("HTTP/1.1 204 No Content", Method::GET, (Framing::Length(0), true)),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5", Method::GET, (Framing::Length(0), true)),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", Method::GET, (Framing::Chunked, true)),
            ("HTTP/1.1 200 OK", Method::GET, (Framing::UntilClosed, false)),
            (
                "HTTP/1.1 200\r\nContent-Length: 0\r\nConnection: close",
                Method::GET,
                (Framing::Length(0), false),
            ),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0", Method::GET, (Framing::Length(0), false)),
            (
                "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive",
                Method::GET,
                (Framing::Length(0), true),
            ),
        ] {
            assert_eq!(framing(lines, method), expected, "{lines:?}");
        }
    }

    #[test]
    fn interim_answers_are_passed_over() {
        let head = take(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
            &Method::PUT,
        );
        assert_eq!(head.unwrap().unwrap().status, 201);
        assert!(take("HTTP/1.1 100 Continue\r\n\r\n", &Method::PUT).unwrap().is_none());
        assert!(take("HTTP/1.1 101 Switching Protocols\r\n\r\n", &Method::GET).is_err());
    }

    #[test]
    fn an_answer_with_two_readings_is_none() {
        for lines in [
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip",
            "HTTP/1.1 200 OK\r\nContent-Length: x",
            "HTTP/1.1 200 OK\r\nno header",
            "HTTP/1.1 abc",
            "SSH-2.0-OpenSSH_9.2p1",
        ] {
            assert!(take(&format!("{lines}\r\n\r\n"), &Method::GET).is_err(), "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = ResponseHeads::default().take(&mut BytesMut::from(&bytes[..]), &Method::GET);
        }
    }
}
