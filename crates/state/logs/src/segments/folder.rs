//! The folder of the segments, and their files by number.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::FlockOperation;

/// Where a log store's segments are. The folder is made with the first of them.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: Arc<Path>,
}

impl Folder {
    /// Beside the database.
    pub(crate) fn beside(database: &Path) -> Self {
        Self { path: database.with_extension("segments").into() }
    }

    fn path_of(&self, number: i64) -> PathBuf {
        self.path.join(number.to_string())
    }

    /// An empty segment, locked for as long as the file is open. Whoever asks has the database's lock and has drawn the
    /// number, so what is there already is of a commit that failed.
    pub(super) fn create(&self, number: i64) -> io::Result<File> {
        // Not the directory above: where the data has been moved away, nothing is to be begun in its place.
        match DirBuilder::new().mode(0o700).create(&*self.path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.path_of(number))?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        file.set_len(0)?;
        Ok(file)
    }

    /// Brings the names of the segments to the disk, and the folder's own.
    pub(super) fn sync(&self) -> io::Result<()> {
        File::open(&*self.path)?.sync_all()?;
        self.path.parent().map_or(Ok(()), |above| File::open(above)?.sync_all())
    }

    /// A segment to read.
    pub(super) fn open(&self, number: i64) -> io::Result<File> {
        File::open(self.path_of(number))
    }

    /// A segment to change.
    pub(super) fn edit(&self, number: i64) -> io::Result<File> {
        OpenOptions::new().write(true).open(self.path_of(number))
    }

    /// Whether a process appends to a segment.
    pub(super) fn is_written(&self, number: i64) -> io::Result<bool> {
        let file = match self.edit(number) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            opened => opened?,
        };
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
            locked => locked.map(|()| false).map_err(io::Error::from),
        }
    }

    /// Deletes a segment, if it is there.
    pub(super) fn delete(&self, number: i64) -> io::Result<()> {
        match std::fs::remove_file(self.path_of(number)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            deleted => deleted,
        }
    }

    /// The segments that are there. What has no number for a name is none.
    pub(super) fn numbers(&self) -> io::Result<Vec<i64>> {
        let entries = match std::fs::read_dir(&*self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            numbers.extend(entry?.file_name().to_str().and_then(|name| name.parse::<i64>().ok()));
        }
        Ok(numbers)
    }
}
