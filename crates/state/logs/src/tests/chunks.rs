//! Events that are in several chunks, and chunks that are not what they should be.

use std::path::Path;

use base::Clock;
use ports::log_sink::LogLines;
use rusqlite::Connection;

use super::{NOW, all, append, at, on_both, open, query, scope, texts};
use crate::{
    EventsQuery, FilterQuery, Location, LogFault, LogOptions, LogStore, Pattern, StreamOrder,
    StreamSelection, StreamsQuery,
};

/// Numbers that look like chance and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % bound).unwrap()
    }
}

/// Appends to some streams, whose times overlap and are of several windows; answers them all as they
/// arrived: stream, time, text.
async fn append_many(logs: &LogStore) -> Vec<(&'static str, i64, String)> {
    let mut numbers = Numbers(1);
    let mut all = Vec::new();
    for round in 0..40 {
        let stream = if round % 3 == 0 { "a" } else { "b" };
        // From one millisecond to several windows.
        let spread = [1, 50, 4_000, 45_000][usize::try_from(numbers.below(4)).unwrap()];
        let begin = numbers.below(60_000);
        let mut lines = LogLines::default();
        for number in 0..=numbers.below(60) {
            let time = begin + numbers.below(spread);
            let text = format!("{round}.{number} {}", if number % 7 == 0 { "needle" } else { "hay" });
            lines.push(at(time), &text);
            all.push((stream, time, text));
        }
        logs.append(&scope(), "g", stream, lines);
        if round % 2 == 0 {
            logs.flush().await.unwrap();
        }
    }
    logs.flush().await.unwrap();
    all
}

