//! SQLite's errors in the store's words.

use std::path::Path;

use rusqlite::{Connection, Error, ErrorCode};

use crate::{OpenError, StoreFault};

/// What an error means while the store runs.
pub(super) fn fault(error: &Error) -> StoreFault {
    let reason = error.to_string();
    match error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DiskFull => StoreFault::DiskFull,
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => StoreFault::Disk { reason },
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreFault::ReadOnly,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreFault::Corrupted { reason },
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreFault::Busy,
            _ => StoreFault::Engine { reason },
        },
        // A column that does not hold what only this program writes there.
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => StoreFault::Corrupted { reason },
        _ => StoreFault::Engine { reason },
    }
}

/// The fault of a commit, told more exactly: SQLite has one word for all that the system refuses, and a device
/// that failed and can only be read any more is something else than one that fails.
pub(super) fn of_commit(fault: StoreFault, connection: &Connection) -> StoreFault {
    match (&fault, connection.path()) {
        (StoreFault::Disk { .. }, Some(path)) if is_read_only(path) => StoreFault::ReadOnly,
        _ => fault,
    }
}

/// Asks of the write-ahead log. To open and close the database itself would end SQLite's locks on it (fcntl(2)).
fn is_read_only(database: &str) -> bool {
    let opened = std::fs::OpenOptions::new().write(true).open(format!("{database}-wal"));
    opened.is_err_and(|why| why.kind() == std::io::ErrorKind::ReadOnlyFilesystem)
}

/// What an error means while the store is opened.
pub(super) fn open_error(path: &Path, error: &Error) -> OpenError {
    let path = path.to_owned();
    match fault(error) {
        StoreFault::DiskFull => OpenError::DiskFull { path },
        StoreFault::ReadOnly => OpenError::ReadOnly { path },
        StoreFault::Corrupted { reason } => OpenError::Corrupted { path, reason },
        StoreFault::Disk { reason } => OpenError::CannotCreate { path, reason },
        _ => OpenError::Engine { path, reason: error.to_string() },
    }
}

/// What a system's error means while the store is opened.
pub(super) fn system_error(path: &Path, error: &std::io::Error) -> OpenError {
    use std::io::ErrorKind;
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => OpenError::DiskFull { path },
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => OpenError::ReadOnly { path },
        _ => OpenError::CannotCreate { path, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn failure(code: i32) -> Error {
        Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn each_error_has_its_meaning_while_running() {
        let check = |code, expected: &str| assert_eq!(fault(&failure(code)).to_string(), expected);
        check(ffi::SQLITE_FULL, "the disk that holds the data directory is full");
        check(ffi::SQLITE_READONLY_DBMOVED, "the data directory has become read-only");
        check(
            ffi::SQLITE_IOERR_FSYNC,
            "reading or writing the data directory failed: Error code 1034: disk I/O error",
        );
        check(ffi::SQLITE_BUSY_SNAPSHOT, "the database is locked by another process");
        assert!(matches!(fault(&failure(ffi::SQLITE_CORRUPT)), StoreFault::Corrupted { .. }));
        assert!(matches!(fault(&failure(ffi::SQLITE_MISUSE)), StoreFault::Engine { .. }));
    }

    #[test]
    fn each_error_has_its_meaning_at_start_up() {
        let path = Path::new("/data/gatewright.db");
        let check = |code, expected: &str| assert_eq!(open_error(path, &failure(code)).to_string(), expected);
        check(ffi::SQLITE_FULL, "the disk that holds /data/gatewright.db is full");
        check(ffi::SQLITE_READONLY, "cannot write to /data/gatewright.db: it is read-only for this user");
        assert!(matches!(open_error(path, &failure(ffi::SQLITE_NOTADB)), OpenError::Corrupted { .. }));
        assert!(matches!(open_error(path, &failure(ffi::SQLITE_CANTOPEN)), OpenError::CannotCreate { .. }));

        let check = |kind: std::io::ErrorKind, expected: &str| {
            assert_eq!(system_error(path, &kind.into()).to_string(), expected);
        };
        check(std::io::ErrorKind::StorageFull, "the disk that holds /data/gatewright.db is full");
        check(
            std::io::ErrorKind::PermissionDenied,
            "cannot write to /data/gatewright.db: it is read-only for this user",
        );
        check(
            std::io::ErrorKind::NotADirectory,
            "cannot create or open /data/gatewright.db: not a directory",
        );
    }
}
