//! Why a backend gave no answer.

use std::io;
use std::sync::Arc;

use super::Target;
use super::link::Why;
use crate::exchange::{BodyError, TransferError};

/// No response, and what was being done.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The host's name has no address.
    #[error("the name of {target} cannot be resolved: {source}")]
    Resolve {
        /// The backend.
        target: Target,
        /// The resolver's word.
        source: Arc<io::Error>,
    },
    /// No connection could be made.
    #[error("{target} cannot be connected to: {source}")]
    Connect {
        /// The backend.
        target: Target,
        /// From the last address that was tried.
        source: io::Error,
    },
    /// The TLS handshake failed: no common protocol, or a certificate that is not trusted.
    #[error("{target} cannot be trusted: {source}")]
    Tls {
        /// The backend.
        target: Target,
        /// What failed.
        source: io::Error,
    },
    /// The deadline passed.
    #[error("{target} did not answer in time, {phase}")]
    Timeout {
        /// The backend.
        target: Target,
        /// How far it had come.
        phase: Phase,
    },
    /// All connections are busy and too many requests wait for one.
    #[error("{target} is too busy: {waiting} requests wait for a connection")]
    Busy {
        /// The backend.
        target: Target,
        /// The bound that was met.
        waiting: usize,
    },
    /// The connection ended before there was a response.
    #[error("{target} closed the connection without an answer: {source}")]
    Closed {
        /// The backend.
        target: Target,
        /// What was seen.
        source: TransferError,
    },
    /// The backend's answer is no HTTP, or its head is too large.
    #[error("{target} did not answer in HTTP/1.1: {source}")]
    Protocol {
        /// The backend.
        target: Target,
        /// What was seen.
        source: TransferError,
    },
    /// The request's body could not be sent because its sender stopped. Not the backend's fault.
    #[error("the request to {target} could not be sent whole: {why}")]
    RequestBody {
        /// The backend.
        target: Target,
        /// The most that the body may be, if it is larger.
        limit: Option<usize>,
        /// What was wrong with it.
        why: String,
    },
}

/// What was being done when time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for one of the connections that are allowed.
    Queued,
    /// Resolving, connecting, shaking hands.
    Connecting,
    /// Sending the request and waiting for the response's head.
    Answering,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Queued => "waiting for a free connection",
            Self::Connecting => "connecting",
            Self::Answering => "waiting for the head of the response",
        })
    }
}

impl UpstreamError {
    /// What ended a request to `target` over HTTP/1.1.
    pub(super) fn of(target: &Target, why: Why) -> Self {
        let target = target.clone();
        match why {
            Why::Body(error) => Self::request_body(target, &error),
            Why::Backend(fault) if fault.is_malformed() => Self::Protocol { target, source: fault.into() },
            Why::Backend(fault) => Self::Closed { target, source: fault.into() },
        }
    }

    /// What ended a request to `target` over HTTP/2.
    pub(super) fn of_http2(target: &Target, source: hyper::Error) -> Self {
        let target = target.clone();
        let mut cause = std::error::Error::source(&source);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<BodyError>() {
                return Self::request_body(target, error);
            }
            cause = error.source();
        }
        if source.is_parse() {
            Self::Protocol { target, source: source.into() }
        } else {
            Self::Closed { target, source: source.into() }
        }
    }

    fn request_body(target: Target, error: &BodyError) -> Self {
        let limit = match error {
            BodyError::TooLarge { limit } => Some(*limit),
            _ => None,
        };
        Self::RequestBody { target, limit, why: error.to_string() }
    }
}
