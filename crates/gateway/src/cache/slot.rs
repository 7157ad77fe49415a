//! The place of an answer that is not cached yet, or is to be replaced.

use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;

use super::flights::{Boarding, Flight, landed};
use super::method_cache::MethodCache;
use super::{Answer, LARGEST_ENTRY, ResponseCache};
use crate::exchange::{Body, BodyError, Peeked, Reply, peek};
use crate::mapping::headers::TRACE_ID;

/// Equal requests that one after the other found nothing to keep: after these many nobody waits
/// for them any longer.
const WAITS: usize = 2;

/// Where an answer goes once it is there.
#[derive(Debug)]
pub(crate) struct Slot {
    cache: Arc<ResponseCache>,
    key: Box<[u8]>,
    ttl: Duration,
    sealed: bool,
    /// Others wait for this answer until the slot is dropped.
    _flight: Option<Flight>,
}

impl Slot {
    /// A place for the answer under `key`, whatever is there now.
    pub(crate) fn replacing(cache: &Arc<ResponseCache>, method: &MethodCache, key: Box<[u8]>) -> Self {
        Self { cache: Arc::clone(cache), key, ttl: method.ttl, sealed: method.sealed, _flight: None }
    }

    /// The answer under `key`, or else a place for it. If somebody asks the backend for it already,
    /// that is waited for.
    pub(crate) async fn find(
        cache: &Arc<ResponseCache>,
        method: &MethodCache,
        key: Box<[u8]>,
        now: Timestamp,
    ) -> Result<Reply, Self> {
        for _ in 0..WAITS {
            if let Some(answer) = cache.get(&key, now) {
                return Ok(answer.into());
            }
            match cache.flights.board(&key) {
                Boarding::Wait(landing) => landed(landing).await,
                Boarding::Ask(flight) => {
                    // It may have come between the look and the boarding.
                    if let Some(answer) = cache.get(&key, now) {
                        return Ok(answer.into());
                    }
                    return Err(Self { _flight: Some(flight), ..Self::replacing(cache, method, key) });
                }
            }
        }
        match cache.get(&key, now) {
            Some(answer) => Ok(answer.into()),
            None => Err(Self::replacing(cache, method, key)),
        }
    }

    /// Keeps a reply, if it is small enough, and hands it on. Whatever its status is: API Gateway
    /// caches what the integration's mapping made of an error as well (as its users report); what
    /// the gateway itself refuses never comes here.
    ///
    /// # Errors
    /// If the reply's body ends early.
    pub(crate) async fn fill(self, reply: Reply, now: Timestamp) -> Result<Reply, BodyError> {
        let Reply { status, headers, body } = reply;
        let body = match peek(body, LARGEST_ENTRY).await? {
            Peeked::Larger(body) => body,
            Peeked::Whole(body) => {
                let lines = headers.iter().map(|(name, value)| (name.clone(), value.clone()));
                let mut kept = Answer { status, headers: lines.collect(), body: body.clone() };
                // It tells of one request.
                kept.headers.retain(|(name, _)| *name != TRACE_ID);
                if kept.size() <= LARGEST_ENTRY {
                    self.cache.put(self.key, kept, (now, now.plus(self.ttl)), self.sealed);
                }
                Body::from(body)
            }
        };
        Ok(Reply { status, headers, body })
    }
}

#[cfg(test)]
mod tests {
    use api::apigateway::{Integration, Stage};
    use base::Random;
    use bytes::Bytes;
    use documents::apigateway::CacheAge;
    use http::StatusCode;
    use serde_json::json;

    use super::*;
    use crate::cache::CacheSpec;
    use crate::exchange::ResourceFacts;
    use crate::exchange::StageVariables;
    use crate::message::Headers;

    const NOW: Timestamp = Timestamp::from_millis(1_721_241_291_500);

    fn cache() -> Arc<ResponseCache> {
        let spec = CacheSpec { capacity: 1 << 24, age: CacheAge::default() };
        Arc::new(ResponseCache::new(spec, &Random::seeded(1)))
    }

    fn method(sealed: bool) -> MethodCache {
        let setting = json!({"cachingEnabled": true, "cacheTtlInSeconds": 10, "cacheDataEncrypted": sealed});
        let stage = json!({"cacheClusterEnabled": true, "methodSettings": {"*/*": setting}});
        let stage: Stage = serde_json::from_value(stage).unwrap();
        let resource = ResourceFacts { id: "r1".into(), path: "/".into() };
        let variables = StageVariables::default();
        MethodCache::compile(&stage, &resource, "GET", &Integration::default(), &variables).unwrap().unwrap()
    }

    fn reply(body: &Bytes) -> Reply {
        Reply { status: StatusCode::OK, headers: Headers::new(), body: Body::from(body.clone()) }
    }

    fn run<T>(of: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(of)
    }

    /// The length of what is found under `key` at a moment.
    fn found(cache: &Arc<ResponseCache>, key: &[u8], after: Duration) -> Option<u64> {
        run(Slot::find(cache, &method(false), key.into(), NOW.plus(after)))
            .ok()
            .and_then(|reply| reply.body.length())
    }

    #[test]
    fn an_entry_is_served_until_its_time() {
        for sealed in [false, true] {
            let (cache, body) = (cache(), Bytes::from_static(b"four"));
            let slot = run(Slot::find(&cache, &method(sealed), b"k"[..].into(), NOW)).unwrap_err();
            run(slot.fill(reply(&body), NOW)).unwrap();
            assert_eq!(found(&cache, b"k", Duration::ZERO), Some(4));
            assert_eq!(found(&cache, b"k", Duration::from_millis(9_999)), Some(4));
            assert_eq!(found(&cache, b"k", Duration::from_secs(10)), None);
            assert_eq!(found(&cache, b"l", Duration::ZERO), None);
        }
    }

    /// "The maximum size of a response that can be cached is 1048576 bytes."
    #[test]
    fn one_mebibyte_is_the_most_that_is_kept() {
        for (size, kept) in [(LARGEST_ENTRY, true), (LARGEST_ENTRY + 1, false)] {
            let (cache, body) = (cache(), Bytes::from(vec![b'x'; size]));
            let slot = Slot::replacing(&cache, &method(false), b"k"[..].into());
            let handed_on = run(slot.fill(reply(&body), NOW)).unwrap();
            assert_eq!(handed_on.body.length(), Some(size as u64));
            assert_eq!(found(&cache, b"k", Duration::ZERO).is_some(), kept, "{size}");
        }
    }

    #[test]
    fn a_slot_that_is_dropped_lets_the_next_one_ask() {
        let cache = cache();
        let first = run(Slot::find(&cache, &method(false), b"k"[..].into(), NOW)).unwrap_err();
        run(async {
            let (own, key) = (Arc::clone(&cache), b"k"[..].into());
            let second =
                tokio::spawn(async move { Slot::find(&own, &method(false), key, NOW).await.is_err() });
            tokio::task::yield_now().await;
            drop(first);
            assert!(second.await.unwrap());
        });
    }
}
