//! Heads as bytes.

use http::header::{CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING};

use crate::message::Headers;

/// How a body's end is told to the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// There is no body, and nothing is said of it.
    None,
    /// `Content-Length`.
    Known(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The connection is closed.
    UntilClosed,
}

/// Appends the lines of `headers`, but for the framing, which is not theirs to say, and `left_out`.
pub(crate) fn push_headers(out: &mut Vec<u8>, headers: &Headers, left_out: &HeaderName) {
    for (name, value) in headers.bytes() {
        if *name == CONTENT_LENGTH || *name == TRANSFER_ENCODING || name == left_out {
            continue;
        }
        push_header(out, name, value);
    }
}

/// Appends one line.
pub(crate) fn push_header(out: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Appends the line of the framing, and the head's end.
pub(crate) fn push_head_end(out: &mut Vec<u8>, length: Length) {
    match length {
        Length::None | Length::UntilClosed => {}
        Length::Known(length) => {
            out.extend_from_slice(b"content-length: ");
            out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        Length::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends the line in front of a chunk's data.
pub(crate) fn push_chunk_size(out: &mut Vec<u8>, size: usize) {
    let digits = (usize::BITS - size.leading_zeros()).div_ceil(4).max(1);
    for digit in (0..digits).rev() {
        let value = u32::try_from((size >> (digit * 4)) & 15).unwrap_or_default();
        out.push(char::from_digit(value, 16).map_or(b'0', |digit| digit as u8));
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunks_size_is_in_hexadecimal() {
        for (size, expected) in [(0, "0"), (1, "1"), (15, "f"), (16, "10"), (255, "ff"), (65_536, "10000")] {
            let mut out = Vec::new();
            push_chunk_size(&mut out, size);
            assert_eq!(out, format!("{expected}\r\n").into_bytes());
        }
    }
}
