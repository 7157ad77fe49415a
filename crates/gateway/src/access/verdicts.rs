//! What Lambda authorizers have said, for as long as it holds: by authorizer and by all that
//! identifies the caller (API Gateway developer guide, "Configure a Lambda authorizer").
//!
//! The policy is kept, not what came of asking it: each request asks it for its own method.

use std::sync::Arc;

use base::Timestamp;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::lambda_authorizer::{Identity, LONGEST_TTL, LambdaAuthorizer, Verdict};

/// The most that is kept in all, of all APIs.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// What an entry takes besides its texts.
const ENTRY_BYTES: usize = 1_024;

/// A compiled policy is larger than its text.
const TIMES_LARGER: usize = 8;

/// What has been said. All cores share it.
#[derive(Debug)]
pub struct Verdicts(Cache<Box<[u8]>, Arc<Kept>>);

#[derive(Debug)]
struct Kept {
    verdict: Arc<Verdict>,
    until: Timestamp,
}

impl Default for Verdicts {
    fn default() -> Self {
        let cache = Cache::<Box<[u8]>, Arc<Kept>>::builder()
            .max_capacity(MOST_BYTES)
            .weigher(|key, kept| {
                let bytes = key.len() + ENTRY_BYTES + TIMES_LARGER * kept.verdict.length;
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(LONGEST_TTL)
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
        let kept = self.0.get(&key(authorizer, identity)[..])?;
        (now < kept.until).then(|| Arc::clone(&kept.verdict))
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
            let kept = Kept { verdict: Arc::clone(verdict), until: now.plus(ttl) };
            self.0.insert(key(authorizer, identity), Arc::new(kept));
        }
    }
}

/// The authorizer as it was compiled with its stage, which no other has been or will be, and the
/// values, each with its length. So what was said before a stage was flushed, deployed anew or
/// changed is never found again, and no two identities are mistaken for each other.
fn key(authorizer: &LambdaAuthorizer, identity: &Identity<'_>) -> Box<[u8]> {
    let mut key = authorizer.number.to_le_bytes().to_vec();
    for (_, value) in identity {
        key.extend_from_slice(&value.len().to_le_bytes());
        key.extend_from_slice(value.as_bytes());
    }
    key.into()
}
