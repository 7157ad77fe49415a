//! Execution environments: one process of one version of a function, from its start to its
//! end, serving one invocation at a time (Lambda developer guide, "Lambda execution
//! environment").

mod keeper;
mod live;
mod log;
mod machine;
mod outcome;
mod reply;

use std::time::{Duration, Instant};

use base::Scope;
use bytes::Bytes;
use http::HeaderValue;
use indexmap::IndexMap;
use ports::functions::InvokeError;
use store::BlobId;

pub(crate) use keeper::Keeper;
pub(crate) use machine::Machine;
pub(crate) use reply::{Begun, Reply};

use crate::concurrency::Permit;
use crate::runtime::Runtime;

/// Everything that decides what a process of a function is. Processes of equal ones can stand
/// in for each other, so a change that leaves it equal (a tag, a permission) ends none. Has no
/// `Debug`: the variables may be secrets.
#[derive(PartialEq)]
pub(crate) struct EnvironmentSpec {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    /// `$LATEST` or a number.
    pub(crate) version: String,
    pub(crate) code: BlobId,
    pub(crate) runtime: Runtime,
    pub(crate) handler: String,
    pub(crate) memory_megabytes: u32,
    pub(crate) timeout: Duration,
    /// `EphemeralStorage`: the most that its directory may hold, and the largest file it may write.
    pub(crate) storage_bytes: u64,
    pub(crate) variables: IndexMap<String, String>,
    pub(crate) role: String,
    pub(crate) log_group: String,
}

impl EnvironmentSpec {
    pub(crate) fn memory_bytes(&self) -> u64 {
        u64::from(self.memory_megabytes) * 1024 * 1024
    }
}

/// An invocation that was let in and waits for a process, or has one.
pub(crate) struct Job {
    pub(crate) request_id: String,
    /// The event, JSON within its limit.
    pub(crate) payload: Bytes,
    /// The function's ARN as it was invoked, with its qualifier.
    pub(crate) invoked_arn: String,
    pub(crate) trace_id: String,
    /// JSON.
    pub(crate) client_context: Option<HeaderValue>,
    pub(crate) log_tail: bool,
    pub(crate) reply: Reply,
    pub(crate) queued: Instant,
    /// How many processes have hung up on it before it began.
    pub(crate) hung_up: u32,
    /// Its share of the concurrency, given back when it ends.
    pub(crate) permit: Permit,
}

impl Job {
    /// Whether nobody waits for it any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.reply.is_abandoned()
    }

    /// Ends it without running it.
    pub(crate) fn refuse(self, error: InvokeError) {
        let Self { reply, permit, .. } = self;
        // Given back first: whoever reads the answer may invoke again at once.
        drop(permit);
        reply.end(Err(error));
    }
}

/// What a job came to. Of a result that was streamed only the end is told here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobReply {
    pub(crate) payload: Bytes,
    pub(crate) is_error: bool,
    pub(crate) log_tail: Option<String>,
}
