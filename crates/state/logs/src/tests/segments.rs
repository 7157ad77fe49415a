//! Data beside the database: where it goes, what is left when it is damaged, and when it is deleted.

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use base::Clock;
use rusqlite::Connection;

use super::{DAY, NOW, all, append, at, open, query, scope, texts};
use crate::{EventsQuery, FilterQuery, Location, LogOptions, LogStore, Pattern, StreamSelection};

fn in_files(directory: &Path) -> LogStore {
    open(Location::Directory(directory.to_owned()))
}

/// A text that is too long for a row.
fn long(letter: &str) -> String {
    letter.repeat(5_000)
}

fn file(directory: &Path, segment: u32) -> PathBuf {
    directory.join("logs.segments").join(segment.to_string())
}

/// The names in the folder of the segments.
fn files(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory.join("logs.segments")) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Until what is removed has been deleted, too. A flush is answered before the step behind it.
async fn removed(logs: &LogStore) {
    for _ in 0..5 {
        logs.flush().await.unwrap();
    }
}

async fn found(logs: &LogStore) -> Vec<String> {
    let everything = FilterQuery {
        scope: scope(),
        group: "g".into(),
        streams: StreamSelection::All,
        start: None,
        end: None,
        pattern: Pattern::everything(),
        limit: None,
        token: None,
    };
    let page = logs.filter_events(everything).await.unwrap();
    page.events.into_iter().map(|found| found.event.message).collect()
}

#[tokio::test]
async fn few_lines_are_in_rows_and_many_are_in_a_segment() {
    let directory = tempfile::tempdir().unwrap();
    let logs = in_files(directory.path());
    append(&logs, "s", &[(1, "short")]).await;
    assert!(!directory.path().join("logs.segments").exists());
    append(&logs, "s", &[(2, &long("a")), (3, "b")]).await;
    append(&logs, "t", &[(4, &long("c"))]).await;
    assert_eq!(files(directory.path()), ["1"]);
    // Each with what stands before it: version, window, and two bytes or three for time and length.
    let expected = [&[1; 1][..], &[0; 8], &[2, 0x88, 0x27], long("a").as_bytes(), &[3, 1, b'b']].concat();
    let written = fs::read(file(directory.path(), 1)).unwrap();
    assert_eq!(written[..5_015], expected);
    assert_eq!(written.len(), 5_015 + 5_012);
    drop(logs);
    let rows: Vec<(i64, usize)> = Connection::open(directory.path().join("logs.db"))
        .unwrap()
        .prepare("SELECT id, length(data) FROM chunks ORDER BY id")
        .unwrap()
        .query_map((), |row| Ok((row.get(0)?, row.get::<_, u32>(1)?.try_into().unwrap())))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    assert_eq!(rows, [(1, 16), (2, 0), (4, 0)]);

    let logs = in_files(directory.path());
    assert_eq!(all(&logs, "s").await, ["short".to_owned(), long("a"), "b".to_owned()]);
    let backward = EventsQuery { from_head: false, limit: Some(2), ..query("s") };
    assert_eq!(texts(&logs.get_events(backward).await.unwrap()), [long("a").as_str(), "b"]);
    assert_eq!(found(&logs).await, ["short".to_owned(), long("a"), "b".to_owned(), long("c")]);
    // A process begins a segment of its own.
    append(&logs, "t", &[(5, &long("d"))]).await;
    assert_eq!(files(directory.path()), ["1", "2"]);
    assert_eq!(all(&logs, "t").await, [long("c"), long("d")]);
}

#[tokio::test]
async fn a_commit_of_many_streams_is_read_stream_by_stream() {
    let directory = tempfile::tempdir().unwrap();
    let logs = in_files(directory.path());
    let stream = |number: usize| (format!("s{number}"), char::from(b'a' + u8::try_from(number).unwrap()));
    for number in 0..20 {
        let (name, letter) = stream(number);
        let lines = vec![(at(1), letter.to_string().repeat(1_000)); 600];
        logs.append(&scope(), "g", &name, lines);
    }
    logs.flush().await.unwrap();
    for number in 0..20 {
        let (name, letter) = stream(number);
        let events = all(&logs, &name).await;
        assert_eq!(events.len(), 600, "{name}");
        assert!(events.iter().all(|text| *text == letter.to_string().repeat(1_000)), "{name}");
    }
    assert_eq!(files(directory.path()), ["1"]);
}

