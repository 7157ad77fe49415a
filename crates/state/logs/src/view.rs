//! Reading one stream, forward and backward (GetLogEvents).

use base::{Scope, Timestamp};
use rusqlite::{Connection, params};

use crate::append::find_stream;
use crate::chunk::window_of;
use crate::event::Position;
use crate::queue::StreamName;
use crate::segments::Folder;
use crate::selection::Selection;
use crate::stored_chunk::{Chunks, StoredChunk, event};
use crate::token::{self, Direction};
use crate::{LogEvent, LogFault};

/// Which events of a stream to read.
#[derive(Clone, Debug)]
pub struct EventsQuery {
    /// Whose stream it is.
    pub scope: Scope,
    /// The stream's group.
    pub group: String,
    /// The stream's name.
    pub stream: String,
    /// No events from before this moment.
    pub start: Option<Timestamp>,
    /// No events from this moment or later.
    pub end: Option<Timestamp>,
    /// How many at most, up to [`MAXIMUM_PAGE_EVENTS`](crate::MAXIMUM_PAGE_EVENTS), which
    /// `None` stands for.
    pub limit: Option<usize>,
    /// Without a token: whether to start with the earliest events instead of the latest.
    pub from_head: bool,
    /// One of the last page's tokens.
    pub token: Option<String>,
}

/// Some of a stream's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsPage {
    /// They, by time.
    pub events: Vec<LogEvent>,
    /// The token for later events. At the stream's end it is the one that was given.
    pub forward: String,
    /// The token for earlier events. At the stream's start it is the one that was given.
    pub backward: String,
}

pub(crate) fn view(
    connection: &Connection,
    segments: Option<&Folder>,
    query: &EventsQuery,
) -> rusqlite::Result<Result<EventsPage, LogFault>> {
    let (direction, from) = match query.token.as_deref().map(token::read_of_stream) {
        Some(Ok(place)) => place,
        Some(Err(fault)) => return Ok(Err(fault)),
        None if query.from_head => (Direction::Forward, Position::START),
        None => (Direction::Backward, Position::END),
    };
    let name =
        StreamName { scope: query.scope.clone(), group: query.group.clone(), stream: query.stream.clone() };
    let Some((_, stream)) = find_stream(connection, &name)? else { return Ok(Err(LogFault::NoSuchStream)) };
    let events = page(&mut Chunks::of(connection, segments), stream, direction, from, query)?;

    // Beside an empty page: what was given, and a token that turns around and meets again
    // what lies on this side of it.
    let (first, last) = match (events.first(), events.last(), direction) {
        (Some(first), Some(last), _) => (Position::of(first), Position::of(last)),
        (_, _, Direction::Forward) => (Position { number: from.number.saturating_add(1), ..from }, from),
        (_, _, Direction::Backward) => (from, Position { number: (from.number - 1).max(0), ..from }),
    };
    // A stream that is read from its end while it is empty: what comes later is forward.
    let last = if events.is_empty() && query.token.is_none() { Position::START } else { last };
    Ok(Ok(EventsPage {
        events,
        forward: token::of_stream(Direction::Forward, last),
        backward: token::of_stream(Direction::Backward, first),
    }))
}

/// The events behind (or before) a position, by time.
fn page(
    chunks: &mut Chunks<'_>,
    stream: i64,
    direction: Direction,
    from: Position,
    query: &EventsQuery,
) -> rusqlite::Result<Vec<LogEvent>> {
    // The position also as a bound in time, so that the index is entered there.
    let (mut start, mut end) =
        (query.start.map_or(0, Timestamp::as_millis), query.end.map_or(i64::MAX, Timestamp::as_millis));
    match direction {
        Direction::Forward => start = start.max(from.timestamp),
        Direction::Backward => end = end.min(from.timestamp.saturating_add(1)),
    }
    let wanted = |position: Position| {
        let side = match direction {
            Direction::Forward => position > from,
            Direction::Backward => position < from,
        };
        side && position.timestamp >= start && position.timestamp < end
    };
    let mut statement = chunks.connection.prepare_cached(match direction {
        Direction::Forward => {
            "SELECT id, first, last, events FROM chunks
             WHERE stream_id = ?1 AND first >= ?2 AND first < ?3 ORDER BY first, id"
        }
        Direction::Backward => {
            "SELECT id, first, last, events FROM chunks
             WHERE stream_id = ?1 AND first >= ?2 AND first < ?3 ORDER BY first DESC, id DESC"
        }
    })?;
    let mut rows = statement.query(params![stream, window_of(start), end])?;
    let mut page = Selection::new(direction, query.limit);
    while let Some(row) = rows.next()? {
        let chunk = StoredChunk::of(row)?;
        // Whether neither this chunk nor any behind it has something for the page.
        let passed = match direction {
            Direction::Forward => !page.admits(chunk.start()),
            Direction::Backward => !page.admits(chunk.window_end()),
        };
        if passed {
            break;
        }
        let outside = match direction {
            Direction::Forward => chunk.end() <= from || chunk.end().timestamp < start,
            Direction::Backward => chunk.end().timestamp < start || !page.admits(chunk.end()),
        };
        if !outside {
            chunk.read(chunks, direction, |position, ingestion, message| {
                if wanted(position) {
                    page.take(position, message.len(), || event(position, ingestion, message));
                }
            })?;
        }
    }
    Ok(page.into_events())
}
