//! A commit that is being made.

use rusqlite::Connection;

use crate::segments::Segments;

/// What those that write have, inside the transaction that they share.
pub(crate) struct Commit<'w> {
    pub(crate) connection: &'w Connection,
    pub(crate) segments: &'w mut Segments,
}
