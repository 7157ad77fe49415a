//! From whoever has something to say to WebSocket clients to the gateway that holds their
//! connections.

use base::Timestamp;
use bytes::Bytes;

use crate::Pending;

/// Which connection is meant: an identifier means something at its own stage alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRef {
    /// The API's id.
    pub api: String,
    /// The stage's name.
    pub stage: String,
    /// The connection's identifier.
    pub id: String,
}

/// What is known of an open connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionFacts {
    /// When it was opened.
    pub connected_at: Timestamp,
    /// When a frame last went over it, in either direction.
    pub last_active_at: Timestamp,
    /// The client's address.
    pub source_ip: String,
    /// What the client says it is, if it says so.
    pub user_agent: Option<String>,
}

/// Why nothing can be done with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// It is closed, or never was, or is another stage's.
    #[error("the connection is gone")]
    Gone,
    /// The client takes its messages more slowly than they come.
    #[error("too much waits for the connection's client")]
    Congested,
    /// The message is larger than messages may be.
    #[error("the message is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes that it may have.
        limit: usize,
    },
}

/// Whoever holds the connections.
pub trait Connections: Send + Sync {
    /// Puts a message in line for the client.
    fn post(&self, to: ConnectionRef, message: Bytes) -> Pending<Result<(), ConnectionError>>;

    /// What is known of the connection.
    fn get(&self, of: ConnectionRef) -> Pending<Result<ConnectionFacts, ConnectionError>>;

    /// Closes the connection.
    fn close(&self, connection: ConnectionRef) -> Pending<Result<(), ConnectionError>>;
}
