//! What is counted of requests: API Gateway's metrics `Count`, `4XXError`, `5XXError`, `Latency`,
//! `IntegrationLatency`, `CacheHitCount` and `CacheMissCount` (API Gateway developer guide, "Amazon
//! API Gateway dimensions and metrics"), for each stage, and for each of its methods where the stage's
//! settings ask for detailed metrics. Each core counts for itself, so counting costs no waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use http::StatusCode;

use super::WebSocketCounters;
use super::histogram::{Distribution, Histogram};
use crate::shard::{Sharded, Sum};

/// A stage's counters. They outlive its deployments.
#[derive(Debug, Default)]
pub struct StageCounters {
    stage: Counters,
    canary: OnceLock<Counters>,
    /// Those of methods live as long as something that was compiled counts by them.
    methods: Mutex<HashMap<MethodKey, Weak<MethodCounters>>>,
    websocket: OnceLock<Box<WebSocketCounters>>,
}

/// Which method of a stage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodKey {
    /// Whether it is the canary's.
    pub canary: bool,
    /// The resource's path.
    pub resource: Box<str>,
    /// The verb of the requests.
    pub verb: Box<str>,
}

/// The counters of one method, made when it is first called: most methods of most APIs never are.
#[derive(Debug, Default)]
pub struct MethodCounters(OnceLock<Counters>);

/// The counters of one thing.
#[derive(Debug)]
pub struct Counters(Sharded<Counts>);

#[derive(Debug, Default)]
struct Counts {
    requests: Sum,
    client_errors: Sum,
    server_errors: Sum,
    cache_hits: Sum,
    cache_misses: Sum,
    data_processed: Sum,
    latency: Histogram,
    integration_latency: Histogram,
}

/// What is counted of one request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Observed {
    /// The status that the client got.
    pub status: StatusCode,
    /// `Latency`: from the request's arrival to its answer.
    pub latency: Duration,
    /// `IntegrationLatency`, if the integration was asked.
    pub integration_latency: Option<Duration>,
    /// Whether its answer was found in the cache, if it was looked for there.
    pub cached: Option<bool>,
    /// `DataProcessed`: the bytes of the payloads, where they are known; of HTTP APIs.
    pub data_processed: u64,
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
    /// The bytes of payloads, of HTTP APIs: `DataProcessed`.
    pub data_processed: u64,
}

impl StageCounters {
    /// The stage's own counters, or its canary's: each request is counted by one of them.
    #[must_use]
    pub fn of(&self, canary: bool) -> &Counters {
        if canary { self.canary.get_or_init(Counters::default) } else { &self.stage }
    }

    /// Its canary's, if that ever had a request.
    #[must_use]
    pub fn of_canary(&self) -> Option<&Counters> {
        self.canary.get()
    }

    /// What is counted if it is a WebSocket API's.
    #[must_use]
    pub fn websocket(&self) -> &WebSocketCounters {
        self.websocket.get_or_init(Box::default)
    }

    /// The same, if anything was.
    #[must_use]
    pub fn of_websocket(&self) -> Option<&WebSocketCounters> {
        self.websocket.get().map(|counters| &**counters)
    }

    /// The counters of a method, the same for all deployments that follow on one another.
    #[must_use]
    pub fn of_method(&self, canary: bool, resource: &str, verb: &str) -> Arc<MethodCounters> {
        let mut methods = self.methods.lock().unwrap_or_else(PoisonError::into_inner);
        methods.retain(|_, counters| counters.strong_count() > 0);
        let key = MethodKey { canary, resource: resource.into(), verb: verb.into() };
        let known = methods.entry(key).or_default();
        known.upgrade().unwrap_or_else(|| {
            let made = Arc::default();
            *known = Arc::downgrade(&made);
            made
        })
    }

    /// The methods that were ever called, of those that have counters.
    #[must_use]
    pub fn methods(&self) -> Vec<(MethodKey, Arc<MethodCounters>)> {
        let methods = self.methods.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = methods.iter().filter_map(|(key, counters)| Some((key.clone(), counters.upgrade()?)));
        alive.filter(|(_, counters)| counters.counted().is_some()).collect()
    }
}

impl MethodCounters {
    /// Counts one request.
    pub fn count(&self, observed: &Observed) {
        self.0.get_or_init(Counters::default).count(observed);
    }

    /// What there is, if the method was ever called.
    #[must_use]
    pub fn counted(&self) -> Option<&Counters> {
        self.0.get()
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self(Sharded::new(Counts::default))
    }
}

