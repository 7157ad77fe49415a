//! The one thread that writes: what has gathered becomes one commit. A commit waits for the
//! disk when somebody waits for it, and else once a second, for all before it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base::{Clock, Timestamp};
use ports::log_sink::LogLines;
use rusqlite::Connection;

use crate::append::{Missing, append};
use crate::commit::Commit;
use crate::limits::{LOSSES_TOLD, STANDS_BACK, UNSYNCED};
use crate::queue::{CallKind, Drops, Job, Queue};
use crate::segments::{Segments, delete_strays, forget, unnamed};
use crate::{LogFault, remove};

/// Starts the thread. It ends when the queue is closed and empty.
pub(crate) fn start(
    connection: Connection,
    segments: Segments,
    clock: Clock,
    queue: Arc<Queue>,
) -> std::io::Result<JoinHandle<()>> {
    // Removals that a crash or an end interrupted go on.
    let writer = Writer {
        connection,
        segments,
        clock,
        queue,
        unsynced_since: None,
        removing: true,
        strays: true,
        losses: Losses::default(),
    };
    let thread = move || {
        // Of this thread alone, on Linux (nice(2)). Where it cannot be said, nothing is lost but time.
        let _ = rustix::process::nice(STANDS_BACK);
        writer.run();
    };
    thread::Builder::new().name("log-writer".into()).spawn(thread)
}

struct Writer {
    connection: Connection,
    segments: Segments,
    clock: Clock,
    queue: Arc<Queue>,
    /// When the oldest commit was made that may not be on the disk.
    unsynced_since: Option<Instant>,
    /// There may be events of removed groups and streams.
    removing: bool,
    /// There may be files of segments that the database does not know.
    strays: bool,
    losses: Losses,
}

/// Events that are lost, until that is told.
#[derive(Default)]
struct Losses {
    events: usize,
    told: Option<Instant>,
}

impl Losses {
    fn note(&mut self, events: usize, fault: &LogFault) {
        self.events += events;
        if self.told.is_none_or(|told| told.elapsed() >= LOSSES_TOLD) {
            let lost = std::mem::take(&mut self.events);
            tracing::error!(%fault, lost, "log events cannot be written");
            self.told = Some(Instant::now());
        }
    }
}

impl Writer {
    fn run(mut self) {
        loop {
            let idle = match self.unsynced_since {
                _ if self.removing => Some(Duration::ZERO),
                Some(since) => Some(UNSYNCED.saturating_sub(since.elapsed())),
                None => None,
            };
            let taken = self.queue.take(idle);
            self.write(taken.jobs, taken.drops);
            if self.removing {
                self.remove();
            }
            if taken.closed || self.unsynced_since.is_some_and(|since| since.elapsed() >= UNSYNCED) {
                self.sync();
            }
            if taken.closed {
                return;
            }
        }
    }

    fn write(&mut self, mut jobs: Vec<Job>, drops: Drops) {
        if jobs.is_empty() && drops.is_empty() {
            return;
        }
        let durable = jobs.iter().any(|job| matches!(job, Job::Call(call) if call.kind() != CallKind::Plain));
        let now = self.clock.now();
        let outcome = self.commit(durable, |commit| {
            for job in &mut jobs {
                match job {
                    Job::Append(name, lines) => {
                        append(commit, name, lines, now, Missing::Create)?;
                    }
                    Job::Call(call) => call.run(commit)?,
                }
            }
            for (name, count) in &drops {
                append(commit, name, &[drop_notice(*count, now)], now, Missing::Create)?;
            }
            Ok(())
        });
        if let Err(fault) = &outcome {
            let lost = jobs.iter().map(|job| match job {
                Job::Append(_, lines) => lines.iter().map(LogLines::len).sum(),
                Job::Call(_) => 0,
            });
            self.losses.note(lost.sum(), fault);
            self.queue.untold(drops);
        }
        for job in jobs {
            match job {
                Job::Append(name, lines) if outcome.is_err() => {
                    self.queue.lost(name, lines.iter().map(LogLines::len).sum());
                }
                Job::Append(..) => {}
                Job::Call(call) => {
                    self.removing |= call.kind() == CallKind::Removal;
                    call.finish(outcome.clone());
                }
            }
        }
    }

    /// Runs `work` in one transaction.
    fn commit(
        &mut self,
        durable: bool,
        work: impl FnOnce(&mut Commit<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), LogFault> {
        let (connection, segments) = (&self.connection, &mut self.segments);
        let attempt = || -> Result<(), LogFault> {
            // WAL: a commit with FULL also brings all commits before it to the disk.
            connection.execute_batch(match durable {
                true => "PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
                false => "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
            })?;
            if durable {
                // Without a change of its own a commit would not touch the disk.
                connection.execute("UPDATE syncs SET number = number + 1", ())?;
            }
            work(&mut Commit { connection, segments: &mut *segments })?;
            segments.write().map_err(|error| LogFault::of_segment(&error))?;
            if durable {
                segments.sync().map_err(|error| LogFault::of_segment(&error))?;
            }
            Ok(connection.execute_batch("COMMIT")?)
        };
        let outcome = match catch_unwind(AssertUnwindSafe(attempt)) {
            Ok(outcome) => outcome.map_err(|fault| fault.of_commit(&self.connection)),
            Err(_) => Err(LogFault::Engine { reason: "the writer panicked".into() }),
        };
        match &outcome {
            Ok(()) => {
                match durable {
                    true => self.unsynced_since = None,
                    false => _ = self.unsynced_since.get_or_insert_with(Instant::now),
                }
                if let Err(error) = self.segments.committed() {
                    self.losses.note(0, &LogFault::of_segment(&error));
                }
            }
            Err(_) => {
                // With the database's lock, which the rollback gives back.
                self.segments.rolled_back();
                if !self.connection.is_autocommit()
                    && let Err(error) = self.connection.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "a failed commit of the logs could not be rolled back");
                }
            }
        }
        outcome
    }

    fn sync(&mut self) {
        if self.unsynced_since.is_some()
            && let Err(fault) = self.commit(true, |_| Ok(()))
        {
            self.losses.note(0, &fault);
            // Tried again in a while, or with the next durable commit.
            self.unsynced_since = Some(Instant::now());
        }
    }

    fn remove(&mut self) {
        let mut more = false;
        let removed = self.commit(false, |commit| {
            more = remove::step(commit)?;
            Ok(())
        });
        let outcome = match removed {
            Ok(()) if !more => self.remove_segments(),
            outcome => outcome,
        };
        if let Err(fault) = outcome {
            tracing::error!(%fault, "removed log events could not be deleted");
            more = false;
        }
        self.removing = more;
    }

    /// Deletes the segments that no chunk is in any longer.
    fn remove_segments(&mut self) -> Result<(), LogFault> {
        let Some(folder) = self.segments.folder().cloned() else { return Ok(()) };
        let unnamed = unnamed(&self.connection)?;
        if !unnamed.is_empty() {
            self.segments.leave(&unnamed);
            // On the disk, with what was removed before it: what is deleted does not come back.
            self.commit(true, |commit| forget(commit.connection, &folder, &unnamed))?;
            self.strays = true;
        }
        if self.strays {
            let mut deleted = Ok(());
            self.commit(false, |commit| {
                deleted = delete_strays(commit.connection, &folder)?;
                Ok(())
            })?;
            deleted.map_err(|error| LogFault::of_segment(&error))?;
            self.strays = false;
        }
        Ok(())
    }
}

fn drop_notice(count: u64, now: Timestamp) -> LogLines {
    [(now, format!("{count} log events were dropped"))].into_iter().collect()
}
