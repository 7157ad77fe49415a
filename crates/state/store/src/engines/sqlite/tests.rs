//! Tests that look below the public door: files, their modes, damage, versions, full
//! disks.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use base::{Clock, Scope, Timestamp};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{Sqlite, migrate, open};
use crate::engines::{Engine, write_to};
use crate::feed::Feed;
use crate::waiting::block_on;
use crate::{BlobId, Document, Key, Location, OpenError, Store, StoreFault, StoreOptions, Transaction};

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Text(String);

impl Document for Text {
    const COLLECTION: &'static str = "test/texts";
}

fn scope() -> Scope {
    Scope::new("000000000000", "us-east-1")
}

fn clock() -> Clock {
    Clock::standing_at(Timestamp::from_millis(1_795_421_083_120))
}

fn open_store(directory: &Path) -> Result<Store, OpenError> {
    Store::open(StoreOptions { location: Location::Directory(directory.to_owned()), clock: clock() })
}

fn put(store: &Store, name: &'static str, length: usize) -> Result<(), StoreFault> {
    store.blocking_write(move |t| t.put(&scope(), &Key::new([name]), &Text("x".repeat(length)))).map(drop)
}

fn names(store: &Store) -> Vec<String> {
    let all = store.blocking_read(|t| t.list::<Text>(&scope(), &Key::root()));
    all.map_err(|fault: StoreFault| fault).unwrap().into_iter().map(|(key, _)| key.to_string()).collect()
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn documents_and_the_feeds_numbers_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let store = open_store(directory.path()).unwrap();
    put(&store, "a", 1).unwrap();
    let before = store.sequence();
    drop(store);
    let store = open_store(directory.path()).unwrap();
    assert_eq!(names(&store), ["a"]);
    assert_eq!(store.sequence(), before);
    let mut follower = store.follow("test");
    put(&store, "b", 1).unwrap();
    assert_eq!(follower.blocking_next().last(), store.sequence());
    assert!(store.sequence() > before);
}

#[test]
fn only_the_owner_can_read_the_files() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("new/data");
    let store = open_store(&directory).unwrap();
    put(&store, "a", 1).unwrap();
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(parent.path().join("new")), 0o700);
    for name in ["gatewright.db", "gatewright.db-wal", "gatewright.db-shm", "lock"] {
        assert_eq!(mode(directory.join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_directory_is_opened_once_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let store = open_store(directory.path()).unwrap();
    let refused = open_store(directory.path()).map(drop).unwrap_err();
    assert!(
        matches!(&refused, OpenError::Locked { pid: Some(pid), .. } if *pid == std::process::id()),
        "{refused:?}"
    );
    // A lock file that names nobody still locks.
    fs::write(directory.path().join("lock"), "?").unwrap();
    let refused = open_store(directory.path()).map(drop).unwrap_err();
    assert!(matches!(refused, OpenError::Locked { pid: None, .. }), "{refused:?}");
    drop(store);
    assert!(open_store(directory.path()).is_ok());
}

#[test]
fn the_last_handle_may_be_dropped_inside_a_closure() {
    let directory = tempfile::tempdir().unwrap();
    let store = open_store(directory.path()).unwrap();
    let (handed, take) = std::sync::mpsc::channel::<Store>();
    let (ended, end) = std::sync::mpsc::channel();
    let (handed_on, take) = (handed, std::sync::Mutex::new(take));
    let writing = store.clone();
    let pending = std::thread::spawn(move || {
        let answer = writing.write(move |_| {
            // Waits for the other handle, so that this one is the last.
            drop(take.lock().unwrap().recv().unwrap());
            ended.send(()).unwrap();
            Ok::<_, StoreFault>(())
        });
        // Queued by the first poll; then its handle goes.
        let mut answer = Box::pin(answer);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(answer.as_mut().poll(&mut context).is_pending());
        drop(answer);
        drop(writing);
    });
    pending.join().unwrap();
    handed_on.send(store).unwrap();
    end.recv().unwrap();
}

#[test]
fn what_is_no_directory_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let refused = open_store(&path).map(drop).unwrap_err();
        assert!(
            matches!(&refused, OpenError::CannotCreate { path: named, .. } if *named == path),
            "{refused:?}"
        );
    }
}