impl Counters {
    /// Counts one request.
    pub fn count(&self, observed: &Observed) {
        let counts = self.0.mine();
        counts.requests.add(1);
        if observed.status.is_client_error() {
            counts.client_errors.add(1);
        } else if observed.status.is_server_error() {
            counts.server_errors.add(1);
        }
        match observed.cached {
            Some(true) => counts.cache_hits.add(1),
            Some(false) => counts.cache_misses.add(1),
            None => {}
        }
        if observed.data_processed > 0 {
            counts.data_processed.add(observed.data_processed);
        }
        counts.latency.count(observed.latency);
        if let Some(latency) = observed.integration_latency {
            counts.integration_latency.count(latency);
        }
    }

    /// The sums over all cores.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.0.iter().fold(Totals::default(), |sum, counts| Totals {
            requests: sum.requests + counts.requests.get(),
            client_errors: sum.client_errors + counts.client_errors.get(),
            server_errors: sum.server_errors + counts.server_errors.get(),
            cache_hits: sum.cache_hits + counts.cache_hits.get(),
            cache_misses: sum.cache_misses + counts.cache_misses.get(),
            data_processed: sum.data_processed + counts.data_processed.get(),
        })
    }

    /// `Latency`.
    #[must_use]
    pub fn latency(&self) -> Distribution {
        self.distribution(|counts| &counts.latency)
    }

    /// `IntegrationLatency`.
    #[must_use]
    pub fn integration_latency(&self) -> Distribution {
        self.distribution(|counts| &counts.integration_latency)
    }

    fn distribution(&self, of: impl Fn(&Counts) -> &Histogram) -> Distribution {
        let mut sum = Distribution::default();
        for counts in self.0.iter() {
            of(counts).add_to(&mut sum);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(status: u16) -> Observed {
        Observed { status: StatusCode::from_u16(status).unwrap(), ..Observed::default() }
    }

    #[test]
    fn answers_are_counted_by_class() {
        let counters = Counters::default();
        for status in [200, 301, 399, 400, 499, 500, 599] {
            counters.count(&observed(status));
        }
        for hit in [true, false, true] {
            counters.count(&Observed { cached: Some(hit), ..observed(200) });
        }
        counters.count(&Observed { data_processed: 7, ..observed(200) });
        let expected = Totals {
            requests: 11,
            client_errors: 2,
            server_errors: 2,
            cache_hits: 2,
            cache_misses: 1,
            data_processed: 7,
        };
        assert_eq!(counters.totals(), expected);
    }

    #[test]
    fn only_integrations_that_were_asked_have_a_latency() {
        let counters = Counters::default();
        counters.count(&Observed { latency: Duration::from_millis(3), ..observed(200) });
        let asked = Some(Duration::from_millis(2));
        counters.count(&Observed {
            latency: Duration::from_millis(3),
            integration_latency: asked,
            ..observed(200)
        });
        assert_eq!(counters.latency().sum_micros, 6_000);
        assert_eq!(counters.latency().buckets.iter().sum::<u64>(), 2);
        assert_eq!(counters.integration_latency().sum_micros, 2_000);
        assert_eq!(counters.integration_latency().buckets.iter().sum::<u64>(), 1);
    }

    #[test]
    fn a_stage_and_its_canary_count_for_themselves() {
        let counters = StageCounters::default();
        counters.of(false).count(&observed(200));
        assert!(counters.of_canary().is_none());
        counters.of(true).count(&observed(404));
        assert_eq!(counters.of(false).totals().requests, 1);
        assert_eq!(counters.of_canary().unwrap().totals().client_errors, 1);
    }

    #[test]
    fn a_method_keeps_its_counters_while_it_is_served() {
        let counters = StageCounters::default();
        let first = counters.of_method(false, "/a", "GET");
        assert!(first.counted().is_none());
        first.count(&observed(200));
        let again = counters.of_method(false, "/a", "GET");
        assert!(Arc::ptr_eq(&first, &again));
        for (canary, resource, verb) in [(true, "/a", "GET"), (false, "/b", "GET"), (false, "/a", "PUT")] {
            assert!(counters.of_method(canary, resource, verb).counted().is_none());
        }
        let key = MethodKey { canary: false, resource: "/a".into(), verb: "GET".into() };
        assert_eq!(counters.methods().into_iter().map(|(key, _)| key).collect::<Vec<_>>(), [key]);
        drop((first, again));
        assert!(counters.methods().is_empty());
        assert!(counters.of_method(false, "/a", "GET").counted().is_none());
        assert_eq!(counters.methods.lock().unwrap().len(), 1);
    }
}
