//! What policies may know of a call: the values of condition keys (IAM user guide, "AWS global
//! condition context keys"; service authorization reference, "Condition keys").
//!
//! A key that a call does not have is absent, as at AWS. Where it cannot be said whether the call
//! would have the key at AWS, the key is *untold*, and a statement that depends on it decides
//! against the call.

use identities::Held;
use policy::{Context, Request};

use super::asked::account_of;
use crate::call::CallContext;

/// The request that `context`'s caller makes, who has `held`, with what is known of every call.
pub(crate) fn question<'a>(
    context: &'a CallContext,
    held: &'a Held,
    action: &'a str,
    resource: &'a str,
) -> Request<'a> {
    let now = context.now;
    // IAM and STS are everywhere and answer from us-east-1 (page "aws:RequestedRegion").
    let is_global = action.starts_with("iam:") || action.starts_with("sts:");
    let region = if is_global { "us-east-1" } else { context.scope.region() };
    let owner = account_of(resource).unwrap_or_else(|| context.scope.account().to_owned());
    let mut request = Request::new(context.caller.principal(), action, resource)
        .with("aws:RequestedRegion", region)
        .with("aws:ResourceAccount", owner)
        .with("aws:CurrentTime", now.iso8601())
        .with("aws:EpochTime", now.as_secs().to_string())
        .with("aws:ViaAWSService", "false")
        // AWS's APIs are called on listeners without TLS.
        .with("aws:SecureTransport", "false")
        .untold(is_untold);
    if let Some(ip) = context.source_ip {
        request = request.with("aws:SourceIp", ip.to_string());
    }
    if let Some(agent) = &context.user_agent {
        request = request.with("aws:UserAgent", agent.as_str());
    }
    held.told(&context.caller, request)
}

/// Adds the tags of what the call concerns; `None` says that they are not known.
pub(crate) fn tell_tags<'a>(context: &mut Context<'a>, tags: Option<&'a [(String, String)]>) {
    match tags {
        None => context.untold(|key| is_tag(key) || is_untold(key)),
        Some(tags) => {
            for (key, value) in tags {
                context.set(format!("aws:ResourceTag/{key}"), value.as_str());
                context.set(format!("iam:ResourceTag/{key}"), value.as_str());
            }
        }
    }
}

fn is_tag(key: &str) -> bool {
    key.starts_with("aws:resourcetag/") || key.starts_with("iam:resourcetag/")
}

/// Keys that are absent for a reason: they belong to what does not exist here (organizations,
/// VPCs, multi-factor devices, federation, services that call for a caller), or the call has them
/// only where it says so.
const ABSENT: &[&str] = &[
    "aws:assumedroot",
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:chatbotsourcearn",
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:referer",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:tagkeys",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:username",
    "aws:vpcsourceip",
    "iam:awsservicename",
    "iam:organizationspolicyid",
    "iam:passedtoservice",
    "iam:permissionsboundary",
    "iam:policyarn",
    "lambda:codesigningconfigarn",
    "lambda:functionarn",
    "lambda:functionurlauthtype",
    "lambda:layer",
    "lambda:principal",
    "lambda:securitygroupids",
    "lambda:subnetids",
    "lambda:vpcids",
    "sts:externalid",
    "sts:sourceidentity",
    "sts:transitivetagkeys",
];

/// Families of keys of which the same is true.
const ABSENT_FAMILIES: &[&str] =
    &["aws:principaltag/", "aws:requesttag/", "aws:resourcetag/", "iam:resourcetag/"];

/// Services that can be called here; the keys of others no call can have.
const SERVED: &[&str] = &["apigateway", "aws", "execute-api", "iam", "lambda", "logs", "sts"];

/// Whether it cannot be said if a call without this key would have it at AWS.
fn is_untold(key: &str) -> bool {
    let service = key.split_once(':').map_or("", |(service, _)| service);
    SERVED.contains(&service)
        && !ABSENT.contains(&key)
        && !ABSENT_FAMILIES.iter().any(|family| key.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_said_is_untold() {
        for key in ["apigateway:request/endpointtype", "lambda:sourcefunctionarn", "aws:tomorrow"] {
            assert!(is_untold(key), "{key}");
        }
        for key in ["s3:prefix", "aws:multifactorauthpresent", "aws:requesttag/team", "lambda:principal"] {
            assert!(!is_untold(key), "{key}");
        }
    }
}
