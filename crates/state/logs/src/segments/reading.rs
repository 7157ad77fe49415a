//! Reading what rows name.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::{Folder, Place};
use crate::ChunkError;
use crate::limits::{LONGEST_CHUNK_BYTES, OPEN_SEGMENTS};

/// Why the data of a chunk is not there, although its row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("segment {0} is not there")]
    Missing(i64),
    #[error("segment {0} ends before them")]
    CutOff(i64),
    #[error("segment {0} has something else in their place")]
    Other(i64),
    #[error(transparent)]
    Form(#[from] ChunkError),
    #[error("a chunk of log events has not as many as its row says")]
    Count,
}

/// The segments as one read uses them.
#[derive(Debug)]
pub(crate) struct SegmentFiles<'f> {
    /// Nothing in memory.
    folder: Option<&'f Folder>,
    /// Those used last; nothing where there is no file.
    open: VecDeque<(i64, Option<File>)>,
    buffer: Vec<u8>,
}

impl<'f> SegmentFiles<'f> {
    pub(crate) fn of(folder: Option<&'f Folder>) -> Self {
        Self { folder, open: VecDeque::new(), buffer: Vec::new() }
    }

    /// What is in a place.
    ///
    /// # Errors
    /// The outer one is the disk's, or the system's that has no descriptor left.
    pub(crate) fn read(&mut self, place: Place) -> io::Result<Result<&[u8], Unreadable>> {
        let number = place.segment;
        if place.length > LONGEST_CHUNK_BYTES {
            return Ok(Err(Unreadable::Other(number)));
        }
        if !self.open.iter().any(|(open, _)| *open == number) {
            let file = match self.folder.map(|folder| folder.open(number)) {
                Some(Ok(file)) => Some(file),
                Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => None,
            };
            self.open.truncate(OPEN_SEGMENTS - 1);
            self.open.push_front((number, file));
        }
        let Some((_, Some(file))) = self.open.iter().find(|(open, _)| *open == number) else {
            return Ok(Err(Unreadable::Missing(number)));
        };
        self.buffer.resize(place.length, 0);
        match file.read_exact_at(&mut self.buffer, place.offset) {
            Ok(()) if crc32fast::hash(&self.buffer) == place.checksum => Ok(Ok(&self.buffer)),
            Ok(()) => Ok(Err(Unreadable::Other(number))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Err(Unreadable::CutOff(number))),
            Err(error) => Err(error),
        }
    }
}
