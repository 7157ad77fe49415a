//! How often a method may be called (API Gateway developer guide, "Throttle requests to your REST
//! APIs"): token buckets, exact on one node; each node has its own.

mod account_buckets;
mod bucket;
mod stage_buckets;

pub use account_buckets::AccountBuckets;
pub use bucket::{ACCOUNT_BURST, ACCOUNT_RATE, Bucket, Limit, Moment};
pub use stage_buckets::StageBuckets;

use std::sync::Arc;

/// A limit and how much of it is used.
#[derive(Clone, Debug)]
pub struct Throttle {
    /// The limit, as it is configured now.
    pub limit: Limit,
    /// What outlives changes of the limit.
    pub bucket: Arc<Bucket>,
}

impl Throttle {
    /// Takes a token, if there is one.
    #[must_use]
    pub fn take(&self, now: Moment) -> bool {
        self.bucket.take(self.limit, now)
    }
}
