//! Requests to HTTP backends.

/// This core's connections to backends.
#[derive(Debug, Default)]
pub struct Upstreams;