/// What a dying machine or an operator leaves.
#[tokio::test]
async fn what_a_segment_does_not_have_is_left_out() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 5] = [
        ("deleted", |path| fs::remove_file(path).unwrap()),
        ("empty", |path| fs::write(path, "").unwrap()),
        ("cut off", |path| fs::File::options().write(true).open(path).unwrap().set_len(9_000).unwrap()),
        ("a bit", |path| {
            fs::File::options().write(true).open(path).unwrap().write_all_at(b"C", 9_000).unwrap();
        }),
        ("zeros", |path| {
            fs::File::options().write(true).open(path).unwrap().write_all_at(&[0; 4_096], 5_888).unwrap();
        }),
    ];
    for (damage, harm) in damages {
        let directory = tempfile::tempdir().unwrap();
        let logs = in_files(directory.path());
        append(&logs, "s", &[(1, &long("a"))]).await;
        append(&logs, "s", &[(2, &long("b"))]).await;
        append(&logs, "s", &[(3, "short")]).await;
        drop(logs);
        harm(&file(directory.path(), 1));
        let logs = in_files(directory.path());
        append(&logs, "s", &[(4, &long("d"))]).await;
        let mut expected = vec![long("a"), "short".to_owned(), long("d")];
        if damage == "deleted" || damage == "empty" {
            expected.remove(0);
        }
        assert_eq!(all(&logs, "s").await, expected, "{damage}");
        assert_eq!(found(&logs).await, expected, "{damage}");
        let backward = EventsQuery { from_head: false, ..query("s") };
        assert_eq!(texts(&logs.get_events(backward).await.unwrap()), expected, "{damage}");
        // And it goes as everything does.
        assert_eq!(logs.delete_group(&scope(), "g").await, Ok(true));
        removed(&logs).await;
        assert_eq!(files(directory.path()), Vec::<String>::new(), "{damage}");
    }
}

#[tokio::test]
async fn a_row_that_names_something_else_is_left_out() {
    for edit in [
        "UPDATE chunks SET events = 2 WHERE id = 1",
        "UPDATE chunks SET checksum = checksum + 1 WHERE id = 1",
        "UPDATE chunks SET place = 9000000000 WHERE id = 1",
        "UPDATE chunks SET length = 9000000000 WHERE id = 1",
        "UPDATE chunks SET segment = 7 WHERE id = 1",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let logs = in_files(directory.path());
        append(&logs, "s", &[(1, &long("a"))]).await;
        append(&logs, "s", &[(2, &long("b"))]).await;
        drop(logs);
        Connection::open(directory.path().join("logs.db")).unwrap().execute_batch(edit).unwrap();
        let logs = in_files(directory.path());
        assert_eq!(all(&logs, "s").await, [long("b")], "{edit}");
    }
}

#[tokio::test]
async fn a_segment_goes_with_the_last_of_its_chunks() {
    let directory = tempfile::tempdir().unwrap();
    let logs = in_files(directory.path());
    append(&logs, "s", &[(1, &long("a"))]).await;
    append(&logs, "kept", &[(1, &long("b"))]).await;
    drop(logs);
    let logs = in_files(directory.path());
    append(&logs, "s", &[(1, &long("c"))]).await;
    assert_eq!(files(directory.path()), ["1", "2"]);
    assert_eq!(logs.delete_stream(&scope(), "g", "s").await, Ok(true));
    removed(&logs).await;
    // Also the one that was being appended to.
    assert_eq!(files(directory.path()), ["1"]);
    append(&logs, "s", &[(1, &long("d"))]).await;
    assert_eq!(files(directory.path()), ["1", "3"]);
    assert_eq!(logs.delete_group(&scope(), "g").await, Ok(true));
    removed(&logs).await;
    assert_eq!(files(directory.path()), Vec::<String>::new());
    drop(logs);
    let rows = "SELECT (SELECT count(*) FROM chunks) + (SELECT count(*) FROM segments)";
    let connection = Connection::open(directory.path().join("logs.db")).unwrap();
    assert_eq!(connection.query_row(rows, (), |row| row.get(0)), Ok(0));
}

#[tokio::test]
async fn a_sweep_deletes_segments_and_makes_holes() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Clock::standing_at(at(NOW));
    let location = Location::Directory(directory.path().to_owned());
    let logs = LogStore::open(LogOptions { location, clock: clock.clone() }).unwrap();
    let mebibyte = "x".repeat(1_000_000);
    append(&logs, "s", &[(NOW, &mebibyte)]).await;
    logs.append(&scope(), "other", "s", vec![(at(NOW), long("o"))]);
    append(&logs, "s", &[(NOW + 10_000, &mebibyte)]).await;
    let size = || fs::metadata(file(directory.path(), 1)).map(|of| (of.len(), of.blocks() * 512));
    let (length, space) = size().unwrap();
    assert!(space >= 2_000_000, "{space}");
    clock.advance(DAY * 8);
    assert_eq!(logs.sweep(&scope(), "g", 7).await, Ok(2));
    let (later_length, later_space) = size().unwrap();
    assert_eq!(later_length, length);
    assert!(later_space < 50_000, "{later_space}");
    let kept = EventsQuery { group: "other".into(), ..query("s") };
    assert_eq!(texts(&logs.get_events(kept).await.unwrap()), [long("o")]);
    assert_eq!(logs.sweep(&scope(), "other", 7).await, Ok(1));
    removed(&logs).await;
    assert_eq!(files(directory.path()), Vec::<String>::new());
}

