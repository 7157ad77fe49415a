//! A connection that speaks HTTP/1.1: its bytes, and how far into a body its reader has come.

use std::cell::RefCell;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::SizeHint;
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, ReadBuf};
use tokio::task::coop::has_budget_remaining;

use super::body::Body;
use super::chunked::Next;
use super::{Fault, Framing, Rewound, Transport};

/// The most that is read at once.
const MOST_READ: usize = 64 * 1024;

/// From how much on what comes is read to where it stays: a copy would cost more than memory that has to be fetched.
const MUCH: usize = 8 * 1024;

/// What is kept of what a client says before it was answered.
const SAID_AHEAD: usize = 4 * 1024;

thread_local! {
    /// Where all connections of a thread read to: it stays in the processor's cache, and a connection that waits
    /// holds no memory. What came is copied to where it stays, which is as large as that.
    static ARRIVED: RefCell<Box<[u8]>> = RefCell::new(vec![0; MOST_READ].into());
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Channel {
    transport: Transport,
    /// What was read and is not used up yet.
    pub(crate) read: BytesMut,
    /// How much came the last time.
    came: usize,
    /// Whoever asked last whether the other end has gone is woken when something comes: nothing was read since.
    listening: bool,
    body: Body,
}

impl Channel {
    pub(crate) fn new(transport: Transport) -> Self {
        Self { transport, read: BytesMut::new(), came: 0, listening: false, body: Body::Over }
    }

    /// Reads more; the number of bytes that came, 0 at the end.
    pub(crate) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.listening = false;
        if self.came >= MUCH || matches!(self.body, Body::Length(left) if left > MOST_READ as u64) {
            self.poll_fill_in_place(cx)
        } else {
            self.poll_fill_by_copy(cx, MOST_READ)
        }
    }

    fn poll_fill_by_copy(&mut self, cx: &mut Context<'_>, most: usize) -> Poll<io::Result<usize>> {
        ARRIVED.with_borrow_mut(|arrived| {
            let mut arrived = ReadBuf::new(arrived.get_mut(..most).unwrap_or_default());
            ready!(Pin::new(&mut self.transport).poll_read(cx, &mut arrived))?;
            self.came = arrived.filled().len();
            if self.read.is_empty() {
                self.read = BytesMut::from(arrived.filled());
            } else {
                self.read.extend_from_slice(arrived.filled());
            }
            Poll::Ready(Ok(arrived.filled().len()))
        })
    }

    fn poll_fill_in_place(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        // Whoever has nothing to read holds no room for it.
        if self.transport.poll_read_ready(cx)?.is_pending() {
            return self.wait_without_room();
        }
        // Room for as much again, or twice that where all of it was used.
        let room = match self.body {
            Body::Length(left) if left > MOST_READ as u64 => MOST_READ,
            _ => (self.came + 1).next_power_of_two().min(MOST_READ),
        };
        if self.read.capacity() - self.read.len() < self.came.max(room / 2) {
            self.read.reserve(room);
        }
        match pin!(self.transport.read_buf(&mut self.read)).poll(cx) {
            Poll::Ready(filled) => {
                self.came = filled?;
                Poll::Ready(Ok(self.came))
            }
            Poll::Pending => self.wait_without_room(),
        }
    }

    fn wait_without_room(&mut self) -> Poll<io::Result<usize>> {
        if self.read.is_empty() {
            self.read = BytesMut::new();
        }
        Poll::Pending
    }

    /// The same for the task that asks [whether the other end has gone](Self::poll_gone). If it has done so and nothing
    /// has come, it is woken anyway, and need not be enrolled again.
    pub(crate) fn poll_fill_or_listen(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.is_listening() { Poll::Pending } else { self.poll_fill(cx) }
    }

    /// Whether the other end has gone, as far as can be told without waiting. What comes meanwhile is
    /// kept, up to a bound. Of a connection only one task asks.
    pub(crate) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_listening() {
            return Poll::Pending;
        }
        self.listening = false;
        while self.read.len() < SAID_AHEAD {
            // Without budget a read does not wait, but asks to be asked again.
            let waits = has_budget_remaining();
            match self.poll_fill_by_copy(cx, SAID_AHEAD) {
                Poll::Ready(Ok(1..)) => {}
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(()),
                Poll::Pending => {
                    self.listening = waits;
                    break;
                }
            }
        }
        Poll::Pending
    }

    fn is_listening(&self) -> bool {
        self.listening && self.transport.is_silent()
    }

    /// Whether the other end has gone, or has said something that nobody asked for: a connection that
    /// rests has nothing to say.
    pub(crate) fn is_at_rest(&mut self) -> bool {
        if let Some(quiet) = self.transport.is_quiet() {
            return quiet && self.read.is_empty();
        }
        let mut cx = Context::from_waker(std::task::Waker::noop());
        self.read.is_empty() && self.poll_fill(&mut cx).is_pending()
    }

    /// A body with this framing follows.
    pub(crate) fn begin_body(&mut self, framing: Framing) {
        self.body = framing.into();
    }

    /// The whole body, if all of it is here and its length was announced.
    pub(crate) fn take_whole(&mut self) -> Option<Bytes> {
        let length = match self.body {
            Body::Over => 0,
            Body::Length(length) => {
                usize::try_from(length).ok().filter(|length| *length <= self.read.len())?
            }
            Body::Chunked(_) | Body::UntilClosed | Body::Broken => return None,
        };
        self.body = Body::Over;
        Some(split_off(&mut self.read, length).freeze())
    }

    /// Whether the body has been read to its end.
    pub(crate) const fn is_body_over(&self) -> bool {
        matches!(self.body, Body::Over)
    }

    /// Whether more of the body has to come.
    pub(crate) const fn is_in_body(&self) -> bool {
        matches!(self.body, Body::Length(_) | Body::Chunked(_) | Body::UntilClosed)
    }

    /// The next bytes of the body; `None` at its end.
    pub(crate) fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        loop {
            match self.buffered_body() {
                Ok(Next::Data(data)) => return Poll::Ready(Some(Ok(data))),
                Ok(Next::End) => return Poll::Ready(None),
                Ok(Next::More) => {}
                Err(fault) => return Poll::Ready(Some(Err(fault))),
            }
            match ready!(self.poll_fill(cx)) {
                Ok(1..) => {}
                Ok(0) if matches!(self.body, Body::UntilClosed) => {
                    self.body = Body::Over;
                    return Poll::Ready(None);
                }
                Ok(0) => return Poll::Ready(Some(Err(self.broken(Fault::Closed)))),
                Err(error) => return Poll::Ready(Some(Err(self.broken(error.into())))),
            }
        }
    }

    /// Drops what is here of the body.
    pub(crate) fn skip_buffered_body(&mut self) {
        while let Ok(Next::Data(_)) = self.buffered_body() {}
    }

    fn buffered_body(&mut self) -> Result<Next, Fault> {
        self.body.next(&mut self.read)
    }

    fn broken(&mut self, fault: Fault) -> Fault {
        self.body = Body::Broken;
        fault
    }

    /// What is known of the rest of the body.
    pub(crate) fn size_hint(&self) -> SizeHint {
        match self.body {
            Body::Over => SizeHint::with_exact(0),
            Body::Length(left) => SizeHint::with_exact(left),
            Body::Chunked(_) | Body::UntilClosed | Body::Broken => SizeHint::default(),
        }
    }

    /// Writes all of `pieces`, from byte `at` of them on; `at` is where it has come.
    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        pieces: [&[u8]; 3],
        at: &mut usize,
    ) -> Poll<io::Result<()>> {
        loop {
            let transport = Pin::new(&mut self.transport);
            let mut skip = *at;
            let mut left = [io::IoSlice::new(&[]); 3];
            let mut count = 0;
            for piece in pieces {
                let skipped = skip.min(piece.len());
                skip -= skipped;
                if skipped < piece.len()
                    && let (Some(slot), Some(rest)) = (left.get_mut(count), piece.get(skipped..))
                {
                    *slot = io::IoSlice::new(rest);
                    count += 1;
                }
            }
            let written = match left.get(..count) {
                None | Some([]) => return Poll::Ready(Ok(())),
                Some([one]) => ready!(transport.poll_write(cx, one))?,
                Some(several) => ready!(transport.poll_write_vectored(cx, several))?,
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *at += written;
        }
    }

    /// Brings what was written to the socket.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_flush(cx)
    }

    /// Says that nothing more will be written.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }

    /// The connection without HTTP, with what was read of it first.
    pub(crate) fn into_rewound(self) -> Rewound {
        // A copy of its own: the buffer is larger than what is left in it.
        Rewound::new(Bytes::copy_from_slice(&self.read), self.transport)
    }
}

