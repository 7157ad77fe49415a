//! Removing groups, streams, and events that are older than their group keeps them.
//!
//! A group or stream disappears at once; its events are removed behind it in steps, so that
//! writing never waits for a long removal.

use std::collections::BTreeMap;

use base::{Scope, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::append::{find_group, find_stream};
use crate::commit::Commit;
use crate::limits::REMOVAL_STEP;
use crate::queue::StreamName;
use crate::segments::Place;

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
pub(crate) fn step(commit: &mut Commit<'_>) -> rusqlite::Result<bool> {
    let connection = commit.connection;
    for (removed, column) in [("removed_streams", "stream_id"), ("removed_groups", "group_id")] {
        let gone: Option<i64> = connection
            .query_row(&format!("SELECT id FROM {removed} LIMIT 1"), (), |row| row.get(0))
            .optional()?;
        let Some(gone) = gone else { continue };
        let deleted: Vec<Option<Place>> = connection
            .prepare_cached(&format!(
                "DELETE FROM chunks WHERE id IN (SELECT id FROM chunks WHERE {column} = ?1 LIMIT ?2)
                 RETURNING segment, place, length, checksum"
            ))?
            .query_map(params![gone, REMOVAL_STEP], |row| Place::of(row, 0))?
            .collect::<rusqlite::Result<_>>()?;
        let full = is_full_step(deleted.len());
        deleted.into_iter().for_each(|place| commit.segments.remove(place));
        if !full {
            connection.execute(&format!("DELETE FROM {removed} WHERE id = ?1"), [gone])?;
        }
        return Ok(true);
    }
    Ok(false)
}

/// What one step of an expiry has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expired {
    /// Removed events.
    pub(crate) events: u64,
    /// Whether there may be more to remove.
    pub(crate) more: bool,
}

/// Removes some of a group's chunks whose events are all from before `time`, the oldest first. So an
/// event stays up to a chunk's window of time longer than others of its age.
pub(crate) fn expire(
    commit: &mut Commit<'_>,
    scope: &Scope,
    group: &str,
    time: Timestamp,
) -> rusqlite::Result<Expired> {
    let connection = commit.connection;
    let none = Expired { events: 0, more: false };
    let Some(group) = find_group(connection, scope, group)? else { return Ok(none) };
    let oldest: Vec<(i64, i64, i64, i64, Option<Place>)> = connection
        .prepare_cached(
            "SELECT id, stream_id, events, bytes, segment, place, length, checksum FROM chunks
             WHERE group_id = ?1 AND first < ?2 AND last < ?2 ORDER BY first, id LIMIT ?3",
        )?
        .query_map(params![group, time.as_millis(), REMOVAL_STEP], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, Place::of(row, 4)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut shrunk: BTreeMap<i64, i64> = BTreeMap::new();
    let mut removed = 0_u64;
    for (id, stream, events, bytes, place) in &oldest {
        connection.prepare_cached("DELETE FROM chunks WHERE id = ?1")?.execute([id])?;
        commit.segments.remove(*place);
        *shrunk.entry(*stream).or_default() += bytes;
        removed += u64::try_from(*events).unwrap_or_default();
    }
    for (stream, bytes) in shrunk {
        connection.execute(
            "UPDATE streams SET
                 bytes = bytes - ?2,
                 first_event = (SELECT min(first) FROM chunks WHERE stream_id = ?1)
             WHERE id = ?1",
            params![stream, bytes],
        )?;
    }
    Ok(Expired { events: removed, more: is_full_step(oldest.len()) })
}

/// Whether that many removed chunks are as many as one transaction removes.
fn is_full_step(removed: usize) -> bool {
    u32::try_from(removed).is_ok_and(|removed| removed >= REMOVAL_STEP)
}
