//! Commits that grow while they are made: more is appended than is written at once.

use ports::log_sink::LogLines;

use super::{all, append, at, on_both, open, scope};
use crate::{Location, LogStore};

/// Events of twenty thousand bytes: seven are more than is written at once, and a hundred than is committed at once.
fn event(number: i64) -> (i64, String) {
    (number, format!("{number:03}{}", "x".repeat(20_000)))
}

fn append_without_waiting(logs: &LogStore, stream: &str, (time, text): (i64, String)) {
    let lines: LogLines = [(at(time), text)].into_iter().collect();
    logs.append(&scope(), "g", stream, lines);
}

#[tokio::test]
async fn all_of_it_is_there_in_its_order() {
    on_both(async |logs| {
        let stream = |number: i64| ["a", "b", "c"][usize::try_from(number % 3).unwrap()];
        for number in 0..100 {
            append_without_waiting(&logs, stream(number), event(number));
        }
        logs.flush().await.unwrap();
        append(&logs, "a", &[(100, "last")]).await;
        for (first, count) in [(0, 35), (1, 33), (2, 33)] {
            let read = all(&logs, stream(first)).await;
            let appended = (first..100).step_by(3).map(|number| event(number).1);
            let last = (first == 0).then(|| "last".to_owned());
            assert_eq!(read.len(), count);
            assert!(read.into_iter().eq(appended.chain(last)), "{first}");
        }
        assert_eq!(logs.dropped(), 0);
    })
    .await;
}

#[tokio::test]
async fn all_of_it_is_counted_if_it_cannot_be_written() {
    let directory = tempfile::tempdir().unwrap();
    // No folder can be made where a file is.
    let in_the_way = directory.path().join("logs.segments");
    std::fs::write(&in_the_way, "").unwrap();
    let logs = open(Location::Directory(directory.path().to_owned()));
    for number in 0..10 {
        append_without_waiting(&logs, "s", event(number));
    }
    // It may share a commit with the last of them, and fails then.
    let _ = logs.flush().await;
    assert_eq!(logs.dropped(), 10);
    std::fs::remove_file(&in_the_way).unwrap();
    append(&logs, "s", &[(10, "after")]).await;
    assert_eq!(all(&logs, "s").await, ["after", "10 log events were dropped"]);
}

#[tokio::test]
async fn what_is_lost_is_told_once_something_can_be_written_however_often_it_was_tried() {
    let directory = tempfile::tempdir().unwrap();
    let in_the_way = directory.path().join("logs.segments");
    std::fs::write(&in_the_way, "").unwrap();
    let logs = open(Location::Directory(directory.path().to_owned()));
    for (first, lost) in [(0, 3), (3, 6), (6, 9)] {
        (first..first + 3).for_each(|number| append_without_waiting(&logs, "s", event(number)));
        // Nobody waits for them, so that nothing else is written meanwhile.
        while logs.dropped() < lost {
            tokio::task::yield_now().await;
        }
    }
    std::fs::remove_file(&in_the_way).unwrap();
    append(&logs, "s", &[(10, "after")]).await;
    assert_eq!(all(&logs, "s").await, ["after", "9 log events were dropped"]);
}

#[tokio::test]
async fn a_commit_that_cannot_begin_loses_nothing_untold() {
    let directory = tempfile::tempdir().unwrap();
    let logs = open(Location::Directory(directory.path().to_owned()));
    append(&logs, "s", &[(0, "before")]).await;
    let other = rusqlite::Connection::open(directory.path().join("logs.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    append_without_waiting(&logs, "s", event(1));
    // Fails when the writer has waited for the other as long as it does.
    logs.flush().await.unwrap_err();
    assert_eq!(logs.dropped(), 1);
    other.execute_batch("ROLLBACK").unwrap();
    append(&logs, "s", &[(2, "after")]).await;
    assert_eq!(all(&logs, "s").await, ["before", "after", "1 log events were dropped"]);
}
