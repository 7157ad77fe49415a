//! Storing events, and what their stream remembers of them.

use std::collections::BTreeMap;

use base::{Scope, Timestamp};
use ports::log_sink::LogLines;
use rusqlite::{Connection, OptionalExtension, params};

use crate::chunk::{ChunkBuilder, cut, not_before_1970, window_of};
use crate::commit::Commit;
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
    commit: &mut Commit<'_>,
    name: &StreamName,
    lines: &[LogLines],
    now: Timestamp,
    missing: Missing,
) -> rusqlite::Result<bool> {
    let mut stored = match commit.streams.known.remove(name) {
        Some(stored) => stored,
        None => {
            let connection = commit.connection;
            let (group, stream) = match (find_stream(connection, name)?, missing) {
                (Some(found), _) => found,
                (None, Missing::Create) => create_stream(connection, name, now)?,
                (None, Missing::Refuse) => return Ok(false),
            };
            Stored { group, stream, now, first: i64::MAX, last: -1, bytes: 0 }
        }
    };
    stored.now = now;
    let appended = stored.append(commit, lines);
    commit.streams.known.insert(name.clone(), stored);
    appended.map(|()| true)
}

/// The streams that a commit has appended to, and the numbers of events that it has given away.
#[derive(Default)]
pub(crate) struct Streams {
    known: BTreeMap<StreamName, Stored>,
    /// The next event's number, once one was asked for.
    next: Option<i64>,
}

impl Streams {
    /// So many numbers of events that follow each other; the first of them.
    fn take_numbers(&mut self, connection: &Connection, count: i64) -> rusqlite::Result<i64> {
        let next = match self.next {
            Some(next) => next,
            None => connection
                .prepare_cached("SELECT next_event FROM numbers")?
                .query_row((), |row| row.get(0))?,
        };
        self.next = Some(next.saturating_add(count));
        Ok(next)
    }

    /// Writes down what is only known here.
    pub(crate) fn settle(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if let Some(next) = self.next.take() {
            connection.prepare_cached("UPDATE numbers SET next_event = ?1")?.execute([next])?;
        }
        let known = std::mem::take(&mut self.known);
        known.values().filter(|stored| stored.last >= 0).try_for_each(|stored| stored.remember(connection))
    }
}

/// What a commit has stored in a stream.
struct Stored {
    group: i64,
    stream: i64,
    now: Timestamp,
    first: i64,
    last: i64,
    bytes: usize,
}

impl Stored {
    fn append(&mut self, commit: &mut Commit<'_>, lines: &[LogLines]) -> rusqlite::Result<()> {
        // Lines come by time, or nearly so: most are of the window of the first.
        let mut others: BTreeMap<i64, Vec<(i64, &str)>> = BTreeMap::new();
        let lines = lines.iter().flat_map(LogLines::iter);
        let mut lines = lines.map(|line| (not_before_1970(line.timestamp), cut(line.message))).peekable();
        let Some(window) = lines.peek().map(|(millis, _)| window_of(*millis)) else { return Ok(()) };
        self.chunks(commit, window, lines, |millis, text| {
            others.entry(window_of(millis)).or_default().push((millis, text));
        })?;
        others
            .into_iter()
            .try_for_each(|(window, lines)| self.chunks(commit, window, lines.into_iter(), |_, _| {}))
    }

    /// Stores those lines as chunks that are of `window`, at least one; the others go `elsewhere`.
    fn chunks<'l>(
        &mut self,
        commit: &mut Commit<'_>,
        window: i64,
        lines: impl Iterator<Item = (i64, &'l str)>,
        mut elsewhere: impl FnMut(i64, &'l str),
    ) -> rusqlite::Result<()> {
        let mut chunk = commit.segments.begin(window);
        for (millis, text) in lines {
            if !chunk.covers(millis) {
                elsewhere(millis, text);
                continue;
            }
            if chunk.is_full_for(text.len()) {
                self.chunk(commit, chunk)?;
                chunk = commit.segments.begin(window);
            }
            chunk.push(millis, text);
        }
        self.chunk(commit, chunk)
    }

    /// Stores a chunk of at least one event.
    fn chunk(&mut self, commit: &mut Commit<'_>, chunk: ChunkBuilder) -> rusqlite::Result<()> {
        let ((first, last), events, bytes) = (chunk.times(), integer(chunk.events()), chunk.stored_bytes());
        let number = commit.streams.take_numbers(commit.connection, events)?;
        let place = commit.segments.place(commit.connection, &chunk)?;
        let in_row = if place.is_some() { &[] } else { chunk.data() };
        commit
            .connection
            .prepare_cached(
                "INSERT INTO chunks (id, group_id, stream_id, first, last, ingestion, events, bytes, data,
                     segment, place, length, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                number,
                self.group,
                self.stream,
                first,
                last,
                self.now.as_millis(),
                events,
                integer(bytes),
                in_row,
                place.map(|place| place.segment),
                place.map(|place| i64::try_from(place.offset).unwrap_or(i64::MAX)),
                place.map(|place| integer(place.length)),
                place.map(|place| place.checksum),
            ])?;
        commit.segments.end(chunk, place);
        self.first = self.first.min(first);
        self.last = self.last.max(last);
        self.bytes += bytes;
        Ok(())
    }

    /// Has the stream know of it.
    fn remember(&self, connection: &Connection) -> rusqlite::Result<()> {
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
                self.stream,
                self.first,
                self.last,
                self.now.as_millis(),
                integer(self.bytes)
            ])?;
        Ok(())
    }
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
