//! Where a chunked body ends (RFC 9112, section 7.1). Follows the framing only: the data itself
//! is decoded by `hyper`, which also answers the client that breaks the rules.

/// A chunk size that is no number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoChunk;

/// How far into a chunked body the bytes have come.
#[derive(Debug, Default)]
pub(super) struct Chunks(At);

#[derive(Debug)]
enum At {
    /// In the digits of a size, which is this so far.
    Size(u64),
    /// Behind the digits, before the end of the line.
    Extension(u64),
    /// So many bytes before the end of a chunk.
    Data(u64),
    /// Before the line end that follows a chunk's data.
    DataEnd,
    /// At the start of a line of the trailer.
    TrailerLine,
    /// Within such a line.
    Trailer,
}

impl Default for At {
    fn default() -> Self {
        Self::Size(0)
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
            (At::Size(0) | At::Extension(0), b'\n') => At::TrailerLine,
            (At::Size(size) | At::Extension(size), b'\n') => At::Data(*size),
            (At::Size(size), b'\r' | b';' | b' ' | b'\t') => At::Extension(*size),
            (At::Size(size), digit) => {
                let digit = char::from(digit).to_digit(16).ok_or(NoChunk)?;
                let size = size.checked_mul(16).and_then(|size| size.checked_add(u64::from(digit)));
                At::Size(size.ok_or(NoChunk)?)
            }
            (At::Extension(size), _) => At::Extension(*size),
            (At::DataEnd, b'\n') => At::Size(0),
            (At::DataEnd | At::Data(_), _) => At::DataEnd,
            (At::TrailerLine, b'\n') => return Ok(true),
            (At::TrailerLine, b'\r') | (At::Trailer, b'\n') => At::TrailerLine,
            (At::TrailerLine | At::Trailer, _) => At::Trailer,
        };
        Ok(false)
    }
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
            ("5\nhello\n0\n\n", Ok(Some(11))),
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
