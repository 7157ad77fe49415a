//! Storing events, and what their stream remembers of them.

use base::{Scope, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::event::NewEvent;
use crate::queue::StreamName;

/// What to do about a group or stream that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Make it.
    Create,
    /// Store nothing.
    Refuse,
}

/// Stores events; answers false if the stream is missing and is not to be made.
pub(crate) fn append(
    connection: &Connection,
    name: &StreamName,
    events: &[NewEvent],
    now: Timestamp,
    missing: Missing,
) -> rusqlite::Result<bool> {
    let (group, stream) = match (find_stream(connection, name)?, missing) {
        (Some(found), _) => found,
        (None, Missing::Create) => create_stream(connection, name, now)?,
        (None, Missing::Refuse) => return Ok(false),
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO events (group_id, stream_id, timestamp, ingestion, message) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for event in events {
        insert.execute(params![
            group,
            stream,
            event.timestamp.as_millis(),
            now.as_millis(),
            event.message
        ])?;
    }
    let (first, last) = (
        events.iter().map(|event| event.timestamp.as_millis()).min(),
        events.iter().map(|event| event.timestamp.as_millis()).max(),
    );
    let bytes: usize = events.iter().map(NewEvent::stored_bytes).sum();
    if let (Some(first), Some(last)) = (first, last) {
        connection
            .prepare_cached(
                "UPDATE streams SET
                     first_event = min(coalesce(first_event, ?2), ?2),
                     last_event = max(coalesce(last_event, ?3), ?3),
                     last_ingestion = ?4,
                     bytes = bytes + ?5
                 WHERE id = ?1",
            )?
            .execute(params![
                stream,
                first,
                last,
                now.as_millis(),
                i64::try_from(bytes).unwrap_or(i64::MAX)
            ])?;
    }
    Ok(true)
}

/// A group's number.
pub(crate) fn find_group(
    connection: &Connection,
    scope: &Scope,
    group: &str,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM groups WHERE account = ?1 AND region = ?2 AND name = ?3")?
        .query_row(params![scope.account(), scope.region(), group], |row| row.get(0))
        .optional()
}

/// A group's and a stream's number.
pub(crate) fn find_stream(
    connection: &Connection,
    name: &StreamName,
) -> rusqlite::Result<Option<(i64, i64)>> {
    connection
        .prepare_cached(
            "SELECT groups.id, streams.id FROM groups JOIN streams ON streams.group_id = groups.id
             WHERE account = ?1 AND region = ?2 AND groups.name = ?3 AND streams.name = ?4",
        )?
        .query_row(params![name.scope.account(), name.scope.region(), name.group, name.stream], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
}

/// Makes a stream that does not exist, and its group if need be.
pub(crate) fn create_stream(
    connection: &Connection,
    name: &StreamName,
    now: Timestamp,
) -> rusqlite::Result<(i64, i64)> {
    let group = create_group(connection, &name.scope, &name.group, now)?;
    connection.execute(
        "INSERT INTO streams (group_id, name, created) VALUES (?1, ?2, ?3)",
        params![group, name.stream, now.as_millis()],
    )?;
    Ok((group, connection.last_insert_rowid()))
}

fn create_group(
    connection: &Connection,
    scope: &Scope,
    group: &str,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    if let Some(found) = find_group(connection, scope, group)? {
        return Ok(found);
    }
    connection.execute(
        "INSERT INTO groups (account, region, name, created) VALUES (?1, ?2, ?3, ?4)",
        params![scope.account(), scope.region(), group, now.as_millis()],
    )?;
    Ok(connection.last_insert_rowid())
}
