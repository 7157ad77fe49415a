//! What one core has for itself. A worker is one thread with one single-threaded runtime; its
//! connections to backends are its own, so that no request crosses cores.

use std::io;

use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

use crate::integration::http::{UpstreamSettings, Upstreams};

/// A worker's threads for name lookups, which the system offers in no asynchronous form.
pub(crate) const LOOKUP_THREADS: usize = 4;

/// How many sockets of a crowd are served before it is looked for others: what was read of them is still in the
/// processor's cache when it is written, and they do not wait for all.
const EVENTS_AT_ONCE: usize = 32;

/// How many tasks may have their turn before it is looked for others. Those that were woken together all have it, or
/// what they write would go out in two halves.
const TURNS_AT_ONCE: u32 = 256;

/// The runtime of the thread that calls.
pub(crate) fn runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread()
        .enable_all()
        .max_io_events_per_tick(EVENTS_AT_ONCE)
        .event_interval(TURNS_AT_ONCE)
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
