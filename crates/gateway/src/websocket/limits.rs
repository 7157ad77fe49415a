//! Every bound of WebSocket APIs in one place (API Gateway developer guide, "API Gateway quotas for
//! configuring and running a WebSocket API").

use std::time::Duration;

/// A message, in either direction: 128 KB.
pub const MESSAGE_BYTES: usize = 128 * 1024;

/// A frame, in either direction: 32 KB.
pub const FRAME_BYTES: usize = 32 * 1024;

/// The URL of an upgrade request.
pub(crate) const URL_BYTES: usize = 4_096;

/// What is read from a socket at once. It is held for each connection as long as it is open.
pub(super) const READ_BYTES: usize = 4_096;

/// Frames are gathered up to this size before they are written.
pub(super) const WRITE_BYTES: usize = 8 * 1024;

/// The most that is held in one piece for a socket: what is gathered, a frame, and its head.
pub(super) const MOST_WRITE_BYTES: usize = WRITE_BYTES + FRAME_BYTES + 1024;

/// The messages that may wait for a client.
pub(super) const WAITING_MESSAGES: usize = 1_024;

/// Their bytes: eight of the largest messages.
pub(super) const WAITING_BYTES: usize = 8 * MESSAGE_BYTES;

/// Messages of one client that are under way at a time. Further ones are not read, so that a client
/// that sends more than its backends take waits for them.
pub(super) const UNDER_WAY: usize = 16;

/// How long a client may take to close a connection once it is told to.
pub(super) const CLOSE_TIME: Duration = Duration::from_secs(5);

/// What is read, and thrown away, of a client that is told to close.
pub(super) const CLOSE_BYTES: usize = 256 * 1024;

/// How long connections last, and what keeps them alive. Operators may change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Without a frame in either direction. API Gateway: 10 minutes.
    pub idle: Duration,
    /// In all. API Gateway: 2 hours.
    pub lifetime: Duration,
    /// How often clients are pinged, if they are. API Gateway pings nobody.
    pub ping: Option<Duration>,
    /// How long a client may take nothing of what is sent to it.
    pub stall: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(10 * 60),
            lifetime: Duration::from_secs(2 * 60 * 60),
            ping: None,
            stall: Duration::from_secs(60),
        }
    }
}
