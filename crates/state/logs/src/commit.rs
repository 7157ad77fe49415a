//! A commit that is being made.

use rusqlite::Connection;

use crate::LogFault;
use crate::append::Streams;
use crate::segments::Segments;

/// What those that write have, inside the transaction that they share.
pub(crate) struct Commit<'w> {
    pub(crate) connection: &'w Connection,
    pub(crate) segments: &'w mut Segments,
    /// What it has appended to.
    pub(crate) streams: Streams,
}

impl<'w> Commit<'w> {
    /// Of a transaction that has just begun.
    pub(crate) fn new(connection: &'w Connection, segments: &'w mut Segments) -> Self {
        Self { connection, segments, streams: Streams::default() }
    }

    /// Has the streams know what was appended to them, before anybody else looks at them.
    pub(crate) fn settle(&mut self) -> rusqlite::Result<()> {
        self.streams.settle(self.connection)
    }

    /// Writes what is gathered, while it is in the processor's cache.
    pub(crate) fn write(&mut self) -> Result<(), LogFault> {
        self.segments.write().map_err(|error| LogFault::of_segment(&error))
    }
}
