//! What is counted of WebSocket APIs (API Gateway developer guide, "Monitoring WebSocket API execution
//! with CloudWatch metrics"): of each stage, and of each of its routes where the stage's settings ask for
//! detailed metrics.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::histogram::{Distribution, Histogram};
use crate::shard::{Sharded, Sum};

/// The counters of a stage of a WebSocket API.
#[derive(Debug, Default)]
pub struct WebSocketCounters {
    stage: WebSocketCounts,
    /// By key.
    routes: Mutex<BTreeMap<Box<str>, Arc<WebSocketCounts>>>,
}

/// The counters of one thing. Each core counts for itself.
#[derive(Debug)]
pub struct WebSocketCounts(Sharded<Counts>);

#[derive(Debug, Default)]
struct Counts {
    connects: Sum,
    messages: Sum,
    integration_errors: Sum,
    client_errors: Sum,
    execution_errors: Sum,
    integration_latency: Histogram,
}

/// What is counted of one event.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebSocketObserved {
    /// `ConnectCount`: whether it went to the integration of `$connect`.
    pub connect: bool,
    /// `MessageCount`: messages from and to the client.
    pub messages: u64,
    /// `IntegrationError`: whether the integration answered with a status of 400 or more.
    pub integration_error: bool,
    /// `ClientError`: whether it was refused before the integration was asked.
    pub client_error: bool,
    /// `ExecutionError`: whether asking the integration failed.
    pub execution_error: bool,
    /// `IntegrationLatency`, if the integration was asked.
    pub integration_latency: Option<Duration>,
}

/// The counters' sums at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebSocketTotals {
    /// `ConnectCount`
    pub connects: u64,
    /// `MessageCount`
    pub messages: u64,
    /// `IntegrationError`
    pub integration_errors: u64,
    /// `ClientError`
    pub client_errors: u64,
    /// `ExecutionError`
    pub execution_errors: u64,
}

impl Default for WebSocketCounts {
    fn default() -> Self {
        Self(Sharded::new(Counts::default))
    }
}

impl WebSocketCounters {
    /// Counts one event, and of the route `detailed` by itself.
    pub fn count(&self, observed: &WebSocketObserved, detailed: Option<&str>) {
        self.stage.count(observed);
        if let Some(route) = detailed {
            let counts = Arc::clone(self.lock().entry(route.into()).or_default());
            counts.count(observed);
        }
    }

    /// Forgets what was counted of routes that are not there any more.
    pub fn keep_routes(&self, is_there: impl Fn(&str) -> bool) {
        self.lock().retain(|key, _| is_there(key));
    }

    /// The stage's own.
    #[must_use]
    pub fn stage(&self) -> &WebSocketCounts {
        &self.stage
    }

    /// Those of its routes that are counted by themselves.
    #[must_use]
    pub fn routes(&self) -> Vec<(Box<str>, Arc<WebSocketCounts>)> {
        self.lock().iter().map(|(key, counts)| (key.clone(), Arc::clone(counts))).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Box<str>, Arc<WebSocketCounts>>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WebSocketCounts {
    fn count(&self, observed: &WebSocketObserved) {
        let counts = self.0.mine();
        for (count, add) in [
            (&counts.connects, u64::from(observed.connect)),
            (&counts.messages, observed.messages),
            (&counts.integration_errors, u64::from(observed.integration_error)),
            (&counts.client_errors, u64::from(observed.client_error)),
            (&counts.execution_errors, u64::from(observed.execution_error)),
        ] {
            if add > 0 {
                count.add(add);
            }
        }
        if let Some(latency) = observed.integration_latency {
            counts.integration_latency.count(latency);
        }
    }

    /// The sums over all cores.
    #[must_use]
    pub fn totals(&self) -> WebSocketTotals {
        let sum = |of: fn(&Counts) -> &Sum| self.0.iter().map(|counts| of(counts).get()).sum();
        WebSocketTotals {
            connects: sum(|counts| &counts.connects),
            messages: sum(|counts| &counts.messages),
            integration_errors: sum(|counts| &counts.integration_errors),
            client_errors: sum(|counts| &counts.client_errors),
            execution_errors: sum(|counts| &counts.execution_errors),
        }
    }

    /// `IntegrationLatency`.
    #[must_use]
    pub fn integration_latency(&self) -> Distribution {
        let mut sum = Distribution::default();
        for counts in self.0.iter() {
            counts.integration_latency.add_to(&mut sum);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_by_stage_and_where_asked_by_route() {
        let counters = WebSocketCounters::default();
        let connect = WebSocketObserved { connect: true, ..WebSocketObserved::default() };
        let message = WebSocketObserved {
            messages: 2,
            integration_latency: Some(Duration::from_millis(3)),
            ..WebSocketObserved::default()
        };
        counters.count(&connect, None);
        counters.count(&message, Some("join"));
        counters.count(&message, Some("join"));
        let totals = counters.stage().totals();
        assert_eq!((totals.connects, totals.messages), (1, 4));
        let routes = counters.routes();
        assert_eq!(routes.len(), 1);
        assert_eq!((&*routes[0].0, routes[0].1.totals().messages), ("join", 4));
        counters.count(&connect, Some("leave"));
        counters.keep_routes(|key| key == "join");
        let routes = counters.routes();
        assert_eq!(routes.iter().map(|(key, _)| &**key).collect::<Vec<_>>(), ["join"]);
        assert_eq!(counters.stage().integration_latency().sum_micros, 6_000);
    }
}
