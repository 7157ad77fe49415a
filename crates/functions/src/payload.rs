//! What callers of a failed function get: Lambda's error objects, and the rules that an
//! event must keep.

use std::time::Duration;

use bytes::Bytes;
use ports::functions::{InvocationType, InvokeError};
use serde::Serialize;

use crate::limits::{MAXIMUM_ASYNCHRONOUS_EVENT_BYTES, MAXIMUM_EVENT_BYTES};

/// The failures of a function that Lambda reports, not the function's own runtime client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It ran longer than its `Timeout`.
    TimedOut(Duration),
    /// Its process ended.
    Exited(Exit),
    /// It took more memory than its `MemorySize`.
    OutOfMemory,
    /// It was ended because it took more of something else than a function may.
    Excess(Excess),
    /// Its result is larger than Lambda takes.
    ResultTooLarge {
        /// The most that it takes, in bytes.
        limit: usize,
    },
    /// The connection on which it streamed its result failed.
    StreamBroken,
    /// The package of a `provided` runtime has no `bootstrap` that can be run.
    InvalidEntrypoint {
        /// What the system says about it.
        why: String,
    },
}

/// What a function has taken too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Excess {
    /// Processes and threads.
    #[error("The function has more processes and threads than {}", crate::limits::TASKS)]
    Tasks,
    /// Its `EphemeralStorage`.
    #[error("The function has written more than its ephemeral storage holds")]
    Storage,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// With this status.
    Status(i32),
    /// By this signal.
    Signal(i32),
}

impl Exit {
    pub(crate) fn of(status: std::process::ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        match status.signal() {
            Some(signal) => Self::Signal(signal),
            None => Self::Status(status.code().unwrap_or(-1)),
        }
    }

    /// As Lambda words it: "exited with error: exit status 1".
    fn words(self) -> String {
        match self {
            Self::Status(0) => "Runtime exited without providing a reason".to_owned(),
            Self::Status(status) => format!("Runtime exited with error: exit status {status}"),
            Self::Signal(signal) => format!("Runtime exited with error: signal: {}", signal_name(signal)),
        }
    }
}

/// The names that Go, in which Lambda's supervisor is written, gives to Linux's signals.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        11 => "segmentation fault",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        24 => "CPU time limit exceeded",
        25 => "file size limit exceeded",
        other => return format!("signal {other}"),
    };
    // Go marks what may have left a core file; ours never do.
    name.to_owned()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorObject<'a> {
    error_type: &'a str,
    error_message: &'a str,
}

impl Failure {
    /// `errorType`.
    pub(crate) fn error_type(&self) -> &'static str {
        match self {
            Self::TimedOut(_) => "Sandbox.Timedout",
            Self::Exited(_) | Self::Excess(_) => "Runtime.ExitError",
            Self::OutOfMemory => "Runtime.OutOfMemory",
            Self::ResultTooLarge { .. } => "Function.ResponseSizeTooLarge",
            Self::StreamBroken => "Runtime.TruncatedResponse",
            Self::InvalidEntrypoint { .. } => "Runtime.InvalidEntrypoint",
        }
    }

    /// `errorMessage`.
    pub(crate) fn error_message(&self, request_id: &str) -> String {
        let of_request = |what: String| format!("RequestId: {request_id} Error: {what}");
        match self {
            Self::TimedOut(after) => {
                of_request(format!("Task timed out after {:.2} seconds", after.as_secs_f64()))
            }
            Self::Exited(exit) => of_request(exit.words()),
            Self::OutOfMemory | Self::Excess(_) => of_request(Exit::Signal(9).words()),
            Self::ResultTooLarge { limit } => {
                format!("Response payload size exceeded maximum allowed payload size ({limit} bytes).")
            }
            Self::StreamBroken => of_request("The response stream ended before it was complete".to_owned()),
            Self::InvalidEntrypoint { why } => of_request(why.clone()),
        }
    }

    /// The error object.
    pub(crate) fn payload(&self, request_id: &str) -> Bytes {
        error_object(self.error_type(), &self.error_message(request_id))
    }
}

/// `{"errorType":…,"errorMessage":…}`, in the order in which Lambda writes it.
pub(crate) fn error_object(error_type: &str, error_message: &str) -> Bytes {
    // A struct of two texts cannot fail to be written.
    serde_json::to_vec(&ErrorObject { error_type, error_message }).unwrap_or_default().into()
}

/// Checks an event: its size, and that it is JSON. An empty one counts as `{}`.
pub(crate) fn accept_event(payload: Bytes, invocation_type: InvocationType) -> Result<Bytes, InvokeError> {
    let (limit, invocation_type) = match invocation_type {
        InvocationType::Event => (MAXIMUM_ASYNCHRONOUS_EVENT_BYTES, "Event"),
        InvocationType::RequestResponse | InvocationType::DryRun => (MAXIMUM_EVENT_BYTES, "RequestResponse"),
    };
    let size = payload.len();
    if size > limit {
        return Err(InvokeError::TooLarge { size, limit, invocation_type });
    }
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&payload)
        .map_err(|error| InvokeError::NotJson { why: error.to_string() })?;
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_lambdas_error_objects() {
        let check = |failure: Failure, expected: &str| {
            let payload = failure.payload("8f507cfc");
            assert_eq!(std::str::from_utf8(&payload).unwrap(), expected);
        };
        check(
            Failure::TimedOut(Duration::from_secs(3)),
            r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 8f507cfc Error: Task timed out after 3.00 seconds"}"#,
        );
        check(
            Failure::Exited(Exit::Status(1)),
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 8f507cfc Error: Runtime exited with error: exit status 1"}"#,
        );
        check(
            Failure::Exited(Exit::Status(0)),
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 8f507cfc Error: Runtime exited without providing a reason"}"#,
        );
        check(
            Failure::Exited(Exit::Signal(11)),
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 8f507cfc Error: Runtime exited with error: signal: segmentation fault"}"#,
        );
        check(
            Failure::OutOfMemory,
            r#"{"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: 8f507cfc Error: Runtime exited with error: signal: killed"}"#,
        );
        check(
            Failure::ResultTooLarge { limit: 6_291_556 },
            r#"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}"#,
        );
    }

    #[test]
    fn events_are_json_within_lambdas_size() {
        let of_size = |size: usize| Bytes::from(format!("\"{}\"", "x".repeat(size - 2)));
        let check = |payload: Bytes, kind, expected: Result<usize, &str>| {
            let result = accept_event(payload, kind).map(|event| event.len());
            assert_eq!(result.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
        };
        check(of_size(6_291_456), InvocationType::RequestResponse, Ok(6_291_456));
        check(
            of_size(6_291_457),
            InvocationType::RequestResponse,
            Err(
                "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)",
            ),
        );
        check(of_size(1_048_576), InvocationType::Event, Ok(1_048_576));
        check(
            of_size(1_048_577),
            InvocationType::Event,
            Err("1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"),
        );
        check(Bytes::new(), InvocationType::RequestResponse, Ok(2));
        check(
            Bytes::from_static(b"{\"a\":"),
            InvocationType::RequestResponse,
            Err("Could not parse request body into json: EOF while parsing a value at line 1 column 5"),
        );
        let deep = Bytes::from("[".repeat(1_000_000));
        assert!(matches!(accept_event(deep, InvocationType::DryRun), Err(InvokeError::NotJson { .. })));
    }
}
