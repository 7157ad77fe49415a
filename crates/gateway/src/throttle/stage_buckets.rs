//! The buckets of a stage's methods. They outlive deployments: deploying fills no bucket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Bucket;

/// Methods that keep their buckets when they are gone: as many as an API may have resources, with
/// every verb.
const MOST: usize = 300 * 8;

/// One stage's buckets, those of its canary included: it is the same stage to its clients.
#[derive(Debug, Default)]
pub struct StageBuckets(Mutex<HashMap<Box<str>, Arc<Bucket>>>);

impl StageBuckets {
    /// The bucket of a method.
    #[must_use]
    pub fn of(&self, path: &str, verb: &str) -> Arc<Bucket> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MOST {
            // Only what a stage uses at this moment is kept; nothing of it is lost.
            buckets.retain(|_, bucket| Arc::strong_count(bucket) > 1);
        }
        Arc::clone(buckets.entry(format!("{verb} {path}").into()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_keeps_its_bucket() {
        let buckets = StageBuckets::default();
        let first = buckets.of("/a", "GET");
        assert!(Arc::ptr_eq(&first, &buckets.of("/a", "GET")));
        assert!(!Arc::ptr_eq(&first, &buckets.of("/a", "PUT")));
        for n in 0..2 * MOST {
            drop(buckets.of(&format!("/{n}"), "GET"));
        }
        assert!(buckets.0.lock().unwrap().len() <= MOST + 1);
        assert!(Arc::ptr_eq(&first, &buckets.of("/a", "GET")));
    }
}