fn by_time(mut events: Vec<(&'static str, i64, String)>) -> Vec<String> {
    // Stable: among equals as they arrived.
    events.sort_by_key(|(_, time, _)| *time);
    events.into_iter().map(|(_, _, text)| text).collect()
}

#[tokio::test]
async fn a_stream_is_one_sequence_in_both_directions_however_its_chunks_overlap() {
    on_both(async |logs| {
        let events = append_many(&logs).await;
        let expected = by_time(events.into_iter().filter(|(stream, ..)| *stream == "b").collect());
        assert_eq!(all(&logs, "b").await, expected);
        for limit in [1, 7, 100] {
            let (mut forward, mut token) = (Vec::new(), None);
            loop {
                let page = EventsQuery { limit: Some(limit), token, ..query("b") };
                let page = logs.get_events(page).await.unwrap();
                if page.events.is_empty() {
                    break;
                }
                assert!(page.events.len() == limit || forward.len() + page.events.len() == expected.len());
                forward.extend(texts(&page).into_iter().map(str::to_owned));
                token = Some(page.forward);
            }
            assert_eq!(forward, expected);
            let (mut backward, mut token) = (Vec::new(), None);
            loop {
                let page = EventsQuery { limit: Some(limit), from_head: false, token, ..query("b") };
                let page = logs.get_events(page).await.unwrap();
                if page.events.is_empty() {
                    break;
                }
                backward.extend(texts(&page).into_iter().rev().map(str::to_owned));
                token = Some(page.backward);
            }
            backward.reverse();
            assert_eq!(backward, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_part_of_a_stream_is_what_lies_in_it() {
    let logs = open(Location::Memory);
    let events = append_many(&logs).await;
    for (start, end) in [(0, 10_000), (9_999, 10_001), (12_345, 54_321), (20_000, 30_000), (70_000, 200_000)]
    {
        let inside =
            |(stream, time, _): &&(&'static str, i64, String)| *stream == "a" && (start..end).contains(time);
        let expected = by_time(events.iter().filter(inside).cloned().collect());
        for from_head in [true, false] {
            let part = EventsQuery { start: Some(at(start)), end: Some(at(end)), from_head, ..query("a") };
            let page = logs.get_events(part).await.unwrap();
            assert_eq!(texts(&page), expected, "{start} {end}");
        }
    }
}

fn search(pattern: &str) -> FilterQuery {
    FilterQuery {
        scope: scope(),
        group: "g".into(),
        streams: StreamSelection::All,
        start: None,
        end: None,
        pattern: Pattern::parse(pattern).unwrap(),
        limit: None,
        token: None,
    }
}

#[tokio::test]
async fn a_search_meets_every_event_once_however_chunks_overlap() {
    on_both(async |logs| {
        let events = append_many(&logs).await;
        for (pattern, limit) in [("needle", 1), ("needle", 5), ("", 100), ("", 10_000)] {
            let (mut found, mut token) = (Vec::new(), None);
            loop {
                let page = FilterQuery { limit: Some(limit), token, ..search(pattern) };
                let page = logs.filter_events(page).await.unwrap();
                assert!(page.events.len() <= limit);
                found.extend(page.events.into_iter().map(|found| found.event.message));
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            let matching = events.iter().filter(|(_, _, text)| text.contains(pattern)).cloned();
            assert_eq!(found, by_time(matching.collect()));
        }
    })
    .await;
}

/// A search that has looked at enough ends before the chunk that it did not read, and goes on there
/// although events behind it were read before.
#[tokio::test]
async fn a_search_that_stops_between_overlapping_chunks_misses_nothing() {
    let logs = open(Location::Memory);
    for round in 0..12 {
        // Each round reaches over the beginning of the next.
        let times = (0..10_000).map(|number| (at(round * 500 + number % 900), "hay"));
        logs.append(&scope(), "g", "s", times.collect::<LogLines>());
        append(&logs, "s", &[(round * 500 + 899, "needle")]).await;
    }
    let (mut found, mut pages, mut token) = (Vec::new(), 0, None);
    loop {
        let page = logs.filter_events(FilterQuery { token, ..search("needle") }).await.unwrap();
        found.extend(page.events.into_iter().map(|found| found.event.timestamp.as_millis()));
        pages += 1;
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(found, (0..12).map(|round| round * 500 + 899).collect::<Vec<_>>());
    assert!(pages > 1, "{pages}");
}

#[tokio::test]
async fn long_events_are_cut_and_none_is_before_1970() {
    let logs = open(Location::Memory);
    let mut lines = LogLines::default();
    lines.push(at(-5), &"x".repeat(crate::MAXIMUM_MESSAGE_BYTES + 1));
    logs.append(&scope(), "g", "s", lines);
    logs.flush().await.unwrap();
    let page = logs.get_events(query("s")).await.unwrap();
    assert_eq!((page.events[0].timestamp, page.events[0].message.len()), (at(0), 1_048_550));
}

fn in_files(directory: &Path) -> LogStore {
    let location = Location::Directory(directory.to_owned());
    LogStore::open(LogOptions { location, clock: Clock::standing_at(at(NOW)) }).unwrap()
}

#[tokio::test]
async fn damaged_chunks_are_errors_and_others_are_read() {
    for damage in [
        "UPDATE chunks SET data = x'02' WHERE id = 1",
        "UPDATE chunks SET data = substr(data, 1, length(data) - 1) WHERE id = 1",
        "UPDATE chunks SET data = x'' WHERE id = 1",
        "UPDATE chunks SET events = 3 WHERE id = 1",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let logs = in_files(directory.path());
        append(&logs, "s", &[(1, "a"), (2, "b")]).await;
        append(&logs, "t", &[(1, "c")]).await;
        drop(logs);
        Connection::open(directory.path().join("logs.db")).unwrap().execute_batch(damage).unwrap();
        let logs = in_files(directory.path());
        let read = logs.get_events(query("s")).await;
        assert!(matches!(read, Err(LogFault::Corrupted { .. })), "{damage}: {read:?}");
        let read = logs.filter_events(search("")).await;
        assert!(matches!(read, Err(LogFault::Corrupted { .. })), "{damage}: {read:?}");
        assert_eq!(all(&logs, "t").await, ["c"]);
    }
}

/// Written by the first version, two streams by turns; read by this one.
#[tokio::test]
async fn a_database_of_rows_is_read_as_before() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("logs.db");
    let old = Connection::open(&file).unwrap();
    old.execute_batch(
        "CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied INTEGER NOT NULL)
             STRICT;
         INSERT INTO migrations VALUES (1, 'events', 0);
         PRAGMA application_id = 0x4774776C;",
    )
    .unwrap();
    old.execute_batch(include_str!("../migrations/0001_events.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO groups VALUES (1, '000000000000', 'us-east-1', 'g', 5);
         INSERT INTO streams VALUES (1, 1, 'a', 5, 10, 90010, 7, 1000), (2, 1, 'b', 5, 20, 30, 8, 200);
         INSERT INTO removed_streams VALUES (3);",
    )
    .unwrap();
    for number in 1..=2_500 {
        let (stream, time) = if number % 10 < 8 { (1, 10 + number * 36) } else { (2, 20) };
        old.execute(
            "INSERT INTO events (group_id, stream_id, timestamp, ingestion, message) VALUES (1, ?1, ?2, 7, ?3)",
            (stream, time, format!("event {number}")),
        )
        .unwrap();
    }
    old.execute("INSERT INTO events VALUES (3000, 1, 3, 1, 1, 'of a removed stream')", ()).unwrap();
    drop(old);

    let logs = in_files(directory.path());
    let of_stream = |first: bool| (1..=2_500).filter(move |number| (number % 10 < 8) == first);
    let page = logs.get_events(query("a")).await.unwrap();
    let expected: Vec<_> = of_stream(true).collect();
    assert_eq!(page.events.len(), expected.len());
    for (event, number) in page.events.iter().zip(expected) {
        assert_eq!(event.message, format!("event {number}"));
        assert_eq!(event.timestamp, at(10 + number * 36));
        assert_eq!(event.ingestion, at(7));
        assert_eq!(event.event_id.to_string(), format!("{number:056}"));
    }
    assert_eq!(all(&logs, "b").await, of_stream(false).map(|n| format!("event {n}")).collect::<Vec<_>>());
    let listing = StreamsQuery {
        scope: scope(),
        group: "g".into(),
        prefix: None,
        order: StreamOrder::Name,
        descending: false,
        limit: None,
        token: None,
    };
    let streams = logs.list_streams(listing).await.unwrap().streams;
    assert_eq!((streams[0].first_event, streams[0].last_event), (Some(at(10)), Some(at(90_010))));
    assert_eq!((streams[0].stored_bytes, streams[1].stored_bytes), (1_000, 200));
    // A token of the old version: behind the event with the number 2,000.
    let digits = format!("{:020}{:036}", 10 + 2_000 * 36, 2_000);
    let page = logs.get_events(EventsQuery { token: Some(format!("f/{digits}/s")), ..query("a") }).await;
    assert_eq!(page.unwrap().events[0].message, "event 2001");
    // New events have new numbers, and follow the old ones.
    append(&logs, "b", &[(20, "new")]).await;
    let latest = EventsQuery { limit: Some(1), from_head: false, ..query("b") };
    let latest = logs.get_events(latest).await.unwrap();
    assert_eq!(
        (texts(&latest), latest.events[0].event_id.to_string()),
        (vec!["new"], format!("{:056}", 3_001))
    );
    drop(logs);
    let tables: i64 = Connection::open(&file)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'events%'", (), |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 0);
}

#[tokio::test]
async fn the_numbers_of_removed_events_are_not_used_again() {
    let directory = tempfile::tempdir().unwrap();
    let logs = in_files(directory.path());
    append(&logs, "s", &[(1, "a"), (2, "b"), (3, "c")]).await;
    assert_eq!(logs.delete_stream(&scope(), "g", "s").await, Ok(true));
    drop(logs);
    let logs = in_files(directory.path());
    append(&logs, "s", &[(1, "d")]).await;
    let page = logs.get_events(query("s")).await.unwrap();
    assert_eq!(page.events[0].event_id.to_string(), format!("{:056}", 4));
}
