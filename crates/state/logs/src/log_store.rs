//! The log store's door.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use base::{Clock, Scope, Timestamp};
use ports::log_sink::LogLines;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::append::{Missing, append, create_stream, find_stream};
use crate::commit::Commit;
use crate::limits::{PENDING_CALLS, READERS};
use crate::open::LogFile;
use crate::queue::{Call, CallKind, Queue, StreamName};
use crate::readers::Readers;
use crate::segments::{Folder, Segments};
use crate::{
    EVENT_OVERHEAD_BYTES, EventsPage, EventsQuery, FilterQuery, FilteredPage, LogFault, LogGroup,
    MAXIMUM_BATCH_BYTES, MAXIMUM_BATCH_EVENTS, OpenError, StreamsPage, StreamsQuery, filter, open, remove,
    stream, view, writer,
};

/// Where a log store keeps its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In files of this directory, which is created if it is missing.
    Directory(PathBuf),
    /// Nowhere: they are gone with the store.
    Memory,
}

/// How a log store is opened.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// Where it keeps its events.
    pub location: Location,
    /// Where it takes the time from.
    pub clock: Clock,
}

/// An open log store. Clones share it; it closes when the last one is dropped, which waits
/// until everything appended is on the disk.
#[derive(Clone)]
pub struct LogStore {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    queue: Arc<Queue>,
    calls: Arc<Semaphore>,
    /// None in memory, where there is one connection: the writer's thread reads too.
    readers: Option<Readers>,
    writer: Option<JoinHandle<()>>,
    file: Option<LogFile>,
    segments: Option<Folder>,
}

impl LogStore {
    /// Opens the log store, creating or migrating it as needed.
    pub fn open(options: LogOptions) -> Result<Self, OpenError> {
        Self::opened(options, None)
    }

    /// The same by the lock that another process has handed over ([`lock`](Self::lock)). From then on both
    /// may use the log store.
    pub fn take_over(options: LogOptions, lock: OwnedFd) -> Result<Self, OpenError> {
        Self::opened(options, Some(lock))
    }

    /// The lock on the log store's files, to be handed to the process that takes them over; nothing if they
    /// are in memory.
    ///
    /// # Errors
    /// If the process has no descriptor left.
    pub fn lock(&self) -> std::io::Result<Option<OwnedFd>> {
        self.inner.file.as_ref().map(LogFile::lock).transpose()
    }

    fn opened(options: LogOptions, lock: Option<OwnedFd>) -> Result<Self, OpenError> {
        let LogOptions { location, clock } = options;
        let (file, connection, connections) = match &location {
            Location::Memory => (None, open::memory(&clock)?, Vec::new()),
            Location::Directory(directory) => {
                let file = LogFile::claim(directory, lock)?;
                let connection = file.writer(&clock)?;
                let readers = (0..READERS).map(|_| file.reader()).collect::<Result<Vec<_>, _>>()?;
                (Some(file), connection, readers)
            }
        };
        let failed = |error: std::io::Error| OpenError::Engine {
            path: match &location {
                Location::Memory => ":memory:".into(),
                Location::Directory(directory) => directory.clone(),
            },
            reason: format!("a thread could not be started: {error}"),
        };
        let readers = match connections.is_empty() {
            true => None,
            false => Some(Readers::start(connections).map_err(failed)?),
        };
        let queue = Arc::new(Queue::default());
        let segments = file.as_ref().map(LogFile::segments);
        let written = Segments::new(segments.clone());
        let writer = writer::start(connection, written, clock.clone(), Arc::clone(&queue)).map_err(failed)?;
        let calls = Arc::new(Semaphore::new(PENDING_CALLS));
        let inner = Inner { clock, queue, calls, readers, writer: Some(writer), file, segments };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Appends events of the gateway's own to a stream, making it and its group if they do
    /// not exist. Never waits: when more is waiting to be written than the store holds, the
    /// events are dropped and counted, and the stream later says how many. They can be read
    /// after a moment, and are on the disk after a second.
    pub fn append(&self, scope: &Scope, group: &str, stream: &str, events: impl Into<LogLines>) {
        let events = events.into();
        if !events.is_empty() {
            self.inner.queue.append(stream_name(scope, group, stream), events);
        }
    }

    /// How many appended events have been dropped since the store was opened.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.inner.queue.dropped()
    }

