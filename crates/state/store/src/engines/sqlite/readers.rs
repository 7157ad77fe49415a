//! The threads that read: a bounded pool, each with its own connection, all taking jobs
//! from one queue. A thread is started when there is more to read than there are threads for:
//! each holds memory for as long as it lives, and most gateways never read two things at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::faults::fault;
use super::transaction::{Mode, SqliteTransaction};
use super::{Workers, open, panic_reason};
use crate::StoreFault;
use crate::engines::ReadWork;
use crate::limits::{READ_QUEUE, READERS};

/// Something to do with a connection that is in no transaction. It does not panic and
/// leaves the connection in no transaction.
pub(super) type ReadJob = Box<dyn FnOnce(&mut Connection) + Send>;

/// Where jobs are queued. The threads end when all of these are gone and the queue is empty.
#[derive(Clone)]
pub(super) struct ReadQueue {
    sender: mpsc::Sender<Queued>,
    pool: Arc<Pool>,
}

/// The threads that take the jobs.
pub(super) struct Pool {
    database: PathBuf,
    queue: Mutex<mpsc::Receiver<Queued>>,
    /// Jobs that are queued or being run.
    pending: Arc<AtomicUsize>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Queued {
    job: ReadJob,
    _pending: Pending,
}

/// Counts a job for as long as it is queued or being run, whatever becomes of it.
struct Pending(Arc<AtomicUsize>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Starts the first thread, with the connection that shows that the database can be read.
pub(super) fn start(first: Connection, database: &Path) -> std::io::Result<(ReadQueue, Arc<Pool>)> {
    let (sender, receiver) = mpsc::channel(READ_QUEUE);
    let pool = Arc::new(Pool {
        database: database.to_owned(),
        queue: Mutex::new(receiver),
        pending: Arc::default(),
        threads: Mutex::default(),
    });
    let mut threads = pool.threads.lock().unwrap_or_else(PoisonError::into_inner);
    threads.push(Arc::clone(&pool).thread(0, first)?);
    drop(threads);
    Ok((ReadQueue { sender, pool: Arc::clone(&pool) }, pool))
}

impl ReadQueue {
    /// Queues a job, once there is room.
    pub(super) async fn send(self, job: ReadJob) -> Result<(), StoreFault> {
        let pending = Pending(Arc::clone(&self.pool.pending));
        let jobs = self.pool.pending.fetch_add(1, Ordering::Relaxed) + 1;
        Arc::clone(&self.pool).grow(jobs);
        self.sender.send(Queued { job, _pending: pending }).await.map_err(|_| StoreFault::Closed)
    }
}

impl Pool {
    /// Starts another thread if there are more jobs than threads.
    fn grow(self: Arc<Self>, jobs: usize) {
        let pool = Arc::clone(&self);
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let index = threads.len();
        if jobs <= index || index >= READERS {
            return;
        }
        let started = open::reader(&self.database)
            .map_err(|error| error.to_string())
            .and_then(|connection| pool.thread(index, connection).map_err(|error| error.to_string()));
        match started {
            Ok(thread) => threads.push(thread),
            // Those that are there read it, one after the other.
            Err(why) => tracing::warn!(why, "no other reader of the store could be started"),
        }
    }

    fn thread(self: Arc<Self>, index: usize, mut connection: Connection) -> std::io::Result<JoinHandle<()>> {
        thread::Builder::new().name(format!("store-reader-{index}")).spawn(move || {
            super::mark_as_worker();
            loop {
                // One thread waits for the next job, the others wait for their turn to.
                let next = self.queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
                let Some(Queued { job, _pending }) = next else { return };
                job(&mut connection);
            }
        })
    }

    /// Waits for the threads, whose queues are gone.
    pub(super) fn join(&self) {
        loop {
            let next = self.threads.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(thread) = next else { return };
            Workers::new(vec![thread]).join();
        }
    }

    /// How many threads there are.
    #[cfg(test)]
    pub(super) fn threads(&self) -> usize {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// The job that runs a closure on a snapshot.
pub(super) fn snapshot(work: ReadWork, answer: oneshot::Sender<Result<(), StoreFault>>) -> ReadJob {
    Box::new(move |connection| {
        // The caller may have stopped waiting.
        let _ = answer.send(run(connection, work));
    })
}

fn run(connection: &Connection, work: ReadWork) -> Result<(), StoreFault> {
    let execute = |sql: &str| {
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(()).map(drop)
    };
    execute("BEGIN").map_err(|error| fault(&error))?;
    let mut transaction = SqliteTransaction::new(connection, Mode::Read);
    let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut transaction)));
    // Nothing was written: if ending fails, the transaction has ended by itself.
    if let Err(error) = execute("ROLLBACK") {
        tracing::warn!(%error, "a reading transaction could not be ended");
    }
    outcome.map_err(|panic| {
        let reason = panic_reason(&*panic);
        tracing::error!(reason, "a reading transaction panicked");
        StoreFault::Panicked { reason }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use base::Clock;

    use super::*;
    use crate::waiting::block_on;
    use crate::{Location, Store, StoreOptions};

    #[test]
    fn readers_are_started_when_they_are_needed() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::Directory(directory.path().to_owned());
        let _store = Store::open(StoreOptions { location, clock: Clock::system() }).unwrap();
        let database = directory.path().join("gatewright.db");
        let (queue, pool) = start(open::reader(&database).unwrap(), &database).unwrap();
        let read = |job: ReadJob| block_on(queue.clone().send(job)).unwrap();
        let (answer, answered) = std::sync::mpsc::channel();
        read(Box::new(move |_| answer.send(()).unwrap()));
        answered.recv().unwrap();
        assert_eq!(pool.threads(), 1);
        // Nobody goes on before as many as there may be have met.
        let met = Arc::new(Barrier::new(READERS + 1));
        for _ in 0..READERS {
            let met = Arc::clone(&met);
            read(Box::new(move |_| _ = met.wait()));
        }
        for _ in 0..3 {
            read(Box::new(|connection| connection.execute_batch("SELECT 1").unwrap()));
        }
        assert_eq!(pool.threads(), READERS);
        met.wait();
        drop(queue);
        pool.join();
        assert_eq!((pool.threads(), pool.pending.load(Ordering::Relaxed)), (0, 0));
    }
}
