//! The one thread that writes: it takes what is queued, runs each closure inside its own
//! savepoint, commits once, and only then answers all of them. Nobody waits while SQLite's log is copied
//! into the database: that is done behind the answers.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rusqlite::Connection;
use rusqlite::hooks::Wal;
use tokio::sync::{mpsc, oneshot};

use super::faults::{fault, of_commit};
use super::readers::ReadJob;
use super::transaction::{Mode, SqliteTransaction};
use super::{Workers, panic_reason};
use crate::engines::{EngineTransaction, Verdict, WriteWork};
use crate::feed::Feed;
use crate::limits::{
    CHANGES_KEPT, CHANGES_KEPT_FOR_FOLLOWERS, LOGGED_PAGES, TRIM_STEP, WRITE_GROUP, WRITE_QUEUE,
};
use crate::{Commit, Sequence, StoreFault};

/// What the thread is asked to do.
pub(super) enum Job {
    /// Run a closure and commit it.
    Write(WriteJob),
    /// Read between two commits: how an in-memory database is read, which has only this
    /// connection.
    Read(ReadJob),
}

pub(super) struct WriteJob {
    pub(super) work: WriteWork,
    pub(super) answer: oneshot::Sender<Result<Sequence, StoreFault>>,
}

/// Starts the thread. It ends when all senders are gone and the queue is empty.
pub(super) fn start(
    connection: Connection,
    feed: Arc<Feed>,
) -> std::io::Result<(mpsc::Sender<Job>, Workers)> {
    let (sender, mut receiver) = mpsc::channel(WRITE_QUEUE);
    let mut writer = Writer::new(connection, feed).map_err(std::io::Error::other)?;
    let thread = thread::Builder::new().name("store-writer".into()).spawn(move || {
        super::mark_as_worker();
        while let Some(first) = receiver.blocking_recv() {
            writer.serve(first, &mut receiver);
        }
    })?;
    Ok((sender, Workers::new(vec![thread])))
}

/// The last change that a closure saw or made, and what it has changed, if that is known one by one.
type Attempted = (Sequence, Option<Commit>);

struct Writer {
    connection: Connection,
    feed: Arc<Feed>,
    /// The pages in SQLite's log.
    logged: Arc<AtomicU32>,
}

impl Writer {
    fn new(mut connection: Connection, feed: Arc<Feed>) -> rusqlite::Result<Self> {
        let logged = Arc::new(AtomicU32::new(0));
        let told = Arc::clone(&logged);
        // In place of SQLite's own hook, which copies the log as a part of the commit.
        connection.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            told.store(u32::try_from(pages).unwrap_or_default(), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self { connection, feed, logged })
    }

    /// Runs `first` and the writes that are queued behind it as one group, then the read
    /// that ended the group.
    fn serve(&mut self, first: Job, queue: &mut mpsc::Receiver<Job>) {
        let mut group = Vec::new();
        let mut next = Some(first);
        let read = loop {
            match next {
                Some(Job::Write(job)) => group.push(job),
                Some(Job::Read(read)) => break Some(read),
                None => break None,
            }
            if group.len() >= WRITE_GROUP {
                break None;
            }
            next = queue.try_recv().ok();
        };
        if !group.is_empty() {
            self.run(group);
            self.shorten_log();
        }
        if let Some(read) = read {
            read(&mut self.connection);
        }
    }

