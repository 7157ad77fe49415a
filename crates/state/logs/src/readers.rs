//! The threads that read beside the writer, each with its own connection, all taking jobs
//! from one queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::LogFault;
use crate::limits::READ_QUEUE;

/// Something to do with a connection that is in no transaction, and leaves it in none.
type ReadJob = Box<dyn FnOnce(&Connection) + Send>;

/// Running readers. They end when this is dropped, after the reads that are queued.
pub(crate) struct Readers {
    queue: Option<mpsc::Sender<ReadJob>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(connections: Vec<Connection>) -> std::io::Result<Self> {
        let (queue, receiver) = mpsc::channel::<ReadJob>(READ_QUEUE);
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::with_capacity(connections.len());
        for (index, connection) in connections.into_iter().enumerate() {
            let receiver = Arc::clone(&receiver);
            threads.push(thread::Builder::new().name(format!("log-reader-{index}")).spawn(move || {
                loop {
                    // One thread waits for the next job, the others wait for their turn to.
                    let job = receiver.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
                    match job {
                        Some(job) => job(&connection),
                        None => return,
                    }
                }
            })?);
        }
        Ok(Self { queue: Some(queue), threads })
    }

    /// Runs `work` on a snapshot.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<Result<T, LogFault>> + Send + 'static,
    ) -> Result<T, LogFault> {
        let (answer, result) = oneshot::channel();
        let job: ReadJob = Box::new(move |connection| {
            // The caller may have stopped waiting.
            let _ = answer.send(snapshot(connection, work));
        });
        let queue = self.queue.as_ref().ok_or(LogFault::Closed)?;
        queue.send(job).await.map_err(|_| LogFault::Closed)?;
        result.await.map_err(|_| LogFault::Closed)?
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a reader of the logs panicked");
            }
        }
    }
}

fn snapshot<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<Result<T, LogFault>>,
) -> Result<T, LogFault> {
    connection.execute_batch("BEGIN")?;
    let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)));
    // Nothing was written: if ending fails, the transaction has ended by itself.
    if let Err(error) = connection.execute_batch("ROLLBACK") {
        tracing::warn!(%error, "a read of the logs could not be ended");
    }
    outcome.map_err(|_| LogFault::Engine { reason: "a read of the logs panicked".into() })??
}
