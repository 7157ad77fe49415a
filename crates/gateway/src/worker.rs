//! What one core has for itself. A worker is one thread with one single-threaded runtime; its
//! connections to backends are its own, so that no request crosses cores.

use std::io;

use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

use crate::integration::http::{UpstreamSettings, Upstreams};

/// A worker's threads for name lookups, which the system offers in no asynchronous form.
pub(crate) const LOOKUP_THREADS: usize = 4;

/// The runtime of the thread that calls.
pub(crate) fn runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(LOOKUP_THREADS)
        .thread_name("lookup")
        .build_local(LocalOptions::default())
}

/// The state of one core. Not `Send`: it never leaves its thread.
#[derive(Debug)]
pub struct Worker {
    /// Connections to HTTP backends.
    pub upstreams: Upstreams,
}

impl Worker {
    /// The state of the core that calls, without any connections yet.
    #[must_use]
    pub fn new(upstreams: UpstreamSettings) -> Self {
        Self { upstreams: Upstreams::new(upstreams) }
    }
}
