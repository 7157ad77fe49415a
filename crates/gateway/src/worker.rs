//! What one core has for itself. A worker is one thread with one single-threaded runtime; its
//! connections to backends are its own, so that no request crosses cores.

use crate::integration::http::Upstreams;

/// The state of one core. Not `Send`: it never leaves its thread.
#[derive(Debug)]
pub struct Worker {
    /// Connections to HTTP backends.
    pub upstreams: Upstreams,
}
