//! What happens on a WebSocket connection: each such event is a request of its own.

use base::Timestamp;

/// An event of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSocketEvent {
    /// Which kind.
    pub kind: WebSocketEventKind,
    /// The connection's identifier.
    pub connection_id: Box<str>,
    /// When the connection was opened.
    pub connected_at: Timestamp,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebSocketEventKind {
    /// A client wants to connect.
    Connect,
    /// It has sent a message.
    Message {
        /// The message's identifier.
        id: Box<str>,
    },
    /// The connection has ended.
    Disconnect {
        /// The code of the frame that closed it.
        code: u16,
        /// And its reason.
        reason: Box<str>,
    },
}

impl WebSocketEvent {
    /// `$context.eventType`.
    #[must_use]
    pub const fn event_type(&self) -> &'static str {
        match self.kind {
            WebSocketEventKind::Connect => "CONNECT",
            WebSocketEventKind::Message { .. } => "MESSAGE",
            WebSocketEventKind::Disconnect { .. } => "DISCONNECT",
        }
    }

    /// `$context.messageId`: only messages have one.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        match &self.kind {
            WebSocketEventKind::Message { id } => Some(id),
            WebSocketEventKind::Connect | WebSocketEventKind::Disconnect { .. } => None,
        }
    }

    /// How the connection has ended, if it has.
    #[must_use]
    pub fn disconnected(&self) -> Option<(u16, &str)> {
        match &self.kind {
            WebSocketEventKind::Disconnect { code, reason } => Some((*code, reason)),
            WebSocketEventKind::Connect | WebSocketEventKind::Message { .. } => None,
        }
    }
}
