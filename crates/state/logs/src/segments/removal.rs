//! Deleting segments that are not needed any longer.

use std::collections::BTreeSet;
use std::io;

use rusqlite::Connection;

use super::Folder;

/// The segments that no chunk is in.
pub(crate) fn unnamed(connection: &Connection) -> rusqlite::Result<BTreeSet<i64>> {
    connection
        .prepare_cached(
            "SELECT number FROM segments
             WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.segment = segments.number)",
        )?
        .query_map((), |row| row.get(0))?
        .collect()
}

/// Takes them from the table, but those that somebody writes or has written to meanwhile. Their files are strays once
/// that is on the disk.
pub(crate) fn forget(
    connection: &Connection,
    folder: &Folder,
    segments: &BTreeSet<i64>,
) -> rusqlite::Result<()> {
    for number in segments {
        // What cannot be told stays.
        if folder.is_written(*number).unwrap_or(true) {
            continue;
        }
        connection
            .prepare_cached(
                "DELETE FROM segments WHERE number = ?1
                 AND NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.segment = ?1)",
            )?
            .execute([number])?;
    }
    Ok(())
}

/// Deletes the files that the table does not have. Only with the database's lock: what another process is just making is
/// not in the table yet.
pub(crate) fn delete_strays(connection: &Connection, folder: &Folder) -> rusqlite::Result<io::Result<()>> {
    let known: BTreeSet<i64> = connection
        .prepare_cached("SELECT number FROM segments")?
        .query_map((), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let delete = || -> io::Result<()> {
        for number in folder.numbers()?.into_iter().filter(|number| !known.contains(number)) {
            folder.delete(number)?;
        }
        Ok(())
    };
    Ok(delete())
}
