//! The segment that this process appends to.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use rusqlite::Connection;

use super::{Folder, Place, holes};
use crate::chunk::ChunkBuilder;
use crate::limits::{KEPT_BUFFER_BYTES, ROW_BYTES, SEGMENT_BYTES, UNSYNCED_BYTES};

/// What the writer does with segments, from commit to commit.
#[derive(Debug)]
pub(crate) struct Segments {
    /// Nothing in memory, where all data stays in rows.
    folder: Option<Folder>,
    /// From so many bytes on a segment is followed by another.
    full_at: u64,
    current: Option<Segment>,
    /// The number that this commit has drawn, of the segment that it begins.
    drawn: Option<i64>,
    /// Bytes of this commit that are written.
    written: u64,
    /// The data of this commit's chunks that is not.
    gathered: Vec<u8>,
    /// Where chunks were that this commit removes.
    removed: Vec<Place>,
}

/// A segment that is appended to.
#[derive(Debug)]
struct Segment {
    number: i64,
    /// Locked; see [`Folder::create`].
    file: File,
    /// What commits have made of it, in bytes.
    length: u64,
    /// Bytes that may not be on the disk.
    unsynced: u64,
    /// Whether its name is on the disk.
    entered: bool,
}

impl Segments {
    pub(crate) fn new(folder: Option<Folder>) -> Self {
        Self {
            folder,
            full_at: SEGMENT_BYTES,
            current: None,
            drawn: None,
            written: 0,
            gathered: Vec::new(),
            removed: Vec::new(),
        }
    }

    pub(crate) fn folder(&self) -> Option<&Folder> {
        self.folder.as_ref()
    }

    /// An empty chunk behind those gathered.
    pub(crate) fn begin(&mut self, millis: i64) -> ChunkBuilder {
        ChunkBuilder::behind(std::mem::take(&mut self.gathered), millis)
    }

    /// Where a chunk that was [begun](Self::begin) last will be; nothing if its data is to stay in its row.
    pub(crate) fn place(
        &mut self,
        connection: &Connection,
        chunk: &ChunkBuilder,
    ) -> rusqlite::Result<Option<Place>> {
        let data = chunk.data();
        if self.folder.is_none() || data.len() <= ROW_BYTES {
            return Ok(None);
        }
        let (segment, length) = match (&self.current, self.drawn) {
            (Some(current), _) => (current.number, current.length),
            (None, Some(drawn)) => (drawn, 0),
            (None, None) => {
                connection.prepare_cached("INSERT INTO segments DEFAULT VALUES")?.execute(())?;
                (*self.drawn.insert(connection.last_insert_rowid()), 0)
            }
        };
        let offset = length.saturating_add(self.written).saturating_add(bytes(chunk.start()));
        Ok(Some(Place { segment, offset, length: data.len(), checksum: crc32fast::hash(data) }))
    }

    /// Takes a chunk, whose data is to be written if it has a place.
    pub(crate) fn end(&mut self, chunk: ChunkBuilder, place: Option<Place>) {
        let start = chunk.start();
        self.gathered = chunk.into_buffer();
        if place.is_none() {
            self.gathered.truncate(start);
        }
    }

    /// Notes that a chunk is removed.
    pub(crate) fn remove(&mut self, place: Option<Place>) {
        self.removed.extend(place);
    }