#[tokio::test]
async fn files_that_the_database_does_not_know_are_deleted_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let logs = in_files(directory.path());
    append(&logs, "s", &[(1, &long("a"))]).await;
    drop(logs);
    for name in ["2", "99", "notes"] {
        fs::write(directory.path().join("logs.segments").join(name), "x").unwrap();
    }
    let logs = in_files(directory.path());
    removed(&logs).await;
    assert_eq!(files(directory.path()), ["1", "notes"]);
    // A number is free again.
    append(&logs, "s", &[(2, &long("b"))]).await;
    assert_eq!(files(directory.path()), ["1", "2", "notes"]);
    assert_eq!(all(&logs, "s").await, [long("a"), long("b")]);
}

/// While one process follows another, both write.
#[tokio::test]
async fn two_writers_have_a_segment_each() {
    let directory = tempfile::tempdir().unwrap();
    let before = in_files(directory.path());
    append(&before, "s", &[(1, &long("a"))]).await;
    let options = LogOptions {
        location: Location::Directory(directory.path().to_owned()),
        clock: Clock::standing_at(at(NOW)),
    };
    let after = LogStore::take_over(options, before.lock().unwrap().unwrap()).unwrap();
    for round in 0..5 {
        append(&before, "s", &[(2 + 2 * round, &long("b"))]).await;
        append(&after, "s", &[(3 + 2 * round, &long("c"))]).await;
    }
    assert_eq!(files(directory.path()), ["1", "2"]);
    let expected: Vec<_> = ["a", "b", "c", "b", "c", "b", "c", "b", "c", "b", "c"].map(long).into();
    for logs in [&before, &after] {
        assert_eq!(all(logs, "s").await, expected);
        assert_eq!(found(logs).await, expected);
    }
    // What nothing is left in, but is still written.
    assert_eq!(after.delete_group(&scope(), "g").await, Ok(true));
    removed(&after).await;
    assert_eq!(files(directory.path()), ["1"]);
    append(&before, "s", &[(20, &long("d"))]).await;
    assert_eq!(files(directory.path()), ["1"]);
    drop(before);
    assert_eq!(all(&after, "s").await, [long("d")]);
    append(&after, "s", &[(21, &long("e"))]).await;
    assert_eq!(all(&after, "s").await, [long("d"), long("e")]);
    assert_eq!(files(directory.path()), ["1", "3"]);
}

/// Of the version that had all data in rows.
#[tokio::test]
async fn a_database_of_chunks_is_read_as_before() {
    let directory = tempfile::tempdir().unwrap();
    let old = Connection::open(directory.path().join("logs.db")).unwrap();
    old.execute_batch(
        "CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied INTEGER NOT NULL)
             STRICT;
         INSERT INTO migrations VALUES (1, 'events', 0), (2, 'chunks', 0);
         PRAGMA application_id = 0x4774776C;",
    )
    .unwrap();
    old.execute_batch(include_str!("../migrations/0001_events.sql")).unwrap();
    old.execute_batch(include_str!("../migrations/0002_chunks.sql")).unwrap();
    let mut chunk = crate::ChunkBuilder::new(0);
    assert!(chunk.push(5, &long("a")));
    assert!(chunk.push(6, "b"));
    old.execute_batch(
        "DROP TABLE events;
         UPDATE numbers SET next_event = 3;
         INSERT INTO groups VALUES (1, '000000000000', 'us-east-1', 'g', 5);
         INSERT INTO streams VALUES (1, 1, 's', 5, 5, 6, 7, 5053);",
    )
    .unwrap();
    old.execute("INSERT INTO chunks VALUES (1, 1, 1, 5, 6, 7, 2, 5053, ?1)", [chunk.data()]).unwrap();
    drop(old);
    let logs = in_files(directory.path());
    assert_eq!(all(&logs, "s").await, [long("a"), "b".to_owned()]);
    append(&logs, "s", &[(7, &long("c"))]).await;
    assert_eq!(found(&logs).await, [long("a"), "b".to_owned(), long("c")]);
    assert_eq!(logs.delete_stream(&scope(), "g", "s").await, Ok(true));
    removed(&logs).await;
    assert_eq!(files(directory.path()), Vec::<String>::new());
}
