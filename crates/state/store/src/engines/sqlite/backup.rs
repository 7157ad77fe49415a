//! Copying the database to a file, and searching it for damage.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::faults::fault;
use super::transaction::{Mode, SqliteTransaction};
use crate::engines::EngineTransaction;
use crate::limits::CHECK_LINES;
use crate::{BlobId, StoreFault};

/// Writes a copy, as of one moment, to a new file. It gets its name only when it is whole
/// and on the disk.
pub(super) fn write(connection: &Connection, path: &Path) -> Result<(), StoreFault> {
    if path.exists() {
        return Err(StoreFault::BackupExists { path: path.to_owned() });
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    let partial = Path::new(&name);
    let written = copy(connection, partial).and_then(|()| {
        let name_it = || {
            File::open(partial)?.sync_all()?;
            fs::rename(partial, path)?;
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
        };
        name_it().map_err(|error: std::io::Error| error.to_string())
    });
    written.map_err(|reason| {
        // What cannot be removed is replaced by the next backup.
        let _ = fs::remove_file(partial);
        StoreFault::Backup { path: path.to_owned(), reason }
    })
}

fn copy(connection: &Connection, partial: &Path) -> Result<(), String> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(partial)
        .map_err(|error| error.to_string())?;
    let engine = |error: rusqlite::Error| error.to_string();
    let mut target =
        Connection::open_with_flags(partial, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(engine)?;
    // All pages in one step: this connection's snapshot stays the same throughout, and in
    // WAL mode a reader does not keep the writer waiting.
    let step = Backup::new(connection, &mut target).and_then(|backup| backup.step(-1)).map_err(engine)?;
    if step != StepResult::Done {
        return Err("the database is busy".into());
    }
    target.close().map_err(|(_, error)| error.to_string())
}

/// Reads the whole database and answers what is wrong with it.
pub(super) fn check(connection: &Connection) -> Result<Vec<String>, StoreFault> {
    let mut lines = Vec::new();
    let mut blobs = Vec::new();
    let gather = |sql: &str, into: &mut Vec<String>| {
        let mut statement = connection.prepare(sql)?;
        for row in statement.query_map((), |row| row.get::<_, String>(0))? {
            into.push(row?);
        }
        Ok::<_, rusqlite::Error>(())
    };
    gather(&format!("PRAGMA integrity_check({CHECK_LINES})"), &mut lines).map_err(|error| fault(&error))?;
    if lines == ["ok"] {
        lines.clear();
    }
    // SQLite's pages have no checksums, but blobs are named by theirs.
    gather("SELECT id FROM blobs", &mut blobs).map_err(|error| fault(&error))?;
    let mut transaction = SqliteTransaction::new(connection, Mode::Read);
    for id in blobs {
        let bytes = transaction.get_blob(&BlobId::stored(id.clone()))?;
        if bytes.is_some_and(|bytes| BlobId::of(&bytes).as_str() != id) {
            lines.push(format!("blob {id} does not have its digest"));
        }
    }
    lines.truncate(CHECK_LINES);
    Ok(lines)
}
