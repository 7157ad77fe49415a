//! A copy of all access logs for the operator: a line each, into a file or a pipe, besides the log
//! groups that the stages name. Who reads it may be slow: a thread of its own writes, what it has not
//! come to is bounded, and no request waits for it.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use ports::log_sink::LogLines;

/// The most that waits to be written; lines beyond it are left out, and counted.
const MOST_WAITING: usize = 16 * 1024 * 1024;

/// Where access logs are copied to. Dropping it writes what waits.
#[derive(Debug)]
pub struct AccessLogCopy {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Whole lines, each with its end, batch by batch.
    batches: Vec<String>,
    bytes: usize,
    left_out: usize,
    ended: bool,
}

impl AccessLogCopy {
    /// Into `writer`, by a thread of its own.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn start(writer: impl Write + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("access-log-copy".to_owned());
        let thread = thread.spawn(move || own.write(writer))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Takes lines of an access log.
    pub(super) fn take(&self, lines: &LogLines) {
        let batch = text_of(lines);
        if batch.is_empty() {
            return;
        }
        let mut waiting = self.shared.waiting();
        if waiting.bytes + batch.len() > MOST_WAITING {
            waiting.left_out += lines.len();
            return;
        }
        waiting.bytes += batch.len();
        waiting.batches.push(batch);
        self.shared.arrived.notify_one();
    }
}

/// Each line with an end behind it, and none inside it: a line is a line, whatever a client's texts have
/// in them.
fn text_of(lines: &LogLines) -> String {
    let mut text = String::with_capacity(lines.bytes() + lines.len());
    for line in lines.iter() {
        let mut rest = line.message;
        while let Some(place) = memchr::memchr2(b'\n', b'\r', rest.as_bytes()) {
            let (before, behind) = rest.split_at_checked(place).unwrap_or((rest, ""));
            text.push_str(before);
            text.push(' ');
            rest = behind.get(1..).unwrap_or_default();
        }
        text.push_str(rest);
        text.push('\n');
    }
    text
}

impl Drop for AccessLogCopy {
    fn drop(&mut self) {
        self.shared.waiting().ended = true;
        self.shared.arrived.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that copies access logs ended in a panic");
        }
    }
}

impl Shared {
    fn write(&self, mut writer: impl Write) {
        loop {
            let (batches, left_out, ended) = {
                let mut waiting = self.waiting();
                while waiting.batches.is_empty() && !waiting.ended {
                    waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                }
                waiting.bytes = 0;
                let left_out = std::mem::take(&mut waiting.left_out);
                (std::mem::take(&mut waiting.batches), left_out, waiting.ended)
            };
            if left_out > 0 {
                tracing::warn!(
                    lines = left_out,
                    "the copy of the access logs is written too slowly; lines are left out"
                );
            }
            let mut written = batches.iter().try_for_each(|batch| writer.write_all(batch.as_bytes()));
            if !batches.is_empty() {
                written = written.and_then(|()| writer.flush());
            }
            if let Err(error) = written {
                tracing::error!(%error, "the copy of the access logs cannot be written; lines are lost");
            }
            if ended && self.waiting().batches.is_empty() {
                return;
            }
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use base::Timestamp;

    use super::*;

    #[derive(Clone, Default)]
    pub(in crate::trail) struct Kept(pub(in crate::trail) Arc<Mutex<Vec<u8>>>);

    fn lines(texts: &[&str]) -> LogLines {
        texts.iter().map(|text| (Timestamp::from_millis(1), text)).collect()
    }

    impl Write for Kept {
        fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(data);
            Ok(data.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn dropping_it_loses_nothing() {
        let kept = Kept::default();
        let copy = AccessLogCopy::start(kept.clone()).unwrap();
        for batch in [&["one"] as &[&str], &[], &["two", "three"]] {
            copy.take(&lines(batch));
        }
        drop(copy);
        assert_eq!(*kept.0.lock().unwrap(), b"one\ntwo\nthree\n");
    }

    #[test]
    fn a_line_is_a_line() {
        let lines = lines(&["", "a\nb", "\r\n", "ü\rö\n", "plain"]);
        assert_eq!(text_of(&lines), "\na b\n  \nü ö \nplain\n");
    }

    /// Writes when it is told to.
    struct Held(Receiver<()>, Sender<usize>);

    impl Write for Held {
        fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.recv();
            let _ = self.1.send(data.len());
            Ok(data.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_waits_is_bounded() {
        let ((go, held), (tell, written)) = (channel(), channel());
        let copy = AccessLogCopy::start(Held(held, tell)).unwrap();
        let line = "x".repeat(1024 * 1024 - 1);
        copy.take(&lines(&["first"]));
        go.send(()).unwrap();
        assert_eq!(written.recv().unwrap(), 6);
        // The first of these may be with the writer already; of the others sixteen wait.
        (0..40).for_each(|_| copy.take(&lines(&[&line])));
        drop(go);
        drop(copy);
        let total: usize = written.iter().sum();
        assert!((MOST_WAITING..=2 * MOST_WAITING).contains(&total), "{total}");
    }
}