    /// Writes what is gathered, before the commit.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        let Some(folder) = self.folder.as_ref().filter(|_| !self.gathered.is_empty()) else { return Ok(()) };
        let current = match (&mut self.current, self.drawn) {
            (Some(current), _) => current,
            (None, Some(number)) => {
                let file = folder.create(number)?;
                self.current.insert(Segment { number, file, length: 0, unsynced: 0, entered: false })
            }
            (None, None) => return Err(io::Error::other("a chunk of log events has no segment")),
        };
        let length = bytes(self.gathered.len());
        current.unsynced = current.unsynced.saturating_add(length);
        current.file.write_all_at(&self.gathered, current.length.saturating_add(self.written))?;
        self.written = self.written.saturating_add(length);
        self.gathered.clear();
        Ok(())
    }

    /// Brings to the disk what is not there. What could not be brought there may be lost, so nothing is appended to it.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        let (Some(folder), Some(current)) = (&self.folder, &mut self.current) else { return Ok(()) };
        let synced = current.sync(folder);
        if synced.is_err() {
            self.current = None;
        }
        synced
    }

    /// The commit is made.
    ///
    /// # Errors
    /// If what is written can no longer wait for the disk and does not come there.
    pub(crate) fn committed(&mut self) -> io::Result<()> {
        self.drawn = None;
        let written = std::mem::take(&mut self.written);
        self.gathered.shrink_to(KEPT_BUFFER_BYTES);
        if let Some(folder) = self.folder.as_ref().filter(|_| !self.removed.is_empty()) {
            holes::punch(folder, std::mem::take(&mut self.removed));
        }
        self.removed.clear();
        let Some(current) = &mut self.current else { return Ok(()) };
        current.length = current.length.saturating_add(written);
        let full = current.length >= self.full_at;
        if full || current.unsynced >= UNSYNCED_BYTES {
            self.sync()?;
        }
        if full {
            self.current = None;
        }
        Ok(())
    }

    /// The commit has failed. What it has written is cut off, or else overwritten by the next.
    pub(crate) fn rolled_back(&mut self) {
        self.written = 0;
        self.gathered.clear();
        self.removed.clear();
        match self.drawn.take() {
            // Its number may be drawn again.
            Some(_) => {
                if let Some(begun) = self.current.take() {
                    let _ = begun.file.set_len(0);
                }
            }
            None => {
                if let Some(current) = &self.current {
                    let _ = current.file.set_len(current.length);
                }
            }
        }
    }

    /// Appends no longer to a segment that is one of these.
    pub(crate) fn leave(&mut self, segments: &BTreeSet<i64>) {
        self.current.take_if(|current| segments.contains(&current.number));
    }
}

impl Segment {
    fn sync(&mut self, folder: &Folder) -> io::Result<()> {
        if self.unsynced > 0 {
            self.file.sync_data()?;
            self.unsynced = 0;
        }
        if !self.entered {
            folder.sync()?;
            self.entered = true;
        }
        Ok(())
    }
}

