//! Payloads that are compressed or decompressed as they arrive, so that none is ever there twice
//! and none grows beyond its bound.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use flate2::write::{GzEncoder, ZlibEncoder};
use flate2::{Compression, Decompress, FlushDecompress, Status};
use http_body::{Body as _, Frame, SizeHint};

use super::{Body, BodyError};
use crate::mapping::coding::Coding;

/// How much is compressed before others on the same core get their turn.
const TURN: usize = 64 * 1024;

/// A body that is compressed while it is sent. Its length is not known before its end.
#[derive(Debug)]
pub struct Compressed {
    body: Body,
    /// `None` once it has ended.
    encoder: Option<Encoder>,
}

/// Members of a gzip payload (RFC 1952, section 2.2). Each costs as much to begin as some kilobytes cost to read,
/// however little is in it. Programs that make several make them of 64 KB.
const MOST_MEMBERS: usize = 2_000;

/// Compressed data that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DecompressError {
    /// It is not what its coding says, or not all of it.
    #[error("the payload is not {coding}: {why}")]
    Malformed {
        /// The coding's name.
        coding: &'static str,
        /// What is wrong.
        why: String,
    },
    /// It is larger than the reader takes once it is decompressed.
    #[error("the decompressed payload is larger than {limit} bytes")]
    TooLarge {
        /// The most that is taken.
        limit: usize,
    },
    /// It did not arrive.
    #[error(transparent)]
    Body(#[from] BodyError),
}

#[derive(Debug)]
enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
}

impl Encoder {
    fn new(coding: Coding) -> Self {
        match coding {
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), Compression::default())),
            Coding::Deflate => Self::Deflate(ZlibEncoder::new(Vec::new(), Compression::default())),
        }
    }

    /// Takes more of the payload. What that makes is in [`Self::made`].
    fn write(&mut self, data: &[u8]) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.write_all(data),
            Self::Deflate(encoder) => encoder.write_all(data),
        }
    }

    fn made(&mut self) -> Vec<u8> {
        match self {
            Self::Gzip(encoder) => std::mem::take(encoder.get_mut()),
            Self::Deflate(encoder) => std::mem::take(encoder.get_mut()),
        }
    }

    /// The rest.
    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Deflate(encoder) => encoder.finish(),
        }
    }
}

/// Compresses a payload that is there. A large one leaves others on this core their turn.
///
/// # Errors
/// If the compressor fails, which writing to memory does not make it do.
pub async fn compress(payload: &[u8], coding: Coding) -> io::Result<Bytes> {
    let mut encoder = Encoder::new(coding);
    let mut turns = payload.chunks(TURN).peekable();
    while let Some(turn) = turns.next() {
        encoder.write(turn)?;
        if turns.peek().is_some() {
            tokio::task::yield_now().await;
        }
    }
    Ok(encoder.finish()?.into())
}

/// Reads `body` to its end and decompresses it into at most `limit` bytes.
///
/// # Errors
/// As soon as it is larger, or not what its coding says, or does not arrive.
pub async fn decompress(mut body: Body, coding: Coding, limit: usize) -> Result<Bytes, DecompressError> {
    let mut payload = Payload::new(coding, limit);
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame?.into_data() {
            payload.take(&data)?;
        }
    }
    payload.finish()
}

/// A payload that is being decompressed.
struct Payload {
    coding: Coding,
    decoder: Decompress,
    members: usize,
    /// Whether the end that the data itself has was reached.
    ended: bool,
    bytes: Vec<u8>,
    limit: usize,
}

/// The largest window, which reads all others.
const WINDOW_BITS: u8 = 15;

fn decoder(coding: Coding) -> Decompress {
    match coding {
        Coding::Gzip => Decompress::new_gzip(WINDOW_BITS),
        Coding::Deflate => Decompress::new(true),
    }
}

impl Payload {
    fn new(coding: Coding, limit: usize) -> Self {
        Self { coding, decoder: decoder(coding), members: 1, ended: false, bytes: Vec::new(), limit }
    }

