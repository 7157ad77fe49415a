//! TLS handshakes: which name a client asks for, and the connection that comes of it.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use rustls::server::Acceptor;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::Room;
use super::roster::Enrolled;
use super::watch::Verdict;
use crate::tls::{Secured, ServerNames};

/// Why there is no connection. The client's doing, but for the last.
#[derive(Debug, thiserror::Error)]
pub(super) enum HandshakeError {
    /// The client went away, or speaks nothing that is spoken here.
    #[error(transparent)]
    Broken(#[from] io::Error),
    /// It took too long.
    #[error("it took too long")]
    TimedOut,
    /// Nothing is served under the name.
    #[error("nothing is served under the name {0:?}")]
    UnknownName(Option<String>),
    /// The listener ends.
    #[error("the listener ends")]
    Drained,
}

/// Begins TLS on `stream` with the server that the client names.
pub(super) async fn begin<S>(
    stream: TcpStream,
    names: &dyn ServerNames,
    room: &Room<S>,
    enrolled: &Enrolled,
) -> Result<(TlsStream<TcpStream>, Secured), HandshakeError> {
    let ended = poll_fn(|cx| match enrolled.verdict(cx) {
        Verdict::Keep => Poll::Pending,
        // No request has begun.
        Verdict::Drain | Verdict::Cut => Poll::Ready(()),
    });
    tokio::select! {
        biased;
        () = ended => Err(HandshakeError::Drained),
        began = tokio::time::timeout(room.handshake_time, shake(stream, names, room)) => {
            began.unwrap_or(Err(HandshakeError::TimedOut))
        }
    }
}

async fn shake<S>(
    stream: TcpStream,
    names: &dyn ServerNames,
    room: &Room<S>,
) -> Result<(TlsStream<TcpStream>, Secured), HandshakeError> {
    // Only a closed semaphore gives none, and this one is never closed.
    let _place = room.handshakes.acquire().await;
    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let name = start.client_hello().server_name().map(str::to_owned);
    let server = names.server(name.as_deref()).ok_or(HandshakeError::UnknownName(name))?;
    let stream = start.into_stream(server.config()).await?;
    let secured = server.secured(stream.get_ref().1, room.clock.now());
    Ok((stream, secured))
}
