//! Files: what a restart finds, and what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base::Clock;
use rusqlite::Connection;

use super::{NOW, all, append, at, open, scope};
use crate::{Location, LogOptions, LogStore, OpenError};

fn try_open(directory: &Path) -> Result<LogStore, OpenError> {
    let location = Location::Directory(directory.to_owned());
    LogStore::open(LogOptions { location, clock: Clock::standing_at(at(NOW)) })
}

#[tokio::test]
async fn closing_writes_what_was_appended_and_a_restart_finds_it() {
    let directory = tempfile::tempdir().unwrap();
    let logs = try_open(directory.path()).unwrap();
    logs.append(&scope(), "g", "s", vec![(at(1), "first".into())]);
    drop(logs);
    assert!(!directory.path().join("logs.db-wal").exists());
    let logs = try_open(directory.path()).unwrap();
    assert_eq!(all(&logs, "s").await, ["first"]);
    append(&logs, "s", &[(1, "second")]).await;
    assert_eq!(all(&logs, "s").await, ["first", "second"]);
}

#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("new");
    let logs = open(Location::Directory(directory.clone()));
    append(&logs, "s", &[(1, "secret")]).await;
    append(&logs, "s", &[(1, &"secret".repeat(1_000))]).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for name in ["", "logs.segments"] {
        assert_eq!(mode(&directory.join(name)), 0o700, "{name}");
    }
    for name in ["logs.db", "logs.db-wal", "logs.db-shm", "logs.lock", "logs.segments/1"] {
        assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_file_is_opened_once_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let logs = try_open(directory.path()).unwrap();
    let refused = try_open(directory.path()).map(drop).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("the logs in {} are in use by another process", directory.path().display())
    );
    drop(logs);
    assert!(try_open(directory.path()).is_ok());
}

#[test]
fn damage_newer_and_foreign_files_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("logs.db");
    let refused = || try_open(directory.path()).map(drop).unwrap_err();
    drop(try_open(directory.path()).unwrap());
    let edit = |sql: &str| Connection::open(&file).unwrap().execute_batch(sql).unwrap();

    edit("INSERT INTO migrations (number, name, applied) VALUES (4, 'later', 0)");
    assert!(matches!(refused(), OpenError::NewerVersion { found: 4, supported: 3, .. }));
    edit("DELETE FROM migrations WHERE number = 4; PRAGMA application_id = 1");
    assert!(matches!(refused(), OpenError::Foreign { .. }));

    for garbage in [b"not a database, but long enough to be looked at. ".repeat(20), {
        let mut bytes = fs::read(&file).unwrap();
        bytes[1_000..].fill(0xA5);
        bytes
    }] {
        fs::write(&file, &garbage).unwrap();
        assert!(matches!(refused(), OpenError::Corrupted { .. }));
        assert_eq!(fs::read(&file).unwrap(), garbage, "a refused file is left as it is");
    }
}

#[test]
fn what_is_no_directory_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(try_open(&file).map(drop), Err(OpenError::CannotCreate { .. })));
}
