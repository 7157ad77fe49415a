//! Chunked bodies (RFC 9112, section 7.1), read strictly: line ends are CR LF, sizes are digits and
//! nothing else, extensions and trailers are checked, bounded and dropped.

use bytes::{Buf as _, Bytes, BytesMut};

use super::Fault;

/// Bytes of one body's extensions, and of its trailer.
const BESIDE_DATA: usize = 16 * 1024;

/// How far into a chunked body its reader has come.
#[derive(Debug)]
pub(crate) struct Chunked {
    at: At,
    /// Bytes of extensions and trailers so far.
    beside: usize,
}

#[derive(Clone, Copy, Debug)]
enum At {
    /// In the digits of a size: whether there were any, and their value.
    Size(bool, u64),
    /// Behind the digits, where blanks may stand before an extension.
    Blank(u64),
    /// In an extension of a chunk of this size.
    Extension(u64),
    /// Behind the CR of the line with this size.
    SizeEnd(u64),
    /// So many bytes before the end of a chunk.
    Data(u64),
    /// Before the CR behind a chunk's data.
    DataCr,
    /// Before the LF behind it.
    DataLf,
    /// At the start of a line of the trailer.
    TrailerLine,
    /// In the name of a field of the trailer: whether it has a letter yet.
    TrailerName(bool),
    /// Behind its colon.
    TrailerValue,
    /// Behind the CR of such a line.
    TrailerLf,
    /// Behind the CR of the empty line.
    LastLf,
    /// Behind everything.
    End,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Bytes of the body.
    Data(Bytes),
    /// The body's end.
    End,
    /// More has to be read.
    More,
}

impl Default for Chunked {
    fn default() -> Self {
        Self { at: At::Size(false, 0), beside: 0 }
    }
}

impl Chunked {
    /// Takes what is next from the front of `buffer`.
    ///
    /// # Errors
    /// If it breaks the framing.
    pub(crate) fn next(&mut self, buffer: &mut BytesMut) -> Result<Next, Fault> {
        loop {
            if let At::Data(left) = &mut self.at {
                if buffer.is_empty() {
                    return Ok(Next::More);
                }
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                *left -= here as u64;
                if *left == 0 {
                    self.at = At::DataCr;
                }
                return Ok(Next::Data(buffer.split_to(here).freeze()));
            }
            if matches!(self.at, At::End) {
                return Ok(Next::End);
            }
            let Some(byte) = buffer.first().copied() else { return Ok(Next::More) };
            buffer.advance(1);
            self.at = self.step(byte)?;
        }
    }

