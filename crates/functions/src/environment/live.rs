//! A process that lives: everything that can happen to it, one happening at a time, and the
//! reading of its output on the way.

use std::time::{Duration, Instant};

use base::Timestamp;
use tokio::net::unix::pipe;
use tokio::sync::{oneshot, watch};

use super::EnvironmentSpec;
use super::log::FunctionLog;
use crate::limits::{
    KILL_GRACE, OUTPUT_BURST_BYTES, OUTPUT_BYTES_PER_WINDOW, OUTPUT_CHUNK_BYTES, OUTPUT_WINDOW,
    STORAGE_WATCH_INTERVAL, STORAGE_WATCH_SHARE, TASKS, WATCH_INTERVAL,
};
use crate::package::UnpackedCode;
use crate::payload::{Excess, Exit, Failure};
use crate::process::Process;
use crate::process::output::{LineCutter, event_text};
use crate::process::storage;
use crate::process::usage::{Usage, measure};
use crate::runtime_api::{Answer, Call, Report, RuntimeApi};

/// How long the last words of a process that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// Processes and threads that are measured in passing.
const FEW_TASKS: u64 = 32;

/// What of a process's output is read at most when everything is to be read that is there: it
/// holds what a pipe can hold, and what a child that was left behind writes is not waited for.
const DRAINED_BYTES: usize = 2 * 1024 * 1024;

/// A process with its Runtime API and its log.
pub(super) struct Live {
    process: Process,
    api: RuntimeApi,
    pub(super) log: FunctionLog,
    output: Output,
    /// When the process was there.
    pub(super) started: Instant,
    /// Where the process waits for its next invocation.
    pub(super) next: Option<oneshot::Sender<Answer>>,
    stop: watch::Receiver<bool>,
    /// When the credentials in its environment end.
    pub(super) credentials_end: Timestamp,
    memory: Usage,
    measured: Instant,
    /// When its directory is measured again.
    storage_due: Instant,
    _code: UnpackedCode,
}

/// What can happen.
pub(super) enum Happening {
    /// The process called its Runtime API.
    Called(Call),
    /// The process ended; what it had reported before, unread until now.
    Ended(Exit, Vec<Report>),
    /// The deadline has come.
    Deadline,
    /// It is time to measure its memory.
    Tick,
    /// The gateway stops.
    Stopped,
}

impl Live {
    pub(super) fn new(
        (process, output): (Process, pipe::Receiver),
        api: RuntimeApi,
        log: FunctionLog,
        stop: watch::Receiver<bool>,
        credentials_end: Timestamp,
        code: UnpackedCode,
    ) -> Self {
        Self {
            process,
            api,
            log,
            output: Output::of(output),
            started: Instant::now(),
            next: None,
            stop,
            credentials_end,
            memory: Usage::default(),
            measured: Instant::now(),
            storage_due: Instant::now() + STORAGE_WATCH_INTERVAL,
            _code: code,
        }
    }

    /// Waits for the next happening. `Tick` comes `watch` after the last measurement. May be dropped
    /// and called again.
    pub(super) async fn step(&mut self, deadline: Option<Instant>, watch: Duration) -> Happening {
        let next_tick = Some(self.measured + watch);
        let exit = loop {
            let paused = self.output.paused_until();
            tokio::select! {
                // The output stands last: a process that never stops writing must not keep
                // the others from being seen.
                biased;
                () = at(deadline) => return Happening::Deadline,
                _ = self.stop.wait_for(|stop| *stop) => return Happening::Stopped,
                call = self.api.called() => return Happening::Called(call),
                exit = self.process.ended() => break exit,
                () = at(next_tick) => return Happening::Tick,
                () = at(paused), if paused.is_some() => self.output.resume(),
                () = self.output.readable(), if paused.is_none() => {
                    self.output.read(&mut self.log);
                    if watch > WATCH_INTERVAL {
                        self.log.flush();
                    }
                }
            }
        };
        let reports = self.api.last_reports(LAST_WORDS).await;
        self.read_what_is_there();
        self.output.finish(&mut self.log);
        Happening::Ended(exit, reports)
    }

    /// Reads the output that the process has written until now.
    pub(super) fn read_what_is_there(&mut self) {
        self.output.drain(&mut self.log);
    }

    /// Measures the memory, if that was not done within `unless`. Answers the last measurement.
    pub(super) async fn memory(&mut self, unless: Duration) -> Usage {
        if self.measured.elapsed() >= unless || self.memory == Usage::default() {
            self.measured = Instant::now();
            let pid = self.process.pid();
            // A family is read process by process: others are not to wait for a large one.
            let now = match self.memory.tasks > FEW_TASKS {
                true => tokio::task::spawn_blocking(move || measure(pid)).await.ok().flatten(),
                false => measure(pid),
            };
            if let Some(now) = now {
                self.memory = Usage { peak: now.peak.max(self.memory.peak), ..now };
            }
        }
        self.memory
    }

