//! Searching a group's events, of all or some of its streams, by time (FilterLogEvents).

use base::{Scope, Timestamp};
use rusqlite::{Connection, params};

use crate::append::{find_group, find_stream};
use crate::chunk::window_of;
use crate::event::Position;
use crate::limits::{SCANNED_BYTES, SCANNED_EVENTS};
use crate::queue::StreamName;
use crate::segments::Folder;
use crate::selection::Selection;
use crate::stored_chunk::{Chunks, StoredChunk, event};
use crate::token::{self, Direction};
use crate::{LogEvent, LogFault, Pattern};

/// Which of a group's streams to search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamSelection {
    /// All.
    All,
    /// These; each must exist.
    Named(Vec<String>),
    /// Those whose names start so.
    Prefix(String),
}

/// Which events to find.
#[derive(Clone, Debug)]
pub struct FilterQuery {
    /// Whose they are.
    pub scope: Scope,
    /// Their group. One that was never written to has none.
    pub group: String,
    /// Their streams.
    pub streams: StreamSelection,
    /// No events from before this moment.
    pub start: Option<Timestamp>,
    /// No events from after this moment.
    pub end: Option<Timestamp>,
    /// What their messages must match.
    pub pattern: Pattern,
    /// How many at most, up to [`MAXIMUM_PAGE_EVENTS`](crate::MAXIMUM_PAGE_EVENTS), which
    /// `None` stands for.
    pub limit: Option<usize>,
    /// The last page's token.
    pub token: Option<String>,
}

/// An event with its stream's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilteredEvent {
    /// The stream.
    pub stream: String,
    /// The event.
    pub event: LogEvent,
}

/// Some of the events that match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilteredPage {
    /// They, by time. There may be none although there is a token: a search stops after a
    /// bounded number of events that do not match, as CloudWatch Logs' does.
    pub events: Vec<FilteredEvent>,
    /// If the search is not at its end: the token to go on.
    pub next: Option<String>,
}

pub(crate) fn filter(
    connection: &Connection,
    segments: Option<&Folder>,
    query: &FilterQuery,
) -> rusqlite::Result<Result<FilteredPage, LogFault>> {
    let from = match query.token.as_deref().map(token::read_of_filter).transpose() {
        Ok(from) => from.unwrap_or(Position::START),
        Err(fault) => return Ok(Err(fault)),
    };
    let Some(group) = find_group(connection, &query.scope, &query.group)? else {
        return Ok(match &query.streams {
            StreamSelection::Named(names) if !names.is_empty() => Err(LogFault::NoSuchStream),
            _ => Ok(FilteredPage { events: Vec::new(), next: None }),
        });
    };
    let mut numbers = Vec::new();
    if let StreamSelection::Named(names) = &query.streams {
        for name in names {
            let name =
                StreamName { scope: query.scope.clone(), group: query.group.clone(), stream: name.clone() };
            match find_stream(connection, &name)? {
                Some((_, number)) => numbers.push(number),
                None => return Ok(Err(LogFault::NoSuchStream)),
            }
        }
    }
    search(&mut Chunks::of(connection, segments), query, group, &numbers, from).map(Ok)
}

fn search(
    chunks: &mut Chunks<'_>,
    query: &FilterQuery,
    group: i64,
    numbers: &[i64],
    from: Position,
) -> rusqlite::Result<FilteredPage> {
    let streams = match (&query.streams, numbers) {
        (StreamSelection::Named(_), [number]) => format!("chunks.stream_id = {number}"),
        (StreamSelection::Named(_), numbers) => {
            let list: Vec<String> = numbers.iter().map(i64::to_string).collect();
            format!("chunks.group_id = ?1 AND +chunks.stream_id IN ({})", list.join(", "))
        }
        _ => "chunks.group_id = ?1".to_owned(),
    };
    let sql = sql(&streams);
    let prefix = match &query.streams {
        StreamSelection::Prefix(prefix) => prefix.as_str(),
        _ => "",
    };
    // Also as a bound in time, so that the index is entered where the last page ended.
    let start = query.start.map_or(0, Timestamp::as_millis).max(from.timestamp);
    let end = query.end.map_or(i64::MAX, Timestamp::as_millis);
    let mut statement = chunks.connection.prepare(&sql)?;
    let mut rows = statement.query(params![group, window_of(start), end, prefix])?;

    let mut page = Selection::new(Direction::Forward, query.limit);
    let (mut scanned, mut scanned_bytes) = (0_usize, 0_usize);
    while let Some(row) = rows.next()? {
        let chunk = StoredChunk::of(row)?;
        if !page.admits(chunk.start()) {
            break;
        }
        if chunk.end() <= from || chunk.end().timestamp < start {
            continue;
        }
        // Everything before this chunk has been looked at: the next search goes on here, unless that
        // is where this one began.
        let enough = scanned >= SCANNED_EVENTS || scanned_bytes >= SCANNED_BYTES;
        if enough && chunk.start().before() > from {
            page.end_before(chunk.start());
            break;
        }
        let stream = row.get_ref(4)?.as_str()?;
        chunk.read(chunks, Direction::Forward, |position, ingestion, message| {
            let inside = position > from && (start..=end).contains(&position.timestamp);
            if !inside || !page.admits(position) {
                return;
            }
            (scanned, scanned_bytes) = (scanned + 1, scanned_bytes + message.len());
            if query.pattern.matches(message) {
                page.take(position, message.len(), || FilteredEvent {
                    stream: stream.to_owned(),
                    event: event(position, ingestion, message),
                });
            }
        })?;
    }
    let next = page.bound().map(|bound| token::of_filter(bound.before()));
    Ok(FilteredPage { events: page.into_events(), next })
}

fn sql(streams: &str) -> String {
    // CROSS JOIN: chunks in the order of their index, each then with its stream. Those of removed
    // streams have none and are left out.
    format!(
        "SELECT chunks.id, first, last, events, streams.name
         FROM chunks CROSS JOIN streams ON streams.id = chunks.stream_id
         WHERE {streams}
           AND first >= ?2 AND first <= ?3
           AND substr(streams.name, 1, length(?4)) = ?4
         ORDER BY first, chunks.id"
    )
}

#[cfg(test)]
mod tests {
    use base::Clock;

    use super::*;

    #[test]
    fn a_search_follows_an_index_and_sorts_nothing() {
        let connection = crate::open::memory(&Clock::standing_at(Timestamp::from_millis(0))).unwrap();
        let plan = |streams: &str| -> Vec<String> {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", sql(streams))).unwrap();
            let nothing: [Option<i64>; 4] = [None; 4];
            let lines = statement.query_map(nothing, |row| row.get(3)).unwrap();
            lines.collect::<rusqlite::Result<_>>().unwrap()
        };
        let stream = "SEARCH streams USING INTEGER PRIMARY KEY (rowid=?)".to_owned();
        let by_group =
            "SEARCH chunks USING COVERING INDEX chunks_of_a_group (group_id=? AND first>? AND first<?)";
        let by_stream =
            "SEARCH chunks USING COVERING INDEX chunks_of_a_stream (stream_id=? AND first>? AND first<?)";
        assert_eq!(plan("chunks.group_id = ?1"), [by_group.to_owned(), stream.clone()]);
        assert_eq!(
            plan("chunks.group_id = ?1 AND +chunks.stream_id IN (1, 2)"),
            [by_group.to_owned(), stream.clone()]
        );
        assert_eq!(plan("chunks.stream_id = 1"), [by_stream.to_owned(), stream]);
    }
}
