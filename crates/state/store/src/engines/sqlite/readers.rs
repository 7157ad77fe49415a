//! The threads that read: a bounded pool, each with its own connection, all taking jobs
//! from one queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::faults::fault;
use super::transaction::{Mode, SqliteTransaction};
use super::{Workers, panic_reason};
use crate::StoreFault;
use crate::engines::ReadWork;
use crate::limits::READ_QUEUE;

/// Something to do with a connection that is in no transaction. It does not panic and
/// leaves the connection in no transaction.
pub(super) type ReadJob = Box<dyn FnOnce(&mut Connection) + Send>;

/// Starts a thread for each connection. They end when all senders are gone and the queue
/// is empty.
pub(super) fn start(connections: Vec<Connection>) -> std::io::Result<(mpsc::Sender<ReadJob>, Workers)> {
    let (sender, receiver) = mpsc::channel::<ReadJob>(READ_QUEUE);
    let queue = Arc::new(Mutex::new(receiver));
    let mut threads = Vec::with_capacity(connections.len());
    for (index, mut connection) in connections.into_iter().enumerate() {
        let queue = Arc::clone(&queue);
        threads.push(thread::Builder::new().name(format!("store-reader-{index}")).spawn(move || {
            super::mark_as_worker();
            loop {
                // One thread waits for the next job, the others wait for their turn to.
                let job = queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
                match job {
                    Some(job) => job(&mut connection),
                    None => return,
                }
            }
        })?);
    }
    Ok((sender, Workers::new(threads)))
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
