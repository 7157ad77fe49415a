//! Every bound of the log store in one place: CloudWatch Logs' where it has one, ours where
//! something would otherwise grow.

use std::time::Duration;

/// A message, in bytes of UTF-8 (CloudWatch Logs API reference, PutLogEvents: "Each log
/// event can be no larger than 1 MB"). What the gateway's own writers append beyond it is
/// cut off.
pub const MAXIMUM_MESSAGE_BYTES: usize = 1_048_576 - EVENT_OVERHEAD_BYTES;

/// A batch of PutLogEvents, in bytes: its messages, and [`EVENT_OVERHEAD_BYTES`] for each
/// (CloudWatch Logs API reference, PutLogEvents).
pub const MAXIMUM_BATCH_BYTES: usize = 1_048_576;

/// Events of one PutLogEvents (CloudWatch Logs API reference, PutLogEvents).
pub const MAXIMUM_BATCH_EVENTS: usize = 10_000;

/// What CloudWatch Logs counts for an event besides its message (CloudWatch Logs API
/// reference, PutLogEvents).
pub const EVENT_OVERHEAD_BYTES: usize = 26;

/// Events of one page of GetLogEvents or FilterLogEvents, and their default (CloudWatch
/// Logs API reference).
pub const MAXIMUM_PAGE_EVENTS: usize = 10_000;

/// Streams of one page of DescribeLogStreams, and their default (CloudWatch Logs API
/// reference).
pub const MAXIMUM_PAGE_STREAMS: usize = 50;

/// Bytes of one page of GetLogEvents or FilterLogEvents: "as many log events as can fit in
/// a response size of 1 MB" (CloudWatch Logs API reference).
pub(crate) const PAGE_BYTES: usize = 1_048_576;

/// How often at most is said that events cannot be written: a disk that fails must not fill the program's own log.
pub(crate) const LOSSES_TOLD: Duration = Duration::from_secs(10);

/// The time that one chunk of events may be of, in milliseconds. Longer, and reading looks at more
/// chunks that have nothing for it; shorter, and events that lie apart are in more chunks.
pub(crate) const WINDOW_MILLIS: i64 = 10_000;

/// Events of one chunk.
pub(crate) const CHUNK_EVENTS: usize = 1_000;

/// Bytes of one chunk, unless its only event is longer.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;

/// A filter pattern, in characters (CloudWatch Logs API reference, FilterLogEvents).
pub(crate) const PATTERN_LENGTH: usize = 1_024;

/// Parentheses inside parentheses in a filter pattern.
pub(crate) const PATTERN_DEPTH: usize = 32;

/// Wildcards in one property selector, and in a whole pattern (CloudWatch Logs user guide,
/// "Filter pattern syntax").
pub(crate) const SELECTOR_WILDCARDS: usize = 1;
/// See [`SELECTOR_WILDCARDS`].
pub(crate) const PATTERN_WILDCARDS: usize = 3;

/// Events that one FilterLogEvents looks at before it answers with a token to go on.
pub(crate) const SCANNED_EVENTS: usize = 100_000;

/// Bytes of messages that one FilterLogEvents looks at before it answers.
pub(crate) const SCANNED_BYTES: usize = 64 * 1_048_576;

/// Bytes that wait to be written before appended events are dropped.
pub(crate) const QUEUE_BYTES: usize = 16 * 1_048_576;

/// What a waiting event costs besides its message.
pub(crate) const QUEUED_EVENT_OVERHEAD: usize = 32;

/// Among how many of the last waiting appends one to the same stream is looked for.
pub(crate) const JOINED_APPENDS: usize = 16;

/// Streams whose drops are counted one by one until the queue has space; the rest is only
/// in the total.
pub(crate) const DROPPED_STREAMS: usize = 1_024;

/// Durable appends and other calls that wait for the writer before they wait themselves.
pub(crate) const PENDING_CALLS: usize = 64;

/// How long the writer lets appended events gather for a commit.
pub(crate) const GATHERING: Duration = Duration::from_millis(50);

/// Bytes at which a commit is made before that.
pub(crate) const GATHERED_BYTES: usize = 1_048_576;

/// Waiting bytes that are written meanwhile. Less, and the writer wakes more often; more, and they are no longer in the
/// cache of the processor that made them, and keep it longer from answering requests: a thousand lines of a twentieth
/// of a second take half a millisecond at once.
pub(crate) const PIECE_BYTES: usize = 128 * 1_024;

/// How long written events may stay in the system's cache: what a dying machine may lose.
pub(crate) const UNSYNCED: Duration = Duration::from_secs(1);

/// By how much the thread that writes stands back behind those that answer requests, where they want the same
/// processor: it has a quarter of it then, and needs a tenth.
pub(crate) const STANDS_BACK: i32 = 5;

/// Chunks that are removed in one transaction, so that writing goes on in between.
pub(crate) const REMOVAL_STEP: u32 = 32;

/// The data of a chunk that stays in its row, in bytes: with the row that is a page of the database. A quiet system
/// has no segment, and brings no second file to the disk for a line or two.
pub(crate) const ROW_BYTES: usize = 3 * 1_024;

/// The longest data of a chunk: one that has a single event.
pub(crate) const LONGEST_CHUNK_BYTES: usize = MAXIMUM_MESSAGE_BYTES + 64;

/// Bytes of a segment, from which on the next commit begins another.
pub(crate) const SEGMENT_BYTES: u64 = 64 * 1_048_576;

/// Bytes of a segment that may wait for the disk, however short: the writer then waits for it in pieces that the queue
/// has space for.
pub(crate) const UNSYNCED_BYTES: u64 = 16 * 1_048_576;

/// What the writer keeps of a buffer that a commit was gathered in, in bytes.
pub(crate) const KEPT_BUFFER_BYTES: usize = 2 * 1_048_576;

/// Segments that a read keeps open at a time.
pub(crate) const OPEN_SEGMENTS: usize = 4;

/// Connections that read at the same time.
pub(crate) const READERS: usize = 2;

/// What each of them keeps of the database, in KiB.
pub(crate) const READER_CACHE_KIB: i32 = 512;

/// Reads that wait for a connection before they wait themselves.
pub(crate) const READ_QUEUE: usize = 64;

/// How long a connection waits for another process's lock on the file.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
