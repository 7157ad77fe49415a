//! What waits to be written. Appending never waits: beyond a bound in bytes the newest
//! events are dropped and counted, and their stream is told once there is space again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base::Scope;
use ports::log_sink::{LogLine, LogLines};

use crate::LogFault;
use crate::commit::Commit;
use crate::limits::{
    DROPPED_STREAMS, GATHERING, JOINED_APPENDS, PIECE_BYTES, QUEUE_BYTES, QUEUED_EVENT_OVERHEAD,
};

/// A stream, by its names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamName {
    pub(crate) scope: Scope,
    pub(crate) group: String,
    pub(crate) stream: String,
}

/// Something to do by the writer, inside the transaction that it shares with its neighbours. It answers a refusal without having written anything.
pub(crate) trait Call: Send {
    fn run(&mut self, commit: &mut Commit<'_>) -> rusqlite::Result<()>;
    fn kind(&self) -> CallKind;
    /// Called when the transaction is over.
    fn finish(self: Box<Self>, outcome: Result<(), LogFault>);
}

/// What a call asks of the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKind {
    /// A commit.
    Plain,
    /// A commit that is on the disk before it is answered.
    Durable,
    /// The same, and then the removal of the events of what it removed.
    Removal,
}

pub(crate) enum Job {
    /// Lines of one stream, as they were handed over.
    Append(StreamName, Vec<LogLines>),
    Call(Box<dyn Call>),
}

/// How many events of which streams were dropped.
pub(crate) type Drops = BTreeMap<StreamName, u64>;

/// What the writer takes at once.
#[derive(Default)]
pub(crate) struct Taken {
    pub(crate) jobs: Vec<Job>,
    /// What the jobs' lines cost, in bytes.
    pub(crate) bytes: usize,
    /// Somebody waits for an answer.
    pub(crate) urgent: bool,
    pub(crate) drops: Drops,
    /// Nothing will come any more.
    pub(crate) closed: bool,
}

#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    news: Condvar,
    dropped: AtomicU64,
}

#[derive(Default)]
struct State {
    jobs: Vec<Job>,
    bytes: usize,
    drops: Drops,
    /// Somebody waits for an answer.
    urgent: bool,
    closed: bool,
}

impl Queue {
    /// Queues events; what does not fit is dropped.
    pub(crate) fn append(&self, name: StreamName, mut events: LogLines) {
        let mut state = self.lock();
        let fitting = match state.closed {
            true => 0,
            false => fitting(&events, QUEUE_BYTES.saturating_sub(state.bytes)),
        };
        let lost = events.len() - fitting;
        if lost > 0 {
            events.truncate(fitting);
            self.note(&mut state.drops, name.clone(), lost);
        }
        if events.is_empty() {
            return;
        }
        let before = state.bytes;
        state.bytes = before.saturating_add(cost(&events));
        // The writer is woken for the first and when there is enough, not for each.
        let wake = state.jobs.is_empty() || (before < PIECE_BYTES && state.bytes >= PIECE_BYTES);
        state.join(name, events);
        drop(state);
        if wake {
            self.news.notify_one();
        }
    }

    /// Queues a call, behind everything appended so far.
    pub(crate) fn call(&self, call: Box<dyn Call>) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return call.finish(Err(LogFault::Closed));
        }
        state.jobs.push(Job::Call(call));
        state.urgent = true;
        drop(state);
        self.news.notify_one();
    }

    /// Lets the writer finish what is queued and end.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.news.notify_one();
    }

    /// Waits for something to write, no longer than `idle`, and lets more gather unless somebody waits for it.
    pub(crate) fn take(&self, idle: Option<Duration>) -> Taken {
        let until = idle.map(|idle| Instant::now() + idle);
        let state = self.wait_while(until, |state| state.jobs.is_empty() && !state.closed);
        let until = if state.jobs.is_empty() { None } else { Some(Instant::now() + GATHERING) };
        drop(state);
        until.map_or_else(|| self.taken(self.lock()), |until| self.more(until))
    }

    /// Waits until `until` for as much as is written at once.
    pub(crate) fn more(&self, until: Instant) -> Taken {
        self.taken(
            self.wait_while(Some(until), |state| state.bytes < PIECE_BYTES && !state.urgent && !state.closed),
        )
    }

    fn taken(&self, mut state: MutexGuard<'_, State>) -> Taken {
        let jobs = std::mem::take(&mut state.jobs);
        // Told only together with something else, so that a disk that refuses everything is
        // not tried again and again for the sake of telling.
        let tell = !jobs.is_empty() || state.closed;
        let drops = if tell { std::mem::take(&mut state.drops) } else { Drops::new() };
        let (bytes, urgent) = (std::mem::take(&mut state.bytes), std::mem::take(&mut state.urgent));
        Taken { jobs, bytes, urgent, drops, closed: state.closed }
    }

    /// Waits, no longer than until `until`.
    fn wait_while(&self, until: Option<Instant>, waits: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        while waits(&state) {
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.news.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => break,
                Some(left) => self.news.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        state
    }

    /// Counts events that were taken but could not be written.
    pub(crate) fn lost(&self, name: StreamName, count: usize) {
        self.note(&mut self.lock().drops, name, count);
    }

    /// Puts back what could not be told; it has been counted.
    pub(crate) fn untold(&self, drops: Drops) {
        let mut state = self.lock();
        for (name, count) in drops {
            remember(&mut state.drops, name, count);
        }
    }

    /// How many events have been dropped since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn note(&self, drops: &mut Drops, name: StreamName, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.dropped.fetch_add(count, Ordering::Relaxed);
        remember(drops, name, count);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Adds to what waits for the same stream, so that it is stored together; but never over a call,
    /// which may be about that stream.
    fn join(&mut self, name: StreamName, events: LogLines) {
        for job in self.jobs.iter_mut().rev().take(JOINED_APPENDS) {
            match job {
                Job::Append(waiting, lines) if *waiting == name => return lines.push(events),
                Job::Append(..) => {}
                Job::Call(_) => break,
            }
        }
        self.jobs.push(Job::Append(name, vec![events]));
    }
}

