//! Who may assume a role? The role's trust policy decides.

use documents::iam::RoleDocument;
use policy::{Policy, Principal, Request, ResourceDecision, evaluate_resource};

/// The role's trust policy; `None` if it cannot be read, and then it trusts nobody.
pub(crate) fn policy(role: &RoleDocument) -> Option<Policy> {
    let text = role.role.assume_role_policy_document.as_deref().unwrap_or_default();
    Policy::parse(text)
        .inspect_err(|why| tracing::warn!(role = role.role.arn, %why, "a trust policy cannot be read"))
        .ok()
}

/// Whether the role lets the service `name` (`lambda.amazonaws.com`) assume it for a thing of the
/// role's own account. Which thing that is is not known, so a role that asks for
/// `aws:SourceArn` trusts nobody.
pub(crate) fn trusts(role: &RoleDocument, name: &str) -> bool {
    let account = role.role.arn.split(':').nth(4).unwrap_or_default();
    let request = Request::new(Principal::Service { name }, "sts:AssumeRole", &role.role.arn)
        .with("aws:SourceAccount", account)
        .untold(|key| key == "aws:sourcearn");
    policy(role).is_some_and(|trust| evaluate_resource(&trust, &request) == ResourceDecision::Allow)
}