    /// Appends a client's batch to a stream, which must exist, and answers when it is
    /// durable. The batch must keep CloudWatch Logs' size limits; its order and how far its
    /// times lie from now are the caller's business.
    pub async fn append_durable(
        &self,
        scope: &Scope,
        group: &str,
        stream: &str,
        events: impl Into<LogLines>,
    ) -> Result<(), LogFault> {
        let events = events.into();
        let count = events.len();
        if count > MAXIMUM_BATCH_EVENTS {
            return Err(LogFault::TooManyEvents { count });
        }
        if let Some(index) = events.iter().position(|event| event.timestamp.as_millis() < 0) {
            return Err(LogFault::NegativeTimestamp { index });
        }
        let size = events.bytes() + count * EVENT_OVERHEAD_BYTES;
        if size > MAXIMUM_BATCH_BYTES {
            return Err(LogFault::BatchTooLarge { size });
        }
        let name = stream_name(scope, group, stream);
        let clock = self.inner.clock.clone();
        self.call(CallKind::Durable, move |commit| {
            let stored = append(commit, &name, &[events], clock.now(), Missing::Refuse)?;
            Ok(if stored { Ok(()) } else { Err(LogFault::NoSuchStream) })
        })
        .await
    }

    /// Answers when everything appended so far can be read and is on the disk.
    pub async fn flush(&self) -> Result<(), LogFault> {
        self.call(CallKind::Durable, |_| Ok(Ok(()))).await
    }

    /// Makes a stream, and its group if need be; answers false if it exists. Durable.
    pub async fn create_stream(&self, scope: &Scope, group: &str, stream: &str) -> Result<bool, LogFault> {
        let name = stream_name(scope, group, stream);
        let clock = self.inner.clock.clone();
        self.call(CallKind::Durable, move |commit| {
            if find_stream(commit.connection, &name)?.is_some() {
                return Ok(Ok(false));
            }
            create_stream(commit.connection, &name, clock.now())?;
            Ok(Ok(true))
        })
        .await
    }

    /// Removes a stream with its events; answers whether there was one. Durable.
    pub async fn delete_stream(&self, scope: &Scope, group: &str, stream: &str) -> Result<bool, LogFault> {
        let name = stream_name(scope, group, stream);
        let remove = move |commit: &mut Commit<'_>| remove::remove_stream(commit.connection, &name).map(Ok);
        self.call(CallKind::Removal, remove).await
    }

    /// Removes a group with its streams and events; answers whether there was one. Durable.
    /// What is appended to it later makes it anew.
    pub async fn delete_group(&self, scope: &Scope, group: &str) -> Result<bool, LogFault> {
        let (scope, group) = (scope.clone(), group.to_owned());
        self.call(CallKind::Removal, move |commit| {
            remove::remove_group(commit.connection, &scope, &group).map(Ok)
        })
        .await
    }

    /// The groups that have been written to and whose names start with `prefix`, by name.
    pub async fn list_groups(&self, scope: &Scope, prefix: &str) -> Result<Vec<LogGroup>, LogFault> {
        let (scope, prefix) = (scope.clone(), prefix.to_owned());
        self.read(move |connection| stream::list_groups(connection, &scope, &prefix).map(Ok)).await
    }

    /// A group's streams, page by page.
    pub async fn list_streams(&self, query: StreamsQuery) -> Result<StreamsPage, LogFault> {
        self.read(move |connection| stream::list_streams(connection, &query)).await
    }

