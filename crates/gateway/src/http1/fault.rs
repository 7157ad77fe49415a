//! What can go wrong with HTTP/1.1 on a connection.

use std::io;

/// Why a message could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The socket failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The other end closed the connection within a message, or before there was one.
    #[error("the connection was closed before the message was complete")]
    Closed,
    /// The other end broke the protocol.
    #[error("the message is malformed: {0}")]
    Malformed(&'static str),
    /// A head is longer than anybody's is.
    #[error("the head is too long")]
    TooLong,
    /// A transfer coding that is not `chunked`.
    #[error("the transfer coding is not chunked")]
    Coding,
    /// The exchange that the body belongs to is over.
    #[error("the exchange is over")]
    Over,
}

impl Fault {
    /// Whether what came is no HTTP.
    pub(crate) const fn is_malformed(&self) -> bool {
        matches!(self, Self::Malformed(_) | Self::TooLong | Self::Coding)
    }
}
