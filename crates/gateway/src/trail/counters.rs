//! What is counted of a stage's requests: API Gateway's metrics `Count`, `4XXError` and
//! `5XXError` (API Gateway developer guide, "Amazon API Gateway dimensions and metrics").
//! Each core counts for itself, so counting costs no waiting.

use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;

use crate::shard::Sharded;

/// A stage's counters. They outlive its deployments.
#[derive(Debug)]
pub struct StageCounters(Sharded<Counts>);

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    client_errors: AtomicU64,
    server_errors: AtomicU64,
    cache_hits: AtomicU64,
    cache_misses: AtomicU64,
}

/// The counters' sums at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests that were answered.
    pub requests: u64,
    /// Of these, with a status of 400 to 499.
    pub client_errors: u64,
    /// Of these, with a status of 500 to 599.
    pub server_errors: u64,
    /// Answers that were found in the stage's cache: `CacheHitCount`.
    pub cache_hits: u64,
    /// Those that were looked for there and not found: `CacheMissCount`.
    pub cache_misses: u64,
}

impl Default for StageCounters {
    fn default() -> Self {
        Self(Sharded::new(Counts::default))
    }
}

impl StageCounters {
    /// Counts one answer.
    pub fn count(&self, status: StatusCode) {
        let counts = self.0.mine();
        counts.requests.fetch_add(1, Ordering::Relaxed);
        if status.is_client_error() {
            counts.client_errors.fetch_add(1, Ordering::Relaxed);
        } else if status.is_server_error() {
            counts.server_errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a look into the stage's cache.
    pub fn count_look_up(&self, hit: bool) {
        let counts = self.0.mine();
        let count = if hit { &counts.cache_hits } else { &counts.cache_misses };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// The sums over all cores.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.0.iter().fold(Totals::default(), |sum, counts| Totals {
            requests: sum.requests + counts.requests.load(Ordering::Relaxed),
            client_errors: sum.client_errors + counts.client_errors.load(Ordering::Relaxed),
            server_errors: sum.server_errors + counts.server_errors.load(Ordering::Relaxed),
            cache_hits: sum.cache_hits + counts.cache_hits.load(Ordering::Relaxed),
            cache_misses: sum.cache_misses + counts.cache_misses.load(Ordering::Relaxed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_class() {
        let counters = StageCounters::default();
        for status in [200, 301, 399, 400, 499, 500, 599] {
            counters.count(StatusCode::from_u16(status).unwrap());
        }
        for hit in [true, false, true] {
            counters.count_look_up(hit);
        }
        let expected =
            Totals { requests: 7, client_errors: 2, server_errors: 2, cache_hits: 2, cache_misses: 1 };
        assert_eq!(counters.totals(), expected);
    }
}
