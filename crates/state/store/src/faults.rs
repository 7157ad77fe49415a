//! What can go wrong with the store: at start-up ([`OpenError`], one sentence for the
//! operator) and while it runs ([`StoreFault`]).

use std::path::PathBuf;

/// The store could not be opened. Each displays as one sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the directory's lock.
    #[error("the data directory {} is in use by another process{}", directory.display(), process(*.pid))]
    Locked {
        /// The data directory.
        directory: PathBuf,
        /// The other process, if its lock file names it.
        pid: Option<u32>,
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
    /// The database is damaged, or the file is not a database.
    #[error("the database {} is damaged ({reason}); restore it from a backup", path.display())]
    Corrupted {
        /// The database file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The file is a database, but another program's.
    #[error("the file {} is another program's database, not Gatewright's", path.display())]
    Foreign {
        /// The database file.
        path: PathBuf,
    },
    /// A newer Gatewright has written the database.
    #[error(
        "the database {} was made by a newer version of Gatewright (its format is {found}, this version knows up to {supported})",
        path.display()
    )]
    NewerVersion {
        /// The database file.
        path: PathBuf,
        /// The format the file has.
        found: u32,
        /// The newest format this version knows.
        supported: u32,
    },
    /// The engine refused for another reason.
    #[error("cannot open the database {}: {reason}", path.display())]
    Engine {
        /// The database file.
        path: PathBuf,
        /// The engine's words.
        reason: String,
    },
}

fn process(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

/// The store failed to do what it was asked. None of these is the client's mistake, except
/// the sizes, which lie beyond what AWS would have let through.
///
/// After any of them from [`Store::write`](crate::Store::write) nothing of that write is
/// visible; it was never acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// The disk has no room for the change.
    #[error("the disk that holds the data directory is full")]
    DiskFull,
    /// Reading or writing the disk failed.
    #[error("reading or writing the data directory failed: {reason}")]
    Disk {
        /// The engine's words.
        reason: String,
    },
    /// The data directory may no longer be written.
    #[error("the data directory has become read-only")]
    ReadOnly,
    /// What was read is not what was written.
    #[error("the database is damaged: {reason}")]
    Corrupted {
        /// What was found.
        reason: String,
    },
    /// Another process kept the database locked for too long.
    #[error("the database is locked by another process")]
    Busy,
    /// A document that is larger than the store takes.
    #[error("a document of {collection} has {size} bytes, more than the {limit} that can be stored")]
    DocumentTooLarge {
        /// The document's collection.
        collection: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// A blob that is larger than the store takes.
    #[error("a blob has {size} bytes, more than the {limit} that can be stored")]
    BlobTooLarge {
        /// Its size in bytes.
        size: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// A key that is longer than the store takes.
    #[error("a key of {collection} has {size} bytes, more than the {limit} that can be stored")]
    KeyTooLong {
        /// The document's collection.
        collection: &'static str,
        /// The stored key's size in bytes.
        size: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// A document cannot be written as JSON.
    #[error("a document of {collection} cannot be written as JSON: {reason}")]
    Unencodable {
        /// The document's collection.
        collection: &'static str,
        /// The serialiser's words.
        reason: String,
    },
    /// A stored document does not have its collection's shape.
    #[error("the stored document {key} of {collection} cannot be read: {reason}")]
    Undecodable {
        /// The document's collection.
        collection: &'static str,
        /// The document's key, for people.
        key: String,
        /// The deserialiser's words.
        reason: String,
    },
    /// A closure of `read` tried to write: a mistake in this program.
    #[error("a reading transaction cannot write")]
    ReadingTransaction,
    /// A closure asked the store for another transaction, which would wait for itself: a
    /// mistake in this program.
    #[error("a transaction cannot be started inside another")]
    Nested,
    /// A closure panicked: a mistake in this program.
    #[error("a transaction panicked: {reason}")]
    Panicked {
        /// The panic's message.
        reason: String,
    },
    /// The backup's target is there already.
    #[error("{} exists already; a backup overwrites nothing", path.display())]
    BackupExists {
        /// The backup's target.
        path: PathBuf,
    },
    /// The backup could not be written.
    #[error("the backup {} could not be written: {reason}", path.display())]
    Backup {
        /// The backup's target.
        path: PathBuf,
        /// The system's or the engine's words.
        reason: String,
    },
    /// The store's threads have ended.
    #[error("the store is closed")]
    Closed,
    /// The engine failed in a way that has no name here.
    #[error("the database failed: {reason}")]
    Engine {
        /// The engine's words.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_reads_one_sentence() {
        let check = |error: OpenError, expected: &str| assert_eq!(error.to_string(), expected);
        let path = PathBuf::from("/var/lib/gatewright");
        check(
            OpenError::Locked { directory: path.clone(), pid: Some(41) },
            "the data directory /var/lib/gatewright is in use by another process (process 41)",
        );
        check(
            OpenError::Locked { directory: path.clone(), pid: None },
            "the data directory /var/lib/gatewright is in use by another process",
        );
        check(OpenError::DiskFull { path: path.clone() }, "the disk that holds /var/lib/gatewright is full");
        check(
            OpenError::ReadOnly { path: path.clone() },
            "cannot write to /var/lib/gatewright: it is read-only for this user",
        );
        check(
            OpenError::NewerVersion { path, found: 9, supported: 1 },
            "the database /var/lib/gatewright was made by a newer version of Gatewright (its format is 9, this version knows up to 1)",
        );
    }
}
