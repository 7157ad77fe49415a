//! What an operator can set about functions.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::control_group::ControlGroupBase;

/// How functions are run on this machine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where packages are unpacked, runtime clients written and scratch directories made.
    /// Created if missing; everything in it can be made again. No other gateway may use it.
    pub directory: PathBuf,
    /// Directories of gateways that have ended: what they left there is ended and removed.
    pub retired: Vec<PathBuf>,
    /// `AWS_ENDPOINT_URL` of every function: this gateway, `http://127.0.0.1:4566`.
    pub endpoint_url: String,
    /// Where interpreters are looked for: the gateway's own `PATH`.
    pub interpreter_path: OsString,
    /// The program (with its first arguments) that turns into a function's process: this
    /// binary, whose `main` calls [`crate::launcher::take_over`] first.
    pub launcher: Vec<OsString>,
    /// Whether processes are held to their own part of the file system, if the kernel can do
    /// that: they write only to `/tmp` and a scratch directory of their own, and do not see
    /// what is hidden.
    pub confine: bool,
    /// What a confined process does not see: the gateway's data. Not effective below `/tmp`.
    pub hidden: Vec<PathBuf>,
    /// Where processes get control groups of their own, by which the kernel bounds them.
    pub control_group: ControlGroupBase,
    /// How many processes may live at a time, over all functions.
    pub max_processes: usize,
    /// How many processes one version of a function may have.
    pub max_processes_per_function: usize,
    /// How many processes may be starting at a time: starting is work for the processor.
    pub max_starting: usize,
    /// How many threads keep processes.
    pub keeping_threads: usize,
    /// How many invocations may run or wait at a time in one account and region (Lambda
    /// quotas, "Concurrent executions": 1,000). More are throttled.
    pub account_concurrency: usize,
    /// How many invocations of one version may wait for a process. More are throttled.
    pub max_waiting: usize,
    /// How long an invocation waits for a process before it is throttled.
    pub max_wait: Duration,
    /// How long a process may do nothing before it is stopped.
    pub idle_limit: Duration,
    /// How long the start of a process may take before it is started anew within the
    /// invocation (Lambda developer guide, "Lambda execution environment": 10 seconds).
    pub init_limit: Duration,
    /// How many `Event` invocations may be queued, in numbers and in bytes of events.
    pub max_events: usize,
    /// See [`Settings::max_events`].
    pub max_event_bytes: usize,
    /// What passes before the second and the third attempt of a failed `Event` invocation
    /// (Lambda developer guide, "Asynchronous invocation": one and two minutes).
    pub event_retry_delays: Vec<Duration>,
}

impl Settings {
    /// The defaults, with what has none.
    #[must_use]
    pub fn new(directory: PathBuf, endpoint_url: impl Into<String>, interpreter_path: OsString) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        Self {
            directory,
            retired: Vec::new(),
            endpoint_url: endpoint_url.into(),
            interpreter_path,
            // The running program itself, even if its file has been replaced meanwhile.
            launcher: vec!["/proc/self/exe".into()],
            confine: true,
            hidden: Vec::new(),
            control_group: ControlGroupBase::Own,
            max_processes: 100,
            max_processes_per_function: 10,
            max_starting: cores.max(2),
            keeping_threads: cores.clamp(2, 8),
            account_concurrency: 1000,
            max_waiting: 1000,
            max_wait: Duration::from_secs(30),
            idle_limit: Duration::from_secs(5 * 60),
            init_limit: Duration::from_secs(10),
            max_events: 10_000,
            max_event_bytes: 256 * 1024 * 1024,
            event_retry_delays: vec![Duration::from_secs(60), Duration::from_secs(120)],
        }
    }
}
