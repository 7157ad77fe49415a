//! What can go wrong with the log store: at start-up ([`OpenError`], one sentence for the
//! operator) and while it runs ([`LogFault`]).

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

/// The log store could not be opened. Each displays as one sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the directory's logs.
    #[error("the logs in {} are in use by another process", directory.display())]
    Locked {
        /// The data directory.
        directory: PathBuf,
    },
    /// The directory or a file in it could not be created or opened.
    #[error("cannot create or open {}: {reason}", path.display())]
    CannotCreate {
        /// The directory or file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The directory or a file in it may not be written.
    #[error("cannot write to {}: it is read-only for this user", path.display())]
    ReadOnly {
        /// The directory or file.
        path: PathBuf,
    },
    /// The disk has no room.
    #[error("the disk that holds {} is full", path.display())]
    DiskFull {
        /// The directory or file.
        path: PathBuf,
    },
    /// The file is damaged or not a database.
    #[error("the log file {} is damaged ({reason}); move it and logs.segments away to start with empty logs", path.display())]
    Corrupted {
        /// The log file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The file is a database, but another program's.
    #[error("the file {} is another program's database, not Gatewright's logs", path.display())]
    Foreign {
        /// The log file.
        path: PathBuf,
    },
    /// A newer Gatewright has written the file.
    #[error(
        "the log file {} was made by a newer version of Gatewright (its format is {found}, this version knows up to {supported})",
        path.display()
    )]
    NewerVersion {
        /// The log file.
        path: PathBuf,
        /// The format the file has.
        found: u32,
        /// The newest format this version knows.
        supported: u32,
    },
    /// SQLite refused for another reason.
    #[error("cannot open the log file {}: {reason}", path.display())]
    Engine {
        /// The log file.
        path: PathBuf,
        /// SQLite's words.
        reason: String,
    },
}

/// A call of the log store failed. The first five are the client's doing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// The group has no such stream.
    #[error("the log stream does not exist")]
    NoSuchStream,
    /// A token that this store has not made, or has made for another kind of query.
    #[error("the token is not valid")]
    InvalidToken,
    /// More than [`MAXIMUM_BATCH_EVENTS`](crate::MAXIMUM_BATCH_EVENTS).
    #[error("the batch has {count} events, more than 10,000")]
    TooManyEvents {
        /// How many it has.
        count: usize,
    },
    /// More than [`MAXIMUM_BATCH_BYTES`](crate::MAXIMUM_BATCH_BYTES).
    #[error("the batch has {size} bytes, more than 1,048,576")]
    BatchTooLarge {
        /// Its size in bytes, overhead included.
        size: usize,
    },
    /// A timestamp before 1970.
    #[error("the event at index {index} has a negative timestamp")]
    NegativeTimestamp {
        /// The event's place in the batch, counted from 0.
        index: usize,
    },
    /// The disk has no room.
    #[error("the disk that holds the logs is full")]
    DiskFull,
    /// The logs may no longer be written.
    #[error("the data directory has become read-only")]
    ReadOnly,
    /// Reading or writing the disk failed.
    #[error("reading or writing the logs failed: {reason}")]
    Disk {
        /// SQLite's words, or the system's.
        reason: String,
    },
    /// What was read is not what was written.
    #[error("the log file is damaged: {reason}")]
    Corrupted {
        /// What was found.
        reason: String,
    },
    /// The log store's threads have ended.
    #[error("the log store is closed")]
    Closed,
    /// SQLite failed in a way that has no name here, or this program did.
    #[error("the log file failed: {reason}")]
    Engine {
        /// SQLite's words.
        reason: String,
    },
}

impl From<rusqlite::Error> for LogFault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error;
        let reason = error.to_string();
        match error {
            Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::DiskFull,
                ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly => {
                    Self::Disk { reason }
                }
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupted { reason },
                _ => Self::Engine { reason },
            },
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..) => Self::Corrupted { reason },
            _ => Self::Engine { reason },
        }
    }
}

impl LogFault {
    /// What the system's error means of a segment that is written.
    pub(crate) fn of_segment(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull,
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Disk { reason: error.to_string() },
        }
    }

    /// The fault of a commit, told more exactly: SQLite has one word for all that the system refuses, and a
    /// device that can only be read any more is something else than one that fails.
    pub(crate) fn of_commit(self, connection: &Connection) -> Self {
        match (&self, connection.path()) {
            (Self::Disk { .. }, Some(path)) if is_read_only(path) => Self::ReadOnly,
            _ => self,
        }
    }
}

/// Asks of the write-ahead log. To open and close the database itself would end SQLite's locks on it (fcntl(2)).
fn is_read_only(database: &str) -> bool {
    let opened = std::fs::OpenOptions::new().write(true).open(format!("{database}-wal"));
    opened.is_err_and(|why| why.kind() == std::io::ErrorKind::ReadOnlyFilesystem)
}

impl OpenError {
    /// What SQLite's error means while `path` is opened.
    pub(crate) fn of(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let read_only = error.sqlite_error_code() == Some(ErrorCode::ReadOnly);
        match LogFault::from(error) {
            LogFault::DiskFull => Self::DiskFull { path },
            LogFault::Disk { .. } if read_only => Self::ReadOnly { path },
            LogFault::Disk { reason } => Self::CannotCreate { path, reason },
            LogFault::Corrupted { reason } => Self::Corrupted { path, reason },
            fault => Self::Engine { path, reason: fault.to_string() },
        }
    }

    /// What the system's error means while `path` is opened.
    pub(crate) fn of_system(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull { path },
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Self::ReadOnly { path },
            _ => Self::CannotCreate { path, reason: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn each_error_has_its_meaning() {
        let failure = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        assert_eq!(LogFault::from(failure(ffi::SQLITE_FULL)), LogFault::DiskFull);
        assert!(matches!(LogFault::from(failure(ffi::SQLITE_IOERR_WRITE)), LogFault::Disk { .. }));
        assert!(matches!(LogFault::from(failure(ffi::SQLITE_CORRUPT)), LogFault::Corrupted { .. }));
        assert!(matches!(LogFault::from(failure(ffi::SQLITE_MISUSE)), LogFault::Engine { .. }));

        let path = Path::new("/data/logs.db");
        let sentence = |code| OpenError::of(path, failure(code)).to_string();
        assert_eq!(sentence(ffi::SQLITE_FULL), "the disk that holds /data/logs.db is full");
        assert_eq!(
            sentence(ffi::SQLITE_READONLY),
            "cannot write to /data/logs.db: it is read-only for this user"
        );
        assert_eq!(
            sentence(ffi::SQLITE_NOTADB),
            "the log file /data/logs.db is damaged (Error code 26: file is not a database); move it and logs.segments away to start with empty logs"
        );
    }
}