/// How many of these, from the first on, there is space for.
fn fitting(events: &LogLines, space: usize) -> usize {
    if cost(events) <= space {
        return events.len();
    }
    let mut bytes = 0_usize;
    let fits = |event: &LogLine<'_>| {
        bytes = bytes.saturating_add(event.message.len() + QUEUED_EVENT_OVERHEAD);
        bytes <= space
    };
    events.iter().take_while(fits).count()
}

/// What waiting events cost.
fn cost(events: &LogLines) -> usize {
    events.bytes().saturating_add(events.len().saturating_mul(QUEUED_EVENT_OVERHEAD))
}

fn remember(drops: &mut Drops, name: StreamName, count: u64) {
    if let Some(known) = drops.get_mut(&name) {
        *known = known.saturating_add(count);
    } else if drops.len() < DROPPED_STREAMS {
        drops.insert(name, count);
    }
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::*;

    fn name(stream: &str) -> StreamName {
        let scope = Scope::new("000000000000", "us-east-1");
        StreamName { scope, group: "g".to_owned(), stream: stream.to_owned() }
    }

    fn lines(texts: &[&str]) -> LogLines {
        texts.iter().map(|text| (Timestamp::from_millis(1), text)).collect()
    }

    struct Nothing;

    impl Call for Nothing {
        fn run(&mut self, _: &mut Commit<'_>) -> rusqlite::Result<()> {
            Ok(())
        }

        fn kind(&self) -> CallKind {
            CallKind::Plain
        }

        fn finish(self: Box<Self>, _: Result<(), LogFault>) {}
    }

    #[test]
    fn appends_of_a_stream_are_stored_together_but_never_over_a_call() {
        let queue = Queue::default();
        queue.append(name("a"), lines(&["1", "2"]));
        queue.append(name("b"), lines(&["3"]));
        queue.append(name("a"), lines(&["4"]));
        queue.call(Box::new(Nothing));
        queue.append(name("a"), lines(&["5"]));
        let jobs: Vec<String> = queue
            .take(None)
            .jobs
            .iter()
            .map(|job| match job {
                Job::Append(name, lines) => {
                    let texts: Vec<_> =
                        lines.iter().flat_map(LogLines::iter).map(|line| line.message).collect();
                    format!("{} {}", name.stream, texts.join(" "))
                }
                Job::Call(_) => "call".to_owned(),
            })
            .collect();
        assert_eq!(jobs, ["a 1 2 4", "b 3", "call", "a 5"]);
    }

    #[test]
    fn what_is_written_at_once_is_taken_without_waiting() {
        let queue = Queue::default();
        let long = Instant::now() + Duration::from_secs(60);
        let text = "x".repeat(30_000);
        queue.append(name("a"), lines(&[&text, &text]));
        // Too little, and the time has come.
        let taken = queue.more(Instant::now());
        assert_eq!((taken.jobs.len(), taken.bytes, taken.urgent), (1, 60_064, false));
        queue.append(name("a"), lines(&[text.as_str(); 5]));
        assert_eq!(queue.more(long).bytes, 150_160);
        // Somebody waits, and then the end.
        queue.call(Box::new(Nothing));
        let taken = queue.more(long);
        assert_eq!((taken.jobs.len(), taken.urgent, taken.closed), (1, true, false));
        queue.close();
        assert!(queue.more(long).closed);
        let taken = queue.take(None);
        assert!(taken.jobs.is_empty() && taken.closed);
    }

    #[test]
    fn what_fits_is_counted_with_what_it_costs() {
        let three = lines(&["1234", "1234", "1234"]);
        for (space, expected) in [(0, 0), (35, 0), (36, 1), (107, 2), (108, 3), (usize::MAX, 3)] {
            assert_eq!(fitting(&three, space), expected, "{space}");
        }
    }
}