/// Takes so many bytes from the front of a buffer that has them. What is all or nothing of it needs no count of those
/// who share it.
pub(super) fn split_off(buffer: &mut BytesMut, length: usize) -> BytesMut {
    match length {
        0 => BytesMut::new(),
        length if length == buffer.len() => std::mem::take(buffer),
        length => buffer.split_to(length),
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const PLENTY: Duration = Duration::from_secs(20);

    /// Runs `test` with a channel and the other end.
    fn run<F: Future<Output = ()>>(test: impl FnOnce(Channel, TcpStream) -> F) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let other = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (own, _) = listener.accept().await.unwrap();
            let channel = Channel::new(Transport::Plain(own));
            let begun = std::time::Instant::now();
            tokio::time::timeout(PLENTY, test(channel, other)).await.unwrap();
            // The time's end wakes whoever was not woken, and then sees what has come.
            assert!(begun.elapsed() < PLENTY);
        });
    }

    #[test]
    fn however_often_it_is_asked_whoever_goes_is_seen() {
        run(|mut channel, other| async move {
            let (mut other, mut asked) = (Some(other), 0);
            poll_fn(|cx| {
                asked += 1;
                if asked == 3 {
                    drop(other.take());
                } else if asked < 3 {
                    cx.waker().wake_by_ref();
                }
                channel.poll_gone(cx)
            })
            .await;
            assert!(asked > 3);
        });
    }

    #[test]
    fn what_comes_while_it_listens_is_read() {
        run(|mut channel, other| async move {
            assert!(poll_fn(|cx| Poll::Ready(channel.poll_gone(cx))).await.is_pending());
            assert!(poll_fn(|cx| Poll::Ready(channel.poll_fill_or_listen(cx))).await.is_pending());
            other.try_write(b"next").unwrap();
            assert_eq!(poll_fn(|cx| channel.poll_fill_or_listen(cx)).await.unwrap(), 4);
            assert_eq!(channel.read, "next");
            // It has read, and is not woken by what was before.
            tokio::spawn(async move { drop(other) });
            poll_fn(|cx| channel.poll_gone(cx)).await;
        });
    }

    /// The runtime answers such a task that nothing has come, whatever has, asks it to ask again, and has told nobody to
    /// wake it later.
    #[test]
    fn a_task_that_has_used_up_its_budget_does_not_listen_yet() {
        run(|mut channel, other| async move {
            // What has waited was woken, and all that came is read.
            other.try_write(b"next").unwrap();
            assert_eq!(poll_fn(|cx| channel.poll_fill(cx)).await.unwrap(), 4);
            let (mut other, mut asked) = (Some(other), 0);
            poll_fn(|cx| {
                asked += 1;
                if asked == 1 {
                    while has_budget_remaining() {
                        assert!(pin!(tokio::task::consume_budget()).poll(cx).is_ready());
                    }
                }
                let gone = channel.poll_gone(cx);
                if asked == 2 {
                    drop(other.take());
                }
                gone
            })
            .await;
            assert!(asked > 2);
        });
    }
}
