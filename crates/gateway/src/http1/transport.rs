//! The bytes under HTTP: a socket, or TLS over it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::{client, server};

/// A connected stream.
#[derive(Debug)]
pub(crate) enum Transport {
    /// A socket.
    Plain(TcpStream),
    /// TLS to a client.
    Server(Box<server::TlsStream<TcpStream>>),
    /// TLS to a backend.
    Client(Box<client::TlsStream<TcpStream>>),
}

impl Transport {
    /// Ready when there may be something to read. Over TLS this cannot be told, and it is always ready.
    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => stream.poll_read_ready(cx),
            Self::Server(_) | Self::Client(_) => Poll::Ready(Ok(())),
        }
    }

    /// Whether nothing has come since a read has waited, not even the end, and whoever waits has not been woken. Over
    /// TLS this cannot be told, and nothing is silent. Costs no call of the system.
    pub(crate) fn is_silent(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.try_io(Interest::READABLE, || Ok(())).is_err(),
            Self::Server(_) | Self::Client(_) => false,
        }
    }

    /// Whether there is nothing to read, not even the end; a byte that there is gets lost. Over TLS this cannot be
    /// told without reading on.
    pub(crate) fn is_quiet(&self) -> Option<bool> {
        match self {
            // Costs no call of the system while nothing has come, and nobody is to be woken by what comes.
            Self::Plain(stream) => {
                let came = stream.try_read(&mut [0]);
                Some(came.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock))
            }
            Self::Server(_) | Self::Client(_) => None,
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Server(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Client(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Server(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Client(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Server(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Client(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            // A socket holds nothing back.
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Server(stream) => Pin::new(stream).poll_flush(cx),
            Self::Client(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Server(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Client(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// A transport of which some bytes were read already: they come first.
#[derive(Debug)]
pub(crate) struct Rewound {
    ahead: Bytes,
    transport: Transport,
}

impl Rewound {
    pub(crate) fn new(ahead: Bytes, transport: Transport) -> Self {
        Self { ahead, transport }
    }
}

impl AsyncRead for Rewound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            return Pin::new(&mut self.transport).poll_read(cx, buf);
        }
        let taken = self.ahead.len().min(buf.remaining());
        buf.put_slice(self.ahead.get(..taken).unwrap_or_default());
        self.ahead.advance(taken);
        if self.ahead.is_empty() {
            self.ahead = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.transport).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.transport).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.transport).poll_flush(cx))?;
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }
}
