//! Storing events, and what their stream remembers of them.

use std::collections::BTreeMap;

use base::{Scope, Timestamp};
use ports::log_sink::LogLines;
use rusqlite::{Connection, OptionalExtension, params};

use crate::chunk::{ChunkBuilder, cut, not_before_1970, window_of};
use crate::queue::StreamName;

/// What to do about a group or stream that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Make it.
    Create,
    /// Store nothing.
    Refuse,
}

/// Stores lines as chunks; answers false if the stream is missing and is not to be made.
pub(crate) fn append(
    connection: &Connection,
    name: &StreamName,
    lines: &[LogLines],
    now: Timestamp,
    missing: Missing,
) -> rusqlite::Result<bool> {
    let (group, stream) = match (find_stream(connection, name)?, missing) {
        (Some(found), _) => found,
        (None, Missing::Create) => create_stream(connection, name, now)?,
        (None, Missing::Refuse) => return Ok(false),
    };
    let mut stored = Stored::new(connection, group, stream, now);
    // Lines come by time, or nearly so: they are of one window, seldom of two.
    let mut open: BTreeMap<i64, ChunkBuilder> = BTreeMap::new();
    let mut current = ChunkBuilder::new(0);
    for line in lines.iter().flat_map(LogLines::iter) {
        let (millis, text) = (not_before_1970(line.timestamp), cut(line.message));
        if !current.covers(millis) {
            let next = open.remove(&window_of(millis)).unwrap_or_else(|| ChunkBuilder::new(millis));
            let other = std::mem::replace(&mut current, next);
            if other.events() > 0 {
                open.insert(window_of(other.times().0), other);
            }
        }
        if current.is_full_for(text.len()) {
            stored.chunk(&current)?;
            current.clear();
        }
        current.push(millis, text);
    }
    for chunk in std::iter::once(&current).chain(open.values()) {
        stored.chunk(chunk)?;
    }
    stored.remember()?;
    Ok(true)
}

/// What one append has stored.
struct Stored<'c> {
    connection: &'c Connection,
    group: i64,
    stream: i64,
    now: Timestamp,
    first: i64,
    last: i64,
    bytes: usize,
}

impl<'c> Stored<'c> {
    fn new(connection: &'c Connection, group: i64, stream: i64, now: Timestamp) -> Self {
        Self { connection, group, stream, now, first: i64::MAX, last: -1, bytes: 0 }
    }

    /// Stores a chunk, under the next numbers of events. One without events is none.
    fn chunk(&mut self, chunk: &ChunkBuilder) -> rusqlite::Result<()> {
        if chunk.events() == 0 {
            return Ok(());
        }
        let number: i64 = self
            .connection
            .prepare_cached("UPDATE numbers SET next_event = next_event + ?1 RETURNING next_event - ?1")?
            .query_row([integer(chunk.events())], |row| row.get(0))?;
        insert(self.connection, number, (self.group, self.stream), self.now.as_millis(), chunk)?;
        let (first, last) = chunk.times();
        self.first = self.first.min(first);
        self.last = self.last.max(last);
        self.bytes += chunk.stored_bytes();
        Ok(())
    }

    /// Has the stream know of it.
    fn remember(&self) -> rusqlite::Result<()> {
        if self.last < 0 {
            return Ok(());
        }
        self.connection
            .prepare_cached(
                "UPDATE streams SET
                     first_event = min(coalesce(first_event, ?2), ?2),
                     last_event = max(coalesce(last_event, ?3), ?3),
                     last_ingestion = ?4,
                     bytes = bytes + ?5
                 WHERE id = ?1",
            )?
            .execute(params![
                self.stream,
                self.first,
                self.last,
                self.now.as_millis(),
                integer(self.bytes)
            ])?;
        Ok(())
    }
}

/// Stores a chunk whose first event has this number; of a group and a stream.
pub(crate) fn insert(
    connection: &Connection,
    number: i64,
    (group, stream): (i64, i64),
    ingestion: i64,
    chunk: &ChunkBuilder,
) -> rusqlite::Result<()> {
    let (first, last) = chunk.times();
    connection
        .prepare_cached(
            "INSERT INTO chunks (id, group_id, stream_id, first, last, ingestion, events, bytes, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            number,
            group,
            stream,
            first,
            last,
            ingestion,
            integer(chunk.events()),
            integer(chunk.stored_bytes()),
            chunk.data()
        ])?;
    Ok(())
}

fn integer(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
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
