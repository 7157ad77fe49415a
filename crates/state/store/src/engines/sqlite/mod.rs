//! The engine for one node: a SQLite database in the data directory, or in memory.
//!
//! One thread writes and commits in groups (`writer`), a few read (`readers`). In memory
//! there is one connection, and the writer's thread also reads, between commits.

use std::any::Any;
use std::cell::Cell;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use self::open::Directory;
use self::readers::{Pool, ReadJob, ReadQueue};
use self::writer::{Job, WriteJob};
use crate::engines::{Answer, Engine, EngineTransaction, ReadWork, WriteWork};
use crate::feed::Feed;
use crate::{Location, OpenError, Sequence, StoreFault, StoreOptions};

mod backup;
mod faults;
mod migrate;
mod open;
mod readers;
#[cfg(test)]
mod tests;
mod transaction;
mod writer;

/// An open SQLite database with its threads.
pub(crate) struct Sqlite {
    // Dropped in this order: the writer's connection is the last, so that SQLite folds the
    // log into the database when it closes; then the directory is given up.
    read_queue: Option<ReadQueue>,
    read_threads: Option<Arc<Pool>>,
    write_queue: Option<mpsc::Sender<Job>>,
    write_threads: Workers,
    directory: Option<Directory>,
}

impl Sqlite {
    /// `lock` is the directory's, if whoever had it has handed it over.
    pub(crate) fn open(
        options: &StoreOptions,
        lock: Option<OwnedFd>,
        feed: Arc<Feed>,
    ) -> Result<Self, OpenError> {
        match &options.location {
            Location::Memory => {
                let mut connection = open::memory()?;
                let path = Path::new(":memory:");
                migrate::migrate(&mut connection, path, &options.clock)?;
                Self::start(connection, path, None, None, feed)
            }
            Location::Directory(directory) => {
                let directory = Directory::claim(directory, lock)?;
                let path = directory.database().to_owned();
                let mut connection = open::writer(&path)?;
                migrate::inspect(&connection, &path)?;
                open::settle(&connection, &path)?;
                migrate::migrate(&mut connection, &path, &options.clock)?;
                let reader = open::reader(&path)?;
                Self::start(connection, &path, Some(reader), Some(directory), feed)
            }
        }
    }

    fn start(
        connection: Connection,
        path: &Path,
        reader: Option<Connection>,
        directory: Option<Directory>,
        feed: Arc<Feed>,
    ) -> Result<Self, OpenError> {
        let current = transaction::SqliteTransaction::new(&connection, transaction::Mode::Read)
            .sequence()
            .map_err(|fault| OpenError::Engine { path: path.to_owned(), reason: fault.to_string() })?;
        feed.committed(current);
        let failed = |error: std::io::Error| OpenError::Engine {
            path: path.to_owned(),
            reason: format!("a thread could not be started: {error}"),
        };
        let (write_queue, write_threads) = writer::start(connection, feed).map_err(failed)?;
        let readers = reader.map(|first| readers::start(first, path)).transpose().map_err(failed)?;
        let (read_queue, read_threads) = readers.unzip();
        let write_queue = Some(write_queue);
        Ok(Self { read_queue, read_threads, write_queue, write_threads, directory })
    }

    /// Queues a job for a reader and hands on its answer.
    fn read_job<T: Send + 'static>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreFault>>) -> ReadJob,
    ) -> Answer<T> {
        let (answer, result) = oneshot::channel();
        let job = job(answer);
        let (readers, writer) = (self.read_queue.clone(), self.write_queue.clone());
        Box::pin(async move {
            not_nested()?;
            match (readers, writer) {
                (Some(readers), _) => readers.send(job).await?,
                (None, Some(writer)) => writer.send(Job::Read(job)).await.map_err(|_| StoreFault::Closed)?,
                (None, None) => return Err(StoreFault::Closed),
            }
            result.await.map_err(|_| StoreFault::Closed)?
        })
    }
}

impl Engine for Sqlite {
    fn lock(&self) -> std::io::Result<Option<OwnedFd>> {
        self.directory.as_ref().map(Directory::lock).transpose()
    }

    fn write(&self, work: WriteWork) -> Answer<Sequence> {
        let (answer, result) = oneshot::channel();
        let job = Job::Write(WriteJob { work, answer });
        let queue = self.write_queue.clone();
        Box::pin(async move {
            not_nested()?;
            let queue = queue.ok_or(StoreFault::Closed)?;
            queue.send(job).await.map_err(|_| StoreFault::Closed)?;
            drop(queue);
            result.await.map_err(|_| StoreFault::Closed)?
        })
    }

    fn read(&self, work: ReadWork) -> Answer<()> {
        self.read_job(|answer| readers::snapshot(work, answer))
    }

    fn backup(&self, path: PathBuf) -> Answer<()> {
        self.read_job(|answer| {
            Box::new(move |connection| {
                let _ = answer.send(backup::write(connection, &path));
            })
        })
    }

    fn check(&self) -> Answer<Vec<String>> {
        self.read_job(|answer| {
            Box::new(move |connection| {
                let _ = answer.send(backup::check(connection));
            })
        })
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.read_queue = None;
        if let Some(readers) = self.read_threads.take() {
            readers.join();
        }
        self.write_queue = None;
        self.write_threads.join();
    }
}

/// Threads that are waited for when they are dropped, after their queue has been closed.
struct Workers(Vec<JoinHandle<()>>);

impl Workers {
    fn new(threads: Vec<JoinHandle<()>>) -> Self {
        Self(threads)
    }

    fn join(&mut self) {
        for thread in self.0.drain(..) {
            // A closure may have held the last handle of the store: its own thread is not
            // waited for, and ends by itself.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.join();
    }
}

thread_local! {
    static WORKER: Cell<bool> = const { Cell::new(false) };
}

fn mark_as_worker() {
    WORKER.set(true);
}

/// Refuses a transaction that is asked for by a closure of another one: on one of these
/// threads it would wait for itself.
fn not_nested() -> Result<(), StoreFault> {
    if WORKER.get() { Err(StoreFault::Nested) } else { Ok(()) }
}

fn panic_reason(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into())
}