    fn run(&mut self, mut group: Vec<WriteJob>) {
        match self.commit(&mut group) {
            Ok(outcomes) => {
                for (job, outcome) in group.into_iter().zip(outcomes) {
                    // The caller may have stopped waiting.
                    let _ = job.answer.send(outcome);
                }
            }
            Err(fault) => {
                let fault = of_commit(fault, &self.connection);
                tracing::error!(%fault, writes = group.len(), "a commit failed; its writes are undone");
                if !self.connection.is_autocommit()
                    && let Err(error) = self.connection.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "the failed commit could not be rolled back");
                }
                for job in group {
                    let _ = job.answer.send(Err(fault.clone()));
                }
            }
        }
    }

    /// Copies the log into the database once it is long. What readers still need of it is left for the next
    /// time.
    fn shorten_log(&self) {
        if self.logged.load(Ordering::Relaxed) < LOGGED_PAGES {
            return;
        }
        self.logged.store(0, Ordering::Relaxed);
        if let Err(error) = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(())) {
            tracing::warn!(%error, "the store's log could not be copied into its database");
        }
    }

    /// Runs the closures and commits what they keep. An error is the whole group's.
    fn commit(&mut self, group: &mut [WriteJob]) -> Result<Vec<Result<Sequence, StoreFault>>, StoreFault> {
        self.execute("BEGIN IMMEDIATE")?;
        let mut outcomes = Vec::with_capacity(group.len());
        let mut commit = Some(Commit::default());
        for job in group {
            let outcome = self.attempt(&mut job.work)?.map(|(sequence, changed)| {
                match (&mut commit, changed) {
                    (Some(commit), Some(changed)) => commit.append(changed),
                    _ => commit = None,
                }
                sequence
            });
            outcomes.push(outcome);
        }
        let last = self.trim()?;
        // Writing the log is one piece of work.
        base::give_way();
        self.execute("COMMIT")?;
        match commit {
            Some(commit) => self.feed.committed_with(commit),
            None => self.feed.committed(last),
        }
        Ok(outcomes)
    }

    /// Runs one closure inside its savepoint; answers what it has changed, if that is known one by one. The
    /// outer error is the whole group's.
    fn attempt(&self, work: &mut WriteWork) -> Result<Result<Attempted, StoreFault>, StoreFault> {
        self.execute("SAVEPOINT closure")?;
        let mut transaction = SqliteTransaction::new(&self.connection, Mode::Write);
        let verdict = catch_unwind(AssertUnwindSafe(|| work(&mut transaction)));
        let failed = transaction.failed();
        // Some errors (a full disk among them) make SQLite undo the whole transaction.
        if self.connection.is_autocommit() {
            return Err(
                failed.unwrap_or_else(|| StoreFault::Engine { reason: "the transaction was lost".into() })
            );
        }
        let outcome = match (verdict, failed) {
            (Ok(Verdict::Keep), None) => {
                let sequence = SqliteTransaction::new(&self.connection, Mode::Write).sequence()?;
                self.execute("RELEASE closure")?;
                return Ok(Ok((sequence, transaction.changed())));
            }
            (Ok(Verdict::Keep), Some(fault)) => Err(fault),
            (Ok(Verdict::RollBack), _) => Ok((Sequence::default(), Some(Commit::default()))),
            (Err(panic), _) => {
                let reason = panic_reason(&*panic);
                tracing::error!(reason, "a writing transaction panicked");
                Err(StoreFault::Panicked { reason })
            }
        };
        self.execute("ROLLBACK TO closure")?;
        self.execute("RELEASE closure")?;
        Ok(outcome)
    }

    /// Forgets old changes once there are enough of them; answers the newest change.
    fn trim(&self) -> Result<Sequence, StoreFault> {
        let mut transaction = SqliteTransaction::new(&self.connection, Mode::Write);
        let last = transaction.sequence()?;
        let forgotten = transaction.forgotten()?;
        if let Some(sequence) = forgettable(last, forgotten, self.feed.read_by_all()) {
            transaction.forget(sequence)?;
        }
        Ok(last)
    }

    fn execute(&self, sql: &str) -> Result<(), StoreFault> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(()))
            .map(drop)
            .map_err(|error| fault(&error))
    }
}

/// Up to which change the feed may forget, if it is time to.
fn forgettable(last: Sequence, forgotten: Sequence, read_by_all: Option<Sequence>) -> Option<Sequence> {
    let (last, forgotten) = (last.as_u64(), forgotten.as_u64());
    let kept_for_all = last.saturating_sub(CHANGES_KEPT);
    let kept_for_followers = last.saturating_sub(CHANGES_KEPT_FOR_FOLLOWERS);
    let read = read_by_all.map_or(last, Sequence::as_u64);
    let target = kept_for_all.min(read).max(kept_for_followers);
    (target >= forgotten.saturating_add(TRIM_STEP)).then(|| Sequence::new(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SQLite's own limit is a thousand pages too.
    #[test]
    fn the_log_is_copied_when_it_is_long() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("gatewright.db");
        let connection = Connection::open(&path).unwrap();
        super::super::open::settle(&connection, &path).unwrap();
        connection.execute_batch("CREATE TABLE t (x BLOB)").unwrap();
        let writer = Writer::new(connection, Arc::new(Feed::new())).unwrap();
        let size = || std::fs::metadata(&path).unwrap().len();
        let insert = |bytes: u32| {
            writer.connection.execute("INSERT INTO t VALUES (zeroblob(?1))", [bytes]).unwrap();
            (writer.logged.load(Ordering::Relaxed) >= LOGGED_PAGES, size())
        };
        let before = size();
        assert_eq!(insert(100_000), (false, before));
        writer.shorten_log();
        assert_eq!(size(), before);
        assert_eq!(insert(5_000_000), (true, before));
        writer.shorten_log();
        assert!(size() > 5_000_000);
        assert!(!insert(1).0, "the log begins anew");
    }

    #[test]
    fn changes_are_forgotten_in_steps_and_kept_for_followers() {
        let check = |last, forgotten, read: Option<u64>, expected: Option<u64>| {
            let found = forgettable(Sequence::new(last), Sequence::new(forgotten), read.map(Sequence::new));
            assert_eq!(found, expected.map(Sequence::new), "{last} {forgotten} {read:?}");
        };
        check(10_999, 0, None, None);
        check(11_000, 0, None, Some(1_000));
        check(11_999, 1_000, None, None);
        check(12_000, 1_000, None, Some(2_000));
        // A follower of this node that has read up to there.
        check(50_000, 0, Some(999), None);
        check(50_000, 0, Some(1_000), Some(1_000));
        check(50_000, 0, Some(45_000), Some(40_000));
        // One that has not read for too long.
        check(100_999, 0, Some(0), None);
        check(101_000, 0, Some(0), Some(1_000));
    }
}
