//! What Lambda authorizers have said, for as long as it holds: by authorizer and by all that
//! identifies the caller (API Gateway developer guide, "Configure a Lambda authorizer").
//!
//! The policy is kept, not what came of asking it: each request asks it for its own method.

use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::lambda_authorizer::{Identity, LambdaAuthorizer, Verdict};
use crate::lapse::{Lapse, Lapsing};

/// The most that is kept in all, of all APIs.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// What an entry takes besides its texts.
const ENTRY_BYTES: usize = 1_024;

/// A compiled policy is larger than its text.
const TIMES_LARGER: usize = 8;

/// What has been said, in the form that one kind of API reads it in. All cores share it.
pub struct Verdicts<V = Verdict>(Cache<Box<[u8]>, Arc<Kept<V>>>);

#[derive(Debug)]
struct Kept<V> {
    verdict: Arc<V>,
    /// How long it was as it was said.
    length: usize,
    from: Timestamp,
    until: Timestamp,
}

impl<V> Lapsing for Kept<V> {
    fn lasts(&self) -> Duration {
        self.until.since(self.from)
    }
}

impl<V: Send + Sync + 'static> Default for Verdicts<V> {
    fn default() -> Self {
        let cache = Cache::<Box<[u8]>, Arc<Kept<V>>>::builder()
            .max_capacity(MOST_BYTES)
            .weigher(|key, kept| {
                let bytes = key.len() + ENTRY_BYTES + TIMES_LARGER * kept.length;
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(Lapse)
            .build();
        Self(cache)
    }
}

impl Verdicts {
    /// What `authorizer` has said of this identity and still means.
    pub(super) fn get(
        &self,
        authorizer: &LambdaAuthorizer,
        identity: &Identity<'_>,
        now: Timestamp,
    ) -> Option<Arc<Verdict>> {
        authorizer.ttl?;
        self.find(&key(authorizer.number, identity.iter().map(|(_, value)| &**value)), now)
    }

    /// Keeps what `authorizer` says of this identity, if it is to be kept.
    pub(super) fn put(
        &self,
        authorizer: &LambdaAuthorizer,
        identity: &Identity<'_>,
        now: Timestamp,
        verdict: &Arc<Verdict>,
    ) {
        if let Some(ttl) = authorizer.ttl {
            let key = key(authorizer.number, identity.iter().map(|(_, value)| &**value));
            self.keep(key, verdict, verdict.length, (now, now.plus(ttl)));
        }
    }
}

impl<V: Send + Sync + 'static> Verdicts<V> {
    /// What is kept under `key` and still holds.
    pub(crate) fn find(&self, key: &[u8], now: Timestamp) -> Option<Arc<V>> {
        let kept = self.0.get(key)?;
        now.is_within(kept.from, kept.until).then(|| Arc::clone(&kept.verdict))
    }

    /// Keeps a verdict, which was of `length` bytes when it was said, from one moment to another.
    pub(crate) fn keep(
        &self,
        key: Box<[u8]>,
        verdict: &Arc<V>,
        length: usize,
        (from, until): (Timestamp, Timestamp),
    ) {
        let kept = Kept { verdict: Arc::clone(verdict), length, from, until };
        self.0.insert(key, Arc::new(kept));
    }
}

impl<V> std::fmt::Debug for Verdicts<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verdicts")
    }
}

/// The authorizer as it was compiled with its stage, which no other has been or will be, and the
/// values, each with its length. So what was said before a stage was flushed, deployed anew or
/// changed is never found again, and no two identities are mistaken for each other.
pub(crate) fn key<'a>(number: u64, identity: impl Iterator<Item = &'a str>) -> Box<[u8]> {
    let mut key = number.to_le_bytes().to_vec();
    for value in identity {
        key.extend_from_slice(&value.len().to_le_bytes());
        key.extend_from_slice(value.as_bytes());
    }
    key.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_longer_is_not_kept() {
        let verdicts = Verdicts::<()>::default();
        let now = Timestamp::from_millis(1_795_421_083_120);
        let keep = |number, lasts: u64| {
            let until = now.plus(Duration::from_secs(lasts));
            verdicts.keep(key(number, std::iter::empty()), &Arc::new(()), 100, (now, until));
        };
        for number in 0..1_000 {
            keep(number, 0);
        }
        keep(1_000, 3_600);
        // One that is replaced lasts as long as the new one.
        keep(1_001, 3_600);
        keep(1_001, 0);
        keep(1_002, 0);
        keep(1_002, 3_600);
        let kept: Vec<_> = verdicts.0.iter().map(|(own, _)| (*own).clone()).collect();
        assert_eq!(kept.len(), 2);
        for number in [1_000, 1_002] {
            assert!(kept.contains(&key(number, std::iter::empty())), "{number}");
        }
    }
}
