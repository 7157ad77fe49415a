//! What is recorded of every request, last and on every path: access logs, execution logs and
//! counters.
//!
//! Each core collects lines for itself and writes them straight into its batch, one buffer for each log
//! stream; batches go to the log store when a core has many lines or half a second has passed.

mod access_log;
mod copy;
mod counters;
pub(crate) mod execution_log;
pub(crate) mod histogram;
mod websocket_counters;

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base::Timestamp;
use ports::log_sink::{LogLines, LogSink};

pub use access_log::{AccessLog, AccessLogError, LogTarget};
pub use copy::AccessLogCopy;
pub use counters::{Counters, MethodCounters, MethodKey, Observed, StageCounters, Totals};
pub use execution_log::{Detail, ExecutionLog, ExecutionLogs};
pub use histogram::Distribution;
pub use websocket_counters::{WebSocketCounters, WebSocketCounts, WebSocketObserved, WebSocketTotals};

use crate::exchange::Context;
use crate::shard::Sharded;

/// Lines that a core collects before it hands them on.
const BATCH_LINES: usize = 512;

/// The same in bytes of their texts: no more than stays in the processor's cache until it is written.
const BATCH_BYTES: usize = 128 * 1024;

/// The longest that a line waits for others.
const BATCH_TIME: Duration = Duration::from_millis(500);

/// Collects log lines. Dropping it hands on what it has.
#[derive(Debug)]
pub struct Trail {
    shared: Arc<Shared>,
    patrol: Option<JoinHandle<()>>,
}

struct Shared {
    sink: Arc<dyn LogSink>,
    copy: Option<AccessLogCopy>,
    batches: Sharded<Mutex<Batch>>,
    stop: Mutex<bool>,
    stopping: Condvar,
}

/// Lines by where they go; a core rarely has more than a few targets at a time.
#[derive(Debug, Default)]
struct Batch {
    parts: Vec<Part>,
    lines: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Part {
    target: Arc<LogTarget>,
    lines: LogLines,
    /// Whether they are an access log's, which may be copied.
    access: bool,
}

impl Trail {
    /// A trail into `sink`, and of access logs into `copy` as well, with a thread that hands on what
    /// waits.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn start(sink: Arc<dyn LogSink>, copy: Option<AccessLogCopy>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            sink,
            copy,
            batches: Sharded::new(Mutex::default),
            stop: Mutex::new(false),
            stopping: Condvar::new(),
        });
        let patrolled = Arc::clone(&shared);
        let patrol =
            std::thread::Builder::new().name("access-logs".to_owned()).spawn(move || patrolled.patrol())?;
        Ok(Self { shared, patrol: Some(patrol) })
    }

    /// Writes the line of one request into an access log.
    pub fn log(&self, log: &AccessLog, timestamp: Timestamp, context: &Context<'_>) {
        self.collect(|batch| {
            let line = |lines: &mut LogLines| lines.push_with(timestamp, |text| log.write(context, text));
            if let Some(canary) = log.canary_target() {
                batch.write(canary, false, line);
            }
            batch.write(log.target(), true, line);
        });
    }

    /// Takes lines that belong together, as `write` adds them.
    pub fn lines(&self, target: &Arc<LogTarget>, write: impl FnOnce(&mut LogLines)) {
        self.collect(|batch| batch.write(target, false, write));
    }

    fn collect(&self, write: impl FnOnce(&mut Batch)) {
        let full = {
            let mut batch = lock(self.shared.batches.mine());
            write(&mut batch);
            batch.take_if_full()
        };
        if let Some(full) = full {
            self.shared.hand_on(full);
        }
    }

    /// Hands on everything that waits.
    pub fn flush(&self) {
        self.shared.flush();
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        *lock(&self.shared.stop) = true;
        self.shared.stopping.notify_all();
        if let Some(patrol) = self.patrol.take()
            && patrol.join().is_err()
        {
            tracing::error!("the thread that writes access logs ended in a panic");
        }
        self.shared.flush();
    }
}

impl Batch {
    fn write(&mut self, target: &Arc<LogTarget>, access: bool, write: impl FnOnce(&mut LogLines)) {
        let lines = match self.parts.iter().position(|part| Arc::ptr_eq(&part.target, target)) {
            Some(index) => self.parts.get_mut(index),
            None => {
                self.parts.push(Part { target: Arc::clone(target), lines: LogLines::default(), access });
                self.parts.last_mut()
            }
        };
        let Some(Part { lines, .. }) = lines else { return };
        let (count, bytes) = (lines.len(), lines.bytes());
        write(lines);
        self.lines += lines.len().saturating_sub(count);
        self.bytes += lines.bytes().saturating_sub(bytes);
    }

    /// If it is full: all of it, and an empty one with as much space is in its place.
    fn take_if_full(&mut self) -> Option<Self> {
        if self.lines < BATCH_LINES && self.bytes < BATCH_BYTES {
            return None;
        }
        let next = |Part { target, lines, access }: &Part| Part {
            target: Arc::clone(target),
            lines: LogLines::with_space_of(lines),
            access: *access,
        };
        // Who had no line this time is forgotten.
        let parts = self.parts.iter().filter(|part| !part.lines.is_empty()).map(next).collect();
        Some(std::mem::replace(self, Self { parts, lines: 0, bytes: 0 }))
    }
}