    fn step(&mut self, byte: u8) -> Result<At, Fault> {
        let line_of = |size: u64| if size == 0 { At::TrailerLine } else { At::Data(size) };
        Ok(match (self.at, byte) {
            (At::Size(_, size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                // Zeros in front of a size are no more than its extensions may be.
                if size == 0 && byte == b'0' {
                    self.count()?;
                }
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let size = size.checked_mul(16).and_then(|size| size.checked_add(u64::from(digit)));
                At::Size(true, size.ok_or(Fault::Malformed("a chunk's size is too large"))?)
            }
            (At::Size(true, size), b'\r') => At::SizeEnd(size),
            (At::Size(true, size) | At::Blank(size), b';') => At::Extension(size),
            (At::Size(true, size) | At::Blank(size), b' ' | b'\t') => {
                self.count()?;
                At::Blank(size)
            }
            (At::Extension(size), b'\r') => At::SizeEnd(size),
            (At::Extension(size), b'\t' | b' '..=b'~' | 0x80..) => {
                self.count()?;
                At::Extension(size)
            }
            (At::SizeEnd(size), b'\n') => line_of(size),
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => At::Size(false, 0),
            (At::TrailerLine, b'\r') => At::LastLf,
            (At::TrailerName(true), b':') => At::TrailerValue,
            (At::TrailerLine | At::TrailerName(_), name) if is_token(name) => {
                self.count()?;
                At::TrailerName(true)
            }
            (At::TrailerValue, b'\r') => At::TrailerLf,
            (At::TrailerValue, b'\t' | b' '..=b'~' | 0x80..) => {
                self.count()?;
                At::TrailerValue
            }
            (At::TrailerLf, b'\n') => At::TrailerLine,
            (At::LastLf, b'\n') => At::End,
            (At::Size(..) | At::Blank(_) | At::Extension(_) | At::SizeEnd(_), _) => {
                return Err(Fault::Malformed("a chunk's size is none"));
            }
            (At::TrailerLine | At::TrailerName(_) | At::TrailerValue | At::TrailerLf | At::LastLf, _) => {
                return Err(Fault::Malformed("a trailer is none"));
            }
            (At::Data(_) | At::DataCr | At::DataLf | At::End, _) => {
                return Err(Fault::Malformed("a chunk is longer than it says"));
            }
        })
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.beside += 1;
        if self.beside > BESIDE_DATA {
            return Err(Fault::Malformed("chunk extensions or trailers are too long"));
        }
        Ok(())
    }
}

/// Whether `byte` may stand in a field's name (RFC 9110, section 5.6.2).
const fn is_token(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
        || byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The body, whether it ended, and what is left; or `None` if the framing is broken.
    fn read(bytes: &[u8]) -> Option<(Vec<u8>, bool, Vec<u8>)> {
        let (mut chunked, mut buffer, mut body) = (Chunked::default(), BytesMut::from(bytes), Vec::new());
        loop {
            match chunked.next(&mut buffer).ok()? {
                Next::Data(data) => body.extend_from_slice(&data),
                Next::End => return Some((body, true, buffer.to_vec())),
                Next::More => return Some((body, false, buffer.to_vec())),
            }
        }
    }

    #[test]
    fn a_body_ends_behind_its_trailer() {
        for (bytes, body, rest) in [
            ("0\r\n\r\n", "", ""),
            ("0\r\n\r\nGET /", "", "GET /"),
            ("5\r\nhello\r\n0\r\n\r\n", "hello", ""),
            ("5\r\nhello\r\n3\r\n, y\r\n000\r\n\r\nx", "hello, y", "x"),
            ("5 ;name=value;q=\"a b\"\r\nhello\r\n0;x\r\n\r\n", "hello", ""),
            ("00A\r\n0123456789\r\n0\r\n\r\n", "0123456789", ""),
            ("0\r\nA: b\r\nc-D:\r\n\r\nrest", "", "rest"),
        ] {
            let expected = Some((body.as_bytes().to_vec(), true, rest.as_bytes().to_vec()));
            assert_eq!(read(bytes.as_bytes()), expected, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_not_complete_waits_for_more() {
        for bytes in
            ["", "5", "5\r", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n", "0\r\n", "0\r\nA: b\r\n", "0\r\n\r"]
        {
            assert!(matches!(read(bytes.as_bytes()), Some((_, false, _))), "{bytes:?}");
        }
    }

    /// Each of these is read differently by different programs (RFC 9112, section 7.1, leaves no room).
    #[test]
    fn what_others_might_read_differently_is_refused() {
        for bytes in [
            "g\r\n",
            "\r\n",
            ";x\r\n",
            "-1\r\n",
            "+1\r\n",
            "0x5\r\nhello\r\n",
            " 5\r\nhello\r\n",
            "5 \r\nhello\r\n",
            "5\nhello\n0\n\n",
            "5\r\nhello\n0\r\n\r\n",
            "5\r\nhello!\r\n",
            "5\rhello",
            "5;x\nhello",
            "5;\0\r\nhello",
            "fffffffffffffffff\r\n",
            "0\r\n\n",
            "0\r\nA b\r\n\r\n",
            "0\r\n: b\r\n\r\n",
            "0\r\nA : b\r\n\r\n",
            "0\r\nA: b\n\r\n",
            "0\r\n A: b\r\n\r\n",
            "0\r\nA: \0\r\n\r\n",
        ] {
            assert_eq!(read(bytes.as_bytes()), None, "{bytes:?}");
        }
    }

    #[test]
    fn extensions_and_trailers_are_bounded() {
        let beside = "x".repeat(BESIDE_DATA);
        for bytes in [format!("5;{beside}"), format!("0\r\nA:{}", &beside[2..])] {
            assert!(read(bytes.as_bytes()).is_some());
            assert_eq!(read((bytes + "x").as_bytes()), None);
        }
    }

    proptest! {
        #[test]
        fn a_body_may_come_in_any_pieces(cuts in prop::collection::vec(0..60_usize, 0..8)) {
            let bytes = b"1F;a=b\r\n0123456789012345678901234567890\r\n1\r\nx\r\n0\r\nA: b\r\n\r\nrest";
            let (mut chunked, mut buffer, mut body) = (Chunked::default(), BytesMut::new(), Vec::new());
            let mut cuts = cuts;
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut ended = false;
            for piece in cuts.windows(2) {
                buffer.extend_from_slice(&bytes[piece[0]..piece[1]]);
                while !ended {
                    match chunked.next(&mut buffer).unwrap() {
                        Next::Data(data) => body.extend_from_slice(&data),
                        Next::End => ended = true,
                        Next::More => break,
                    }
                }
            }
            prop_assert!(ended);
            prop_assert_eq!(body, b"0123456789012345678901234567890x");
            prop_assert_eq!(&buffer[..], b"rest");
        }

        #[test]
        fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
