//! A chunk that is stored: what its index tells of it, and its events.

use base::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Row, ffi};

use crate::chunk::{Chunk, window_of};
use crate::event::Position;
use crate::limits::WINDOW_MILLIS;
use crate::segments::{Folder, Place, SegmentFiles, Unreadable};
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
    /// way round. Nothing of a chunk whose segment does not have it any more.
    pub(crate) fn read(
        self,
        chunks: &mut Chunks<'_>,
        direction: Direction,
        tell: impl FnMut(Position, Timestamp, &str),
    ) -> rusqlite::Result<()> {
        let mut statement = chunks.connection.prepare_cached(
            "SELECT ingestion, data, segment, place, length, checksum FROM chunks WHERE id = ?1",
        )?;
        let mut rows = statement.query([self.id])?;
        let Some(row) = rows.next()? else { return Err(damaged(DamagedChunk::Missing)) };
        let ingestion = Timestamp::from_millis(row.get(0)?);
        let Some(place) = Place::of(row, 2)? else {
            let chunk = self.decode(row.get_ref(1)?.as_blob()?).map_err(damaged)?;
            self.tell(&chunk, ingestion, direction, tell);
            return Ok(());
        };
        let data = chunks.files.read(place).map_err(unread)?;
        match data.and_then(|data| self.decode(data)) {
            Ok(chunk) => self.tell(&chunk, ingestion, direction, tell),
            Err(why) => chunks.left_out.note(why),
        }
        Ok(())
    }

    fn decode(self, data: &[u8]) -> Result<Chunk<'_>, Unreadable> {
        let chunk = Chunk::decode(data)?;
        match i64::try_from(chunk.events().len()) == Ok(self.events) {
            true => Ok(chunk),
            false => Err(Unreadable::Count),
        }
    }

    fn tell(
        self,
        chunk: &Chunk<'_>,
        ingestion: Timestamp,
        direction: Direction,
        mut tell: impl FnMut(Position, Timestamp, &str),
    ) {
        let numbers = self.id..self.id.saturating_add(self.events);
        let mut tell = |((timestamp, text), number): (&(i64, &str), i64)| {
            tell(Position { timestamp: *timestamp, number }, ingestion, text);
        };
        match direction {
            Direction::Forward => chunk.events().iter().zip(numbers).for_each(&mut tell),
            Direction::Backward => chunk.events().iter().rev().zip(numbers.rev()).for_each(&mut tell),
        }
    }
}

/// What chunks are read from, for one read.
pub(crate) struct Chunks<'c> {
    pub(crate) connection: &'c Connection,
    files: SegmentFiles<'c>,
    left_out: LeftOut,
}

impl<'c> Chunks<'c> {
    /// Of a database and its segments; in memory it has none.
    pub(crate) fn of(connection: &'c Connection, segments: Option<&'c Folder>) -> Self {
        Self { connection, files: SegmentFiles::of(segments), left_out: LeftOut::default() }
    }
}

/// Chunks that one read could not have. Told once, when it is over.
#[derive(Default)]
struct LeftOut {
    chunks: usize,
    first: Option<Unreadable>,
}

impl LeftOut {
    fn note(&mut self, why: Unreadable) {
        self.chunks += 1;
        self.first.get_or_insert(why);
    }
}

impl Drop for LeftOut {
    fn drop(&mut self) {
        if let Some(why) = self.first {
            tracing::warn!(chunks = self.chunks, %why, "log events cannot be read and are left out");
        }
    }
}

/// A chunk and its row that do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum DamagedChunk {
    #[error("a chunk of log events is in an index, but not in its table")]
    Missing,
}

/// As an error of the engine, which tells [`LogFault::Corrupted`](crate::LogFault::Corrupted) by it.
fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, Box::new(error))
}

/// The system's error as the engine has it, which tells [`LogFault::Disk`](crate::LogFault::Disk) by it.
fn unread(error: std::io::Error) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_READ), Some(error.to_string()))
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
