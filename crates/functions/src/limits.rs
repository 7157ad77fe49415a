//! Every bound of this crate in one place, with where it comes from.

use std::time::Duration;

/// The largest event of a waiting invocation: 6 MB (Lambda quotas, "Invocation payload").
pub const MAXIMUM_EVENT_BYTES: usize = 6 * 1024 * 1024;

/// The largest event of an `Event` invocation: 1 MB since October 2025, 256 KB before
/// (Lambda quotas, "Invocation payload").
pub const MAXIMUM_ASYNCHRONOUS_EVENT_BYTES: usize = 1024 * 1024;

/// The largest result of a function: 6 MB and 100 bytes, as Lambda's own error says.
pub const MAXIMUM_RESULT_BYTES: usize = 6_291_556;

/// The largest streamed result: 200 MB (Lambda quotas, "Invocation payload").
pub const MAXIMUM_STREAM_BYTES: usize = 200 * 1024 * 1024;

/// How many parts of a streamed result wait to be taken; then the function waits.
pub(crate) const WAITING_PARTS: usize = 2;

/// The largest package once unpacked (Lambda quotas, "Deployment package"; the error's text
/// names this number).
pub const MAXIMUM_UNPACKED_BYTES: u64 = 262_144_000;

/// The most entries of a package. Ours: Lambda has no such limit, a file system does.
pub(crate) const MAXIMUM_PACKAGE_ENTRIES: usize = 100_000;

/// How much of a result or error report that is too large is read and thrown away before
/// its connection is closed, so that the process gets to read its refusal.
pub(crate) const MAXIMUM_DISCARDED_BYTES: usize = 64 * 1024 * 1024;

/// Connections that one process may have to its Runtime API. A runtime client needs one;
/// shell scripts that call `curl` open one after the other.
pub(crate) const RUNTIME_API_CONNECTIONS: usize = 8;

/// The longest line of a log event: CloudWatch Logs took 256 KB until 2025.
pub(crate) const MAXIMUM_LINE_BYTES: usize = 256 * 1024;

/// What is read of a process's output at once.
pub(crate) const OUTPUT_CHUNK_BYTES: usize = 64 * 1024;

/// How much output of one process is read at once; after that [`OUTPUT_BYTES_PER_WINDOW`].
pub(crate) const OUTPUT_BURST_BYTES: usize = 16 * 1024 * 1024;

/// How much output of one process is read in one [`OUTPUT_WINDOW`] in the long run: a function that
/// writes faster waits, and neither memory nor the log is flooded. Ours: 4 MB a second.
pub(crate) const OUTPUT_BYTES_PER_WINDOW: usize = 1024 * 1024;

/// See [`OUTPUT_BYTES_PER_WINDOW`].
pub(crate) const OUTPUT_WINDOW: Duration = Duration::from_millis(250);

/// How much log of a running invocation is kept back before it is handed on.
pub(crate) const LOG_BATCH_BYTES: usize = 256 * 1024;

/// What a line of it is counted for besides its text.
pub(crate) const LOG_LINE_BYTES: usize = 32;

/// `LogResult`: the last 4 KB (Lambda API, `Invoke`).
pub(crate) const LOG_TAIL_BYTES: usize = 4096;

/// Open files of a process (Lambda quotas, "File descriptors").
pub(crate) const OPEN_FILES: u64 = 1024;

/// Processes and threads of a function (Lambda quotas, "Execution processes/threads").
pub(crate) const TASKS: u64 = 1024;

/// How often a process that waits for an invocation is measured.
pub(crate) const IDLE_WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// How often a process's directory is measured, at most; one that takes long is measured less often.
pub(crate) const STORAGE_WATCH_INTERVAL: Duration = Duration::from_millis(250);

/// How many times longer than it takes to measure a directory is waited until it is done again.
pub(crate) const STORAGE_WATCH_SHARE: u32 = 20;

/// How often a running invocation's memory is measured and its log handed on.
pub(crate) const WATCH_INTERVAL: Duration = Duration::from_millis(50);

/// How long an invocation must have run for its memory to be measured again when it ends:
/// nothing can take a limit's worth of memory faster.
pub(crate) const MEMORY_MATTERS_AFTER: Duration = Duration::from_millis(3);

/// How long a process that has reported a failed start may take to exit by itself.
pub(crate) const EXIT_GRACE: Duration = Duration::from_millis(500);

/// How long a process that has answered is taken to be free in a moment.
pub(crate) const SETTLING: Duration = Duration::from_millis(20);

/// How long a killed process may take to be gone before it is given up.
pub(crate) const KILL_GRACE: Duration = Duration::from_secs(5);

/// How long an interpreter may take to say its version.
pub(crate) const INTERPRETER_ANSWER: Duration = Duration::from_secs(20);

/// How long the credentials of a function's role are asked for: the longest that STS gives.
pub(crate) const CREDENTIALS_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// A process whose credentials end within this time takes no further invocation.
pub(crate) const CREDENTIALS_MARGIN: Duration = Duration::from_secs(15 * 60);

/// The largest client context (Lambda API, `Invoke`: "up to 3,583 bytes of base64-encoded
/// data").
pub(crate) const MAXIMUM_CLIENT_CONTEXT_BYTES: usize = 3583;