#[test]
fn damage_is_refused_at_the_start() {
    let check = |damage: &dyn Fn(&mut Vec<u8>)| {
        let directory = tempfile::tempdir().unwrap();
        let store = open_store(directory.path()).unwrap();
        for name in ["a", "b", "c", "d", "e", "f"] {
            put(&store, name, 10_000).unwrap();
        }
        drop(store);
        let database = directory.path().join("gatewright.db");
        let mut bytes = fs::read(&database).unwrap();
        damage(&mut bytes);
        fs::write(&database, &bytes).unwrap();
        let refused = open_store(directory.path()).map(drop).unwrap_err();
        assert!(matches!(&refused, OpenError::Corrupted { path, .. } if *path == database), "{refused:?}");
        assert_eq!(fs::read(&database).unwrap(), bytes, "a refused file is left as it is");
    };
    check(&|bytes| *bytes = b"this is not a database, but long enough to be looked at ".repeat(20));
    check(&|bytes| bytes[..16].fill(0));
    check(&|bytes| bytes.truncate(bytes.len() / 2));
    check(&|bytes| bytes[4_096..].fill(0xA5));
    check(&|bytes| bytes[1_000..4_096].fill(0xA5));
}

#[test]
fn a_newer_or_foreign_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    drop(open_store(directory.path()).unwrap());
    let database = directory.path().join("gatewright.db");
    let edit = |sql: &str| Connection::open(&database).unwrap().execute_batch(sql).unwrap();

    edit("INSERT INTO migrations (number, name, applied) VALUES (99, 'later', 0)");
    let refused = open_store(directory.path()).map(drop).unwrap_err();
    assert!(matches!(&refused, OpenError::NewerVersion { found: 99, .. }), "{refused:?}");
    edit("DELETE FROM migrations WHERE number = 99");
    assert!(open_store(directory.path()).is_ok());

    edit("PRAGMA application_id = 1");
    let refused = open_store(directory.path()).map(drop).unwrap_err();
    assert!(matches!(&refused, OpenError::Foreign { .. }), "{refused:?}");
}

#[test]
fn migrations_note_when_they_ran() {
    let directory = tempfile::tempdir().unwrap();
    drop(open_store(directory.path()).unwrap());
    let connection = Connection::open(directory.path().join("gatewright.db")).unwrap();
    let rows: Vec<(u32, String, i64)> = connection
        .prepare("SELECT number, name, applied FROM migrations")
        .unwrap()
        .query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let ran = |number, name: &str| (number, name.to_owned(), 1_795_421_083_120);
    assert_eq!(
        rows,
        [ran(1, "documents"), ran(2, "counters"), ran(3, "records"), ran(4, "numbered documents")]
    );
}

#[test]
fn documents_outlive_the_migration_that_numbers_them() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gatewright.db");
    let mut connection = Connection::open(&path).unwrap();
    migrate::run(&mut connection, &clock(), 3).unwrap();
    for (region, key, body) in [("us-east-1", "b", "2"), ("eu-west-1", "a", "3"), ("us-east-1", "a", "1")] {
        connection
            .execute(
                "INSERT INTO documents VALUES ('000000000000', ?1, 'test/texts', ?2, ?3)",
                (region, Key::new([key]).encode(), format!("\"{body}\"")),
            )
            .unwrap();
    }
    drop(connection);
    let store = open_store(directory.path()).unwrap();
    assert_eq!(names(&store), ["a", "b"]);
    put(&store, "a", 3).unwrap();
    let found = store.blocking_read(|t| t.find_anywhere::<Text>(&Key::new(["a"])));
    let found = found.map_err(|fault: StoreFault| fault).unwrap().into_iter();
    let found: Vec<_> = found.map(|(scope, text)| (scope.region().to_owned(), text.0)).collect();
    assert_eq!(found, [("eu-west-1".to_owned(), "3".to_owned()), ("us-east-1".to_owned(), "xxx".to_owned())]);
    assert_eq!(store.check(), Ok(Vec::new()));
}

/// What a process hands to the one that comes after it.
#[test]
fn a_lock_that_is_handed_over_is_both_processes() {
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options =
        || StoreOptions { location: Location::Directory(directory.path().to_owned()), clock: clock() };
    let first = open_store(directory.path()).unwrap();
    assert!(matches!(open_store(directory.path()), Err(OpenError::Locked { .. })));
    let strange = open_store(other.path()).unwrap().lock().unwrap().unwrap();
    assert!(matches!(Store::take_over(options(), strange), Err(OpenError::Locked { .. })));
    let second = Store::take_over(options(), first.lock().unwrap().unwrap()).unwrap();
    drop(first);
    assert!(matches!(open_store(directory.path()), Err(OpenError::Locked { .. })));
    drop(second);
    assert!(open_store(directory.path()).is_ok());
}

/// A store on a disk of that many pages of 4,096 bytes.
fn small_engine(directory: &Path, pages: u32) -> Sqlite {
    let claimed = open::Directory::claim(directory, None).unwrap();
    let path = claimed.database().to_owned();
    let mut connection = open::writer(&path).unwrap();
    open::settle(&connection, &path).unwrap();
    migrate::migrate(&mut connection, &path, &clock()).unwrap();
    connection.query_row(&format!("PRAGMA max_page_count = {pages}"), (), |_| Ok(())).unwrap();
    let reader = open::reader(&path).unwrap();
    Sqlite::start(connection, &path, Some(reader), Some(claimed), Arc::new(Feed::new())).unwrap()
}

