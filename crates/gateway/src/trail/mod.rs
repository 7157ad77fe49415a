//! What is recorded of every request, last and on every path: access logs, execution logs and
//! counters.
//!
//! Each core collects lines for itself; they go to the log store in batches, when a core has
//! many or half a second has passed.

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
use ports::log_sink::{LogLine, LogSink};

pub use access_log::{AccessLog, AccessLogError, LogTarget};
pub use copy::AccessLogCopy;
pub use counters::{Counters, MethodCounters, MethodKey, Observed, StageCounters, Totals};
pub use execution_log::{Detail, ExecutionLog, ExecutionLogs};
pub use histogram::Distribution;
pub use websocket_counters::{WebSocketCounters, WebSocketCounts, WebSocketObserved, WebSocketTotals};

use crate::shard::Sharded;

/// Lines that a core collects before it hands them on.
const BATCH_LINES: usize = 512;

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
    lines: Vec<(Arc<LogTarget>, Vec<LogLine>)>,
    count: usize,
    /// The lines of access logs once more, if they are copied.
    copied: String,
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

    /// Takes one line of an access log.
    pub fn log(&self, log: &AccessLog, timestamp: Timestamp, message: String) {
        if let Some(canary) = log.canary_target() {
            self.lines(canary, [LogLine { timestamp, message: message.clone() }]);
        }
        if self.shared.copy.is_some() {
            let mut batch = lock(self.shared.batches.mine());
            // A line is a line, whatever a client's texts have in them.
            batch.copied.extend(message.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
            batch.copied.push('\n');
        }
        self.lines(log.target(), [LogLine { timestamp, message }]);
    }

    /// Takes lines that belong together.
    pub fn lines(&self, target: &Arc<LogTarget>, lines: impl IntoIterator<Item = LogLine>) {
        let full = {
            let mut batch = lock(self.shared.batches.mine());
            for line in lines {
                batch.push(target, line);
            }
            (batch.count >= BATCH_LINES).then(|| std::mem::take(&mut *batch))
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
    fn push(&mut self, target: &Arc<LogTarget>, line: LogLine) {
        self.count += 1;
        match self.lines.iter_mut().find(|(own, _)| Arc::ptr_eq(own, target)) {
            Some((_, lines)) => lines.push(line),
            None => self.lines.push((Arc::clone(target), vec![line])),
        }
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
        if let Some(copy) = &self.copy {
            copy.take(&batch.copied);
        }
        for (target, lines) in batch.lines {
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
    use crate::exchange::StageFacts;

    #[derive(Default)]
    struct Kept(Mutex<Vec<(String, Vec<String>)>>);

    impl LogSink for Kept {
        fn append(&self, _: &Scope, group: &str, _: &str, lines: Vec<LogLine>) {
            let lines = lines.into_iter().map(|line| line.message).collect();
            self.0.lock().unwrap().push((group.to_owned(), lines));
        }
    }

    fn log(group: &str) -> AccessLog {
        let settings = AccessLogSettings {
            format: Some("x".to_owned()),
            destination_arn: Some(format!("arn:aws:logs:us-west-2:000000000000:log-group:{group}")),
        };
        AccessLog::compile(Some(&settings), &StageFacts::default()).unwrap().unwrap()
    }

    #[test]
    fn lines_arrive_together_by_group_and_in_order() {
        let kept = Arc::new(Kept::default());
        let trail = Trail::start(Arc::clone(&kept) as Arc<dyn LogSink>, None).unwrap();
        let (a, b) = (log("a"), log("b"));
        for (log, text) in [(&a, "1"), (&b, "2"), (&a, "3")] {
            trail.log(log, Timestamp::from_millis(1), text.to_owned());
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
        let log = log("a");
        for _ in 0..BATCH_LINES {
            trail.log(&log, Timestamp::from_millis(1), "x".to_owned());
        }
        let mut arrived = 0;
        while arrived < BATCH_LINES {
            // Whatever the patrol has taken is on its way.
            arrived = kept.0.lock().unwrap().iter().map(|(_, lines)| lines.len()).sum();
        }
        assert_eq!(arrived, BATCH_LINES);
    }

    #[test]
    fn dropping_it_loses_nothing() {
        let kept = Arc::new(Kept::default());
        let trail = Trail::start(Arc::clone(&kept) as Arc<dyn LogSink>, None).unwrap();
        trail.log(&log("a"), Timestamp::from_millis(1), "last".to_owned());
        drop(trail);
        assert_eq!(*kept.0.lock().unwrap(), [("a".to_owned(), vec!["last".to_owned()])]);
    }
}
