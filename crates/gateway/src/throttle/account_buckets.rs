//! The buckets of accounts. They outlive deployments, APIs and changes of the limit, and go when nobody could tell.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use base::Scope;

use super::Bucket;

/// As many are kept before it is first looked for those that can go.
const FEW: usize = 64;

/// A bucket for each account and region that serves APIs or has just done so.
#[derive(Debug, Default)]
pub struct AccountBuckets(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    buckets: HashMap<Scope, Arc<Bucket>>,
    /// At so many it is looked for those that can go. Twice what was left the last time, so that a bucket
    /// costs the same however many there are.
    crowded: usize,
}

impl AccountBuckets {
    /// The bucket of an account and region.
    #[must_use]
    pub fn of(&self, scope: &Scope, now: Instant) -> Arc<Bucket> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = kept.buckets.get(scope) {
            return Arc::clone(bucket);
        }
        if kept.buckets.len() >= kept.crowded.max(FEW) {
            // A bucket that no stage has and that is full is the same as a new one.
            kept.buckets.retain(|_, bucket| Arc::strong_count(bucket) > 1 || !bucket.is_full(now.into()));
            kept.crowded = kept.buckets.len().saturating_mul(2);
        }
        let bucket = Arc::<Bucket>::default();
        kept.buckets.insert(scope.clone(), Arc::clone(&bucket));
        bucket
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Limit;
    use super::*;

    fn of(buckets: &AccountBuckets, account: usize, now: Instant) -> Arc<Bucket> {
        buckets.of(&Scope::new(format!("{account:012}"), "us-east-1"), now)
    }

    #[test]
    fn an_account_has_one_bucket_in_each_region() {
        let (buckets, now) = (AccountBuckets::default(), Instant::now());
        let first = of(&buckets, 1, now);
        assert!(Arc::ptr_eq(&first, &of(&buckets, 1, now)));
        assert!(!Arc::ptr_eq(&first, &of(&buckets, 2, now)));
        assert!(!Arc::ptr_eq(&first, &buckets.of(&Scope::new("000000000001", "eu-west-1"), now)));
    }

    #[test]
    fn accounts_that_are_gone_leave_nothing() {
        let (buckets, now) = (AccountBuckets::default(), Instant::now());
        let served = of(&buckets, 0, now);
        for account in 1..100_000 {
            drop(of(&buckets, account, now));
        }
        assert!(buckets.0.lock().unwrap().buckets.len() <= FEW + 1);
        assert!(Arc::ptr_eq(&served, &of(&buckets, 0, now)));
    }

    /// Whoever removes and makes an API again gets no new burst by that.
    #[test]
    fn a_bucket_that_is_not_full_stays_until_it_is() {
        let (buckets, now) = (AccountBuckets::default(), Instant::now());
        let limit = Limit::new(1.0, 2).unwrap();
        let empties = |account| {
            let bucket = of(&buckets, account, now);
            (0..9).filter(|_| bucket.take(limit, now.into())).count()
        };
        assert_eq!(empties(0), 2);
        for account in 1..10 * FEW {
            drop(of(&buckets, account, now));
        }
        assert_eq!(empties(0), 0);
        let later = now + Duration::from_secs(3);
        for account in 1..10 * FEW {
            drop(of(&buckets, account, later));
        }
        assert!(!buckets.0.lock().unwrap().buckets.contains_key(&Scope::new("000000000000", "us-east-1")));
    }
}
