//! Takes connections from a listening socket and gives each to the worker that has the fewest.
//!
//! One acceptor in place of a listening socket for each worker (`SO_REUSEPORT`): the kernel
//! spreads connections by hash, which is uneven when they are few and long-lived, and drops the
//! queue of a socket that is closed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::{fmt, io};

use tokio::net::TcpListener;

use super::connection::Accepted;
use super::limits::{ACCEPT_REST, BACKLOG, UNSENT};
use super::load::Load;
use super::workers::Thread;
use crate::tls::ServerNames;

/// A listening socket. Clients can connect as soon as it is bound; they are served when it is
/// given to a [`super::Listener`].
pub struct Socket {
    socket: std::net::TcpListener,
    address: SocketAddr,
    names: Option<Arc<dyn ServerNames>>,
}

impl Socket {
    /// Listens on `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// If the port is taken, or the address is not this machine's, or may not be used.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket =
            socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
        // A restart must not wait for the connections of the process before it to time out.
        socket.set_reuse_address(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        // What is accepted has it from here.
        socket.set_tcp_notsent_lowat(UNSENT)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let socket: std::net::TcpListener = socket.into();
        let address = socket.local_addr()?;
        Ok(Self { socket, address, names: None })
    }

    /// A socket that listens already, of the process before this one.
    ///
    /// # Errors
    /// If it is no such socket.
    pub fn inherited(socket: std::net::TcpListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, names: None })
    }

    /// The same socket once more, to be handed to another process. While it is there, clients can connect.
    ///
    /// # Errors
    /// If the process has no descriptor left.
    pub fn duplicate(&self) -> io::Result<std::os::fd::OwnedFd> {
        Ok(self.socket.try_clone()?.into())
    }

    /// Speaks TLS, under the names that `names` knows.
    #[must_use]
    pub fn secured(self, names: Arc<dyn ServerNames>) -> Self {
        Self { names: Some(names), ..self }
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secured = self.names.is_some();
        f.debug_struct("Socket").field("address", &self.address).field("secured", &secured).finish()
    }
}

/// Starts to accept on `sockets`, on the runtime that calls.
pub(super) fn accept(sockets: Vec<Socket>, workers: &Arc<Vec<Thread>>, load: &Arc<Load>) -> io::Result<()> {
    for Socket { socket, address, names } in sockets {
        let socket = TcpListener::from_std(socket)?;
        let (workers, load) = (Arc::clone(workers), Arc::clone(load));
        tokio::spawn(async move { accept_on(&socket, address.port(), names, &workers, &load).await });
    }
    Ok(())
}

async fn accept_on(
    socket: &TcpListener,
    local_port: u16,
    names: Option<Arc<dyn ServerNames>>,
    workers: &[Thread],
    load: &Arc<Load>,
) {
    loop {
        load.room().await;
        // A connection belongs to its worker's runtime, so it leaves this one's at once.
        let accepted = socket.accept().await.and_then(|(stream, peer)| Ok((stream.into_std()?, peer)));
        match accepted {
            Ok((stream, peer)) => {
                let place = load.place();
                if let Some(worker) = workers.get(place.worker()) {
                    let names = names.clone();
                    worker.serve(Accepted { stream, peer, local_port, names, place });
                }
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connections can be accepted for now");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

/// Whether `accept` failed because of the connection it would have returned (`accept(2)`,
/// "Error handling"), so that the next may be tried at once. Anything else, above all running
/// out of descriptors or memory, would only fail again.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted
            | Kind::ConnectionReset
            | Kind::HostUnreachable
            | Kind::Interrupted
            | Kind::NetworkDown
            | Kind::NetworkUnreachable
            | Kind::PermissionDenied
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_out_of_descriptors_is_not_the_connections_fault() {
        // As Linux and macOS number them: ENFILE, EMFILE.
        for errno in [23, 24] {
            assert!(!is_of_one_connection(&io::Error::from_raw_os_error(errno)), "{errno}");
        }
        assert!(!is_of_one_connection(&io::ErrorKind::OutOfMemory.into()));
        assert!(is_of_one_connection(&io::ErrorKind::ConnectionAborted.into()));
    }

    #[test]
    fn a_taken_port_is_an_error_and_port_0_is_a_free_one() {
        let socket = Socket::bind(([127, 0, 0, 1], 0).into()).unwrap();
        assert_ne!(socket.local_addr().port(), 0);
        let error = Socket::bind(socket.local_addr()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
