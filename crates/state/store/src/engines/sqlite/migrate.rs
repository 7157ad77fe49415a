//! The schema, migrated by number. Each migration is one transaction; the numbers that have
//! run are in the database's own table.

use std::path::Path;

use base::Clock;
use rusqlite::{Connection, OptionalExtension, params};

use super::faults::open_error;
use crate::OpenError;

/// Marks the file as ours in its header ("Gtwr").
const APPLICATION: u32 = 0x4774_7772;

struct Migration {
    number: u32,
    name: &'static str,
    sql: &'static str,
}

/// In order, numbered from 1 without gaps. One that has been released is never edited.
const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "documents", sql: include_str!("migrations/0001_documents.sql") },
    Migration { number: 2, name: "counters", sql: include_str!("migrations/0002_counters.sql") },
    Migration { number: 3, name: "records", sql: include_str!("migrations/0003_records.sql") },
    Migration {
        number: 4,
        name: "numbered documents",
        sql: include_str!("migrations/0004_numbered_documents.sql"),
    },
];

/// The newest format this version knows.
fn supported() -> u32 {
    MIGRATIONS.last().map(|migration| migration.number).unwrap_or_default()
}

/// Refuses a file that is not ours or is too new. Changes nothing.
pub(super) fn inspect(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| open_error(path, &error);
    let empty: bool = connection
        .query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", (), |row| row.get(0))
        .map_err(failed)?;
    if empty {
        return Ok(());
    }
    let application: u32 =
        connection.query_row("PRAGMA application_id", (), |row| row.get(0)).map_err(failed)?;
    if application != APPLICATION {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    let found = format(connection).map_err(failed)?;
    if found > supported() {
        return Err(OpenError::NewerVersion { path: path.to_owned(), found, supported: supported() });
    }
    damage(connection, path)
}

/// Runs the migrations that have not been run.
pub(super) fn migrate(connection: &mut Connection, path: &Path, clock: &Clock) -> Result<(), OpenError> {
    run(connection, clock, supported()).map_err(|error| open_error(path, &error))
}

/// Runs those up to the number `last`.
pub(super) fn run(connection: &mut Connection, clock: &Clock, last: u32) -> rusqlite::Result<()> {
    let found = format(connection)?;
    let wanted = |migration: &&Migration| migration.number > found && migration.number <= last;
    for Migration { number, name, sql } in MIGRATIONS.iter().filter(wanted) {
        let transaction = connection.transaction()?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.execute_batch(
            "CREATE TABLE IF NOT EXISTS migrations (
                 number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied INTEGER NOT NULL
             ) STRICT",
        )?;
        transaction.execute_batch(sql)?;
        transaction.execute(
            "INSERT INTO migrations (number, name, applied) VALUES (?1, ?2, ?3)",
            params![number, name, clock.now().as_millis()],
        )?;
        transaction.commit()?;
        tracing::info!(number, name, "the store's schema was migrated");
    }
    Ok(())
}

fn format(connection: &Connection) -> rusqlite::Result<u32> {
    let table: Option<u32> = connection
        .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'", (), |row| row.get(0))
        .optional()?;
    match table {
        Some(_) => {
            connection.query_row("SELECT coalesce(max(number), 0) FROM migrations", (), |row| row.get(0))
        }
        None => Ok(0),
    }
}

/// Looks for damage in what every start reads anyway. The blobs, which may be large, are
/// left to the full check.
fn damage(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let first = |table: &str| {
        connection.query_row(&format!("PRAGMA quick_check({table})"), (), |row| row.get::<_, String>(0))
    };
    for table in ["documents", "changes"] {
        let reason = first(table).map_err(|error| open_error(path, &error))?;
        if reason != "ok" {
            return Err(OpenError::Corrupted { path: path.to_owned(), reason });
        }
    }
    // The writer will not need most of what was read.
    connection.execute_batch("PRAGMA shrink_memory").map_err(|error| open_error(path, &error))
}
