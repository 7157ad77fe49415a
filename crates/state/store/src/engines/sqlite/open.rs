//! Opening the files: the directory and its lock, the database with its settings.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::FlockOperation;

use super::faults::{open_error, system_error};
use crate::OpenError;
use crate::limits::{BUSY_TIMEOUT, READER_CACHE_KIB};

const LOCK: &str = "lock";
const DATABASE: &str = "gatewright.db";

/// A data directory that no other process uses while this value lives.
pub(super) struct Directory {
    database: PathBuf,
    /// The system takes the lock back when the file is closed, even by `kill -9`.
    lock: File,
}

impl Directory {
    /// Creates the directory if it is missing, and locks it, unless its lock is handed over: then it
    /// belongs to both until one of them ends.
    pub(super) fn claim(path: &Path, handed_over: Option<OwnedFd>) -> Result<Self, OpenError> {
        create(path).map_err(|error| system_error(path, &error))?;
        let lock = match handed_over {
            Some(lock) => inherited(path, lock)?,
            None => lock(path)?,
        };
        let database = path.join(DATABASE);
        // Made here so that it has its mode before anything is in it. SQLite gives the
        // files beside it the same mode. Never opened after this but by SQLite: closing any
        // handle of a file gives up all of a process's POSIX locks on it.
        if !database.exists() {
            private(OpenOptions::new().write(true).create_new(true))
                .open(&database)
                .and_then(|file| file.sync_all())
                // Its name, too, has to survive a power cut.
                .and_then(|()| File::open(path)?.sync_all())
                .map_err(|error| system_error(&database, &error))?;
        }
        Ok(Self { database, lock })
    }

    /// The lock once more.
    pub(super) fn lock(&self) -> std::io::Result<OwnedFd> {
        Ok(self.lock.try_clone()?.into())
    }

    /// The database file.
    pub(super) fn database(&self) -> &Path {
        &self.database
    }
}

fn create(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    // A new directory survives a power cut only once its parent is on the disk.
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join(LOCK);
    let failed = |error: std::io::Error| system_error(&path, &error);
    let mut file = private(OpenOptions::new().read(true).write(true).create(true).truncate(false))
        .open(&path)
        .map_err(failed)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut text = String::new();
            // A hint for the operator: an unreadable one is left out.
            let _ = Read::by_ref(&mut file).take(32).read_to_string(&mut text);
            return Err(OpenError::Locked { directory: directory.to_owned(), pid: text.trim().parse().ok() });
        }
        Err(error) => return Err(failed(error.into())),
    }
    sign(&mut file).map_err(failed)?;
    Ok(file)
}

/// The lock of the process before this one, which has to be that of this directory.
fn inherited(directory: &Path, lock: OwnedFd) -> Result<File, OpenError> {
    let path = directory.join(LOCK);
    let failed = |error: std::io::Error| system_error(&path, &error);
    let mut file = File::from(lock);
    let (own, there) = (file.metadata().map_err(failed)?, std::fs::metadata(&path).map_err(failed)?);
    if (own.dev(), own.ino()) != (there.dev(), there.ino()) {
        return Err(OpenError::Locked { directory: directory.to_owned(), pid: None });
    }
    sign(&mut file).map_err(failed)?;
    Ok(file)
}

/// Writes into the lock whose it is.
fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// The one connection that writes the file, before its schema is known to be ours: nothing
/// is changed yet.
pub(super) fn writer(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| open_error(path, &error))?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(|error| open_error(path, &error))?;
    Ok(connection)
}

/// Makes the writer's commits durable and lets readers read beside it.
pub(super) fn settle(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| open_error(path, &error);
    let mode: String =
        connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        let reason = format!("its file system does not support write-ahead logs (mode {mode})");
        return Err(OpenError::Engine { path: path.to_owned(), reason });
    }
    connection
        .execute_batch(
            // FULL: each commit waits until the log is on the disk. fullfsync: on macOS the
            // disk's own cache too; elsewhere it changes nothing. journal_size_limit: the
            // log shrinks again after a large package was stored.
            "PRAGMA synchronous = FULL;
             PRAGMA fullfsync = ON;
             PRAGMA checkpoint_fullfsync = ON;
             PRAGMA journal_size_limit = 16777216;",
        )
        .and_then(|()| guard(connection))
        .map_err(failed)
}

/// A connection that reads beside the writer.
pub(super) fn reader(path: &Path) -> Result<Connection, OpenError> {
    let failed = |error: rusqlite::Error| open_error(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .and_then(|()| guard(&connection))
        // What is not kept is still in the system's cache of the file, once for all readers.
        .and_then(|()| connection.pragma_update(None, "cache_size", -READER_CACHE_KIB))
        .map_err(failed)?;
    Ok(connection)
}

/// A database that is nowhere but in this connection.
pub(super) fn memory() -> Result<Connection, OpenError> {
    let failed = |error: rusqlite::Error| open_error(Path::new(":memory:"), &error);
    let connection = Connection::open_in_memory().map_err(failed)?;
    guard(&connection).map_err(failed)?;
    Ok(connection)
}

/// trusted_schema: a manipulated file cannot make its views and triggers call functions.
/// cell_size_check: damage is noticed where it is read. temp_store: sorting writes no files
/// outside the data directory.
/// Stable plans: a statement is not planned anew for each key that it is run with.
fn guard(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY;",
    )
}
