//! The metrics: API Gateway's (API Gateway developer guide, "Amazon API Gateway dimensions and
//! metrics") and the gateway's own. Labels are what is deployed, never what clients send, so their
//! number is bounded.
//!
//! Each request is counted once in the metrics of stages, by its stage or by that stage's canary,
//! and once more in those of methods if the stage asks for detailed metrics. An API's own numbers
//! are the sums over its stages.

use super::process::Process;
use super::text::{Kind, Label, Text};
use crate::front_door::{FrontDoor, StageTotals};
use crate::listener::Gauges;
use crate::trail::{Counters, Distribution, Totals, WebSocketCounts, WebSocketTotals};

/// One metric of API Gateway that is a number.
struct Number {
    name: &'static str,
    help: &'static str,
    of: fn(&Totals) -> u64,
}

const NUMBERS: [Number; 6] = [
    Number { name: "count_total", help: "Count: requests that were answered.", of: |sums| sums.requests },
    Number {
        name: "4xx_error_total",
        help: "4XXError: of these, with a status of 400 to 499.",
        of: |sums| sums.client_errors,
    },
    Number {
        name: "5xx_error_total",
        help: "5XXError: of these, with a status of 500 to 599.",
        of: |sums| sums.server_errors,
    },
    Number {
        name: "cache_hit_count_total",
        help: "CacheHitCount: requests that were answered from the cache.",
        of: |sums| sums.cache_hits,
    },
    Number {
        name: "cache_miss_count_total",
        help: "CacheMissCount: requests that were looked for in the cache and answered by the backend.",
        of: |sums| sums.cache_misses,
    },
    Number {
        name: "data_processed_bytes_total",
        help: "DataProcessed: the bytes of payloads, of HTTP APIs and where they are known.",
        of: |sums| sums.data_processed,
    },
];

/// One metric of API Gateway that is a duration.
struct Duration {
    name: &'static str,
    help: &'static str,
    of: fn(&Counters) -> Distribution,
}

const DURATIONS: [Duration; 2] = [
    Duration {
        name: "latency_seconds",
        help: "Latency: from the arrival of a request to the beginning of its answer.",
        of: Counters::latency,
    },
    Duration {
        name: "integration_latency_seconds",
        help: "IntegrationLatency: what integrations took, of requests that got to them.",
        of: Counters::integration_latency,
    },
];

/// What is served under [`super::METRICS`].
pub(super) fn scrape(front_door: &FrontDoor, listener: &Gauges, process: &Process) -> String {
    let mut text = Text::default();
    let mut stages = front_door.apis().totals();
    stages.sort_by(|a, b| (&a.api, &a.stage).cmp(&(&b.api, &b.stage)));
    of_stages(&stages, &mut text);
    of_requests(front_door, &mut text);
    let mut number = |name, kind, help, value: u64| {
        text.metric(name, kind, help);
        text.sample(name, &[], value);
    };
    let open = u64::try_from(listener.connections()).unwrap_or(u64::MAX);
    number("gatewright_connections", Kind::Gauge, "Open connections of clients.", open);
    let most = u64::try_from(listener.most_connections()).unwrap_or(u64::MAX);
    let help = "How many connections may be open; further ones wait.";
    number("gatewright_connections_limit", Kind::Gauge, help, most);
    let open = u64::try_from(front_door.websockets().connections().count()).unwrap_or(u64::MAX);
    number("gatewright_websocket_connections", Kind::Gauge, "Open connections of WebSocket APIs.", open);
    let help = "Requests that ended in a panic.";
    number("gatewright_panics_total", Kind::Counter, help, listener.panics());
    process.tell(&mut text);
    text.finish()
}

