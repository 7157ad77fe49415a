//! How starts and invocations end, and how that is told: to the caller, and in the log.

use std::time::Duration;

use bytes::Bytes;
use ports::functions::InvokeError;

use super::log::{FunctionLog, UsageReport};
use super::machine::StartFault;
use super::{Job, JobReply};
use crate::limits::{MAXIMUM_RESULT_BYTES, MAXIMUM_STREAM_BYTES};
use crate::payload::{Exit, Failure};
use crate::runtime_api::{FunctionFailed, Posted, Report, StreamOutcome};

/// Why a process did not come to ask for its first invocation.
pub(super) enum InitFault {
    Start(StartFault),
    /// It reported an error itself.
    Reported {
        payload: Bytes,
        error_type: Option<String>,
    },
    Exited(Exit),
    TimedOut,
    /// It took too much of something.
    Excess(Failure),
    Stopped,
}

const RESULT_TOO_LARGE: Failure = Failure::ResultTooLarge { limit: MAXIMUM_RESULT_BYTES };

/// How an invocation ended.
pub(super) enum Outcome {
    /// What the function made of it; nothing more if that was streamed.
    Result(Bytes),
    /// The function's own error object.
    Error {
        payload: Bytes,
        error_type: Option<String>,
    },
    Failed(Failure),
    /// The gateway stops.
    Stopped,
}

pub(super) fn reported_fault(error_type: Option<String>, body: Posted) -> InitFault {
    match body {
        Posted::Whole(payload) => InitFault::Reported { payload, error_type },
        Posted::TooLarge => InitFault::Reported {
            payload: RESULT_TOO_LARGE.payload(""),
            error_type: Some(RESULT_TOO_LARGE.error_type().to_owned()),
        },
    }
}

/// The outcome that `report` tells, if it is one of this invocation.
pub(super) fn outcome_of(report: Report, request_id: &str) -> Option<Outcome> {
    match report {
        Report::Response { request_id: id, body } if id == request_id => Some(match body {
            Posted::Whole(payload) => Outcome::Result(payload),
            Posted::TooLarge => Outcome::Failed(RESULT_TOO_LARGE),
        }),
        Report::Streamed { request_id: id, outcome } if id == request_id => Some(match outcome {
            StreamOutcome::Complete => Outcome::Result(Bytes::new()),
            StreamOutcome::Failed(FunctionFailed { error_type, payload }) => {
                Outcome::Error { payload, error_type }
            }
            StreamOutcome::TooLarge => {
                Outcome::Failed(Failure::ResultTooLarge { limit: MAXIMUM_STREAM_BYTES })
            }
            StreamOutcome::Broken => Outcome::Failed(Failure::StreamBroken),
        }),
        Report::Error { request_id: id, error_type, body } if id == request_id => Some(match body {
            Posted::Whole(payload) => Outcome::Error { payload, error_type },
            Posted::TooLarge => Outcome::Failed(RESULT_TOO_LARGE),
        }),
        Report::Response { .. }
        | Report::Streamed { .. }
        | Report::Error { .. }
        | Report::InitError { .. } => None,
    }
}

/// `Status` and `Error Type` of the report. A function's own error is no failure of the
/// environment and is not mentioned.
pub(super) fn failure_of(outcome: &Outcome) -> Option<(&'static str, Option<String>)> {
    match outcome {
        Outcome::Failed(Failure::TimedOut(_)) => Some(("timeout", None)),
        Outcome::Failed(failure) => Some(("error", Some(failure.error_type().to_owned()))),
        Outcome::Result(_) | Outcome::Error { .. } | Outcome::Stopped => None,
    }
}

pub(super) fn begin(log: &mut FunctionLog, job: &Job, version: &str) {
    if job.log_tail {
        log.keep_tail();
    }
    log.start(&job.request_id, version);
}

/// Writes the last lines of an invocation and answers it.
pub(super) fn finish(log: &mut FunctionLog, job: Job, outcome: Outcome, report: &UsageReport) {
    let Job { request_id, reply, permit, .. } = job;
    match &outcome {
        Outcome::Failed(Failure::TimedOut(after)) => log.timed_out(&request_id, *after),
        Outcome::Failed(failure) => {
            log.write(format!("{}\n{}", failure.error_message(&request_id), failure.error_type()));
        }
        Outcome::Result(_) | Outcome::Error { .. } | Outcome::Stopped => {}
    }
    log.end(&request_id, report);
    let log_tail = log.take_tail();
    let answer = match outcome {
        Outcome::Result(payload) => Ok(JobReply { payload, is_error: false, log_tail }),
        Outcome::Error { payload, .. } => Ok(JobReply { payload, is_error: true, log_tail }),
        Outcome::Failed(failure) => {
            Ok(JobReply { payload: failure.payload(&request_id), is_error: true, log_tail })
        }
        Outcome::Stopped => Err(InvokeError::Unavailable { why: "the gateway is stopping".to_owned() }),
    };
    // Before the answer, so that whoever has it finds the log and the place in the concurrency.
    log.flush();
    drop(permit);
    reply.end(answer);
}

pub(super) fn init_report(log: &mut FunctionLog, duration: Duration, phase: &str, fault: &InitFault) {
    let status = match fault {
        InitFault::Start(StartFault::Machine(why)) => {
            log.write(format!("The function cannot be run: {why}"));
            return;
        }
        InitFault::Stopped => return,
        InitFault::TimedOut => "timeout".to_owned(),
        InitFault::Start(StartFault::Function(failure)) => {
            format!("error\tError Type: {}", failure.error_type())
        }
        InitFault::Reported { error_type, .. } => {
            format!("error\tError Type: {}", error_type.as_deref().unwrap_or("Runtime.Unknown"))
        }
        InitFault::Exited(exit) => format!("error\tError Type: {}", Failure::Exited(*exit).error_type()),
        InitFault::Excess(failure) => format!("error\tError Type: {}", failure.error_type()),
    };
    let milliseconds = duration.as_secs_f64() * 1000.0;
    log.write(format!("INIT_REPORT Init Duration: {milliseconds:.2} ms\tPhase: {phase}\tStatus: {status}"));
}
