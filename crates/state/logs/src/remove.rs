//! Removing groups, streams, and events that are older than their group keeps them.
//!
//! A group or stream disappears at once; its events are removed behind it in steps, so that
//! writing never waits for a long removal.

use base::{Scope, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::append::{find_group, find_stream};
use crate::limits::REMOVAL_STEP;
use crate::queue::StreamName;

/// Removes a group with its streams; answers whether there was one.
pub(crate) fn remove_group(connection: &Connection, scope: &Scope, group: &str) -> rusqlite::Result<bool> {
    let Some(group) = find_group(connection, scope, group)? else { return Ok(false) };
    connection.execute("INSERT INTO removed_groups (id) VALUES (?1)", [group])?;
    connection.execute("DELETE FROM streams WHERE group_id = ?1", [group])?;
    connection.execute("DELETE FROM groups WHERE id = ?1", [group])?;
    Ok(true)
}

/// Removes a stream; answers whether there was one.
pub(crate) fn remove_stream(connection: &Connection, name: &StreamName) -> rusqlite::Result<bool> {
    let Some((_, stream)) = find_stream(connection, name)? else { return Ok(false) };
    connection.execute("INSERT INTO removed_streams (id) VALUES (?1)", [stream])?;
    connection.execute("DELETE FROM streams WHERE id = ?1", [stream])?;
    Ok(true)
}

/// Removes some events of something that is gone; answers whether there may be more.
pub(crate) fn step(connection: &Connection) -> rusqlite::Result<bool> {
    for (removed, column) in [("removed_streams", "stream_id"), ("removed_groups", "group_id")] {
        let gone: Option<i64> = connection
            .query_row(&format!("SELECT id FROM {removed} LIMIT 1"), (), |row| row.get(0))
            .optional()?;
        let Some(gone) = gone else { continue };
        let deleted = connection.execute(
            &format!("DELETE FROM events WHERE id IN (SELECT id FROM events WHERE {column} = ?1 LIMIT ?2)"),
            params![gone, REMOVAL_STEP],
        )?;
        if !is_full_step(deleted) {
            connection.execute(&format!("DELETE FROM {removed} WHERE id = ?1"), [gone])?;
        }
        return Ok(true);
    }
    Ok(false)
}

/// Removes some of a group's events from before `time`, the oldest first; answers how many.
/// Less than a [full step](is_full_step) means that there are no more.
pub(crate) fn expire(
    connection: &Connection,
    scope: &Scope,
    group: &str,
    time: Timestamp,
) -> rusqlite::Result<usize> {
    const OLDEST: &str = "FROM events WHERE group_id = ?1 AND timestamp < ?2 ORDER BY timestamp, id LIMIT ?3";
    let Some(group) = find_group(connection, scope, group)? else { return Ok(0) };
    let which = params![group, time.as_millis(), REMOVAL_STEP];
    let mut statement = connection.prepare_cached(&format!(
        "SELECT stream_id, sum(octet_length(message) + ?4)
         FROM (SELECT stream_id, message {OLDEST}) GROUP BY stream_id"
    ))?;
    let overhead = i64::try_from(crate::EVENT_OVERHEAD_BYTES).unwrap_or(i64::MAX);
    let shrunk = statement
        .query_map(params![group, time.as_millis(), REMOVAL_STEP, overhead], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let deleted =
        connection.execute(&format!("DELETE FROM events WHERE id IN (SELECT id {OLDEST})"), which)?;
    for (stream, bytes) in shrunk {
        connection.execute(
            "UPDATE streams SET
                 bytes = bytes - ?2,
                 first_event = (SELECT min(timestamp) FROM events WHERE stream_id = ?1)
             WHERE id = ?1",
            params![stream, bytes],
        )?;
    }
    Ok(deleted)
}

/// Whether that many removed events were as many as one transaction removes.
pub(crate) fn is_full_step(removed: usize) -> bool {
    u32::try_from(removed).is_ok_and(|removed| removed >= REMOVAL_STEP)
}
