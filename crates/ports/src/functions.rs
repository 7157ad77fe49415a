//! Invoking Lambda functions: from integrations, and from Lambda's own `Invoke`.

use std::sync::Arc;

use base::Scope;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use http::HeaderValue;
use identities::{Caller, Held};

use crate::Pending;

/// Which function: `name` in `scope`, at a version or alias.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FunctionRef {
    /// Account and region of the function (not of the caller).
    pub scope: Scope,
    /// The bare name.
    pub name: String,
    /// Version number, alias, or `None` for `$LATEST`.
    pub qualifier: Option<String>,
}

/// Who invokes, and so by what right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invoker {
    /// An AWS service: the function's resource policy must allow it.
    Service {
        /// `apigateway.amazonaws.com`.
        principal: String,
        /// `aws:SourceArn`, `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{METHOD}{path}`.
        source_arn: String,
        /// `aws:SourceAccount`.
        source_account: String,
    },
    /// A role that a service assumes, because an integration names it: the role must trust the
    /// service, and its identity policies must allow `lambda:InvokeFunction`.
    Role {
        /// The role's ARN.
        arn: String,
        /// `apigateway.amazonaws.com`.
        service: &'static str,
    },
    /// Whoever has signed the request that an integration serves: what it may do itself decides,
    /// as if it had called Lambda.
    Signer(Arc<Signer>),
    /// A caller of Lambda's API that the control plane has already authorized.
    Authorized,
}

/// Who has signed a request, with its rights.
#[derive(Clone, Debug)]
pub struct Signer {
    /// Who it is.
    pub caller: Caller,
    /// What it has from its account.
    pub held: Arc<Held>,
}

impl PartialEq for Signer {
    /// Rights follow from who somebody is.
    fn eq(&self, other: &Self) -> bool {
        self.caller == other.caller
    }
}

impl Eq for Signer {}

/// `X-Amz-Invocation-Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocationType {
    /// Wait for the result.
    RequestResponse,
    /// Accept, queue, answer at once; retried twice on failure, as Lambda does.
    Event,
    /// Only check that the call would be allowed.
    DryRun,
}

/// One invocation.
#[derive(Clone, Debug)]
pub struct InvokeRequest {
    /// What to run.
    pub function: FunctionRef,
    /// The event, JSON.
    pub payload: Bytes,
    /// By whose right.
    pub invoker: Invoker,
    /// Wait, queue or check.
    pub invocation_type: InvocationType,
    /// `X-Amzn-Trace-Id` to hand on, if any.
    pub trace_id: Option<String>,
    /// `X-Amz-Client-Context`, base 64 as sent.
    pub client_context: Option<String>,
    /// Whether the last 4 KB of the log are wanted.
    pub log_tail: bool,
}

/// What an invocation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvokeReply {
    /// The function's result or its error object, JSON. Empty for `Event` and `DryRun`.
    pub payload: Bytes,
    /// `X-Amz-Function-Error` (`Unhandled`): the function failed and the payload is
    /// `{"errorMessage", "errorType", …}`.
    pub function_error: Option<&'static str>,
    /// `X-Amz-Executed-Version`.
    pub executed_version: String,
    /// What the function knows the invocation by: `context.aws_request_id`.
    pub request_id: String,
    /// The end of the log, if asked for (plain text, at most 4 KB).
    pub log_tail: Option<String>,
}

/// A streamed invocation, from the first byte of its result on.
pub struct StreamReply {
    /// `X-Amz-Executed-Version`.
    pub executed_version: String,
    /// What the function knows the invocation by: `context.aws_request_id`.
    pub request_id: String,
    /// The type that the function gave its result; JSON's if it does not stream.
    pub content_type: Option<HeaderValue>,
    /// The result, as it comes. Whoever does not take the parts slows the function down; dropping
    /// them does not stop it.
    pub parts: Parts,
}

impl StreamReply {
    /// A result that is there already, as a stream of one part.
    #[must_use]
    pub fn of_whole(reply: InvokeReply) -> Self {
        let InvokeReply { payload, function_error, executed_version, request_id, log_tail } = reply;
        let (data, error) = match function_error {
            Some(_) => (None, Some(payload)),
            None => (Some(Part::Data(payload)), None),
        };
        let end = Part::End(StreamEnd { error, log_tail });
        let content_type = Some(HeaderValue::from_static("application/json"));
        let parts = stream::iter(data.into_iter().chain([end])).boxed();
        Self { executed_version, request_id, content_type, parts }
    }
}

/// The parts of a result. The last one is an [`End`](Part::End): without it the result is cut off.
pub type Parts = BoxStream<'static, Part>;

/// A part of a streamed result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Some bytes of it.
    Data(Bytes),
    /// There are no more.
    End(StreamEnd),
}

/// How a streamed result ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamEnd {
    /// The error object, JSON, of a function that has failed: before it began to answer, or since.
    pub error: Option<Bytes>,
    /// The end of the log, if asked for (plain text, at most 4 KB).
    pub log_tail: Option<String>,
}

/// Why nothing ran. Each variant is one of Lambda's errors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// `ResourceNotFoundException`, 404.
    #[error("Function not found: {arn}")]
    NotFound {
        /// The function's ARN, with the qualifier if there was one.
        arn: String,
    },
    /// `AccessDeniedException`, 403: the policy does not allow this invoker.
    #[error("{invoker} is not allowed to invoke {arn}")]
    Denied {
        /// Who asked.
        invoker: String,
        /// The function's ARN.
        arn: String,
    },
    /// `RequestTooLargeException`, 413: the event is larger than Lambda takes.
    #[error(
        "{size} byte payload is too large for the {invocation_type} invocation type (limit {limit} bytes)"
    )]
    TooLarge {
        /// The event's size.
        size: usize,
        /// The most that is taken.
        limit: usize,
        /// `RequestResponse` or `Event`.
        invocation_type: &'static str,
    },
    /// `InvalidRequestContentException`, 400: the event is not JSON.
    #[error("Could not parse request body into json: {why}")]
    NotJson {
        /// The parser's words.
        why: String,
    },
    /// `TooManyRequestsException`, 429: every process of the function is busy and its
    /// concurrency is used up.
    #[error("Rate Exceeded.")]
    Throttled,
    /// `ServiceException`, 500: this machine cannot run it (no interpreter, no process).
    #[error("{why}")]
    Unavailable {
        /// What an operator has to do.
        why: String,
    },
}

/// What is known of a code package once it has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFacts {
    /// SHA-256 of the zip file in base 64, as `CodeSha256` shows it.
    pub sha256: String,
    /// The zip file's size in bytes.
    pub size: u64,
}

/// A code package that cannot be used; the text is Lambda's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PackageRefused(pub String);

/// Runs functions.
pub trait Functions: Send + Sync {
    /// Reads a zip file as `CreateFunction` does before it accepts it. Takes time in
    /// proportion to the package; call it where blocking is allowed.
    ///
    /// # Errors
    /// If it is no zip file, unpacks to too much, or leads out of its folder.
    fn check_package(&self, zip: &[u8]) -> Result<PackageFacts, PackageRefused>;

    /// Runs `request`. Dropping the answer does not stop the function: like Lambda, it runs
    /// to its own end or timeout.
    fn invoke(&self, request: InvokeRequest) -> Pending<Result<InvokeReply, InvokeError>>;

    /// Runs `request` and answers as soon as the function does, while it still works on the rest.
    /// Always waits, whatever the request's invocation type. A function that does not stream is
    /// answered in one part when it has ended.
    fn invoke_streaming(&self, request: InvokeRequest) -> Pending<Result<StreamReply, InvokeError>>;
}
