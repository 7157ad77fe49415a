//! Messages of bytes that are all there, read by the readers of connections: what fuzz targets hold
//! against each other. Nothing is served with it.

use bytes::{Bytes, BytesMut};
use http::{Method, StatusCode, Version};

use super::body::Body;
use super::chunked::Next;
use super::{
    Fault, Framing, Length, RequestHeads, ResponseHeads, push_chunk_size, push_head_end, push_headers,
};
use crate::message::Headers;

/// A request or a response that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its first line.
    pub start: Start,
    /// All its headers, those of the framing too.
    pub headers: Headers,
    /// Where its body ended.
    pub framing: Framing,
    /// The body without its framing.
    pub body: Vec<u8>,
    /// The bytes that a request's head was read from.
    pub head: Bytes,
}

/// A message's first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Of a request.
    Request {
        /// Its verb.
        method: Method,
        /// Where it goes.
        target: String,
        /// HTTP/1.0 or HTTP/1.1.
        version: Version,
    },
    /// Of a response.
    Response(StatusCode),
}

/// Why there are no more messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// More has to come.
    More,
    /// A request is not taken, for which this is the answer.
    Refused(StatusCode),
    /// A response's head or somebody's body breaks the protocol.
    Broken,
}

/// The requests that a client has sent when `bytes` have come in pieces of this many, and why there are no
/// more.
pub fn requests(bytes: &[u8], piece: usize) -> (Vec<Message>, End) {
    let mut heads = RequestHeads::default();
    messages(bytes, piece, |buffer| {
        let head = heads.take(buffer).map_err(|unacceptable| End::Refused(unacceptable.status))?;
        Ok(head.map(|head| {
            let (method, version) = (head.parts.method, head.parts.version);
            let start = Start::Request { method, target: head.parts.uri.to_string(), version };
            (start, head.parts.headers, head.framing, head.bytes)
        }))
    })
}

/// The answers to requests of this `method` that a backend has sent when it closes the connection.
pub fn responses(bytes: &[u8], piece: usize, method: &Method) -> (Vec<Message>, End) {
    let mut heads = ResponseHeads::default();
    messages(bytes, piece, |buffer| {
        let head = heads.take(buffer, method).map_err(|_| End::Broken)?;
        Ok(head.map(|head| (Start::Response(head.status), head.headers, head.framing, Bytes::new())))
    })
}

/// The body that begins `bytes` with its chunks, and how many bytes it takes; `None` if it goes on behind
/// them.
///
/// # Errors
/// If it breaks the framing.
pub fn chunked(bytes: &[u8], piece: usize) -> Result<Option<(Vec<u8>, usize)>, Fault> {
    let (mut body, mut data, mut buffer) = (Body::from(Framing::Chunked), Vec::new(), BytesMut::new());
    let mut come = 0;
    for more in bytes.chunks(piece.max(1)) {
        buffer.extend_from_slice(more);
        come += more.len();
        if all(&mut body, &mut buffer, &mut data)? {
            return Ok(Some((data, come - buffer.len())));
        }
    }
    Ok(None)
}

type Head = (Start, Headers, Framing, Bytes);

fn messages(
    bytes: &[u8],
    piece: usize,
    mut take: impl FnMut(&mut BytesMut) -> Result<Option<Head>, End>,
) -> (Vec<Message>, End) {
    let (mut whole, mut buffer) = (Vec::new(), BytesMut::new());
    let mut under_way: Option<(Message, Body)> = None;
    for more in bytes.chunks(piece.max(1)) {
        buffer.extend_from_slice(more);
        loop {
            let (mut message, mut body) = match under_way.take() {
                Some(under_way) => under_way,
                None => match take(&mut buffer) {
                    Ok(Some((start, headers, framing, head))) => {
                        (Message { start, headers, framing, body: Vec::new(), head }, Body::from(framing))
                    }
                    Ok(None) => break,
                    Err(end) => return (whole, end),
                },
            };
            match all(&mut body, &mut buffer, &mut message.body) {
                Ok(true) => whole.push(message),
                Ok(false) => {
                    under_way = Some((message, body));
                    break;
                }
                Err(_) => return (whole, End::Broken),
            }
        }
    }
    if let Some((message, Body::UntilClosed)) = under_way {
        whole.push(message);
    }
    (whole, End::More)
}

/// Takes what is here of a body; whether it is over.
fn all(body: &mut Body, buffer: &mut BytesMut, data: &mut Vec<u8>) -> Result<bool, Fault> {
    loop {
        match body.next(buffer)? {
            Next::Data(more) => data.extend_from_slice(&more),
            Next::End => return Ok(true),
            Next::More => return Ok(false),
        }
    }
}

impl Message {
    /// The message as this gateway writes it. A chunked body has one chunk.
    pub fn written(&self) -> Vec<u8> {
        let mut out = match &self.start {
            Start::Request { method, target, version } => format!("{method} {target} {version:?}\r\n"),
            Start::Response(status) => format!("HTTP/1.1 {}\r\n", status.as_str()),
        }
        .into_bytes();
        push_headers(&mut out, &self.headers, &http::header::CONTENT_LENGTH);
        let length = match self.framing {
            Framing::Length(0) if self.has_no_length() => Length::None,
            Framing::Length(length) => Length::Known(length),
            Framing::Chunked => Length::Chunked,
            Framing::UntilClosed => Length::UntilClosed,
        };
        push_head_end(&mut out, length);
        if self.framing == Framing::Chunked {
            if !self.body.is_empty() {
                push_chunk_size(&mut out, self.body.len());
                out.extend_from_slice(&self.body);
                out.extend_from_slice(b"\r\n");
            }
            out.extend_from_slice(b"0\r\n\r\n");
        } else {
            out.extend_from_slice(&self.body);
        }
        out
    }

    fn has_no_length(&self) -> bool {
        !self.headers.contains_key(http::header::CONTENT_LENGTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none\
        POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\ntwo\r\n0\r\n\r\n";

    #[test]
    fn messages_are_the_same_in_whatever_pieces_they_come() {
        for piece in [1, 2, 3, 50, usize::MAX] {
            let (messages, end) = requests(TWO, piece);
            assert_eq!(end, End::More);
            let bodies: Vec<_> = messages.iter().map(|message| &message.body[..]).collect();
            assert_eq!(bodies, [b"one", b"two"]);
        }
        let (messages, end) = requests(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n", 4);
        assert_eq!((messages.len(), end), (1, End::Refused(StatusCode::BAD_REQUEST)));
    }

    #[test]
    fn what_is_written_is_what_was_read() {
        let (messages, _) = requests(TWO, usize::MAX);
        let written: Vec<_> = messages.iter().map(|message| message.written()).collect();
        assert_eq!(written[0], b"POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\none");
        let second =
            b"POST /2 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n";
        assert_eq!(written[1], second);
    }

    #[test]
    fn a_body_without_framing_ends_with_the_connection() {
        let (answers, end) = responses(b"HTTP/1.1 200 OK\r\n\r\nbody", 3, &Method::GET);
        assert_eq!((&answers[0].body[..], answers.len(), end), (&b"body"[..], 1, End::More));
    }
}
