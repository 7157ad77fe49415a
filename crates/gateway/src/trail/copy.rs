//! A copy of all access logs for the operator: a line each, into a file or a pipe, besides the log
//! groups that the stages name. Who reads it may be slow: a thread of its own writes, what it has not
//! come to is bounded, and no request waits for it.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

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
    text: String,
    left_out: u64,
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

    /// Takes whole lines, each with its end.
    pub(super) fn take(&self, lines: &str) {
        if lines.is_empty() {
            return;
        }
        let mut waiting = self.shared.waiting();
        if waiting.text.len() + lines.len() > MOST_WAITING {
            waiting.left_out += lines.bytes().filter(|c| *c == b'\n').count() as u64;
            return;
        }
        waiting.text.push_str(lines);
        self.shared.arrived.notify_one();
    }
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
            let (text, left_out, ended) = {
                let mut waiting = self.waiting();
                while waiting.text.is_empty() && !waiting.ended {
                    waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                }
                let left_out = std::mem::take(&mut waiting.left_out);
                (std::mem::take(&mut waiting.text), left_out, waiting.ended)
            };
            if left_out > 0 {
                tracing::warn!(
                    lines = left_out,
                    "the copy of the access logs is written too slowly; lines are left out"
                );
            }
            if let Err(error) = writer.write_all(text.as_bytes()).and_then(|()| writer.flush()) {
                tracing::error!(%error, "the copy of the access logs cannot be written; lines are lost");
            }
            if ended && self.waiting().text.is_empty() {
                return;
            }
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

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
        for line in ["one\n", "", "two\nthree\n"] {
            copy.take(line);
        }
        drop(copy);
        assert_eq!(*kept.0.lock().unwrap(), b"one\ntwo\nthree\n");
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
        let line = "x".repeat(1024 * 1024 - 1) + "\n";
        copy.take("first\n");
        go.send(()).unwrap();
        assert_eq!(written.recv().unwrap(), 6);
        // The first of these may be with the writer already; of the others sixteen wait.
        (0..40).for_each(|_| copy.take(&line));
        drop(go);
        drop(copy);
        let total: usize = written.iter().sum();
        assert!((MOST_WAITING..=2 * MOST_WAITING).contains(&total), "{total}");
    }
}