fn of_stages(stages: &[StageTotals], text: &mut Text) {
    let name = "gatewright_stage_info";
    text.metric(name, Kind::Gauge, "1 for each stage that is served, with what else is known of it.");
    for stage in stages {
        let labels = [
            ("account", stage.scope.account()),
            ("region", stage.scope.region()),
            ("api", &stage.api),
            ("api_name", &stage.api_name),
            ("stage", &stage.stage),
            ("deployment", &stage.deployment),
        ];
        text.sample(name, &labels, 1);
    }
    let mut of_stages: Vec<(Vec<Label<'_>>, &Counters)> = Vec::new();
    let methods: Vec<_> = stages.iter().map(|stage| (stage, stage.counters.methods())).collect();
    let mut of_methods = Vec::new();
    for stage in stages {
        let counters = [("false", Some(stage.counters.of(false))), ("true", stage.counters.of_canary())];
        for (canary, counters) in counters {
            let labels = vec![("api", &*stage.api), ("stage", &*stage.stage), ("canary", canary)];
            of_stages.extend(counters.map(|counters| (labels, counters)));
        }
    }
    for (stage, methods) in &methods {
        for (key, counters) in methods {
            let canary = if key.canary { "true" } else { "false" };
            let labels = vec![
                ("api", &*stage.api),
                ("stage", &*stage.stage),
                ("canary", canary),
                ("resource", &*key.resource),
                ("method", &*key.verb),
            ];
            of_methods.extend(counters.counted().map(|counters| (labels, counters)));
        }
    }
    of_methods.sort_by(|(a, _), (b, _)| a.cmp(b));
    metrics("gatewright_stage", &of_stages, text);
    of_websockets(stages, text);
    metrics("gatewright_method", &of_methods, text);
}

/// A metric of WebSocket APIs that is a number: its name, what it says, and where it is.
type WebSocketNumber = (&'static str, &'static str, fn(&WebSocketTotals) -> u64);

const WEBSOCKET_NUMBERS: [WebSocketNumber; 5] = [
    ("connect_count_total", "ConnectCount: events sent to the integration of $connect.", |sums| {
        sums.connects
    }),
    ("message_count_total", "MessageCount: messages from and to clients.", |sums| sums.messages),
    (
        "integration_error_total",
        "IntegrationError: events whose integration answered with a status of 400 or more.",
        |sums| sums.integration_errors,
    ),
    (
        "client_error_total",
        "ClientError: events that were refused before an integration was asked.",
        |sums| sums.client_errors,
    ),
    ("execution_error_total", "ExecutionError: events whose integration could not be asked.", |sums| {
        sums.execution_errors
    }),
];

/// What is counted of WebSocket APIs (API Gateway developer guide, "Monitoring WebSocket API execution
/// with CloudWatch metrics").
fn of_websockets(stages: &[StageTotals], text: &mut Text) {
    let counted: Vec<_> =
        stages.iter().filter_map(|stage| Some((stage, stage.counters.of_websocket()?))).collect();
    let routes: Vec<_> = counted.iter().map(|(stage, counters)| (stage, counters.routes())).collect();
    let own = counted
        .iter()
        .map(|(stage, counters)| (vec![("api", &*stage.api), ("stage", &*stage.stage)], counters.stage()));
    let of_routes = routes.iter().flat_map(|(stage, routes)| {
        routes.iter().map(move |(key, counts)| {
            let mut labels = vec![("api", &*stage.api), ("stage", &*stage.stage)];
            labels.push(("route", &**key));
            (labels, &**counts)
        })
    });
    websocket_metrics("gatewright_websocket_stage", &own.collect::<Vec<_>>(), text);
    websocket_metrics("gatewright_websocket_route", &of_routes.collect::<Vec<_>>(), text);
}

fn websocket_metrics(prefix: &str, counted: &[(Vec<Label<'_>>, &WebSocketCounts)], text: &mut Text) {
    if counted.is_empty() {
        return;
    }
    for (name, help, of) in WEBSOCKET_NUMBERS {
        let name = format!("{prefix}_{name}");
        text.metric(&name, Kind::Counter, help);
        for (labels, counts) in counted {
            text.sample(&name, labels, of(&counts.totals()));
        }
    }
    let name = format!("{prefix}_integration_latency_seconds");
    text.metric(&name, Kind::Histogram, "IntegrationLatency: what integrations took, but for MOCK.");
    for (labels, counts) in counted {
        text.histogram(&name, labels, &counts.integration_latency());
    }
}

fn metrics(prefix: &str, counted: &[(Vec<Label<'_>>, &Counters)], text: &mut Text) {
    if counted.is_empty() {
        return;
    }
    let totals: Vec<Totals> = counted.iter().map(|(_, counters)| counters.totals()).collect();
    for Number { name, help, of } in NUMBERS {
        let name = format!("{prefix}_{name}");
        text.metric(&name, Kind::Counter, help);
        for ((labels, _), totals) in counted.iter().zip(&totals) {
            text.sample(&name, labels, of(totals));
        }
    }
    for Duration { name, help, of } in DURATIONS {
        let name = format!("{prefix}_{name}");
        text.metric(&name, Kind::Histogram, help);
        for (labels, counters) in counted {
            text.histogram(&name, labels, &of(counters));
        }
    }
}

fn of_requests(front_door: &FrontDoor, text: &mut Text) {
    let traffic = front_door.traffic();
    let name = "gatewright_requests_in_flight";
    text.metric(name, Kind::Gauge, "Requests whose answer has not begun, of APIs and of AWS operations.");
    text.sample(name, &[], traffic.in_flight());
    let name = "gatewright_requests_to_no_stage_total";
    text.metric(name, Kind::Counter, "Requests to APIs or stages that are not there.");
    text.sample(name, &[], traffic.to_no_stage());
    let name = "gatewright_aws_operations_total";
    text.metric(name, Kind::Counter, "Calls of AWS operations.");
    text.sample(name, &[], traffic.aws_operations());
}
