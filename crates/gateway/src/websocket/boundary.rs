//! A socket that knows whether what was read of it ends where a message does. Only then can the buffers
//! that a large message has made grow be given back.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest head of a frame: two bytes, a length of eight, a mask of four.
const LONGEST_HEAD: usize = 14;

/// A stream of frames, and how far its reader has come.
#[derive(Debug)]
pub(super) struct Bounded<S> {
    stream: S,
    frames: Frames,
}

/// Follows the heads of frames (RFC 6455, section 5.2). What breaks the protocol is not its business.
#[derive(Debug, Default)]
struct Frames {
    head: [u8; LONGEST_HEAD],
    /// How much of the head is there.
    length: usize,
    /// How much of the payload is not.
    payload: u64,
    /// Within a message: its last frame has not come.
    fragmented: bool,
}

impl<S> Bounded<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, frames: Frames::default() }
    }

    /// Whether all that was read are whole messages.
    pub(super) fn is_between_messages(&self) -> bool {
        self.frames.length == 0 && self.frames.payload == 0 && !self.frames.fragmented
    }
}

impl Frames {
    fn feed(&mut self, mut bytes: &[u8]) {
        while let Some((first, rest)) = bytes.split_first() {
            if self.payload > 0 {
                let skipped = self.payload.min(bytes.len() as u64);
                self.payload -= skipped;
                bytes = usize::try_from(skipped)
                    .ok()
                    .and_then(|skipped| bytes.get(skipped..))
                    .unwrap_or_default();
                continue;
            }
            if let Some(slot) = self.head.get_mut(self.length) {
                *slot = *first;
            }
            self.length += 1;
            bytes = rest;
            self.end_head();
        }
    }

    /// Ends the head, if all of it is there.
    fn end_head(&mut self) {
        let [first, second, extended @ ..] = self.head;
        let long = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let masked = if second & 0x80 == 0 { 0 } else { 4 };
        if self.length < 2 || self.length < 2 + long + masked {
            return;
        }
        let length = extended.iter().take(long).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        self.payload = if long == 0 { u64::from(second & 0x7f) } else { length };
        // Frames that control stand between those of messages.
        if first & 0x08 == 0 {
            self.fragmented = first & 0x80 == 0;
        }
        self.length = 0;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.frames.feed(buf.filled().get(before..).unwrap_or_default());
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection, prop_assert_eq, proptest};

    use super::*;

    fn frame(first: u8, length: usize, masked: bool) -> Vec<u8> {
        let mark = if masked { 0x80 } else { 0 };
        let mut frame = vec![first];
        match u16::try_from(length) {
            Ok(short @ 0..126) => frame.push(mark | u8::try_from(short).unwrap()),
            Ok(short) => {
                frame.push(mark | 126);
                frame.extend(short.to_be_bytes());
            }
            Err(_) => {
                frame.push(mark | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(vec![0x81; length + if masked { 4 } else { 0 }]);
        frame
    }

    fn between(frames: &Frames) -> bool {
        frames.length == 0 && frames.payload == 0 && !frames.fragmented
    }

    #[test]
    fn messages_end_with_their_last_frame() {
        let mut frames = Frames::default();
        assert!(between(&frames));
        frames.feed(&frame(0x01, 3, true));
        assert!(!between(&frames));
        frames.feed(&frame(0x89, 2, true));
        assert!(!between(&frames));
        frames.feed(&frame(0x80, 0, true));
        assert!(between(&frames));
        frames.feed(&frame(0x81, 70_000, true)[..69_999]);
        assert!(!between(&frames));
    }

    proptest! {
        #[test]
        fn wherever_the_stream_is_cut(
            lengths in collection::vec(0_usize..70_000, 1..6),
            cuts in collection::vec(1_usize..5_000, 1..20),
        ) {
            let whole: Vec<u8> = lengths.iter().flat_map(|length| frame(0x81, *length, true)).collect();
            let mut ends = Vec::new();
            for length in &lengths {
                ends.push(ends.last().copied().unwrap_or(0) + frame(0x81, *length, true).len());
            }
            let (mut frames, mut fed) = (Frames::default(), 0);
            let mut cuts = cuts.iter().cycle();
            while fed < whole.len() {
                let to = (fed + cuts.next().unwrap()).min(whole.len());
                frames.feed(&whole[fed..to]);
                fed = to;
                prop_assert_eq!(between(&frames), ends.contains(&fed));
            }
        }
    }
}
