//! Opening the file: its lock, its settings, its schema.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base::Clock;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use rustix::fs::FlockOperation;

use crate::limits::{BUSY_TIMEOUT, READER_CACHE_KIB};
use crate::segments::Folder;
use crate::{OpenError, chunked};

/// Marks the file as ours in its header ("Gtwl").
const APPLICATION: u32 = 0x4774_776C;

/// In order, numbered from 1 without gaps. One that has been released is never edited.
const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "events", sql: include_str!("migrations/0001_events.sql"), then: nothing },
    Migration {
        number: 2,
        name: "chunks",
        sql: include_str!("migrations/0002_chunks.sql"),
        then: chunked::move_events,
    },
    Migration {
        number: 3,
        name: "segments",
        sql: include_str!("migrations/0003_segments.sql"),
        then: nothing,
    },
];

/// A step from one schema to the next.
struct Migration {
    number: u32,
    name: &'static str,
    sql: &'static str,
    /// What SQL alone cannot do; runs behind it, in the same transaction.
    then: fn(&Connection) -> rusqlite::Result<()>,
}

fn nothing(_: &Connection) -> rusqlite::Result<()> {
    Ok(())
}

/// A log file that no other process uses while this value lives.
pub(crate) struct LogFile {
    path: PathBuf,
    /// The system takes the lock back when the file is closed, even by `kill -9`.
    lock: File,
}

impl LogFile {
    /// Creates the directory and the file if they are missing, and locks them, unless their lock is handed
    /// over.
    pub(crate) fn claim(directory: &Path, handed_over: Option<OwnedFd>) -> Result<Self, OpenError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|error| OpenError::of_system(directory, &error))?;
        let private = |path: &Path| {
            OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path)
                .map_err(|error| OpenError::of_system(path, &error))
        };
        // A file of its own: the directory's lock belongs to the store of documents, in
        // this same process.
        let lock_path = directory.join("logs.lock");
        let there = private(&lock_path)?;
        let lock = match handed_over.map(File::from) {
            Some(lock) => {
                let place = |file: &File| file.metadata().map(|of| (of.dev(), of.ino()));
                let of_system = |error| OpenError::of_system(&lock_path, &error);
                if place(&lock).map_err(of_system)? != place(&there).map_err(of_system)? {
                    return Err(OpenError::Locked { directory: directory.to_owned() });
                }
                lock
            }
            None => there,
        };
        // Of a lock that was handed over this is so already.
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(OpenError::Locked { directory: directory.to_owned() });
            }
            Err(error) => return Err(OpenError::of_system(&lock_path, &error.into())),
        }
        let path = directory.join("logs.db");
        // Made here so that it has its mode before anything is in it; the lock above keeps
        // this from closing a file that SQLite has open, which would give up its locks.
        drop(private(&path)?);
        Ok(Self { path, lock })
    }

    /// The lock once more.
    pub(crate) fn lock(&self) -> std::io::Result<OwnedFd> {
        Ok(self.lock.try_clone()?.into())
    }

    /// Where the segments are.
    pub(crate) fn segments(&self) -> Folder {
        Folder::beside(&self.path)
    }

    /// The connection that writes. The file is inspected before anything is changed.
    pub(crate) fn writer(&self, clock: &Clock) -> Result<Connection, OpenError> {
        let failed = |error| OpenError::of(&self.path, error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&self.path, flags).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        self.inspect(&connection)?;
        let mode: String =
            connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0)).map_err(failed)?;
        if mode != "wal" {
            let reason = format!("its file system does not support write-ahead logs (mode {mode})");
            return Err(OpenError::Engine { path: self.path.clone(), reason });
        }
        // synchronous is set with each commit. fullfsync: on macOS the disk's own cache
        // too; elsewhere it changes nothing.
        connection
            .execute_batch(
                "PRAGMA fullfsync = ON;
                 PRAGMA checkpoint_fullfsync = ON;
                 PRAGMA journal_size_limit = 16777216;",
            )
            .and_then(|()| guard(&connection))
            .and_then(|()| migrate(&mut connection, clock))
            .map_err(failed)?;
        Ok(connection)
    }

    /// A connection that reads beside the writer.
    pub(crate) fn reader(&self) -> Result<Connection, OpenError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(&self.path, flags)
            .and_then(|connection| {
                connection.busy_timeout(BUSY_TIMEOUT)?;
                guard(&connection)?;
                // What is not kept is still in the system's cache of the file, once for all readers.
                connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
                Ok(connection)
            })
            .map_err(|error| OpenError::of(&self.path, error))
    }

    /// Refuses a file that is not ours, is too new, or is damaged where every start looks.
    fn inspect(&self, connection: &Connection) -> Result<(), OpenError> {
        let failed = |error| OpenError::of(&self.path, error);
        let number = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, u32>(0)).map_err(failed);
        if number("SELECT count(*) FROM sqlite_schema")? == 0 {
            return Ok(());
        }
        let path = self.path.clone();
        if number("PRAGMA application_id")? != APPLICATION {
            return Err(OpenError::Foreign { path });
        }
        let (found, supported) = (number("SELECT max(number) FROM migrations")?, supported());
        if found > supported {
            return Err(OpenError::NewerVersion { path, found, supported });
        }
        // Not the events: there may be a great many.
        for table in ["groups", "streams"] {
            let reason: String = connection
                .query_row(&format!("PRAGMA quick_check({table})"), (), |row| row.get(0))
                .map_err(failed)?;
            if reason != "ok" {
                return Err(OpenError::Corrupted { path, reason });
            }
        }
        Ok(())
    }
}

/// A database that is nowhere but in this connection.
pub(crate) fn memory(clock: &Clock) -> Result<Connection, OpenError> {
    let open = || {
        let mut connection = Connection::open_in_memory()?;
        guard(&connection)?;
        migrate(&mut connection, clock)?;
        Ok(connection)
    };
    open().map_err(|error| OpenError::of(Path::new(":memory:"), error))
}

/// trusted_schema: a manipulated file cannot make its views and triggers call functions.
/// cell_size_check: damage is noticed where it is read. temp_store: sorting writes no files
/// outside the data directory. Stable plans: a statement is not planned anew for each name that it is run with.
fn guard(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY;",
    )
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", (), |row| row.get(0))
}

fn supported() -> u32 {
    MIGRATIONS.last().map(|last| last.number).unwrap_or_default()
}

/// Runs the migrations that have not been run, in one transaction.
fn migrate(connection: &mut Connection, clock: &Clock) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA synchronous = FULL")?;
    let found: u32 = match is_empty(connection)? {
        true => 0,
        false => connection.query_row("SELECT max(number) FROM migrations", (), |row| row.get(0))?,
    };
    if found >= supported() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (
             number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied INTEGER NOT NULL
         ) STRICT",
    )?;
    for Migration { number, name, sql, then } in MIGRATIONS.iter().filter(|next| next.number > found) {
        transaction.execute_batch(sql)?;
        then(&transaction)?;
        transaction.execute(
            "INSERT INTO migrations (number, name, applied) VALUES (?1, ?2, ?3)",
            params![number, name, clock.now().as_millis()],
        )?;
    }
    transaction.commit()
}
