//! A chunk in the database: what its index tells of it, and its events.

use base::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Row};

use crate::chunk::{Chunk, window_of};
use crate::event::Position;
use crate::limits::WINDOW_MILLIS;
use crate::token::Direction;
use crate::{EventId, LogEvent};

/// What the indexes tell of a chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoredChunk {
    id: i64,
    first: i64,
    last: i64,
    events: i64,
}

impl StoredChunk {
    /// From the columns id, first, last, events.
    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, first: row.get(1)?, last: row.get(2)?, events: row.get(3)? })
    }

    /// No event of it, nor of a chunk that follows by first time and number, is before this place.
    pub(crate) fn start(self) -> Position {
        Position { timestamp: self.first, number: self.id }
    }

    /// No event of it is behind this place.
    pub(crate) fn end(self) -> Position {
        let before_last = self.events.saturating_sub(1);
        Position { timestamp: self.last, number: self.id.saturating_add(before_last) }
    }

    /// No event of it, nor of a chunk before it by first time, is behind this place.
    pub(crate) fn window_end(self) -> Position {
        let last = window_of(self.first).saturating_add(WINDOW_MILLIS - 1);
        Position { timestamp: last, number: i64::MAX }
    }

    /// Tells each event's place, the moment of its ingestion and its text: by arrival, or the other
    /// way round.
    pub(crate) fn read(
        self,
        connection: &Connection,
        direction: Direction,
        mut tell: impl FnMut(Position, Timestamp, &str),
    ) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached("SELECT ingestion, data FROM chunks WHERE id = ?1")?;
        let mut rows = statement.query([self.id])?;
        let Some(row) = rows.next()? else { return Err(damaged(DamagedChunk::Missing)) };
        let ingestion = Timestamp::from_millis(row.get(0)?);
        let chunk = Chunk::decode(row.get_ref(1)?.as_blob()?).map_err(damaged)?;
        if i64::try_from(chunk.events().len()) != Ok(self.events) {
            return Err(damaged(DamagedChunk::Count));
        }
        let numbers = self.id..self.id.saturating_add(self.events);
        let mut tell = |((timestamp, text), number): (&(i64, &str), i64)| {
            tell(Position { timestamp: *timestamp, number }, ingestion, text);
        };
        match direction {
            Direction::Forward => chunk.events().iter().zip(numbers).for_each(&mut tell),
            Direction::Backward => chunk.events().iter().rev().zip(numbers.rev()).for_each(&mut tell),
        }
        Ok(())
    }
}

/// A chunk and its row that do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum DamagedChunk {
    #[error("a chunk of log events is in an index, but not in its table")]
    Missing,
    #[error("a chunk of log events has not as many as its row says")]
    Count,
}

/// As an error of the engine, which tells [`LogFault::Corrupted`](crate::LogFault::Corrupted) by it.
fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, Box::new(error))
}

/// An event as it is read.
pub(crate) fn event(position: Position, ingestion: Timestamp, message: &str) -> LogEvent {
    LogEvent {
        timestamp: Timestamp::from_millis(position.timestamp),
        message: message.to_owned(),
        ingestion,
        event_id: EventId::new(position.number),
    }
}
