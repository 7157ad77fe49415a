//! Where the data of a chunk is.

use rusqlite::Row;

/// Some bytes of a segment, as the row of a chunk names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) segment: i64,
    /// In bytes from the segment's beginning.
    pub(crate) offset: u64,
    pub(crate) length: usize,
    /// CRC-32.
    pub(crate) checksum: u32,
}

impl Place {
    /// From the columns segment, place, length and checksum, of which the first is at `index`; nothing of a chunk whose
    /// data is in its row.
    pub(crate) fn of(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Self>> {
        let Some(segment) = row.get(index)? else { return Ok(None) };
        let beyond = |column, number| rusqlite::Error::IntegralValueOutOfRange(column, number);
        let (offset, length): (i64, i64) = (row.get(index + 1)?, row.get(index + 2)?);
        Ok(Some(Self {
            segment,
            offset: u64::try_from(offset).map_err(|_| beyond(index + 1, offset))?,
            length: usize::try_from(length).map_err(|_| beyond(index + 2, length))?,
            checksum: row.get(index + 3)?,
        }))
    }
}
