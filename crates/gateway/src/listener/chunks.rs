//! Where a chunked body ends (RFC 9112, section 7.1). Follows the framing only, to the letter: the data
//! itself is decoded by `hyper`, and what the two could take for different things is no chunk.

/// A chunk or a trailer that is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a chunked body is none")]
pub(super) struct NoChunk;

/// How far into a chunked body the bytes have come.
#[derive(Debug)]
pub(super) struct Chunks(At);

#[derive(Debug)]
enum At {
    /// Before the first digit of a size.
    Start,
    /// In the digits of a size, which is this so far.
    Size(u64),
    /// Behind the digits, where blanks may stand.
    Blank(u64),
    /// In an extension.
    Extension(u64),
    /// Before the line feed of a size's line.
    SizeEnd(u64),
    /// So many bytes before the end of a chunk.
    Data(u64),
    /// Before the carriage return that follows a chunk's data.
    DataEnd,
    /// Before its line feed.
    DataFeed,
    /// At the start of a line of the trailer.
    TrailerLine,
    /// Within such a line.
    Trailer,
    /// Before such a line's feed.
    TrailerEnd,
    /// Before the last line feed.
    End,
}

impl Default for Chunks {
    fn default() -> Self {
        Self(At::Start)
    }
}

impl Chunks {
    /// Follows `bytes`; the number of them that belong to the body if it ends among them.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Result<Option<usize>, NoChunk> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if let At::Data(left) = &mut self.0 {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
                *left -= here as u64;
                at += here;
                if *left == 0 {
                    self.0 = At::DataEnd;
                }
                continue;
            }
            at += 1;
            if self.step(*byte)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Follows one byte outside of data; whether it was the body's last.
    fn step(&mut self, byte: u8) -> Result<bool, NoChunk> {
        self.0 = match (&self.0, byte) {
            (At::Size(size) | At::Blank(size) | At::Extension(size), b'\r') => At::SizeEnd(*size),
            (At::Size(size) | At::Blank(size), b';') => At::Extension(*size),
            (At::Size(size) | At::Blank(size), b' ' | b'\t') => At::Blank(*size),
            (At::Start, digit) => At::Size(number(0, digit)?),
            (At::Size(size), digit) => At::Size(number(*size, digit)?),
            (At::Extension(size), byte) if byte == b'\t' || byte >= b' ' && byte != 0x7f => {
                At::Extension(*size)
            }
            (At::SizeEnd(0), b'\n') => At::TrailerLine,
            (At::SizeEnd(size), b'\n') => At::Data(*size),
            (At::DataEnd, b'\r') => At::DataFeed,
            (At::DataFeed, b'\n') => At::Start,
            (At::TrailerLine, b'\r') => At::End,
            (At::Trailer, b'\r') => At::TrailerEnd,
            (At::TrailerLine | At::Trailer, byte) if byte != b'\n' => At::Trailer,
            (At::TrailerEnd, b'\n') => At::TrailerLine,
            (At::End, b'\n') => return Ok(true),
            _ => return Err(NoChunk),
        };
        Ok(false)
    }
}

/// A size with one more digit.
fn number(size: u64, digit: u8) -> Result<u64, NoChunk> {
    let digit = char::from(digit).to_digit(16).ok_or(NoChunk)?;
    size.checked_mul(16).and_then(|size| size.checked_add(u64::from(digit))).ok_or(NoChunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_ends_behind_its_trailer() {
        for (bytes, end) in [
            ("0\r\n\r\n", Ok(Some(5))),
            ("0\r\n\r\nGET /", Ok(Some(5))),
            ("5\r\nhello\r\n0\r\n\r\n", Ok(Some(15))),
            ("5;name=value\r\nhello\r\n0\r\n\r\n", Ok(Some(26))),
            ("00A \r\n0123456789\r\n0\r\n\r\n", Ok(Some(23))),
            ("0\r\nA: b\r\nC: d\r\n\r\nrest", Ok(Some(17))),
            ("5\nhello\r\n0\r\n\r\n", Err(NoChunk)),
            ("5\r\nhello\n0\r\n\r\n", Err(NoChunk)),
            ("5\r\nhello!\r\n0\r\n\r\n", Err(NoChunk)),
            ("0\n\n", Err(NoChunk)),
            ("0\r\n\n", Err(NoChunk)),
            ("0\r\nA: b\nC: d\r\n\r\n", Err(NoChunk)),
            ("0\r\nA: b\r\r\n", Err(NoChunk)),
            ("5;a\nb\r\nhello\r\n0\r\n\r\n", Err(NoChunk)),
            ("5;a\0b\r\n", Err(NoChunk)),
            ("5 5\r\n", Err(NoChunk)),
            (" 5\r\n", Err(NoChunk)),
            ("0x5\r\n", Err(NoChunk)),
            ("+5\r\n", Err(NoChunk)),
            ("-5\r\n", Err(NoChunk)),
            ("\r\n", Err(NoChunk)),
            (";a\r\n", Err(NoChunk)),
            ("5\r\nhel", Ok(None)),
            ("0\r\n", Ok(None)),
            ("0\r\nA: b\r\n", Ok(None)),
            ("g\r\n", Err(NoChunk)),
            ("fffffffffffffffff\r\n", Err(NoChunk)),
        ] {
            assert_eq!(Chunks::default().follow(bytes.as_bytes()), end, "{bytes:?}");
        }
    }

    #[test]
    fn a_size_may_come_byte_by_byte() {
        let mut chunks = Chunks::default();
        let body = b"1f\r\n0123456789012345678901234567890\r\n0\r\n\r\n";
        let (last, before) = body.split_last().unwrap();
        for byte in before {
            assert_eq!(chunks.follow(&[*byte]), Ok(None));
        }
        assert_eq!(chunks.follow(&[*last]), Ok(Some(1)));
    }
}
