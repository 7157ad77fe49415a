//! The log of one process: its stream in the function's log group, and the lines that Lambda
//! itself writes between the function's own.

use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Random, Scope};
use ports::log_sink::{LogLines, LogSink};

use crate::limits::{LOG_BATCH_BYTES, LOG_LINE_BYTES, LOG_TAIL_BYTES};

/// A log stream. What is written is handed on by [`flush`](Self::flush), or when it is much.
pub(crate) struct FunctionLog {
    sink: Arc<dyn LogSink>,
    clock: Clock,
    scope: Scope,
    group: String,
    stream: String,
    lines: LogLines,
    tail: Option<String>,
}

impl FunctionLog {
    /// A stream of its own in `group`, named as Lambda names them.
    pub(crate) fn new(
        sink: Arc<dyn LogSink>,
        clock: Clock,
        random: &Random,
        scope: Scope,
        group: String,
        version: &str,
    ) -> Self {
        let day = clock.now().format("%Y/%m/%d");
        let stream = format!("{day}/[{version}]{}", random.text(32, b"0123456789abcdef"));
        Self { sink, clock, scope, group, stream, lines: LogLines::default(), tail: None }
    }

    pub(crate) fn stream(&self) -> &str {
        &self.stream
    }

    /// Begins to keep the end of the log, until [`take_tail`](Self::take_tail).
    pub(crate) fn keep_tail(&mut self) {
        self.tail = Some(String::new());
    }

    /// The last 4 KB since [`keep_tail`](Self::keep_tail), if it was called.
    pub(crate) fn take_tail(&mut self) -> Option<String> {
        let mut tail = self.tail.take()?;
        cut_front(&mut tail);
        Some(tail)
    }

    /// Writes one event.
    pub(crate) fn write(&mut self, message: impl AsRef<str>) {
        let message = message.as_ref();
        if let Some(tail) = &mut self.tail {
            // Of a long line only the end can matter.
            let from = message.len().saturating_sub(LOG_TAIL_BYTES);
            tail.push_str(message.get(message.ceil_char_boundary(from)..).unwrap_or_default());
            tail.push('\n');
            if tail.len() > 4 * LOG_TAIL_BYTES {
                cut_front(tail);
            }
        }
        self.lines.push(self.clock.now(), message);
        // An empty line takes memory, too.
        if self.lines.bytes() + self.lines.len() * LOG_LINE_BYTES > LOG_BATCH_BYTES {
            self.flush();
        }
    }

    /// Hands on what was written.
    pub(crate) fn flush(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        self.sink.append(&self.scope, &self.group, &self.stream, std::mem::take(&mut self.lines));
    }

    pub(crate) fn start(&mut self, request_id: &str, version: &str) {
        self.write(format!("START RequestId: {request_id} Version: {version}"));
    }

    pub(crate) fn timed_out(&mut self, request_id: &str, after: Duration) {
        let now = self.clock.now().iso8601_millis();
        self.write(format!("{now} {request_id} Task timed out after {:.2} seconds", after.as_secs_f64()));
    }

    /// `END` and `REPORT`.
    pub(crate) fn end(&mut self, request_id: &str, report: &UsageReport) {
        self.write(format!("END RequestId: {request_id}"));
        self.write(report.line(request_id));
    }
}

impl Drop for FunctionLog {
    fn drop(&mut self) {
        self.flush();
    }
}

fn cut_front(tail: &mut String) {
    let from = tail.ceil_char_boundary(tail.len().saturating_sub(LOG_TAIL_BYTES));
    tail.drain(..from);
}

