//! Entries of caches that are of use for some time only. Without this they would hold their memory until the
//! cache is full.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;

/// What is of use for some time only.
pub(crate) trait Lapsing {
    /// For how long, from when it is kept.
    fn lasts(&self) -> Duration;
}

/// Has each entry go when it is of no more use.
pub(crate) struct Lapse;

impl<K, E: Lapsing> Expiry<K, Arc<E>> for Lapse {
    fn expire_after_create(&self, _: &K, entry: &Arc<E>, _: Instant) -> Option<Duration> {
        Some(entry.lasts())
    }

    fn expire_after_update(
        &self,
        _: &K,
        entry: &Arc<E>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.lasts())
    }
}