    fn take(&mut self, mut data: &[u8]) -> Result<(), DecompressError> {
        let mut room = [0; 16 * 1024];
        loop {
            if self.ended {
                if data.is_empty() {
                    return Ok(());
                }
                // Only gzip may go on: with another member (RFC 1952, section 2.2).
                if self.coding == Coding::Deflate {
                    return Err(self.malformed("there is more data behind its end"));
                }
                if self.members >= MOST_MEMBERS {
                    return Err(self.malformed("it has too many members"));
                }
                self.members += 1;
                self.decoder = decoder(self.coding);
                self.ended = false;
            }
            let (read, written) = (self.decoder.total_in(), self.decoder.total_out());
            let status = self.decoder.decompress(data, &mut room, FlushDecompress::None);
            let status = status.map_err(|why| self.malformed(&why.to_string()))?;
            // Neither can be more than what was given.
            let read = usize::try_from(self.decoder.total_in() - read).unwrap_or(usize::MAX);
            let written = usize::try_from(self.decoder.total_out() - written).unwrap_or(usize::MAX);
            if written > self.limit - self.bytes.len() {
                return Err(DecompressError::TooLarge { limit: self.limit });
            }
            self.bytes.extend_from_slice(room.get(..written).unwrap_or_default());
            data = data.get(read..).unwrap_or_default();
            match status {
                Status::StreamEnd => self.ended = true,
                Status::Ok | Status::BufError => {
                    let stuck = read == 0 && written == 0;
                    if stuck || (data.is_empty() && written < room.len()) {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn finish(self) -> Result<Bytes, DecompressError> {
        if self.ended { Ok(self.bytes.into()) } else { Err(self.malformed("it ends early")) }
    }

    fn malformed(&self, why: &str) -> DecompressError {
        DecompressError::Malformed { coding: self.coding.name(), why: why.to_owned() }
    }
}

impl Compressed {
    /// `body`, compressed.
    #[must_use]
    pub fn new(body: Body, coding: Coding) -> Self {
        Self { body, encoder: Some(Encoder::new(coding)) }
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            let Some(encoder) = &mut self.encoder else { return Poll::Ready(None) };
            let made = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    // Trailers are dropped: they may be of the bytes as they were.
                    let Ok(data) = frame.into_data() else { continue };
                    encoder.write(&data).map(|()| encoder.made())
                }
                Some(Err(error)) => {
                    self.encoder = None;
                    return Poll::Ready(Some(Err(error)));
                }
                None => match self.encoder.take() {
                    Some(encoder) => encoder.finish(),
                    None => return Poll::Ready(None),
                },
            };
            match made {
                // Compressors hold back until they have something to say.
                Ok(made) if made.is_empty() => {}
                Ok(made) => return Poll::Ready(Some(Ok(Frame::data(made.into())))),
                Err(why) => {
                    self.encoder = None;
                    return Poll::Ready(Some(Err(BodyError::Compressor(why))));
                }
            }
        }
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.encoder.is_none()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        if self.is_end_stream() { SizeHint::with_exact(0) } else { SizeHint::default() }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    /// `hello hello hello hello`, as Python's `gzip` and `zlib` write it.
    const HELLO: &[u8] = b"hello hello hello hello";
    const GZIP: &[u8] =
        b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcbH\xcd\xc9\xc9W\xc8@\x27\x01\xe3Q\x3d\x8d\x17\0\0\0";
    const ZLIB: &[u8] = b"\x78\x9c\xcbH\xcd\xc9\xc9W\xc8@\x27\x01\x68\x03\x08\xb1";

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn decompressed(data: &[u8], coding: Coding, limit: usize) -> Result<Vec<u8>, String> {
        let body = Body::from(Bytes::copy_from_slice(data));
        run(decompress(body, coding, limit)).map(|bytes| bytes.to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_others_have_compressed_is_read() {
        let twice = [GZIP, GZIP].concat();
        for (data, coding, expected) in [
            (GZIP, Coding::Gzip, HELLO.to_vec()),
            (ZLIB, Coding::Deflate, HELLO.to_vec()),
            (&twice[..], Coding::Gzip, [HELLO, HELLO].concat()),
        ] {
            assert_eq!(decompressed(data, coding, 1_000), Ok(expected));
        }
    }

    #[test]
    fn data_arrives_in_any_pieces() {
        for (data, coding) in [(GZIP, Coding::Gzip), (ZLIB, Coding::Deflate)] {
            let mut payload = Payload::new(coding, 1_000);
            for byte in data {
                payload.take(&[*byte]).unwrap();
            }
            assert_eq!(payload.finish().unwrap(), HELLO);
        }
    }

    #[test]
    fn what_is_not_whole_or_not_compressed_is_malformed() {
        let mut damaged = GZIP.to_vec();
        damaged[22] ^= 1;
        let behind_it = [ZLIB, b"x"].concat();
        for (data, coding) in [
            (&GZIP[..GZIP.len() - 1], Coding::Gzip),
            (&GZIP[..5], Coding::Gzip),
            (&ZLIB[..ZLIB.len() - 1], Coding::Deflate),
            (&damaged[..], Coding::Gzip),
            (&behind_it[..], Coding::Deflate),
            (b"plain text", Coding::Gzip),
            (b"plain text", Coding::Deflate),
            (GZIP, Coding::Deflate),
            (ZLIB, Coding::Gzip),
        ] {
            let error = decompressed(data, coding, 1_000).unwrap_err();
            assert!(error.starts_with(&format!("the payload is not {}: ", coding.name())), "{error}");
        }
    }

    #[test]
    fn a_payload_has_so_many_members() {
        let members = GZIP.repeat(MOST_MEMBERS);
        assert!(decompressed(&members, Coding::Gzip, 1 << 20).is_ok());
        let error = decompressed(&[&members[..], GZIP].concat(), Coding::Gzip, 1 << 20).unwrap_err();
        assert_eq!(error, "the payload is not gzip: it has too many members");
    }

    #[test]
    fn a_payload_may_grow_to_its_limit_and_no_further() {
        for coding in [Coding::Gzip, Coding::Deflate] {
            let bomb = run(compress(&vec![0; 1 << 20], coding)).unwrap();
            assert!(bomb.len() < 4_096);
            assert_eq!(decompressed(&bomb, coding, 1 << 20).unwrap().len(), 1 << 20);
            let error = decompressed(&bomb, coding, (1 << 20) - 1).unwrap_err();
            assert_eq!(error, "the decompressed payload is larger than 1048575 bytes");
        }
    }

    #[test]
    fn what_is_compressed_at_once_and_on_its_way_is_read_again() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(|n| (n.wrapping_mul(n) % 251).to_le_bytes()).collect();
        for coding in [Coding::Gzip, Coding::Deflate] {
            let whole = run(compress(&text, coding)).unwrap();
            assert!(whole.len() < text.len());
            assert_eq!(decompressed(&whole, coding, text.len()).as_ref(), Ok(&text));
            let body =
                Body::Compressed(Box::new(Compressed::new(Body::from(Bytes::from(text.clone())), coding)));
            assert_eq!(body.length(), None);
            let stream = run(body.collect()).unwrap().to_bytes();
            assert_eq!(decompressed(&stream, coding, text.len()).as_ref(), Ok(&text));
        }
        assert_eq!(decompressed(&run(compress(b"", Coding::Gzip)).unwrap(), Coding::Gzip, 0), Ok(Vec::new()));
    }
}
