//! Every bound of the store in one place. None of them is AWS's: they are set well above
//! what AWS's own limits let through, so that a client meets AWS's error first.

use std::time::Duration;

/// A document's JSON text, in bytes. The largest things AWS lets a client store in one
/// piece are deployments of APIs imported from OpenAPI files of at most 6 MB (API Gateway
/// developer guide, "Amazon API Gateway quotas").
pub const MAXIMUM_DOCUMENT_BYTES: usize = 20 * 1024 * 1024;

/// A blob, in bytes. The largest are function packages: 250 MB unzipped (Lambda developer
/// guide, "Lambda quotas").
pub const MAXIMUM_BLOB_BYTES: usize = 300 * 1024 * 1024;

/// A key in its stored form, in bytes. The longest parts are ARNs (2,048).
pub const MAXIMUM_KEY_BYTES: usize = 8 * 1024;

/// Jobs that wait for the writer before `write` itself has to wait.
pub(crate) const WRITE_QUEUE: usize = 256;

/// Pages in SQLite's log from which on they are copied into the database.
pub(crate) const LOGGED_PAGES: u32 = 1_000;

/// Closures that may share one durable commit. More would make the first wait longer than
/// the disk does.
pub(crate) const WRITE_GROUP: usize = 64;

/// Connections that read at the same time.
pub(crate) const READERS: usize = 4;

/// What each of them keeps of the database, in KiB.
pub(crate) const READER_CACHE_KIB: i32 = 512;

/// Jobs that wait for a reader before `read` itself has to wait.
pub(crate) const READ_QUEUE: usize = 256;

/// Changes that the feed remembers at least.
pub(crate) const CHANGES_KEPT: u64 = 10_000;

/// Changes that the feed remembers at most, even if a follower of this node has not read
/// them: one that is this far behind is told to reload.
pub(crate) const CHANGES_KEPT_FOR_FOLLOWERS: u64 = 100_000;

/// Forgetting is done in steps of this many changes, not with every commit.
pub(crate) const TRIM_STEP: u64 = 1_000;

/// Changes in one batch of the feed.
pub(crate) const FEED_BATCH: usize = 1_000;

/// How long a follower waits before it reads the feed again after a failed read.
pub(crate) const FEED_PAUSE: Duration = Duration::from_secs(1);

/// How long a connection waits for another process's lock on the database. Nobody else
/// writes (the directory is locked), but a backup tool may read.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Lines of an integrity report.
pub(crate) const CHECK_LINES: usize = 100;
