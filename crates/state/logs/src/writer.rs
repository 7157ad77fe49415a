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
use crate::limits::{GATHERED_BYTES, GATHERING, LOSSES_TOLD, PIECE_BYTES, STANDS_BACK, UNSYNCED};
use crate::queue::{CallKind, Drops, Job, Queue, StreamName, Taken};
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
        commits_wait: None,
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
    /// Whether the database waits for the disk with its commits, once it was told.
    commits_wait: Option<bool>,
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
        let queue = Arc::clone(&self.queue);
        let mut next = None;
        loop {
            let idle = match self.unsynced_since {
                _ if self.removing => Some(Duration::ZERO),
                Some(since) => Some(UNSYNCED.saturating_sub(since.elapsed())),
                None => None,
            };
            let taken = next.take().unwrap_or_else(|| queue.take(idle));
            let closed = taken.closed;
            next = self.write(taken, &queue);
            if self.removing {
                self.remove();
            }
            let closed = closed && next.is_none();
            if closed || self.unsynced_since.is_some_and(|since| since.elapsed() >= UNSYNCED) {
                self.sync();
            }
            if closed {
                return;
            }
        }
    }

    /// Makes a commit of what was taken, and of what is appended while it is made. Answers what was taken meanwhile
    /// and is of the next.
    fn write(&mut self, taken: Taken, queue: &Queue) -> Option<Taken> {
        let Taken { jobs, mut bytes, urgent, drops, closed } = taken;
        if jobs.is_empty() && drops.is_empty() {
            return None;
        }
        let until = Instant::now() + GATHERING;
        let durable = jobs.iter().any(|job| matches!(job, Job::Call(call) if call.kind() != CallKind::Plain));
        let clock = self.clock.clone();
        // Held before anything can fail.
        let (mut held, mut next) = (Held::default(), None);
        held.hold(jobs, drops);
        let outcome = self.commit(durable, |commit| {
            held.run(commit, clock.now())?;
            // As long as it grows by pieces, and nobody waits.
            let mut grows = !urgent && !closed && bytes >= PIECE_BYTES;
            while grows {
                let more = queue.more(until);
                if more.urgent || more.closed {
                    next = Some(more);
                    break;
                }
                bytes = bytes.saturating_add(more.bytes);
                grows = more.bytes >= PIECE_BYTES && bytes < GATHERED_BYTES;
                held.hold(more.jobs, more.drops);
                held.run(commit, clock.now())?;
            }
            held.tell(commit, clock.now())
        });
        if let Err(fault) = &outcome {
            self.losses.note(held.events().map(|(_, events)| events).sum(), fault);
        }
        self.removing |= held.finish(&outcome, queue);
        next
    }

    /// Runs `work` in one transaction.
    fn commit(
        &mut self,
        durable: bool,
        work: impl FnOnce(&mut Commit<'_>) -> Result<(), LogFault>,
    ) -> Result<(), LogFault> {
        let (connection, segments, waits) = (&self.connection, &mut self.segments, &mut self.commits_wait);
        let attempt = || -> Result<(), LogFault> {
            if *waits != Some(durable) {
                // WAL: a commit with FULL also brings all commits before it to the disk.
                connection.execute_batch(match durable {
                    true => "PRAGMA synchronous = FULL",
                    false => "PRAGMA synchronous = NORMAL",
                })?;
                *waits = Some(durable);
            }
            connection.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
            if durable {
                // Without a change of its own a commit would not touch the disk.
                connection.execute("UPDATE syncs SET number = number + 1", ())?;
            }
            let mut commit = Commit::new(connection, segments);
            work(&mut commit)?;
            commit.settle()?;
            commit.write()?;
            if durable {
                commit.segments.sync().map_err(|error| LogFault::of_segment(&error))?;
            }
            connection.prepare_cached("COMMIT")?.execute(())?;
            Ok(())
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
            self.commit(true, |commit| Ok(forget(commit.connection, &folder, &unnamed)?))?;
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

/// What a commit is to run, until it is known what became of it.
#[derive(Default)]
struct Held {
    jobs: Vec<Job>,
    /// How many of them have run.
    ran: usize,
    /// Events whose lines were given back already, by their streams.
    appended: Vec<(StreamName, usize)>,
    /// Drops that it tells of.
    drops: Drops,
}

impl Held {
    fn hold(&mut self, jobs: Vec<Job>, drops: Drops) {
        self.jobs.extend(jobs);
        for (name, count) in drops {
            let known = self.drops.entry(name).or_default();
            *known = known.saturating_add(count);
        }
    }

    /// Runs what has not run.
    fn run(&mut self, commit: &mut Commit<'_>, now: Timestamp) -> Result<(), LogFault> {
        for job in self.jobs.iter_mut().skip(self.ran) {
            match job {
                Job::Append(name, lines) => {
                    append(commit, name, lines, now, Missing::Create)?;
                    self.appended.push((name.clone(), count(lines)));
                    lines.clear();
                }
                Job::Call(call) => {
                    commit.settle()?;
                    call.run(commit)?;
                }
            }
            self.ran += 1;
        }
        commit.write()
    }

    /// Tells the streams of their drops.
    fn tell(&self, commit: &mut Commit<'_>, now: Timestamp) -> Result<(), LogFault> {
        for (name, count) in &self.drops {
            append(commit, name, &[drop_notice(*count, now)], now, Missing::Create)?;
        }
        Ok(())
    }

    /// How many events were to be appended to which streams.
    fn events(&self) -> impl Iterator<Item = (&StreamName, usize)> {
        let ran = self.appended.iter().map(|(name, events)| (name, *events));
        let left = self.jobs.iter().filter_map(|job| match job {
            Job::Append(name, lines) => Some((name, count(lines))),
            Job::Call(_) => None,
        });
        ran.chain(left).filter(|(_, events)| *events > 0)
    }

    /// Answers who waits, and counts what is lost. Whether something is to be removed.
    fn finish(self, outcome: &Result<(), LogFault>, queue: &Queue) -> bool {
        if outcome.is_err() {
            self.events().for_each(|(name, events)| queue.lost(name.clone(), events));
            queue.untold(self.drops);
        }
        let mut removal = false;
        for job in self.jobs {
            if let Job::Call(call) = job {
                removal |= call.kind() == CallKind::Removal;
                call.finish(outcome.clone());
            }
        }
        removal
    }
}

fn count(lines: &[LogLines]) -> usize {
    lines.iter().map(LogLines::len).sum()
}

fn drop_notice(count: u64, now: Timestamp) -> LogLines {
    [(now, format!("{count} log events were dropped"))].into_iter().collect()
}
