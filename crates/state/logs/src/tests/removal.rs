//! Groups and streams that go, and events that grow old.

use super::{DAY, all, append, at, on_both, open, query, scope};
use crate::{Location, LogFault, LogOptions, LogStore, Pattern, StreamSelection};

#[tokio::test]
async fn a_removed_stream_is_gone_at_once_and_starts_empty() {
    on_both(async |logs| {
        append(&logs, "s", &[(1, "old")]).await;
        append(&logs, "kept", &[(1, "kept")]).await;
        assert_eq!(logs.delete_stream(&scope(), "g", "s").await, Ok(true));
        assert_eq!(logs.delete_stream(&scope(), "g", "s").await, Ok(false));
        assert_eq!(logs.get_events(query("s")).await, Err(LogFault::NoSuchStream));
        append(&logs, "s", &[(2, "new")]).await;
        assert_eq!(all(&logs, "s").await, ["new"]);
        assert_eq!(all(&logs, "kept").await, ["kept"]);
        let everything = crate::FilterQuery {
            scope: scope(),
            group: "g".into(),
            streams: StreamSelection::All,
            start: None,
            end: None,
            pattern: Pattern::everything(),
            limit: None,
            token: None,
        };
        assert_eq!(logs.filter_events(everything).await.unwrap().events.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_removed_group_is_gone_at_once_and_starts_empty() {
    on_both(async |logs| {
        append(&logs, "s", &[(1, "old")]).await;
        assert_eq!(logs.delete_group(&scope(), "g").await, Ok(true));
        assert_eq!(logs.delete_group(&scope(), "g").await, Ok(false));
        assert_eq!(logs.list_groups(&scope(), "").await, Ok(vec![]));
        assert_eq!(logs.get_events(query("s")).await, Err(LogFault::NoSuchStream));
        append(&logs, "s", &[(2, "new")]).await;
        assert_eq!(all(&logs, "s").await, ["new"]);
    })
    .await;
}

#[tokio::test]
async fn the_events_of_what_is_removed_leave_the_file_also_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let logs = open(Location::Directory(directory.path().to_owned()));
    for stream in ["a", "b"] {
        for _ in 0..6 {
            logs.append(&scope(), "g", stream, vec![(at(1), "x".into()); 1_000]);
        }
    }
    append(&logs, "kept", &[(1, "kept")]).await;
    assert_eq!(logs.delete_stream(&scope(), "g", "a").await, Ok(true));
    assert_eq!(logs.delete_stream(&scope(), "g", "b").await, Ok(true));
    drop(logs);
    let count = || -> i64 {
        rusqlite::Connection::open(directory.path().join("logs.db"))
            .unwrap()
            .query_row("SELECT count(*) FROM chunks", (), |row| row.get(0))
            .unwrap()
    };
    // What the end interrupted goes on at the next start; each takes at least one step.
    for _ in 0..4 {
        let logs = open(Location::Directory(directory.path().to_owned()));
        logs.flush().await.unwrap();
        drop(logs);
    }
    assert_eq!(count(), 1);
}

#[tokio::test]
async fn a_sweep_removes_what_is_older_than_the_group_keeps() {
    let clock = base::Clock::standing_at(at(0));
    let logs = LogStore::open(LogOptions { location: Location::Memory, clock: clock.clone() }).unwrap();
    clock.advance(DAY * 10);
    let border = i64::try_from((DAY * 3).as_millis()).unwrap();
    append(&logs, "s", &[(border - 1, "old"), (border, "young")]).await;
    append(&logs, "t", &[(0, "very old")]).await;
    assert_eq!(logs.sweep(&scope(), "g", 7).await, Ok(2));
    assert_eq!(logs.sweep(&scope(), "g", 7).await, Ok(0));
    assert_eq!(logs.sweep(&scope(), "nobody's", 7).await, Ok(0));
    assert_eq!(all(&logs, "s").await, ["young"]);
    assert_eq!(all(&logs, "t").await, Vec::<String>::new());
    let groups = logs.list_groups(&scope(), "").await.unwrap();
    assert_eq!(groups[0].stored_bytes, 5 + 26);
}

#[tokio::test]
async fn a_long_sweep_takes_several_steps() {
    let logs = open(Location::Memory);
    for _ in 0..11 {
        logs.append(&scope(), "g", "s", vec![(at(1), "x".into()); 1_000]);
    }
    assert_eq!(logs.sweep(&scope(), "g", 1).await, Ok(11_000));
    assert_eq!(logs.list_groups(&scope(), "").await.unwrap()[0].stored_bytes, 0);
}