fn bytes(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use base::{Clock, Timestamp};

    use super::*;

    struct Frame {
        directory: tempfile::TempDir,
        connection: Connection,
        segments: Segments,
    }

    impl Frame {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let connection = crate::open::memory(&Clock::standing_at(Timestamp::from_millis(0))).unwrap();
            let folder = Folder::beside(&directory.path().join("logs.db"));
            Self { directory, connection, segments: Segments::new(Some(folder)) }
        }

        /// Gathers a chunk of one event with so long a text.
        fn gather(&mut self, letter: &str, length: usize) -> Option<Place> {
            let mut chunk = self.segments.begin(0);
            assert!(chunk.push(1, &letter.repeat(length)));
            let place = self.segments.place(&self.connection, &chunk).unwrap();
            self.segments.end(chunk, place);
            place
        }

        fn transaction(&self, sql: &str) {
            self.connection.execute_batch(sql).unwrap();
        }

        fn file(&self, number: u32) -> Vec<u8> {
            std::fs::read(self.directory.path().join("logs.segments").join(number.to_string())).unwrap()
        }
    }

    fn at(place: Option<Place>) -> (i64, u64, usize) {
        place.map(|place| (place.segment, place.offset, place.length)).unwrap()
    }

    /// Twelve bytes stand before the only text of a chunk: version, window, time, and a length of two bytes.
    #[test]
    fn a_commit_s_chunks_are_one_behind_the_other_in_one_segment() {
        let mut frame = Frame::new();
        assert_eq!(at(frame.gather("a", 5_000)), (1, 0, 5_012));
        // 3,072 bytes are a chunk that stays in its row.
        assert_eq!(frame.gather("b", 3_060), None);
        assert_eq!(at(frame.gather("c", 3_061)), (1, 5_012, 3_073));
        frame.segments.write().unwrap();
        frame.segments.committed().unwrap();
        assert_eq!(at(frame.gather("d", 4_000)), (1, 8_085, 4_012));
        frame.segments.write().unwrap();
        frame.segments.committed().unwrap();
        let file = frame.file(1);
        assert_eq!(file.len(), 12_097);
        for (range, letter) in [(12..5_012, b'a'), (5_024..8_085, b'c'), (8_097..12_097, b'd')] {
            assert!(file[range].iter().all(|byte| *byte == letter));
        }
    }

    #[test]
    fn what_failed_is_cut_off_and_the_next_commit_stands_in_its_place() {
        let mut frame = Frame::new();
        // A segment that its first commit did not keep.
        frame.transaction("BEGIN");
        assert_eq!(at(frame.gather("a", 5_000)), (1, 0, 5_012));
        frame.segments.write().unwrap();
        frame.segments.rolled_back();
        frame.transaction("ROLLBACK");
        assert_eq!(frame.file(1), b"");
        frame.transaction("BEGIN");
        assert_eq!(at(frame.gather("b", 4_000)), (1, 0, 4_012));
        frame.segments.write().unwrap();
        frame.transaction("COMMIT");
        frame.segments.committed().unwrap();
        // One that had something before.
        assert_eq!(at(frame.gather("c", 5_000)), (1, 4_012, 5_012));
        frame.segments.write().unwrap();
        assert_eq!(frame.file(1).len(), 9_024);
        frame.segments.rolled_back();
        assert_eq!(frame.file(1).len(), 4_012);
        // One that failed before anything was written.
        assert_eq!(at(frame.gather("d", 5_000)), (1, 4_012, 5_012));
        frame.segments.rolled_back();
        assert_eq!(at(frame.gather("e", 4_000)), (1, 4_012, 4_012));
    }

    #[test]
    fn a_commit_may_be_written_in_pieces() {
        let mut frame = Frame::new();
        assert_eq!(at(frame.gather("a", 5_000)), (1, 0, 5_012));
        frame.segments.write().unwrap();
        // With one that stays in its row between.
        assert_eq!(frame.gather("b", 10), None);
        frame.segments.write().unwrap();
        assert_eq!(at(frame.gather("c", 4_000)), (1, 5_012, 4_012));
        assert_eq!(frame.file(1).len(), 5_012);
        frame.segments.write().unwrap();
        assert_eq!(at(frame.gather("d", 4_000)), (1, 9_024, 4_012));
        frame.segments.write().unwrap();
        frame.segments.committed().unwrap();
        let file = frame.file(1);
        assert_eq!((file.len(), file[5_012 + 12], file[9_024 + 12]), (13_036, b'c', b'd'));
        // Pieces of a commit that fails, and what is not written of it.
        assert_eq!(at(frame.gather("e", 4_000)), (1, 13_036, 4_012));
        frame.segments.write().unwrap();
        assert_eq!(at(frame.gather("f", 4_000)), (1, 17_048, 4_012));
        frame.segments.rolled_back();
        assert_eq!(frame.file(1), file);
        assert_eq!(at(frame.gather("g", 4_000)), (1, 13_036, 4_012));
    }

    #[test]
    fn a_full_segment_is_followed_by_another() {
        let mut frame = Frame::new();
        frame.segments.full_at = 9_000;
        let mut places = Vec::new();
        for _ in 0..3 {
            places.push(at(frame.gather("x", 4_988)));
            frame.segments.write().unwrap();
            frame.segments.committed().unwrap();
        }
        assert_eq!(places, [(1, 0, 5_000), (1, 5_000, 5_000), (2, 0, 5_000)]);
        assert!(!frame.segments.folder().unwrap().is_written(1).unwrap());
        assert!(frame.segments.folder().unwrap().is_written(2).unwrap());
    }

    #[test]
    fn a_folder_that_cannot_be_made_fails_the_write() {
        let mut frame = Frame::new();
        std::fs::write(frame.directory.path().join("logs.segments"), "").unwrap();
        frame.transaction("BEGIN");
        assert!(frame.gather("x", 5_000).is_some());
        assert!(frame.segments.write().is_err());
        frame.segments.rolled_back();
        frame.transaction("ROLLBACK");
        std::fs::remove_file(frame.directory.path().join("logs.segments")).unwrap();
        assert_eq!(at(frame.gather("x", 5_000)), (1, 0, 5_012));
        frame.segments.write().unwrap();
    }
}