    /// What the process has taken too much of, if it has: measured now, its directory from time to
    /// time. Why it is ended stands in its log.
    pub(super) async fn excess(&mut self, spec: &EnvironmentSpec) -> Option<Failure> {
        let usage = self.memory(Duration::ZERO).await;
        if usage.taken > spec.memory_bytes() || self.process.ran_out_of_memory() {
            return Some(Failure::OutOfMemory);
        }
        let excess = if usage.tasks > TASKS {
            Excess::Tasks
        } else if self.stored().await > spec.storage_bytes {
            Excess::Storage
        } else {
            return None;
        };
        tracing::info!(function = spec.name, scope = ?spec.scope, %excess, "a function is ended");
        self.log.write(excess.to_string());
        Some(Failure::Excess(excess))
    }

    /// Whether the kernel has ended a process of it for want of memory.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        self.process.ran_out_of_memory()
    }

    /// The failure that its end by itself is.
    pub(super) fn failure(&self, exit: Exit) -> Failure {
        if self.ran_out_of_memory() { Failure::OutOfMemory } else { Failure::Exited(exit) }
    }

    /// What its directory holds, if it is time to measure that.
    async fn stored(&mut self) -> u64 {
        let begun = Instant::now();
        if begun < self.storage_due {
            return 0;
        }
        let (pid, scratch) = (self.process.pid(), self.process.scratch().to_owned());
        let taken = tokio::task::spawn_blocking(move || storage::taken(pid, &scratch)).await;
        let pause = (begun.elapsed() * STORAGE_WATCH_SHARE).max(STORAGE_WATCH_INTERVAL);
        self.storage_due = Instant::now() + pause;
        taken.unwrap_or(0)
    }

    /// Kills the process, waits until it is gone and reads what it had written.
    pub(super) async fn kill(&mut self) {
        self.process.kill();
        if tokio::time::timeout(KILL_GRACE, self.process.ended()).await.is_err() {
            tracing::warn!("a function's process does not end when killed");
        }
        self.read_what_is_there();
        self.output.finish(&mut self.log);
    }

    /// Ends the process and gives its log back, for another one in its place.
    pub(super) async fn end(mut self) -> FunctionLog {
        let Self { process, log, .. } = {
            self.read_what_is_there();
            self.output.finish(&mut self.log);
            self
        };
        process.end().await;
        log
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// The process's standard output and standard error.
struct Output {
    pipe: pipe::Receiver,
    open: bool,
    buffer: Box<[u8]>,
    cutter: LineCutter,
    window_start: Instant,
    /// What may be read still.
    left: usize,
    paused: bool,
}

impl Output {
    fn of(pipe: pipe::Receiver) -> Self {
        Self {
            pipe,
            open: true,
            buffer: vec![0; OUTPUT_CHUNK_BYTES].into_boxed_slice(),
            cutter: LineCutter::default(),
            window_start: Instant::now(),
            left: OUTPUT_BURST_BYTES,
            paused: false,
        }
    }

    /// Until when nothing is read, because much was: meanwhile the process waits in `write`.
    fn paused_until(&self) -> Option<Instant> {
        self.paused.then(|| self.window_start + OUTPUT_WINDOW)
    }

    fn resume(&mut self) {
        self.paused = false;
        let windows = self.window_start.elapsed().as_millis() / OUTPUT_WINDOW.as_millis().max(1);
        let more = usize::try_from(windows).unwrap_or(usize::MAX).saturating_mul(OUTPUT_BYTES_PER_WINDOW);
        self.left = self.left.saturating_add(more).min(OUTPUT_BURST_BYTES);
        self.window_start = Instant::now();
    }

    async fn readable(&self) {
        if !self.open || self.pipe.readable().await.is_err() {
            std::future::pending().await
        }
    }

    /// Reads once. Answers whether there may be more.
    fn read(&mut self, log: &mut FunctionLog) -> bool {
        let outcome = self.pipe.try_read(&mut self.buffer);
        let more = self.took(outcome, log) > 0;
        if self.window_start.elapsed() >= OUTPUT_WINDOW {
            self.resume();
        }
        self.paused = self.left == 0;
        more
    }

    /// Reads what is there. Asks the system itself: the runtime only knows of bytes that it
    /// was told of.
    fn drain(&mut self, log: &mut FunctionLog) {
        let mut drained = 0;
        while self.open && drained < DRAINED_BYTES {
            let outcome = rustix::io::read(&self.pipe, &mut self.buffer[..]).map_err(std::io::Error::from);
            match self.took(outcome, log) {
                0 => break,
                count => drained += count,
            }
        }
    }

    fn took(&mut self, outcome: std::io::Result<usize>, log: &mut FunctionLog) -> usize {
        use std::io::ErrorKind::{Interrupted, WouldBlock};
        let count = match outcome {
            Ok(count) => count,
            Err(error) if matches!(error.kind(), WouldBlock | Interrupted) => return 0,
            Err(_) => 0,
        };
        if count == 0 {
            self.open = false;
        }
        self.left = self.left.saturating_sub(count);
        let chunk = self.buffer.get(..count).unwrap_or_default();
        self.cutter.push(chunk, &mut |line| log.write(event_text(line)));
        count
    }

    fn finish(&mut self, log: &mut FunctionLog) {
        self.cutter.finish(&mut |line| log.write(event_text(line)));
    }
}
