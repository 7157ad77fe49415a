//! What the log store promises, on both locations.

mod chunks;
mod drops;
mod files;
mod filtering;
mod pieces;
mod removal;
mod segments;
mod streams;
mod viewing;

use std::time::Duration;

use base::{Clock, Scope, Timestamp};
use ports::log_sink::LogLines;

use crate::{EventsPage, EventsQuery, Location, LogOptions, LogStore};

/// The moment at which the tests' clocks stand.
const NOW: i64 = 1_795_421_083_120;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn scope() -> Scope {
    Scope::new("000000000000", "us-east-1")
}

fn open(location: Location) -> LogStore {
    LogStore::open(LogOptions { location, clock: Clock::standing_at(at(NOW)) }).unwrap()
}

/// Runs a test on both locations.
async fn on_both(test: impl AsyncFn(LogStore)) {
    test(open(Location::Memory)).await;
    let directory = tempfile::tempdir().unwrap();
    test(open(Location::Directory(directory.path().join("data")))).await;
}

/// Appends to the group `g` and waits until it can be read.
async fn append(logs: &LogStore, stream: &str, events: &[(i64, &str)]) {
    let events: LogLines = events.iter().map(|(time, text)| (at(*time), *text)).collect();
    logs.append(&scope(), "g", stream, events);
    logs.flush().await.unwrap();
}

/// The whole stream of the group `g`, from its head.
fn query(stream: &str) -> EventsQuery {
    EventsQuery {
        scope: scope(),
        group: "g".into(),
        stream: stream.into(),
        start: None,
        end: None,
        limit: None,
        from_head: true,
        token: None,
    }
}

fn texts(page: &EventsPage) -> Vec<&str> {
    page.events.iter().map(|event| event.message.as_str()).collect()
}

async fn all(logs: &LogStore, stream: &str) -> Vec<String> {
    let page = logs.get_events(query(stream)).await.unwrap();
    page.events.into_iter().map(|event| event.message).collect()
}

const DAY: Duration = Duration::from_secs(86_400);
