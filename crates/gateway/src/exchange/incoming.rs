//! A request as the listener hands it on.

use std::net::SocketAddr;
use std::time::Instant;

use base::Timestamp;

use super::{Body, HeaderNames};

/// A request whose head has been read. The target and the header values are as sent and paths
/// are not normalised. Header names are lower case in `head`; [`HeaderNames`] has them as sent.
#[derive(Debug)]
pub struct Incoming {
    /// Method, target, version, headers.
    pub head: http::request::Parts,
    /// The header names in the sender's casing.
    pub header_names: HeaderNames,
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