    /// A stream's events, page by page, forward and backward.
    pub async fn get_events(&self, query: EventsQuery) -> Result<EventsPage, LogFault> {
        let segments = self.inner.segments.clone();
        self.read(move |connection| view::view(connection, segments.as_ref(), &query)).await
    }

    /// A group's events that match a pattern, page by page.
    pub async fn filter_events(&self, query: FilterQuery) -> Result<FilteredPage, LogFault> {
        let segments = self.inner.segments.clone();
        self.read(move |connection| filter::filter(connection, segments.as_ref(), &query)).await
    }

    /// Removes a group's events that are older than `days`; answers how many. Writing goes
    /// on in between.
    pub async fn sweep(&self, scope: &Scope, group: &str, days: u32) -> Result<u64, LogFault> {
        let kept =
            i64::try_from(Duration::from_secs(u64::from(days) * 86_400).as_millis()).unwrap_or(i64::MAX);
        let time = Timestamp::from_millis(self.inner.clock.now().as_millis().saturating_sub(kept));
        let mut removed = 0;
        loop {
            let (scope, group) = (scope.clone(), group.to_owned());
            let step = self
                .call(CallKind::Plain, move |commit| remove::expire(commit, &scope, &group, time).map(Ok))
                .await?;
            removed += step.events;
            if !step.more {
                break;
            }
        }
        if removed > 0 {
            // The segments that nothing is left in.
            self.call(CallKind::Removal, |_| Ok(Ok(()))).await?;
        }
        Ok(removed)
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<Result<T, LogFault>> + Send + 'static,
    ) -> Result<T, LogFault> {
        match &self.inner.readers {
            Some(readers) => readers.read(work).await,
            None => self.call(CallKind::Plain, |commit| work(commit.connection)).await,
        }
    }

    /// Has the writer run `work`, behind everything appended so far.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        kind: CallKind,
        work: impl FnOnce(&mut Commit<'_>) -> rusqlite::Result<Result<T, LogFault>> + Send + 'static,
    ) -> Result<T, LogFault> {
        let calls = Arc::clone(&self.inner.calls);
        let permit = calls.acquire_owned().await.map_err(|_| LogFault::Closed)?;
        let (answer, result) = oneshot::channel();
        let call = Pending { work: Some(work), result: None, kind, answer, _permit: permit };
        self.inner.queue.call(Box::new(call));
        result.await.map_err(|_| LogFault::Closed)?
    }
}

impl std::fmt::Debug for LogStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogStore").field("dropped", &self.dropped()).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The writer's connection closes last, so that SQLite folds the log into the file.
        self.readers = None;
        self.queue.close();
        if self.writer.take().is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the writer of the logs panicked");
        }
    }
}

fn stream_name(scope: &Scope, group: &str, stream: &str) -> StreamName {
    StreamName { scope: scope.clone(), group: group.to_owned(), stream: stream.to_owned() }
}

/// A call that waits for its turn, then for its commit.
struct Pending<T, W> {
    work: Option<W>,
    result: Option<Result<T, LogFault>>,
    kind: CallKind,
    answer: oneshot::Sender<Result<T, LogFault>>,
    /// Its place among the calls that may wait; given back when it is answered, even if its
    /// caller has gone.
    _permit: OwnedSemaphorePermit,
}

impl<T, W> Call for Pending<T, W>
where
    T: Send,
    W: FnOnce(&mut Commit<'_>) -> rusqlite::Result<Result<T, LogFault>> + Send,
{
    fn run(&mut self, commit: &mut Commit<'_>) -> rusqlite::Result<()> {
        if let Some(work) = self.work.take() {
            self.result = Some(work(commit)?);
        }
        Ok(())
    }

    fn kind(&self) -> CallKind {
        self.kind
    }

    fn finish(self: Box<Self>, outcome: Result<(), LogFault>) {
        let Self { result, answer, .. } = *self;
        // The caller may have stopped waiting.
        let _ = answer.send(outcome.and_then(|()| result.unwrap_or(Err(LogFault::Closed))));
    }
}
