//! What policies may know of a request: the values of condition keys (IAM user
//! guide, "AWS global condition context keys").

use http::header::REFERER;
use policy::{Principal, Request};

use crate::exchange::Matched;

/// The question whether `principal`, who sent `matched`, may do this to the method of this ARN. A
/// key of which nothing is known decides against the caller.
pub(super) fn question<'a>(
    matched: &'a Matched<'_>,
    principal: Principal<'a>,
    action: &'static str,
    method_arn: &'a str,
) -> Request<'a> {
    let (request, facts) = (matched.request, &matched.stage.facts);
    let now = request.received;
    let mut question = Request::new(principal, action, method_arn)
        .with("aws:RequestedRegion", &*facts.region)
        .with("aws:ResourceAccount", &*facts.account_id)
        .with("aws:CurrentTime", now.iso8601())
        .with("aws:EpochTime", now.as_secs().to_string())
        .with("aws:ViaAWSService", "false")
        .with("aws:SecureTransport", if request.secure { "true" } else { "false" })
        .with("aws:SourceIp", request.source.to_string())
        .untold(is_untold);
    if let Some(agent) = request.user_agent.as_ref().and_then(|agent| agent.to_str().ok()) {
        question = question.with("aws:UserAgent", agent);
    }
    if let Some(referer) = matched.headers.get(REFERER).and_then(|referer| referer.to_str().ok()) {
        question = question.with("aws:Referer", referer);
    }
    question
}

/// Keys that a request over a public network does not have at AWS either, unless it is said above:
/// of services that call for somebody, of organizations, federation, devices and VPCs, of whoever
/// signed a request that nobody signed.
const ABSENT: [&str; 22] = [
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:referer",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:username",
    "aws:vpcsourceip",
    "aws:multifactorauthpresent",
];

fn is_untold(key: &str) -> bool {
    let own = key.starts_with("aws:") || key.starts_with("execute-api:");
    own && !ABSENT.contains(&key) && !key.starts_with("aws:principaltag/")
}
