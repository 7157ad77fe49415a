//! Every bound of the listener, in one place.

use std::time::Duration;

/// What clients may use up.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections over all workers. Further ones wait in the kernel's backlog.
    pub connections: usize,
    /// Requests under way over all workers, as far as one connection can have several: over HTTP/2. Each
    /// worker has its part; further ones are answered 503 at once.
    pub requests: usize,
    /// From the first byte of a request to the end of its head, and from the acceptance of a
    /// connection to the end of its TLS handshake.
    pub head_time: Duration,
    /// Between two requests on one connection, and before the first. API Gateway keeps idle
    /// connections for 310 seconds (API Gateway developer guide, quotas for REST APIs).
    pub idle_time: Duration,
    /// Without a byte moving while the client is due to send a body or to take an answer; and of an
    /// answer [`LEAST_PACE`] has to move in this time.
    pub stall_time: Duration,
    /// From the end of a request's head to the end of its body, as far as the client is waited for.
    pub body_time: Duration,
    /// How often connections are looked over, and so how exact these times are.
    pub patrol: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16_384,
            requests: 65_536,
            head_time: Duration::from_secs(15),
            idle_time: Duration::from_secs(310),
            stall_time: Duration::from_secs(60),
            body_time: Duration::from_secs(300),
            patrol: Duration::from_secs(1),
        }
    }
}

/// How long a connection that nothing has been asked on yet, or that is in the middle of a request's head, is
/// waited for when the listener ends.
pub(super) const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// Bytes a second that a client takes at least of an answer, on average: whoever takes less keeps a
/// place that others wait for.
pub(super) const LEAST_PACE: u64 = 240;

/// Bytes of an answer that the kernel keeps for a connection beside those that are on their way. It would keep megabytes
/// for each client that takes its time, and let minutes go by before it takes more, in which that client seems to take
/// nothing.
pub(super) const UNSENT: u32 = 128 * 1024;

/// Between two requests on a connection, and before the first, while there is no place for another
/// connection.
pub(super) const CROWDED_IDLE: Duration = Duration::from_secs(5);

/// Requests at a time on one HTTP/2 connection; the value that RFC 9113 (section 6.5.2) names
/// as the least that should be allowed is 100.
pub(super) const HTTP2_STREAMS: u32 = 128;

/// How long an HTTP/2 connection may be silent before it is asked for a sign of life, and how
/// long that sign may take.
pub(super) const HTTP2_SILENCE: Duration = Duration::from_secs(30);
pub(super) const HTTP2_SIGN_OF_LIFE: Duration = Duration::from_secs(20);

/// How long an HTTP/2 connection that is told to end is waited for while nothing is under way on it.
pub(super) const HTTP2_FAREWELL: Duration = Duration::from_secs(1);

/// TLS handshakes under way at a time with one worker. Further ones wait in line, within the same time,
/// and hold no more memory than their socket's.
pub(super) const HANDSHAKES: usize = 1_024;

/// Connections that the kernel holds for us before they are accepted.
pub(super) const BACKLOG: i32 = 4_096;

/// How long accepting rests when the process or the system is out of file descriptors or memory.
pub(super) const ACCEPT_REST: Duration = Duration::from_millis(100);