#[test]
fn a_full_disk_refuses_what_does_not_fit_and_keeps_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let engine = small_engine(directory.path(), 40);
    let write = |name: &'static str, length: usize| {
        block_on(write_to(&engine, move |engine| {
            Transaction::new(engine).put(&scope(), &Key::new([name]), &Text("x".repeat(length)))
        }))
        .map(drop)
    };
    assert_eq!(write("fits", 1_000), Ok(()));
    assert_eq!(write("too large", 200_000), Err(StoreFault::DiskFull));
    assert_eq!(write("fits too", 1_000), Ok(()));
    // A closure that overlooks the fault is undone all the same.
    let overlooked = block_on(write_to(&engine, |engine| {
        let mut transaction = Transaction::new(engine);
        transaction.put(&scope(), &Key::new(["before"]), &Text(String::new()))?;
        let _ = transaction.put(&scope(), &Key::new(["too large"]), &Text("x".repeat(200_000)));
        Ok::<_, StoreFault>(())
    }));
    assert_eq!(overlooked.map(drop), Err(StoreFault::DiskFull));
    drop(engine);
    assert_eq!(names(&open_store(directory.path()).unwrap()), ["fits", "fits too"]);
}

#[test]
fn a_backup_is_whole_private_and_overwrites_nothing() {
    let directory = tempfile::tempdir().unwrap();
    for location in [Location::Memory, Location::Directory(directory.path().join("data"))] {
        let store = Store::open(StoreOptions { location, clock: clock() }).unwrap();
        put(&store, "a", 100).unwrap();
        let target = tempfile::tempdir().unwrap();
        let copy = target.path().join("gatewright.db");
        store.backup_to(&copy).unwrap();
        put(&store, "later", 100).unwrap();
        assert_eq!(store.backup_to(&copy), Err(StoreFault::BackupExists { path: copy.clone() }));
        assert_eq!(mode(&copy), 0o600);
        assert_eq!(fs::read_dir(target.path()).unwrap().count(), 1);
        // A backup is a data directory's file.
        let restored = open_store(target.path()).unwrap();
        assert_eq!(names(&restored), ["a"]);
        assert_eq!(restored.check(), Ok(Vec::new()));
        put(&restored, "b", 1).unwrap();

        let nowhere = target.path().join("missing/copy.db");
        let failed = store.backup_to(&nowhere).unwrap_err();
        assert!(matches!(&failed, StoreFault::Backup { path, .. } if *path == nowhere), "{failed:?}");
    }
}

#[test]
fn a_check_finds_a_changed_blob_and_reading_it_fails() {
    let directory = tempfile::tempdir().unwrap();
    let store = open_store(directory.path()).unwrap();
    store.blocking_write(|t| t.put_blob(b"zip")).map_err(|fault: StoreFault| fault).unwrap();
    assert_eq!(store.check(), Ok(Vec::new()));
    drop(store);
    Connection::open(directory.path().join("gatewright.db"))
        .unwrap()
        .execute("UPDATE blobs SET bytes = x'00'", ())
        .unwrap();
    let store = open_store(directory.path()).unwrap();
    let id = BlobId::of(b"zip");
    assert_eq!(store.check(), Ok(vec![format!("blob {id} does not have its digest")]));
    let wrong = StoreFault::Corrupted { reason: format!("blob {id} does not have its digest") };
    assert_eq!(store.blocking_read(move |t| t.get_blob(&id)), Err(wrong));
}

#[test]
fn an_index_finds_keys_anywhere() {
    let connection = {
        let mut connection = open::memory().unwrap();
        migrate::migrate(&mut connection, Path::new(""), &clock()).unwrap();
        connection
    };
    let plan = |sql: &str| -> String {
        connection.query_row(&format!("EXPLAIN QUERY PLAN {sql}"), (), |row| row.get(3)).unwrap()
    };
    assert_eq!(
        plan(
            "SELECT account, region, body FROM documents WHERE collection = 'c' AND key = 'k' ORDER BY account, region"
        ),
        "SEARCH documents USING INDEX documents_by_key (collection=? AND key=?)"
    );
}

#[test]
fn a_closed_engine_ends_its_threads() {
    let directory = tempfile::tempdir().unwrap();
    let engine = small_engine(directory.path(), 100);
    block_on(engine.read(Box::new(|_| ()))).unwrap();
    drop(engine);
    // The log is folded into the database by the last connection that closes.
    assert!(!directory.path().join("gatewright.db-wal").exists());
}
