//! A request as those see it who decide whether it may be served, whatever kind of API it is for.

use super::ResourcePolicy;
use super::method_arn::MethodArn;
use crate::exchange::{Matched, Refusal, Request, StageFacts};
use crate::message::Headers;

/// Who wants what of which API.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The request.
    pub request: &'a Request,
    /// The stage that would serve it.
    pub stage: &'a StageFacts,
    /// The API's resource policy, if it has one: REST APIs alone have them.
    pub policy: Option<&'a ResourcePolicy>,
    /// The client's headers.
    pub headers: &'a Headers,
    /// What of the stage is asked for, as ARNs name it behind the stage: a verb, or `$connect`.
    pub verb: &'a str,
    /// And the path, which begins with a slash; empty for `$connect`.
    pub path: &'a str,
}

impl<'a> Asking<'a> {
    /// The ARN of what is asked for, as authorizers are told it.
    ///
    /// # Errors
    /// 414 if it is longer than AWS takes.
    pub fn arn(self) -> Result<String, Refusal> {
        Ok(MethodArn::bounded(self)?.sent)
    }

    /// For the method that `matched` has come to.
    #[must_use]
    pub fn of(matched: &'a Matched<'_>) -> Self {
        let Matched { request, stage, headers, .. } = matched;
        Self {
            request,
            stage: &stage.facts,
            policy: stage.policy.as_ref(),
            headers,
            verb: request.method.as_str(),
            path: request.path(),
        }
    }
}