/// What an invocation used.
#[derive(Clone, Debug)]
pub(crate) struct UsageReport {
    pub(crate) duration: Duration,
    /// The start of the process, if this invocation was its first.
    pub(crate) init: Option<Duration>,
    pub(crate) memory_megabytes: u32,
    pub(crate) peak_bytes: u64,
    /// `timeout`, or `error` with its type, for the failures that Lambda itself notices.
    pub(crate) failure: Option<(&'static str, Option<String>)>,
}

impl UsageReport {
    /// The line, with a tab behind each field, the last one too, as Lambda prints it. The
    /// start of a process is billed since August 2025.
    fn line(&self, request_id: &str) -> String {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let billed = (self.duration + self.init.unwrap_or_default()).as_nanos().div_ceil(1_000_000);
        let peak = self.peak_bytes.div_ceil(1024 * 1024);
        let mut line = format!(
            "REPORT RequestId: {request_id}\tDuration: {:.2} ms\tBilled Duration: {billed} ms\t\
             Memory Size: {} MB\tMax Memory Used: {peak} MB\t",
            milliseconds(self.duration),
            self.memory_megabytes
        );
        if let Some(init) = self.init {
            line.push_str(&format!("Init Duration: {:.2} ms\t", milliseconds(init)));
        }
        if let Some((status, error_type)) = &self.failure {
            line.push_str(&format!("Status: {status}"));
            if let Some(error_type) = error_type {
                line.push_str(&format!("\tError Type: {error_type}"));
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use base::Timestamp;

    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<(String, String, String)>>);

    impl LogSink for Kept {
        fn append(&self, _: &Scope, group: &str, stream: &str, lines: LogLines) {
            let mut kept = self.0.lock().unwrap();
            kept.extend(
                lines.iter().map(|line| (group.to_owned(), stream.to_owned(), line.message.to_owned())),
            );
        }
    }

    fn log(sink: Arc<Kept>) -> FunctionLog {
        let clock = Clock::standing_at(Timestamp::from_millis(1_795_421_083_120));
        let scope = Scope::new("000000000000", "us-east-1");
        FunctionLog::new(sink, clock, &Random::seeded(1), scope, "/aws/lambda/f".into(), "$LATEST")
    }

    #[test]
    fn a_stream_is_named_by_day_and_version() {
        let log = log(Arc::default());
        let (day, rest) = log.stream().split_at(11);
        assert_eq!(day, "2026/11/23/");
        let hex = rest.strip_prefix("[$LATEST]").unwrap();
        assert!(hex.len() == 32 && hex.bytes().all(|c| c.is_ascii_hexdigit()), "{hex}");
    }

    #[test]
    fn the_report_reads_as_lambdas() {
        let report = UsageReport {
            duration: Duration::from_micros(1_234),
            init: Some(Duration::from_micros(81_500)),
            memory_megabytes: 128,
            peak_bytes: 35 * 1024 * 1024 - 1,
            failure: None,
        };
        assert_eq!(
            report.line("8f507cfc"),
            "REPORT RequestId: 8f507cfc\tDuration: 1.23 ms\tBilled Duration: 83 ms\tMemory Size: 128 MB\t\
             Max Memory Used: 35 MB\tInit Duration: 81.50 ms\t"
        );
        let failed = UsageReport {
            init: None,
            failure: Some(("error", Some("Runtime.ExitError".into()))),
            ..report.clone()
        };
        assert_eq!(
            failed.line("8f507cfc"),
            "REPORT RequestId: 8f507cfc\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t\
             Max Memory Used: 35 MB\tStatus: error\tError Type: Runtime.ExitError"
        );
        let timeout = UsageReport { init: None, failure: Some(("timeout", None)), ..report };
        assert!(timeout.line("8f507cfc").ends_with("\tStatus: timeout"));
    }

    #[test]
    fn the_tail_is_the_last_4_kb_of_whole_characters() {
        let mut log = log(Arc::default());
        log.write("before");
        log.keep_tail();
        log.start("8f507cfc", "$LATEST");
        assert_eq!(log.take_tail().as_deref(), Some("START RequestId: 8f507cfc Version: $LATEST\n"));
        assert_eq!(log.take_tail(), None);

        log.keep_tail();
        for _ in 0..20_000 {
            log.write("ä".repeat(9));
        }
        log.write("ä".repeat(3_000));
        let tail = log.take_tail().unwrap();
        assert_eq!(tail.len(), 4_095, "one byte would be half a letter");
        assert_eq!(tail, "ä".repeat(2_047) + "\n");
    }

    #[test]
    fn lines_arrive_in_order_and_none_is_lost_at_the_end() {
        let sink = Arc::new(Kept::default());
        let mut log = log(Arc::clone(&sink));
        log.write("one");
        assert!(sink.0.lock().unwrap().is_empty(), "kept back");
        log.write("x".repeat(300_000));
        assert_eq!(sink.0.lock().unwrap().len(), 2);
        log.write("three");
        drop(log);
        let kept = sink.0.lock().unwrap();
        assert_eq!(kept.len(), 3);
        assert_eq!(kept[2].0, "/aws/lambda/f");
        assert_eq!(kept[2].2, "three");
    }
}
