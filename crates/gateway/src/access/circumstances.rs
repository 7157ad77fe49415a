//! What policies may know of a request: the values of condition keys (IAM user
//! guide, "AWS global condition context keys").

use http::header::REFERER;
use policy::{Principal, Request};

use super::Asking;
use super::vpc_endpoints::Via;

/// The question whether `principal`, who sent the request, may do this to the method of this ARN. A
/// key of which nothing is known decides against the caller.
pub(crate) fn question<'a>(
    asking: Asking<'a>,
    principal: Principal<'a>,
    action: &'static str,
    method_arn: &'a str,
) -> Request<'a> {
    let (request, facts) = (asking.request, asking.stage);
    let now = request.received;
    let mut question = Request::new(principal, action, method_arn)
        .with("aws:RequestedRegion", &*facts.region)
        .with("aws:ResourceAccount", &*facts.account_id)
        .with("aws:CurrentTime", now.iso8601())
        .with("aws:EpochTime", now.as_secs().to_string())
        .with("aws:ViaAWSService", "false")
        .with("aws:SecureTransport", if request.secure { "true" } else { "false" })
        .untold(is_untold);
    question = match &request.via {
        None => question.with("aws:SourceIp", request.source.to_string()),
        Some(via) => by_endpoint(question, request, via),
    };
    if let Some(agent) = request.user_agent.as_ref().and_then(|agent| agent.to_str().ok()) {
        question = question.with("aws:UserAgent", agent);
    }
    if let Some(referer) = asking.headers.get(REFERER).and_then(|referer| referer.to_str().ok()) {
        question = question.with("aws:Referer", referer);
    }
    question
}

/// What is known of a request to a private API. `aws:SourceIp` is not for those (IAM user guide,
/// "aws:SourceIp"), whose clients' addresses are the VPC's own.
fn by_endpoint<'a>(
    question: Request<'a>,
    request: &'a crate::exchange::Request,
    via: &'a Via,
) -> Request<'a> {
    let mut question = question.with("aws:SourceVpce", &*via.endpoint.id).untold(is_untold_of_private);
    if let Some(vpc) = &via.endpoint.vpc {
        question = question.with("aws:SourceVpc", &**vpc);
    }
    if via.direct {
        question = question.with("aws:VpcSourceIp", request.source.to_string());
    }
    question
}

/// A client of a VPC has an address, and its endpoint a VPC, known or not.
fn is_untold_of_private(key: &str) -> bool {
    let of_vpc = ["aws:sourceip", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip"];
    of_vpc.contains(&key) || is_untold(key)
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
