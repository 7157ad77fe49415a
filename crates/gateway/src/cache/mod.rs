//! The response cache of a stage (API Gateway developer guide, "Enabling API caching to enhance
//! responsiveness"). What a method answers is kept by the parameters that its integration names
//! as cache keys, and by nothing else: as in API Gateway, it is the API's owner who has to name
//! whatever the answers depend on.
//!
//! A cache belongs to one node. Nothing is promised of an entry but that it is not served after its
//! time, nor after a flush.

mod flights;
mod method_cache;
mod seal;
mod slot;

use std::sync::Arc;
use std::time::Duration;

use api::apigateway::{CacheClusterSize, Stage};
use base::{Random, Timestamp};
use bytes::Bytes;
use documents::apigateway::{CacheAge, StageDocument};
use http::{HeaderName, HeaderValue, StatusCode};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::exchange::{Body, Reply};
use crate::lapse::{Lapse, Lapsing};
use flights::Flights;
pub(crate) use method_cache::asks_for_fresh;
pub use method_cache::{CacheControl, MethodCache};
use seal::{Seal, Sealed};
pub(crate) use slot::Slot;

/// The largest answer that is kept, its body and its headers together.
pub(crate) const LARGEST_ENTRY: usize = 1_048_576;

/// The longest that an entry may be served.
pub(crate) const LONGEST_TTL: Duration = Duration::from_secs(3_600);

/// What a GB of a cache cluster is.
const GIB: u64 = 1 << 30;

/// What an entry takes besides its bytes.
const OVERHEAD: usize = 256;

/// One stage's cache, or its canary's.
pub struct ResponseCache {
    spec: CacheSpec,
    entries: Cache<Box<[u8]>, Arc<Entry>>,
    flights: Flights,
    seal: Seal,
}

/// What a cache has to be: a stage whose cache is to be another gets an empty one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSpec {
    /// Its capacity in bytes.
    pub capacity: u64,
    /// Between which flushes it stands.
    pub age: CacheAge,
}

#[derive(Debug)]
struct Entry {
    kept: Kept,
    from: Timestamp,
    until: Timestamp,
}

impl Lapsing for Entry {
    fn lasts(&self) -> Duration {
        self.until.since(self.from)
    }
}

#[derive(Debug)]
enum Kept {
    Plain(Answer),
    Sealed(Sealed),
}

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl CacheSpec {
    /// Of a stage, if it has a cache; `most` bytes are the operator's bound for each.
    #[must_use]
    pub fn of(document: &StageDocument, most: u64) -> Option<Self> {
        let Stage { cache_cluster_enabled, cache_cluster_size, .. } = &document.stage;
        let enabled = *cache_cluster_enabled == Some(true);
        enabled.then(|| Self {
            capacity: bytes(cache_cluster_size.unwrap_or(CacheClusterSize::V0_5)).min(most),
            age: document.cache_age(),
        })
    }
}

/// A cluster's size, which is its name in GB.
fn bytes(size: CacheClusterSize) -> u64 {
    let tenths = match size {
        CacheClusterSize::V0_5 => 5,
        CacheClusterSize::V1_6 => 16,
        CacheClusterSize::V6_1 => 61,
        CacheClusterSize::V13_5 => 135,
        CacheClusterSize::V28_4 => 284,
        CacheClusterSize::V58_2 => 582,
        CacheClusterSize::V118 => 1_180,
        CacheClusterSize::V237 => 2_370,
    };
    tenths * (GIB / 10)
}

impl ResponseCache {
    /// An empty cache.
    #[must_use]
    pub fn new(spec: CacheSpec, random: &Random) -> Self {
        let entries = Cache::<Box<[u8]>, Arc<Entry>>::builder()
            .max_capacity(spec.capacity)
            .weigher(|key, entry| weight(key, entry))
            // Entries come and go by their age; a popular old one is not worth more than a new one.
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(Lapse)
            .build();
        Self { spec, entries, flights: Flights::default(), seal: Seal::new(random) }
    }

    /// What it was made for.
    #[must_use]
    pub fn spec(&self) -> CacheSpec {
        self.spec
    }

    /// The answer under `key`, if there is one that may still be served.
    fn get(&self, key: &[u8], now: Timestamp) -> Option<Answer> {
        let entry = self.entries.get(key)?;
        if !now.is_within(entry.from, entry.until) {
            return None;
        }
        match &entry.kept {
            Kept::Plain(answer) => Some(answer.clone()),
            // What cannot be opened is as good as nothing: the backend is asked.
            Kept::Sealed(sealed) => self.seal.open(sealed),
        }
    }

    fn put(&self, key: Box<[u8]>, answer: Answer, (from, until): (Timestamp, Timestamp), sealed: bool) {
        let kept = if sealed {
            match self.seal.close(&answer) {
                Some(sealed) => Kept::Sealed(sealed),
                None => return,
            }
        } else {
            Kept::Plain(answer)
        };
        self.entries.insert(key, Arc::new(Entry { kept, from, until }));
    }
}

impl Answer {
    fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
        headers.sum::<usize>() + self.body.len()
    }
}

impl From<Answer> for Reply {
    fn from(Answer { status, headers, body }: Answer) -> Self {
        Self { status, headers: headers.into_iter().collect(), body: Body::from(body) }
    }
}

fn weight(key: &[u8], entry: &Entry) -> u32 {
    let kept = match &entry.kept {
        Kept::Plain(answer) => answer.size(),
        Kept::Sealed(sealed) => sealed.size(),
    };
    u32::try_from(key.len() + kept + OVERHEAD).unwrap_or(u32::MAX)
}

impl std::fmt::Debug for ResponseCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseCache").field("spec", &self.spec).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_be_served_any_more_is_not_kept() {
        let spec = CacheSpec { capacity: GIB, age: CacheAge::default() };
        let cache = ResponseCache::new(spec, &Random::system());
        let now = Timestamp::from_millis(1_795_421_083_120);
        let answer = Answer { status: StatusCode::OK, headers: Vec::new(), body: Bytes::from("x") };
        for (number, lasts) in (0..1_000_u32).map(|number| (number, 0)).chain([(1_000, 3_600)]) {
            let key = number.to_le_bytes().into();
            cache.put(key, answer.clone(), (now, now.plus(Duration::from_secs(lasts))), false);
        }
        assert_eq!(cache.entries.iter().count(), 1);
        assert_eq!(cache.get(&1_000_u32.to_le_bytes(), now), Some(answer));
    }
}
