//! A request as the listener hands it on.

use std::net::SocketAddr;
use std::time::Instant;

use base::Timestamp;

use super::Body;

/// A request whose head has been read. The target and the headers are as sent: paths are not
/// normalised, names keep no case (HTTP/1 header casing is kept by the listener where the
/// event of a function shows it).
#[derive(Debug)]
pub struct Incoming {
    /// Method, target, version, headers.
    pub head: http::request::Parts,
    /// The body, still unread.
    pub body: Body,
    /// The other end of the socket.
    pub peer: SocketAddr,
    /// The port that it came in on.
    pub local_port: u16,
    /// Whether it came over TLS.
    pub secure: bool,
    /// Wall-clock time of arrival.
    pub received: Timestamp,
    /// The same moment, for measuring.
    pub started: Instant,
}