impl Shared {
    fn patrol(&self) {
        let mut stop = lock(&self.stop);
        while !*stop {
            let waited = self.stopping.wait_timeout(stop, BATCH_TIME);
            (stop, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if !*stop {
                drop(stop);
                self.flush();
                stop = lock(&self.stop);
            }
        }
    }

    fn flush(&self) {
        for batch in self.batches.iter() {
            let taken = std::mem::take(&mut *lock(batch));
            self.hand_on(taken);
        }
    }

    fn hand_on(&self, batch: Batch) {
        for Part { target, lines, access } in batch.parts {
            if lines.is_empty() {
                continue;
            }
            if let Some(copy) = self.copy.as_ref().filter(|_| access) {
                copy.take(&lines);
            }
            self.sink.append(&target.scope, &target.group, &target.stream, lines);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

#[cfg(test)]
mod tests {
    use api::apigateway::AccessLogSettings;
    use base::Scope;

    use super::*;
    use crate::exchange::{Outcome, StageFacts};

    #[derive(Default)]
    struct Kept(Mutex<Vec<(String, Vec<String>)>>);

    impl LogSink for Kept {
        fn append(&self, _: &Scope, group: &str, _: &str, lines: LogLines) {
            let lines = lines.iter().map(|line| line.message.to_owned()).collect();
            self.0.lock().unwrap().push((group.to_owned(), lines));
        }
    }

    fn log(group: &str, format: &str) -> AccessLog {
        let settings = AccessLogSettings {
            format: Some(format.to_owned()),
            destination_arn: Some(format!("arn:aws:logs:us-west-2:000000000000:log-group:{group}")),
        };
        AccessLog::compile(Some(&settings), &StageFacts::default()).unwrap().unwrap()
    }

    fn write(trail: &Trail, log: &AccessLog, text: &str) {
        trail.lines(log.target(), |lines| lines.push(Timestamp::from_millis(1), text));
    }

    #[test]
    fn lines_arrive_together_by_group_and_in_order() {
        let kept = Arc::new(Kept::default());
        let trail = Trail::start(Arc::clone(&kept) as Arc<dyn LogSink>, None).unwrap();
        let (a, b) = (log("a", ""), log("b", ""));
        for (log, text) in [(&a, "1"), (&b, "2"), (&a, "3")] {
            write(&trail, log, text);
        }
        trail.flush();
        // The patrol may have come in between.
        let mut lines: Vec<_> = kept
            .0
            .lock()
            .unwrap()
            .iter()
            .flat_map(|(group, lines)| lines.iter().map(move |l| format!("{group}{l}")))
            .collect();
        lines.sort();
        assert_eq!(lines, ["a1", "a3", "b2"]);
    }

    #[test]
    fn a_full_batch_does_not_wait() {
        let kept = Arc::new(Kept::default());
        let trail = Trail::start(Arc::clone(&kept) as Arc<dyn LogSink>, None).unwrap();
        let log = log("a", "");
        for _ in 0..BATCH_LINES {
            write(&trail, &log, "x");
        }
        let arrived = || -> usize { kept.0.lock().unwrap().iter().map(|(_, lines)| lines.len()).sum() };
        while arrived() < BATCH_LINES {
            // Whatever the patrol has taken is on its way.
        }
        assert_eq!(arrived(), BATCH_LINES);
        // The same of few lines that are long.
        write(&trail, &log, &"x".repeat(BATCH_BYTES));
        while arrived() < BATCH_LINES + 1 {}
    }

    #[test]
    fn a_batch_that_was_full_leaves_space_for_those_who_filled_it() {
        let mut batch = Batch::default();
        let (a, b) = (log("a", ""), log("b", ""));
        batch.write(a.target(), true, |lines| lines.push(Timestamp::from_millis(1), "x"));
        assert!(batch.take_if_full().is_none());
        batch.write(b.target(), true, |_| {});
        batch.write(a.target(), true, |lines| {
            for _ in 1..BATCH_LINES {
                lines.push(Timestamp::from_millis(1), "x");
            }
        });
        let full = batch.take_if_full().unwrap();
        assert_eq!((full.lines, full.bytes, full.parts.len()), (BATCH_LINES, BATCH_LINES, 2));
        assert_eq!((batch.lines, batch.bytes, batch.parts.len()), (0, 0, 1));
        assert!(Arc::ptr_eq(&batch.parts[0].target, a.target()) && batch.parts[0].lines.is_empty());
    }

    #[test]
    fn a_canary_writes_two_lines_of_which_one_is_copied() {
        let (kept, copied) = (Arc::new(Kept::default()), copy::tests::Kept::default());
        let copy = AccessLogCopy::start(copied.clone()).unwrap();
        let trail = Trail::start(Arc::clone(&kept) as Arc<dyn LogSink>, Some(copy)).unwrap();
        let log = log("a", "$context.status of\n$context.stage").of_canary();
        let request = crate::exchange::request::tests::request("/prod/pets", "prod");
        let context = Context {
            request: &request,
            stage: &StageFacts { stage: "prod".into(), ..StageFacts::default() },
            resource: None,
            route_key: None,
            caller: &crate::exchange::NOBODY,
            trace: None,
            outcome: Some(&Outcome { status: 200, ..Outcome::default() }),
        };
        trail.log(&log, Timestamp::from_millis(1), &context);
        drop(trail);
        let line = "200 of\nprod";
        let mut lines = kept.0.lock().unwrap().clone();
        lines.sort();
        assert_eq!(lines, ["a", "a/Canary"].map(|group| (group.to_owned(), vec![line.to_owned()])));
        assert_eq!(*copied.0.lock().unwrap(), b"200 of prod\n");
    }

    #[test]
    fn dropping_it_loses_nothing() {
        let kept = Arc::new(Kept::default());
        let trail = Trail::start(Arc::clone(&kept) as Arc<dyn LogSink>, None).unwrap();
        write(&trail, &log("a", ""), "last");
        drop(trail);
        assert_eq!(*kept.0.lock().unwrap(), [("a".to_owned(), vec!["last".to_owned()])]);
    }
}
